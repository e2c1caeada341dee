"""Half a year on: planned unblinding, and the kit of a second period on its way, for tests that begin there."""

from __future__ import annotations

from tests.services.bench import filled, record, thaw
from tests.services.ward import Ward

ENTITLED = ("cora", "paula", "peter", "ivan", "irene")
NOT_ENTITLED = "carl"


async def unblind(ward: Ward, participant: str, entitled: tuple[str, ...] = ENTITLED) -> list[str]:
    """Planned unblinding after the data lock; the kits that it brought for the second period."""
    told = {
        "data_lock": "5e" * 32,
        "locked_by": "Data manager",
        "locked_on": "2027-05-20",
        "told": [{"who": "the participant", "how": "in_person"}],
    }
    await ward.does("stan", "participant-unblind", participant, **told, entitled=list(entitled))
    return await (await ward.reader("stan")).kits_of(participant, 2)


async def month_six(ward: Ward) -> str:
    """Two participants treated and cleared away, half a year on, and unblinded: the kit of the second one."""
    for participant in ("P-001", "P-002"):
        await ward.kit_at("destroyed", participant)
    ward.wait(days=182)
    assert await unblind(ward, "P-001") == []
    (kit,) = await unblind(ward, "P-002")
    return kit


async def prepared(ward: Ward, kit: str) -> str:
    """The kit of a second period, prepared; the vial that went into it."""
    await ward.walk(kit, "called_for")
    vial = await thaw(ward, kit)
    await record(ward, kit)
    ward.wait(minutes=60)
    await ward.does("tina", "kit-prepare", kit, **filled())
    return vial


async def confirmed(ward: Ward, kit: str) -> None:
    await prepared(ward, kit)
    await ward.walk(kit, "at_bedside")
    await ward.does("cora", "kit-confirm", kit, second="ivan", participant="P-002")
