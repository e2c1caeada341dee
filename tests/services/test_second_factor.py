"""The second factor: enrolled by the person, asked for at sign-in, good once, reset by two administrators."""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from inventory.domain import totp
from inventory.domain.roles import Role
from inventory.services import enrolling, people, second_factor
from inventory.services.failures import SignInWaitsError
from inventory.services.people import ENROLLING, SecondFactorNeededError, SignInRefusedError
from inventory.store import factors, gate
from tests.services.ward import Ward

PASSWORD = "a password of one's own"


class App:
    """An authenticator app: it knows the secret that was shown, and the ward's clock."""

    def __init__(self, ward: Ward, secret: str) -> None:
        self.ward = ward
        self.secret = base64.b32decode(secret + "=" * (-len(secret) % 8))

    def code(self, later: int = 0) -> str:
        return totp.code_of(self.secret, totp.step_of(self.ward.site.now()) + later)

    def wrong(self) -> str:
        return next(six for n in itertools.count() if (six := f"{n:06}") not in map(self.code, (-1, 0, 1)))


async def confirmed(ward: Ward, typed: str, who: str = "ivan") -> list[str]:
    """The recovery codes of somebody who types that code in a session of now."""
    person = await gate.person(who)
    assert person is not None
    return await enrolling.confirm(ward.site, person, typed)


async def enrolled(ward: Ward, who: str = "ivan") -> tuple[App, list[str]]:
    """A person with a password and a second factor: their app and their recovery codes."""
    await people.set_password(ward.site, who, PASSWORD)
    found = await enrolling.begin(ward.site, who, PASSWORD)
    app = App(ward, found.secret)
    codes = await confirmed(ward, app.code(), who)
    ward.wait(seconds=30)
    return app, codes


async def signs_in(ward: Ward, typed: str | None, who: str = "ivan", password: str = PASSWORD) -> bool:
    """Whether a token was given; it has to be the person's."""
    try:
        token = await people.sign_in(ward.site, who, password, typed)
    except SecondFactorNeededError:
        raise
    except SignInRefusedError:
        return False
    assert await people.person_of(ward.site, token) == who
    return True


async def test_whoever_enrolled_one_is_asked_for_it(ward: Ward) -> None:
    app, _ = await enrolled(ward)
    for nothing in (None, ""):
        with pytest.raises(SecondFactorNeededError):
            await signs_in(ward, nothing)
    assert not await signs_in(ward, app.wrong())
    assert await signs_in(ward, app.code())


async def test_a_missing_code_is_asked_for_only_where_the_password_is_right(ward: Ward) -> None:
    await enrolled(ward)
    assert not await signs_in(ward, None, password="another password")
    assert not await signs_in(ward, None, who="nobody")


async def test_a_right_code_does_not_make_up_for_a_wrong_password(ward: Ward) -> None:
    app, _ = await enrolled(ward)
    assert not await signs_in(ward, app.code(), password="another password")
    assert await signs_in(ward, app.code()), "the code was not used up by that"


async def test_a_code_signs_in_once(ward: Ward) -> None:
    app, _ = await enrolled(ward)
    code, following = app.code(), app.code(1)
    assert await signs_in(ward, code)
    assert not await signs_in(ward, code)
    assert await signs_in(ward, following)
    assert not await signs_in(ward, code)


async def test_the_code_that_confirmed_it_does_not_sign_in(ward: Ward) -> None:
    app, _ = await enrolled(ward)
    assert not await signs_in(ward, app.code(-1))


async def test_of_two_who_type_the_same_code_at_once_one_gets_in(ward: Ward) -> None:
    app, recovery = await enrolled(ward)
    for typed in (app.code(), recovery[0]):
        found = await asyncio.gather(*(signs_in(ward, typed) for _ in range(4)))
        assert sorted(found) == [False, False, False, True]


async def test_who_read_the_factor_before_a_code_was_used_cannot_use_it_again(ward: Ward) -> None:
    app, _ = await enrolled(ward)
    person = await gate.person("ivan")
    assert person is not None
    stale = await second_factor.enrolled(ward.site, person)
    assert stale is not None
    takes = [second_factor.takes(ward.site, person, stale, app.code()) for _ in range(4)]
    assert sorted(await asyncio.gather(*takes)) == [False, False, False, True]


async def test_wrong_codes_are_counted_like_wrong_passwords(ward: Ward) -> None:
    app, _ = await enrolled(ward)
    for turn in range(5):
        assert not await signs_in(ward, app.wrong(), password=PASSWORD if turn % 2 else "another password")
    with pytest.raises(SignInWaitsError):
        await signs_in(ward, app.code())
    ward.wait(minutes=1)
    assert await signs_in(ward, app.code())


async def test_asking_for_the_code_does_not_end_the_count_of_failures(ward: Ward) -> None:
    app, _ = await enrolled(ward)
    for _ in range(5):
        assert not await signs_in(ward, app.wrong())
        if _ < 4:
            with pytest.raises(SecondFactorNeededError):
                await signs_in(ward, None)
    with pytest.raises(SignInWaitsError):
        await signs_in(ward, None)


