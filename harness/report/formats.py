"""A table as text, CSV, Markdown, LaTeX or JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness import wording
from harness.errors import printable
from harness.wording import show

if TYPE_CHECKING:
    import pandas as pd


def render(frame: pd.DataFrame, form: str, width: int | None = None) -> str:
    """``frame`` as text, csv, markdown, latex or json, with a final newline. ``width``: columns of the terminal."""
    if form == "csv":
        return frame.to_csv(index=False, lineterminator="\n")
    if form == "json":
        return json.dumps(to_plain(frame), indent=2, ensure_ascii=False) + "\n"
    from pandas.api.types import is_numeric_dtype

    header, rows = (
        list(frame.columns),
        [[_cell(value) for value in row] for row in frame.itertuples(index=False)],
    )
    numeric = [is_numeric_dtype(frame[name]) and frame[name].dtype != bool for name in header]
    if form == "markdown":
        rule = ["---:" if right else "---" for right in numeric]
        escaped = [[cell.replace("|", r"\|") for cell in row] for row in rows]
        return "".join(f"| {' | '.join(line)} |\n" for line in [header, rule, *escaped])
    if form == "latex":
        columns = "".join("r" if right else "l" for right in numeric)
        body = "".join(" & ".join(map(_latex, row)) + r" \\" + "\n" for row in rows)
        head = " & ".join(map(_latex, header))
        return f"\\begin{{tabular}}{{{columns}}}\n\\hline\n{head} \\\\\n\\hline\n{body}\\hline\n\\end{{tabular}}\n"
    return text_table(header, rows, numeric, width) if rows else "no rows yet\n"


def to_plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as mappings that JSON can hold; a missing value is None."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [
        {str(name): value.item() if hasattr(value, "item") else value for name, value in row.items()} for row in rows
    ]


def text_table(
    header: Iterable[str], rows: Iterable[list[str]], numeric: Iterable[bool], width: int | None = None
) -> str:
    """A table in plain characters; numeric columns are aligned right."""
    table = Table(box=None, pad_edge=False)
    for name, right in zip(header, numeric, strict=True):
        table.add_column(Text(printable(name)), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    file = io.StringIO()
    # Data have no colours, even if FORCE_COLOR is set.
    Console(file=file, width=width or 10_000, force_terminal=False, color_system=None).print(table)
    return "".join(line.rstrip() + "\n" for line in file.getvalue().splitlines())


def _cell(value: Any) -> str:
    if wording.missing(value):
        return ""
    return show(value) if isinstance(value, float) else printable(" ".join(str(value).splitlines()))


def _latex(text: str) -> str:
    return "".join(
        {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}.get(
            c, f"\\{c}" if c in "&%$#_{}" else c
        )
        for c in text
    )
