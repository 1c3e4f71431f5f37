"""How runs are made, wherever they are asked for: the one object that goes from a command to the driver."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.execution.progress import Progress
from harness.execution.stopwatch import Stopwatch
from harness.plugin.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Execution:
    """What runs are made with and what is told of them; nothing in it changes a number but ``device``.

    ``registry``: the components that configurations name. ``jobs``: worker processes; 0 is none, this process does the
    work. ``device``: as torch names it. ``progress``: what a waiting person sees. ``stopwatch``: where the time goes.
    """

    registry: Registry
    progress: Progress
    jobs: int = 0
    device: str = "cpu"
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
