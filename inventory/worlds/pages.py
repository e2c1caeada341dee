"""Examples for the pages, as a browser asks for them: of what is there, of what is hidden, and of nothing.

A page of one role is in nobody else's reach, which its example shows: every watcher asks for every page.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from inventory.domain.lives import ACTIONS
from inventory.services.lists import LISTS
from inventory.web.pages.controls import unit_of
from inventory.web.pages.scanner import SHEETS
from inventory.web.pages.statics import address_of
from inventory.worlds.cast import PASSWORD, SIGNS_IN
from labels.template import load_template, template_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from inventory.domain.lives.row import Row
    from inventory.worlds.examples import Seen

NOBODY: Final = "NOBODY"

ENDING: Final = frozenset({"/session", "/sign-out"})
"""What ends the session that asks."""

Example = str | tuple[str, Any]


def form(**fields: str) -> bytes:
    """A form as a browser sends it."""
    return urlencode(fields).encode()


def _items(seen: Seen) -> Iterator[Example]:
    for code in [*seen.some(seen.all_seen), *seen.some(seen.all_hidden)]:
        yield f"/items/{code}"
    for code in [*seen.codes.get("kit", ())[-1:], *seen.some(seen.all_hidden)]:
        yield from (f"/items/{code}/history.{form}" for form in ("csv", "json"))


def _lists(name: str) -> Callable[[Seen], Iterable[Example]]:
    def asked(seen: Seen) -> Iterator[Example]:
        yield from (f"/{name}", f"/{name}?q=K", f"/{name}?state=open", f"/{name}?after=%00")
        for code in seen.probes(LISTS[name][0].value):
            yield from (f"/{name}?after={code}", f"/{name}?q={code}")

    return asked


def _scans(seen: Seen) -> Iterator[Example]:
    for data in [*seen.some(seen.all_seen), *seen.some(seen.all_hidden), "]d2garbled", ""]:
        yield from (("/scan", form(data=data)), ("/scan", form(data=data, typed="1")))


def _entries(_: Seen) -> Iterator[Example]:
    for log in ("open", "vault", "none"):
        yield from (f"/logs/{log}", f"/logs/{log}?action=kit-order", f"/logs/{log}?code=NONE&before=9")


def _proofs(_: Seen) -> Iterator[Example]:
    for log in ("open", "vault"):
        yield from (f"/logs/{log}/{index}" for index in ("0", "40", "999999", "x"))


def _histories(ending: str) -> Callable[[Seen], Iterable[Example]]:
    def asked(seen: Seen) -> Iterator[Example]:
        address = f"/history{ending}"
        yield from (
            f"{address}?refusals=1",
            f"{address}?deviations=1&from=2026-13-01",
            f"{address}?kind=kit&to=2026-11-25",
        )
        for who in seen.of("person")[:1]:
            yield f"{address}?by={who}&refusals=1"
        # Each ending has the same rows: what of them is shown of a thing, the page shows of every thing.
        for code in (
            seen.probes("kit") if ending else [*seen.some(seen.of("kit")), *seen.some(seen.all_hidden)]
        ):
            yield f"{address}?item={code}&refusals=1"
        if not ending:
            yield from (address, f"{address}?before=open:30,2026-11-24T00:00:00.000000Z&refusals=1")

    return asked


def _scripts(_: Seen) -> Iterator[Example]:
    yield from (f"/logs/{log}/{index}/check.sh" for log in ("open", "vault") for index in ("7", "x"))


def _verified(_: Seen) -> Iterator[Example]:
    yield from ((f"/logs/{log}/verify", b"") for log in ("open", "vault"))


def _bedside(seen: Seen) -> Iterator[Example]:
    yield from (("/bedside/scan", form(data=data)) for data in [*seen.one_of_each, "]d2garbled"])


def _sets(seen: Seen) -> Iterator[Example]:
    yield from (f"/bedside/{code}" for code in [*seen.of("participant")[-6:], NOBODY])


def _checks(seen: Seen) -> Iterator[Example]:
    for code in seen.of("participant")[-3:]:
        for data in [*seen.one_of_each, code]:
            yield f"/bedside/{code}/scan", form(data=data)


def _places(seen: Seen) -> Iterator[Example]:
    for code in [*seen.of("place")[-3:], *seen.of("box")[-3:]]:
        yield from (f"/storage/{code}", f"/storage/{code}?by=expiry")


def _finds(seen: Seen) -> Iterator[Example]:
    for data in [*seen.some(seen.all_seen), *seen.some(seen.all_hidden), "]d2garbled"]:
        yield from (("/storage/scan", form(data=data)), ("/storage/scan?in=B", form(data=data, typed="1")))


def _pharmacy(seen: Seen) -> Iterator[Example]:
    yield from (("/pharmacy/scan", form(data=data)) for data in [*seen.some(seen.all_seen), "]d2garbled"])


def _dispensed(seen: Seen) -> Iterator[Example]:
    yield from (f"/pharmacy/{code}" for code in [*seen.some(seen.of("kit")), NOBODY])


def _dispensing(seen: Seen) -> Iterator[Example]:
    for code in [*seen.codes.get("kit", ())[-2:], NOBODY]:
        for data in [*seen.some(seen.all_seen), code]:
            yield f"/pharmacy/{code}/scan", form(data=data)
        yield f"/pharmacy/{code}/scan?turn=x", form(data=code)


def _turns(_: Seen) -> Iterator[Example]:
    yield from (f"/pharmacy/turn?turn={turn}" for turn in ("", "x"))


def _finds_at(address: str) -> Callable[[Seen], Iterable[Example]]:
    return lambda seen: ((address, form(data=data)) for data in [*seen.of("kit")[-4:], *seen.of("vial")[-2:]])


def _runs(ending: str) -> Callable[[Seen], Iterable[Example]]:
    return lambda seen: (f"/preparation/{code}{ending}" for code in seen.of("kit")[-6:])


def _run_scans(seen: Seen) -> Iterator[Example]:
    for code in seen.of("kit")[-3:]:
        for data in [code, *seen.of("vial")[-2:]]:
            yield f"/preparation/{code}/scan", form(data=data)


def _refused_in(address: str, kind: str) -> Callable[[Seen], Iterable[Example]]:
    return lambda seen: ((address, form(code=code)) for code in [*seen.of(kind)[-2:], NOBODY])


def _judged(kind: str, folder: str, ending: str = "") -> Callable[[Seen], Iterable[Example]]:
    return lambda seen: [f"/quality/{folder}/{code}{ending}" for code in seen.of(kind)[-3:]]


def _look_backs(seen: Seen) -> Iterator[Example]:
    for data in [*seen.of("lot")[-3:], *seen.of("vial")[-2:], "]d2garbled"]:
        yield "/quality/look-back/scan?reason=donor_notice", form(data=data)


def _receipts(ending: str) -> Callable[[Seen], Iterable[Example]]:
    return lambda seen: (f"/receipts/{code}{ending}" for code in seen.of("shipment")[-3:])


def _logged(seen: Seen) -> Iterator[Example]:
    readings = "timestamp,celsius\n2026-11-22T09:00:00Z,-170\n"
    for code in seen.of("shipment")[-2:]:
        yield f"/receipts/{code}/readings", form(readings=readings)


def _taken_in(seen: Seen) -> Iterator[Example]:
    for code in seen.of("shipment")[-2:]:
        yield from ((f"/receipts/{code}/scan", form(data=data)) for data in seen.of("vial")[-3:])


def _counted(seen: Seen) -> Iterator[Example]:
    for code in [*seen.of("place")[-2:], *seen.of("box")[-2:]]:
        yield f"/stock-take/{code}"


def _templates(seen: Seen) -> Iterator[Example]:
    for name in (*seen.profile.labels.templates, "none"):
        code = f"{name}.v{load_template(name).version}" if name in template_names() else "none.v1"
        yield from (f"/labels/templates/{code}", f"/labels/templates/{code}?dpi=203&of=1-88")
    yield "/labels/templates/kit.v99"


def _samples(seen: Seen) -> Iterator[Example]:
    for name in seen.profile.labels.templates:
        picture = f"/labels/templates/{name}.v{load_template(name).version}/203"
        yield from (f"{picture}/0-1.png", f"{picture}/0-88.pdf", f"{picture}/99-1.png")


def _printable(seen: Seen) -> Iterator[Example]:
    yield from ("/labels/print", "/labels/print?template=kit.v99")
    for template in seen.of("template"):
        for of in ("", *seen.some(seen.of("kit"))):
            yield f"/labels/print?template={template}&of={of}"


def _orders(seen: Seen) -> Iterator[Example]:
    yield "/labels/print", form(template="none.v1")
    for template in seen.of("template")[:3]:
        for kit in seen.some(seen.of("kit")):
            key = f"print-{next(seen.keys)}"
            yield "/labels/print", form(template=template, printer="PR-02", things=kit, key=key)


def _print_jobs(seen: Seen) -> list[str]:
    return [*seen.some(seen.codes.get("job", [])), *seen.some(seen.hidden.get("job", []))]


def _jobs(ending: str = "", *forms: dict[str, str]) -> Callable[[Seen], Iterable[Example]]:
    def asked(seen: Seen) -> Iterator[Example]:
        for code in [*_print_jobs(seen), NOBODY]:
            address = f"/labels/jobs/{code}{ending}"
            yield from ((address, form(**fields, key=f"job-{next(seen.keys)}")) for fields in forms)
            yield from () if forms else (address,)

    return asked


def _scanned_back(seen: Seen) -> Iterator[Example]:
    for job in _print_jobs(seen):
        for data in [*seen.some(seen.of("kit")), "]d2garbled"]:
            yield from ((f"/labels/jobs/{job}/scan{of}", form(data=data)) for of in ("", "?as=apply"))


def _pictures(seen: Seen) -> Iterator[Example]:
    for job in _print_jobs(seen):
        for label in [*seen.codes.get("label", ())[:2], *seen.hidden.get("label", ())[:1], NOBODY]:
            yield f"/labels/jobs/{job}/pictures/{label}.png"


def _theirs(seen: Seen) -> list[Row]:
    """The actions that the watcher's roles do, and one that is another's."""
    theirs = [row for row in ACTIONS.values() if row.by & seen.duties]
    others = [row for row in ACTIONS.values() if not row.by & seen.duties]
    return [*theirs, *others[:1]]


def _new_forms(seen: Seen) -> Iterator[Example]:
    yield "/acts/kit-thaw"
    yield from (f"/acts/{row.action}" for row in _theirs(seen))


def _forms(seen: Seen) -> Iterator[Example]:
    for row in _theirs(seen):
        yield from (f"/acts/{row.action}/{code}" for code in seen.targets(row)[-3:])


def _acts(seen: Seen) -> Iterator[Example]:
    for row in _theirs(seen):
        yield f"/acts/{row.action}", b"code=5"
        for code in seen.targets(row)[-3:]:
            told = seen.act(row, code)
            fields = dict(_flat("evidence", told["evidence"]))
            key = f"page-{next(seen.keys)}"
            yield (
                f"/acts/{row.action}",
                urlencode(
                    {"code": code, "occurred_at": told["occurred_at"], "key": key, **fields}, doseq=True
                ).encode(),
            )


def _flat(name: str, value: Any) -> Iterator[tuple[str, list[str]]]:
    """Evidence as the fields of its form."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(f"{name}.{key}", each)
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for place, each in enumerate(value):
            yield from _flat(f"{name}.{place}", each)
    else:
        yield name, [_written(name, each) for each in (value if isinstance(value, list) else [value])]


