"""Block schemes as people write them."""

from __future__ import annotations

import pytest

from inventory.domain.block_words import NotASchemeError, scheme_of, schemes_of
from inventory.domain.blocks import KnownBlocks, MixedBlocks, SchemeError


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("4", KnownBlocks((4,))),
        ("4,4,6", KnownBlocks((4, 4, 6))),
        ("4*3", KnownBlocks((4, 4, 4))),
        ("4*2,6,2*2", KnownBlocks((4, 4, 6, 2, 2))),
        ("random:4", MixedBlocks((4,))),
        ("random:2,4,6", MixedBlocks((2, 4, 6))),
        ("random:4,2,4/40", MixedBlocks((4, 2), 40)),
    ],
)
def test_a_scheme_is_read(text: str, scheme: object) -> None:
    assert scheme_of(text) == scheme


@pytest.mark.parametrize(
    "text",
    [
        "", "0", "4,", ",4", "4*0", "four", "4 4", "-4", "4*999", "999,999", "random:", "random:0,4", "random:4/9999",
        "4**2", "4;4", "random:4*2", "٤", "1" * 200,
    ],
)  # fmt: skip
def test_what_is_none_is_refused_with_how_it_is_written(text: str) -> None:
    with pytest.raises(NotASchemeError, match=r"Write 4\*10 for ten blocks of four"):
        scheme_of(text)


def test_one_scheme_is_for_all_strata_and_one_may_have_its_own() -> None:
    strata = ("under-60", "60-and-over")
    assert schemes_of(["4*2"], strata) == dict.fromkeys(strata, KnownBlocks((4, 4)))
    own = schemes_of(["4*2", "under-60=random:2,4"], strata)
    assert own == {"under-60": MixedBlocks((2, 4)), "60-and-over": KnownBlocks((4, 4))}
    with pytest.raises(SchemeError, match="The block scheme of 60-and-over is missing"):
        schemes_of(["under-60=4"], strata)
    with pytest.raises(NotASchemeError):
        schemes_of(["elsewhere=4"], strata)
