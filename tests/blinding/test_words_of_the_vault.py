"""The vault's words stand in the modules and templates listed here and in no other, each group with its reason.

Names, attributes, arguments and texts of the code are read, and the whole text of templates and scripts; what
only explains (docstrings, comments) reaches nobody. A word in another file fails, and so does a line here that
no file needs any more.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from inventory.domain.items import Kind, new
from inventory.store.gate.openings import Arms
from inventory.store.keys import VaultKey
from inventory.store.records import Revealed

ROOT = Path(__file__).parents[2]
WORD = re.compile(r"(?<![A-Za-z])(arm|active|placebo|BM-MSC|DMSO|donor|lot)s?(?![A-Za-z])", re.IGNORECASE)

# reason | files: words
MAY = """
    The rules of the vault's things, and of acts that read them in one decision
        inventory/domain/blocks.py inventory/domain/exposure.py: arm
        inventory/domain/evidence.py inventory/domain/lives/donor.py: donor
        inventory/domain/items.py inventory/domain/lives/__init__.py inventory/domain/drawings.py: arm donor lot
        inventory/domain/lives/codebreak.py inventory/domain/lives/envelope.py: arm
        inventory/domain/lives/void.py: arm lot
        inventory/domain/lives/ordering.py inventory/domain/lives/participant.py: arm
        inventory/domain/lives/study.py inventory/domain/lives/unblinding.py: arm
        inventory/domain/lives/contents.py inventory/domain/lives/supply.py: arm lot
        inventory/domain/lives/deviations.py inventory/domain/lives/lookback.py: donor lot
        inventory/domain/lives/visits.py inventory/domain/origin.py: donor lot
        inventory/domain/lives/release.py inventory/domain/lives/row.py: donor lot
        inventory/domain/lives/labelled.py inventory/domain/lives/preparation.py: lot
        inventory/domain/lives/receiving.py inventory/domain/lives/vial.py: lot
        inventory/domain/lives/lot.py inventory/domain/manifests/lot.py: DMSO donor lot
        inventory/domain/lives/states.py: active arm donor lot
    The profile, whose text an administrator writes before there is an arm to tell
        inventory/domain/profile/__init__.py inventory/domain/profile/model.py: arm
        inventory/domain/profile/checks.py: arm donor
        inventory/domain/profile/treatments.py: arm DMSO
    Files that unblinded people bring
        inventory/cli/imports.py inventory/domain/manifests/coa.py: lot
        inventory/domain/manifests/__init__.py: donor lot
        inventory/domain/manifests/donor.py: donor
        inventory/domain/manifests/randomization.py: arm
        inventory/services/imports.py: arm DMSO donor lot
        inventory/services/list_audit.py: arm
    Sentences and words that only unblinded people are answered
        inventory/domain/refusals.py: arm donor lot
        inventory/domain/stops.py: donor lot
    The store: the gate and what it gives to unblinded people, loading for decisions, the verifier
        inventory/store/gate/sight.py inventory/store/gate/openings.py: arm
        inventory/store/gate/things.py inventory/store/gate/storage.py: lot
        inventory/store/loading.py inventory/store/state.py: donor lot
        inventory/store/records.py: arm DMSO donor lot
        inventory/store/reading.py: lot
        inventory/store/verify/openings.py: arm
        inventory/store/verify/entries.py: lot
    Services, routes and commands for unblinded people, behind the gate
        inventory/cli/breaking.py inventory/cli/studies.py inventory/cli/telling.py: arm
        inventory/services/accountability.py inventory/services/lists.py inventory/services/scanning.py: lot
        inventory/services/envelopes.py inventory/services/exposure.py inventory/web/api/exposures.py: arm
        inventory/services/epcis/names.py inventory/services/epcis/scene.py: lot
        inventory/services/epcis/events.py inventory/services/epcis/steps.py: active lot
        inventory/services/fhir/bundle.py: arm lot
        inventory/services/fhir/people.py: active arm
        inventory/services/fhir/products.py: active lot
        inventory/services/label_contents.py inventory/web/shapes.py: arm donor lot
        inventory/web/api/lookback.py: donor lot
        inventory/web/pages/items.py inventory/web/pages/today.py: lot
        inventory/web/pages/lists.py: donor lot
        inventory/web/pages/menu.py: lot
        inventory/services/settings_shown.py: arm
        inventory/web/templates/parts/done.html: lot
        inventory/services/preparing.py inventory/services/storage_map.py: lot
        inventory/web/templates/preparation/sheet.html: lot
        inventory/web/templates/storage/box.html: lot
        inventory/web/templates/storage/found.html: lot
        inventory/web/templates/parts/told.html: arm
        inventory/services/look_back.py inventory/web/pages/look_backs.py inventory/web/pages/quality.py: donor lot
        inventory/services/reconciliation.py inventory/services/release_work.py inventory/web/pages/sums.py: lot
        inventory/web/templates/quality/board.html inventory/web/templates/quality/excursion.html: lot
        inventory/web/templates/quality/look_back.html inventory/web/templates/quality/lot.html: donor lot
        inventory/web/templates/quality/no_root.html inventory/web/templates/quality/tree.html: donor lot
        inventory/web/templates/quality/reconciliation.html: lot
    Labels of vials, lots and thaws, which never leave the laboratory
        labels/extremes.py: donor lot
        labels/isbt.py labels/payloads.py labels/vial_content.py: lot
        labels/templates/vial-cap.toml labels/templates/thaw-sheet.toml labels/templates/vial-wide.toml: lot
        labels/templates/vial.toml labels/templates/lot.toml: lot
    The list of words that no blinded label may hold
        labels/words.py: active arm DMSO donor lot placebo
    "active" says of an account or a device that it is in use, and in a style sheet that a button is pressed,
    and of a script that it works for the browser
        inventory/cli/acting.py inventory/domain/lives/devices.py: active
        inventory/domain/lives/people.py inventory/services/people.py inventory/store/batch.py: active
        inventory/web/pages/administration.py: active
        inventory/web/pages/words.py inventory/web/static/app.css: active
        inventory/web/static/lab.css inventory/web/static/outbox.js: active
    The demonstration's made-up trial, and the worlds that tell trials with other arms
        inventory/demo/made_up.py inventory/demo/make_files.py inventory/demo/past.py: DMSO donor lot BM-MSC
        inventory/demo/coming.py: DMSO lot
        inventory/demo/procedure.py inventory/demo/story.py: lot
        inventory/worlds/__main__.py inventory/worlds/comparing.py inventory/worlds/running.py: arm
        inventory/worlds/tables.py inventory/worlds/timing.py inventory/worlds/twins.py inventory/worlds/world.py: arm
        inventory/worlds/day.py inventory/worlds/planted.py inventory/worlds/script.py: arm lot
        inventory/worlds/afterwards.py: lot
        inventory/worlds/laboratory.py: donor lot
        inventory/worlds/examples.py inventory/worlds/setting.py: arm donor lot
        inventory/worlds/pages.py: donor lot
        inventory/worlds/stock.py: DMSO donor lot
