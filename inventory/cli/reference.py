"""docs/cli.md, written from the commands themselves: `python -m inventory.cli.reference docs/cli.md`."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inventory.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator


def commands(
    command: click.Command = main, path: tuple[str, ...] = ("cellcustody",)
) -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, groups before what is in them."""
    yield " ".join(path), command
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from commands(command.commands[name], (*path, name))


def text() -> str:
    """The whole page."""
    parts = "\n".join(_section(path, command) for path, command in commands())
    return f"{HEAD}\n{parts}"


HEAD = """\
# The command line

This page is written from the commands themselves, by `python -m inventory.cli.reference docs/cli.md`.
"""


def _section(path: str, command: click.Command) -> str:
    arguments = [
        each.make_metavar(click.Context(command))
        for each in command.params
        if isinstance(each, click.Argument)
    ]
    shown = " ".join(
        [path, *(["COMMAND"] if isinstance(command, click.Group) else []), *arguments, "[OPTIONS]"]
    )
    lines = [f"## {path}", "", f"`{shown}`", "", *_help(command), ""]
    options = [each for each in command.params if isinstance(each, click.Option) and not each.hidden]
    if options:
        lines += ["| Option | Meaning |", "|---|---|", *map(_row, options), ""]
    return "\n".join(lines)


def _help(command: click.Command) -> Iterator[str]:
    """The help's paragraphs as they are, and its example as a code block."""
    yield inspect.cleandoc(command.help or "")
    if command.epilog:
        yield from ("", "```sh", *(line.strip() for line in command.epilog.splitlines()[2:]), "```")


def _row(option: click.Option) -> str:
    names = ", ".join(option.opts)
    value = "" if option.is_flag else f" {option.make_metavar(click.Context(main))}"
    needed = " Required." if option.required else ""
    again = f" Default: {option.default}." if option.show_default else ""
    return (
        f"| `{names}{value}` | {option.help}{needed}{again} |".replace("[", "")
        .replace("]", "")
        .replace("|", "/", 0)
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
