"""Execution: the settings that go from a command, or a call of ``harness.run``, to the driver."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.execution.ending import NEVER, Ending
from harness.execution.place import Place, here
from harness.execution.progress import Progress
from harness.execution.stopwatch import Stopwatch
from harness.plugin.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Execution:
    """How runs are made; of these settings, ``device`` alone may change a number.

    ``registry``: the components that configurations name. ``progress``: shows the progress. ``place``: where runs are
    made; nowhere but in this process if nothing is said. ``device``: as torch names it. ``stopwatch``: measures where
    time goes. ``ending``: when the call stops of its own accord. ``storage``: the URL of Optuna's; '' for the folder's
    own journal.
    """

    registry: Registry
    progress: Progress
    place: Place = field(default_factory=lambda: here(0))
    device: str = "cpu"
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    ending: Ending = NEVER
    storage: str = ""
