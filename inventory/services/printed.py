"""Entries as people read them on paper: one a paragraph, with names, times and meanings.

Rules this module keeps:
- Who may read an entry is decided before it comes here; an entry is shown whole or not at all.
- A signature shows printed name, time and meaning (21 CFR 11.50); names are those that the log itself states.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from inventory.domain.lives import TRANSITIONS
from inventory.services.text_pdf import text_pdf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Leaf: TypeAlias = dict[str, Any]
"""An entry's leaf, decoded."""


def in_order(leaves: Iterable[bytes]) -> list[Leaf]:
    """The leaves of one or both logs, decoded, in the order of recording."""
    decoded: list[Leaf] = [orjson.loads(leaf) for leaf in leaves]
    return sorted(decoded, key=lambda leaf: (leaf["recorded_at"], leaf["log"], leaf["index"]))


def title(origin: str, *, unblinded: bool) -> str:
    """What stands at the foot of each page, from a log's origin (`cellcustody.ENVIRONMENT/STUDY/LOG`)."""
    system, study = origin.split("/")[:2]
    environment = system.partition(".")[2]
    marked = "" if environment == "production" else f" {environment.upper()}"
    return f"{study}{marked}, {'UNBLINDED' if unblinded else 'blinded'} history"


def names_in(leaves: Iterable[Leaf]) -> dict[str, str]:
    """The printed name of each person whom these entries add, by code."""
    return {
        change["code"]: str(name)
        for leaf in leaves
        for change in leaf["changes"]
        if change["kind"] == "person" and (name := change["now"].get("facts", {}).get("name"))
    }


def meaning(leaf: Leaf) -> str:
    """What the act says, in the words of its table; the action's name where this version has none."""
    row = TRANSITIONS.get(leaf["action"])
    return row.says if row else str(leaf["action"])


def as_pdf(foot: str, leaves: Sequence[Leaf], named_in: Sequence[Leaf] | None = None) -> bytes:
    """The entries on A4 pages, in the order given; people's names are those that `named_in` states."""
    names = names_in(leaves if named_in is None else named_in)
    return text_pdf(foot, (line for leaf in leaves for line in paragraph(leaf, names)))


def paragraph(leaf: Leaf, names: Mapping[str, str]) -> Iterator[str]:
    """An entry in lines: what, when, by whom, what it means, and what it changed."""
    yield f"{leaf['log']} {leaf['index']}   {leaf['action']}   {leaf['item']}"
    yield f"    {meaning(leaf)}"
    second = f", with {_named(leaf['with'], names)}" if leaf["with"] else ""
    yield f"    by {_named(leaf['by'], names)} as {leaf['role'].replace('_', ' ')}{second}"
    yield f"    happened {_instant(leaf['occurred_at'])}, recorded {_instant(leaf['recorded_at'])}"
    if leaf["voids"]:
        yield f"    VOIDS entry {leaf['voids']['index']} of the {leaf['voids']['log']} log"
    if leaf["deviation"]:
        yield f"    DEVIATION {leaf['deviation']}: {', '.join(leaf['broke'])}"
    for name, value in sorted(leaf["evidence"].items()):
        yield f"    {name}: {_plain(value)}"
    for change in leaf["changes"]:
        yield f"    {change['kind']} {change['code']}: {_difference(change)}"
    yield ""


def _named(code: str, names: Mapping[str, str]) -> str:
    return f"{names[code]} ({code})" if code in names else code


def _instant(text: str) -> str:
    return f"{text[:10]} {text[11:19]} UTC"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _difference(change: Leaf) -> str:
    was, now = change["was"] or {}, change["now"]
    own = [
        f"{name} {was[name]} -> {value}" if was.get(name) is not None else f"{name} {value}"
        for name, value in sorted(now.items())
        if name != "facts"
    ]
    facts = [f"{name} {_plain(value)}" for name, value in sorted(now.get("facts", {}).items())]
    return "; ".join([*own, *facts]) or "unchanged"
