"""``harness.results`` and ``harness.compare``: what a notebook makes of result folders."""

from __future__ import annotations

import copy
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import harness
from harness.analysis.tables import TABLES
from harness.errors import HarnessError, ResultError

from support.studies import call


@pytest.fixture
def found(finished, tmp_path, monkeypatch) -> harness.StudyResults:
    monkeypatch.chdir(tmp_path)
    finished(Path("out"))
    return harness.results("out")


def test_every_table_is_an_attribute_and_the_files_text(found):
    for name in TABLES:
        text = getattr(found, name).to_csv(index=False, lineterminator="\n")
        assert text == Path("out/tables", f"{name}.csv").read_text()
        assert getattr(harness.StudyResults, name).__doc__
    assert set(TABLES) <= set(dir(found))


def test_a_table_is_the_callers_own_and_is_computed_once(found, monkeypatch):
    mine = found.arms
    mine["mean"] = 0.0
    monkeypatch.setattr("harness.analysis.tables.TABLES", {"arms": lambda _: pytest.fail("computed again")})
    assert found.arms["mean"].tolist() == pd.read_csv("out/tables/arms.csv")["mean"].tolist() != [0.0, 0.0]
    with pytest.raises(AttributeError, match="arms is a table of the results, and cannot be set"):
        found.arms = None


def test_it_is_shown_as_the_terminal_shows_it(found):
    shown = call("table", "out", plugin=False).stdout
    assert repr(found) == shown.rstrip("\n")
    question, answer = shown.splitlines()[:2]
    assert question == found.study.question
    assert found.answer.startswith(answer)
    assert "\n" not in found.answer
    assert (found.metric, found.baseline, found.failed, len(found.records)) == ("dev_accuracy", "adam", 0, 25)


def test_what_is_not_there_has_a_nearest_match(found):
    with pytest.raises(AttributeError, match="unknown attribute of StudyResults 'arm', did you mean 'arms'"):
        found.arm  # noqa: B018
    with pytest.raises(ResultError, match="unknown table 'warning', did you mean 'warnings'"):
        found.table("warning")
    with pytest.raises(ResultError, match=r"nowhere: no result folder here \(study.json is missing\)"):
        harness.results("nowhere")
    assert not hasattr(found, "_repr_png_")


def test_a_notebook_shows_the_first_screen_and_its_style_reaches_nothing_else(found):
    html = found._repr_html_()
    assert found.answer.replace("'", "&#39;") in html
    assert html.count("<svg") == 1
    assert "<script" not in html
    style = html[html.index("<style>") + 7 : html.index("</style>")]
    selectors = [each for rule in style.split("}")[:-1] for each in rule.partition("{")[0].split(",")]
    assert all(each.strip().startswith(".harness-screen") for each in selectors)
    assert all(f">{arm}</th>" in html for arm in found.arms["arm"])


def test_report_writes_the_page_where_it_is_asked_to(found, monkeypatch):
    monkeypatch.setattr("harness.report.page.write_report", lambda parts, joined: f"{len(parts)} {joined}")
    assert found.report() == Path("out/report.html")
    assert found.report("here/page.html") == Path("here/page.html")
    assert Path("here/page.html").read_text() == "1 None"


def test_compare_takes_paths_and_results_and_gives_what_the_command_prints(found, finished):
    finished(Path("other"), overrides=("training.epochs=1",))
    comparison = harness.compare(found, "other")
    assert comparison.text() == call("compare", "out", "other", plugin=False).stdout
    assert repr(comparison) == comparison.text().rstrip("\n")
    assert comparison.text("csv") == comparison.table.to_csv(index=False, lineterminator="\n")
    assert comparison.differing_settings == ["training.epochs: 2 (out), 1 (other)"]
    assert comparison.answer in " ".join(comparison.text().split())
    assert (comparison.metric, comparison.differing_environments) == ("dev_accuracy", [])
    assert comparison.answer.replace("'", "&#39;") in comparison._repr_html_()
    mine = comparison.table
    mine["n"] = 0
    assert comparison.table["n"].min() > 0


