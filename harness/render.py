"""A table for a person, a spreadsheet, a paper or a program."""

from __future__ import annotations

import io
import json
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness import numerals
from harness.advice import Advice, advise
from harness.answer import answer_sentence, search_failed, shown_verdict
from harness.configuration import show
from harness.labels import last_words
from harness.ranking import comparisons
from harness.results import Results

SHOWN = 2
"""Warnings of one kind that the terminal shows."""


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
    rows, warnings = to_plain(frame), advise(results)
    budgets = next((each.evidence for each in warnings if each.id == "BUDGET"), "")
    compared = to_plain(comparisons(results))
    sentence = answer_sentence(rows, compared, results.direction, results.baseline, budgets=budgets)
    found = [
        [
            row["arm"],
            "failed" if search_failed(row) else _mean(row["mean"], row["mean_low"], row["mean_high"]),
            _count(row["ok"], row["n"]),
            "baseline" if row["arm"] == results.baseline else _difference(row),
            numerals.number(row["p_better"], 2),
            shown_verdict(row).removesuffix(" would settle it"),
        ]
        for row in rows
    ]
    header = ["arm", f"{results.metric} ± 95%", "n", "difference [95%]", "P(better)", "verdict"]
    search = [
        [
            row["arm"],
            _chosen(row, results),
            numerals.NONE if row["trial"] is None else f"{row['trial']} of {row['trials']}",
            numerals.number(row["optimism"], 2, sign=True),
            numerals.number(row["defaults_mean"], 2),
            _count(row["defaults_ok"], row["defaults_n"]),
        ]
        for row in rows
    ]
    tuned = ["arm", "chosen", "trial", "optimism", "its defaults", "n"]
    parts = [
        f"{results.study['question']}\n{_wrapped(sentence, width)}",
        text_table(header, found, [False, True, True, True, True, False], width),
        text_table(tuned, search, [False, False, True, True, True, True], width),
        "".join(_wrapped(line, width) for line in _notes(results)),
        "".join(_warnings(warnings, width)),
    ]
    return "\n".join(filter(None, parts))


def _warnings(found: Iterable[Advice], width: int | None) -> Iterator[str]:
    """Those that say the same of several arms at once; of one kind so many, and where the others are."""
    arms: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for each in found:
        arms[each.id, each.evidence, each.advice, each.change].append(each.arm)
    shown: Counter[str] = Counter()
    kinds = Counter(id_ for id_, *_ in arms)
    for (id_, evidence, advice, change), names in arms.items():
        shown[id_] += 1
        if shown[id_] <= SHOWN:
            about = ", ".join([id_, *filter(None, names)])
            text = textwrap.fill(f"{about}: {evidence}; {advice}", width or 100, subsequent_indent="  ")
            yield f"{text}\n" + "".join(f"  {line}\n" for line in change.splitlines())
        elif shown[id_] == kinds[id_]:
            yield f"{id_}: {kinds[id_] - SHOWN} more of this kind in the table warnings\n"


def _notes(results: Results) -> list[str]:
    """How to read the tables of the answer."""
    difference = f"difference: to {results.baseline}, at the same seeds. " if len(results.arms) > 1 else ""
    lower = " Lower is better." if results.direction == "minimise" else ""
    reading = f"n: seeds. {difference}optimism: by how much the search's score flattered the chosen trial.{lower}"
    looked = (
        f"Verdicts were looked at after {', '.join(map(str, results.looks))} seeds, as far as it took: intervals of "
        "differences are repeated confidence intervals, p is of a sequential t-test."
        if results.looks and len(results.arms) > 1
        else ""
    )
    return [reading, *filter(None, [looked, results.study["conventions"]])]


def _wrapped(text: str, width: int | None) -> str:
    return "".join(f"{line}\n" for line in textwrap.wrap(text, width or 100))


def _count(ok: int, n: int) -> str:
    return str(n) if ok == n else f"{ok} ok of {n}"


def _chosen(row: dict[str, Any], results: Results) -> str:
    if row["trial"] is None:
        return numerals.NONE
    searched = [name for name in results.study["arms"][row["arm"]]["space"] if row[name] is not None]
    values = [f"{name}={show(row[full])}" for full, name in last_words(searched).items()]
    return " ".join([*values, *(["(defaults)"] if row["trial"] == 0 else [])])


def _mean(mean: Any, low: Any, high: Any) -> str:
    digits = numerals.digits(mean, low, high) if mean is not None else 0
    half = "" if low is None or high is None else f" ± {numerals.number((high - low) / 2, digits)}"
    return f"{numerals.number(mean, digits)}{half}"


def _difference(row: dict[str, Any]) -> str:
    """With the number of pairs where that is not the arm's of seeds."""
    shown = numerals.interval(row["difference"], row["difference_low"], row["difference_high"], sign=True)
    return f"{shown} (n {row['difference_n']})" if row["difference_n"] not in (None, row["n"]) else shown


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


def _cell(value: Any) -> str:
    if numerals.missing(value):
        return ""
    return show(value) if isinstance(value, float) else " ".join(str(value).splitlines())


def _latex(text: str) -> str:
    return "".join(
        {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}.get(
            c, f"\\{c}" if c in "&%$#_{}" else c
        )
        for c in text
    )
