"""Findings: a study's tables, warnings and comparisons, worked out once for all who show them."""

from __future__ import annotations

from collections import Counter

import pytest

from harness.analysis import findings as module
from harness.analysis import tables
from harness.analysis.findings import findings
from harness.analysis.tables import TABLES, Tables, write_tables
from harness.records.folder import ResultFolder
from harness.records.record import Call
from harness.report.answer import answer_of
from harness.report.page import write_report
from harness.report.terminal import answer

from support.by_hand import results as recorded
from support.by_hand import whole
from support.pages import about
from support.plausible import results

CALL = Call(jobs=2, new_runs=3, environment="cafe0123", seconds={"wall": 9.0})


def test_a_table_is_made_when_it_is_asked_for_and_once():
    frames = Tables(recorded(*whole()))
    assert list(frames) == list(TABLES)
    assert frames.made == {}
    assert frames["runs"] is frames["runs"]
    assert list(frames.made) == ["runs"]


def test_a_call_makes_the_table_of_timing_anew_and_no_other():
    before = findings(recorded(*whole()))
    made = {name: before.tables[name] for name in TABLES}
    after = before.after(CALL)
    assert list(after.results.calls) == [CALL]
    assert [name for name in TABLES if after.tables[name] is not made[name]] == ["timing"]
    assert "driver" in set(after.tables["timing"]["phase"])


@pytest.mark.usefixtures("undrawn")
def test_the_end_of_a_study_works_everything_out_once(tmp_path, monkeypatch):
    counts: Counter[str] = Counter()

    def counted(name, make):
        def call(given):
            counts[name] += 1
            return make(given)

        return call

    monkeypatch.setattr(module, "advise", counted("advise", module.advise))
    monkeypatch.setattr(tables, "TABLES", {name: counted(name, make) for name, make in TABLES.items()})
    found = findings(results({"adam": 80.0, "sgd": 79.0}, trials=3, confirm=6, points=2))
    write_tables(ResultFolder(tmp_path), found.tables)
    assert answer_of(found) in " ".join(answer(found).split())
    write_report([about(found)])
    assert counts == Counter(["advise", *(name for name in TABLES if name != "warnings")])
