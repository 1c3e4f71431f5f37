"""A table for a person, a spreadsheet, a paper or a program."""

from __future__ import annotations

import io
import json
import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.configuration import show
from harness.results import Results


def render(frame: pd.DataFrame, form: str, width: int | None = None) -> str:
    """``frame`` as text, csv, markdown, latex or json, with a final newline. ``width``: of the terminal, in columns."""
    if form == "csv":
        return frame.to_csv(index=False, lineterminator="\n")
    if form == "json":
        return json.dumps(to_plain(frame), indent=2, ensure_ascii=False) + "\n"
    header, rows = (
        list(frame.columns),
        [[_cell(value) for value in row] for row in frame.itertuples(index=False)],
    )
    numeric = [pd.api.types.is_numeric_dtype(frame[name]) and frame[name].dtype != bool for name in header]
    if form == "markdown":
        rule = ["---:" if each else "---" for each in numeric]
        escaped = [[cell.replace("|", r"\|") for cell in row] for row in rows]
        return "".join(f"| {' | '.join(line)} |\n" for line in [header, rule, *escaped])
    if form == "latex":
        columns = "".join("r" if each else "l" for each in numeric)
        body = "".join(" & ".join(map(_latex, row)) + r" \\" + "\n" for row in rows)
        head = " & ".join(map(_latex, header))
        return f"\\begin{{tabular}}{{{columns}}}\n\\hline\n{head} \\\\\n\\hline\n{body}\\hline\n\\end{{tabular}}\n"
    return text_table(header, rows, numeric, width) if rows else "no rows yet\n"


def to_plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON-able mappings; what is missing is None."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [
        {str(name): value.item() if hasattr(value, "item") else value for name, value in row.items()} for row in rows
    ]


def answer(results: Results, frame: pd.DataFrame, width: int | None = None) -> str:
    """The arms table as the terminal shows it at the end of a study: what was asked, and what came out."""
    spaces = results.study["arms"]
    better = "" if results.study["direction"] == "maximise" else ", lower is better"
    header = ["arm", f"{results.metric} (mean ± 95% t{better})", "n", "difference to baseline", "chosen"]
    rows = []
    for row in to_plain(frame):
        searched = [name for name in spaces[row["arm"]]["space"] if row[name] is not None]
        chosen = " ".join(f"{name}={show(row[full])}" for full, name in _short(searched).items()) or "defaults"
        is_baseline = row["arm"] == results.study["baseline"]
        rows.append(
            [
                row["arm"],
                _interval(row["mean"], row["mean_low"], row["mean_high"]),
                str(row["n"]) if row["ok"] == row["n"] else f"{row['ok']} ok of {row['n']}",
                "baseline"
                if is_baseline
                else _signed(row["difference"], row["difference_low"], row["difference_high"]),
                "–" if row["trial"] is None else chosen,
            ]
        )
    lines = [results.study["question"], "", text_table(header, rows, [False, True, True, True, False], width)]
    if results.study["conventions"]:
        lines.append(results.study["conventions"] + "\n")
    return "\n".join(lines)


def _short(names: list[str]) -> dict[str, str]:
    """Full name → its last word; with its component where another ends alike, and whole where that is not enough."""
    lasts = Counter(name.rpartition(".")[2] for name in names)
    middles = Counter(name.partition(".")[2] for name in names)
    short = {}
    for name in names:
        middle, last = name.partition(".")[2], name.rpartition(".")[2]
        short[name] = last if lasts[last] == 1 else middle if middles[middle] == 1 else name
    return short


def text_table(
    header: Iterable[str], rows: Iterable[list[str]], numeric: Iterable[bool], width: int | None = None
) -> str:
    """A table in plain characters, numbers to the right."""
    table = Table(box=None, pad_edge=False)
    for name, right in zip(header, numeric, strict=True):
        table.add_column(Text(name), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    file = io.StringIO()
    # Whatever FORCE_COLOR and the like ask of rich, this is data.
    Console(file=file, width=width or 10_000, force_terminal=False, color_system=None).print(table)
    return "".join(line.rstrip() + "\n" for line in file.getvalue().splitlines())


def _interval(mean: float | None, low: float | None, high: float | None) -> str:
    if mean is None:
        return "failed"
    digits = _digits(mean, low, high)
    return f"{mean:.{digits}f}" + (f" ± {(high - low) / 2:.{digits}f}" if low is not None and high is not None else "")


def _signed(mean: float | None, low: float | None, high: float | None) -> str:
    if mean is None:
        return "–"
    digits = _digits(mean, low, high)
    return f"{mean:+.{digits}f}" + (
        f" [{low:+.{digits}f}, {high:+.{digits}f}]" if low is not None and high is not None else ""
    )


def _digits(mean: float, low: float | None, high: float | None) -> int:
    """Decimals that show two significant digits of an interval's half width, else three of the mean; two at least."""
    size = abs(mean) / 10 if low is None or high is None else (high - low) / 2
    return max(2, 1 - math.floor(math.log10(size))) if size > 0 else 2


def _cell(value: Any) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    return show(value) if isinstance(value, float) else " ".join(str(value).splitlines())


def _latex(text: str) -> str:
    return "".join(
        {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}.get(
            c, f"\\{c}" if c in "&%$#_{}" else c
        )
        for c in text
    )
