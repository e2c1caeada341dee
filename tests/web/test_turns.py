"""A turn at scanning travels sealed: read by its session alone, the same each time, and telling nothing."""

from __future__ import annotations

import base64

import pytest

from inventory.web.cookies import lasting
from inventory.web.pages.turns import Turn, opened, sealed
from inventory.web.problems import ProblemError

TURN = Turn("KN9QGGKXY").and_first("KN9QGGKXY").and_first("P-001").and_second("YN9QGGKX3D")


def test_what_was_sealed_opens_in_its_own_session() -> None:
    assert opened(sealed(TURN, "token"), "token") == TURN
    assert sealed(TURN, "token") == sealed(TURN, "token")


def test_it_opens_in_the_sessions_that_renew_it_and_in_no_other() -> None:
    renewed = lasting("token") + "of another hour"
    again = lasting(renewed) + "of the next"
    assert opened(sealed(TURN, "token"), renewed) == opened(sealed(TURN, renewed), again) == TURN
    for other in (lasting("another") + "of another hour", "of another hour", lasting("token")[1:] + renewed):
        with pytest.raises(ProblemError):
            opened(sealed(TURN, "token"), other)


@pytest.mark.parametrize(
    "text", ["", "x", "é", "A" * 40, sealed(TURN, "another"), sealed(TURN, "token")[:-4] + "AAAA"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ProblemError):
        opened(text, "token")


def test_no_code_can_be_read_in_it() -> None:
    text = sealed(TURN, "token")
    content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    for code in ("KN9QGGKXY", "P-001", "YN9QGGKX3D"):
        assert code not in text
        assert code.encode() not in content
