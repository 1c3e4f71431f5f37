"""Tiers and the ladder: how thorough a study is, and what few trials search."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import StudyError
from harness.study._dimensions import affordable
from harness.study.plan import Plan, plan_from_file

HEAD = 'question = "Which?"\nproblem = "tiny"\nmetric = "dev_accuracy"\n'


@pytest.fixture
def plan(registry, tmp_path):
    def make(text: str, *overrides: str) -> Plan:
        path: Path = tmp_path / "x.toml"
        path.write_text(HEAD + text)
        return plan_from_file(path, overrides, registry)

    return make


def searched(plan: Plan) -> list[list[str]]:
    return [[name.partition(".")[2] for name in arm.dimensions()] for arm in plan.arms]


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("", (8, 6, 3, 1)),
        ('tier = "smoke"', (4, 1, 0, 1)),
        ('tier = "quick"', (8, 6, 3, 1)),
        ('tier = "standard"', (16, 10, 3, 1)),
        ('tier = "strict"', (32, 30, 3, 10)),
        ('tier = "strict"\n[search]\ntrials = 5', (5, 30, 3, 10)),
        ('tier = "strict"\n[confirm]\nseeds = 20', (32, 20, 3, 10)),
        ('tier = "strict"\n[search]\nrepeats = 1\nwiden = false\n[confirm]\nseeds = 7', (32, 7, 0, 1)),
        ('tier = "smoke"\n[search]\nwiden = 2', (4, 1, 2, 1)),
        ('[search]\nsampler = "tpe"', (8, 6, 0, 1)),
        ('[search]\nsampler = "tpe"\nwiden = false', (8, 6, 0, 1)),
    ],
)
def test_a_tier_is_a_budget_and_explicit_numbers_win(plan, text, budget):
    study = plan(text).study
    assert (study.search.trials, study.confirm.seeds, study.search.widen, study.search.repeats) == budget


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[search]\nwiden = true", "search.widen: widen is a number of rounds, or false for none, got true"),
        ("[search]\nwiden = -1", "search.widen: must be greater than or equal to 0, got -1"),
        ('[search]\nsampler = "tpe"\nwiden = 1',
         "search: widen is 1, but ranges are never widened with the sampler 'tpe'"),
        ("[search]\nrepeats = 2", "search.repeats: repeats is 2: every test would count 2 searches, and fewer than 6 "
         "decide nothing; 1, or 6 and more"),
        ("[search]\nrepeats = 5", "search.repeats: repeats is 5: every test would count 5 searches, and fewer than 6 "
         "decide nothing; 1, or 6 and more"),
        ("[search]\nrepeats = 8\n[confirm]\nseeds = 9", "confirm.seeds: search.repeats is 8, and each repeat's winners "
         "get the same number of seeds: 8, not 9"),
        ("[search]\nrepeats = 6\n[confirm]\nuntil_decided = true", "confirm.until_decided: search.repeats is 6: then "
         "the searches are counted, and no further seed adds one; more repeats in another folder do"),
        ("[search]\nrepeats = 30\n[select]\nseeds = 3\n[confirm]\nseeds = 30", "select.seeds: search.repeats is 30, "
         "and with 3 they need 120 tuning seeds of the 100 that there are: at most 2"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_with_rounds_and_repeats_is_one_line(plan, text, fault):
    with pytest.raises(StudyError) as caught:
        plan(text)
    [line] = str(caught.value).splitlines()
    assert line.partition(": ")[2] == fault


def test_set_changes_the_tier(plan):
    study = plan('tier = "smoke"', "tier=standard").study
    assert (study.tier, study.search.trials) == ("standard", 16)


def test_an_unknown_tier_is_a_fault_with_the_nearest_match(plan):
    with pytest.raises(StudyError, match=r"x.toml:4: tier: unknown tier 'standart', did you mean 'standard'\?"):
        plan('tier = "standart"')


@pytest.mark.parametrize("given", ["0", "-0.1", "inf", "nan", '"much"'])
def test_the_smallest_difference_is_a_positive_number(plan, given):
    with pytest.raises(StudyError, match=r"x.toml:4: smallest_difference: "):
        plan(f"smallest_difference = {given}")


def test_the_smallest_difference_is_kept(plan):
    assert plan("smallest_difference = 0.25").resolved().to_json()["smallest_difference"] == 0.25
    assert plan("").resolved().to_json()["smallest_difference"] is None


def test_a_budget_affords_about_five_trials_a_dimension_and_more():
    counts = {trials: affordable(trials) for trials in range(1, 200)}
    assert [counts[trials] for trials in (1, 8, 9, 10, 16, 25, 26, 32, 40, 60, 75)] == [1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6]
    assert all(counts[trials] <= max(1, trials // 5) for trials in counts)
    assert sorted(counts.values()) == list(counts.values())


@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        ("smoke", ["adam.lr"]),
        ("quick", ["adam.lr"]),
        ("standard", ["adam.lr", "adam.beta1"]),
        ("strict", ["adam.lr", "adam.beta1", "adam.eps"]),
    ],
)
def test_a_component_is_searched_by_importance(plan, tier, expected):
    assert searched(plan(f'tier = "{tier}"\n[choices]\noptimiser = "adam"')) == [expected]


def test_what_a_study_asks_to_search_is_searched_whatever_the_budget(plan):
    text = 'tier = "quick"\n[choices]\noptimiser = { name = "adam", search = ["eps", "beta1"] }'
    assert searched(plan(text)) == [["adam.beta1", "adam.eps"]]
    text = 'tier = "quick"\n[choices]\noptimiser = "adam"\n[space]\n"optimiser.adam.beta2" = { low = 0.9, high = 0.99 }'
    assert searched(plan(text)) == [["adam.beta2"]]


def test_two_choices_take_turns_the_optimiser_first(plan):
    text = '[choices]\noptimiser = "adam"\ndropout = "linear"\n[search]\ntrials = '
    assert searched(plan(text + "9")) == [["adam.lr"]]
    assert searched(plan(text + "16")) == [["adam.lr", "linear.start"]]
    assert searched(plan(text + "32")) == [["adam.lr", "adam.beta1", "linear.start"]]


def test_every_arm_climbs_its_own_ladder(plan):
    text = 'compare = ["optimiser"]\ntier = "standard"\n[choices]\noptimiser = ["adam", "sgd"]'
    assert searched(plan(text)) == [["adam.lr", "adam.beta1"], ["sgd.lr", "sgd.momentum"]]


def test_a_list_of_components_is_a_dimension(plan):
    text = 'tier = "standard"\n[choices]\noptimiser = ["adam", "sgd"]'
    assert searched(plan(text)) == [["", "adam.lr", "sgd.lr"]]


def test_lists_that_use_the_budget_up_leave_the_learning_rate(plan):
    lists = 'optimiser = ["adam", "sgd"]\ndropout = ["constant", "linear"]\ninitialiser = ["zeros", "orthogonal"]'
    assert searched(plan(f"[choices]\n{lists}")) == [["", "", "adam.lr", "sgd.lr", ""]]


def test_a_grid_searches_every_cell(plan):
    text = '[choices]\noptimiser = "sgd"\n[search]\nsampler = "grid"\n[space]\n' + "".join(
        f'"optimiser.sgd.{name}" = [0.1, 0.2]\n' for name in ("lr", "momentum", "weight_decay")
    )
    assert searched(plan(text)) == [["sgd.lr", "sgd.momentum", "sgd.nesterov", "sgd.weight_decay"]]


def test_an_arm_with_nothing_of_its_own_to_search_does_not_tune_another_choice_instead(plan, monkeypatch, tmp_path):
    (tmp_path / "bare.py").write_text(
        "import torch\n\n\nclass Bare(torch.optim.SGD):\n    def __init__(self, params, rate=0.1):\n"
        "        super().__init__(params, lr=rate)\n"
    )
    monkeypatch.chdir(tmp_path)
    chosen = 'compare = ["optimiser"]\n[choices]\noptimiser = ["sgd", "bare.py:Bare"]\ndropout = "constant"\n'
    assert searched(plan(chosen)) == [["sgd.lr"], []]
    more = f"{chosen}[search]\ntrials = 12"
    assert searched(plan(more)) == [["sgd.lr", "constant.rate"], ["constant.rate"]]
    # What is fixed by hand is no reason to tune something else, either; what the study asks for is searched.
    fixed = chosen.replace('"bare.py:Bare"', '{ name = "bare.py:Bare", rate = 0.2 }')
    assert searched(plan(fixed)) == [["sgd.lr"], []]
    asked = chosen.replace('dropout = "constant"', 'dropout = { name = "constant", search = ["rate"] }')
    assert searched(plan(asked)) == [["constant.rate"], ["constant.rate"]]
