"""How a command ends: its exit status for each kind of failure, and the failure's own sentence on stderr.

Rules this module keeps:
- 1 is a finding: verification failed, an import or an act was refused. 2 is a command that was asked wrongly.
  3 is what cannot be done now: no database, other keys, a clock that is behind.
- A failure that is not listed here is a defect, and shows as one.
"""

from __future__ import annotations

from typing import Any, Final

import click

from inventory.domain.identifiers import IdentifierError
from inventory.domain.manifests import ImportRefused
from inventory.domain.profile import ProfileRefused
from inventory.services.acts import MalformedError
from inventory.services.backups import BackupRefusedError, NothingToBackUpError, TargetNotEmptyError
from inventory.services.enrolling import CodeWrongError, EnrolledBeforeError
from inventory.services.exporting import ExportRefusedError
from inventory.services.failures import SignInWaitsError
from inventory.services.labelling import NoLabelError
from inventory.services.opening import OpeningRefusedError, OtherStudyError
from inventory.services.people import PasswordRefusedError, SignInRefusedError
from inventory.services.rotation import OwnerNeededError, RotationRefusedError
from inventory.services.sealed_files import SealedFileRefusedError
from inventory.services.site import ProfileMissingError
from inventory.store.attachments import FileChangedError
from inventory.store.batch import ClockBehindError, OpenedBeforeError
from inventory.store.condition import UNREACHABLE, DatabaseMovedError, DiskFullError
from inventory.store.engines import DurabilityRefused
from inventory.store.grants import PowerfulRole
from inventory.store.keys import KeysRefused
from inventory.store.ledger import ActFailedError, WriterBusyError, WriterClosedError
from inventory.store.migrate import MigrationRefused
from inventory.store.settings import SettingRefused
from labels import LabelRefused

FOUND, USAGE, UNAVAILABLE = 1, 2, 3


class FoundError(click.ClickException):
    """Something was found or refused."""

    exit_code = FOUND


class UnavailableError(click.ClickException):
    """It cannot be done now."""

    exit_code = UNAVAILABLE


TOLD: Final = {FOUND: FoundError, USAGE: click.UsageError, UNAVAILABLE: UnavailableError}

STATUS: Final[tuple[tuple[type[Exception], int], ...]] = (
    # The first that fits counts.
    (SettingRefused, USAGE),
    (MalformedError, USAGE),
    (ImportRefused, FOUND),
    (ExportRefusedError, FOUND),
    (NoLabelError, FOUND),
    (LabelRefused, FOUND),
    (FileChangedError, FOUND),
    (BackupRefusedError, FOUND),
    (OwnerNeededError, USAGE),
    (RotationRefusedError, FOUND),
    (SealedFileRefusedError, FOUND),
    (TargetNotEmptyError, FOUND),
    (OpenedBeforeError, FOUND),
    (OpeningRefusedError, FOUND),
    (PasswordRefusedError, FOUND),
    (SignInRefusedError, FOUND),
    (SignInWaitsError, FOUND),
    (EnrolledBeforeError, FOUND),
    (CodeWrongError, FOUND),
    (IdentifierError, FOUND),
    (NothingToBackUpError, UNAVAILABLE),
    (KeysRefused, UNAVAILABLE),
    (OtherStudyError, UNAVAILABLE),
    (ProfileMissingError, UNAVAILABLE),
    (ProfileRefused, UNAVAILABLE),
    (MigrationRefused, UNAVAILABLE),
    (DurabilityRefused, UNAVAILABLE),
    (PowerfulRole, UNAVAILABLE),
    (ClockBehindError, UNAVAILABLE),
    (WriterBusyError, UNAVAILABLE),
    (DatabaseMovedError, UNAVAILABLE),
    (DiskFullError, UNAVAILABLE),
    (WriterClosedError, UNAVAILABLE),
    (ActFailedError, UNAVAILABLE),
    *((kind, UNAVAILABLE) for kind in UNREACHABLE),
)


class Commands(click.Group):
    """A group whose commands end with the status of what stopped them."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a known failure becomes its sentence and its exit status."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as failure:
            status = next((status for kind, status in STATUS if isinstance(failure, kind)), None)
            if status is None:
                raise
            raise TOLD[status](_sentence(failure)) from failure


def _sentence(failure: Exception) -> str:
    """What a failure says; of an act in doubt what is true here, where each command draws a key of its own."""
    if isinstance(failure, ActFailedError):
        return (
            f"The database did not take {failure.action} of {failure.code}, or could not say that it did. Before you "
            f"run the command again, look in the history whether it was recorded: `cellcustody export history --for "
            f"{failure.code} --out history.csv`, for what the vault holds with --unblinded. If it fails again, tell "
            "the administrator."
        )
    return str(failure) or type(failure).__name__


def example(*lines: str) -> str:
    """The example that a command's help ends with; after a backspace click leaves lines as they are."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)
