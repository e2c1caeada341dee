"""Do the values of a profile fit together? Each contradiction is one `path: sentence`.

A check is a function from the profile to the sentences it found; `CHECKS` lists them all, in the order of
the tables in the file. Nothing here reads a clock, a file, or anything but the profile; time zone names are
looked up in the zone database of the host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from inventory.domain.identifiers.gs1_keys import check_fits
from inventory.domain.profile.model import Profile
from inventory.domain.roles import AUDITORS, Role

ALWAYS_BLINDED = frozenset({Role.COORDINATOR, Role.INJECTOR, Role.BLINDED_AUDITOR, Role.ADMINISTRATOR})
EITHER = frozenset({Role.PHARMACIST})
"""A pharmacist knows where the pharmacy draws up; every role in neither set is unblinded in every study."""


def contradictions(profile: Profile) -> list[str]:
    """Everything that does not fit together, in the order of the tables; empty if all does."""
    return [problem for check in CHECKS for problem in check(profile)]


def _repeats(path: str, values: Iterable[object]) -> Iterator[str]:
    seen: set[object] = set()
    for place, value in enumerate(values):
        if value in seen:
            yield f"{path}[{place}]: {value} stands here a second time."
        seen.add(value)


def _repetitions(profile: Profile) -> Iterator[str]:
    yield from _repeats("products", (product.code for product in profile.products))
    yield from _repeats("arms", (arm.code for arm in profile.arms))
    yield from _repeats("randomisation.treatments", (t.label for t in profile.randomisation.treatments))
    yield from _repeats("randomisation.strata", profile.randomisation.strata)
    yield from _repeats("release_tests", (test.name for test in profile.release_tests))
    yield from _repeats("visits", (visit.code for visit in profile.visits))
    yield from _repeats("joints", profile.joints)
    yield from _repeats("two_person", profile.two_person)
    yield from _repeats("signatures.acts", profile.signatures.acts)
    yield from _repeats("code_break.notify", profile.code_break.notify)
    yield from _repeats("roles", (role.name for role in profile.roles))
    yield from _repeats("labels.templates", profile.labels.templates)
    yield from _repeats("devices.calibrated_kinds", profile.devices.calibrated_kinds)


def _site(profile: Profile) -> Iterator[str]:
    try:
        ZoneInfo(profile.site.time_zone)
    except (KeyError, ValueError, OSError):
        yield "site.time_zone: is not an IANA time zone such as America/New_York."


def _products(profile: Profile) -> Iterator[str]:
    for i, product in enumerate(profile.products):
        path = f"products[{i}]"
        if not check_fits(product.gtin):
            yield f"{path}.gtin: the check digit is wrong."
        if product.cellular and product.dose_cells == 0:
            yield f"{path}.dose_cells: a product of cells needs a dose of cells."
        if not product.cellular and product.dose_cells != 0:
            yield f"{path}.dose_cells: a product without cells has a dose of 0 cells."
        if not product.cellular and product.isbt_product_code:
            yield f"{path}.isbt_product_code: a product without a donor has none."
        if product.storage_alarm_millidegrees < product.storage_limit_millidegrees:
            yield f"{path}.storage_alarm_millidegrees: the alarm lies below the storage limit."


def _periods(profile: Profile) -> Iterator[str]:
    for i, period in enumerate(profile.periods):
        path = f"periods[{i}]"
        if period.number != i + 1:
            yield f"{path}.number: periods are numbered 1, 2, 3 in order; this one must be {i + 1}."
        if period.blinded != (period.opens_after == "randomisation"):
            yield f"{path}.blinded: a period is blinded exactly when it opens after randomisation."
    if not profile.periods[0].blinded:
        yield "periods[0].blinded: the first period is blinded for every participant."


def _arms(profile: Profile) -> Iterator[str]:
    products = {product.code for product in profile.products}
    periods = {period.number for period in profile.periods}
    for i, arm in enumerate(profile.arms):
        path = f"arms[{i}].treatments"
        for j, treatment in enumerate(arm.treatments):
            if treatment.product not in products:
                yield f"{path}[{j}].product: {treatment.product} is not a product of this profile."
            if treatment.period not in periods:
                yield f"{path}[{j}].period: this profile has no period {treatment.period}."
        yield from _repeats(path, (f"period {treatment.period}" for treatment in arm.treatments))
        for period in profile.periods:
            if period.blinded and arm.product_in(period.number) is None:
                yield f"{path}: a blinded period needs a product, and period {period.number} has none here."


def _randomisation(profile: Profile) -> Iterator[str]:
    listed = [treatment.arm for treatment in profile.randomisation.treatments]
    arms = [arm.code for arm in profile.arms]
    for i, arm in enumerate(listed):
        if arm not in arms:
            yield f"randomisation.treatments[{i}].arm: {arm} is not an arm of this profile."
    for arm in arms:
        if listed.count(arm) != 1:
            yield f"randomisation.treatments: arm {arm} must be named by exactly one label."


def _release(profile: Profile) -> Iterator[str]:
    products = [product.code for product in profile.products]
    for i, test in enumerate(profile.release_tests):
        for unknown in sorted(set(test.products) - set(products)):
            yield f"release_tests[{i}].products: {unknown} is not a product of this profile."
    for i, code in enumerate(products):
        if not profile.release_tests_for(code):
            yield f"products[{i}].code: no release test is required for {code}."
    conditional = profile.conditional_release
    longest = max(test.pending_days for test in profile.release_tests)
    if conditional.allowed and longest == 0:
        yield "conditional_release.allowed: no test may be pending, so there is nothing to wait for."
    if conditional.allowed and conditional.follow_up_days < longest:
        yield f"conditional_release.follow_up_days: the longest test takes {longest} days."


def _kit(profile: Profile) -> Iterator[str]:
    kit = profile.kit
    joints = kit.max_joints
    if joints > len(profile.joints):
        yield f"kit.max_joints: the profile lists only {len(profile.joints)} joints."
    needed = joints * kit.dose_microlitres
    for i, product in enumerate(profile.products):
        held = kit.vials_per_kit * product.fill_microlitres
        if held < needed:
            yield (
                f"products[{i}].fill_microlitres: the vials of a kit hold {held} microlitres, "
                f"and {joints} joints need {needed}."
            )


def _limits(profile: Profile) -> Iterator[str]:
    limits = profile.limits
    use_by, step = limits.use_by_minutes, limits.use_by_step_minutes
    if 60 % step:
        yield "limits.use_by_step_minutes: the step must divide an hour."
    if limits.use_by_warning_minutes >= use_by:
        yield "limits.use_by_warning_minutes: the warning must come before the use-by."
    # Rounding down may take up to one step; what is left must still reach past the earliest hand-over.
    if use_by - step < limits.ready_after_minutes:
        yield "limits.use_by_minutes: must be longer than ready_after_minutes by at least the rounding step."
    elif limits.transport_minutes > use_by - step - limits.ready_after_minutes:
        yield "limits.transport_minutes: is longer than what is left between ready and use-by."


def _roles(profile: Profile) -> Iterator[str]:
    states = {role.name: role.blinded for role in profile.roles}
    for missing in (name for name in Role if name not in states and name is not Role.PRINTING):
        yield f"roles: the role {missing} is missing."
    for i, role in enumerate(profile.roles):
        if role.name not in EITHER and role.blinded != (role.name in ALWAYS_BLINDED):
            yield f"roles[{i}].blinded: {role.name} is {'un' * role.blinded}blinded in every study."
        yield from _duties(f"roles[{i}].may_also", role.name, role.may_also, states)


def _duties(path: str, name: Role, others: Sequence[Role], states: dict[Role, bool]) -> Iterator[str]:
    for other in others:
        if other == name:
            yield f"{path}: a role has its own duties already."
        elif states.get(other, states[name]) != states[name]:
            yield f"{path}: nobody is blinded and unblinded at once, as {name} with {other} would be."


def _code_break(profile: Profile) -> Iterator[str]:
    for i, role in enumerate(profile.code_break.notify):
        if role in AUDITORS or role is Role.ADMINISTRATOR:
            yield f"code_break.notify[{i}]: {role} only looks, and acknowledges nothing."


def _labels(profile: Profile) -> Iterator[str]:
    if not check_fits(profile.labels.gtin):
        yield "labels.gtin: the check digit is wrong."


CHECKS: tuple[Callable[[Profile], Iterator[str]], ...] = (
    _repetitions,
    _site,
    _products,
    _periods,
    _arms,
    _randomisation,
    _release,
    _kit,
    _limits,
    _roles,
    _code_break,
    _labels,
)
