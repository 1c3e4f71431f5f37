"""What a page of the report is made of: plain data that the template lays out, and the results it is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from harness import wording
from harness.analysis.advice.advise import Advice
from harness.analysis.findings import Findings
from harness.records.results import Results
from harness.report._charts.canvas import Chart, Style, styles
from harness.wording import clean

if TYPE_CHECKING:
    from harness.plugin.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell of a table. ``quiet``: text after the main one, in a quieter colour. ``alarm``: something failed."""

    main: str
    quiet: str = ""
    alarm: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table. ``numeric``: for each column, whether it is set to the right. ``folded``: whether it is shown on demand.

    The first cell of a row names the row.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numeric: Sequence[bool]
    folded: bool = False


@dataclass(frozen=True, kw_only=True)
class Block:
    """Text to be copied: a command or a study file. ``folded``: whether it is shown on demand."""

    title: str
    text: str
    folded: bool = False


@dataclass(frozen=True, kw_only=True)
class Section:
    """A chapter of the page. ``slug``: its address there. ``reading``: how to read it. ``more``: charts on demand."""

    slug: str
    title: str
    reading: str
    charts: Sequence[Chart] = ()
    more: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    facts: Sequence[tuple[str, str]] = ()
    blocks: Sequence[Block] = ()
    warnings: Sequence[Advice] = ()


@dataclass(frozen=True)
class Subject:
    """What a part of the page is about: one study.

    ``folder``: the path of its results as commands name it. ``toml``: the study file as it was given; either may be ''.
    ``registry``: to draw schedules with; without it they are left out.
    """

    findings: Findings
    folder: str = ""
    toml: str = ""
    registry: Registry | None = field(default=None, repr=False)

    @property
    def results(self) -> Results:
        """What the study's folder holds."""
        return self.findings.results

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table, what is missing being None."""
        return [
            {str(name): None if wording.missing(value) else _plain(value) for name, value in row.items()}
            for row in self.findings.tables[table].astype(object).to_dict("records")
        ]

    @cached_property
    def styles(self) -> dict[str, Style]:
        """How each arm is drawn, everywhere on the page."""
        return styles(self.results.arms, self.results.baseline)


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as plain data, what is missing being None."""
    return [
        {str(name): None if wording.missing(value) else _plain(value) for name, value in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]


def frame_table(frame: pd.DataFrame, caption: str, *, folded: bool = True) -> Table:
    """A frame with every column and row, its numbers with four significant digits."""
    numeric = [pd.api.types.is_numeric_dtype(frame[name]) and frame[name].dtype != bool for name in frame.columns]
    rows = [[Cell(main=clean(wording.brief(_plain(value)))) for value in row] for row in frame.itertuples(index=False)]
    return Table(
        caption=caption, header=[str(name) for name in frame.columns], rows=rows, numeric=numeric, folded=folded
    )


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
