"""Electronic signatures: proven in the request, stated in the entry with what binds them, and never a secret."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import orjson
import pytest
import rfc8785

from inventory.domain import canonical, merkle, totp
from inventory.domain.items import Log
from inventory.services import acts, enrolling
from inventory.services.failures import SignInWaitsError
from inventory.services.printed import paragraph
from inventory.store.verify import entries
from inventory.store.verify.roles import Held
from tests.services.ward import PASSWORD, Ward

ACT = ("participant-break-code", "P-001")
BREAK = {"reason": "medical_emergency", "requested_by": "ivan"}
LOCK = {
    "data_lock": "5e" * 32,
    "locked_by": "Data manager",
    "locked_on": "2027-05-20",
    "told": [{"who": "the participant", "how": "in_person"}],
    "entitled": [],
}
WRONG = {"password": "a wrong passphrase"}


async def broken(ward: Ward, **signature: str) -> dict[str, Any]:
    """The leaf of a code break that ivan signed so."""
    await ward.does("ivan", *ACT, **BREAK, signature=signature)
    return (await ward.leaves(Log.OPEN))[-1]


async def code_of(ward: Ward, who: str = "ivan") -> str:
    """A code of the second factor that the person has from now on."""
    found = await enrolling.begin(ward.site, who, PASSWORD)
    secret = base64.b32decode(found.secret)
    here = totp.step_of(ward.site.now())
    await enrolling.confirm(ward.site, found.person, totp.code_of(secret, here))
    return totp.code_of(secret, here + 1)


async def test_a_signature_shows_name_time_and_meaning_and_the_hash_of_what_it_signs(ward: Ward) -> None:
    await ward.kit_at("assigned")
    leaf = await broken(ward, password=PASSWORD)
    told = {name: leaf[name] for name in ("action", "item", "occurred_at", "evidence")}
    assert leaf["signed"] == {
        "digest": hashlib.sha256(rfc8785.dumps(told)).hexdigest(),
        "meaning": "The participant's code was broken in an emergency.",
        "by": [{"by": "ivan", "name": "Ivan", "at": leaf["recorded_at"], "proofs": ["password"]}],
    }
    page = "\n".join(paragraph(leaf, {"ivan": "Ivan"}))
    assert "SIGNED by Ivan (ivan) at 2026-11-22 09:00:00 UTC with password" in page
    assert page.count("The participant's code was broken in an emergency.") == 2


async def test_no_secret_is_kept_anywhere(ward: Ward) -> None:
    await ward.kit_at("assigned")
    code = await code_of(ward)
    await ward.refused("ivan", *ACT, **BREAK, signature=WRONG)
    leaf = await broken(ward, password=PASSWORD, otp=code)
    assert leaf["signed"]["by"][0]["proofs"] == ["password", "code"]
    secrets = [one.encode() for one in (WRONG["password"], PASSWORD, f'"{code}"')]
    for table in ("open_entry", "refusal", "idempotency", "item", "credential", "second_factor"):
        rows = await ward.cast.fetch(f"SELECT * FROM {table}")
        cells = [one if isinstance(one, bytes) else str(one).encode() for row in rows for one in row]
        assert not [table for one in secrets if any(one in cell for cell in cells)]
    assert not [one for one in secrets if one in orjson.dumps(await ward.leaves(Log.VAULT))]
    evidence = acts.evidence_of(ACT[0], {**BREAK, "signature": {"password": PASSWORD, "otp": code}})
    assert PASSWORD not in repr(evidence)
    assert code not in repr(evidence)


async def test_an_act_that_is_to_be_signed_is_refused_without_and_with_a_wrong_proof(ward: Ward) -> None:
    await ward.kit_at("assigned")
    assert await ward.refused("ivan", *ACT, **BREAK, signed=False) == ["signature_missing"]
    right_and_wrong = {"password": PASSWORD, "otp": "000000"}
    for wrong in (WRONG, {"otp": "000000"}, {}, right_and_wrong):
        assert await ward.refused("ivan", *ACT, **BREAK, signature=wrong) == ["signature_wrong"]


async def test_what_was_refused_for_its_signature_may_be_asked_again_under_the_same_key(ward: Ward) -> None:
    await ward.kit_at("assigned")
    for signature, status in ((WRONG, 403), ({"password": PASSWORD}, 201), (WRONG, 201)):
        evidence = acts.evidence_of(ACT[0], {**BREAK, "signature": signature})
        asked = acts.Asked("ivan", *ACT, ward.site.now(), evidence, "one key")
        outcome = await acts.record(ward.site, asked)
        assert outcome.status == status
    assert outcome.replayed, "an answer that was lost is had again although its code is used up"


async def test_a_code_signs_once(ward: Ward) -> None:
    await ward.kit_at("assigned")
    code = await code_of(ward)
    leaf = await broken(ward, otp=code)
    assert leaf["signed"]["by"][0]["proofs"] == ["code"]
    assert await ward.refused("ivan", *ACT, **BREAK, signature={"otp": code}) == ["signature_wrong"]


async def test_guessing_at_a_signature_has_to_wait_like_guessing_at_sign_in(ward: Ward) -> None:
    await ward.kit_at("assigned")
    for _ in range(5):
        await ward.refused("ivan", *ACT, **BREAK, signature=WRONG)
    with pytest.raises(SignInWaitsError):
        await ward.attempt("ivan", *ACT, **BREAK)
    ward.wait(minutes=1)
    await broken(ward, password=PASSWORD)


async def test_of_an_act_that_the_vault_states_both_signatures_stand_there_alone(ward: Ward) -> None:
    await ward.kit_at("assigned")
    ward.wait(days=190)
    await ward.does("stan", "participant-unblind", "P-001", **LOCK)
    (leaf,) = [one for one in await ward.leaves(Log.VAULT) if one["action"] == "participant-unblind"]
    assert [one["by"] for one in leaf["signed"]["by"]] == ["stan", "stella"]
    opened = (await ward.leaves(Log.OPEN))[-1]
    assert opened["action"] == "participant-unblind"
    assert "signed" not in opened, "a hash of what the vault alone states would be guessed open"


async def test_whoever_need_not_sign_may(ward: Ward) -> None:
    await ward.kit_at("assigned")
    told = {"reason": "other", "about": {"kind": "participant", "code": "P-001"}}
    await ward.does("ivan", "deviation-report", "DEV-1", **told, signature={"password": PASSWORD})
    assert (await ward.leaves(Log.OPEN))[-1]["signed"]["meaning"] == "A deviation was reported."
    assert await ward.refused("ivan", "deviation-report", "DEV-2", **told, signature=WRONG) == [
        "signature_wrong"
    ]


async def test_verify_names_an_entry_whose_signature_signs_something_else(ward: Ward) -> None:
    await ward.kit_at("assigned")
    leaf = await broken(ward, password=PASSWORD) | {"index": 0}
    assert _fault(leaf) is None
    leaf["evidence"]["reason"] = "pregnancy"
    assert _fault(leaf) == "Entry 0: its signatures sign something else than it says."


def _fault(leaf: dict[str, Any]) -> str | None:
    """What step 1 of `verify` finds wrong with a log of that one leaf, whose hash is right."""
    data = canonical.encode(leaf)
    log = entries.Log("open", leaf["study"], Held({}), opened=True)
    list(log.check([(0, merkle.leaf_hash(data), leaf["recorded_at"], data)]))
    return log.fault.sentence if log.fault else None
