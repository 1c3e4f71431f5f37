"""Metric: what a study measures, which way is better, and how it is called. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal


def noun(metric: str) -> str:
    """What a metric measures, without its split: ``dev_uas`` → UAS, ``dev_accuracy`` → accuracy."""
    words = metric.split("_")
    words = words[1:] if len(words) > 1 and words[0] in ("train", "dev", "test") else words
    return " ".join(word.upper() if len(word) <= 3 else word for word in words)


def unit(metric: str) -> str:
    """Unit of the built-in problems' metrics; '' of any other."""
    if metric.endswith("_loss"):
        return "nats"
    return "%" if metric.endswith(("_accuracy", "_uas", "_las")) else ""


def title(metric: str) -> str:
    """For an axis: ``dev UAS, %``."""
    split = metric.partition("_")[0]
    name = f"{split} {noun(metric)}" if split in ("train", "dev", "test") else noun(metric)
    return f"{name}, {unit(metric)}" if unit(metric) else name


Direction = Literal["maximise", "minimise"]


STANDARD_METRICS: Mapping[str, Direction] = {"loss": "minimise", "accuracy": "maximise"}
"""What the training loop measures on every problem: mean cross-entropy in nats, and accuracy in percent."""
