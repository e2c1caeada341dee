"""Step 6: whether each person's refusals are all there, in their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from inventory.store.verify.entries import Log
from inventory.store.verify.report import Finding, Rows
from inventory.store.verify.vault_keys import Mac, derived, mac, octets, opens, unsealed

_REFUSALS: Final = "SELECT person, seq, key_id, nonce, ciphertext, chain FROM refusal ORDER BY person, seq"


def check_refusals(
    rows: Rows, logs: Sequence[Log], sealers: Mapping[str, AESGCM], secrets: Sequence[bytes]
) -> Iterator[Finding]:
    """Numbers, chains, and every end of a chain that an entry names or commits to (step 6)."""
    committers = [mac(derived(secret, "commit")) for secret in secrets]
    chains: dict[str, list[str]] = {}
    for person, seq, key_id, nonce, ciphertext, chain in rows(_REFUSALS):
        known = chains.setdefault(person, [])
        bound_to = octets(f"refusal\0{person}\0{seq}")
        plain, _ = unsealed(sealers.get(key_id), key_id, nonce, ciphertext, bound_to)
        previous = bytes.fromhex(known[-1]) if known else b""
        links = [_link(previous, each, f"{person} {seq}", plain) for each in committers]
        if seq != len(known) or type(chain) is not bytes or (links and chain not in links):
            sentence = f"The refusals of {person} are not whole at number {seq}."
            yield Finding("6 refusals", None, None, sentence)
            return
        known.append(chain.hex())
    open_log, vault = logs
    unknown = [index for index, person, head in vault.refusals if head not in chains.get(person, ())][:1]
    by_log = {vault: unknown, open_log: list(_unopened(open_log, chains, secrets))[:1]}
    for log, found in by_log.items():
        for index in found:
            person = next(person for place, person, _ in log.refusals if place == index)
            sentence = f"Entry {index} names a refusal of {person} that is not stored."
            yield Finding("6 refusals", log.name, index, sentence)


def _unopened(log: Log, chains: Mapping[str, Sequence[str]], secrets: Sequence[bytes]) -> Iterator[int]:
    """The open entries that commit to no end of their author's chain, or to an earlier one than before."""
    committers = [mac(derived(secret, "commit")) for secret in secrets]
    heads = {person: [b"", *map(bytes.fromhex, chain)] for person, chain in chains.items()}
    reached: dict[str, int] = {}
    for index, person, told in log.refusals if committers else ():
        mine, start = heads.get(person, [b""]), reached.get(person, 0)
        for place in range(start, len(mine)):
            if opens(told, committers, f"refusals\0{index}", mine[place]):
                reached[person] = place
                break
        else:
            yield index


def _link(previous: bytes, committer: Mac, owner: str, plain: bytes | None) -> bytes | None:
    """The chain after this refusal: SHA-256(chain before || commitment to it); None where it does not open."""
    salt = committer(f"refusal\0{owner}")
    return None if plain is None else sha256(previous + sha256(salt + plain).digest()).digest()
