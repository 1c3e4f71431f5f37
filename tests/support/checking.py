"""Plugins to check, ``harness check`` without a process, and three checks instead of the kit's."""

from __future__ import annotations

import inspect
import re

from click.testing import CliRunner, Result

from harness.cli.main import main
from harness.conformance.kit import CHECKS
from harness.errors import ConformanceError
from harness.plugin import kinds

GOOD = '''\
import torch
import harness

@harness.hookimpl
def register_problems(register):
    register("good", good)

def good(*, seed=0):
    """Two classes that one feature tells apart."""
    generator = torch.Generator().manual_seed(seed)
    drawn = [torch.randint(10, (50, 2), generator=generator, dtype=torch.int32) for split in range(3)]
    train, dev, test = (harness.Split(tokens=each, labels=each[:, 0].long() % 2) for each in drawn)
    return harness.Problem(
        name="good", train=train, dev=dev, test=test, num_classes=2,
        vocabulary=harness.Vocabulary(texts=tuple(map(str, range(10))), kinds=("digit",) * 10),
    )
'''
BROKEN = '''
import torch
import harness

@harness.hookimpl
def register_optimisers(register):
    register("broken", Broken)

class Broken(torch.optim.SGD):
    """SGD that cannot."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, lr=lr)

    def step(self):
        raise RuntimeError("no step today")
'''


def check(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["check", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    return result


def told(result: Result) -> str:
    assert result.stderr == ""
    return re.sub(r"\d+\.\d s", "N s", result.stdout)


PROBLEM = "".join(f"ok     {inspect.getdoc(each).partition(chr(10))[0]}\n" for each in CHECKS[kinds.PROBLEM])
HOLDS = (
    f"problem good   (plugin {{}})\n\n{PROBLEM}\n1 component, {len(CHECKS[kinds.PROBLEM])} checks in N s: all hold\n"
)


def check_name(subject):
    """It has a name."""


def check_training(subject):
    """It trains.

    And more.
    """
    if subject.component.kind == kinds.OPTIMISER:
        raise ConformanceError("not\nat all")


def check_rest(subject):
    """It rests."""
    raise ZeroDivisionError("by zero")


FEW = (check_name, check_training, check_rest)
