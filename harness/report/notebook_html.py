"""The first screen of a page as a piece of HTML that may stand anywhere, such as in a notebook."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

from harness.analysis.across import Joined
from harness.analysis.findings import Findings
from harness.report._charts.canvas import Chart, drawing, numbered, styles
from harness.report._charts.differences import difference_chart
from harness.report._overview import overview
from harness.report._parts import Subject, Table, differences_of, frame_table
from harness.report.answer import answer_across, answer_of
from harness.wording import clean, plural

_TEMPLATES = Path(__file__).parent / "templates"


_COMPARED = ("a", "b", "difference", "simultaneous_low", "simultaneous_high", "n", "paired", "p_adjusted", "verdict")


def first_screen(findings: Findings) -> str:
    """Question, answer, the arms, and how far they are from the baseline."""
    with drawing():
        section = overview(Subject(findings))
    count = len(findings.warnings)
    note = f"{plural(count, 'warning')} about this comparison: see .warnings" if count else ""
    question = clean(findings.results.study.question)
    return _html(question, answer_of(findings), section.tables[0], section.charts, [section.reading, note])


def comparison_screen(joined: Joined) -> str:
    """The answer, the differences and the chart of a comparison, with all that sets its folders apart."""
    arms = list(dict.fromkeys([joined.baseline, *(arm for pair in joined.comparisons for arm in (pair.a, pair.b))]))
    with drawing():
        chart = difference_chart(
            joined.comparisons, styles(arms, joined.baseline), joined.metric, joined.unit, ranked=not joined.budgets
        )
    notes = [f"{what}: {line}" for what, line in differences_of(joined)]
    table = frame_table(joined.frame[list(_COMPARED)], f"Differences in {joined.metric.title}", folded=False)
    return _html("", answer_across(joined), table, [chart] if chart else [], notes)


def _html(title: str, said: str, table: Table, charts: Sequence[Chart], notes: Sequence[str]) -> str:
    """The HTML of one screen: its style is scoped to it, and no identifier of its drawings stands in another screen."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    mark = secrets.token_hex(4)  # not of what is shown: the same may be shown twice, and a hidden drawing lends no path
    counter = itertools.count()
    environment.globals["drawn"] = lambda svg: Markup(numbered(svg, f"h{mark}-{next(counter)}-"))
    template = environment.get_template("notebook.html")
    return template.render(title=title, answer=said, table=table, charts=charts, notes=[*filter(None, notes)])