"""


def allowed() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in MAY.strip("\n").splitlines():
        files, colon, words = line.partition(":")
        if line.startswith(" " * 8) and colon:
            for file in files.split():
                found.setdefault(file, set()).update(word.lower() for word in words.split())
    return found


def read() -> Iterator[tuple[str, set[str]]]:
    """Every file of the product with the words that stand in it."""
    for folder in ("inventory", "labels"):
        for path in sorted((ROOT / folder).rglob("*")):
            # Profiles and the demonstration's files name the products: that is what they are for.
            if path.is_file() and not {"profiles", "files", "fonts", "__pycache__"} & set(path.parts):
                text = path.read_text(encoding="utf-8") if path.suffix in SUFFIXES else ""
                yield str(path.relative_to(ROOT)), words_in("\n".join(said_by(path.suffix, text)))


SUFFIXES = {".py", ".html", ".toml", ".js", ".css", ".txt", ".sh"}


def said_by(suffix: str, text: str) -> Iterator[str]:
    """What of a file may reach somebody: all of a template, of code its names and texts."""
    if suffix != ".py":
        yield text
        return
    tree = ast.parse(text)
    explaining = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str() as said) if id(node) not in explaining:
                yield said
            case (
                ast.Name(id=name)
                | ast.Attribute(attr=name)
                | ast.arg(arg=name)
                | ast.keyword(arg=str() as name)
            ):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name


def words_in(text: str) -> set[str]:
    return {match.group(1).lower() for match in WORD.finditer(text.replace("_", " "))}


def test_the_vaults_words_stand_nowhere_but_where_they_are_listed() -> None:
    listed = allowed()
    strays = {path: words - listed.get(path, set()) for path, words in read()}
    assert {path: words for path, words in strays.items() if words} == {}


def test_no_line_of_the_list_is_more_than_needed() -> None:
    found = dict(read())
    assert [path for path in allowed() if not found.get(path)] == []


@pytest.mark.parametrize(
    ("suffix", "text", "words"),
    [
        (".py", "x = kit.arm", {"arm"}),
        (".py", "def f(lot_number): pass", {"lot"}),
        (".py", "raise ValueError('no DMSO left')", {"dmso"}),
        (".py", "f(donors=1)", {"donor"}),
        (".py", "class Placebo: ...", {"placebo"}),
        (".py", '"""A lot."""\nalarm = "allot"  # an arm', set()),
        (".html", "<td>{{ item.parent }} of the active lot</td>", {"active", "lot"}),
    ],
)
def test_a_planted_word_is_found(suffix: str, text: str, words: set[str]) -> None:
    assert words_in("\n".join(said_by(suffix, text))) == words


# What is shown by default
@pytest.mark.parametrize(
    ("thing", "hidden"),
    [
        (new(Kind.ARM, "P-1", "assigned", arm="ARM-X", row="R-9"), ("ARM-X", "R-9")),
        (new(Kind.CONTENTS, "K-1", "gathering", vials=["V-7"]), ("V-7",)),
        (Arms({"JAX": ("R-9",)}, {"P-1": ("R-9", "ARM-X")}), ("ARM-X", "R-9")),
        (Revealed("P-1", arm="ARM-X", title="Cells"), ("ARM-X", "Cells")),
        (VaultKey("1", b"secret secret secret secret secr"), ("secret secret",)),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_thing_of_the_vault_does_not_show_its_value_by_default(
    thing: object, hidden: tuple[str, ...]
) -> None:
    for shown in (repr(thing), str(thing), f"{thing}"):
        assert not [word for word in hidden if word in shown]