async def test_each_recovery_code_is_good_once_however_it_is_written(ward: Ward) -> None:
    _, recovery = await enrolled(ward)
    assert len(set(recovery)) == 10
    assert {len(code) for code in recovery} == {19}
    assert await signs_in(ward, recovery[0])
    assert not await signs_in(ward, recovery[0])
    assert await signs_in(ward, recovery[1].lower().replace("-", " ")[:20])
    assert await signs_in(ward, recovery[2].replace("-", ""))


async def test_a_recovery_code_is_its_owners_alone(ward: Ward) -> None:
    _, recovery = await enrolled(ward)
    await enrolled(ward, "irene")
    assert not await signs_in(ward, recovery[0], who="irene")
    assert await signs_in(ward, recovery[0])


async def test_neither_secret_nor_recovery_code_lies_plainly_in_the_database(ward: Ward) -> None:
    app, recovery = await enrolled(ward)
    stored = repr(await ward.cast.fetch("SELECT * FROM second_factor"))
    stored += repr(await ward.cast.fetch("SELECT * FROM recovery_code"))
    secret = app.secret
    for plain in (secret, secret.hex().encode(), base64.b32encode(secret), *(c.encode() for c in recovery)):
        assert repr(plain)[2:-1] not in stored
    found = await factors.find("ivan", ward.site.keys.vault)
    assert found is not None
    assert found.secret == secret


async def test_a_secret_that_was_not_confirmed_asks_nobody_for_anything(ward: Ward) -> None:
    await people.set_password(ward.site, "ivan", PASSWORD)
    first = App(ward, (await enrolling.begin(ward.site, "ivan", PASSWORD)).secret)
    assert await signs_in(ward, None)
    second = App(ward, (await enrolling.begin(ward.site, "ivan", PASSWORD)).secret)
    assert first.secret != second.secret
    with pytest.raises(enrolling.CodeWrongError):
        await confirmed(ward, first.code())
    await confirmed(ward, second.code())
    with pytest.raises(SecondFactorNeededError):
        await signs_in(ward, None)


async def test_enrolling_wants_the_password_and_is_done_once(ward: Ward) -> None:
    app, _ = await enrolled(ward)
    with pytest.raises(SignInRefusedError):
        await enrolling.begin(ward.site, "ivan", "another password")
    with pytest.raises(enrolling.EnrolledBeforeError):
        await enrolling.begin(ward.site, "ivan", PASSWORD)
    with pytest.raises(enrolling.CodeWrongError):
        await confirmed(ward, app.code())


