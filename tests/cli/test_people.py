"""Accounts and tokens from the command line: who may make whom, and by what they are known."""

from __future__ import annotations

import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inventory.demo.cast import PASSWORD
from inventory.domain import clocks, totp
from inventory.services import people
from inventory.store.randomness import SeededRandom
from tests.cli.conftest import Home, said


def _add(home: Home, code: str, role: str, *more: object):
    (home.folder / "password").write_text("a first password\n")
    told = ("--name", code.title(), "--role", role, "--password-file", home.folder / "password")
    return home.run("user", "add", code, *told, *more, by="ada")


def test_an_added_person_gets_a_token_with_their_own_password(staffed):
    assert _add(staffed, "noor", "coordinator").exit_code == 0
    out = staffed.folder / "noor.token"
    made = staffed.run("token", "create", "--user", "noor", "--out", out, typed="a first password\n")
    assert made.exit_code == 0, said(made)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    shown = staffed.run("export", "history", "--out", staffed.folder / "h.csv", "--token-file", out)
    assert shown.exit_code == 0, said(shown)
    assert b"noor,ada,administrator" in (staffed.folder / "h.csv").read_bytes()


def test_a_token_is_printed_alone_when_no_file_is_named(staffed):
    _add(staffed, "noor", "coordinator")
    made = staffed.run("token", "create", "--user", "noor", "--password-file", staffed.folder / "password")
    assert made.stdout.count("\n") == 1
    assert len(made.stdout.strip()) >= 43


def test_a_wrong_password_gets_no_token(staffed):
    refused = staffed.run("token", "create", "--user", "ada", typed="not the password\n")
    assert refused.exit_code == 1
    assert "Name or password is wrong." in refused.stderr
    unknown = staffed.run("token", "create", "--user", "nobody", typed="not the password\n")
    assert unknown.stderr.replace("nobody", "ada") == refused.stderr


def test_an_unblinded_role_needs_the_second_administrator(staffed):
    alone = _add(staffed, "noor", "lab_qa")
    assert alone.exit_code == 1
    assert "a second person must check this" in alone.stderr
    assert staffed.codes("person", "active").count("noor") == 0
    together = _add(staffed, "noor", "lab_qa", "--second-token-file", staffed.token("abel"))
    assert together.exit_code == 0, said(together)
    assert "noor" in staffed.codes("person", "active")


@pytest.mark.parametrize("password", ["eleven char", "p" * 1001], ids=["short", "longer than can be typed"])
def test_a_password_that_nobody_could_sign_in_with_adds_nobody(staffed, password):
    (staffed.folder / "unfit").write_text(f"{password}\n")
    told = ("--name", "Noor", "--role", "coordinator", "--password-file", staffed.folder / "unfit")
    refused = staffed.run("user", "add", "noor", *told, by="ada")
    assert refused.exit_code == 1
    assert "noor" not in staffed.codes("person", "active")


@pytest.mark.parametrize(
    "code", ["no or", "noör", "n" * 65], ids=["a blank", "a letter beyond ASCII", "long"]
)
def test_what_can_be_no_code_is_asked_wrongly_and_adds_nobody(staffed, code):
    refused = _add(staffed, code, "coordinator")
    assert refused.exit_code == 2
    assert "without a blank" in refused.stderr
    assert code not in staffed.codes("person", "active")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [(" ", "is blank."), ("Noor\u202eanissA", "direction of writing"), ("No\x85or", "not seen")],
)
def test_a_name_that_cannot_stand_beside_a_signature_adds_nobody(staffed, name, sentence):
    refused = _add(staffed, "noor", "coordinator", "--name", name)
    assert refused.exit_code == 2, said(refused)
    assert "evidence.name: " in refused.stderr
    assert sentence in refused.stderr
    assert "noor" not in staffed.codes("person", "active")
    assert _add(staffed, "noor", "coordinator", "--name", "علی\u200cرضا").exit_code == 0


def test_a_last_day_that_is_over_adds_nobody(staffed):
    refused = _add(staffed, "noor", "blinded_auditor", "--last-day", "2020-01-31")
    assert refused.exit_code == 1, said(refused)
    assert "has passed: nobody could sign in with it" in refused.stderr
    assert "noor" not in staffed.codes("person", "active")


