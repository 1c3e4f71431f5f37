"""What a page of the report is made of: plain data that the template lays out, and the results it is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from harness import wording
from harness.records.results import Results
from harness.report._charts.canvas import Chart, Look, looks
from harness.wording import clean

if TYPE_CHECKING:
    from harness.plugin.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Cell:
    """``quiet``: after the main text, in a quieter colour. ``alarm``: something failed."""

    main: str
    quiet: str = ""
    alarm: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """``numeric``: columns that stand to the right. The first cell of a row names it. ``folded``: shown on demand."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numeric: Sequence[bool]
    folded: bool = False


@dataclass(frozen=True, kw_only=True)
class Block:
    """Text to be copied: a command, a change of a study file."""

    title: str
    text: str
    folded: bool = False


@dataclass(frozen=True, kw_only=True)
class Section:
    """``slug``: its address on the page. ``reading``: one sentence on how to read it. ``more``: charts on demand."""

    slug: str
    title: str
    reading: str
    charts: Sequence[Chart] = ()
    more: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    facts: Sequence[tuple[str, str]] = ()
    blocks: Sequence[Block] = ()
    warnings: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True)
class Subject:
    """One result folder, as the sections of its part of the page ask for it.

    ``frames``: the tables by name. ``folder``: its path as commands name it. ``toml``: the study file as it was given.
    """

    results: Results
    frames: Mapping[str, pd.DataFrame]
    folder: str = ""
    toml: str = ""
    registry: Registry | None = field(default=None, repr=False)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Of a table, what is missing being None; none where the table is not there."""
        return rows_of(self.frames[table]) if table in self.frames else []

    @cached_property
    def looks(self) -> dict[str, Look]:
        """How each arm is drawn."""
        return looks(self.results.arms, self.results.baseline)


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as plain data, what is missing being None."""
    return [
        {str(name): None if wording.missing(value) else _plain(value) for name, value in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]


def frame_table(frame: pd.DataFrame, caption: str, *, folded: bool = True) -> Table:
    """Every column and row of a table, four significant digits a number."""
    numeric = [pd.api.types.is_numeric_dtype(frame[name]) and frame[name].dtype != bool for name in frame.columns]
    rows = [[Cell(main=clean(wording.brief(_plain(value)))) for value in row] for row in frame.itertuples(index=False)]
    return Table(
        caption=caption, header=[str(name) for name in frame.columns], rows=rows, numeric=numeric, folded=folded
    )


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