def _written(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    return str(Decimal(value) / unit_of(name)[0]) if isinstance(value, int) else str(value)


def _sign_ins(seen: Seen) -> Iterator[Example]:
    yield "/sign-in", form(username=seen.who)
    # A password's hash is an hour's work for a test: one watcher tries for all.
    if seen.who == SIGNS_IN:
        for password in ("wrong all the same", PASSWORD):
            yield "/sign-in", form(username=seen.who, password=password, next="/kits")


def _simply(*asked: Example) -> Callable[[Seen], Iterable[Example]]:
    return lambda _: asked


PAGES: Final[Mapping[tuple[str, str], Callable[[Seen], Iterable[Example]]]] = {
    ("GET", "/"): _simply("/"),
    ("GET", "/static/{address}"): _simply(address_of("app.css"), "/static/none/app.css"),
    ("GET", "/sign-in"): _simply("/sign-in", "/sign-in?next=/kits"),
    ("POST", "/sign-in"): _sign_ins,
    ("POST", "/session"): _simply(("/session", b"next=/")),
    ("POST", "/sign-out"): _simply(("/sign-out", b"")),
    ("GET", "/events"): _simply("/events?seconds=0", "/events?seconds=x"),
    ("GET", "/second-factor"): _simply("/second-factor"),
    ("POST", "/second-factor"): _simply(("/second-factor", b"password=")),
    ("POST", "/second-factor/confirmation"): _simply(("/second-factor/confirmation", b"code=1")),
    ("GET", "/password"): _simply("/password"),
    ("POST", "/password"): _simply(("/password", b"current=wrong&password=x&again=x")),
    ("GET", "/scan"): _simply("/scan"),
    ("POST", "/scan"): _scans,
    ("GET", "/outbox"): _simply("/outbox"),
    ("GET", "/outbox/shell"): _simply("/outbox/shell"),
    ("GET", "/worker.js"): _simply("/worker.js"),
    ("GET", "/scanner"): _simply("/scanner"),
    **{("GET", f"/scanner/{name}"): _simply(f"/scanner/{name}") for name in SHEETS},
    ("GET", "/typed-codes"): _simply("/typed-codes"),
    ("GET", "/logs"): _simply("/logs"),
    ("GET", "/logs/{log}"): _entries,
    ("GET", "/logs/{log}/{index}"): _proofs,
    ("GET", "/logs/{log}/{index}/check.sh"): _scripts,
    ("POST", "/logs/{log}/verify"): _verified,
    **{("GET", f"/history{ending}"): _histories(ending) for ending in ("", ".csv", ".json", ".pdf")},
    ("POST", "/history/scan"): _finds_at("/history/scan?refusals=1"),
    **{
        ("GET", f"/admin/{name}"): _simply(f"/admin/{name}")
        for name in ("people", "roles", "devices", "settings")
    },
    ("GET", "/timelines/{code}"): lambda seen: (
        f"/timelines/{code}" for code in [*seen.some(seen.all_seen), *seen.some(seen.all_hidden)]
    ),
    ("GET", "/monitoring"): _simply("/monitoring"),
    ("GET", "/monitoring/{visit}"): lambda seen: (f"/monitoring/{code}" for code in seen.of("visit")),
    ("GET", "/monitoring/{visit}/report.pdf"): lambda seen: (
        f"/monitoring/{code}/report.pdf" for code in seen.of("visit")
    ),
    ("GET", "/open-tasks"): _simply("/open-tasks"),
    ("GET", "/pharmacy"): _simply("/pharmacy"),
    ("POST", "/pharmacy/scan"): _pharmacy,
    ("GET", "/pharmacy/{kit}"): _dispensed,
    ("POST", "/pharmacy/{kit}/scan"): _dispensing,
    ("GET", "/pharmacy/turn"): _turns,
    ("POST", "/pharmacy/turn/scan"): _simply(("/pharmacy/turn/scan?turn=x", form(data="K"))),
    ("POST", "/pharmacy/turn"): _simply(("/pharmacy/turn", form(turn="x", key="k"))),
    ("GET", "/commands"): _simply("/commands"),
    ("GET", "/quality"): _simply("/quality"),
    ("GET", "/quality/deviations"): _simply("/quality/deviations"),
    ("GET", "/quality/excursions"): _simply("/quality/excursions"),
    ("GET", "/quality/excursions/{code}"): _judged("excursion", "excursions"),
    ("GET", "/quality/excursions/{code}/readings.csv"): _judged("excursion", "excursions", "/readings.csv"),
    ("GET", "/quality/look-back"): _simply("/quality/look-back", "/quality/look-back?reason=x"),
    ("POST", "/quality/look-back/scan"): _look_backs,
    ("GET", "/quality/look-back/{code}"): _judged("vial", "look-back"),
    ("GET", "/quality/look-back/{code}/tree.csv"): _judged("lot", "look-back", "/tree.csv"),
    ("GET", "/quality/lots/{code}"): _judged("lot", "lots"),
    ("GET", "/quality/certificates/{digest}/{code}"): _judged("lot", "certificates/0"),
    ("GET", "/quality/reconciliation"): _simply("/quality/reconciliation"),
    ("GET", "/quality/reconciliation/lots.csv"): _simply("/quality/reconciliation/lots.csv"),
    ("GET", "/quality/reconciliation/kits.csv"): _simply("/quality/reconciliation/kits.csv"),
    ("GET", "/labels"): _simply("/labels"),
    ("GET", "/labels/templates/{code}"): _templates,
    ("GET", "/labels/templates/{code}/{dpi}/{name}"): _samples,
    ("GET", "/labels/print"): _printable,
    ("POST", "/labels/print"): _orders,
    ("GET", "/labels/jobs"): _simply("/labels/jobs"),
    ("GET", "/labels/jobs/{code}"): _jobs(),
    ("GET", "/labels/jobs/{code}/pictures/{name}"): _pictures,
    ("POST", "/labels/jobs/{code}/onward"): _jobs("/onward", {}),
    ("POST", "/labels/jobs/{code}/scan"): _scanned_back,
    ("GET", "/labels/rolls"): _simply("/labels/rolls"),
    ("GET", "/labels/accounts"): _simply(
        *(f"/labels/accounts?by={by}" for by in ("", "job", "roll", "template"))
    ),
    ("GET", "/labels/accounts.csv"): _simply("/labels/accounts.csv", "/labels/accounts.csv?by=roll"),
    ("GET", "/bedside"): _simply("/bedside"),
    ("POST", "/bedside/scan"): _bedside,
    ("GET", "/bedside/{participant}"): _sets,
    ("POST", "/bedside/{participant}/scan"): _checks,
    ("GET", "/storage"): _simply("/storage", "/storage?by=expiry"),
    ("GET", "/storage/{code}"): _places,
    ("POST", "/storage/scan"): _finds,
    ("POST", "/storage/put/{action}"): _refused_in("/storage/put/vial-move", "vial"),
    ("GET", "/preparation"): _simply("/preparation"),
    ("POST", "/preparation/scan"): _finds_at("/preparation/scan"),
    ("GET", "/preparation/{kit}"): _runs(""),
    ("GET", "/preparation/{kit}/sheet"): _runs("/sheet"),
    ("POST", "/preparation/{kit}/scan"): _run_scans,
    ("POST", "/preparation/{kit}/acts/{action}"): _refused_in("/preparation/NONE/acts/vial-pick", "vial"),
    ("GET", "/receipts"): _simply("/receipts"),
    ("GET", "/receipts/{shipment}"): _receipts(""),
    ("GET", "/receipts/{shipment}/sheet"): _receipts("/sheet"),
    ("POST", "/receipts/{shipment}/readings"): _logged,
    ("POST", "/receipts/{shipment}/scan"): _taken_in,
    ("POST", "/receipts/{shipment}/put-away"): _refused_in("/receipts/NONE/put-away", "vial"),
    ("GET", "/stock-take"): _simply("/stock-take"),
    ("GET", "/stock-take/{code}"): _counted,
    ("POST", "/stock-take/scan"): _finds_at("/stock-take/scan"),
    ("POST", "/stock-take/seen"): _finds_at("/stock-take/seen?at=P"),
    ("GET", "/items/{code}"): _items,
    ("GET", "/acts/{action}"): _new_forms,
    ("GET", "/acts/{action}/{code}"): _forms,
    ("POST", "/acts/{action}"): _acts,
    **{("GET", f"/{name}"): _lists(name) for name in LISTS},
}
"""For each page, what is asked of it."""
