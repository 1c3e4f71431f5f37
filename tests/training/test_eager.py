"""Training leaves torch's compiler out; who compiles has it, as ever. In a process of its own, which asks it all."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
import torch
from harness.plugin.registry import build_registry
from harness.training._eager import defer_compiler
from harness.training.build import build_optimiser
from harness.training.model import EmbeddingClassifier

seen = {}

def loaded():
    return [name for name in ("torch._dynamo.eval_frame", "sympy") if name in sys.modules]

model = EmbeddingClassifier((5, 4), num_features=3, num_classes=2)
registry = build_registry()
for name in ("adam", "sgd"):
    made = build_optimiser(model, registry.component("optimiser", name), {})
    model(torch.zeros(2, 3, dtype=torch.int32)).sum().backward()
    made.step()
    made.state_dict()
seen["training loads"] = loaded()

@torch._dynamo.disable
def is_seen(x):
    return torch.compiler.is_compiling()

seen["a function of one's own loads"] = loaded()
kept = torch.optim.Optimizer.add_param_group.__wrapped__
seen["kept"] = "__dynamo_disable" in vars(kept)
seen["is compiled"] = torch.compile(lambda x: is_seen(x), backend="eager")(torch.ones(2))

def train(wrap):
    weight = torch.nn.Parameter(torch.ones(3))
    optimiser = torch.optim.Adam([weight], lr=0.1)
    def step():
        weight.grad = torch.ones(3)
        optimiser.step()
    step()
    wrap(step)()
    return weight.detach()

compiled = train(lambda step: torch.compile(step, backend="eager"))
seen["a compiled step is the same"] = torch.allclose(compiled, train(lambda step: step), rtol=1e-5)
seen["kept again"] = vars(kept)["__dynamo_disable"] is not kept
real = torch._dynamo
defer_compiler()
seen["a compiler that is there stays"] = torch._dynamo is real is sys.modules["torch._dynamo"]
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def seen() -> dict[str, object]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_a_run_imports_neither_the_compiler_nor_sympy(seen):
    assert seen["training loads"] == []


def test_who_disables_the_compiler_for_a_function_of_their_own_has_it_disabled(seen):
    assert "torch._dynamo.eval_frame" in seen["a function of one's own loads"]
    assert seen["is compiled"] is False


def test_a_compiled_step_is_the_same_step(seen):
    assert seen["a compiled step is the same"] is True


def test_what_an_optimiser_may_not_compile_is_asked_of_the_compiler_once_it_is_there(seen):
    assert (seen["kept"], seen["kept again"]) == (False, True)


def test_a_compiler_that_is_there_stays(seen):
    assert seen["a compiler that is there stays"] is True
