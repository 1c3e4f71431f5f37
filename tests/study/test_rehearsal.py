"""A sampler is tried before a study begins: what it would refuse in the middle of a search is refused now."""

from __future__ import annotations

import pytest

from harness.errors import StudyError
from harness.study.file import draft_study
from harness.study.plan import make_plan

pytestmark = pytest.mark.usefixtures("own")


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(
        "import os, random\nimport optuna\n\n\n"
        "class Deaf(optuna.samplers.RandomSampler):\n"
        "    def __init__(self, seed): super().__init__(int.from_bytes(os.urandom(4)))\n\n\n"
        "class Leaving(optuna.samplers.RandomSampler):\n"
        "    def sample_independent(self, *given): raise SystemExit(3)\n"
    )


def fault(registry, sampler, trials: int = 14, **choices) -> str:
    raw = {
        "question": "q", "problem": "tiny", "metric": "dev_loss",
        "choices": choices or {"optimiser": {"name": "sgd", "search": ["lr"]}},
        "search": {"sampler": sampler, "trials": trials},
    }  # fmt: skip
    with pytest.raises(StudyError) as caught:
        make_plan(*draft_study(raw, (), source="s"), registry)
    return str(caught.value).removeprefix("s: search.sampler: ")


@pytest.mark.parametrize(
    ("sampler", "said"),
    [
        ({"name": "tpe", "n_startup_trials": "4"}, "tpe: option n_startup_trials is of type int, got '4'"),
        ({"name": "gp", "n_startup_trials": 2.5}, "gp: option n_startup_trials is of type int, got 2.5"),
        ({"name": "tpe", "multivariate": "yes"}, "tpe: option multivariate is of type bool, got 'yes'"),
        ({"name": "tpe", "gamma": 0.3}, "tpe: unknown option 'gamma'"),
        ({"name": "tpe", "weights": "x", "n_startup_trials": 1}, "tpe: unknown option 'weights'"),
        ({"name": "tpe", "n_ei_candidates": 0}, "the sampler tpe cannot propose trials of arm 'all': "),
        ({"name": "cmaes", "popsize": 1, "n_startup_trials": 1}, "the sampler cmaes cannot propose trials of arm "),
        ("optuna.samplers:BruteForceSampler", "the sampler optuna.samplers:BruteForceSampler cannot propose trials of"),
        ("own.py:Deaf", "the sampler own.py:Deaf proposes trial 0 otherwise when it is asked again: it is no function"),
        ("own.py:Leaving", "the sampler own.py:Leaving cannot propose trials of arm 'all': SystemExit: 3"),
    ],
)  # fmt: skip
def test_what_would_end_a_search_in_its_middle_is_a_fault_of_the_study(registry, sampler, said):
    assert fault(registry, sampler).startswith(said)


def test_options_that_a_sampler_takes_are_taken(registry):
    raw = {
        "question": "q", "problem": "tiny", "metric": "dev_loss",
        "choices": {"optimiser": {"name": "sgd", "search": ["lr"]}},
        "search": {
            "trials": 14,
            "sampler": {"name": "tpe", "multivariate": True, "n_startup_trials": 3},
        },
    }  # fmt: skip
    assert make_plan(*draft_study(raw, (), source="s"), registry).study.search.sampler.startswith("tpe {")
