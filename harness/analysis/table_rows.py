"""Rows of tables → the rows that count: one of each run that has ended, with its arm, seed and score."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from harness.errors import DataError, ResultError
from harness.metric import Direction, is_score
from harness.records.table import Table
from harness.records.trackers import MEASURES, STEP_COLUMNS, State, bare, find_column, state_column, state_of
from harness.wording import clean, fit, plural

NO_STATUS = "none"
"""What is said instead of a column's name where no column says whether a run failed."""


_MISSING = {"", "nan", "na", "n/a", "<na>", "null", "none", "-"}
_INFINITE = {"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"}
_NAMED = 3
SHOWN = 60
"""The most characters of a value in a message."""


_UNIQUE = {"run_id", "run id", "id", "name", "number", "created", "start_time", "start time", "runname"}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Which columns of a table say what.

    ``arm``: columns whose values, together, name what is compared. ``metric``: the column of scores. ``seed``: that of
    seeds; None: every row is a run of its own. ``direction``: None: as the metric's name says. ``step``: the column by
    which the last row of a run is its result; None: a run has one row. ``status``: the column that says which runs
    failed, ``none`` for none; None: the one that MLflow, W&B or Optuna write. ``where``: ``column=value`` and
    ``column!=value``, which all hold of the rows that count. ``paired``: whether equal seeds met equal draws.
    """

    arm: Sequence[str]
    metric: str
    seed: str | None = None
    direction: Direction | None = None
    step: str | None = None
    status: str | None = None
    where: Sequence[str] = ()
    paired: bool = False


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a table that counts. ``labels``: of the arm, as they are written. ``failed``: by the run's state."""

    table: Table
    number: int
    labels: tuple[str, ...]
    seed: str
    step: float
    failed: bool
    text: str

    @property
    def place(self) -> str:
        """Where the row stands, with which a message begins."""
        return self.table.place(self.number)


@dataclass
class Tale:
    """What a reader must know of how the rows were read."""

    kept_out: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def check_reading(reading: Reading, pairs: str) -> None:
    """ResultError for a reading that asks for what it does not name."""
    if pairs == "same":
        raise ResultError("--pairs same compares arms of several result folders; tables of runs have baseline and all")
    if reading.paired and reading.seed is None:
        raise ResultError("--paired pairs equal seeds: --seed names their column")
    if reading.step is not None and reading.seed is None:
        raise ResultError(
            "--step takes the last row of each run: --seed names the column that tells the runs of an arm apart"
        )


def metric_column(table: Table, reading: Reading) -> str:
    """The full name of the column of scores."""
    return find_column(table, reading.metric, "--metric", MEASURES)


def rows_of(tables: Sequence[Table], reading: Reading, tale: Tale) -> list[Row]:
    """The rows that count: those that the filters let through, of runs that have ended, with an arm."""
    rows: list[Row] = []
    for table in tables:
        rows += _counting(table, reading, tale, alone=len(tables) == 1)
    if not rows:
        reasons = "; ".join(f"{count:,}: {why}" for why, count in tale.kept_out.items())
        raise ResultError(f"{', '.join(table.source for table in tables)}: no row is left ({reasons})")
    return rows


def _counting(table: Table, reading: Reading, tale: Tale, *, alone: bool) -> Iterable[Row]:
    """The rows of one table that count. ``alone``: whether it is the only one, so that a filter must fit some row."""
    arms = [table.columns[find_column(table, name, "--arm")] for name in reading.arm]
    scores = table.columns[metric_column(table, reading)]
    seeds = None if reading.seed is None else table.columns[find_column(table, reading.seed, "--seed")]
    steps = None if reading.step is None else table.columns[find_column(table, reading.step, "--step", MEASURES)]
    filters = [_filter(table, text, checked=alone) for text in reading.where]
    status = _status(table, reading)
    names = {text: clean(text) if text else "" for column in arms for text in set(column)}
    for number in range(table.rows):
        if not all(let_through(number) for let_through in filters):
            tale.kept_out[f"not {' and '.join(reading.where)} (--where)"] += 1
            continue
        state = State.FINISHED if status is None else _state(table, status, number)
        labels = tuple(names[column[number]] for column in arms)
        if not any(labels):
            tale.kept_out[f"no value of {' or '.join(reading.arm)}, so of no arm"] += 1
        elif state is State.OPEN:
            tale.kept_out[f"the run has not ended, or broke off before it could say so ({status})"] += 1
        else:
            yield Row(
                table=table, number=number, labels=labels, failed=state is State.FAILED, text=scores[number],
                seed="" if seeds is None else _seed(table, number, seeds[number], reading.seed),
                step=0.0 if steps is None else _step(table, number, steps[number], reading.step),
            )  # fmt: skip


