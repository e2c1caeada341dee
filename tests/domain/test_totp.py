"""One-time codes: the vectors of their standards, the drift, and that none is taken twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from inventory.domain import totp

SECRET = b"12345678901234567890"
NOW = datetime(2026, 11, 22, 9, 0, 10, tzinfo=UTC)

# RFC 6238, appendix B, the rows of SHA-1
BY_TIME = """
             59 | 94287082
     1111111109 | 07081804
     1111111111 | 14050471
     1234567890 | 89005924
     2000000000 | 69279037
    20000000000 | 65353130
"""
# RFC 4226, appendix D
BY_COUNT = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489"


@pytest.mark.parametrize("row", BY_TIME.split("\n")[1:-1])
def test_the_codes_are_those_of_rfc_6238(row: str) -> None:
    seconds, code = row.split("|")
    moment = datetime.fromtimestamp(int(seconds), UTC)
    assert totp.code_of(SECRET, totp.step_of(moment), 8) == code.strip()


@pytest.mark.parametrize(("count", "code"), list(enumerate(BY_COUNT.split())))
def test_the_codes_are_those_of_rfc_4226(count: int, code: str) -> None:
    assert totp.code_of(SECRET, count) == code


def of(seconds: int) -> str:
    """The code that an app shows so many seconds from now."""
    return totp.code_of(SECRET, totp.step_of(NOW + timedelta(seconds=seconds)))


@pytest.mark.parametrize(
    ("seconds", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_a_code_is_taken_one_step_early_or_late_and_no_more(seconds: int, taken: bool) -> None:
    found = totp.step_with(SECRET, of(seconds), NOW, 0)
    assert found == (totp.step_of(NOW) + seconds // 30 if taken else None)


def test_a_code_that_was_used_is_refused_and_so_is_every_earlier_one() -> None:
    here = totp.step_of(NOW)
    assert totp.step_with(SECRET, of(0), NOW, here - 1) == here
    assert totp.step_with(SECRET, of(0), NOW, here) is None
    assert totp.step_with(SECRET, of(-30), NOW, here) is None
    assert totp.step_with(SECRET, of(30), NOW, here) == here + 1


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "０００００００", "-00001", "000000\x00"]
)
def test_what_is_no_code_is_refused_and_never_fails(typed: str) -> None:
    assert totp.step_with(SECRET, typed, NOW, 0) is None


def test_a_code_may_be_typed_in_two_groups_as_apps_show_it() -> None:
    assert totp.step_with(SECRET, f"{of(0)[:3]} {of(0)[3:]}", NOW, 0) == totp.step_of(NOW)


def test_the_address_says_all_that_an_app_needs() -> None:
    found = urlsplit(totp.address(SECRET, "NCT06001853 test", "ines"))
    assert (found.scheme, found.netloc, found.path) == ("otpauth", "totp", "/NCT06001853%20test:ines")
    assert parse_qs(found.query) == {
        "secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"], "issuer": ["NCT06001853 test"],
        "algorithm": ["SHA1"], "digits": ["6"], "period": ["30"],
    }  # fmt: skip
