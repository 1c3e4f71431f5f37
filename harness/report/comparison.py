"""What ``harness compare`` prints: differences in settings, then every comparison, then the answer."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from harness import wording
from harness.analysis.across import Joined
from harness.analysis.verdicts import in_short
from harness.report.answer import answer_across
from harness.report.formats import render, text_table, to_plain
from harness.report.intervals import puzzling, single_values, together
from harness.statistics.comparison import Comparison

WIDTH = 100


def shown(joined: Joined, form: str, width: int | None = None) -> str:
    """A comparison of result folders: as text or json whole, as csv, markdown or latex its table alone."""
    if form == "json":
        return json.dumps(_plain(joined), indent=2, ensure_ascii=False) + "\n"
    return _text(joined, width) if form == "text" else render(joined.frame, form)


def _plain(joined: Joined) -> dict[str, object]:
    return {
        "metric": joined.metric.name,
        "direction": joined.metric.direction,
        "baseline": joined.baseline,
        "unit": joined.unit,
        "differing_budgets": list(joined.budgets),
        "differing_settings": list(joined.settings),
        "differing_environments": list(joined.environments),
        "notes": list(joined.notes),
        "comparisons": to_plain(joined.frame),
    }


def _text(joined: Joined, width: int | None) -> str:
    parts = [
        _lines("budgets differ, so this is no ranking", joined.budgets, width),
        _lines("settings differ", joined.settings, width),
        _lines("environments differ", joined.environments, width),
    ]
    comparable, hold = not joined.budgets, together(joined.comparisons, joined.unit)
    puzzle = puzzling(joined.comparisons) if comparable else ""
    few = single_values(pair.values for pair in joined.comparisons)
    said = [f"{each[0].upper()}{each[1:]}." for each in (hold, few) if each]
    header = ["", f"{joined.metric}: difference [95%]", "n", "p (adjusted)", "P(better)", "verdict"]
    cells = [
        [
            f"{row['a']} − {row['b']}",
            _difference(comparison),
            _count(row, joined.unit),
            wording.number(row["p_adjusted"], 3),
            wording.number(row["p_better"], 2),
            in_short(comparison.verdict, joined.unit) if comparison.difference.n and comparable else wording.NONE,
        ]
        for row, comparison in zip(to_plain(joined.frame), joined.comparisons, strict=True)
    ]
    parts += [
        text_table(header, cells, [False, True, True, True, True, False], width),
        textwrap.fill(answer_across(joined), width or WIDTH) + "\n",
        "".join(f"{textwrap.fill(note, width or WIDTH)}\n" for note in [*filter(None, [*said, puzzle]), *joined.notes]),
    ]
    return "\n".join(filter(None, parts))


def _difference(comparison: Comparison) -> str:
    gap = comparison.together
    return wording.interval(gap.mean, gap.low, gap.high, comparison.values, sign=True)


def _count(row: Mapping[str, Any], unit: str) -> str:
    """How many pairs, or how many runs or searches of either arm where there are none, and how many runs failed."""
    failed = f", {row['failed']} failed" if row["failed"] else ""
    return f"{wording.plural(row['n'], 'pair' if row['paired'] else 'run' if unit == 'seed' else unit)}{failed}"


def _lines(head: str, lines: Sequence[str], width: int | None) -> str:
    if not lines:
        return ""
    filled = [textwrap.fill(f"  {line}", width or WIDTH, subsequent_indent="    ") for line in lines]
    return "\n".join([f"{head}:", *filled, ""])
