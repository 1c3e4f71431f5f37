"""Which optimiser, initialiser or dropout schedule is better, and how sure are we?

The names below are the public interface for plugin authors, scripts and notebooks. They are imported when first used,
so that ``harness --help`` stays free of torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from harness.errors import DataError, HarnessError, PluginError, UnavailableError
from harness.plugin.hookspecs import hookimpl
from harness.plugin.ranges import Options, Range, integers, linear, log, one_minus_log, options
from harness.plugin.traits import Inclusion, Traits

if TYPE_CHECKING:
    from harness.api import compare, results, run, train, unseal
    from harness.data import contents, decoded, decompressed
    from harness.plugin.backend import Backend
    from harness.plugin.component import Offer
    from harness.plugin.events import Evaluated, RunEnded, RunStarted, StepTaken
    from harness.plugin.hookspecs import Register, RegisterExecutor
    from harness.plugin.prepared import Arrays, prepared, sha256, tensor
    from harness.plugin.problem import Predict, Problem, Split, Vocabulary
    from harness.plugin.regulariser import Regulariser, Step
    from harness.plugin.together import Together
    from harness.report.notebook import StudyComparison, StudyResults
    from harness.training.model import EmbeddingClassifier
    from harness.training.saving import load

_LATER = {
    "Arrays": "harness.plugin.prepared",
    "Backend": "harness.plugin.backend",
    "Predict": "harness.plugin.problem",
    "sha256": "harness.plugin.prepared",
    "tensor": "harness.plugin.prepared",
    "StudyComparison": "harness.report.notebook",
    "StudyResults": "harness.report.notebook",
    "compare": "harness.api",
    "contents": "harness.data",
    "decoded": "harness.data",
    "decompressed": "harness.data",
    "results": "harness.api",
    "run": "harness.api",
    "train": "harness.api",
    "unseal": "harness.api",
    "EmbeddingClassifier": "harness.training.model",
    "Evaluated": "harness.plugin.events",
    "Offer": "harness.plugin.component",
    "Problem": "harness.plugin.problem",
    "Register": "harness.plugin.hookspecs",
    "RegisterExecutor": "harness.plugin.hookspecs",
    "Regulariser": "harness.plugin.regulariser",
    "RunEnded": "harness.plugin.events",
    "RunStarted": "harness.plugin.events",
    "Split": "harness.plugin.problem",
    "Step": "harness.plugin.regulariser",
    "StepTaken": "harness.plugin.events",
    "Together": "harness.plugin.together",
    "Vocabulary": "harness.plugin.problem",
    "load": "harness.training.saving",
    "prepared": "harness.plugin.prepared",
}

__all__ = [
    "PLUGIN_API",
    "Arrays",
    "Backend",
    "DataError",
    "EmbeddingClassifier",
    "Evaluated",
    "HarnessError",
    "Inclusion",
    "Offer",
    "Options",
    "PluginError",
    "Predict",
    "Problem",
    "Range",
    "Register",
    "RegisterExecutor",
    "Regulariser",
    "RunEnded",
    "RunStarted",
    "Split",
    "Step",
    "StepTaken",
    "StudyComparison",
    "StudyResults",
    "Together",
    "Traits",
    "UnavailableError",
    "Vocabulary",
    "compare",
    "contents",
    "decoded",
    "decompressed",
    "hookimpl",
    "integers",
    "linear",
    "load",
    "log",
    "one_minus_log",
    "options",
    "prepared",
    "results",
    "run",
    "sha256",
    "tensor",
    "train",
    "unseal",
]
__version__ = "0.1.0"
PLUGIN_API = 1
"""The version of what plugins are written against: hooks, what they are given, and the classes that they subclass.

It is raised when one of these changes so that a plugin of before may fail or, worse, do something else. A plugin whose
module has ``HARNESS_PLUGIN_API = 1`` asks for that number, and is refused in one line where this is another.
"""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    return getattr(importlib.import_module(_LATER[name]), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
