"""The import files of the demonstration: made up, believable, and the same bytes every time.

`python -m inventory.demo.make_files` writes them to `inventory/demo/files/`, where they are kept.
Rules kept here:
- every random choice comes from one seeded source, in one order; nothing reads a clock;
- what is made up stands in `made_up.py`; here it is only written down, in the columns that the imports read.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from inventory.demo.certificate_pdf import page
from inventory.demo.made_up import (
    DONORS,
    EASTERN,
    EXCEPTIONS,
    LOTS,
    MAKER,
    ROOM,
    SHIPMENTS,
    SITE,
    TESTS,
    WITHOUT_CELLS,
    Lot,
)
from inventory.domain.identifiers.isbt128_din import check_character
from inventory.domain.identifiers.numbers import Kind, draw
from inventory.domain.manifests.donor import DonorRow
from inventory.domain.manifests.lot import LotRow
from inventory.domain.manifests.participants import ParticipantRow
from inventory.domain.manifests.shipment import ShipmentRow
from inventory.domain.manifests.storage import PlaceRow
from inventory.domain.manifests.tables import columns
from inventory.domain.manifests.temperature import Reading

FOLDER = Path(__file__).parent / "files"
SEED = 6001853


def files() -> dict[str, bytes]:
    """Every file of the demonstration, name to bytes."""
    source = random.Random(SEED)  # noqa: S311  (made-up data that must come out the same each time)
    serials = {lot.number: [draw(Kind.VIAL, source.randrange) for _ in range(lot.vials)] for lot in LOTS}
    made = {
        "donor.csv": table(columns(DonorRow), DONORS),
        "lot.csv": lots(serials, source),
        "shipment.csv": shipments(serials),
        "storage.csv": storage(source),
        "participants.csv": participants(source),
        "randomization.csv": randomization(source),
        "temperature-T1.csv": temperatures(source),
    }
    for lot in LOTS:
        made[f"coa-{lot.number}.json"] = certificate(lot)
        made[f"coa-{lot.number}.pdf"] = certificate_page(lot)
    return made


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """CSV in UTF-8 with line feeds, as git keeps it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def lots(serials: dict[str, list[str]], source: random.Random) -> bytes:
    """One row a vial; cells are counted per vial and vary a little."""
    rows = []
    for lot in LOTS:
        expires_on = lot.filled_on.replace(year=lot.filled_on.year + 5)
        for place, serial in enumerate(serials[lot.number], start=1):
            cells = f"{source.randint(448, 464) / 10:.1f}" if lot.din else ""
            rows.append((
                lot.number, lot.product, MAKER, lot.donor, lot.din and lot.din + check_character(lot.din),
                "YA001" if lot.din else "", f"{place:06}", serial, cells, "4.5", "3" if lot.din else "",
                "Plasma-Lyte A with 5 % human serum albumin", "10", lot.filled_on, expires_on,
            ))  # fmt: skip
    return table(columns(LotRow), rows)


def shipments(serials: dict[str, list[str]]) -> bytes:
    """Three shipments; both products travel together where both were made."""
    rows = [
        (
            lot.shipment,
            MAKER,
            "Jacksonville cell laboratory",
            "Cryo courier",
            *SHIPMENTS[lot.shipment],
            serial,
        )
        for lot in sorted(LOTS, key=lambda lot: lot.shipment)
        for serial in serials[lot.number]
    ]
    return table(columns(ShipmentRow), rows)


def storage(source: random.Random) -> bytes:
    """One room with two tanks, two racks each, two boxes of 9 by 9 in a rack."""
    rows = [(SITE, "site", "", "", ""), (ROOM, "room", "", "", "")]
    for tank in (f"{ROOM}/T1", f"{ROOM}/T2"):
        rows.append((tank, "tank", "", "", "-150"))
        for rack in (f"{tank}/R1", f"{tank}/R2"):
            rows.append((rack, "rack", "", "", ""))
            rows += [(f"{rack}/{draw(Kind.BOX, source.randrange)}", "box", "9", "9", "") for _ in range(2)]
    return table(columns(PlaceRow), rows)


