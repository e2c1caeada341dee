"""Commit, then reveal: what the open log committed to, the vault cannot change afterwards."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest
import pytest_asyncio

from inventory.demo import play
from inventory.domain.entries import replay
from inventory.domain.items import Kind, Log
from inventory.store.gate import Reader, person
from inventory.store.settings import Environment, Settings
from inventory.store.verify.openings import check_openings

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(tmp_path_factory):
    """The seeded trial's state, replayed from both logs, and the vault's secret."""
    home = tmp_path_factory.mktemp("study")
    settings = Settings(Environment.DEMO, home, home / "keys", f"sqlite:///{home / 'study.sqlite'}")
    site, _ = await play.seeded(settings, NOW, lambda _: None)
    uma = await person("uma")
    reader = Reader(uma, site.profile, site.keys.vault)
    leaves = []
    for log in Log:
        size = (await reader.edge(log)).size
        for start in range(0, size, 500):
            leaves += [orjson.loads(leaf) for leaf in await reader.leaves(log, start, size)]
    secret = site.keys.vault.secret
    await site.close()
    return replay(leaves), [secret]


def _findings(state, secrets):
    return [finding.sentence for finding in check_openings(state, secrets)]


async def test_what_was_committed_to_opens(told):
    state, secrets = told
    kits = [item for (kind, _), item in state.items() if kind is Kind.KIT and item.text("contents")]
    assert len(kits) > 30
    assert _findings(state, secrets) == []


async def test_a_list_with_two_rows_swapped_after_its_loading_is_found_out(told):
    state, secrets = dict(told[0]), told[1]
    listed = state[Kind.LIST, "JAX"]
    arms = listed.texts("arms")
    later = arms.index("A", 30), arms.index("B", 30)
    arms[later[0]], arms[later[1]] = arms[later[1]], arms[later[0]]
    state[Kind.LIST, "JAX"] = listed.with_facts(arms=list(arms))
    assert "The randomisation list is not the one" in _findings(state, secrets)[0]


async def test_a_row_added_to_the_list_is_found_out(told):
    state, secrets = dict(told[0]), told[1]
    listed = state[Kind.LIST, "JAX"]
    longer = listed.with_facts(arms=[*listed.texts("arms"), "A"], rows=[*listed.texts("rows"), "41"])
    state[Kind.LIST, "JAX"] = longer
    assert "The randomisation list is not the one" in _findings(state, secrets)[0]


async def test_an_arm_that_the_list_did_not_give_is_found_out(told):
    state, secrets = dict(told[0]), told[1]
    arm = state[Kind.ARM, "JAX-002"]
    state[Kind.ARM, "JAX-002"] = arm.with_facts(arm="A" if arm.text("arm") == "B" else "B")
    assert _findings(state, secrets) == ["The arm of JAX-002 is not the list's."]


async def test_another_vial_in_a_prepared_kit_is_found_out(told):
    state, secrets = dict(told[0]), told[1]
    code = next(code for (kind, code), item in state.items() if kind is Kind.KIT and item.text("contents"))
    state[Kind.CONTENTS, code] = state[Kind.CONTENTS, code].with_facts(vials=["V-OTHER"])
    assert _findings(state, secrets) == [f"What kit {code} held is not what it was committed to."]


async def test_another_secret_opens_nothing(told):
    state, _ = told
    assert len(_findings(state, [bytes(32)])) > 30