async def test_one_that_another_page_confirms_meanwhile_is_not_put_away(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.set_password(ward.site, "ivan", PASSWORD)
    app = App(ward, (await enrolling.begin(ward.site, "ivan", PASSWORD)).secret)
    put, recovery = factors.put, []

    async def late(*told: Any) -> bool:
        recovery.extend(await confirmed(ward, app.code()))
        return await put(*told)

    monkeypatch.setattr(factors, "put", late)
    with pytest.raises(enrolling.EnrolledBeforeError):
        await enrolling.begin(ward.site, "ivan", PASSWORD)
    ward.wait(seconds=30)
    with pytest.raises(SecondFactorNeededError):
        await signs_in(ward, None)
    assert await signs_in(ward, app.code())
    assert await signs_in(ward, recovery[0])


async def test_a_code_confirms_the_secret_it_is_of_and_no_other(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another page begins anew between the look at the code and the confirmation."""
    await people.set_password(ward.site, "ivan", PASSWORD)
    first = App(ward, (await enrolling.begin(ward.site, "ivan", PASSWORD)).secret)
    confirm, shown = factors.confirm, []

    async def late(*told: Any) -> bool:
        monkeypatch.undo()
        shown.append((await enrolling.begin(ward.site, "ivan", PASSWORD)).secret)
        return await confirm(*told)

    monkeypatch.setattr(factors, "confirm", late)
    with pytest.raises(enrolling.CodeWrongError):
        await confirmed(ward, first.code())
    assert await signs_in(ward, None), "nothing counts that nobody typed a code of"
    await confirmed(ward, App(ward, shown[0]).code())
    with pytest.raises(SecondFactorNeededError):
        await signs_in(ward, None)


async def test_of_confirmations_at_once_one_counts_and_its_recovery_codes_with_it(ward: Ward) -> None:
    await people.set_password(ward.site, "ivan", PASSWORD)
    app = App(ward, (await enrolling.begin(ward.site, "ivan", PASSWORD)).secret)
    confirms = [confirmed(ward, app.code()) for _ in range(4)]
    ended = await asyncio.gather(*confirms, return_exceptions=True)
    (codes,) = [one for one in ended if isinstance(one, list)]
    assert [type(one) for one in ended if one is not codes] == [enrolling.CodeWrongError] * 3
    assert await ward.cast.fetch("SELECT count(*) FROM recovery_code") == [(10,)]
    ward.wait(seconds=30)
    assert await signs_in(ward, codes[0])


@pytest.mark.parametrize("action", ["person-reset-factor", "person-reset-password"])
async def test_a_session_that_was_let_in_before_a_reset_confirms_nothing_after_it(
    ward: Ward, action: str
) -> None:
    await people.set_password(ward.site, "ivan", PASSWORD)
    app = App(ward, (await enrolling.begin(ward.site, "ivan", PASSWORD)).secret)
    let_in = await gate.person("ivan")  # and the code is slow to come
    assert let_in is not None
    second = {"second": "xaver"} if action == "person-reset-factor" else {}
    await ward.does("xena", action, "ivan", reason="account_review", **second)
    ward.wait(seconds=1)
    with pytest.raises(enrolling.CodeWrongError):
        await enrolling.confirm(ward.site, let_in, app.code())
    assert await ward.cast.fetch("SELECT confirmed_at FROM second_factor") == [(None,)]


async def test_guessing_at_the_confirmation_has_to_wait_too(ward: Ward) -> None:
    await people.set_password(ward.site, "ivan", PASSWORD)
    app = App(ward, (await enrolling.begin(ward.site, "ivan", PASSWORD)).secret)
    for _ in range(5):
        with pytest.raises(enrolling.CodeWrongError):
            await confirmed(ward, app.wrong())
    with pytest.raises(SignInWaitsError):
        await confirmed(ward, app.code())


# Reset
async def test_two_administrators_reset_it_and_the_person_enrols_anew(ward: Ward) -> None:
    app, recovery = await enrolled(ward)
    lost = {"reason": "device_failed"}
    assert await ward.refused("xena", "person-reset-factor", "ivan", **lost, second=None) == [
        "second_person_missing"
    ]
    assert await ward.refused("cora", "person-reset-factor", "ivan", **lost) == ["not_entitled"]
    await ward.does("xena", "person-reset-factor", "ivan", **lost, second="xaver")
    assert await signs_in(ward, None), "nothing is asked for any more"
    ward.wait(minutes=1)
    again, _ = await enrolled(ward)
    assert not await signs_in(ward, app.code())
    assert not await signs_in(ward, recovery[0])
    assert await signs_in(ward, again.code())


async def test_nobody_resets_their_own_as_either_of_the_two(ward: Ward) -> None:
    await enrolled(ward, "xena")
    lost = {"reason": "device_failed"}
    assert "own_rights" in await ward.refused("xena", "person-reset-factor", "xena", **lost, second="xaver")
    assert "own_rights" in await ward.refused("xaver", "person-reset-factor", "xena", **lost, second="xena")


async def test_a_reset_in_the_log_counts_even_if_the_table_was_put_back(ward: Ward) -> None:
    await enrolled(ward)
    before = await factors.find("ivan", ward.site.keys.vault)
    await ward.does("xena", "person-reset-factor", "ivan", reason="other", second="xaver")
    assert await factors.find("ivan", ward.site.keys.vault) == before
    person = await gate.person("ivan")
    assert person is not None
    assert await second_factor.enrolled(ward.site, person) is None


# Roles that need one
@pytest.fixture
def strict(ward: Ward) -> Iterator[Ward]:
    """The ward, with a profile that asks a second factor of injectors."""
    profile = ward.site.profile
    roles = tuple(
        role.model_copy(update={"second_factor": role.name is Role.INJECTOR}) for role in profile.roles
    )
    # Not a copy: what a profile has looked up of its roles would be copied with it.
    told = {name: getattr(profile, name) for name in type(profile).model_fields} | {"roles": roles}
    ward.cast.site = replace(ward.site, profile=profile.model_construct(**told))
    return ward


async def test_whose_role_needs_one_can_only_enrol_one_first(strict: Ward) -> None:
    await people.set_password(strict.site, "ivan", PASSWORD)
    token = await people.sign_in(strict.site, "ivan", PASSWORD)
    assert token.startswith(ENROLLING)
    assert await people.person_of(strict.site, token) is None
    assert await people.active_person(strict.site, token) is None
    app, _ = await enrolled(strict)
    assert await signs_in(strict, app.code())
    await people.set_password(strict.site, "cora", PASSWORD)
    assert await signs_in(strict, None, "cora")


async def test_a_token_for_enrolling_is_no_second_person(strict: Ward) -> None:
    await people.set_password(strict.site, "irene", PASSWORD)
    kit = await strict.kit_at("at_bedside")
    strict.cast.tokens["irene"] = await people.sign_in(strict.site, "irene", PASSWORD)
    told = {"participant": "P-001", "second": "irene"}
    assert await strict.refused("ivan", "kit-confirm", kit, **told) == ["second_person_not_entitled"]
