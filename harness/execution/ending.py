"""When a call stops of its own accord, with what is done by then: after so long, or so many runs."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass, field

from harness.errors import HarnessError

_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]*)?) ?(s|min|h|d)")
_RUNS = re.compile(r"([0-9]+) ?runs?")
_WANTED = "a duration or a number of runs, as in 30min, 2h or 50runs"


@dataclass(frozen=True, kw_only=True)
class Ending:
    """A limit of a call: no run begins ``seconds`` after it was made, or once ``runs`` were made.

    Runs that are under way are finished, so that their time is not lost.
    """

    seconds: float = math.inf
    runs: float = math.inf
    begin: float = field(default_factory=time.monotonic)

    def is_reached(self, made: int) -> bool:
        """Whether no further run begins, after so many."""
        return made >= self.runs or time.monotonic() - self.begin >= self.seconds


NEVER = Ending()


def ending_of(given: object) -> Ending:
    """``"2h"``, ``"30 min"``, ``"50runs"``, or seconds as a number; HarnessError for what is none of these."""
    if given is None:
        return NEVER
    text = f"{given}s" if isinstance(given, int | float) and not isinstance(given, bool) else given
    if isinstance(text, str):
        if (runs := _RUNS.fullmatch(text.strip())) and int(runs[1]) > 0:
            return Ending(runs=int(runs[1]))
        if (duration := _DURATION.fullmatch(text.strip())) and float(duration[1]) > 0:
            return Ending(seconds=float(duration[1]) * _SECONDS[duration[2]])
    raise HarnessError(f"stop_after is {_WANTED}, got {given!r}")
