"""Codes with strokes in them, such as lots' numbers: each page and route of theirs is found, and links lead there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio
from litestar.routes import HTTPRoute

from inventory.domain.identifiers import outside
from inventory.services.imports import Pages, import_file
from inventory.store import attachments
from inventory.web.cookies import PLAIN, csrf
from inventory.web.spanning import CODES
from tests.furniture import devices_and_storage, enrol, list_and_kits, lot_stored, manifest, walk
from tests.pages.ward import Ward

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.sites import Cast

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOT, SHIPMENT, PARTICIPANT, VISIT, EXCURSION = "BM/24-017", "SH/24/3", "P/100", "MV/2026/1", "E/T1/1"
VIAL = "BM/24-099-1"
READINGS = "timestamp,celsius\n2026-11-22T08:00:00Z,-140\n2026-11-22T08:30:00Z,-190\n"
DAYS = {"purpose": "routine", "from_day": "2026-11-22", "to_day": "2026-11-22"}
ADDRESSES = f"""
quinn /quality/lots/{LOT}                           BM/24-017
quinn /items/{LOT}                                  BM/24-017
quinn /timelines/{LOT}                              BM/24-017
quinn /quality/look-back/{LOT}                      BM/24-017
quinn /quality/look-back/{LOT}/tree.csv             syringe
quinn /quality/excursions/{EXCURSION}               E/T1/1
quinn /quality/excursions/{EXCURSION}/readings.csv  millicelsius
quinn /acts/lot-hold/{LOT}                          BM/24-017
tina  /receipts/{SHIPMENT}                          SH/24/3
tina  /receipts/{SHIPMENT}/sheet                    SH/24/3
tina  /items/{VIAL}                                 {VIAL}
ivan  /bedside/{PARTICIPANT}                        P/100
cora  /items/{PARTICIPANT}                          P/100
bert  /monitoring/{VISIT}                           MV/2026/1
bert  /monitoring/{VISIT}/report.pdf                %PDF-
quinn /api/v1/look-back/{LOT}                       BM/24-017
quinn /api/v1/items/{LOT}                           BM/24-017
quinn /api/v1/items/{LOT}/history                   lot-register
tina  /api/v1/items/{SHIPMENT}/history.csv          shipment-advise
cora  /api/v1/items/{PARTICIPANT}                   P/100
bert  /api/v1/visits/{VISIT}                        MV/2026/1
bert  /api/v1/visits/{VISIT}/report.pdf             %PDF-
"""
FORMS = f"""
tina /receipts/{SHIPMENT}/readings readings timestamp,celsius|2026-11-22T09:00:00Z,-170|
tina /receipts/{SHIPMENT}/scan     data     {VIAL}
tina /receipts/{SHIPMENT}/put-away code     {VIAL}
ivan /bedside/{PARTICIPANT}/scan   data     {PARTICIPANT}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def named(ward: Ward) -> Ward:
    """A kit at the bedside of each arm, a shipment to come, an excursion, a visit: each code with strokes."""
    cast = ward.cast
    await devices_and_storage(cast)
    for turn, product in enumerate(cast.site.profile.products):
        lot = LOT if product.code == "BM-MSC" else "DM/24-017"
        await lot_stored(cast, lot, product.code, first=1 + 5 * turn)
    await list_and_kits(cast)
    await cast.must("study-post-supply", cast.site.profile.study.id)
    for participant in (PARTICIPANT, "P/101"):
        await walk(cast, await enrol(cast, participant), participant, "at_bedside")
    await cast.must("lot-look-back", LOT, by="quinn", reason="donor_notice")
    await _advised(cast)
    readings = await attachments.keep(READINGS.encode(), "readings.csv", "text/csv")
    times = {"started_at": "2026-11-22T08:00:00Z", "ended_at": "2026-11-22T08:30:00Z"}
    warm = {"warmest_millicelsius": -140_000, "readings": readings, **times}
    await cast.must("excursion-open", EXCURSION, place="JAX/CRYO/T1", logger="LOGGER", **warm)
    await cast.must("visit-open", VISIT, by="bert", **DAYS)
    return ward


async def _advised(cast: Cast) -> None:
    seal = {"seal": "SEAL-1", "logger_id": "LOGGER"}
    await cast.must("lot-register", "BM/24-099", **manifest("BM-MSC", [VIAL]))
    await cast.must(
        "shipment-advise", SHIPMENT, sender="Maker", receiver="Site", carrier="Carrier", shipper_id="DRY-1",
        expected_from="2026-11-20", expected_to="2026-11-23", vials=[VIAL], **seal,
    )  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def client(named: Ward) -> AsyncIterator[httpx.AsyncClient]:
    """Whoever asks, over the real server."""
    async with httpx.AsyncClient(base_url=named.url) as client:
        yield client


