"""Whether events tell lives that objects can have, by EPCIS's own rules and with nothing of the product's tables.

An object is added before it is seen; what was deleted or transformed is gone, and only its destruction may still
be seen; a child lies in one parent at a time. An event that a later one declares in error never was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Event = dict[str, Any]


def standing(events: Sequence[Event]) -> list[Event]:
    """The events that are not declared in error later."""
    left: list[Event] = []
    for event in events:
        if "errorDeclaration" in event:
            left = [one for one in left if one["eventID"] != event["eventID"]]
        else:
            left.append(event)
    return left


def troubles(events: Sequence[Event]) -> list[str]:
    """What no object can have gone through."""
    alive: set[str] = set()
    gone: set[str] = set()
    parent: dict[str, str] = {}
    found: list[str] = []
    for event in standing(events):
        found += [f"{each} {event['bizStep']}" for each in _impossible(event, alive, gone, parent)]
        ended = event.get("inputEPCList", []) if "action" not in event else []
        if event.get("action") == "DELETE" and event["type"] == "ObjectEvent":
            ended = event["epcList"]
        alive |= set(event.get("outputEPCList", []))
        if event.get("action") == "ADD" and event["type"] == "ObjectEvent":
            alive |= set(event["epcList"])
        alive -= set(ended)
        gone |= set(ended)
        for child in event.get("childEPCs", []):
            if event["action"] == "ADD":
                parent[child] = event["parentID"]
            else:
                parent.pop(child, None)
    return found


def _impossible(event: Event, alive: set[str], gone: set[str], parent: dict[str, str]) -> list[str]:
    if event["type"] == "TransformationEvent":
        return [
            f"{epc} is transformed, and is not there:" for epc in event["inputEPCList"] if epc not in alive
        ]
    if event["type"] == "AggregationEvent":
        return _misplaced(event, alive, parent)
    if event["action"] == "ADD":
        return [f"{epc} is added twice:" for epc in event["epcList"] if epc in alive]
    unseen = [epc for epc in event.get("epcList", []) if epc not in alive]
    if event["action"] == "OBSERVE" and event["bizStep"] == "destroying":
        unseen = [epc for epc in unseen if epc not in gone]
    return [f"{epc} is not there:" for epc in unseen]


def _misplaced(event: Event, alive: set[str], parent: dict[str, str]) -> list[str]:
    children = event["childEPCs"]
    if event["action"] == "ADD":
        return [f"{one} lies elsewhere:" for one in children if one in parent or one not in alive]
    return [f"{one} lies not there:" for one in children if parent.get(one) != event["parentID"]]
