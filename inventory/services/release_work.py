"""What stands between a lot and its release: each test that its product needs, and what is known of it.

Rules this module keeps:
- Which tests there are says the study's profile, which verdict counts the lot; the certificate's own words come
  from the entries of its results, as far as this person may open them. Nothing here decides a release.
- A file is handed out only where an entry of that very lot names its digest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inventory.store import attachments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.store.gate import Reader
    from inventory.store.records import EntryRecord, ItemRecord

RESULTS = "lot-record-results"
MISSING = "missing"


@dataclass(frozen=True, slots=True)
class TestLine:
    """One test that a release needs: its verdict, and what the last certificate says of it.

    `verdict` is `pass`, `fail`, `pending`, `not_applicable` or `missing`; `long` tells whether a conditional
    release may wait for it; `document` and `certificate` are digests of the files that the results came from.
    """

    name: str
    title: str
    verdict: str
    long: bool
    told: dict[str, str]
    issued_on: str = ""
    document: str = ""
    certificate: str = ""


async def tests_of(reader: Reader, lot: ItemRecord) -> tuple[TestLine, ...]:
    """Every test that this lot's product needs, in the profile's order."""
    profile, last = reader.profile, _last(await reader.history(lot.code) or [])
    kept: Any = lot.facts.get("results")
    verdicts = kept if isinstance(kept, dict) else {}
    titles = {test.name: test.title for test in profile.release_tests}
    return tuple(
        TestLine(
            name=name,
            title=titles[name],
            verdict=str(verdicts.get(name, MISSING)),
            long=profile.is_long_test(name),
            **last.get(name, {"told": {}}),
        )
        for name in profile.release_tests_for(str(lot.facts.get("product", "")))
    )


def _last(entries: list[EntryRecord]) -> dict[str, dict[str, Any]]:
    """What the certificate that counts says of each test: the newest that stands, or the first on which it failed."""
    found: dict[str, dict[str, Any]] = {}
    failed: set[str] = set()
    for evidence in _certificates(entries):
        for result in evidence.get("results", ()):
            if result["test"] in failed:
                continue
            failed |= {result["test"]} if result["verdict"] == "fail" else set()
            told = {
                name: str(result[name])
                for name in ("method", "specification", "result", "unit")
                if result.get(name)
            }
            files = {name: str(evidence.get(name) or "") for name in ("issued_on", "document", "certificate")}
            found[str(result["test"])] = {"told": told, **files}
    return found


def _certificates(entries: list[EntryRecord]) -> Iterator[dict[str, Any]]:
    """The evidence of the entries that brought results and are not void."""
    leaves: list[Any] = [entry.leaf for entry in entries]
    void = {(leaf["voids"]["log"], leaf["voids"]["index"]) for leaf in leaves if leaf.get("voids")}
    for leaf in leaves:
        if leaf.get("action") == RESULTS and (leaf["log"], leaf["index"]) not in void:
            yield leaf.get("evidence") or {}


async def certificate(reader: Reader, lot: str, digest: str) -> bytes | None:
    """The signed pages with that digest; None unless an entry of this lot names them, and they are kept."""
    named = [each.get("certificate") for each in _certificates(await reader.history(lot) or [])]
    return await attachments.content_of(digest) if digest in named else None
