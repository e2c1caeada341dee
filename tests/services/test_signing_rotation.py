"""Other keys sign the logs: named by two people, vouched for by the former ones, and followed by who holds either."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from inventory.domain.items import Log
from inventory.domain.notes import Signer, open_note, sign
from inventory.services import readiness, signing_rotation
from inventory.services.rotation import RotationRefusedError
from inventory.services.signing_rotation import ACTION
from inventory.services.site import open_site
from inventory.store import keys
from inventory.store.signing import SignerMissingError, add_signer, key_id
from inventory.store.verify import verify
from inventory.store.verify.report import Report, Trust
from tests.furniture import position
from tests.replayed import reading
from tests.services.signed import NOTES, bundle, checked, shell, signers, verified, with_checkpoint
from tests.services.ward import Ward


async def _rotated(ward: Ward) -> signing_rotation.Standing:
    """The whole way, as the command goes it; how the keys stand before the former ones are put aside."""
    prepared = signing_rotation.prepared(ward.site, await signing_rotation.standing(ward.site))
    study = ward.site.profile.study.id
    await ward.does("xena", ACTION, study, second="xaver", reason="left_study", **prepared)
    now = await signing_rotation.standing(ward.site)
    signing_rotation.put_aside(ward.site, now)
    return now


async def test_the_change_is_an_entry_of_both_logs_that_both_keys_sign(ward: Ward) -> None:
    before = {log: signer.vkey for log, signer in ward.site.keys.signers.items()}
    sizes = dict(zip(Log, await ward.sizes(), strict=True))
    now = await _rotated(ward)
    assert now.former == {log: (vkey,) for log, vkey in before.items()}
    for log in Log:
        leaf = (await ward.leaves(log, sizes[log]))[0]
        assert (leaf["action"], leaf["by"], leaf["with"]) == (ACTION, "xena", "xaver")
    found = {Log(log): (size, note) for log, size, note in await ward.cast.fetch(NOTES)}
    for log, (size, note) in found.items():
        assert size == sizes[log] + 1
        assert signers(note, before[log], now.in_force[log]) == [True, True]
    assert set(found) == set(Log)
    outcome = await ward.does("tina", "vial-move", "DMSO-1-1", position=position(40))
    for log in Log:
        note = ward.site.receipt(log, outcome.head.edge(log))
        assert signers(note, before[log], now.in_force[log]) == [False, True]
    files = sorted(path.name for path in ward.site.settings.keys.glob("*.skey"))
    assert files == sorted(
        f"{kind}{log}-{key_id(vkey)}.skey"
        for kind, there in (("retired-", before), ("", now.in_force))
        for log, vkey in there.items()
    )
    assert (await verified(ward)).holds


async def test_what_the_former_key_signed_stays_good_and_its_paper_is_enough(ward: Ward) -> None:
    former = {log: signer.vkey for log, signer in ward.site.keys.signers.items()}
    outcome = await ward.does("tina", "vial-move", "DMSO-1-1", position=position(40))
    kept = {f"kept {log}": ward.site.receipt(log, outcome.head.edge(log)) for log in Log}
    for _ in range(2):
        await _rotated(ward)
        await ward.kit_at("assigned", f"P-{(await ward.sizes())[0]:03}")
    report = await verified(ward, kept)
    assert (report.findings, report.remarks) == ((), ())
    trust = Trust(
        {log.value: [vkey] for log, vkey in former.items()}, ward.site.keys.vault.seal_secrets, kept
    )

    def by_paper() -> Report:
        with reading(ward.cast.database.url) as rows:
            return verify(rows, trust)

    assert (await asyncio.to_thread(by_paper)).findings == ()


async def test_a_bundle_is_followed_from_the_first_key_or_the_last_without_us(
    ward: Ward, tmp_path: Path
) -> None:
    first = {log: signer.vkey for log, signer in ward.site.keys.signers.items()}
    await bundle(ward, "bert", unblinded=False)
    await _rotated(ward)
    await ward.does("tina", "vial-move", "DMSO-1-1", position=position(40))
    last = {log: signer.vkey for log, signer in ward.site.keys.signers.items()}
    for who, logs in (("bert", [Log.OPEN]), ("uma", list(Log))):
        files = await bundle(ward, who, unblinded=len(logs) > 1)
        for paper in (first, last):
            vkeys = [paper[log] for log in logs]
            assert checked(files, *vkeys).findings == ()
            folder = tmp_path / f"{who}-{key_id(vkeys[0])}"
            ran = await asyncio.to_thread(shell, folder, files, *vkeys)
            assert ran.returncode == 0, ran.stderr


async def test_a_bundle_right_after_the_change_holds(ward: Ward) -> None:
    await _rotated(ward)
    files = await bundle(ward, "bert", unblinded=False)
    assert checked(files).findings == ()


async def test_a_former_key_that_signs_on_is_found_by_all_who_check(ward: Ward, tmp_path: Path) -> None:
    thief = ward.site.keys.signers[Log.OPEN]
    await _rotated(ward)
    await ward.kit_at("assigned")
    files = await bundle(ward, "bert", unblinded=False)
    size = files["events.jsonl"].count(b"\n")
    forged = await with_checkpoint(files, thief, size)
    (found,) = checked(forged).findings
    assert "a key whose place another had taken before" in found
    ran = await asyncio.to_thread(shell, tmp_path / "forged", forged)
    assert (ran.returncode, "whose place another had taken before" in ran.stderr) == (1, True)
    report = await verified(ward, {"forged": forged["checkpoint"].decode()})
    (finding,) = report.findings
    assert finding.check == "4 checkpoints"
    assert "a key whose place another had taken before" in finding.sentence


async def test_a_change_that_the_former_key_did_not_sign_is_found_by_all_who_check(
    ward: Ward, tmp_path: Path
) -> None:
    await _rotated(ward)
    await ward.kit_at("assigned")
    files = await bundle(ward, "bert", unblinded=False)
    ((size, note),) = [(size, note) for log, size, note in await ward.cast.fetch(NOTES) if log == "open"]
    text, _ = open_note(note, [ward.site.keys.signers[Log.OPEN].verifier])
    alone = sign(text, [ward.site.keys.signers[Log.OPEN]])
    forged = files | {f"checkpoints/{size}": alone.encode()}
    assert "the key that went and the one that came" in checked(forged).findings[0]
    ran = await asyncio.to_thread(shell, tmp_path / "forged", forged)
    assert (ran.returncode, "the key that went and the one that came" in ran.stderr) == (1, True)
    swapped = files | {"log.vkey": files["log.vkey"].split(b"\n")[1] + b"\n"}
    assert "does not hold the keys that the entries name" in checked(swapped).findings[0]
    ran = await asyncio.to_thread(shell, tmp_path / "swapped", swapped)
    assert (ran.returncode, "does not hold the keys that the entries name" in ran.stderr) == (1, True)


async def _without_handover(ward: Ward) -> None:
    connection = await asyncpg.connect(ward.cast.database.superuser_url)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("DELETE FROM checkpoint WHERE reason = 'key' AND log = 'open'")
    await connection.close()


@pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
async def test_verify_misses_the_checkpoint_that_vouches_for_the_new_key(ward: Ward) -> None:
    await _rotated(ward)
    kept = await ward.cast.fetch(
        "SELECT log, size, reason, note, made_at FROM checkpoint WHERE reason = 'key'"
    )
    await _without_handover(ward)
    (finding,) = (await verified(ward)).findings
    assert (finding.check, finding.log) == ("4 checkpoints", "open")
    assert "the key that went and by the one that came" in finding.sentence
    connection = await asyncpg.connect(ward.cast.database.superuser_url)
    (row,) = [row for row in kept if row[0] == "open"]
    await connection.execute("INSERT INTO checkpoint VALUES ($1, $2, $3, $4, $5)", *row)
    await connection.close()


async def test_it_takes_two_administrators_and_keys_that_are_here_and_new(ward: Ward) -> None:
    study, here = ward.site.profile.study.id, ward.site.settings.keys
    told: dict[str, Any] = {"reason": "maintenance"}
    told |= signing_rotation.prepared(ward.site, await signing_rotation.standing(ward.site))
    assert await ward.refused("xena", ACTION, study, second=None, **told) == ["second_person_missing"]
    assert await ward.refused("uma", ACTION, study, second="ugo", **told) == ["not_entitled"]
    elsewhere = Signer.generate(ward.site.keys.signers[Log.OPEN].name).vkey
    assert await ward.refused("xena", ACTION, study, second="xaver", **told | {"open_key": elsewhere}) == [
        "key_not_held"
    ]
    now = {"open_key": ward.site.keys.signers[Log.OPEN].vkey}
    assert await ward.refused("xena", ACTION, study, second="xaver", **told | now) == ["already_known"]
    add_signer(here, ward.site.keys.signers[Log.OPEN].name, Log.OPEN)
    several = await signing_rotation.standing(ward.site)
    with pytest.raises(RotationRefusedError, match="Leave one of them"):
        signing_rotation.prepared(ward.site, several)


async def test_where_it_was_stopped_it_goes_on(ward: Ward) -> None:
    first = signing_rotation.prepared(ward.site, await signing_rotation.standing(ward.site))
    again = await signing_rotation.standing(ward.site)
    assert signing_rotation.prepared(ward.site, again) == first, "what was prepared before the break is used"
    assert not again.unfinished
    await ward.does("xena", ACTION, ward.site.profile.study.id, second="xaver", reason="maintenance", **first)
    anew = replace(ward.site, keys=keys.load(ward.site.settings.keys))
    left = await signing_rotation.standing(anew)
    assert (left.unfinished, list(left.in_force.values())) == (True, list(first.values()))
    assert len(signing_rotation.put_aside(anew, left)) == 2
    assert not (await signing_rotation.standing(anew)).unfinished
    assert (await verified(ward)).holds


async def test_another_process_signs_with_the_new_key_and_one_that_lacks_it_records_nothing(
    ward: Ward, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(ward.site.settings.keys, tmp_path / "host"))
    other = await open_site(ward.site.settings, clock=ward.cast.hands)
    behind = await open_site(replace(ward.site.settings, keys=folder), clock=ward.cast.hands)
    try:
        now = await _rotated(ward)
        edge = (await ward.does("tina", "vial-move", "DMSO-1-1", position=position(40))).head.edge(Log.OPEN)
        assert signers(await other.checkpoint(Log.OPEN, edge), now.in_force[Log.OPEN]) == [True]
        host, before = Ward(replace(ward.cast, site=behind), keys=ward.keys), await ward.sizes()
        assert f"open-{key_id(now.in_force[Log.OPEN])}.skey" in str(await readiness.what_is_missing(behind))
        with pytest.raises(SignerMissingError, match=f"open-{key_id(now.in_force[Log.OPEN])}.skey"):
            await host.attempt("tina", "vial-move", "DMSO-1-1", position=position(41))
        with pytest.raises(SignerMissingError):
            await behind.checkpoint(Log.OPEN, edge)
        assert await ward.sizes() == before
        for path in ward.site.settings.keys.glob("*-*.skey"):
            shutil.copy(path, folder)
        assert await readiness.what_is_missing(behind) is None
        await host.does("tina", "vial-move", "DMSO-1-1", position=position(41))
    finally:
        await other.close()
        await behind.close()