def test_whoever_was_added_without_a_password_is_told_how_to_come_by_one(staffed, monkeypatch):
    async def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(people, "remember", dies)
        assert _add(staffed, "noor", "coordinator").exit_code == 1
    assert "noor" in staffed.codes("person", "active")
    again = _add(staffed, "noor", "coordinator")
    assert again.exit_code == 1
    assert "this code is in use already" in again.stderr
    assert "run `cellcustody user reset-password noor`" in again.stderr
    assert staffed.run("user", "reset-password", "noor", by="ada").exit_code == 0
    assert "reset-password" not in _add(staffed, "noor", "coordinator").stderr


def test_only_an_administrator_adds_people(staffed):
    (staffed.folder / "password").write_text("a first password\n")
    told = ("--name", "Noor", "--role", "coordinator", "--password-file", staffed.folder / "password")
    refused = staffed.run("user", "add", "noor", *told, by="tamar")
    assert refused.exit_code == 1
    assert "your role does not do this" in refused.stderr


def test_a_locked_account_counts_no_more(staffed):
    assert staffed.run("user", "lock", "carla", by="ada").exit_code == 0
    refused = staffed.run("export", "history", "--out", staffed.folder / "h.csv", by="carla")
    assert refused.exit_code == 3
    assert "no token that counts" in refused.stderr
    assert not (staffed.folder / "h.csv").exists()
    assert staffed.run("token", "create", "--user", "carla", typed=f"{PASSWORD}\n").exit_code == 1


def test_nobody_locks_themselves_or_changes_their_own_role(staffed):
    assert staffed.run("user", "lock", "ada", by="ada").exit_code == 1
    assert staffed.run("user", "role", "ada", "--grant", "coordinator", by="ada").exit_code == 1


def test_a_role_is_given_and_taken(staffed):
    assert staffed.run("user", "role", "carla", "--grant", "injector", by="ada").exit_code == 0
    assert staffed.run("user", "role", "carla", "--revoke", "injector", by="ada").exit_code == 0
    conflict = ("--grant", "lab_qa", "--second-token-file", staffed.token("abel"))
    refused = staffed.run("user", "role", "carla", *conflict, by="ada")
    assert refused.exit_code == 1
    assert "ever held an unblinded role" in refused.stderr


def test_a_role_command_that_says_both_or_neither_is_asked_wrongly(staffed):
    assert staffed.run("user", "role", "carla", by="ada").exit_code == 2
    both = ("--grant", "injector", "--revoke", "injector")
    assert staffed.run("user", "role", "carla", *both, by="ada").exit_code == 2


def test_a_command_without_a_token_is_asked_wrongly(staffed):
    for command in (
        ("user", "lock", "carla"),
        ("export", "bundle", "--out", Path("b.zip")),
        ("import", "donor", __file__),
    ):
        refused = staffed.run(*command)
        assert refused.exit_code == 2, said(refused)
        assert "--token-file" in refused.stderr


def test_the_token_may_be_named_by_the_environment(staffed):
    told = Home(staffed.folder, {"CELLCUSTODY_TOKEN_FILE": staffed.token("ada")})
    assert told.run("user", "lock", "carla").exit_code == 0


def test_a_reset_password_is_told_once_and_good_for_setting_ones_own_alone(staffed):
    out = staffed.folder / "noor.password"
    assert _add(staffed, "noor", "coordinator").exit_code == 0
    signed_in = ("token", "create", "--user", "noor", "--out", staffed.folder / "tokens/noor")
    assert staffed.run(*signed_in, typed="a first password\n").exit_code == 0
    reset = staffed.run("user", "reset-password", "noor", "--out", out, by="ada")
    assert reset.exit_code == 0, said(reset)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    given = out.read_text().strip()
    assert re.fullmatch("[a-z2-7]{24}", given)
    assert given not in reset.stdout
    assert staffed.run("export", "history", "--out", staffed.folder / "h.csv", by="noor").exit_code == 3
    assert staffed.run(*signed_in, typed="a first password\n").exit_code == 1
    refused = staffed.run(*signed_in, typed=f"{given}\n")
    assert refused.exit_code == 1
    assert "set one of your own at /password" in refused.stderr
    again = staffed.run("user", "reset-password", "noor", by="ada")
    assert re.fullmatch("[a-z2-7]{24}\n", again.stdout)
    assert again.stdout.strip() != given
    assert "Name or password is wrong." in staffed.run(*signed_in, typed=f"{given}\n").stderr


def test_a_password_for_a_folder_that_is_not_there_is_not_reset(staffed):
    out = staffed.folder / "missing" / "noor.password"
    assert _add(staffed, "noor", "coordinator").exit_code == 0
    reset = staffed.run("user", "reset-password", "noor", "--out", out, by="ada")
    assert (reset.exit_code, f"There is no folder {out.parent}." in reset.stderr) == (2, True), said(reset)
    assert staffed.run("token", "create", "--user", "noor", typed="a first password\n").exit_code == 0


