"""A password that was given opens the page on which one's own is set, for a day, and proves nobody anywhere else."""

from __future__ import annotations

import asyncio

import pytest

from inventory.domain.evidence import Signature
from inventory.domain.items import Item
from inventory.services import passwords, people, signing
from inventory.store import accounts, gate
from inventory.store.doorkeeper import person_behind
from tests.services.ward import PASSWORD, Ward

OWN = "a password that nobody gave"


async def _let_in(name: str) -> Item:
    """The person as a session is let in now."""
    found = await gate.person(name)
    assert found is not None
    return found


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
    await passwords.set_own(ward.site, await _let_in("ivan"), OWN)
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


async def _of_cora(ward: Ward) -> str:
    """A token of cora's, who has a password, a minute later."""
    await people.set_password(ward.site, "cora", PASSWORD)
    token = await people.sign_in(ward.site, "cora", PASSWORD)
    ward.wait(minutes=1)
    return token


async def test_from_the_act_of_a_reset_on_neither_the_old_password_nor_a_session_counts(ward: Ward) -> None:
    before = await _of_cora(ward)
    assert await signing.sign(ward.site, "cora", Signature(password=PASSWORD))
    await ward.does("xena", passwords.ACTION, "cora", reason="account_review")  # and it is cut off here
    assert await people.person_of(ward.site, before) is None
    assert await people.active_person(ward.site, before) is None
    await _wrong(ward, "cora", PASSWORD)
    assert await signing.sign(ward.site, "cora", Signature(password=PASSWORD)) is None
    assert await people.awaits_password("cora")
    given = await passwords.reset(ward.site, "cora")
    assert not await people.awaits_password("cora")
    assert (await people.sign_in(ward.site, "cora", given)).startswith(people.RENEWING)


async def test_who_signs_in_while_their_password_is_reset_gets_no_token(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _of_cora(ward)
    remembered, made = accounts.add_token, []

    async def late(digest: bytes, *rest: str) -> bool:
        """The password was found right; before the token is remembered, the whole reset comes."""
        await ward.does("xena", passwords.ACTION, "cora", reason="account_review")
        await passwords.reset(ward.site, "cora")
        made.append(await remembered(digest, *rest))
        return True

    monkeypatch.setattr(accounts, "add_token", late)
    await _wrong(ward, "cora", PASSWORD)
    asked = await gate.person("cora")
    assert asked is not None
    ward.wait(minutes=1)
    with pytest.raises(people.SignInRefusedError):
        await people.let_in(ward.site, asked)
    assert made == [True, True]


async def test_what_a_reset_gives_counts_where_the_clock_is_a_second_behind_the_log(ward: Ward) -> None:
    await ward.does("xena", passwords.ACTION, "ivan", reason="forgotten")
    ward.wait(seconds=-1)
    await ward.does("xena", passwords.ACTION, "cora", reason="forgotten")
    token = await people.sign_in(ward.site, "cora", await passwords.reset(ward.site, "cora"))
    assert await person_behind(ward.site.engine, token, ward.site.now()) is not None
    await passwords.set_own(ward.site, await _let_in("cora"), OWN)
    assert await people.person_of(ward.site, await people.sign_in(ward.site, "cora", OWN)) == "cora"


async def test_a_session_that_was_let_in_before_a_reset_sets_nothing_after_it(ward: Ward) -> None:
    await _of_cora(ward)
    let_in = await _let_in("cora")  # and what it asks for is slow to come
    await ward.does("xena", passwords.ACTION, "cora", reason="account_review")
    with pytest.raises(passwords.ResetMeanwhileError, match="reset meanwhile: nothing was set"):
        await passwords.set_own(ward.site, let_in, OWN)
    assert await people.awaits_password("cora")
    given = await passwords.reset(ward.site, "cora")
    with pytest.raises(passwords.ResetMeanwhileError):
        await passwords.set_own(ward.site, let_in, OWN)
    await _wrong(ward, "cora", OWN)
    assert (await people.sign_in(ward.site, "cora", given)).startswith(people.RENEWING)


async def test_a_reset_that_is_recorded_while_one_is_set_comes_before_it_or_after_it(ward: Ward) -> None:
    """Whichever comes first, what the reset gives is what counts."""
    for turn in range(6):
        let_in = await _let_in("cora")
        ward.wait(seconds=1)

        async def reset() -> str:
            await ward.does("xena", passwords.ACTION, "cora", reason="account_review")
            ward.wait(seconds=1)
            return await passwords.reset(ward.site, "cora")

        set_, given = await asyncio.gather(
            passwords.set_own(ward.site, let_in, f"{OWN} {turn}"), reset(), return_exceptions=True
        )
        assert set_ is None or isinstance(set_, passwords.ResetMeanwhileError)
        assert isinstance(given, str), given
        await _wrong(ward, "cora", f"{OWN} {turn}")
        assert (await people.sign_in(ward.site, "cora", given)).startswith(people.RENEWING)


async def test_whoever_sets_a_password_is_signed_out_everywhere_else(ward: Ward) -> None:
    await people.set_password(ward.site, "cora", PASSWORD)
    held = [await people.sign_in(ward.site, "cora", PASSWORD) for _ in range(2)]
    await passwords.set_own(ward.site, await _let_in("cora"), OWN)
    assert [await people.person_of(ward.site, token) for token in held] == [None, None]
