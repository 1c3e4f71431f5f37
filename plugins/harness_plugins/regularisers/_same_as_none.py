"""The trait of a regulariser that is the same as ``none`` at some values."""

from __future__ import annotations

import harness


def off_at(**values: float) -> dict[str, harness.Inclusion]:
    """For ``Traits.includes``: the values at which a regulariser changes nothing that matters, and so is ``none``."""
    return {"none": harness.Inclusion(reach=values)}