def test_nobody_resets_their_own_password_and_only_an_administrator_anybodys(staffed):
    for who, whose in (("ada", "ada"), ("tamar", "carla")):
        refused = staffed.run("user", "reset-password", whose, by=who)
        assert (refused.exit_code, refused.stdout) == (1, "")
    assert staffed.run("token", "create", "--user", "ada", typed=f"{PASSWORD}\n").exit_code == 0


# The second factor
class Phone:
    """A home whose clock and random source are told, and the app that shows the codes of noor's secret."""

    def __init__(self, home: Home) -> None:
        self.clock = home.folder / "now"
        told = {"CELLCUSTODY_TEST_SEED": "phone", "CELLCUSTODY_TEST_NOW_FILE": str(self.clock)}
        self.home = Home(home.folder, told)
        self.now = datetime.now(UTC)
        self.wait(1)
        self.secret = SeededRandom("phone")("second factor", "noor")[: totp.SECRET_BYTES]

    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.clock.write_text(clocks.format_instant(self.now))

    def code(self) -> str:
        return totp.code_of(self.secret, totp.step_of(self.now))

    def run(self, *told: object, typed: str | None = None):
        password = ("--password-file", self.home.folder / "password")
        return self.home.run(*told, *password, typed=typed)


@pytest.fixture
def phone(staffed: Home) -> Phone:
    assert _add(staffed, "noor", "coordinator").exit_code == 0
    return Phone(staffed)


def test_a_second_factor_is_enrolled_asked_for_and_reset(phone):
    made = phone.run("user", "enrol", "noor", typed=f"{phone.code()}\n")
    assert made.exit_code == 0, said(made)
    assert totp.in_base32(phone.secret) in made.stdout
    recovery = re.findall(r"  ([A-Z2-7-]{19})\n", made.stdout)
    assert len(recovery) == 10
    assert phone.run("user", "enrol", "noor").exit_code == 1

    token = ("token", "create", "--user", "noor")
    assert phone.run(*token, "--otp", phone.code()).exit_code == 1, "it was used to confirm"
    phone.wait(30)
    asked = phone.run(*token, typed=f"{phone.code()}\n")
    assert asked.exit_code == 0, said(asked)
    assert phone.run(*token, "--otp", recovery[0]).exit_code == 0
    assert phone.run(*token, "--otp", recovery[0]).exit_code == 1

    reset = ("user", "reset-factor", "noor")
    assert phone.home.run(*reset, by="ada").exit_code == 1
    second = ("--second-token-file", phone.home.token("abel"))
    done = phone.home.run(*reset, *second, by="ada")
    assert done.exit_code == 0, said(done)
    assert phone.run(*token).exit_code == 0


def test_a_wrong_code_enrols_nothing(phone):
    refused = phone.run("user", "enrol", "noor", typed="no code\n")
    assert refused.exit_code == 1
    assert "The code is wrong" in refused.stderr
    assert phone.run("token", "create", "--user", "noor").exit_code == 0


def test_whose_role_needs_a_second_factor_is_told_to_enrol_one(phone):
    shipped = (Path(__file__).parents[2] / "inventory/profiles/nct06001853.toml").read_text()
    asked = shipped.replace(
        'title = "Study coordinator"\n', 'title = "Study coordinator"\nsecond_factor = true\n'
    )
    (phone.home.folder / "strict.toml").write_text(asked)
    other = Home(
        phone.home.folder / "strict", {"CELLCUSTODY_PROFILE": str(phone.home.folder / "strict.toml")}
    )
    (other.folder / "tokens").mkdir(parents=True)
    _opened_with_noor(other)
    refused = other.run("token", "create", "--user", "noor", typed="a first password\n")
    assert refused.exit_code == 1
    assert "cellcustody user enrol noor" in refused.stderr
    assert refused.stdout == ""


def _opened_with_noor(home: Home) -> None:
    (home.folder / "passwords").write_text(f"{PASSWORD}\n{PASSWORD}\n")
    named = Home(
        home.folder, {**home.more, "CELLCUSTODY_ADMIN_PASSWORD_FILE": str(home.folder / "passwords")}
    )
    assert named.run("init", "--admin", "ada:Ada", "--admin", "abel:Abel").exit_code == 0
    out = ("--out", home.token("ada"))
    assert home.run("token", "create", "--user", "ada", *out, typed=f"{PASSWORD}\n").exit_code == 0
    assert _add(home, "noor", "coordinator").exit_code == 0
