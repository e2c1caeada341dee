"""The transition tables drawn for people: a diagram and a matrix of each kind, and the catalogue of refusals.

Everything is drawn from the tables by pure functions, so that what people sign is what the code does. The
pages in `docs/` hold the drawings between two marks; `python -m inventory.domain.drawings docs` renews them.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

from inventory.domain.evidence import past_fields
from inventory.domain.items import Kind
from inventory.domain.lives import STATES, TRANSITIONS
from inventory.domain.lives.row import NEW, VOIDED, Mode
from inventory.domain.lives.shape import ASKED_OF_ALL, two_people
from inventory.domain.profile import load
from inventory.domain.refusals import ABOUT_ASKING, GROUPS, Refusal
from inventory.domain.roles import Role
from inventory.domain.stops import WORDS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from inventory.domain.lives.row import Row

BEGIN, END = "<!-- drawn from the tables: do not edit below -->", "<!-- end of what is drawn -->"
PROFILE = Path(__file__).parents[1] / "profiles" / "nct06001853.toml"

TITLES = {
    Role.TECHNICIAN: "technician",
    Role.QA: "lab QA",
    Role.PHARMACIST: "pharmacist",
    Role.COORDINATOR: "coordinator",
    Role.INJECTOR: "injector",
    Role.STATISTICIAN: "statistician",
    Role.PHYSICIAN: "unblinded physician",
    Role.SUPPLY: "supply manager",
    Role.ADMINISTRATOR: "administrator",
    Role.PRINTING: "printing agent",
    Role.BLINDED_AUDITOR: "blinded auditor",
    Role.UNBLINDED_AUDITOR: "unblinded auditor",
}

DRAWN = (
    Kind.LOT, Kind.VIAL, Kind.KIT, Kind.SYRINGE, Kind.PARTICIPANT, Kind.BOX, Kind.SHIPMENT, Kind.EXCURSION,
    Kind.ALERT, Kind.SUPPLY, Kind.PLACE, Kind.DONOR, Kind.DEVICE, Kind.DEVIATION, Kind.UNBLINDING, Kind.NOTICE,
    Kind.ENVELOPE, Kind.PERSON, Kind.STUDY, Kind.CONTENTS, Kind.HOLDER, Kind.TASK, Kind.ARM, Kind.LIST, Kind.CALLER,
    Kind.TEMPLATE, Kind.ROLL, Kind.JOB, Kind.LABEL, Kind.VISIT, Kind.QUERY,
)  # fmt: skip
"""The kinds in the order of the pages."""

LEGEND = """\
may      a permission: refused when a condition fails. Entered late from paper, it is recorded all the same
         and what it broke becomes a deviation.
decides  a decision, which takes effect by being recorded here: always refused when a condition fails.
saw      an observation: it happened, so it is recorded, and what it broke becomes a deviation.
then     a consequence of another act; nobody asks for it.
two      a second person checks it, and scans too.
past     a day or time of what has happened: refused where it is still to come, of an observation too.
A number in a column is the state it leads to; a dot says that it is refused in this state. Where the act is
an observation, a dot says that it is kept with a deviation and changes nothing. What a void took back to
nothing may begin again like something new."""


def rows_of(kind: Kind) -> list[Row]:
    """The rows of a kind's table, in the table's order."""
    return [row for row in TRANSITIONS.values() if row.kind is kind]


def mark(row: Row) -> str:
    """The word for a row's mode: may, decides, saw or then."""
    if not row.by:
        return "then"
    if row.mode is Mode.OBSERVATION:
        return "saw"
    return "decides" if row.decision else "may"


def people(row: Row) -> str:
    """The roles that may, in the order of the catalogue."""
    return ", ".join(title for role, title in TITLES.items() if role in row.by)


def brings(row: Row) -> list[str]:
    """The evidence this row asks for beyond what every act may bring; in brackets what may be left out."""
    fields = {name: one for name, one in row.evidence.model_fields.items() if name not in ASKED_OF_ALL}
    return [name if one.is_required() else f"[{name}]" for name, one in fields.items()]


def conditions(row: Row) -> list[str]:
    """What must hold, in words: the first line of each rule's docstring."""
    return [(rule.__doc__ or "").strip().split("\n")[0] for rule in row.rules]


def matrix(kind: Kind, two_person: Collection[str] = ()) -> str:
    """A kind's states × actions as a text table, its states numbered along its path."""
    states, rows = STATES[kind], rows_of(kind)
    number = {state: str(place) for place, state in enumerate(states, start=1)}
    heads = [*([NEW] if any(row.creates for row in rows) else []), *states]
    table = [["", "", "", *(number.get(state, state) for state in heads)]]
    for row in rows:
        cells = [_cell([states.index(to) + 1 for to in row.moves.get(state, ())]) for state in heads]
        table.append([row.action, mark(row), "two" if _two(row, two_person) else "", *cells])
    widths = [max(len(line[column]) for line in table) for column in range(len(heads) + 3)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in table]
    # The blank inside a name does not break, so that no number is parted from its state.
    named = [f"{number[state]}\N{NO-BREAK SPACE}{_words(state)}" for state in states]
    legend = fill("  ".join(named), 108).replace("\N{NO-BREAK SPACE}", " ")
    return "\n".join([legend, "", *(line.rstrip() for line in lines)])


