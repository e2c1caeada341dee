"""The technicians' work at the bench, step by step, for tests that stop in the middle of it."""

from __future__ import annotations

from typing import Any

from inventory.domain.items import Kind
from tests.furniture import preparation
from tests.services.ward import Ward

THAW = {"device": "BATH", "celsius_milli": 37_000}


async def pick(ward: Ward, kit: str) -> str:
    """The vial that the pick list names first, picked."""
    vial, *_ = await ward.pick_list(kit)
    await ward.does("tina", "vial-pick", vial, kit=kit, position=(await ward.vial(vial)).place)
    return vial


async def thaw(ward: Ward, kit: str) -> str:
    """The same, thawed."""
    vial = await pick(ward, kit)
    await ward.does("tina", "vial-thaw", vial, **THAW)
    ward.wait(minutes=4)
    await ward.does("tina", "vial-finish-thaw", vial, appearance="clear_of_ice")
    return vial


async def record(ward: Ward, kit: str, **found: Any) -> None:
    """The preparation record, good but for what was found."""
    await ward.does("tina", "kit-record-preparation", kit, **preparation(**found))


def filled(joints: int = 2) -> dict[str, Any]:
    """What `kit-prepare` asks for."""
    return {"volumes_ul": [1000] * joints, "sleeve": "opaque"}


async def held_for(ward: Ward, kit: str) -> list[str]:
    """The vials held for a kit."""
    held = await ward.cast.find(Kind.CONTENTS, kit)
    return held.texts("vials") if held else []
