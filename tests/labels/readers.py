"""Readers that share no code with what drew the labels: libdmtx for Data Matrix, the bars' own widths for Code 128.

libdmtx tells neither GS1 from plain nor where its separators stand: what it reads is compared without them.
"""

from __future__ import annotations

from itertools import groupby

import arbez_dmtx
from PIL import Image

TABLE = """
212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222
123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321
232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121
313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224
111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111
111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113
114311 411113 411311 113141 114131 311141 411131 211412 211214 211232
"""
"""The bars and spaces of each value, as ISO/IEC 15417 table 1 has them; 103 to 105 are the starts A, B and C."""
VALUE = {widths: value for value, widths in enumerate(TABLE.split())}
STOP = "2331112"


def code_128(bars: Image.Image) -> str:
    """The text of a picture that is one Code 128 from its first bar to its last, read by the widths of its bars."""
    row = bars.crop((0, 0, bars.width, 1)).convert("L").tobytes()
    runs = [len(list(run)) for _, run in groupby(row)]
    dots = min(runs)
    assert all(run % dots == 0 for run in runs)
    modules = "".join(str(run // dots) for run in runs)
    assert modules.endswith(STOP)
    values = [VALUE[modules[at : at + 6]] for at in range(0, len(modules) - len(STOP), 6)]
    *data, check = values
    assert (data[0] + sum(place * value for place, value in enumerate(data))) % 103 == check
    return "".join(characters(data))


def characters(values: list[int]):
    """The characters of start and data values in the code sets B and C."""
    code_set = {104: "B", 105: "C"}[values[0]]
    for value in values[1:]:
        if (code_set, value) in {("B", 99), ("C", 100)}:
            code_set = "C" if value == 99 else "B"
        else:
            yield f"{value:02}" if code_set == "C" else chr(value + 32)


def data_matrix(picture: Image.Image) -> str:
    """What libdmtx reads of a picture that holds one Data Matrix."""
    page = Image.new("L", (picture.width + 60, picture.height + 60), 255)
    page.paste(picture.convert("L"), (30, 30))
    (found,) = arbez_dmtx.decode(page, max_count=1)
    return found.data.decode("ascii")
