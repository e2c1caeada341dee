"""An EPCIS document: the events under the standard's context, with the heads of the logs that they were read from.

Rules this module keeps:
- The same entries, heads and moment give the same bytes.
- What is ours stands under our own prefix; everything else is the standard's (EPCIS 2.0 §10, JSON-LD).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from inventory.services.epcis.names import NAMESPACE, PREFIX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory.services.epcis.events import Event

CONTEXT: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def document(events: Sequence[Event], heads: Sequence[tuple[str, int, bytes]], created: str) -> bytes:
    """The document as JSON-LD in UTF-8; `heads` are the logs' names, sizes and roots, `created` an instant."""
    whole: dict[str, Any] = {
        "@context": [CONTEXT, {PREFIX: NAMESPACE}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": created,
        f"{PREFIX}:heads": [
            {f"{PREFIX}:log": log, f"{PREFIX}:size": size, f"{PREFIX}:root": root.hex()}
            for log, size, root in heads
        ],
        "epcisBody": {"eventList": list(events)},
    }
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2) + b"\n"
