"""``harness check``: what is wrong with a study or a plugin, in plain words, and with which exit code."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from harness.conformance.kit import CHECKS
from harness.plugin.kinds import OPTIMISER, PROBLEM

from support.checking import BROKEN, FEW, GOOD, HOLDS, check, told
from support.studies import SMALL, call


@pytest.fixture
def few(monkeypatch):
    """Three checks instead of the kit's."""
    monkeypatch.setitem(CHECKS, PROBLEM, FEW)
    monkeypatch.setitem(CHECKS, OPTIMISER, FEW)


# A study


def test_all_faults_of_a_study_are_shown(here):
    Path("tiny.toml").write_text(SMALL.replace("epochs     = 1", "epochs = 0").replace("seeds = 2", "seed = 2"))
    result = call("check", "tiny.toml", "--set", "search.trials=0", code=2)
    assert result.stderr.splitlines() == [
        "error: --set search.trials=0: search.trials: must be greater than or equal to 1, got 0",
        "tiny.toml:16: training.epochs: must be greater than 0, got 0",
        "tiny.toml:27: confirm.seed: unknown key 'seed', did you mean 'seeds'? known: limit, seeds, until_decided",
    ]


def test_check(here):
    result = call("check", "tiny.toml", "--set", "confirm.seeds=3")
    assert result.stderr == ""
    assert result.stdout == (
        "Which is better on tiny?\n"
        "\n"
        "problem: tiny, 300 training and 100 dev examples, 6 features, 40 embedding rows, 3 classes\n"
        "metric:  dev_accuracy, maximised\n"
        "runs:    20 (search 4, select 4, confirm 12)\n"
        "\n"
        "arm               searches\n"
        "sgd   (baseline)  optimiser.sgd.lr [0.001, 5] log\n"
        "adam              optimiser.adam.lr [0.0001, 0.01] log\n"
    )


def test_an_arm_that_searches_nothing_is_one_configuration(here):
    done = call("check", "tiny.toml", "--set", 'optimiser=[{name="adam", search=[], lr=0.2}, {name="sgd"}]')
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.startswith(("adam ", "sgd "))}
    assert rows["adam"].endswith("  nothing: one configuration")
    assert "nothing" not in rows["sgd"]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("regularisers={name='clip_norm', limit=-1.0}", "arm 'sgd' cannot be built: ValueError: "),
        ("optimiser.adam.beta1=1.5", "arm 'adam' cannot be built: "),
        ("optimiser.adam.lr={low=-1.0, high=0.1, scale='linear'}",
         "arm 'adam' cannot be built with optimiser.adam.lr = -1.0: "),
        ("embedding={name='pretrained', path='none.npy'}", "arm 'sgd' cannot be built: none.npy: no such file"),
    ],
)  # fmt: skip
def test_what_cannot_be_built_is_found_before_anything_runs(here, override, said):
    assert said in call("check", "tiny.toml", "--set", override, code=2).stderr


def test_two_arms_that_are_one_are_found(here):
    twins = 'optimiser=[{name="adam", search=[]}, {name="adam", search=[], beta1=0.9}]'
    baseline = 'baseline={optimiser="adam(search=nothing)"}'
    done = call("check", "tiny.toml", "--set", twins, "--set", baseline, code=2)
    assert "are the same: their difference would be none at every seed; leave one out" in done.stderr


def test_check_json(here):
    shown = json.loads(call("check", "tiny.toml", "--json").stdout)
    assert shown["runs"] == {"search": 4, "select": 4, "confirm": 8}
    assert list(shown["arms"]) == ["sgd", "adam"]
    assert shown["arms"]["adam"]["space"] == {
        "optimiser.adam.lr": {"low": 0.0001, "high": 0.01, "scale": "log", "integer": False}
    }


# A plugin


def test_what_holds_is_said_check_by_check(here):
    Path("good.py").write_text(GOOD)
    assert told(check("good.py")) == HOLDS.format("good.py")


def test_what_a_beginner_gets_wrong_is_said_in_plain_words(here):
    Path("bad.py").write_text(BROKEN + GOOD.replace("torch.Generator().manual_seed(seed)", "None"))
    said = told(check("bad.py", code=1))
    assert re.search("\nWRONG  The problem loads.*\n       it draws from torch's global stream", said)
    assert re.search("\nWRONG  A model trains with it.*\n       .*RuntimeError: no step today", said)


def unplaced(text: str) -> str:
    """Without where it went wrong, which is said once and the same."""
    found, count = re.subn(r"it fails: \S+checking\.py:\d+: ", "it fails: ", text)
    assert count == 1
    return found


