"""Which optimiser, initialiser or dropout schedule is better, and how sure are we?

The names below are the public interface for plugin authors and scripts. They are imported when first used, so that
``harness --help`` stays free of torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from harness.errors import DataError, HarnessError, PluginError
from harness.hookspecs import hookimpl
from harness.ranges import Options, Range, integers, linear, log, one_minus_log, options
from harness.traits import Inclusion, Traits

if TYPE_CHECKING:
    from harness.derived import Offer
    from harness.events import Evaluated, RunEnded, RunStarted, StepTaken
    from harness.model import EmbeddingClassifier
    from harness.problem import Problem, Split, Vocabulary, prepared
    from harness.registry import Register
    from harness.regulariser import Regulariser, Step
    from harness.saving import load
    from harness.together import Together

_LATER = {
    "EmbeddingClassifier": "harness.model",
    "Evaluated": "harness.events",
    "Offer": "harness.derived",
    "Problem": "harness.problem",
    "Register": "harness.registry",
    "Regulariser": "harness.regulariser",
    "RunEnded": "harness.events",
    "RunStarted": "harness.events",
    "Split": "harness.problem",
    "Step": "harness.regulariser",
    "StepTaken": "harness.events",
    "Together": "harness.together",
    "Vocabulary": "harness.problem",
    "load": "harness.saving",
    "prepared": "harness.problem",
}

__all__ = [
    "DataError",
    "EmbeddingClassifier",
    "Evaluated",
    "HarnessError",
    "Inclusion",
    "Offer",
    "Options",
    "PluginError",
    "Problem",
    "Range",
    "Register",
    "Regulariser",
    "RunEnded",
    "RunStarted",
    "Split",
    "Step",
    "StepTaken",
    "Together",
    "Traits",
    "Vocabulary",
    "hookimpl",
    "integers",
    "linear",
    "load",
    "log",
    "one_minus_log",
    "options",
    "prepared",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    return getattr(importlib.import_module(_LATER[name]), name)
