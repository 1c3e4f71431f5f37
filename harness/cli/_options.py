"""Options, exit codes and the terminal's width, which several commands share."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, ClassVar

import click

from harness.errors import printable
from harness.report.notebook import FORMATS

FAILED, BAD_INPUT, SOME_FAILED, WORSE, STOPPED, INTERRUPTED, TERMINATED = 1, 2, 3, 4, 5, 130, 143


class HeadedOption(click.Option):
    """An option that help lists under a heading of its own."""

    heading: ClassVar[str]


class TableOption(HeadedOption):
    """An option that says how to read a table of anybody's runs; none of a command that reads result folders alone."""

    heading = "Of a table of runs"


class DryOption(HeadedOption):
    """An option of what is asked before anything is run."""

    heading = "Before a run"


class HeadedCommand(click.Command):
    """A command whose help lists some options under headings of their own."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options: first those that hold of everything."""
        under: dict[str, list[click.Option]] = {"Options": []}
        for each in self.get_params(ctx):
            if isinstance(each, click.Option):
                under.setdefault(each.heading if isinstance(each, HeadedOption) else "Options", []).append(each)
        for heading, options in under.items():
            with formatter.section(heading):
                formatter.write_dl([line for each in options if (line := each.get_help_record(ctx))])


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print a text: on a terminal with what is no sign escaped, into a file or a pipe as it is."""
    is_terminal = (sys.stderr if err else sys.stdout).isatty()
    click.echo(printable(text) if is_terminal else text, err=err, nl=nl)


plugin_option = click.option(
    "plugins",
    "--plugin",
    multiple=True,
    metavar="FILE|MODULE",
    help="Load a plugin that is not installed; repeatable.",
)


set_option = click.option(
    "overrides", "--set", multiple=True, metavar="KEY=VALUE",
    help="Override anything of a study, as in search.trials=4 or optimiser.adam.lr=1e-3; repeatable.",
)  # fmt: skip


json_option = click.option("as_json", "--json", is_flag=True, help="Print JSON.")


device_option = click.option(
    "--device", default="cpu", show_default=True, metavar="cpu|cuda|cuda:N", help="What runs compute on."
)


jobs_option = click.option(
    "--jobs",
    type=click.IntRange(min=0),
    help="Worker processes; changes no result. 0: none, for a debugger  [default: one a core]",
)


format_option = click.option("form", "--format", type=click.Choice(FORMATS), default="text", show_default=True)


def width() -> int | None:
    """Columns of the terminal; None if stdout is no terminal: then nothing is wrapped."""
    return os.get_terminal_size().columns if sys.stdout.isatty() else None


def json_text(data: Any) -> str:
    """Plain data as the commands print it."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
