"""What text does an ISBT 128 symbol hold? Every text built here is read back before it is handed out."""

from __future__ import annotations

import datetime as dt

from inventory.domain.identifiers.isbt128 import ProductCode, meaning, tokenize
from inventory.domain.identifiers.isbt128_din import Din


def din_text(din: Din) -> str:
    """The DIN as a symbol holds it (DS001)."""
    return _checked("=" + din.number + din.flags)


def product_text(product: ProductCode) -> str:
    """The product code as a symbol holds it (DS003)."""
    return _checked("=<" + product.description + (product.collection_type or "") + product.division)


def division_text(division: str) -> str:
    """The six-character division as a symbol holds it (DS032)."""
    return _checked("=," + division)


def batch_text(batch: str) -> str:
    """The batch as a symbol holds it (DS035): padded from the left with zeros to 18 characters."""
    return _checked("&,1" + batch.rjust(18, "0"))


def expiry_text(last: dt.date) -> str:
    """The last day of use as a symbol holds it (DS004); a datetime gives its local minute (DS005)."""
    written = f"{last.year % 1000:03}{last.timetuple().tm_yday:03}"
    return f"&>{written}{last:%H%M}" if isinstance(last, dt.datetime) else f"=>{written}"


def compound_text(*texts: str, message: str = "000") -> str:
    """One compound message (DS023) of single structures, in the order given."""
    return _checked(f"=+{len(texts):02}{message}" + "".join(texts))


def _checked(text: str) -> str:
    for structure in tokenize(text):
        meaning(structure)
    return text
