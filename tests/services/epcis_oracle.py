"""The hashes of a document's events by the standard's reference implementation, read from standard input.

A process of its own: that program keeps what it learned of one document's namespaces for the next one, and
brings its own logging. It reads the document as JSON-LD, under the standard's context as GS1 publishes it.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import Any


def reference_hashes(document: bytes) -> list[str]:
    """The hash of every event, in their order."""
    ran = subprocess.run([sys.executable, __file__], input=document, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()[-2000:]
    hashes: list[str] = json.loads(ran.stdout)
    return hashes


def main() -> None:
    from epcis_event_hash_generator import hash_generator, json_to_py

    logging.disable(logging.CRITICAL)
    document: Any = json.load(sys.stdin)
    events = json_to_py.event_list_from_epcis_document_json(document)
    json.dump(hash_generator.epcis_hashes_from_events(events), sys.stdout)


if __name__ == "__main__":
    main()
