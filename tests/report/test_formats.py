"""Tables as text, CSV, Markdown, LaTeX and JSON, whatever stands in their cells."""

from __future__ import annotations

import io
import json
import math

import pandas as pd
import pytest

from harness.analysis.tables import TABLES
from harness.report.formats import render

from support.by_hand import results, whole


@pytest.fixture
def awkward() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "arm": ["a|b", "50% & #1_{x}~^\\$", "[bold]x[/bold] :smile:\nnext", None],
            "n": pd.array([1, None, 3, 12345], dtype="Int64"),
            "score": [0.123456789, math.nan, 1e-12, 1234567.0],
            "ok": [True, False, True, False],
        }
    )


def test_text(awkward):
    assert render(awkward, "text") == (
        "arm                              n      score  ok\n"
        "a|b                              1     0.1235  True\n"
        "50% & #1_{x}~^\\$                               False\n"
        "[bold]x[/bold] :smile: next      3      1e-12  True\n"
        "                             12345  1.235e+06  False\n"
    )


def test_text_folds_at_the_width_of_a_terminal(awkward):
    assert max(map(len, render(awkward, "text", width=30).splitlines())) <= 30


@pytest.mark.parametrize("variable", ["FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE"])
def test_text_has_no_colours_whatever_the_environment_asks_for(awkward, monkeypatch, variable):
    expected = render(awkward, "text")
    monkeypatch.setenv(variable, "1")
    monkeypatch.setenv("COLUMNS", "20")
    assert render(awkward, "text") == expected
    assert "\x1b" not in expected


def test_csv_has_every_digit_and_can_be_read_back(awkward):
    text = render(awkward, "csv")
    assert text.startswith("arm,n,score,ok\na|b,1,0.123456789,True\n")
    assert "\r" not in text
    back = pd.read_csv(io.StringIO(text))
    assert back["arm"][2] == "[bold]x[/bold] :smile:\nnext"
    assert back["score"].tolist()[2:] == [1e-12, 1234567.0]


def test_markdown(awkward):
    assert render(awkward, "markdown") == (
        "| arm | n | score | ok |\n"
        "| --- | ---: | ---: | --- |\n"
        "| a\\|b | 1 | 0.1235 | True |\n"
        "| 50% & #1_{x}~^\\$ |  |  | False |\n"
        "| [bold]x[/bold] :smile: next | 3 | 1e-12 | True |\n"
        "|  | 12345 | 1.235e+06 | False |\n"
    )


def test_latex(awkward):
    assert render(awkward, "latex") == (
        "\\begin{tabular}{lrrl}\n"
        "\\hline\n"
        "arm & n & score & ok \\\\\n"
        "\\hline\n"
        "a|b & 1 & 0.1235 & True \\\\\n"
        "50\\% \\& \\#1\\_\\{x\\}\\textasciitilde{}\\textasciicircum{}\\textbackslash{}\\$ &  &  & False \\\\\n"
        "[bold]x[/bold] :smile: next & 3 & 1e-12 & True \\\\\n"
        " & 12345 & 1.235e+06 & False \\\\\n"
        "\\hline\n"
        "\\end{tabular}\n"
    )


def test_json(awkward):
    assert json.loads(render(awkward, "json")) == [
        {"arm": "a|b", "n": 1, "score": 0.123456789, "ok": True},
        {"arm": "50% & #1_{x}~^\\$", "n": None, "score": None, "ok": False},
        {"arm": "[bold]x[/bold] :smile:\nnext", "n": 3, "score": 1e-12, "ok": True},
        {"arm": None, "n": 12345, "score": 1234567.0, "ok": False},
    ]


@pytest.mark.parametrize("name", TABLES)
def test_json_of_every_table_is_strict_and_has_null_for_what_is_missing(name):
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = render(TABLES[name](results(*whole())), "json")
    rows = json.loads(text, parse_constant=refuse)
    assert len({tuple(each) for each in rows}) == (0 if name in ("interactions", "pareto", "test") else 1)
