"""The parts of a page, as plain data for the template; and Subject, the study that a page is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from harness import wording
from harness.analysis.across import Joined
from harness.analysis.advice.advise import Advice
from harness.analysis.findings import Findings
from harness.records.results import Results
from harness.report._charts.canvas import Chart, Style, styles
from harness.wording import clean

if TYPE_CHECKING:
    from harness.plugin.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell of a table. ``quiet``: further text, in a quieter colour. ``alarm``: whether something failed."""

    main: str
    quiet: str = ""
    alarm: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table; the first cell of a row is the row's name.

    ``numeric``: for each column, whether it is aligned right. ``folded``: whether the table unfolds on demand.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numeric: Sequence[bool]
    folded: bool = False


@dataclass(frozen=True, kw_only=True)
class Block:
    """Text to be copied: commands or a study file. ``folded``: whether the block unfolds on demand."""

    title: str
    text: str
    folded: bool = False


@dataclass(frozen=True, kw_only=True)
class Section:
    """A chapter. ``slug``: its anchor in the page. ``reading``: how to read it. ``more``: folded charts."""

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
    """The study that a page, or a part of one, is about.

    ``folder``: the path of the result folder, as commands name it. ``toml``: the study file's text. Either may be ''.
    ``registry``: the components, to draw schedules with; without it schedules are left out.
    """

    findings: Findings
    folder: str = ""
    toml: str = ""
    registry: Registry | None = field(default=None, repr=False)

    @property
    def results(self) -> Results:
        """The study's results."""
        return self.findings.results

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table as plain data; a missing value is None."""
        return [
            {str(name): None if wording.missing(value) else _plain(value) for name, value in row.items()}
            for row in self.findings.tables[table].astype(object).to_dict("records")
        ]

    @cached_property
    def styles(self) -> dict[str, Style]:
        """Arm → how it is drawn everywhere on the page."""
        return styles(self.results.arms, self.results.baseline)


def differences_of(joined: Joined) -> list[tuple[str, str]]:
    """(``settings differ`` or the like, a difference), for all that sets compared folders apart; then the notes."""
    kinds = {"budgets differ": joined.budgets, "settings differ": joined.settings,
             "environments differ": joined.environments, "note": joined.notes}  # fmt: skip
    return [(kind, line) for kind, lines in kinds.items() for line in lines]


def frame_table(frame: pd.DataFrame, caption: str, *, folded: bool = True) -> Table:
    """A table with every row and column of a frame; numbers have four significant digits."""
    numeric = [pd.api.types.is_numeric_dtype(frame[name]) and frame[name].dtype != bool for name in frame.columns]
    rows = [[Cell(main=clean(wording.brief(_plain(value)))) for value in row] for row in frame.itertuples(index=False)]
    return Table(
        caption=caption, header=[str(name) for name in frame.columns], rows=rows, numeric=numeric, folded=folded
    )


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