def _filter(table: Table, text: str, *, checked: bool) -> Callable[[int], bool]:
    """Whether a row, by its number, is let through; ``text``: column=value or column!=value.

    ``checked``: whether it is an error if no row has the value.
    """
    match = re.fullmatch(r"\s*(.+?)\s*(!?=)\s*(.*?)\s*", text, re.DOTALL)
    if match is None:
        raise ResultError(f"--where {text!r}: write column=value or column!=value")
    name, sign, wanted = match.groups()
    full = find_column(table, name, "--where")
    values = table.columns[full]
    equal = {value: value == wanted or _same_number(value, wanted) for value in set(values)}
    if checked and sign == "=" and not any(equal.values()):
        known = sorted(equal)[:8]
        raise ResultError(
            f"{table.head}: no row with {full} = {wanted!r}; it has {', '.join(map(_quoted, known))}"
            + (f" and {len(equal) - len(known):,} more values" if len(equal) > len(known) else "")
        )
    return lambda number: equal[values[number]] == (sign == "=")


def _quoted(text: str) -> str:
    """A value for a message, cut where it is long."""
    return repr(text if len(text) <= SHOWN else fit(text, SHOWN))


def _same_number(first: str, second: str) -> bool:
    a, b = number_of(first), number_of(second)
    return a is not None and a == b


def number_of(text: str) -> float | None:
    """The number that a text writes, infinite ones and nan among them; None if it writes none."""
    try:
        return float(text) if "_" not in text else None
    except ValueError:
        return None


def _status(table: Table, reading: Reading) -> str | None:
    """The column that says what became of the runs."""
    if reading.status == NO_STATUS:
        return None
    return state_column(table) if reading.status is None else find_column(table, reading.status, "--status")


def _state(table: Table, column: str, number: int) -> State:
    word = table.columns[column][number]
    state = state_of(word)
    if state is None:
        raise DataError(
            f"{table.place(number)}: {column} {_quoted(word)} says neither that a run finished nor that it failed; "
            f"leave such rows out (--where '{column}!={fit(word, SHOWN)}'), or ignore the column (--status {NO_STATUS})"
        )
    return state


def _seed(table: Table, number: int, text: str, name: str | None) -> str:
    if text.lower() in _MISSING:
        raise DataError(f"{table.place(number)}: no {name}, the seed of the run")
    if re.fullmatch(r"[+-]?\d{1,99}", text):
        return str(int(text))
    value = number_of(text)
    exact = value is not None and abs(value) < 2**53 and value.is_integer()  # pandas writes 3.0 beside a missing one
    return str(int(value)) if value is not None and exact else clean(text)


def _step(table: Table, number: int, text: str, name: str | None) -> float:
    value = number_of(text)
    if value is None or not math.isfinite(value):
        raise DataError(
            f"{table.place(number)}: {name} {_quoted(text)} is no number, needs the step that the row is of"
        )
    return value


def last_rows(rows: Sequence[Row], reading: Reading, tale: Tale) -> Sequence[Row]:
    """Of each run the row of the last step that has a score, where a column of steps is named; else all rows.

    A run of which some row says that it failed has failed.
    """
    if reading.step is None:
        return rows
    runs: dict[tuple[tuple[str, ...], str], list[Row]] = {}
    for row in rows:
        runs.setdefault((row.labels, row.seed), []).append(row)
    last: list[Row] = []
    for (labels, seed), of_run in runs.items():
        scored = [row for row in of_run if row.text] or of_run
        end = max(row.step for row in scored)
        first, *more = [row for row in scored if row.step == end]
        if more:
            raise DataError(
                f"{more[0].place}: {called(reading, labels)}, seed {seed}, step {end:g} again, "
                f"first at {first.place}: {_differing(first, more[0], reading)}"
            )
        last.append(replace(first, failed=any(row.failed for row in of_run)))
    end = max(row.step for row in last)
    early = [row for row in last if row.step < end]
    if early:
        named = [f"{called(reading, row.labels)}, seed {row.seed}, at {row.step:g}" for row in early[:_NAMED]]
        more_of_them = [f"{len(early) - _NAMED} more"] if len(early) > _NAMED else []
        tale.notes.append(
            f"{plural(len(early), 'run')} of {len(last)} ended before step {end:g}, by their last {reading.metric} "
            f"({'; '.join([*named, *more_of_them])}): another budget, or a run that broke off, is no fair comparison"
        )
    return last


