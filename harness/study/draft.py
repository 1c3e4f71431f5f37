"""A study while its faults are collected."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.errors import StudyError

KeyPath = tuple[str, ...]
"""Where something stands in a study file: ``("search", "trials")``."""


@dataclass(kw_only=True)
class Draft:
    """A study while its faults are collected. ``origins``: where each key was given (``x.toml:12``, ``--set``)."""

    raw: dict[str, Any]
    source: str
    origins: dict[KeyPath, str] = field(default_factory=dict)
    faults: dict[str, None] = field(default_factory=dict)

    def fault(self, path: Sequence[str], message: str) -> None:
        """Note that what stands at ``path`` is wrong."""
        path = tuple(path)
        known = next((path[:end] for end in range(len(path), 0, -1) if path[:end] in self.origins), ())
        self.faults[f"{self.origins.get(known, self.source)}: {'.'.join(path)}: {message}"] = None

    def raise_faults(self) -> None:
        """StudyError with all that was noted, in the order of the file; nothing where nothing was."""
        if self.faults:
            raise StudyError("\n".join(sorted(self.faults, key=_by_line)))


def _by_line(fault: str) -> tuple[str, int]:
    place = re.match(r"(.*?):(\d+): ", fault)
    return (place[1], int(place[2])) if place else (fault, 0)
