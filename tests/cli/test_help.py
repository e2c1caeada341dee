"""Every command explains itself, and the printed reference is what the commands say."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from inventory.cli import main
from inventory.cli.reference import commands, text

ALL = dict(commands())
CONTRACT = {
    "demo", "init", "migrate", "serve", "user add", "user lock", "user role", "token create", "import",
    "verify", "export bundle", "export accountability", "export history", "labels render", "backup",
    "restore", "doctor", "openapi",
}  # fmt: skip


def test_the_commands_of_the_contract_are_there_under_their_names():
    assert {f"cellcustody {name}" for name in CONTRACT} <= set(ALL)


@pytest.mark.parametrize("path", ALL)
def test_every_command_shows_an_example_of_itself(path):
    told = CliRunner().invoke(main, [*path.split()[1:], "--help"])
    assert told.exit_code == 0
    example = told.output.partition("Example:\n")[2]
    assert example.strip().startswith("cellcustody demo" if path == "cellcustody" else path)


@pytest.mark.parametrize("path", ALL)
def test_every_option_says_what_it_means(path):
    options = [each for each in ALL[path].params if each.param_type_name == "option"]
    assert [each.name for each in options if not getattr(each, "help", "")] == []


def test_an_unknown_command_is_asked_wrongly():
    assert CliRunner().invoke(main, ["no-such-thing"]).exit_code == 2


def test_the_printed_reference_is_what_the_commands_say():
    page = Path(__file__).parents[2] / "docs" / "cli.md"
    assert page.read_text(encoding="utf-8") == text(), "run: python -m inventory.cli.reference docs/cli.md"
