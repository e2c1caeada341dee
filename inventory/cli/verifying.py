"""`verify`: does the record hold, in the database or in a bundle.

Rules this module keeps:
- The whole record is checked, the vault too; what is shown of it is what the person who asks may read.
- Without a token only places are named, so that a machine may verify by night and shows nothing to nobody. A table
  that cannot be read is such a place.
- It is verified first, and asked afterwards who asks: whoever falsified the record may have falsified what says that,
  and then it is shown as to nobody. Nothing they write ends the command as a database does that is away.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from inventory.cli import acting
from inventory.cli.acting import FILE, settings_now
from inventory.cli.outcomes import example
from inventory.services.bundle_check import Checked, Trusted, check_bundle
from inventory.services.verification import TABLES, verified
from inventory.store import keys

if TYPE_CHECKING:
    from inventory.store.settings import Settings
    from inventory.store.verify.report import Finding, Report

NOBODY, BLINDED, UNBLINDED = range(3)


@click.command(
    epilog=example(
        "cellcustody verify --checkpoint monday.checkpoint --token-file uma.token",
        'cellcustody verify --bundle bundle.zip --key "$(cat paper.vkey)"',
    )
)
@click.option("--bundle", type=FILE, help="Check this export bundle, without a database.")
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    type=FILE,
    help="A checkpoint kept elsewhere; may be repeated.",
)
@click.option(
    "--key", "vkeys", multiple=True, help="With --bundle: a log's key as on paper; may be repeated."
)
@click.option("--json", "in_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--token-file", type=FILE, envvar="CELLCUSTODY_TOKEN_FILE", help="Your token, to be shown what was found."
)
@click.pass_context
def verify(
    ctx: click.Context,
    bundle: Path | None,
    checkpoints: tuple[Path, ...],
    vkeys: tuple[str, ...],
    *,
    in_json: bool,
    token_file: Path | None,
) -> None:
    """Check entries, tree, head, checkpoints, state, refusals, binding, answers and files; exit with 1 where one fails.

    Without a token it tells which check failed at which entry, and nothing of what the entry says.
    """
    kept = {str(path): acting.text_of(path) for path in checkpoints}
    if bundle is not None:
        with bundle.open("rb") as file:
            result = _of_bundle(check_bundle(file, Trusted(vkeys, kept)))
    elif vkeys:
        raise click.UsageError(
            "--key goes with --bundle; a database is checked with the keys of its settings."
        )
    else:
        result = _of_study(settings_now(), kept, token_file)
    click.echo(orjson.dumps(result, option=orjson.OPT_INDENT_2).decode() if in_json else _in_words(result))
    ctx.exit(int(not result["holds"]))


def _of_study(settings: Settings, kept: dict[str, str], token_file: Path | None) -> dict[str, Any]:
    """What is found in the database that the settings name, as far as whoever asks may read it.

    Where it does not hold and who asks cannot be told of it, it is shown as to nobody.
    """
    acting.refuse_no_database(settings)
    held = keys.load(settings.keys)
    report = verified(settings, held, kept)
    try:
        seen_by = asyncio.run(_seen_by(token_file))
    except Exception:  # whatever a falsified record raises where it is read
        if report.holds:
            raise
        seen_by = NOBODY
    return _of_database(report, seen_by)


async def _seen_by(token_file: Path | None) -> int:
    if token_file is None:
        return NOBODY
    async with acting.acting(token_file) as person:
        return UNBLINDED if person.reader.unblinded else BLINDED


def _of_bundle(checked: Checked) -> dict[str, Any]:
    return {
        "holds": checked.holds,
        "findings": [
            {"check": None, "log": None, "entry": None, "sentence": each} for each in checked.findings
        ],
        "remarks": list(checked.remarks),
        "sizes": dict(checked.sizes),
        "roots": dict(checked.roots),
    }


def _of_database(report: Report, seen_by: int) -> dict[str, Any]:
    logs = list(report.sizes) if seen_by == UNBLINDED else ["open"]
    return {
        "holds": report.holds,
        "findings": [_finding(each, seen_by) for each in report.findings],
        "remarks": list(report.remarks),
        "sizes": {log: report.sizes[log] for log in logs},
        "roots": {log: report.roots[log].hex() for log in logs if log in report.roots},
    }


def _finding(finding: Finding, seen_by: int) -> dict[str, Any]:
    shown = seen_by == UNBLINDED or (seen_by == BLINDED and finding.log == "open") or finding.check == TABLES
    return {
        "check": finding.check,
        "log": finding.log,
        "entry": finding.index if shown or finding.log == "open" else None,
        "sentence": finding.sentence if shown else None,
    }


def _in_words(result: dict[str, Any]) -> str:
    lines = [
        f"{log}: {size} entries, root {result['roots'].get(log, 'none')}"
        for log, size in result["sizes"].items()
    ]
    lines += [f"FOUND {_place(each)}" for each in result["findings"]]
    lines += [f"Note: {each}" for each in result["remarks"]]
    lines.append("Everything holds." if result["holds"] else "It does not hold.")
    return "\n".join(lines)


def _place(finding: dict[str, Any]) -> str:
    parts = [
        f"check {finding['check']}" if finding["check"] else "",
        f"{finding['log']} log" if finding["log"] else "",
        f"entry {finding['entry']}" if finding["entry"] is not None else "",
    ]
    place = ", ".join(part for part in parts if part)
    return ": ".join(part for part in (place, finding["sentence"]) if part)
