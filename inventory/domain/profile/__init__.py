"""Which study this is: everything particular to one study, read from its TOML profile.

The engine knows no study. A profile is read whole or refused whole, by `load`; a loaded profile has passed
every check in `checks.py`. The parts lie by who may speak of them: `treatments.py` holds what the vault knows
(products, arms, release), `conduct.py` what everybody may read (people, limits, kits, labels).
"""

from __future__ import annotations

from inventory.domain.profile.conduct import (
    Devices,
    Kit,
    Labels,
    Limits,
    Site,
    Study,
    StudyRole,
    Supply,
    Visit,
)
from inventory.domain.profile.loading import ProfileRefused, load
from inventory.domain.profile.model import Profile
from inventory.domain.profile.treatments import (
    Arm,
    ConditionalRelease,
    ListedTreatment,
    Period,
    Product,
    Randomisation,
    ReleaseTest,
    Treatment,
)

__all__ = [
    "Arm",
    "ConditionalRelease",
    "Devices",
    "Kit",
    "Labels",
    "Limits",
    "ListedTreatment",
    "Period",
    "Product",
    "Profile",
    "ProfileRefused",
    "Randomisation",
    "ReleaseTest",
    "Site",
    "Study",
    "StudyRole",
    "Supply",
    "Treatment",
    "Visit",
    "load",
]
