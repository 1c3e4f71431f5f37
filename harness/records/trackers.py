"""How other tools write tables of runs: the names of their columns, and what a run's state says.

MLflow's ``search_runs`` and ``mlflow experiments csv`` write ``metrics.NAME``, ``params.NAME``, ``tags.NAME`` and
``status``; its page's download writes bare names and ``Status``; W&B's page writes bare names and ``State``, and its
documented script dictionaries ``summary`` and ``config``; Optuna's ``trials_dataframe`` writes ``value``,
``params_NAME``, ``user_attrs_NAME`` and ``state``; Ray Tune's ``get_dataframe`` writes ``config/NAME``; our own
``runs.csv`` has bare names.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from enum import Enum

from harness.errors import DataError
from harness.records.table import Table
from harness.wording import fit

SETTINGS = ("params.", "config.", "config/", "params_", "tags.", "tags.mlflow.", "user_attrs_", "system_attrs_")
"""What stands before the name of something that a run was given, in the order in which it is looked for."""


MEASURES = ("metrics.", "summary.", "user_attrs_", "values_")
"""What stands before the name of something that a run measured."""


STATE_COLUMNS = ("status", "Status", "state", "State")
STEP_COLUMNS = ("step", "Step", "_step", "global_step", "trainer/global_step", "iteration", "training_iteration",
                "epoch", "Epoch")  # fmt: skip
_SHOWN = 12


class State(Enum):
    """What became of a run: it came to its end, it failed, or it has not ended yet."""

    FINISHED = "finished"
    FAILED = "failed"
    OPEN = "open"


_WORDS = {
    State.FINISHED: {"finished", "complete", "completed", "success", "succeeded", "done", "ok"},
    State.FAILED: {
        "failed", "fail", "failure", "crashed", "killed", "error", "errored", "pruned", "cancelled", "canceled",
        "aborted", "timeout", "out_of_memory", "oom", "diverged",
    },
    State.OPEN: {
        "running", "pending", "scheduled", "waiting", "queued", "preempting", "preempted", "paused", "starting",
    },
}  # fmt: skip
"""Not among them: ``terminated``, by which Ray means a run that came to its end, and Guild one that was stopped."""
_STATES = {word: state for state, words in _WORDS.items() for word in words}


def state_of(text: str) -> State | None:
    """What a word of a tracker says of a run; an empty one says finished. None for a word that is not known.

    A run that Optuna pruned counts as failed: its value is that of the step where it was stopped.
    """
    return _STATES.get(text.strip().lower()) if text.strip() else State.FINISHED


def state_column(table: Table) -> str | None:
    """The column that says what became of each run, recognised by its name and its words; None if there is none.

    One word that is known is enough: a word that is not must not make a table one without failures.
    """
    for name in STATE_COLUMNS:
        if any(value and state_of(value) for value in set(table.columns.get(name, ()))):
            return name
    return None


def bare(name: str) -> str:
    """A column's name without what the tool put before it: ``metrics.val_acc`` → ``val_acc``, but ``values_0``."""
    for prefix in sorted({*SETTINGS, *MEASURES}, key=len, reverse=True):
        if name.startswith(prefix) and not name.removeprefix(prefix).isdigit() and len(name) > len(prefix):
            return name.removeprefix(prefix)
    return name


def find_column(table: Table, name: str, role: str, prefixes: Sequence[str] = SETTINGS) -> str:
    """The full name of the column that a user calls ``name``: the exact name, else with one of the prefixes.

    ``role``: what the column is wanted for. ``prefixes``: those of such columns; the other prefixes are tried where
    none of these fits. DataError where nothing fits, with the nearest match, and where several do.
    """
    if name in table.repeated:
        raise DataError(f"{table.head}: several columns are called {name!r}, wanted for {role}: rename all but one")
    if name in table.columns:
        return name
    others = MEASURES if prefixes is SETTINGS else SETTINGS
    for group in (prefixes, others):
        fitting = [prefix + name for prefix in dict.fromkeys(group) if prefix + name in table.columns]
        if len(fitting) > 1:
            raise DataError(f"{table.head}: {name!r}, wanted for {role}, may be any of {', '.join(fitting)}: say which")
        if fitting:
            return fitting[0]
    raise DataError(f"{table.head}: no column {name!r} for {role}{_near(table, name, prefixes)}")


def _near(table: Table, name: str, prefixes: Sequence[str]) -> str:
    """The end of a message about a column that is not there; ``prefixes``: of the columns that are named first."""
    names = list(table.columns)
    by_word = {bare(full).lower(): full for full in reversed(names)} | {full.lower(): full for full in names}
    near = difflib.get_close_matches(name.lower(), by_word, n=1, cutoff=0.5)
    hint = f", did you mean {by_word[near[0]]!r}?" if near else ";"
    repeated = f"; several are called {', '.join(_some(sorted(table.repeated)))}" if table.repeated else ""
    broken = "".join(
        f"; the dictionary of {column!r} at {place} cannot be read" for column, place in table.unread.items()
    )
    if any(column.endswith(("__MIN", "__MAX")) for column in names):
        return "; these are the columns of a chart, one a run: export the table of runs instead"
    first = [name for name in names if name.startswith(tuple(prefixes))]
    return f"{hint} {_count(names)}: {', '.join(_some([*dict.fromkeys([*first, *names])]))}{repeated}{broken}"


def _count(names: Sequence[str]) -> str:
    return f"{len(names):,} column{'s' * (len(names) != 1)}"


def _some(names: Sequence[str]) -> Iterable[str]:
    """Names for a message: those that a tracker adds to every run stand last."""
    own = [name for name in names if not name.startswith(("tags.mlflow.", "system_attrs_", "summary._", "config._"))]
    shown = [fit(name, 60) for name in own or names]
    return shown if len(shown) <= _SHOWN else [*shown[:_SHOWN], "…"]
