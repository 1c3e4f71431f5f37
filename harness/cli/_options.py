"""Options, exit codes and the terminal's width, which several commands share."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, ParamSpec, TextIO, TypeVar

import click

from harness.errors import printable
from harness.execution.output import PRINTED, OnceEach
from harness.report.notebook import FORMATS

FAILED, BAD_INPUT, SOME_FAILED, WORSE, STOPPED, INTERRUPTED, TERMINATED = 1, 2, 3, 4, 5, 130, 143


P = ParamSpec("P")
R = TypeVar("R")


class HeadedOption(click.Option):
    """An option that help lists under a heading of its own."""

    heading: ClassVar[str]


class TableOption(HeadedOption):
    """An option that says how to read a table of anybody's runs; none of a command that reads result folders alone."""

    heading = "Of a table of runs"


class DryOption(HeadedOption):
    """An option of what is asked before anything is run."""

    heading = "Before a run"


class PlaceOption(HeadedOption):
    """An option that says where runs are made, and on what."""

    heading = "Where runs are made"


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


_OWN: list[TextIO] = []
"""The stdout of the command that runs, while everything else that prints is sent to stderr."""


def keeping_stdout(act: Callable[P, R]) -> Callable[P, R]:
    """The function, during which only ``say`` prints on stdout; what others print goes to stderr, each line once.

    So the JSON of a command stays JSON, whatever banner a package prints when it is imported.
    """

    @functools.wraps(act)
    def kept(*arguments: P.args, **named: P.kwargs) -> R:
        PRINTED.forget()
        others = OnceEach(sys.stderr, PRINTED)
        with _taken() as own, contextlib.redirect_stdout(others):
            _OWN.append(own)
            try:
                return act(*arguments, **named)
            finally:
                _OWN.pop()
                others.finish()

    return kept


@contextlib.contextmanager
def _taken() -> Iterator[TextIO]:
    """The stdout that there was; within it the process' own, of which libraries in C know, leads to stderr too."""
    try:
        is_process_s = sys.stdout.fileno() == 1 and sys.stderr.fileno() == 2
    except (OSError, ValueError, AttributeError):  # of a notebook or a test
        is_process_s = False
    if not is_process_s:
        yield sys.stdout
        return
    sys.stdout.flush()
    saved = os.dup(1)
    with open(saved, "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors) as own:
        os.dup2(2, 1)
        try:
            yield own
        finally:
            own.flush()
            os.dup2(saved, 1)


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print a text: on a terminal with what is no sign escaped, into a file or a pipe as it is."""
    stream = sys.stderr if err else _OWN[-1] if _OWN else sys.stdout
    click.echo(printable(text) if stream.isatty() else text, file=stream, nl=nl)


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
"""Of a command whose run is made in its own process."""


jobs_option = click.option(
    "--jobs",
    cls=PlaceOption,
    type=click.IntRange(min=0),
    help="Workers; changes no result. 0: none, for a debugger  [default: one a core]",
)


executor_option = click.option(
    "--executor", cls=PlaceOption, metavar="NAME",
    help="processes, serial, or one that a plugin offers: an unknown name lists them  [default: processes]",
)  # fmt: skip


address_option = click.option(
    "--executor-address", "address", cls=PlaceOption, metavar="ADDRESS", help="Of a scheduler that runs already."
)


placed_device_option = click.option(
    "--device", cls=PlaceOption, default="cpu", show_default=True, metavar="cpu|cuda|cuda:N",
    help="What runs compute on; the one option here by which numbers may change.",
)  # fmt: skip


def place_options(command: Callable[P, R]) -> Callable[P, R]:
    """The options that say where runs are made: ``jobs``, ``executor``, ``address`` and ``device``."""
    return jobs_option(executor_option(address_option(placed_device_option(command))))


format_option = click.option("form", "--format", type=click.Choice(FORMATS), default="text", show_default=True)


def width() -> int | None:
    """Columns of the terminal; None if stdout is no terminal: then nothing is wrapped."""
    return os.get_terminal_size().columns if sys.stdout.isatty() else None


def json_text(data: Any) -> str:
    """Plain data as the commands print it."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
