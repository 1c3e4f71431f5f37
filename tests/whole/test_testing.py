"""The test classes for plugin authors, at work on built-ins and on plugins in files."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import torch

import harness
from harness import testing
from harness.conformance.kit import CHECKS, name_of
from harness.errors import PluginError
from harness.plugin.kinds import KINDS, OPTIMISER, Kind

from support.examining import component

pytest_plugins = "pytester"

PLUGIN = '''
import torch
import harness

@harness.hookimpl
def register_optimisers(register):
    register("sign", Sign, space={"lr": harness.log(1e-5, 1e-2)})
    register("stubborn", Stubborn)

class Sign(torch.optim.Optimizer):
    """Step by the sign of the gradient: Bernstein et al. 2018."""

    def __init__(self, params, lr=1e-3):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                p.sub_(group["lr"] * p.grad.sign())

class Stubborn(Sign):
    """The same at its own lr."""

    def __init__(self, params, lr=1e-3):
        super().__init__(params, lr=1e-3)
'''


# As an author writes it, one of each kind


class TestInitialiser(testing.InitialiserTests):
    @pytest.fixture
    def component(self):
        return testing.find("initialiser", "lecun_normal")


class TestEmbedding(testing.EmbeddingTests):
    @pytest.fixture
    def component(self):
        return testing.find("embedding", "pretrained")

    @pytest.fixture
    def values(self, tmp_path):
        (tmp_path / "vectors.txt").write_text(f"word3 {' '.join(['0.5'] * 50)}")
        return {"path": str(tmp_path / "vectors.txt")}


class TestSign(testing.OptimiserTests):
    @pytest.fixture
    def component(self, tmp_path):
        (tmp_path / "sign.py").write_text(PLUGIN)
        return testing.find("optimiser", "sign", str(tmp_path / "sign.py"))


class TestLrSchedule(testing.LrScheduleTests):
    @pytest.fixture
    def component(self):
        return testing.find("lr_schedule", "constant")


class TestDropout(testing.DropoutTests):
    @pytest.fixture
    def component(self):
        return testing.find("dropout", "constant")


class TestRegulariser(testing.RegulariserTests):
    @pytest.fixture
    def component(self):
        return testing.find("regularisers", "label_smoothing")


class TestProblem(testing.ProblemTests):
    @pytest.fixture
    def component(self):
        def small():
            """Two classes that a feature tells apart."""
            generator = torch.Generator().manual_seed(0)
            drawn = [torch.randint(9, (20, 2), generator=generator, dtype=torch.int32) for _ in range(3)]
            train, dev, test = (harness.Split(tokens=each, labels=each[:, 0].long() % 2) for each in drawn)
            vocabulary = harness.Vocabulary(texts=tuple("abcdefghi"), kinds=("letter",) * 9)
            return harness.Problem(name="small", train=train, dev=dev, test=test, num_classes=2, vocabulary=vocabulary)

        return component("problem", small)


# The classes themselves


def classes() -> dict[Kind, type[testing.ComponentTests]]:
    found = [each for each in vars(testing).values() if isinstance(each, type) and each.__name__.endswith("Tests")]
    return {each.kind: each for each in found if each.kind}


def test_there_is_a_class_for_every_kind_with_a_test_for_every_check():
    assert classes().keys() == set(KINDS.values()) == CHECKS.keys()
    for kind, cls in classes().items():
        tests = {name: vars(cls)[name] for name in vars(cls) if name.startswith("test_")}
        assert list(tests) == [f"test_{name_of(check)}" for check in CHECKS[kind]]
        assert [test.__doc__ for test in tests.values()] == [check.__doc__ for check in CHECKS[kind]]
        assert cls.__doc__
        assert all(test.__doc__ and test.__doc__.partition("\n")[0].endswith(".") for test in tests.values())


@pytest.fixture
def outcome(pytester: pytest.Pytester) -> Callable[..., pytest.RunResult]:
    """Of a test file that an author wrote beside sign.py."""
    pytester.makepyfile(sign=PLUGIN)

    def run(cls: str, component: str = "", only: str = "test") -> pytest.RunResult:
        fixture = f"    @pytest.fixture\n    def component(self):\n        return {component}\n" if component else ""
        text = f"import pytest\nfrom harness import testing\n\nclass TestIt(testing.{cls}):\n    one = 1\n{fixture}"
        pytester.makepyfile(test_it=text)
        return pytester.runpytest_inprocess("-k", only, "-p", "no:cacheprovider")

    return run


def test_a_plugin_in_a_file_passes(outcome):
    result = outcome("OptimiserTests", "testing.find('optimiser', 'sign', 'sign.py')")
    result.assert_outcomes(passed=len(CHECKS[OPTIMISER]))


def test_a_failing_component_shows_plain_words(outcome):
    result = outcome("OptimiserTests", "testing.find('optimiser', 'stubborn', 'sign.py')", only="hyper or descr")
    result.assert_outcomes(passed=1, failed=1)
    words = "lr changes nothing; tried 0.0005, 0.0015, 0.1, 0.9: use it, or take it out"
    result.stdout.fnmatch_lines([f"E*ConformanceError: {words}", "FAILED test_it.py::TestIt::test_hyperparameters*"])


def test_a_class_of_the_wrong_kind_says_so(outcome):
    result = outcome("DropoutTests", "testing.find('lr_schedule', 'constant')", only="description")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E*TypeError: TestIt tests a component of kind dropout, got lr_schedule"])


def test_a_class_without_its_fixture_says_so(outcome):
    result = outcome("LrScheduleTests", only="description")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E*NotImplementedError: TestIt needs a fixture `component`: harness.testing.find(…)"])


def test_a_missing_value_is_named(outcome):
    result = outcome("EmbeddingTests", "testing.find('embedding', 'pretrained')", only="training")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*PluginError: embedding 'pretrained' needs path: --set embedding.pretrained.path=…"])


def test_a_name_that_is_not_there_has_a_near_match():
    with pytest.raises(PluginError, match=re.escape("unknown dropout 'constnat', did you mean 'constant'?")):
        testing.find("dropout", "constnat")
