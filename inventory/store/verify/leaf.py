"""Step 1e: whether bytes are the one canonical form of an object (RFC 8785), checked with code of its own."""

from __future__ import annotations

import json
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]  # typeshed omits both
from typing import Any, Final

LARGEST_INTEGER: Final = 2**53 - 1


def read_leaf(leaf: bytes) -> dict[str, Any]:
    """The object that these canonical bytes write. Raises ValueError for any other bytes.

    Sorted compact JSON that escapes controls, quote and backslash alone is RFC 8785 as long as there are no
    fractions (refused), integers stay within 2^53 (refused) and keys are ASCII (beyond it the order differs).
    """
    try:
        text = leaf.decode()
        value, _ = _DECODER.raw_decode(text)
        canonical = "".join(encoded(value, 0)) == text and (text.isascii() or _has_ascii_keys(value))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"its leaf is not canonical JSON ({error}).") from error
    if not canonical:
        raise ValueError(
            "its leaf is not canonical JSON (it is written in another form than the one of RFC 8785)."
        )
    if type(value) is not dict:
        raise ValueError("its leaf is not an object.")
    return value


def _integer(text: str) -> int:
    value = int(text)
    if abs(value) > LARGEST_INTEGER:
        raise ValueError(f"{text} is beyond ±(2^53 - 1)")
    return value


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is not an integer")


# What JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")) makes anew for each value.
encoded: Final = c_make_encoder(None, None, encode_basestring, None, ":", ",", True, False, False)
_DECODER: Final = json.JSONDecoder(parse_int=_integer, parse_float=_refuse, parse_constant=_refuse)


def _has_ascii_keys(value: Any) -> bool:
    if type(value) is dict:
        return all(key.isascii() and _has_ascii_keys(part) for key, part in value.items())
    return type(value) is not list or all(map(_has_ascii_keys, value))
