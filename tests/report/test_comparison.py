"""``harness compare``: arms of one folder and of several, paired where the draws were the same."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.analysis.across import join, worse
from harness.cli.main import main
from harness.errors import ResultError
from harness.metric import DEV_LOSS
from harness.records.decisions import Looked
from harness.records.folder import ResultFolder
from harness.records.results import Results
from harness.report.comparison import shown
from harness.report.page import write_comparison
from harness.statistics.estimates import Difference, paired, welch
from harness.statistics.verdict import Word

from support.by_hand import record, repeated
from support.by_hand import results as made
from support.compared import against
from support.made_up import made_arm
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
    return list(found.sample(arm).scores.values())


def ends(difference: Difference) -> tuple[int, float, float, float]:
    return difference.n, difference.mean, difference.low, difference.high


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
    found = {each.a: each.difference for each in across}["sgd (again)"]
    assert ends(found) == ends(paired(scores(a, "sgd"), scores(a, "adam")))


def test_other_draws_are_welchs(folders):
    a, draws = results(folders, "a", "draws").values()
    joined = join(results(folders, "a", "draws"), pairs="same")
    difference = joined.comparisons[1].difference
    assert not difference.paired
    assert ends(difference) == ends(welch(scores(draws, "sgd"), scores(a, "sgd")))
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
        assert plain["unit"] == "seed"
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


def test_a_failed_run_is_left_out_and_counted(folders, tmp_path):
    shutil.copytree(folders / "a", tmp_path / "r")
    path = tmp_path / "r" / "records.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    chosen = Results.of(ResultFolder(tmp_path / "r")).chosen("sgd").trial
    lost = next(
        each for each in lines if (each["phase"], each["arm"], each["trial"]) == ("confirm", "sgd", chosen)
    )  # fmt: skip
    lost["reason"] = "lost"
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    found = Results.of(ResultFolder(tmp_path / "r"))
    joined = join({"r": found})
    assert joined.frame["failed"].tolist() == [1]
    adam, sgd = (found.sample(arm).scores for arm in ("adam", "sgd"))
    both = sorted(adam.keys() - {lost["seed_index"]})
    assert len(both) == 5
    expected = paired([sgd[seed] for seed in both], [adam[seed] for seed in both])
    assert ends(joined.comparisons[0].difference) == ends(expected)
    text = shown(joined, "text", 200)
    assert re.search(r"5 pairs, 1 failed +– +\d\.\d\d +exploratory\n", text)
    assert text.endswith("5 seeds); 1 of 6 runs of sgd failed (a rate of 0% to 64%).\n")


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


# What is shown, of results that nobody ran


def of_seeds(**scores: list[float]) -> Results:
    """A study that confirmed each arm at these scores, and searched nothing."""
    runs = [record("search", name, 0, 0, 70.0) for name in scores]
    for name, of_arm in scores.items():
        runs += [record("confirm", name, 0, 100 + seed, score) for seed, score in enumerate(of_arm)]
    arms = {name: made_arm({"optimiser": name}) for name in scores}
    return made(*runs, arms=arms, baseline=next(iter(scores)), search={"trials": 1}, select={"trials": 1, "seeds": 0},
                smallest_difference=0.5)  # fmt: skip


def test_below_four_seeds_the_single_differences_are_shown():
    joined = join({"a": of_seeds(adam=[80.0, 82.5, 81.0], sgd=[79.0, 83.0, 78.5])})
    text, page = shown(joined, "text", 200), write_comparison(joined)
    assert "sgd − adam  −1.00 (−1.00, +0.50, −2.50)  3 pairs             –       0.33  exploratory\n" in text
    assert "−1.00 <span>(−1.00, +0.50, −2.50)</span>" in page
    assert "81.17 <span>(80.00, 82.50, 81.00)</span>" in page
    assert "sgd minus adam −1.00 (−1.00, +0.50, −2.50), 3 seeds, exploratory." in page
    assert "\nIn parentheses, of fewer than 4, the values themselves.\n" in text
    assert "; in parentheses, of fewer than 4, the values themselves. Sources: a." in page
    assert "[" not in text.replace("difference [95%]", "")


def test_below_four_seeds_that_met_other_draws_there_is_the_mean_alone():
    one, other = of_seeds(adam=[80.0, 82.5, 81.0], sgd=[79.0, 83.0, 78.5]), of_seeds(nadam=[80.0, 81.0, 82.0])
    other = replace(other, study=replace(other.study, confirmation_seed=5))
    text = shown(join({"a": one, "b": other}), "text", 200)
    assert re.search(r"nadam − adam +−0\.167 +3 runs +– +0\.44 +exploratory\n", text)
    # nadam − adam: 81 − 81.1667; of nine pairs 80 ties one, 81 beats 80 and ties with 81, 82 beats 80 and 81.
    assert "1 of 2 comparisons is not paired, but Welch's: their runs met other random draws" in text


def test_intervals_that_hold_together_are_shown_and_called_so():
    gaps = [-1.0, -2.0, -1.5, -1.2, -1.8, -1.4]
    adam = [80.0, 81.0, 82.0, 83.0, 84.0, 85.0]
    sgd = [score + gap for score, gap in zip(adam, gaps, strict=True)]
    two = join({"a": of_seeds(adam=adam, sgd=sgd)})
    three = join({"a": of_seeds(adam=adam, sgd=sgd, nadam=sgd)})
    # The gaps' mean is −1.4833, their sd 0.3710, and t with 5 degrees of freedom 2.5706 at 0.975, 3.1634 at 0.9875.
    assert "−1.48 [−1.87, −1.09]  6 pairs" in shown(two, "text", 200)
    assert "hold together" not in shown(two, "text", 200)
    assert "difference [95%]</th>" in write_comparison(two)
    text, page = shown(three, "text", 200), write_comparison(three)
    assert text.count("−1.48 [−1.96, −1.00]  6 pairs") == 2
    assert "\nThe intervals of both hold together with 95%.\n" in text
    assert "difference [simultaneous 95%]</th>" in page
    assert page.count("−1.48 <span>[−1.96, −1.00]</span>") == 2
    assert "in brackets 95% intervals; the intervals of both hold together with 95%." in page
    assert [row["simultaneous_low"] for row in json.loads(shown(three, "json"))["comparisons"]] == pytest.approx(
        [-1.4833 - 3.1634 * 0.3710 / 6**0.5] * 2, abs=1e-3
    )


def test_searches_are_counted_as_such_and_with_seeds_as_units():
    """Six searches with two seeds each, against one search of twelve."""
    runs = {
        name: [(level - 1 + 0.1 * repeat, level + 1) for repeat in range(6)]
        for name, level in (("adam", 80.0), ("sgd", 78.0))
    }
    often = made(
        *[run for name, scores in runs.items() for run in repeated(name, scores)],
        search={"trials": 2, "repeats": 6}, confirm={"seeds": 12}, smallest_difference=0.5,
    )  # fmt: skip
    once = made(
        *[run for name, scores in runs.items() for run in repeated(name, [[each for two in scores for each in two]])],
        search={"trials": 2, "repeats": 1}, confirm={"seeds": 12}, smallest_difference=0.5,
    )  # fmt: skip
    joined = join({"often": often})
    assert joined.unit == "search"
    assert shown(joined, "text", 200).endswith("sgd loses to adam by 2.00 UAS [2.00, 2.00], 6 searches.\n")
    assert "paired search by search" in write_comparison(joined)
    joined = join({"often": often, "once": once}, pairs="same")
    assert joined.unit == "unit"
    text = " ".join(shown(joined, "text", 200).split())
    assert re.search(r"sgd \(once\) − sgd \(often\) .* 6 units .*–", text)  # the smaller of 6 searches and 12 seeds
    assert re.search(r"adam \(often\) reaches [^()]* \(6 units, 12 runs\); ", text)
    assert re.search(r"adam \(once\) reaches [^()]* \(12 units, 12 runs\); ", text)
    assert (
        "2 of 2 comparisons are not paired, but Welch's: their runs met other random draws, or units are searches here "
        "and seeds there"
    ) in text


@pytest.mark.parametrize(
    ("verdict", "cell"),
    [
        ({"word": Word.BETTER_UNCLEAR}, "better, size unclear"),
        ({"word": Word.UNDECIDED, "units": 24}, "undecided, about 24 seeds"),
        ({"word": Word.UNDECIDED, "withheld": "adam"}, "undecided, adam is not tuned"),
        ({"word": Word.UNDECIDED, "failing": "sgd"}, "undecided, sgd fails more often"),
    ],
)
def test_every_verdict_has_its_words_and_what_takes_it_back(verdict, cell):
    adam = [80.0, 81.0, 82.0, 83.0, 84.0, 85.0]
    joined = replace(join({"a": of_seeds(adam=adam, sgd=adam)}), comparisons=[against("sgd", b="adam", n=6, **verdict)])
    assert f"  {cell}\n" in shown(joined, "text", 200)
    assert cell in write_comparison(joined)
    assert "–\n" in shown(replace(joined, budgets=["trials: 1, 2"]), "text", 200)
    assert cell not in write_comparison(replace(joined, budgets=["trials: 1, 2"]))


def test_an_arm_of_which_nothing_finished_is_not_compared_by_another_test():
    adam = [80.0, 81.0, 82.0, 83.0, 84.0, 85.0]
    found = killed(of_seeds(adam=adam, sgd=adam, nadam=adam), "sgd")
    joined = join({"a": found})
    assert joined.notes == []
    text = shown(joined, "text", 200)
    assert re.search(r"sgd − adam +– +0 runs, 6 failed +– +– +–\n", text)
    assert text.count("every run of sgd failed") == 1
    assert "Differences are first minus second, paired seed by seed." in write_comparison(joined)


def test_folders_to_which_seeds_were_added_are_named():
    adam = [80.0, 81.0, 82.0, 83.0, 84.0, 85.0, 86.0]
    found = of_seeds(adam=adam, sgd=adam)
    went_on = replace(found, decisions=[Looked(seeds=6, planned=False, verdicts={"sgd": "undecided"})])
    note = "seeds were added after a look at the verdicts in a: tests and intervals are those that hold however often"
    assert note in " ".join(shown(join({"a": went_on}), "text", 200).split())
    assert note not in " ".join(shown(join({"a": found}), "text", 200).split())