def check_runs(rows: Sequence[Row], reading: Reading) -> None:
    """DataError where a run stands twice, or where a table without seeds is one of learning curves."""
    if reading.seed is None:
        _check_no_curve(rows, reading)
        return
    seen: dict[tuple[tuple[str, ...], str], Row] = {}
    for row in rows:
        first = seen.setdefault((row.labels, row.seed), row)
        if first is not row:
            raise DataError(
                f"{row.place}: {called(reading, row.labels)}, seed {row.seed} again, first at {first.place}: "
                f"{_differing(first, row, reading)}"
            )


def _check_no_curve(rows: Sequence[Row], reading: Reading) -> None:
    table = rows[0].table
    for name in STEP_COLUMNS:
        full = next((full for full in table.columns if bare(full) == name), None)
        if full is None or _has_identifier(table):
            continue
        of_arm = Counter(row.labels for row in rows)
        steps = {(row.labels, table.columns[full][row.number]) for row in rows if row.table is table}
        spread = Counter(labels for labels, _ in steps)
        if any(spread[labels] > 1 and count > 2 for labels, count in of_arm.items()):
            raise DataError(
                f"{rows[1].place}: {full!r} changes from row to row, as in a learning curve, which has several rows a "
                f"run: --seed names the column that tells runs of an arm apart, and --step takes each run's last row"
            )


def _has_identifier(table: Table) -> bool:
    """Whether a column that numbers or names runs has another value in every row."""
    return any(
        bare(name).lower() in _UNIQUE and len(set(values)) == table.rows for name, values in table.columns.items()
    )


def _differing(first: Row, again: Row, reading: Reading) -> str:
    """What a user may do about two rows of one run."""
    if first.table is not again.table:
        return "one row a run, and no run in two files"
    columns = first.table.columns
    differing = [name for name, values in columns.items() if values[first.number] != values[again.number]]
    if not differing:
        return "the two rows are the same"
    if first.failed != again.failed:
        status = _status(first.table, reading)
        word = columns[status or ""][(first if first.failed else again).number]
        return f"one of the two failed; if it was run again, --where {status}!={word} leaves such runs out"
    step = next((name for name in differing if bare(name) in STEP_COLUMNS), None)
    if step and reading.step is None:
        return f"if these are steps of a learning curve, --step {step} takes the last of each run"
    measures = {metric_column(first.table, reading)}
    settings = [
        name for name in differing
        if name not in measures and not name.startswith(MEASURES[:2]) and not _is_of_the_run(name, columns[name])
    ]  # fmt: skip
    settings.sort(key=lambda name: len(set(columns[name])))
    if not settings:
        return "one row a run"
    named = ", ".join(settings[:3])
    return f"they differ in {named}: --arm {settings[0]} too compares it, --where {settings[0]}=… keeps one value"


def _is_of_the_run(name: str, values: Sequence[str]) -> bool:
    """Whether a column names or times runs, or measures them, rather than setting them: nearly all values differ."""
    return name.startswith("tags.mlflow.") or len(set(values)) > max(2, len(values) / 2)


def called(reading: Reading, labels: Sequence[str]) -> str:
    """An arm's name: the value, or ``optimizer=adam, lr=0.01`` of several columns."""
    if len(labels) == 1:
        return labels[0]
    return ", ".join(f"{bare(name)}={label or '–'}" for name, label in zip(reading.arm, labels, strict=True))


def score_of(row: Row, reading: Reading) -> float:
    """The score of a row; nan where it has none that is finite. DataError for a text that is no number."""
    text = row.text.lower()
    if text in _MISSING or text in _INFINITE:
        return math.nan
    value = number_of(text)
    if value is None:
        comma = "; decimals need a point" if re.fullmatch(r"[+-]?[\d.\s]*,\d+(e[+-]?\d+)?", text) else ""
        raise DataError(f"{row.place}: {reading.metric} {_quoted(row.text)} is no number{comma}")
    return value if is_score(value) else math.nan  # MLflow's database has the largest number there is for infinity
