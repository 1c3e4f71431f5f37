"""A curve in a terminal, as bars in steps of an eighth of a character."""

from __future__ import annotations

from collections.abc import Sequence

from harness.wording import brief

EIGHTHS = " ▁▂▃▄▅▆▇█"


ROWS = 6


def plot(values: Sequence[float], below: str) -> str:
    """A bar for each value, on an axis from 0 to the largest value. ``below``: the label under the bars."""
    top = max(values)
    heights = [round(8 * ROWS * value / top) if top > 0 else 0 for value in values]
    labels = {ROWS - 1: brief(top), 0: "0"} if top > 0 else {0: "0"}
    margin = max(map(len, labels.values()))
    lines = [
        f"{labels.get(row, ''):>{margin}} {'│' if row else '┴'}"
        + "".join(EIGHTHS[min(max(height - 8 * row, 0), 8)] for height in heights).rstrip()
        for row in reversed(range(ROWS))
    ]
    return "\n".join([*lines, f"{'':>{margin}}  {below}"]) + "\n"