def test_every_component_of_a_plugin_is_told_of(here, few):
    Path("two.py").write_text(GOOD + BROKEN)
    assert unplaced(told(check("two.py", code=1))) == """\
problem good   (plugin two.py)

ok     It has a name.
ok     It trains.
WRONG  It rests.
       it fails: ZeroDivisionError: by zero

optimiser broken   (plugin two.py)

ok     It has a name.
WRONG  It trains.
       not
       at all
       (not run, as this comes first: 1 check)

2 components, 5 checks in N s: 2 found something wrong
"""  # fmt: skip


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A folder of installed packages, with a class that is not its user's to change."""
    folder = tmp_path / "installed"
    (folder / "lib-1.0.dist-info").mkdir(parents=True)
    (folder / "lib.py").write_text(
        "import random\nimport torch\n\n\nclass Wide(torch.optim.SGD):\n"
        "    def __init__(self, params, lr=0.1, unused=1.0):\n        super().__init__(params, lr=lr)\n\n\n"
        "class Random(Wide):\n    '''SGD, now and then.'''\n\n"
        "    def step(self, closure=None):\n        return super().step(closure) if random.random() < 0.9 else None\n"
    )
    monkeypatch.syspath_prepend(folder)
    yield
    sys.modules.pop("lib", None)


@pytest.mark.usefixtures("here", "library")
def test_of_a_library_s_class_it_says_what_it_does_and_not_what_to_do():
    told_of = told(check("lib:Wide"))
    assert told_of.startswith("optimiser lib:Wide   (plugin lib)\nit has no docstring of its own\n\n")
    assert "note   Every hyperparameter changes" in told_of
    assert "       unused changes nothing; tried 0.5, 1.5, 0.1, 0.9\n" in told_of
    assert "take it out" not in told_of
    assert "WRONG" not in told_of
    assert told_of.endswith("1 component, 12 checks in N s: all hold but 2 notes\n")


@pytest.mark.usefixtures("here", "library")
def test_what_makes_a_library_s_runs_wrong_is_still_wrong():
    told_of = told(check("lib:Random", code=1))
    assert "\nSGD, now and then.\n" in told_of
    assert "WRONG  All random numbers come from the generator" in told_of
    assert "draw from" not in told_of
    assert "This is a library's code. " in told_of
    assert " found something wrong, and 1 note on a library's code\n" in told_of


def test_the_same_as_json(here, few):
    Path("two.py").write_text(GOOD + BROKEN)
    shown = json.loads(unplaced(check("two.py", "--json", code=1).stdout))
    assert all(each.pop("seconds") >= 0 for each in shown["components"])
    assert shown == {
        "faults": 2,
        "components": [
            {
                "kind": "problem", "name": "good", "plugin": "two.py", "unchecked": 0,
                "findings": [
                    {"name": "name", "proves": "It has a name.", "wrong": "", "is_note": False},
                    {"name": "training", "proves": "It trains.\n\nAnd more.", "wrong": "", "is_note": False},
                    {
                        "name": "rest", "proves": "It rests.",
                        "wrong": "it fails: ZeroDivisionError: by zero", "is_note": False,
                    },
                ],
            },
            {
                "kind": "optimiser", "name": "broken", "plugin": "two.py", "unchecked": 1,
                "findings": [
                    {"name": "name", "proves": "It has a name.", "wrong": "", "is_note": False},
                    {"name": "training", "proves": "It trains.\n\nAnd more.", "wrong": "not\nat all", "is_note": False},
                ],
            },
        ],
        "families": [],
    }  # fmt: skip


# Values


def test_a_value_without_a_default_is_asked_for_and_taken(here, few):
    Path("good.py").write_text(GOOD.replace("*, seed=0", "*, seed: int"))
    assert told(check("good.py", code=1)) == """\
problem good   (plugin good.py)

WRONG  Every hyperparameter without a default is given a value.
       problem 'good' needs seed: --set problem.good.seed=…
       (not run, as this comes first: 3 checks)

1 component, 1 check in N s: 1 found something wrong
"""  # fmt: skip
    assert "\nok     It trains.\n" in told(check("good.py", "--set", "problem.good.seed=3", code=1))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed=3", "--set seed=3: write KIND.NAME.HYPERPARAMETER=VALUE, as in optimiser.adam.lr=1e-3"),
        ("problem.good.seed",
         "--set problem.good.seed: write KIND.NAME.HYPERPARAMETER=VALUE, as in optimiser.adam.lr=1e-3"),
        ("problem.god.seed=3",
         "--set problem.god.seed=3: unknown component 'problem.god', did you mean 'problem.good'? known: problem.good"),
        ("problem.good.sed=3",
         "unknown hyperparameter of problem 'good': 'sed', did you mean 'seed'? known: seed"),
        ("problem.good.seed=x", "problem.good.seed is an int, got 'x'"),
    ],
)  # fmt: skip
def test_values_that_cannot_be_used(here, override, message):
    Path("good.py").write_text(GOOD)
    assert check("good.py", "--set", override, code=2).stderr == f"error: {message}\n"
