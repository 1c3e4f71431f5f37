"""What is on together, and what a study says of it: found by people who tried to break it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import harness
from harness.errors import PluginError
from harness.plugin.registry import Registry, build_registry
from harness.study.changes import differences
from harness.study.plan import plan_from_file
from harness.study.resolved import ResolvedStudy
from harness.training.build import build_learner
from harness.training.cohort import Cohort, batches
from harness.training.engine import train

from support.cohorts import configure
from support.paths import TINY
from support.plans import faults, planned
from support.studies import STUDY, write_study

PLUGIN = '''
import torch, harness

@harness.hookimpl
def register_regularisers(register):
    register("picky", picky, traits=harness.Traits(only_with={"optimiser": ("sgd",)}))
    register("late", Late)
    register("fam:*", Family())

@harness.hookimpl
def register_optimisers(register):
    register("lazy", lazy)

def picky() -> harness.Regulariser:
    """Picky."""
    return harness.Regulariser()

class Late(harness.Regulariser):
    """Passes again in the second half."""

    def start(self, model, train, vocabulary):
        self.steps = 0

    def loss(self, loss, logits, labels, again):
        self.steps += 1
        return loss + again()[1] if self.steps > 5 else loss

class Family:
    """A family that looks at nothing."""

    def names(self):
        return ["x"]

    def __call__(self, member):
        if member == "bad":
            raise KeyError("no such thing")
        return harness.Offer(build=picky, space={})

def lazy(model, *, lr: float = 0.1):
    """Skips its closure at every other step."""

    class Lazy(torch.optim.SGD):
        count = 0

        def step(self, closure):
            self.count += 1
            if self.count % 2:
                return torch.zeros(())
            loss = closure()
            super().step()
            return loss

    return Lazy(model.parameters(), lr=lr)
'''


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    path = tmp_path_factory.mktemp("plugin") / "odd.py"
    path.write_text(PLUGIN)
    return build_registry([TINY, str(path)])


@pytest.mark.parametrize("own", [{"regularisers": ("late", {})}, {"optimiser": ("lazy", {})}])
def test_who_passes_at_some_steps_only_meets_the_same_masks_in_company(odd, own):
    tiny = odd.component("problem", "tiny").build()
    alone, company = configure(odd, **own), configure(odd, regularisers=("r_drop", {}))

    def weights(*configurations) -> torch.Tensor:
        cohort = Cohort(configurations=configurations, study_seed=5, seed_index=0)
        return train(cohort, tiny, odd)[-1].model.hidden.weight

    assert torch.equal(weights(alone), weights(company, alone))


def test_evaluations_do_not_change_what_is_trained(registry, tiny):
    made = configure(registry, optimiser=("schedule_free", {}))
    ends = []
    for often in (False, True):
        cohort = Cohort(configurations=(made,), study_seed=5, seed_index=0)
        learner = build_learner(made, cohort, tiny, registry)
        for batch in batches(cohort, tiny):
            learner.step(batch)
            if often:
                learner.eval()
        ends.append(learner.finish().hidden.weight.clone())
    assert torch.equal(*ends)


def test_the_first_reason_of_a_failure_is_kept(registry, tiny, monkeypatch):
    def fail(self: torch.optim.Optimizer) -> None:
        raise KeyError("avg")

    monkeypatch.setattr(torch.optim.SGD, "eval", fail, raising=False)
    made = configure(registry, optimiser=("sgd", {"lr": 1e30}))
    (outcome,) = train(Cohort(configurations=(made,), study_seed=5, seed_index=0), tiny, registry)
    assert "KeyError" in outcome.reason  # at the first evaluation: there was nothing before it
    monkeypatch.setattr(torch.optim.SGD, "step", lambda self: [][0])
    (outcome,) = train(Cohort(configurations=(made,), study_seed=5, seed_index=0), tiny, registry)
    assert outcome.reason == "IndexError: list index out of range"


def test_second_derivatives_and_changed_gradients_do_not_go_together(registry, tiny):
    made = configure(registry, optimiser=("pytorch_optimizer:sophiah", {}), regularisers=("sam", {}))
    (outcome,) = train(Cohort(configurations=(made,), study_seed=5, seed_index=0), tiny, registry)
    assert outcome.reason.startswith("ValueError: the optimiser differentiates the gradient once more (needs_graph)")


def test_company_is_looked_at_in_combinations_too(odd, tmp_path):
    choices = 'optimiser = "adam"\nregularisers = ["none", "l2 + picky"]'
    assert faults(odd, tmp_path, choices, compare="regularisers") == [
        "7: choices.optimiser: regularisers 'picky' makes sense only with optimiser sgd, got adam"
    ]


def test_a_combination_may_begin_with_a_member_of_a_family(odd):
    found = odd.component("regularisers", "fam:x + l2")
    assert found.name == "fam:x + l2"
    assert [part.name for part in found.parts] == ["fam:x", "l2"]


def test_a_family_that_fails_is_told_with_its_line(odd):
    with pytest.raises(
        PluginError, match=r"plugin '.*odd.py' failed at regularisers 'fam:bad': .*odd.py:\d+: KeyError"
    ):
        odd.component("regularisers", "fam:bad")


def test_an_average_keeps_natural_limits_and_searches_what_moves_it(registry):
    average = registry.component("dropout", "average:exponential")
    assert average.traits.natural_limits == registry.component("dropout", "exponential").traits.natural_limits
    assert list(registry.component("dropout", "average:cyclic").space) == ["low", "high"]
    assert list(registry.component("dropout", "average:linear").space) == ["start", "end"]
    with pytest.raises(PluginError, match="'average:linear' is an average already"):
        registry.component("dropout", "average:average:linear")


def test_two_candidates_that_share_a_part_are_told_apart(registry, tmp_path):
    def resolved(strength: float) -> ResolvedStudy:
        choices = (
            'optimiser = ["adam", "sgd"]\nregularisers = ["none", { name = "l2", strength = '
            f'{strength} }}, {{ name = "l2 + clip_norm", l2.strength = 0.2 }}]'
        )
        return planned(registry, tmp_path, choices).resolved()

    assert differences(resolved(0.1), resolved(0.1)) == []
    assert differences(resolved(0.1), resolved(0.3)) == [
        f"arms.{arm}.fixed.regularisers.l2.strength: was 0.1, now 0.3" for arm in ("adam", "sgd")
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('{ name = "adam", lr = { low = 0.1, high = 0.2 } }', "a value is a number, a string or true/false"),
        ('{ name = "adam", lr = {} }', "a value is a number, a string or true/false, got {}"),
    ],
)
def test_a_table_for_a_value_is_none(registry, tmp_path, entry, message):
    assert message in faults(registry, tmp_path, f'optimiser = [{entry}, "sgd"]')[-1]


def test_a_value_that_is_given_twice_is_refused(registry, tmp_path):
    choices = (
        'optimiser = ["adam", "sgd"]\nregularisers = { name = "l2 + l1", "l2.strength" = 0.1, l2 = { strength = 0.2 } }'
    )
    assert "l2.strength is given twice" in faults(registry, tmp_path, choices)[0]


def test_a_baseline_is_spelt_as_freely_as_a_choice(registry, tmp_path):
    text = STUDY.replace(
        'compare  = ["optimiser"]', 'compare = ["regularisers"]\nbaseline = { regularisers = "l2+l1" }'
    )
    text = text.replace("[choices]", '[choices]\nregularisers = ["none", "l2 +l1"]')
    assert plan_from_file(write_study(tmp_path, text), ('optimiser="adam"',), registry).baseline == "l2 + l1"


def test_a_compared_text_with_a_plus_is_no_combination(registry, tmp_path):
    name = "embedding.pretrained.path"
    head = f'compare = ["{name}"]\nbaseline = {{ "{name}" = "a+b.txt" }}'
    text = STUDY.replace('compare  = ["optimiser"]', head).replace("[choices]", '[choices]\nembedding = "pretrained"')
    text += f'\n[space]\n"{name}" = ["c.txt", "a+b.txt"]\n'
    assert plan_from_file(write_study(tmp_path, text), ('optimiser="adam"',), registry).baseline == "path=a+b.txt"


def test_a_module_in_the_current_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "my_rules_here.py").write_text("import torch\n\n\nclass Own(torch.optim.SGD):\n    pass\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [each for each in __import__("sys").path if each not in ("", str(tmp_path))])
    component = build_registry().component("optimiser", "my_rules_here:Own")
    assert component.hyperparameters["lr"].default == 1e-3


def test_a_stranger_s_literal_is_read_beside_what_only_type_checkers_import(tmp_path: Path):
    path = tmp_path / "mine.py"
    path.write_text(
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING, Literal\nimport harness\n"
        "if TYPE_CHECKING:\n    from torch import Tensor, Generator\n\n\n@harness.hookimpl\n"
        "def register_initialisers(register):\n    register('mine', mine)\n\n\n"
        "def mine(weight: Tensor, *, generator: Generator, mode: Literal['a', 'b'] = 'a') -> None:\n    '''Mine.'''\n"
    )
    found = build_registry([str(path)]).component("initialiser", "mine")
    assert found.hyperparameters["mode"].allowed == ("a", "b")
    with pytest.raises(harness.HarnessError, match=r"initialiser.mine.mode: unknown value 'c'; known: a, b"):
        found.check({"mode": "c"})