def _words(state: str) -> str:
    return state.replace("_", "\N{NO-BREAK SPACE}")


def _cell(targets: list[int]) -> str:
    if len(targets) > 2 and sorted(targets) == list(range(min(targets), max(targets) + 1)):
        return f"{min(targets)}-{max(targets)}"
    return "/".join(map(str, sorted(targets))) or "."


def _two(row: Row, two_person: Collection[str]) -> bool:
    always = two_people in row.rules
    return bool(row.by) and (always or row.action in two_person)


def explained(kind: Kind) -> str:
    """What each action of a kind means, who may, what they bring and what must hold, as text."""
    return "\n\n".join(_explained(row) for row in rows_of(kind) if row.by)


def _explained(row: Row) -> str:
    lines = [f"{row.action} ({mark(row)}): {row.says}", f"  by: {people(row)}"]
    if brings(row):
        lines.append("  with: " + ", ".join(brings(row)))
    if past_fields(row.evidence):
        lines.append("  past: " + ", ".join(past_fields(row.evidence)))
    lines += [f"  if: {condition}" for condition in conditions(row)]
    return "\n".join(fill(line, 108, subsequent_indent="      ") for line in lines)


def to_sign(two_person: Collection[str]) -> str:
    """Every kind's matrix and its actions in words, as one text."""
    parts = [f"{kind.upper()}\n\n{matrix(kind, two_person)}\n\n{explained(kind)}".rstrip() for kind in DRAWN]
    return "\n\n\n".join([f"HOW TO READ THIS\n\n{LEGEND}", *parts]) + "\n"


def diagram(kind: Kind) -> str:
    """A kind's life as a Mermaid state diagram; acts that leave the state as it is are left out."""
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows_of(kind):
        for source, targets in row.moves.items():
            for target in targets:
                if target != source and source != VOIDED:
                    arrows[source, target].append(row.action.removeprefix(f"{kind}-") + _shown(row))
    lines = [
        f"    {'[*]' if source == NEW else source} --> {target}: {', '.join(actions)}"
        for (source, target), actions in sorted(arrows.items(), key=lambda arrow: _place(kind, arrow[0]))
    ]
    return "\n".join(["stateDiagram-v2", *lines])


def _shown(row: Row) -> str:
    return {"saw": " (seen)", "then": " (follows)"}.get(mark(row), "")


def _place(kind: Kind, arrow: tuple[str, str]) -> tuple[int, int]:
    order: Mapping[str, int] = {state: place for place, state in enumerate((NEW, *STATES[kind]))}
    return order[arrow[0]], order[arrow[1]]


def custody_page(two_person: Collection[str]) -> str:
    """The drawn part of docs/custody.md."""
    parts = [f"## Reading the tables\n\n```text\n{LEGEND}\n```"]
    for kind in DRAWN:
        words = f"\n\n```text\n{explained(kind)}\n```" if explained(kind) else ""
        drawn = f"```mermaid\n{diagram(kind)}\n```\n\n```text\n{matrix(kind, two_person)}\n```"
        parts.append(f"## {kind.capitalize()}\n\n{drawn}{words}")
    return "\n\n".join(parts) + "\n"


def refusals_page() -> str:
    """The drawn part of docs/refusals.md: a heading for each code, in order of precedence."""
    parts = []
    for refusal in Refusal:
        status, sentence = refusal.value
        stops = " Stops an observation too." if refusal in ABOUT_ASKING else ""
        if refusal in GROUPS:
            parts.append(f"## {GROUPS[refusal]}")
        parts.append(f"### {refusal.name.lower()}\n\n{status}. “{sentence}”{stops}")
        if refusal in WORDS:
            parts.append(f"Recorded all the same: “STOP. {WORDS[refusal]}”")
    return "\n\n".join(parts) + "\n"


def redrawn(page: str, drawing: str, begin: str = BEGIN) -> str:
    """The page with what stands between its two marks drawn anew.

    Raises:
        ValueError: a mark is missing.
    """
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(END)
    if not found or not closed:
        raise ValueError("The page has lost one of its two marks.")
    return f"{before}{begin}\n\n{drawing}\n{END}{after}"


def main(folder: Path) -> None:
    """Draw the pages of that folder anew, with the shipped study's two-person acts."""
    two_person = load(PROFILE.read_text("utf-8")).two_person
    for name, drawing in (("custody.md", custody_page(two_person)), ("refusals.md", refusals_page())):
        page = folder / name
        page.write_text(redrawn(page.read_text("utf-8"), drawing), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
