"""``harness compare``: arms of one folder and of several, paired where the draws were the same."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.analysis.across import join, worse
from harness.cli.main import main
from harness.errors import ResultError
from harness.metric import DEV_LOSS
from harness.records.folder import ResultFolder
from harness.records.results import Results
from harness.report.comparison import shown
from harness.statistics.estimates import paired, welch

from support.studies import STUDY, run, write_study

SIX = STUDY.replace("seeds = 3", "seeds = 6").replace("trials = 4", "trials = 2")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Studies on the tiny problem: ``a``; ``b``, the same with another model; ``other`` draws; ``data`` of its own."""
    root = tmp_path_factory.mktemp("compare")
    texts = {
        "a": SIX,
        "b": SIX.replace("hidden_dim    = 8", "hidden_dim    = 9"),
        "draws": SIX.replace('metric   = "dev_accuracy"', 'metric   = "dev_accuracy"\nseed = 5'),
        "data": SIX.replace('"tiny"', '{ name = "tiny", seed = 1 }'),
        "long": SIX.replace("epochs     = 2", "epochs     = 3"),
    }
    for name, text in texts.items():
        run(write_study(root, text, f"{name}.toml"), root / name)
    return root


def results(folders: Path, *names: str) -> dict[str, Results]:
    return {str(folders / name): Results.of(ResultFolder(folders / name)) for name in names}


def compare(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["compare", *map(str, arguments)])


def scores(found: Results, arm: str) -> list[float]:
    return list(found.scores(arm).values())


def test_within_a_folder_it_is_the_studys_own_comparison(folders):
    (found,) = results(folders, "a").values()
    joined = join({"a": found})
    assert list(joined.comparisons) == found.against_baseline
    assert (joined.budgets, joined.settings, joined.environments, joined.notes) == ([], [], [], [])


def test_another_baseline_turns_the_sign(folders):
    (found,) = results(folders, "a").values()
    (one,), (other,) = (join({"a": found}, baseline=arm).comparisons for arm in ("adam", "sgd"))
    assert (one.a, other.a) == ("sgd", "adam")
    assert one.difference.mean == -other.difference.mean


def test_another_metric_has_its_own_direction(folders):
    (found,) = results(folders, "a").values()
    joined = join({"a": found}, metric="dev_loss")
    expected = [found.records[found.chosen(arm).again("confirm", 100).key].score(DEV_LOSS) for arm in ("sgd", "adam")]
    assert joined.metric.direction == "minimise"
    assert joined.frame["metric"].tolist() == ["dev_loss"]
    assert joined.comparisons[0].difference.n == 6
    assert expected[0] != expected[1]


def test_other_batches_are_not_paired(folders):
    a, b = results(folders, "a", "long").values()
    joined = join(results(folders, "a", "long"), pairs="same")
    assert [(each.a, each.b) for each in joined.comparisons] == [
        ("adam (long)", "adam (a)"), ("sgd (long)", "sgd (a)"),
    ]  # fmt: skip
    assert a.stream != b.stream  # another length is another order of batches
    expected = welch(scores(b, "adam"), scores(a, "adam"))
    assert joined.comparisons[0].difference.mean == pytest.approx(expected.mean)


def test_identical_studies_are_paired_and_equal(folders, tmp_path):
    run(write_study(tmp_path, SIX, "again.toml"), tmp_path / "again")
    both = results(folders, "a") | {str(tmp_path / "again"): Results.of(ResultFolder(tmp_path / "again"))}
    joined = join(both, pairs="same")
    assert all(each.difference.paired and each.difference.mean == 0 for each in joined.comparisons)
    a = next(iter(both.values()))
    across = join(both, baseline="adam (a)").comparisons
    assert {each.a: each.difference for each in across}["sgd (again)"] == paired(scores(a, "sgd"), scores(a, "adam"))


