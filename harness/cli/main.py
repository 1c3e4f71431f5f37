"""The command line. Data goes to stdout; progress and messages to stderr.

Imports stand inside the functions, so that ``harness --help`` needs neither torch nor pandas.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from harness import __version__
from harness.cli import check, components, new, results, run, train
from harness.cli._interrupts import how_it_ended, interrupt_of, minding_sigterm
from harness.cli._options import BAD_INPUT, FAILED, keeping_stdout, say
from harness.errors import HarnessError, UnavailableError


class _Harness(click.Group):
    def main(self, *arguments: Any, **given: Any) -> Any:
        """Run as click does, but for interrupts that come before a command has begun: they have their own exit code."""
        with minding_sigterm():
            try:
                return super().main(*arguments, **given)
            except SystemExit as end:
                interrupt = interrupt_of(end.__context__) if end.code == FAILED else None
                if interrupt is None:
                    raise
                sys.exit(how_it_ended(interrupt)[1])

    def invoke(self, ctx: click.Context) -> Any:
        """Show a HarnessError as its message alone."""
        try:
            return super().invoke(ctx)
        except HarnessError as error:
            say(f"error: {error}", err=True)
            ctx.exit(FAILED if isinstance(error, UnavailableError) else BAD_INPUT)
        except KeyboardInterrupt as interrupt:
            word, code = how_it_ended(interrupt)
            say(word, err=True)
            ctx.exit(code)


@click.group(cls=_Harness, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """Which optimiser, initialiser or dropout schedule is better, and how sure are we?

    A study file asks one question; `harness run` answers it with a table, `harness table` shows it again.

    Exit codes: 0 done, 1 failed, 2 usage or a bad file, 3 finished but some runs failed, 4 worse
    (compare --fail-if-worse), 5 stopped as --stop-after asked, 130 interrupted, 143 terminated.
    """


for command in (
    run.run, train.train, components.list_, components.show, check.check, results.table,
    results.compare, results.report, results.unseal, new.new,
):  # fmt: skip
    for each in command.commands.values() if isinstance(command, click.Group) else (command,):
        if each.callback is not None:
            each.callback = keeping_stdout(each.callback)
    main.add_command(command)
