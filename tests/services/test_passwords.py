"""A password that was given opens the page on which one's own is set, for a day, and proves nobody anywhere else."""

from __future__ import annotations

import pytest

from inventory.domain.evidence import Signature
from inventory.services import passwords, people, signing
from tests.services.ward import PASSWORD, Ward

OWN = "a password that nobody gave"


async def _wrong(ward: Ward, name: str, password: str) -> None:
    with pytest.raises(people.SignInRefusedError):
        await people.sign_in(ward.site, name, password)


async def test_a_given_password_is_good_for_setting_ones_own_and_signs_nothing(ward: Ward) -> None:
    await people.set_password(ward.site, "ivan", PASSWORD)
    before = await people.sign_in(ward.site, "ivan", PASSWORD)
    given = await passwords.reset(ward.site, "ivan")
    assert await people.active_person(ward.site, before) is None
    await _wrong(ward, "ivan", PASSWORD)
    token = await people.sign_in(ward.site, "ivan", given)
    assert token.startswith(people.RENEWING)
    assert await people.active_person(ward.site, token) is None
    assert await signing.sign(ward.site, "ivan", Signature(password=given)) is None
    with pytest.raises(people.SignInRefusedError):
        await people.refuse_wrong_password(ward.site, "ivan", given)
    await passwords.set_own(ward.site, "ivan", OWN)
    await _wrong(ward, "ivan", given)
    assert not (await people.sign_in(ward.site, "ivan", OWN)).startswith(people.RENEWING)


async def test_a_given_password_ends_after_a_day(ward: Ward) -> None:
    given = await passwords.reset(ward.site, "cora")
    ward.wait(hours=23, minutes=59)
    assert await people.sign_in(ward.site, "cora", given)
    ward.wait(minutes=2)
    await _wrong(ward, "cora", given)


async def test_a_reset_is_an_administrators_act_and_nobodys_own(ward: Ward) -> None:
    await ward.does("xena", passwords.ACTION, "cora", reason="forgotten")
    assert await ward.refused("xena", passwords.ACTION, "xena", reason="forgotten") == ["own_rights"]
    assert await ward.refused("quinn", passwords.ACTION, "cora", reason="forgotten") == ["not_entitled"]
