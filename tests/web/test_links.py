"""Whoever follows the links of their pages finds something at each: a crawl of the seeded trial, for every role."""

from __future__ import annotations

import html
import re
from collections import Counter, deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
import pytest_asyncio

from inventory.demo import play
from inventory.demo.cast import ADMINISTRATORS, CAST
from inventory.services import people
from inventory.store.settings import Settings
from inventory.web.cookies import PLAIN
from tests.apps import given_back, lent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from inventory.services.site import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES_AT_MOST: Final = 200
OF_A_SHAPE: Final = 6
"""So many addresses of one shape are followed: pages of three hundred vials are drawn alike."""
WHO: Final = {person.role: person.code for person in reversed((*CAST, *ADMINISTRATORS))}
_LINK = re.compile(r'<a\b[^>]*?\shref="([^"#]+)')


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Callable[[str], Any]]:
    """A browser's requests by person, to the demonstration's study after one kit's whole life."""
    home = {"CELLCUSTODY_HOME": str(tmp_path_factory.mktemp("links")), "CELLCUSTODY_ENV": "demo"}
    now = datetime.now(UTC) - timedelta(hours=6)
    site, clock = await play.seeded(Settings.from_environment(home), now, lambda _: None)
    assert await play.play_once(site, clock, lambda _: None)
    app = lent(site)
    yield lambda who: _browser(app, who, site)
    await given_back(app)


async def _browser(app: Any, who: str, site: Site) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    cookies = {PLAIN: await people.new_token(site, who)}
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies=cookies)


@pytest.mark.parametrize("role", WHO)
async def test_no_link_leads_nowhere(opened: Callable[[str], Any], role: str) -> None:
    async with await opened(WHO[role]) as browser:
        assert await _dead_ends(browser) == []


async def _dead_ends(browser: httpx.AsyncClient) -> list[tuple[int, str, str]]:
    """What answers otherwise than with what was linked: the status, the address, the page that links there."""
    waiting, met, shapes, dead = deque([("/", "")]), {"/"}, Counter[str](), []
    seen = 0
    while waiting and seen < PAGES_AT_MOST:
        address, page = waiting.popleft()
        answer = await browser.get(address)
        seen += 1
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            dead.append((answer.status_code, address, page))
        if "html" not in answer.headers.get("content-type", ""):
            continue
        for link in _LINK.findall(answer.text):
            to = httpx.URL(f"http://127.0.0.1{address}").join(html.unescape(link))
            path = to.raw_path.decode()
            if to.host != "127.0.0.1" or path in met or shapes[_shape(path)] == OF_A_SHAPE:
                continue
            met.add(path)
            shapes[_shape(path)] += 1
            waiting.append((path, address))
    return dead


def _shape(path: str) -> str:
    """Addresses of one page, by the kind of the code: `/items/V3ANFXDPH` → `/items/V`, `/acts/kit-void/K…` stays."""
    first, _, rest = path.lstrip("/").partition("?")[0].partition("/")
    named, _, last = rest.rpartition("/")
    return f"/{first}/{named}/{last[:1]}" if first != "acts" else f"/{first}/{rest.partition('/')[0]}"


# Each of these was a link that its reader could not follow.
NEVER: Final = {
    "/labels/jobs": ("mona", "/labels/print"),
    "/labels/rolls": ("uma", "/acts/roll-receive"),
    "/quality/reconciliation": ("mona", "/quality/lots/"),
    "/quality/deviations": ("uma", "/acts/deviation-report"),
}


@pytest.mark.parametrize("page", NEVER)
async def test_a_page_draws_no_link_that_its_reader_may_not_follow(
    opened: Callable[[str], Any], page: str
) -> None:
    who, link = NEVER[page]
    async with await opened(who) as browser:
        answer = await browser.get(page)
    assert answer.status_code == httpx.codes.OK
    assert f'href="{link}' not in answer.text
