"""The first screen of a page as a piece of HTML that may stand anywhere, such as in a notebook."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2
import pandas as pd
from markupsafe import Markup

from harness.analysis.across import Joined
from harness.records.results import Results
from harness.report._charts.canvas import Chart, drawing, looks, numbered
from harness.report._charts.differences import difference_chart
from harness.report._overview import answer_of, overview
from harness.report._parts import Subject, Table, frame_table
from harness.report.comparison import answer
from harness.report.formats import to_plain
from harness.wording import clean

_TEMPLATES = Path(__file__).parent / "templates"


NEEDED = ("arms", "comparisons", "warnings")
"""The tables that answer and first screen are made from."""


_COMPARED = ("a", "b", "difference", "difference_low", "difference_high", "n", "paired", "p_holm", "verdict")


def sentence(results: Results, frames: Mapping[str, pd.DataFrame]) -> str:
    """What came out, in one sentence. ``frames``: the tables NEEDED, by name."""
    return answer_of(Subject(results=results, frames=frames))


def first_screen(results: Results, frames: Mapping[str, pd.DataFrame]) -> str:
    """Question, answer, the arms, and how far they are from the baseline. ``frames``: the tables NEEDED, by name."""
    subject = Subject(results=results, frames={name: frames[name] for name in NEEDED})
    with drawing():
        section = overview(subject)
    count = len(frames["warnings"])
    note = f"{count} warning{'' if count == 1 else 's'} about this comparison: see .warnings" if count else ""
    question = clean(subject.results.study.question)
    return _html(question, answer_of(subject), section.tables[0], section.charts, [section.reading, note])


def comparison_screen(joined: Joined) -> str:
    """The same of the arms of several folders, with all that sets the folders apart."""
    rows = to_plain(joined.frame)
    names = list(dict.fromkeys([joined.baseline, *(str(row[side]) for row in rows for side in ("a", "b"))]))
    with drawing():
        chart = difference_chart(rows, looks(names, joined.baseline), joined.metric)
    differing = {"budgets differ": joined.budgets, "settings differ": joined.settings,
                 "environments differ": joined.environments, "note": joined.notes}  # fmt: skip
    notes = [f"{what}: {line}" for what, lines in differing.items() for line in lines]
    table = frame_table(joined.frame[list(_COMPARED)], f"Differences in {joined.metric.title}", folded=False)
    return _html("", answer(joined), table, [chart] if chart else [], notes)


def _html(title: str, said: str, table: Table, charts: Sequence[Chart], notes: Sequence[str]) -> str:
    """Its style reaches nothing outside it, and its drawings share no identifier with those of another screen."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    mark = hashlib.sha256("".join([said, *(chart.svg for chart in charts)]).encode()).hexdigest()[:8]
    counter = itertools.count()
    environment.globals["drawn"] = lambda svg: Markup(numbered(svg, f"h{mark}-{next(counter)}-"))
    template = environment.get_template("screen.html")
    return template.render(title=title, answer=said, table=table, charts=charts, notes=[*filter(None, notes)])
