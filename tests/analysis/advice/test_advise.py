"""Warnings as a whole: the registry, its page, either direction of a metric, and that nothing ever raises."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.analysis.advice.advise import WARNERS, Advice, advise, warnings_table
from harness.metric import Metric
from harness.records.folder import ResultFolder
from harness.records.record import Opening
from harness.records.results import Results

from support.confirmation import confirm
from support.faultless import NOISE, record, results, warned, whole
from support.paths import ROOT

COLUMNS = ["id", "arm", "evidence", "advice", "change"]


def test_a_study_without_a_fault_has_no_warning_but_that_it_searched_once():
    assert [each.id for each in advise(results())] == ["ONE-SEARCH"]


def test_the_page_names_every_warning_once_in_the_same_order():
    page = (ROOT / "results" / "README.md").read_text()
    section = re.search(r"^## Warnings.*?(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert section
    assert re.findall(r"^\| `([A-Z0-9-]+)` \|", section[0], re.MULTILINE) == list(WARNERS)


def test_every_warning_has_a_test_file_of_its_own():
    files = {path.name for path in Path(__file__).parent.glob("test_*.py")}
    assert {f"test_{name.lower().replace('-', '_')}.py" for name in WARNERS} <= files


def test_the_table_has_its_columns_with_and_without_rows():
    assert list(warnings_table(results()).columns) == COLUMNS
    frame = warnings_table(results([*whole("adam", seeds=5), *whole("sgd", seeds=5)]))
    assert list(frame.columns) == COLUMNS
    assert list(frame["id"]) == ["SEEDS"]


def test_every_warning_carries_its_own_name_and_evidence(undisturbed):
    found = advise(Results.of(ResultFolder(undisturbed)))
    assert found
    assert all(isinstance(each, Advice) and each.id in WARNERS and each.evidence and each.advice for each in found)
    assert [each.id for each in found] == sorted((each.id for each in found), key=list(WARNERS).index)


# Directions


def mirrored(found: Results) -> Results:
    """The same study of a metric that is better the lower it is."""
    turned = {
        key: each if each.reason else replace(each, curve=[{"step": 10, "dev_uas": -each.score(found.metric)}])
        for key, each in found.records.items()
    }
    return Results(replace(found.study, metric=Metric("dev_uas", "minimise")), turned)


def test_warnings_respect_the_direction():
    assert advise(mirrored(results())) == advise(results())
    changed = confirm("sgd", [80.0 + noise for noise in reversed(NOISE)], trial=0)
    changed.append(record("search", "adam", 2, 0, 90.0))
    turned = advise(mirrored(results(changed=changed)))
    assert [(each.id, each.arm) for each in turned] == [
        ("ONE-SEARCH", ""), ("OPTIMISM", "adam"), ("DEFAULTS", "sgd"),
    ]  # fmt: skip
    assert turned[2].evidence == warned(results(changed=changed), "DEFAULTS")[0].evidence


# Nothing raises

values = st.one_of(st.none(), st.floats(0, 100), st.just(80.0))


@st.composite
def random_records(draw):
    found = []
    for arm in ("adam", "sgd"):
        trials = draw(st.integers(0, 5))
        found += [
            record("search", arm, trial, 0, draw(values), lr=draw(st.floats(1e-6, 10))) for trial in range(trials)
        ]
        phases = draw(st.sets(st.sampled_from(["select", "confirm"])))
        for phase, first in (("select", 1), ("confirm", 100)):
            chosen = draw(st.sets(st.integers(0, max(trials - 1, 0)))) if trials and phase in phases else ()
            for trial in chosen:
                seeds = range(first, first + draw(st.integers(0, 4)))
                found += [record(phase, arm, trial, seed, draw(values)) for seed in seeds]
    return found


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(random_records(), st.sampled_from(["maximise", "minimise"]), st.booleans(), st.sampled_from(["sobol", "tpe"]))
def test_nothing_raises(records, direction, opened, sampler):
    opening = Opening(time="now", seed_indices=[], fingerprints={}, runs=0, records=3)
    found = results(
        records,
        direction=direction,
        search={"trials": 5, "sampler": sampler, "batch": 2},
        ledger=[opening] if opened else [],
        environments={"cafe0123": {"python": "3.13"}},
    )
    for each in advise(found):
        assert each.evidence
        assert "nan" not in each.evidence.replace("became nan", "")
    warnings_table(found)