def test_other_draws_are_welchs(folders):
    a, draws = results(folders, "a", "draws").values()
    joined = join(results(folders, "a", "draws"), pairs="same")
    difference = joined.comparisons[1].difference
    assert not difference.paired
    assert difference == welch(scores(draws, "sgd"), scores(a, "sgd"))
    assert joined.notes == ["2 of 2 comparisons are not paired, but Welch's: their runs met other random draws"]
    assert joined.settings == ["study seed: 0 (" + str(folders / "a") + "), 5 (" + str(folders / "draws") + ")"]


def test_all_pairs(folders):
    joined = join(results(folders, "a", "draws"), pairs="all")
    assert len(joined.comparisons) == 6


def test_differences_in_budget_come_first_and_forbid_a_ranking(folders):
    done = compare(folders / "a", folders / "long", "--pairs", "same")
    assert done.exit_code == 0
    first, second, *_ = done.stdout.splitlines()
    assert first == "budgets differ, so this is no ranking:"
    assert second.startswith("  steps: 10 (")
    assert "training.epochs: 2 (" in done.stdout
    assert "so this is no ranking: " in done.stdout
    refused = compare(folders / "a", folders / "long", "--pairs", "same", "--fail-if-worse")
    assert refused.exit_code == 2
    assert "error: --fail-if-worse needs equal budgets, and these differ: steps: 10 (" in refused.stderr


def test_other_data_cannot_be_compared(folders):
    done = compare(folders / "a", folders / "data")
    assert done.exit_code == 2
    assert done.stderr == (
        f"error: {folders / 'data'}: its data (tiny) are not those of {folders / 'a'} (tiny): "
        "such scores cannot be compared\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--baseline", "adma"], "unknown baseline 'adma', did you mean 'adam'? known: adam, sgd"),
        (["--metric", "dev_uas"], "unknown metric 'dev_uas'"),
        (["--pairs", "same"], "no arm of a later folder has a namesake in the first: --pairs same compares those"),
    ],
)
def test_what_is_not_there_is_named(folders, arguments, message):
    done = compare(folders / "a", *arguments)
    assert done.exit_code == 2
    assert message in done.stderr


def test_an_ambiguous_baseline_is_named(folders):
    with pytest.raises(ResultError, match=r"baseline 'sgd' is in several folders: sgd \(a\), sgd \(draws\)"):
        join(results(folders, "a", "draws"), baseline="sgd")


def test_worse_has_an_exit_code_of_its_own(folders, tmp_path):
    """Adam that overfits, against SGD that hardly moves."""
    study = write_study(tmp_path, SIX)
    optimisers = 'choices.optimiser=[{name = "adam", lr = 0.03}, {name = "sgd", lr = 1e-9, nesterov = false}]'
    bad = (optimisers, "metric=dev_loss", "search.trials=1", "confirm.seeds=6", "training.epochs=16")
    run(study, tmp_path / "bad", overrides=bad)
    done = compare(tmp_path / "bad", "--baseline", "sgd", "--fail-if-worse")
    assert done.exit_code == 4, done.output
    assert done.stderr == "worse: adam than sgd\n"
    assert compare(tmp_path / "bad", "--fail-if-worse").exit_code == 0


@pytest.mark.parametrize("form", ["text", "csv", "markdown", "latex", "json"])
def test_every_format(folders, form):
    done = compare(folders / "a", "--format", form)
    assert done.exit_code == 0
    assert "sgd" in done.stdout
    if form == "json":
        plain = json.loads(done.stdout)
        assert plain["baseline"] == "adam"
        assert plain["comparisons"][0]["n"] == 6


