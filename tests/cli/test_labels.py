"""Labels from the command line: of what a person may see, and the same for every kit of a study."""

from __future__ import annotations

import asyncio
import io
import zipfile

import orjson
import pytest
import zxingcpp
from PIL import Image

from inventory.domain import entries
from inventory.domain.identifiers import numbers
from inventory.domain.items import Kind
from inventory.services.labelling import Bench
from inventory.services.site import open_site
from inventory.store import gate
from inventory.store.gate import Reader
from labels import LabelContent
from tests.cli.conftest import Home, said


def _label(home: Home, template: str, code: str, by: str, name: str = "label.png", dpi: int = 300):
    return home.run(
        "labels",
        "render",
        "--template",
        template,
        "--for",
        code,
        "--dpi",
        dpi,
        "--out",
        home.folder / name,
        by=by,
    )


def _read(home: Home, name: str = "label.png") -> set[str]:
    image = Image.open(io.BytesIO((home.folder / name).read_bytes())).convert("L")
    padded = Image.new("L", (image.width + 80, image.height + 80), 255)
    padded.paste(image, (40, 40))
    return {found.text.replace("\x1d", "") for found in zxingcpp.read_barcodes(padded)}


def test_a_kits_label_reads_back_as_that_kit(home):
    kit = home.codes("kit", "destroyed")[0]
    done = _label(home, "kit", kit, "priya")
    assert done.exit_code == 0, said(done)
    assert {kit, f"(01)09506000134376(21){kit}"} & _read(home)


def test_a_syringes_label_names_its_kit(home):
    kit = home.codes("kit", "destroyed")[0]
    syringe = numbers.syringe_code(kit, 1)
    done = _label(home, "syringe", syringe, "priya", dpi=600)
    assert done.exit_code == 0, said(done)
    assert any(syringe in text for text in _read(home))


def test_a_vials_label_is_for_those_who_may_see_the_vial(home):
    vial = home.codes("vial", "stored", "vault_item")[0]
    assert _label(home, "vial", vial, "tamar", dpi=600).exit_code == 0
    refused = _label(home, "vial", vial, "priya", "other.png", dpi=600)
    unknown = _label(home, "vial", "VNOTHERE3", "priya", "other.png", dpi=600)
    assert [refused.exit_code, unknown.exit_code] == [1, 1]
    assert refused.stderr.replace(vial, "X") == unknown.stderr.replace("VNOTHERE3", "X")
    assert not (home.folder / "other.png").exists()


def test_a_boxs_label_reads_back_as_that_box(home):
    box = home.codes("box", "in_use", "vault_item")[0]
    assert _label(home, "box", box, "tamar").exit_code == 0
    assert _read(home) == {box}


@pytest.mark.parametrize(("name", "start"), [("l.png", b"\x89PNG"), ("l.zpl", b"^XA"), ("l.pdf", b"%PDF-")])
def test_the_name_of_the_file_says_its_format(home, name, start):
    kit = home.codes("kit", "destroyed")[0]
    assert _label(home, "kit", kit, "priya", name, 203).exit_code == 0
    assert (home.folder / name).read_bytes().startswith(start)


def test_another_format_is_asked_wrongly(home):
    assert _label(home, "kit", home.codes("kit", "destroyed")[0], "priya", "l.jpg").exit_code == 2


def test_a_kit_without_a_use_by_is_not_labelled_yet(home):
    refused = _label(home, "kit", home.codes("kit", "assigned")[0], "priya")
    assert refused.exit_code == 1, said(refused)
    assert "no use-by yet" in refused.stderr


def test_a_template_for_another_thing_is_refused(home):
    refused = _label(home, "syringe", home.codes("kit", "destroyed")[0], "priya")
    assert refused.exit_code == 1
    assert "does not fit this content" in refused.stderr


def test_what_has_no_label_is_said(home):
    refused = _label(home, "box", "carla", "carla")
    assert refused.exit_code == 1
    assert "There is no label for a person." in refused.stderr


async def _contents(home: Home, kits: list[str]) -> dict[str, LabelContent]:
    site = await open_site(home.settings)
    try:
        priya = await gate.person("priya")
        assert priya is not None
        bench = Bench(site, Reader(priya, site.profile, site.keys.vault))
        return {kit: await bench.content("kit", kit) for kit in kits}
    finally:
        await site.close()


def _products(home: Home) -> dict[str, str]:
    """Which product each prepared kit holds, as only the vault knows."""
    out = home.folder / "u.zip"
    assert home.run("export", "bundle", "--unblinded", "--out", out, by="uma").exit_code == 0
    with zipfile.ZipFile(out) as archive:
        leaves = [orjson.loads(line) for line in archive.read("vault/events.jsonl").splitlines()]
    state = entries.replay(leaves)
    held = [item for item in state.values() if item.kind is Kind.HOLDER and item.state == "held"]
    return {
        item.text("kit"): state[Kind.LOT, state[Kind.VIAL, item.code].parent or ""].text("product")
        for item in held
    }


def test_labels_of_both_products_kits_differ_in_code_participant_joints_and_time_alone(home):
    products = {
        kit: product for kit, product in _products(home).items() if kit in home.codes("kit", "destroyed")
    }
    assert len(set(products.values())) == 2
    contents = asyncio.run(_contents(home, list(products)))
    own = {"kit", "serial", "participant", "joints", "use_by"}
    common = {
        tuple(getattr(content, name) for name in content.__dataclass_fields__ if name not in own)
        for content in contents.values()
    }
    assert len(common) == 1
    assert len({len(content.kit) for content in contents.values()}) == 1
