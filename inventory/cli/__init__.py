"""The command line, `cellcustody`: one noun a file, every command with an example in its help."""

from __future__ import annotations

import os

import click

from inventory.cli import (
    backups,
    breaking,
    demo,
    exports,
    imports,
    keys,
    labels,
    people,
    printing,
    serving,
    studies,
    telling,
    verifying,
)
from inventory.cli.outcomes import Commands, example
from inventory.store.settings import environment_of


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"]}, epilog=example("cellcustody demo")
)
@click.version_option(package_name="cellcustody", message="%(version)s")
def main() -> None:
    """CellCustody: chain of custody for a blinded cell trial, from the tank to the needle.

    Settings come from the environment (CELLCUSTODY_HOME, CELLCUSTODY_DATABASE_URL, ...). A command that
    records or shows study data acts as a person, who is known by the token in --token-file.

    Exit status: 0 all is well, 1 something was found or refused, 2 it was asked wrongly, 3 it cannot be done
    now.
    """
    environment_of(os.environ)  # before every command: those that open no study read no other setting


for command in (
    demo.demo,
    studies.init,
    studies.migrate,
    serving.serve,
    people.user,
    people.token,
    imports.import_,
    verifying.verify,
    exports.export,
    labels.labels,
    printing.print_agent,
    breaking.code_break,
    breaking.look_again,
    telling.code_breaks,
    telling.envelope,
    telling.exposure,
    backups.backup,
    backups.restore,
    keys.keys,
    studies.doctor,
    serving.openapi,
):
    main.add_command(command)

__all__ = ["main"]
