"""What are the exact bytes of a value: RFC 8785 (JSON Canonicalization Scheme) for what a leaf may hold.

Rules kept here:
- A leaf holds integers within ±(2^53 - 1), strings, booleans, null, lists, and objects whose keys are ASCII.
  For these RFC 8785 asks for no number formatting and no UTF-16 key order: sorted compact JSON is the form.
- Anything else is refused by name and never converted: a float, a date or an enum that a JSON library
  would quietly turn into something has no one right form of bytes.
"""

from __future__ import annotations

from typing import Final

import orjson

LARGEST_INTEGER: Final = 2**53 - 1

# Nobody nests a leaf this deep; beyond it the walk and orjson would both stop at limits of their own.
DEEPEST: Final = 100

_ANY: Final = frozenset({str, bool, type(None)})
"""Types of which a leaf may hold any value, as far as `_is_plain` looks."""


class NotCanonical(ValueError):  # noqa: N818  # the name says what is wrong
    """The value has no canonical bytes; the sentence names the place inside it and the cause."""

    def __init__(self, path: str, cause: str) -> None:
        self.path = path
        super().__init__(f"The value at {path} cannot be written as canonical JSON: {cause}.")


def encode(value: object) -> bytes:
    """The canonical UTF-8 bytes of `value` (RFC 8785 §3.2, for the subset above).

    A tuple is written as a list. Raises NotCanonical for every value outside the subset.
    """
    if not _is_plain(value, DEEPEST):
        _explain(value, "$", DEEPEST)
    try:
        data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # A key that is no string, or a lone surrogate; looking at each string beforehand would cost too much.
        _explain(value, "$", DEEPEST)
        raise
    if not data.isascii():  # which a text may be, and a key may not
        _explain(value, "$", DEEPEST)
    return data


def _is_plain(value: object, depth: int) -> bool:
    """True when every part of `value` is of a type that a leaf may hold; neither strings nor keys are looked at."""
    # The types are compared exactly: orjson writes a subclass (an enum, a kind of string) in its own way.
    kind = type(value)
    if kind in _ANY:
        return True
    if kind is int:
        return -LARGEST_INTEGER <= value <= LARGEST_INTEGER  # type: ignore[operator]  # kind says it is an int
    if depth == 0:
        return False
    if kind is dict:
        # mypy does not see that `kind` says what it is; and a generator, here and below, costs twice as much.
        for part in value.values():  # type: ignore[attr-defined]  # noqa: SIM110
            # Most parts of a leaf are strings or absent: not calling for them halves the time of the walk.
            if type(part) not in _ANY and not _is_plain(part, depth - 1):
                return False
        return True
    if kind is list or kind is tuple:
        for part in value:  # type: ignore[attr-defined]  # noqa: SIM110  (both as above)
            if type(part) not in _ANY and not _is_plain(part, depth - 1):
                return False
        return True
    return False


def _explain(value: object, path: str, depth: int) -> None:
    """Raise NotCanonical for the first part of `value` that has no canonical bytes, if there is one."""
    if isinstance(value, dict | list | tuple) and depth == 0:
        raise NotCanonical(path, f"it lies more than {DEEPEST} levels deep")
    if type(value) is dict:
        for key, part in value.items():
            _explain_key(key, path)
            _explain(part, f"{path}.{key}", depth - 1)
    elif type(value) is list or type(value) is tuple:
        for index, part in enumerate(value):
            _explain(part, f"{path}[{index}]", depth - 1)
    else:
        _explain_scalar(value, path)


def _explain_key(key: object, path: str) -> None:
    if type(key) is not str:
        raise NotCanonical(path, f"a key is of type {type(key).__name__}, and keys are strings")
    if not key.isascii():
        raise NotCanonical(path, f"the key {key!r} is not ASCII")


def _explain_scalar(value: object, path: str) -> None:
    if type(value) is str:
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise NotCanonical(path, "the text holds half of a surrogate pair")
    elif type(value) is int:
        if abs(value) > LARGEST_INTEGER:
            raise NotCanonical(path, "the integer is beyond ±(2^53 - 1)")
    elif value is not None and type(value) is not bool:
        raise NotCanonical(path, f"a {type(value).__name__} has no place in an entry")