def _of(ward: Ward, who: str) -> dict[str, str]:
    token = ward.cast.tokens[who]
    return {"cookie": f"{PLAIN}={token}", "authorization": f"Bearer {token}"}


@pytest.mark.parametrize("line", ADDRESSES.strip().splitlines())
async def test_every_address_of_a_code_with_strokes_is_found(
    named: Ward, client: httpx.AsyncClient, line: str
) -> None:
    who, address, holds = line.split()
    for written in (address, _percent(address)):
        answer = await client.get(written, headers=_of(named, who))
        assert (answer.status_code, holds in answer.text) == (200, True), (written, answer.text[:400])


def _percent(address: str) -> str:
    """The same as scripts write it, that write a stroke of a code as `%2F`."""
    for code in (LOT, SHIPMENT, PARTICIPANT, VISIT, EXCURSION, VIAL):
        address = address.replace(code, quote(code, safe=""))
    return address


@pytest.mark.parametrize("line", FORMS.strip().splitlines())
async def test_every_form_at_such_an_address_is_taken(
    named: Ward, client: httpx.AsyncClient, line: str
) -> None:
    who, address, field, told = line.split(maxsplit=3)
    form = {field: told.replace("|", "\n"), "_csrf": csrf(named.cast.tokens[who])}
    answer = await client.post(address, data=form, headers=_of(named, who))
    # 400: of the form that puts away only the code is sent.
    assert answer.status_code in {200, 400, 409}, answer.text[:400]


LINKS = {
    "quinn": {"/quality", "/quality/excursions", "/quality/reconciliation", "/lots"},
    "tina": {"/receipts", "/shipments"}, "bert": {"/monitoring"}, "cora": {"/participants"},
}  # fmt: skip


@pytest.mark.parametrize("who", LINKS)
async def test_the_links_of_the_pages_lead_there(named: Ward, client: httpx.AsyncClient, who: str) -> None:
    led = set[str]()
    for start in sorted(LINKS[who]):
        text = (await client.get(start, headers=_of(named, who))).text
        for address in set(re.findall(r'href="(/[^"?#]*)', text)) - led:
            answer = await client.get(address, headers=_of(named, who))
            assert answer.status_code != 404, (start, address)
            led.add(address)
    mine = {line.split()[1] for line in ADDRESSES.strip().splitlines() if line.split()[0] == who}
    assert led & mine, led


async def test_a_certificate_of_such_a_lot_is_opened_from_its_page(
    named: Ward, client: httpx.AsyncClient
) -> None:
    told = '{"test":"volume","method":"M","specification":"S","result":"R","unit":"","verdict":"pass"}'
    content = f'{{"lot_number":"{LOT}","issued_on":"2026-11-20","results":[{told}]}}'.encode()
    await import_file(named.cast.site, "quinn", "coa", content, pages=Pages("coa.pdf", b"%PDF-1.4 signed"))
    text = (await client.get(f"/quality/lots/{LOT}", headers=_of(named, "quinn"))).text
    (address,) = set(re.findall(r'href="(/quality/certificates/[^"]*)"', text))
    answer = await client.get(address, headers=_of(named, "quinn"))
    assert (answer.status_code, answer.content) == (200, b"%PDF-1.4 signed")


async def test_what_no_such_code_fits_is_the_same_as_before(named: Ward, client: httpx.AsyncClient) -> None:
    for address, code in (
        ("/api/v1/look-back/NO/SUCH", "unknown_code"),
        ("/api/v1/nothing/A/B", "not_found"),
    ):
        answer = await client.get(address, headers=_of(named, "quinn"))
        assert (answer.status_code, answer.json()["code"]) == (404, code)


async def test_a_long_address_holds_nobody_up(named: Ward, client: httpx.AsyncClient) -> None:
    address = "/receipts/" + "a/" * 30_000 + "x"  # as far as the server reads one
    answer = await client.get(address, headers=_of(named, "tina"), timeout=10)
    assert answer.status_code == 404


async def test_no_code_ends_as_an_address_does(ward: Ward) -> None:
    endings = {"history", "history.csv", "history.pdf"}  # /items/{code} reads its own
    for route in ward.routes:
        found = (
            re.fullmatch(r".*{(\w+)}/([^{}]+)", route.path_format) if isinstance(route, HTTPRoute) else None
        )
        if found and found[1] in CODES:
            endings.add(found[2])
    assert endings == outside.ENDINGS | {"onward"}  # of print jobs, whose codes are drawn


@pytest.mark.parametrize(
    "code", ["BM/history", "A//B", "/A", "A/", "A/../B", "..", "A?B", "A#B", "A%2FB", "A\\B"]
)
async def test_no_lot_is_given_a_code_that_no_address_can_name(named: Ward, code: str) -> None:
    assert await named.cast.refusals("lot-register", code, **manifest("DMSO", ["Z-1"])) == ["code_not_fit"]