def test_unconfirmed_arms_are_left_out_by_name(folders, tmp_path):
    shutil.copytree(folders / "a", tmp_path / "r")
    path = tmp_path / "r" / "records.jsonl"
    path.write_text("".join(x for x in path.read_text().splitlines(True) if '"confirm", "arm": "sgd"' not in x))
    both = results(folders, "a") | {"r": Results.of(ResultFolder(tmp_path / "r"))}
    assert "not confirmed, and left out: sgd (r)" in join(both).notes
    assert join(both).unconfirmed == ["sgd (r)"]
    with pytest.raises(ResultError, match="--fail-if-worse needs confirmed arms, and these are not: sgd"):
        worse(join(both))
    with pytest.raises(ResultError, match=r"r: baseline 'sgd \(r\)' is not confirmed, nothing can be compared with it"):
        join({"r": both["r"], **results(folders, "a")}, baseline="sgd (r)")
    with pytest.raises(ResultError, match="r: 1 confirmed arm, and a comparison needs 2"):
        join({"r": both["r"]})


def test_a_failed_run_is_seen_and_scores_the_worst(folders, tmp_path):
    shutil.copytree(folders / "a", tmp_path / "r")
    path = tmp_path / "r" / "records.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lost = next(each for each in lines if (each["phase"], each["arm"]) == ("confirm", "sgd"))
    lost["reason"] = "lost"
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    joined = join({"r": Results.of(ResultFolder(tmp_path / "r"))})
    assert joined.frame["failed"].tolist() == [1]


def killed(found: Results, arm: str, phases: tuple[str, ...] = ("confirm",)) -> Results:
    """The same results, but that every run of the arm in these phases failed."""
    changed = {
        key: replace(each, reason="lost") if key.phase in phases and key.arm == arm else each
        for key, each in found.records.items()
    }
    return Results(found.study, changed, found.calls, found.environments)


def test_an_arm_of_which_nothing_finished_is_worse(folders):
    (found,) = results(folders, "a").values()
    joined = join({"a": killed(found, "sgd")})
    assert worse(joined) == ["sgd: nothing of it finished"]
    assert "every run of sgd failed" in shown(joined, "text")
    joined = join({"a": found, "b": killed(found, "sgd", ("search", "confirm"))}, pairs="same")
    assert joined.failed == ["sgd (b)"]


def test_a_dead_baseline_measures_nothing(folders):
    (found,) = results(folders, "a").values()
    text = shown(join({"a": killed(found, "adam")}), "text")
    assert "every run of the baseline, adam, failed" in text
    assert "beats" not in text


def test_too_few_seeds_are_no_pass(undisturbed):
    done = compare(undisturbed, "--fail-if-worse")
    assert done.exit_code == 2
    assert "--fail-if-worse needs verdicts, and 3 seeds give none; run 6 or more" in done.stderr


def test_namesakes_that_search_elsewhere_are_told_apart(folders, tmp_path):
    space = 'space={"optimiser.adam.lr" = {low = 1e-4, high = 1e-3}}'
    run(write_study(tmp_path, SIX), tmp_path / "r", overrides=(space, "dropout=linear", "select.seeds=2"))
    both = results(folders, "a") | {"r": Results.of(ResultFolder(tmp_path / "r"))}
    lines = join(both, pairs="same").settings
    assert any("optimiser.adam.lr: searched in [0.0001, 0.01] log (adam (a)), " in line for line in lines)
    assert any(line.startswith("dropout: constant (") for line in lines)
    assert any(line.startswith("select.seeds: 1 (") for line in lines)


def test_other_conventions_are_another_metric(folders):
    (found,) = results(folders, "a").values()
    other = Results(replace(found.study, conventions="hits without commas"), found.records)
    with pytest.raises(ResultError, match="b: its metrics follow other conventions than those of a"):
        join({"a": found, "b": other})


def test_a_folder_of_another_version_is_one_line(folders, tmp_path):
    path = tmp_path / "old" / "study.json"
    path.parent.mkdir()
    path.write_text('{"arms": {}}')
    for command in ("table", "compare", "report", "unseal"):
        done = CliRunner().invoke(main, [command, str(path.parent)])
        assert done.exit_code == 2
        assert f"{path}: not of this version, it lacks question" in done.stderr
