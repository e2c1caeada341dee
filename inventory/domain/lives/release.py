"""May a lot be released, and may what was made from it be used at this moment?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import TypeAlias

from inventory.domain import clocks
from inventory.domain.items import Item, Json, Kind
from inventory.domain.lives.row import Case
from inventory.domain.lives.shape import brought, field
from inventory.domain.lives.states import RELEASED
from inventory.domain.refusals import Refusal, Refused

LotRule: TypeAlias = Callable[[Case, Item | None], Refused | None]
"""A rule about a lot that is not the act's own item; None where there is no such lot."""


_end_of_day = lru_cache(maxsize=1024)(clocks.expiry_end)


# What must hold of a lot for its vials to be used
def _released(case: Case, lot: Item | None) -> Refused | None:  # noqa: ARG001  (lot rules share one shape)
    """The lot is released, at least conditionally, and neither on hold nor recalled."""
    if lot is None:
        return Refused(Refusal.LOT_NOT_RELEASED)
    if lot.state == "recalled":
        return Refused(Refusal.LOT_RECALLED, lot.code)
    if lot.state == "on_hold":
        return Refused(Refusal.LOT_ON_HOLD, lot.code)
    return None if lot.state in RELEASED else Refused(Refusal.LOT_NOT_RELEASED, f"{lot.code} is {lot.state}")


def _in_date(case: Case, lot: Item | None) -> Refused | None:
    """The lot's expiry date has not passed at the site."""
    if lot is None or lot.due is None:
        return None
    end = _end_of_day(lot.due, case.profile.site.time_zone)
    if clocks.past(end, case.act.occurred_at, case.now):
        return Refused(Refusal.LOT_EXPIRED, f"{lot.code} expired {lot.due}")
    return None


def _followed_up(case: Case, lot: Item | None) -> Refused | None:
    """A conditionally released lot is within its follow-up."""
    if lot is None or lot.state != "conditionally_released":
        return None
    until = lot.text("follow_up_by")
    return Refused(Refusal.FOLLOW_UP_PASSED, f"{lot.code}, due {until}") if until < case.today() else None


def _of_eligible_donor(case: Case, lot: Item | None) -> Refused | None:
    """A lot of cells has a donor who is determined eligible."""
    if lot is None:
        return None
    # Looked for where there is none too, under a code that no donor has, so that it takes as long.
    donor, product = case.get(Kind.DONOR, lot.parent or lot.code), case.profile.product(lot.text("product"))
    if donor is None and lot.parent is None and (product is None or not product.cellular):
        return None
    if donor is not None and donor.state == "eligible":
        return None
    return Refused(Refusal.DONOR_NOT_ELIGIBLE, donor.state if donor else "no determination")


USE: tuple[LotRule, ...] = (_of_eligible_donor, _released, _in_date, _followed_up)
"""What must hold of a lot for its vials to be used at this moment."""


def usable(case: Case, lot: Item | None) -> Refused | None:
    """Why a lot's vials may not be used at this moment; None where they may."""
    # All are asked, so that it takes as long whichever of them a lot breaks.
    found = [rule(case, lot) for rule in USE]
    return next((refused for refused in found if refused is not None), None)


def good(case: Case, lot: Item) -> bool:
    """Whether a lot that was released may be used again once nothing holds it back: in date, of a good donor."""
    return _of_eligible_donor(case, lot) is None and in_date(case, lot)


def in_date(case: Case, lot: Item) -> bool:
    """Whether the lot's expiry date has not passed at the site."""
    return _in_date(case, lot) is None


# What must hold for the lot itself to be released
def verdicts_of(lot: Item) -> dict[str, Json]:
    """The verdict of each test that was recorded of the lot."""
    results = lot.facts.get("results", {})
    return results if isinstance(results, dict) else {}