def test_compare_says_what_cannot_be_compared(found):
    with pytest.raises(ResultError, match="nothing to compare"):
        harness.compare()
    with pytest.raises(ResultError, match="unknown pairs 'al', did you mean 'all'"):
        harness.compare(found, pairs="al")
    with pytest.raises(ResultError, match="unknown metric 'dev_acuracy', did you mean 'dev_accuracy'"):
        harness.compare(found, metric="dev_acuracy")
    with pytest.raises(ResultError, match="3 seeds give none"):
        harness.compare(found).worse  # noqa: B018


def test_results_can_be_read_again_copied_and_pickled(found):
    assert harness.results(found).answer == found.answer
    assert pickle.loads(pickle.dumps(found)).answer == copy.deepcopy(found).answer == found.answer
    comparison = harness.compare(found)
    assert pickle.loads(pickle.dumps(comparison)).answer == comparison.answer
    assert dir(comparison) == [name for name in dir(comparison) if not name.startswith("_")]
    with pytest.raises(AttributeError, match="unknown attribute of StudyComparison 'tabel', did you mean 'table'"):
        comparison.tabel  # noqa: B018


def test_results_of_a_run_leave_its_loaded_plugins_behind_when_they_are_pickled(found, registry):
    made = harness.StudyResults(found.path, found._results, registry=registry)
    again = pickle.loads(pickle.dumps(made))
    assert (again.answer, again._registry.sources) == (made.answer, registry.sources)


def test_a_folder_that_is_given_twice_counts_once(found):
    once = harness.compare(found).text()
    for other in ("out", "./out", Path("out").resolve(), found):
        assert harness.compare(other, found).text() == once


def test_a_folder_that_is_not_there_has_a_nearest_match(found):
    for path, hint in {"otu": ", did you mean 'out'?", "out/tables": ", did you mean 'out'?",
                       ".": ", did you mean 'out'?", "nothing/like/it": ";"}.items():  # fmt: skip
        with pytest.raises(ResultError) as caught:
            harness.results(path)
        assert str(caught.value) == (
            f"{path}: no result folder here (study.json is missing){hint} harness run STUDY makes one"
        )
    with pytest.raises(ResultError, match=r"^out/records.jsonl: is a file, not a result folder, did you mean 'out'\?$"):
        harness.results("out/records.jsonl")


def test_what_can_be_shown_is_named(found):
    for show, message in (
        (lambda: found.text(0), "width is a number of columns, at least 1, got 0"),
        (lambda: harness.compare(found).text("xml"), "unknown format 'xml'; known: csv, json, latex, markdown, text"),
        (lambda: found.table(["arms"]), "table: a text, got list ['arms']"),
        (lambda: found.report(""), "report: a path, or its text, got ''"),
        (lambda: found.report("."), ".: cannot be written: it is a folder, not a file"),
    ):
        with pytest.raises(HarnessError) as caught:
            show()
        assert str(caught.value) == message


def test_warnings_that_there_are_none_of_are_a_table_with_columns():
    from harness.analysis.advice.advise import warnings_frame

    assert list(warnings_frame([]).columns) == ["id", "arm", "evidence", "advice", "change"]


def test_two_screens_on_one_page_share_no_identifier(found):
    screens = [found._repr_html_(), found._repr_html_(), harness.compare(found)._repr_html_()]
    names = [name for screen in screens for name in re.findall(r'\bid="([^"]*)"', screen)]
    assert len(set(names)) == len(names) >= 6


def test_the_front_door_is_light_and_complete():
    program = "import sys, harness; assert {'run', 'results', 'compare', 'train', 'load'} <= set(dir(harness)); "
    program += "harness.run; harness.results; "
    program += "print([name for name in ('torch', 'optuna', 'pandas', 'numpy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert set(harness.__all__) <= set(dir(harness))


def test_no_module_shadows_a_function():
    import harness.api
    import harness.cli.main
    import harness.testing

    for name in ("run", "results", "compare", "train", "unseal", "load"):
        assert callable(getattr(harness, name))
    assert harness.testing.find
