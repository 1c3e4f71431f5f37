"""Which changes make a study another one."""

from __future__ import annotations

import pytest

from harness.plugin.traits import NO_TRAITS
from harness.study.changes import differences
from harness.study.resolved import ResolvedStudy

from support.study_texts import HEAD


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("rate = 0.5", "rate = 0.500000001",
         ["arms.all.defaults.dropout.constant.rate", "arms.all.fixed.dropout.constant.rate"]),
        ("high = 0.01", "high = 0.01000000001", ["arms.all.space.optimiser.adam.lr.high"]),
        # A component that is not the first of its list shows in no default.
        ("start = 0.5", "start = 0.6", ["arms.all.fixed.dropout.linear.start"]),
        ("trials = 4", "trials = 5", []),
        ("trials = 4", "trials = 3", ["search.trials"]),
        ("Which?", "Why?", []),
        ("metric ", "tier = 'standard'\nmetric ", []),
        ("metric ", "tier = 'strict'\nmetric ", ["search.repeats"]),
        ("metric ", "tier = 'smoke'\nmetric ", ["confirm.seeds", "search.widen"]),
        ("trials = 4", "trials = 4\nwiden = 5", []),
        ("trials = 4", "trials = 4\nwiden = 2", ["search.widen"]),
        ("trials = 4", "trials = 4\nrepeats = 6", ["search.repeats"]),
        ("trials = 4", "trials = 4\n[select]\ndefaults = false", ["select.defaults"]),
        ("metric ", "smallest_difference = 0.5\nmetric ", []),
    ],
)  # fmt: skip
def test_the_least_difference_is_found(plan, old, new, found):
    text = HEAD + (
        "[choices]\noptimiser = {name = 'adam', search = ['lr']}\n"
        "dropout = [{name = 'constant', rate = 0.5}, {name = 'linear', start = 0.5}]\n"
        "[space]\n'optimiser.adam.lr' = { low = 0.001, high = 0.01 }\n[search]\ntrials = 4\n"
    )
    assert old in text
    before, after = plan(text).resolved(), plan(text.replace(old, new)).resolved()
    assert [line.partition(":")[0] for line in differences(before, after)] == found


def test_what_a_larger_budget_affords_is_a_difference_with_its_cause_and_its_cure(plan):
    text = HEAD + "compare = ['optimiser']\n[choices]\noptimiser = ['adam', {name = 'sgd', search = ['lr']}]\n"
    before, same, after, wider = (plan(text + f"[search]\ntrials = {trials}").resolved() for trials in (8, 9, 10, 26))
    assert differences(before, same) == []
    cause = " (search.trials was 8, is now {}: that changes how many are searched, unless search = [...] names them)"
    assert differences(before, after) == [
        "arms.adam.space.optimiser.adam.beta1: was absent, now present" + cause.format(10)
    ]
    assert len(differences(before, wider)) == 2
    named = text.replace("['adam'", "[{name = 'adam', search = ['lr']}")
    assert differences(*(plan(f"{named}[search]\ntrials = {trials}").resolved() for trials in (8, 26))) == []
    both = text.replace("'lr'", "'lr', 'momentum'")
    assert differences(before, plan(both).resolved()) == [
        "arms.sgd.space.optimiser.sgd.momentum: was absent, now present"  # which the same budget did not change
    ]


def test_what_components_say_of_themselves_is_kept_and_makes_no_other_study(plan):
    resolved = plan(HEAD + "[choices]\noptimiser = ['adam', 'sgd']\n").resolved()
    data = resolved.to_json()
    traits = data["arms"]["all"]["traits"]
    assert {"optimiser.adam", "optimiser.sgd", "dropout.constant"} <= traits.keys()
    assert all(each.keys() == NO_TRAITS.to_json().keys() for each in traits.values())
    traits["optimiser.adam"]["meanings"] = {"lr": "something else"}
    del traits["optimiser.sgd"]
    changed = ResolvedStudy.from_json(data, "study.json")
    assert changed != resolved
    assert differences(resolved, changed) == differences(changed, resolved) == []
