"""The benchmarks run, at toy sizes, and their arithmetic is right. How fast anything is, no test says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from support.paths import ROOT

FOLDER = ROOT / "tests" / "benchmarks"


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(FOLDER)


def bench(parts: list[str], out: Path) -> tuple[str, dict]:
    """The text and the report of a quick run."""
    from suite import main

    arguments = [argument for part in parts for argument in ("--only", part)]
    done = CliRunner().invoke(main, ["--quick", *arguments, "--json", str(out)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout, json.loads(out.read_text())


def test_a_ratio_is_the_median_of_the_repetitions_ratios():
    from comparison import Comparison, table

    # The ratio of the medians would be 6 / 2.
    comparison = Comparison(what="step", problem="tiny", plain=(2.0, 6.0, 90.0), harness=(1.0, 2.0, 9.0), goal=3.5)
    assert comparison.ratios == [2, 3, 10]
    assert comparison.ratio == 3
    skewed = Comparison(what="step", problem="tiny", plain=(8.0, 1.0, 6.0), harness=(2.0, 1.0, 3.0))
    assert skewed.ratio == 2
    assert comparison.row() == ["step", "tiny", "textbook", "6.0 s", "2.0 s", "3.00", "2.00–10.00", "3", "≥ 3.5"]
    assert len(table([comparison, skewed]).splitlines()) == 3


def test_the_two_sides_are_timed_in_turn():
    from comparison import alternate

    calls: list[str] = []
    plain, harness = alternate(lambda: calls.append("plain"), lambda: calls.append("harness"), 3)
    assert calls == ["plain", "harness"] * 3
    assert len(plain) == len(harness) == 3
    assert [len(each) for each in alternate(lambda: None, lambda: None, 3, budget=0.0)] == [1, 1]


def test_a_study_is_compared_with_each_number_of_threads_and_the_goal_is_of_the_faster():
    from processes import Timing
    from study import compare_timings

    plain = {1: [Timing(wall=8.0, processor=7.0)] * 3, 2: [Timing(wall=6.0, processor=12.0)] * 3}
    harness = [Timing(wall=2.0, processor=4.0)] * 3
    found = compare_timings("study", "tiny", plain, harness, {})
    assert [(each.what, each.against, each.ratio, each.goal) for each in found] == [
        ("study, wall time", "script, 1 thread", 4, None), ("study, wall time", "script, 2 threads", 3, 7),
        ("study, processor time", "script, 1 thread", 1.75, None),
        ("study, processor time", "script, 2 threads", 3, None),
    ]  # fmt: skip
    unknown = {threads: [Timing(wall=each.wall, processor=None) for each in plain[threads]] for threads in plain}
    assert len(compare_timings("study", "tiny", unknown, [Timing(wall=2.0, processor=None)] * 3, {})) == 2


BUSY = "import time\nwhile time.process_time() < 0.3: pass\n"
ORPHANING = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {BUSY!r}])
print("done")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processor time of orphans is known on Linux only")
def test_processor_time_is_of_the_command_and_of_the_orphans_that_it_leaves():
    from processes import timed_command

    text, timing = timed_command([sys.executable, "-c", ORPHANING])
    assert text == "done\n"
    assert 0.3 < timing.processor < 3
    _, alone = timed_command([sys.executable, "-c", "print(1)"])
    assert alone.processor < timing.processor
    with pytest.raises(RuntimeError, match="exit"):
        timed_command([sys.executable, "-c", "exit(3)"])


def test_the_best_plain_loop_learns_what_the_textbook_does():
    from itertools import islice

    from textbook import endless_batches, train_epoch, train_steps
    from workbench import sources, textbook_of

    [source] = sources(quick=True)
    train = source.problem.train
    batches = endless_batches(train.tokens, train.labels, 32)
    first = list(islice(batches, -(-len(train.tokens) // 32)))
    assert sorted(torch.cat([labels for _, labels in first]).tolist()) == sorted(train.labels.tolist())
    plain = textbook_of(source.problem)
    best = textbook_of(source.problem)
    best.load_state_dict(plain.state_dict())
    plain.dropout.p = best.dropout.p = 0.0
    losses = [
        train_epoch(plain, torch.optim.Adam(plain.parameters(), lr=1e-3), first),
        train_steps(best, torch.optim.Adam(best.parameters(), lr=1e-3, fused=True), first),
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    for name, weight in plain.state_dict().items():
        torch.testing.assert_close(weight, best.state_dict()[name], rtol=1e-3, atol=1e-5)


@pytest.mark.slow
def test_what_many_runs_cost_is_measured(tmp_path):
    text, report = bench(["growth"], tmp_path / "bench.json")
    assert [row["what"] for row in report["growth"]] == ["300 runs", "600 runs", "20 trials", "40 trials"]
    assert all(row["report_bytes"] > 1e5 for row in report["growth"][:2])
    assert all(row["trial_seconds"] > 0 for row in report["growth"][2:])
    assert "600 runs" in text
    assert "40 trials" in text


def test_what_the_driver_needs_for_a_run_is_measured(tmp_path):
    text, report = bench(["driving"], tmp_path / "bench.json")
    rows = report["driving"]
    assert [(row["sampler"], row["real_time"]) for row in rows] == [("sobol", False), ("tpe", False), ("sobol", True)]
    for row in rows:
        assert row["runs"] > 150
        assert sum(row["parts"].values()) == pytest.approx(row["driver_seconds"])
        assert row["feeds"] == row["seconds"] / row["driver_seconds"]
        assert all(row["parts"][part] > 0 for part in ("asking", "sending", "writing", "telling", "journal"))
    assert "driver a run" in text


def test_made_up_runs_take_their_time_by_a_clock_that_is_put_forward():
    from driving import Meter
    from simulated import Clock

    clock = Clock()
    clock.put_forward_to(100)
    clock.put_forward_to(50)
    with clock.stopped():
        before = clock.now()
    assert 100 <= before <= clock.now() < 200
    assert clock.busy() < 100
    seconds = iter([0.0, 1.0, 3.0, 7.0])
    meter = Meter(lambda: next(seconds))
    inner = meter._timed("inner", lambda: None)
    meter._timed("outer", inner)()
    assert meter.seconds == {"outer": 1 + 4, "inner": 2}, "what is within counts there"


def test_the_tables_are_made(tmp_path):
    text, report = bench(["step", "evaluation", "scale"], tmp_path / "bench.json")
    assert {each["what"] for each in report["comparisons"]} == {
        "step", "step, per run of a cohort of 4", "score (dev hits)", "evaluation point",
    }  # fmt: skip
    steps = [each["against"] for each in report["comparisons"] if each["what"].startswith("step")]
    assert steps == ["textbook", "best plain loop"] * 2
    assert {each["chosen"] for each in report["scale"]} == {"plain", "shared"}
    assert all(row["plain_seconds"] > 0 and row["shared_seconds"] > 0 for row in report["scale"])
    assert f"torch {torch.__version__}" in text
    assert "plain ÷ shared" in text


def test_the_textbook_has_the_weights_that_it_is_compared_with():
    from workbench import sources, textbook_of

    from harness import EmbeddingClassifier

    [source] = sources(quick=True)
    problem = source.problem
    model = EmbeddingClassifier((len(problem.vocabulary), 50), num_features=6, num_classes=3).eval()
    plain = textbook_of(problem, model).eval()
    torch.testing.assert_close(plain(problem.dev.tokens), model(problem.dev.tokens))


def test_a_synthetic_batch_repeats_its_features_as_a_treebank_does():
    from synthetic import Sizes, synthetic

    from harness.training._pairs import find_pairs

    problem = synthetic(Sizes())
    assert 4_600 < len(find_pairs(problem.train.tokens[:1024]).features) < 5_600
    assert int(problem.train.tokens.max()) < 17_000


@pytest.mark.slow
def test_studies_and_memory_are_measured(tmp_path):
    text, report = bench(["study", "memory"], tmp_path / "bench.json")
    for study in report["comparisons"]:
        assert study["what"].startswith("study of ")
        assert 0 < study["idle"][0] < 1
    measured = ["wall", "processor"] if sys.platform == "linux" else ["wall"]
    assert [(study["measure"], study["against"]) for study in report["comparisons"]] == [
        (measure, against) for measure in measured for against in ("script, 1 thread", "script, 2 threads")
    ]
    [row] = report["memory"]
    assert row["formula"] == row["problem"] + row["runs"] + row["step"] + row["holes"]
    assert "formula MiB" in text
    if sys.platform == "linux":
        assert 0.5 < row["measured"] / row["formula"] < 2
