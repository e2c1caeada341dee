"""Examples for every route: what a watcher asks for, of what is there, of what is hidden, and of nothing.

Rules this module keeps:
- A route without an example stops the suite: what nobody looks at may show anything.
- What is hidden is asked for by its real code, in every world, also where that thing does not exist.
- Acts are asked for last, and each by whoever watches: most are refused, and each has to be so in all worlds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from inventory.domain import clocks
from inventory.domain.identifiers import gs1
from inventory.domain.lives import ACTIONS
from inventory.domain.lives.row import NEW
from inventory.services.lists import LISTS
from inventory.worlds.asking import Asked
from inventory.worlds.cast import PASSWORD, SIGNS_IN
from inventory.worlds.pages import PAGES
from inventory.worlds.samples import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from inventory.domain.lives.row import Row
    from inventory.domain.profile import Profile
    from inventory.domain.roles import Role
    from inventory.worlds.routes import Route

API: Final = "/api/v1"
NOWHERE: Final = "K3333333X"
"""A code that nothing carries."""


class NoExampleError(Exception):
    """A route for which no example is written."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a watcher knows codes of, and what is hidden from them.

    Attributes:
        who: the watcher.
        now: the moment.
        codes: by kind, the codes that anybody may see.
        hidden: by kind, the codes of what no watcher may see.
        size: how many entries the open log has.
        duties: the roles whose work the watcher does.
        thorough: whether they ask for everything of everything.
    """

    who: str
    now: datetime
    profile: Profile
    codes: Mapping[str, list[str]]
    hidden: Mapping[str, list[str]]
    size: int
    keys: Iterator[int] = field(compare=False)
    duties: frozenset[Role]
    thorough: bool

    def some(self, codes: list[str]) -> list[str]:
        """All of these codes for whoever is thorough, else the last of them."""
        return codes if self.thorough else codes[-2:]

    @property
    def everything(self) -> list[str]:
        """All that is seen or hidden for whoever is thorough, else the last two of each kind; and nothing."""
        both = [*self.codes.values(), *self.hidden.values()]
        return [*(code for codes in both for code in self.some(codes)), NOWHERE]

    def probes(self, kind: str) -> list[str]:
        """The last of that kind that is seen, the last that is hidden, and nothing."""
        return [*self.codes.get(kind, ())[-1:], *self.hidden.get(kind, ())[-1:], NOWHERE]

    @property
    def one_of_each(self) -> list[str]:
        """The last of each kind that may be seen."""
        return [codes[-1] for codes in self.codes.values() if codes]

    def of(self, kind: str) -> list[str]:
        """Seen and hidden codes of a kind, and one of nothing."""
        return [*self.codes.get(kind, ()), *self.hidden.get(kind, ()), NOWHERE]

    @property
    def all_seen(self) -> list[str]:
        """Every code that may be seen."""
        return [code for codes in self.codes.values() for code in codes]

    @property
    def all_hidden(self) -> list[str]:
        """Every hidden code, and one of nothing."""
        return [*(code for codes in self.hidden.values() for code in codes), NOWHERE]

    def targets(self, row: Row) -> list[str]:
        """Codes on which that action is tried: of what is there, of what is hidden, of nothing."""
        if NEW in row.moves:
            return [f"NEW-{self.who}", *self.hidden.get(row.kind.value, ())[:2]]
        seen, hidden = self.codes.get(row.kind.value, ()), self.hidden.get(row.kind.value, ())
        return [*seen[-2:], *hidden[:1], NOWHERE]

    def act(self, row: Row, code: str) -> dict[str, Any]:
        """The body of that act on that code."""
        participant = next(iter(self.codes.get("participant", ())), "X1")
        known = {"participant": participant, "site": self.profile.site.code, "log": "vault", "index": 3}
        known |= {"stratum": self.profile.randomisation.strata[0], "joints": list(self.profile.joints[:1])}
        told = {"code": code, "occurred_at": clocks.format_instant(self.now)}
        return {**told, "evidence": sample(row, known)}


def examples(route: Route, seen: Seen) -> list[Asked]:
    """What this watcher asks of that route.

    Raises:
        NoExampleError: none is written for it.
    """
    action = route.path.removeprefix(f"{API}/custody/")
    if route.method == "POST" and action in ACTIONS:
        return list(_acts(ACTIONS[action], seen))
    written = PAGES.get((route.method, route.path)) or READING.get(
        (route.method, route.path.removeprefix(API))
    )
    if written is None:
        raise NoExampleError(
            f"{route.method} {route.path} has no example: nobody looks at what blinded people see there. "
            "Write one in inventory/worlds/examples.py."
        )
    return [Asked(route.method, *_request(one)) for one in written(seen)]


def _request(one: str | tuple[str, Any]) -> tuple[str, Any]:
    return (one, None) if isinstance(one, str) else one


def _acts(row: Row, seen: Seen) -> Iterator[Asked]:
    yield _post(f"{API}/custody/{row.action}", {"code": 5}, next(seen.keys))
    # Whose role does not do this is told so before a word is read: one example shows it.
    for code in seen.targets(row) if seen.duties & row.by else ():
        yield _post(f"{API}/custody/{row.action}", seen.act(row, code), next(seen.keys))


def _post(address: str, body: Any, key: int) -> Asked:
    return Asked("POST", address, body, ((b"idempotency-key", f"probe-{key}".encode()),))


def _items(seen: Seen) -> Iterable[str]:
    return (f"{API}/items/{code}" for code in seen.everything)


def _histories(ending: str) -> Callable[[Seen], Iterable[str]]:
    def asked(seen: Seen) -> Iterable[str]:
        if seen.thorough:
            told = seen.all_seen if ending == "/history" else [*seen.one_of_each, *seen.of("participant")]
        else:
            told = list(seen.codes.get("participant", ()))
        return (f"{API}/items/{code}{ending}" for code in [*told, *seen.some(seen.all_hidden)])

    return asked


def _lists(name: str) -> Callable[[Seen], Iterable[str]]:
    def asked(seen: Seen) -> Iterable[str]:
        address = f"{API}/{name}"
        yield from (address, f"{address}?limit=500", f"{address}?limit=1", f"{address}?limit=0")
        for code in seen.probes(LISTS[name][0].value):
            yield f"{address}?limit=2&after={code}"

    return asked


def _scans(seen: Seen) -> Iterable[tuple[str, Any]]:
    gtin = seen.profile.labels.gtin
    framed = ["]d2" + gs1.build([("01", gtin), ("21", code)]) for code in seen.of("kit")[:4]]
    for data in [*seen.some(seen.all_seen), *seen.some(seen.all_hidden), *framed, "]d2garbled", ""]:
        yield f"{API}/scan", {"data": data}


def _labels(seen: Seen) -> Iterable[str]:
    for kind in ("kit", "syringe"):
        for code in seen.some(seen.of(kind)):
            yield f"{API}/labels/{kind}/{code}.png?dpi=203"
        for code in seen.codes.get(kind, ())[:1]:
            yield from (f"{API}/labels/{kind}/{code}.{form}" for form in ("zpl", "pdf"))
    for participant in [*seen.codes.get("participant", ())[:1], NOWHERE]:
        yield f"{API}/labels/card/{participant}.png?dpi=203"
    for kind in ("vial", "box"):
        yield from (f"{API}/labels/{kind}/{code}.png" for code in seen.of(kind)[-2:])


def _bitmaps(seen: Seen) -> Iterable[str]:
    for job in seen.some(seen.of("job")):
        for label in [*seen.codes.get("label", ())[:2], *seen.hidden.get("label", ())[:1], NOWHERE]:
            yield f"{API}/print-jobs/{job}/labels/{label}.png"


def _entries(seen: Seen) -> Iterable[str]:
    for log in ("open", "vault"):
        address = f"{API}/logs/{log}/entries"
        yield from (address, f"{address}?start=0&end=0", f"{address}?start=9999999")
        yield from (f"{address}?start={start}" for start in range(0, seen.size + 1, 500))


def _record(seen: Seen) -> Iterable[str]:
    address = f"{API}/history"
    yield from (
        f"{address}?refusals=1&limit=500",
        f"{address}?deviations=1&from=2026-13-01",
        f"{address}?before=x",
    )
    yield f"{address}?kind=kit&to=2026-11-25&limit=500"
    yield f"{address}?before=open:30,2026-11-24T00:00:00.000000Z&refusals=1&limit=7"
    for code in [*seen.some(seen.of("kit")), *seen.some(seen.all_hidden)]:
        yield f"{address}?item={code}&refusals=1"


def _visits(ending: str) -> Callable[[Seen], Iterable[str]]:
    return lambda seen: (f"{API}/visits/{code}{ending}" for code in [*seen.of("visit"), NOWHERE])


def _proofs(kind: str) -> Callable[[Seen], Iterable[str]]:
    def asked(seen: Seen) -> Iterable[str]:
        names = ("index", "size") if kind == "inclusion" else ("old", "new")
        for log in ("open", "vault"):
            for one in (1, seen.size // 2, seen.size - 1, seen.size + 1):
                yield f"{API}/logs/{log}/proof/{kind}?{names[0]}={one}&{names[1]}={seen.size}"

    return asked


def _queue(seen: Seen) -> Iterable[tuple[str, Any]]:
    acts = []
    for action in ("kit-dispense", "kit-order", "kit-confirm", "participant-withdraw"):
        row = ACTIONS[action]
        for code in seen.targets(row)[1:]:
            key = f"queue-{next(seen.keys)}"
            acts.append({"action": action, "idempotency_key": key, **seen.act(row, code)})
    yield f"{API}/custody", {"acts": [*acts, {"action": "kit-thaw"}, 7]}
    yield f"{API}/custody", {"acts": acts}


def _sign_ins(seen: Seen) -> Iterable[tuple[str, Any]]:
    yield f"{API}/sessions", {"username": seen.who}
    # A password's hash is an hour's work for a test: one watcher tries for all.
    if seen.who == SIGNS_IN:
        for password in ("wrong all the same", PASSWORD):
            yield f"{API}/sessions", {"username": seen.who, "password": password}


def _second_factors(seen: Seen) -> Iterable[tuple[str, Any]]:
    # As with sign-in; nobody here confirms one, so that everybody can go on asking.
    if seen.who == SIGNS_IN:
        for password in ("wrong all the same", PASSWORD):
            yield f"{API}/me/second-factor", {"password": password}
    else:
        yield f"{API}/me/second-factor", {"password": 5}


def _simply(*addresses: str) -> Callable[[Seen], Iterable[str]]:
    return lambda _: addresses


READING: Final[Mapping[tuple[str, str], Callable[[Seen], Iterable[str | tuple[str, Any]]]]] = {
    ("GET", "/livez"): _simply("/livez"),
    ("GET", "/readyz"): _simply("/readyz"),
    ("GET", "/me"): _simply(f"{API}/me"),
    ("GET", "/openapi.json"): _simply(f"{API}/openapi.json"),
    ("POST", "/sessions"): _sign_ins,
    ("DELETE", "/sessions/current"): _simply(f"{API}/sessions/current"),
    ("POST", "/me/second-factor"): _second_factors,
    ("POST", "/me/second-factor/confirmation"): lambda _: [
        (f"{API}/me/second-factor/confirmation", {"code": "000000"})
    ],
    ("POST", "/scan"): _scans,
    ("GET", "/items/{code}"): _items,
    ("GET", "/items/{code}/history"): _histories("/history"),
    ("GET", "/items/{code}/history.csv"): _histories("/history.csv"),
    ("GET", "/items/{code}/history.pdf"): _histories("/history.pdf"),
    **{("GET", f"/{name}"): _lists(name) for name in LISTS},
    ("GET", "/notices"): _simply(f"{API}/notices"),
    ("GET", "/exposure"): _simply(f"{API}/exposure?blocks=4*10", f"{API}/exposure"),
    ("GET", "/open-tasks"): _simply(f"{API}/open-tasks"),
    ("GET", "/unblindings/response-times"): _simply(f"{API}/unblindings/response-times"),
    ("GET", "/stock"): _simply(f"{API}/stock"),
    ("GET", "/look-back/{code}"): lambda seen: (
        f"{API}/look-back/{code}"
        for kind in ("donor", "lot", "vial", "participant", "kit")
        for code in seen.some(seen.of(kind))
    ),
    ("GET", "/history"): _record,
    ("GET", "/visits/{code}"): _visits(""),
    ("GET", "/visits/{code}/report.pdf"): _visits("/report.pdf"),
    ("POST", "/custody"): _queue,
    ("GET", "/logs/{log}/checkpoint"): lambda _: (
        f"{API}/logs/{log}/checkpoint" for log in ("open", "vault", "none")
    ),
    ("GET", "/logs/{log}/entries"): _entries,
    ("GET", "/logs/{log}/proof/inclusion"): _proofs("inclusion"),
    ("GET", "/logs/{log}/proof/consistency"): _proofs("consistency"),
    ("GET", "/labels/{template}/{name}"): _labels,
    ("GET", "/print-queue"): _simply(f"{API}/print-queue"),
    ("GET", "/print-jobs/{code}/labels/{name}"): _bitmaps,
    ("GET", "/label-accounts"): _simply(
        f"{API}/label-accounts", f"{API}/label-accounts?by=roll", f"{API}/label-accounts?by=arm"
    ),
}
"""For each route that is no act, what is asked of it."""
