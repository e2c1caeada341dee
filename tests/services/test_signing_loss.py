"""A key that is lost altogether: two people name another, which nothing vouches for, and whoever checks is told so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from inventory.domain.items import Log
from inventory.domain.notes import Signer
from inventory.services import readiness, signing_loss, signing_rotation
from inventory.services.rotation import RotationRefusedError
from inventory.services.signing_loss import REPLACED
from inventory.services.site import open_site
from inventory.store import keys
from inventory.store.keys import KeysRefused
from inventory.store.signing import SignerMissingError, add_signer, key_id
from inventory.store.verify import verify
from inventory.store.verify.report import Trust
from tests.furniture import position
from tests.replayed import reading
from tests.services.signed import NOTES, bundle, checked, shell, signers, verified, with_checkpoint
from tests.services.ward import Ward


def lose(ward: Ward, *logs: Log) -> dict[Log, str]:
    """Nothing is left of these keys but their public halves, on paper."""
    lost = {log: ward.site.keys.signers[log].vkey for log in logs}
    for log, vkey in lost.items():
        for name in (f"{log}.skey", f"{log}-{key_id(vkey)}.skey"):
            (ward.site.settings.keys / name).unlink(missing_ok=True)
    return lost


@asynccontextmanager
async def without(ward: Ward, lost: dict[Log, str]) -> AsyncIterator[Ward]:
    """A new process, which has never seen what is lost."""
    held = signing_loss.stand_ins(ward.site.settings.keys, lost)
    site = await open_site(ward.site.settings, clock=ward.cast.hands, held=held)
    try:
        yield Ward(replace(ward.cast, site=site), keys=ward.keys)
    finally:
        await site.close()


async def replaced(ward: Ward, *logs: Log) -> dict[Log, str]:
    """The whole way, as the command goes it; what signs from then on."""
    lost = lose(ward, *logs)
    async with without(ward, lost) as host:
        come = await signing_loss.evidence(host.site, lost)
        study = ward.site.profile.study.id
        await host.does("xena", REPLACED, study, second="xaver", reason="device_failed", **come)
        now = await signing_rotation.standing(host.site)
        signing_rotation.put_aside(host.site, now)
        return now.in_force


def told_of(remarks: tuple[str, ...]) -> list[str]:
    return [remark for remark in remarks if "because one was lost" in remark]


@pytest.mark.parametrize("logs", [(Log.OPEN,), tuple(Log)], ids=["one", "both"])
async def test_two_people_replace_a_lost_key_and_everybody_who_checks_is_told(
    ward: Ward, tmp_path: Path, logs: tuple[Log, ...]
) -> None:
    first = {log: signer.vkey for log, signer in ward.site.keys.signers.items()}
    outcome = await ward.does("tina", "vial-move", "DMSO-1-1", position=position(40))
    kept = {f"kept {log}": ward.site.receipt(log, outcome.head.edge(log)) for log in Log}
    sizes = dict(zip(Log, await ward.sizes(), strict=True))
    now = await replaced(ward, *logs)
    notes = {Log(log): note for log, _, note in await ward.cast.fetch(NOTES)}
    for log in Log:
        leaf = (await ward.leaves(log, sizes[log]))[0]
        assert (leaf["action"], leaf["by"], leaf["with"]) == (REPLACED, "xena", "xaver")
        assert signers(notes[log], first[log], now[log]) == [log not in logs, True]
    ward.wait(hours=24)
    edge = (await ward.does("tina", "vial-move", "DMSO-1-1", position=position(41))).head.edge(Log.OPEN)
    assert signers(ward.site.receipt(Log.OPEN, edge), first[Log.OPEN], now[Log.OPEN]) == [False, True]
    paper = Trust({log.value: [vkey] for log, vkey in first.items()}, ward.site.keys.vault.seal_secrets, kept)

    def by_paper() -> Any:
        with reading(ward.cast.database.url) as rows:
            return verify(rows, paper)

    for report in (await verified(ward, kept), await asyncio.to_thread(by_paper)):
        assert report.findings == ()
        for log, remark in zip(Log, told_of(report.remarks), strict=True):
            assert remark.startswith(f"Entry {sizes[log]} of the {log} log (")
            assert "xena with xaver" in remark
    files = await bundle(ward, "uma", unblinded=True)
    for vkeys in (first, now):
        found = checked(files, *vkeys.values())
        assert (found.findings, told_of(found.remarks)) == ((), told_of(report.remarks))
        ran = await asyncio.to_thread(shell, tmp_path / key_id(vkeys[Log.OPEN]), files, *vkeys.values())
        assert ran.returncode == 0, ran.stderr
        for log in Log:
            assert f"  Entry {sizes[log]} (" in ran.stdout
        assert ran.stdout.count("xena with xaver) names another key because one was lost.") == 2


async def test_what_a_lost_key_signs_afterwards_is_found_by_all_who_check(ward: Ward, tmp_path: Path) -> None:
    thief = ward.site.keys.signers[Log.OPEN]
    await replaced(ward, Log.OPEN)
    await ward.kit_at("assigned")
    files = await bundle(ward, "bert", unblinded=False)
    forged = await with_checkpoint(files, thief, files["events.jsonl"].count(b"\n"))
    assert "a key whose place another had taken before" in checked(forged).findings[0]
    ran = await asyncio.to_thread(shell, tmp_path, forged)
    assert (ran.returncode, "whose place another had taken before" in ran.stderr) == (1, True)
    (finding,) = (await verified(ward, {"forged": forged["checkpoint"].decode()})).findings
    assert "a key whose place another had taken before" in finding.sentence


async def test_a_rotation_that_the_former_key_did_not_sign_is_no_replacement(ward: Ward) -> None:
    lost = lose(ward, Log.OPEN)
    async with without(ward, lost) as host:
        come = await signing_loss.evidence(host.site, lost)
        asked = {"second": "xaver", "reason": "maintenance", **come}
        sizes = await ward.sizes()
        with pytest.raises(KeyError):
            await host.attempt("xena", signing_rotation.ACTION, ward.site.profile.study.id, **asked)
        assert await ward.sizes() == sizes


@pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
async def test_verify_misses_the_checkpoint_of_the_key_that_came(ward: Ward) -> None:
    await replaced(ward, Log.OPEN)
    connection = await asyncpg.connect(ward.cast.database.superuser_url)
    await connection.execute("SET session_replication_role = replica")
    rows = await connection.fetch("DELETE FROM checkpoint WHERE reason = 'key' AND log = 'open' RETURNING *")
    (finding,) = (await verified(ward)).findings
    await connection.execute("INSERT INTO checkpoint VALUES ($1, $2, $3, $4, $5)", *rows[0].values())
    await connection.close()
    assert (finding.check, finding.sentence.endswith("is signed by the one that came.")) == (
        "4 checkpoints",
        True,
    )


async def test_a_key_that_is_here_is_rotated_and_not_replaced(ward: Ward) -> None:
    study, here = ward.site.profile.study.id, ward.site.settings.keys
    told: dict[str, Any] = {"reason": "device_failed"}
    told |= signing_rotation.prepared(ward.site, await signing_rotation.standing(ward.site))
    assert await ward.refused("xena", REPLACED, study, second="xaver", **told) == ["key_not_lost"]
    with pytest.raises(RotationRefusedError, match="lies in"):
        signing_loss.stand_ins(here, {Log.OPEN: ward.site.keys.signers[Log.OPEN].vkey})
    for given in ("open", ward.site.keys.signers[Log.OPEN].vkey[:-1]):
        with pytest.raises(RotationRefusedError, match="is not the public key of a log"):
            signing_loss.logs_of([given])


async def test_another_key_than_the_lost_one_or_one_person_alone_replaces_nothing(ward: Ward) -> None:
    study = ward.site.profile.study.id
    ward.wait(hours=24)
    await ward.does("tina", "vial-move", "DMSO-1-1", position=position(40))
    lost = lose(ward, Log.OPEN)
    another = {Log.OPEN: Signer.generate(ward.site.keys.signers[Log.OPEN].name).vkey}
    async with without(ward, another) as host:
        with pytest.raises(RotationRefusedError, match="is not the one that signed the open log last"):
            await signing_loss.evidence(host.site, another)
    async with without(ward, lost) as host:
        come = {**await signing_loss.evidence(host.site, lost), "reason": "device_failed"}
        assert await host.refused("xena", REPLACED, study, second=None, **come) == ["second_person_missing"]
        assert await host.refused("uma", REPLACED, study, second="ugo", **come) == ["not_entitled"]


async def test_a_key_that_no_entry_names_signs_nothing(ward: Ward) -> None:
    lost = lose(ward, Log.OPEN)
    folder = ward.site.settings.keys
    with pytest.raises(KeysRefused, match=r"open\.skey is missing"):
        keys.load(folder)
    add_signer(folder, lost[Log.OPEN].partition("+")[0], Log.OPEN)
    site = await open_site(ward.site.settings, clock=ward.cast.hands)
    try:
        assert "open.skey does not lie" in str(await readiness.what_is_missing(site))
        host, before = Ward(replace(ward.cast, site=site), keys=ward.keys), await ward.sizes()
        with pytest.raises(SignerMissingError, match=r"open\.skey"):
            await host.attempt("tina", "vial-move", "DMSO-1-1", position=position(41))
        assert await ward.sizes() == before
    finally:
        await site.close()
