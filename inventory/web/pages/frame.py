"""A page made of a template, and what stands round it: who is signed in, blinded or not, the time, the menu.

Rules this module keeps:
- Text is escaped, and a name that a template asks for has to be there (autoescape, StrictUndefined).
- Scripts and styles come from this service's own files alone; nothing inline is run (CSP level 3).
- What a page shows comes from the person's reader, or from the study's profile where no arm stands in it.
- A link is drawn for who may follow it: `opens` are the pages of their menu, `entitled` the acts of their roles.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar.response.base import ASGIResponse

from inventory.domain import clocks
from inventory.domain.custody import duties
from inventory.domain.lives import ACTIONS
from inventory.domain.lives.storage import cell_of
from inventory.domain.roles import Role
from inventory.web import cookies
from inventory.web.auth import Asking, header, reader_of, site_of
from inventory.web.pages import words
from inventory.web.pages.menu import menu_of
from inventory.web.pages.statics import address_of
from inventory.web.pages.vocabulary import is_offered
from inventory.web.problems import sentence_of

if TYPE_CHECKING:
    from litestar.types import Scope

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
}
"""What every page is sent with. It refers within the service, so that a form can be told from where it came."""


@cache
def templates() -> Environment:
    """The templates, each read once."""
    made = Environment(
        loader=PackageLoader("inventory.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "words": words.words, "code": words.code, "tone": words.tone, "glyph": words.glyph,
        "grouped": words.grouped, "when": words.when, "sentence": sentence_of,
    }  # fmt: skip
    made.tests |= {"offered": is_offered, "position": cell_of}
    made.globals |= {"static": address_of, "amount": words.amount}
    return made


def wants_part(scope: Scope) -> bool:
    """Whether the page's own script asks, for a part of a page."""
    return header(scope, b"hx-request") == "true"


def frame_of(request: Asking) -> dict[str, Any]:
    """What the frame round a page says, for whoever is signed in."""
    site, reader, person = site_of(request.scope), reader_of(request), request.user
    now, menu, held = site.now(), list(menu_of(reader)), duties(person, site.profile)
    return {
        "person": person,
        "roles": [site.profile.role(Role(name)).title for name in person.texts("roles")],
        "unblinded": reader.unblinded,
        "study": site.profile.study,
        "place": site.profile.site,
        "zone": site.profile.site.time_zone,
        "environment": site.settings.environment.value,
        "now": now,
        "now_ms": words.utc(now),
        "clock": clocks.local_time(now, site.profile.site.time_zone, seconds=True),
        "menu": menu,
        "opens": {entry.address for _, lines in menu for entry in lines},
        "entitled": {row.action for row in ACTIONS.values() if row.by & held},
        "demonstration": request.app.state.get("demonstration", ""),
        "here": request.url.path,
        "seen": request.scope["state"].get("seen", ""),
        "csrf": cookies.csrf(request.auth),
        "cover_ms": site.profile.limits.cover_after_minutes * 60_000,
        "session_ends": request.scope["state"]["session_ends"],
    }


def page(request: Asking, template: str, status: int = 200, **context: Any) -> ASGIResponse:
    """A page, or a part of one, as its template makes it."""
    return in_html(templates().get_template(template).render(frame_of(request), **context), status)


def in_html(text: str, status: int = 200, headers: dict[str, str] | None = None) -> ASGIResponse:
    """An answer in HTML with the headers of every page."""
    return ASGIResponse(
        body=text.encode(),
        status_code=status,
        headers={**HEADERS, **(headers or {})},
        media_type="text/html",
    )


def elsewhere(address: str, headers: dict[str, str] | None = None) -> ASGIResponse:
    """Send the browser on to another page (303)."""
    return ASGIResponse(status_code=303, headers={"Location": address, **(headers or {})})