def _verdicts(case: Case) -> dict[str, str]:
    """The verdict of each test that the product needs."""
    recorded, wanted = verdicts_of(case.item), case.profile.release_tests_for(case.item.text("product"))
    return {test: str(recorded.get(test, "missing")) for test in wanted}


def _with_verdict(case: Case, verdict: str) -> list[str]:
    return [test for test, found in _verdicts(case).items() if found == verdict]


def none_missing(case: Case) -> Refused | None:
    """Every release test of the product has a result; that it does not apply is none."""
    # Which test a product needs says the study's profile, and no certificate lifts it.
    missing = [test for test, found in _verdicts(case).items() if found in {"missing", "not_applicable"}]
    return Refused(Refusal.TESTS_MISSING, ", ".join(missing)) if missing else None


def none_failed(case: Case) -> Refused | None:
    """No release test failed."""
    failed = _with_verdict(case, "fail")
    return Refused(Refusal.TESTS_FAILED, ", ".join(failed)) if failed else None


def none_pending(case: Case) -> Refused | None:
    """No release test is pending."""
    pending = _with_verdict(case, "pending")
    return Refused(Refusal.TESTS_PENDING, ", ".join(pending)) if pending else None


def only_long_tests_pending(case: Case) -> Refused | None:
    """The study allows conditional release, and only long tests are pending, at least one."""
    if not case.profile.conditional_release.allowed:
        return Refused(Refusal.CONDITIONAL_RELEASE_NOT_ALLOWED)
    pending = _with_verdict(case, "pending")
    if not pending:
        return Refused(Refusal.NOTHING_PENDING)
    return _no_short_test(case, pending)


def _no_short_test(case: Case, pending: list[str]) -> Refused | None:
    short = [test for test in pending if not case.profile.is_long_test(test)]
    return Refused(Refusal.TESTS_PENDING, ", ".join(short)) if short else None


def held_from(lot: Item) -> str:
    """The state to which a lot on hold goes back; of one that does not say, the stricter of the two."""
    return lot.text("held_from") or "conditionally_released"


def pending_as_before(case: Case) -> Refused | None:
    """No release test is pending; of a lot that was released conditionally, none but long ones."""
    if held_from(case.item) == "released":
        return none_pending(case)
    return _no_short_test(case, _with_verdict(case, "pending"))


def failures_stand(case: Case) -> Refused | None:
    """A test that failed stays failed, whatever a later certificate says: only a void takes it back."""
    failed = {test for test, found in verdicts_of(case.item).items() if found == "fail"}
    told = [one.test for one in field(case, "results", tuple) if one.test in failed and one.verdict != "fail"]
    return Refused(Refusal.TESTS_FAILED, ", ".join(told)) if told else None


def follow_up_in_reach(case: Case) -> Refused | None:
    """The follow-up is not over already, and no later than the study allows."""
    until, today = brought(case, "follow_up_by"), case.today()
    days = timedelta(days=case.profile.conditional_release.follow_up_days)
    if until < today:
        return Refused(Refusal.FOLLOW_UP_PASSED, until)
    latest = (date.fromisoformat(today) + days).isoformat()
    return Refused(Refusal.FOLLOW_UP_TOO_LATE, f"at the latest {latest}") if until > latest else None


def donor_eligible(case: Case) -> Refused | None:
    """A lot of cells has a donor who is determined eligible."""
    return _of_eligible_donor(case, case.item)


def not_expired(case: Case) -> Refused | None:
    """The expiry date has not passed."""
    return _in_date(case, case.item)


OUTRIGHT = (donor_eligible, none_missing, none_failed, none_pending, not_expired)
CONDITIONALLY = (
    donor_eligible,
    none_missing,
    none_failed,
    only_long_tests_pending,
    follow_up_in_reach,
    not_expired,
)
PROVEN = (none_missing, none_failed, pending_as_before)
"""What the results of a lot must show for it to stay in use, or to be used again."""
AGAIN = (donor_eligible, *PROVEN)
"""What must hold for a lot on hold to be used again."""
