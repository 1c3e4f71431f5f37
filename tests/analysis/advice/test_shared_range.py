"""The warning SHARED-RANGE: one range for what means different things."""

from __future__ import annotations

from harness.records.folder import ResultFolder
from harness.records.results import Results

from support.faultless import arms, results, warned
from support.made_up import interval
from support.studies import STUDY, run, write_study


def test_shared_range():
    shared = {arm: {"space": {f"optimiser.{arm}.lr": interval(1e-4, 1.0)}} for arm in ("adam", "sgd")}
    (found,) = warned(results(arms=arms(**shared)), "SHARED-RANGE")
    assert found.evidence == (
        "optimiser.adam.lr (length of a step) and optimiser.sgd.lr (length per unit of gradient) are both searched in "
        "[0.0001, 1] log"
    )


def test_shared_range_is_silent_where_it_means_the_same_or_differs():
    assert not warned(results(), "SHARED-RANGE")
    shared = {arm: {"space": {f"optimiser.{arm}.lr": interval(1e-4, 1.0)}} for arm in ("adam", "sgd")}
    same = arms(**shared)
    same["sgd"]["traits"]["optimiser.sgd"]["meanings"]["lr"] = "length of a step"
    assert not warned(results(arms=same), "SHARED-RANGE")


def test_a_study_that_shares_a_range_warns(tmp_path):
    shared = "".join(f'"optimiser.{arm}.lr" = {{ low = 1e-3, high = 1e-1 }}\n' for arm in ("adam", "sgd"))
    run(write_study(tmp_path, f"{STUDY}\n[space]\n{shared}"), tmp_path / "out")
    assert len(warned(Results.of(ResultFolder(tmp_path / "out")), "SHARED-RANGE")) == 1
