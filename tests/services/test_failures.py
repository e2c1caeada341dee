"""Whoever guesses has to wait, and what is remembered of guesses has an end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from inventory.services.failures import FAILURES, NAMES_AT_MOST, WAIT, Failures, SignInWaitsError

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def guessed(times: int, name: str = "tess") -> Failures:
    failures = Failures()
    for _ in range(times):
        failures.note(name, NOW)
    return failures


@pytest.mark.parametrize(("times", "waits"), [(FAILURES - 1, False), (FAILURES, True), (FAILURES + 1, True)])
def test_five_failures_in_a_row_make_a_name_wait(times: int, waits: bool) -> None:
    failures = guessed(times)
    failures.refuse("somebody else", NOW)
    if waits:
        with pytest.raises(SignInWaitsError):
            failures.refuse("tess", NOW + WAIT - timedelta(microseconds=1))
    failures.refuse("tess", NOW + WAIT)


def test_a_success_ends_the_count() -> None:
    failures = guessed(FAILURES)
    failures.forget("tess")
    failures.refuse("tess", NOW)


def test_no_more_names_are_remembered_than_is_said() -> None:
    failures = Failures()
    for number in range(3 * NAMES_AT_MOST):
        failures.note(f"name {number}", NOW)
    assert len(failures._seen) == NAMES_AT_MOST


def test_the_name_that_failed_longest_ago_is_forgotten_first() -> None:
    failures = guessed(FAILURES, "first")
    for _ in range(FAILURES):
        failures.note("second", NOW)
    failures.note("first", NOW)
    for number in range(NAMES_AT_MOST - 1):
        failures.note(f"name {number}", NOW)
    failures.refuse("second", NOW)
    with pytest.raises(SignInWaitsError):
        failures.refuse("first", NOW)
