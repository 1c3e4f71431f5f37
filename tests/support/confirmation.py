"""Confirmation runs of a made-up study."""

from __future__ import annotations

from collections.abc import Sequence

from harness.records.record import Record

from support.faultless import record


def confirm(arm: str, values: Sequence[float | None], trial: int = 2) -> list[Record]:
    """The runs of a trial that ended with these values, None for one that failed, from seed index 100 on."""
    return [record("confirm", arm, trial, 100 + place, value) for place, value in enumerate(values)]
