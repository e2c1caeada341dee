"""The sentences that law asks for, word for word: a template names one and cannot misspell it.

`REQUIRED` says which contents' templates are refused without which sentence. Sentences that concern one donor
are in nobody's template: printed on one product's labels alone they would tell it from the other, so they stand
in the donor's record and go on the lot's label, which never leaves the laboratory (21 CFR 1271.370(b)(4)).
"""

from __future__ import annotations

SENTENCES = {
    "us_312_6": "Caution: New Drug\N{EM DASH}Limited by Federal (or United States) law to investigational use.",
}
"""By name. `us_312_6`: 21 CFR 312.6(a), on the immediate package of an investigational new drug."""

REQUIRED = {
    "vial": ("us_312_6",),
    "syringe": ("us_312_6",),
    "kit": ("us_312_6",),
}
"""By content, the sentences that its template must bear: these are immediate packages (21 CFR 312.6(a))."""