def participants(source: random.Random) -> bytes:
    """Forty participants, about one a week, most with both sides of one or two levels."""
    rows = []
    for place in range(40):
        consented_on = date(2026, 1, 26) + timedelta(days=7 * place + source.randrange(5))
        enrolled_on = consented_on + timedelta(days=source.randint(14, 21))
        levels = source.choice((("L4-L5",), ("L4-L5",), ("L5-S1",), ("L3-L4",), ("L4-L5", "L5-S1")))
        sides = source.choice((("left", "right"), ("left", "right"), ("left",), ("right",)))
        joints = ";".join(f"{level}:{side}" for level in levels for side in sides)
        pregnancy_test = source.choice(("yes", "no", "no"))
        rows.append((f"JAX-{place + 1:03}", SITE, SITE, consented_on, enrolled_on, pregnancy_test, joints))
    return table(columns(ParticipantRow), rows)


def randomization(source: random.Random) -> bytes:
    """Ten blocks of four, written as R writes a data frame: text in quotation marks, numbers without."""
    lines = ['"id","stratum","block.id","block.size","treatment"']
    for block in range(1, 11):
        treatments = ["Treatment", "Treatment", "DMSO Crossover", "DMSO Crossover"]
        source.shuffle(treatments)
        for place, treatment in enumerate(treatments, start=4 * block - 3):
            lines.append(f'{place},"{SITE}",{block},4,"{treatment}"')
    return ("\n".join(lines) + "\n").encode()


AWAY = range(87, 92)
"""The readings that the logger does not have."""


def temperatures(source: random.Random) -> bytes:
    """Two days of tank T1 every ten minutes; on the second morning a failed fill warms it past its limit.

    Before that, the logger is away to be read out, and says nothing for an hour.
    """
    rows = []
    begin, warm_from = datetime(2026, 11, 19), datetime(2026, 11, 20, 5, 40)  # noqa: DTZ001  (offset is written)
    for step in range(288):
        at = begin + timedelta(minutes=10 * step)
        minutes = (at - warm_from).total_seconds() / 60
        rise = max(0, 46 - abs(minutes - 60) * 46 // 60)
        celsius = -184 + rise + source.randint(-8, 8) / 10
        if step not in AWAY:
            rows.append((at.isoformat() + EASTERN, f"{celsius:.1f}"))
    return table(columns(Reading), rows)


def certificate(lot: Lot) -> bytes:
    """The certificate of the lot, as the import takes it."""
    content = {
        "lot_number": lot.number,
        "issued_on": issued_on(lot).isoformat(),
        "results": [
            dict(zip(("test", "method", "specification", "result", "unit", "verdict"), row, strict=True))
            for row in results(lot)
        ],
    }
    return (json.dumps(content, indent=2) + "\n").encode()


def certificate_page(lot: Lot) -> bytes:
    """The same certificate for the eye."""
    lines = [
        f"Certificate of analysis, lot {lot.number}",
        f"{MAKER}, issued {issued_on(lot)}",
        "Made-up data of a demonstration.",
        "",
        *(
            f"{test:<12}{result:<20}{unit:<7}{verdict:<9}({specification})"
            for test, _, specification, result, unit, verdict in results(lot)
        ),
    ]
    return page(lines)


def issued_on(lot: Lot) -> date:
    """The certificate's date: three weeks bring all results; a lot with one pending did not wait for it."""
    pending = any(verdict == "pending" for *_, verdict in results(lot))
    return lot.filled_on + timedelta(days=8 if pending else 21)


def results(lot: Lot) -> list[tuple[str, str, str, str, str, str]]:
    """Test, method, specification, result, unit and verdict of each test of the lot."""
    rows = []
    for test in TESTS if lot.din else WITHOUT_CELLS:
        method, specification, usual, unit = TESTS[test]
        result, verdict = EXCEPTIONS.get((lot.number, test), (usual, "pass"))
        rows.append((test, method, specification, result, unit, verdict))
    return rows


def main() -> None:
    """Write the files, and say which."""
    FOLDER.mkdir(exist_ok=True)
    for name, content in sorted(files().items()):
        (FOLDER / name).write_bytes(content)
        print(name, len(content))


if __name__ == "__main__":
    main()
