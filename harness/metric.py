"""Metric: what a study measures, which way is better, and how it is called. Needs no torch."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

Direction = Literal["maximise", "minimise"]
DIRECTIONS: Mapping[str, Direction] = {"maximise": "maximise", "minimise": "minimise"}
"""The directions by their names."""
SPLITS = ("train", "dev", "test")

STANDARD_METRICS: Mapping[str, Direction] = {"loss": "minimise", "accuracy": "maximise"}
"""What the training loop measures on every problem: mean cross-entropy in nats, and accuracy in percent."""


LARGEST = 1e100
"""A score beyond it says that a run diverged, as infinity does: its square, a sum or a product more, is no float."""


def is_score(value: float) -> bool:
    """Whether a number is one that runs can be judged by."""
    return abs(value) <= LARGEST  # which nan is not


@dataclass(frozen=True)
class Metric:
    """What runs are judged by.

    ``name``: with the split that it is measured on, as in ``dev_uas``. ``direction``: which way it is better.
    ``foreign``: whether another tool measured it, so that its name says nothing of its split and its unit.
    """

    name: str
    direction: Direction
    foreign: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def sign(self) -> int:
        """What a value is multiplied by so that higher is better: 1 or −1."""
        return 1 if self.direction == "maximise" else -1

    def cost(self, value: float) -> float:
        """A key that sorts the best value first, and nan, the value of a run that failed, last."""
        return math.inf if math.isnan(value) else -self.sign * value

    def worst(self, values: Iterable[float], default: float = math.nan) -> float:
        """The worst of some values; ``default`` where there is none."""
        return (min if self.direction == "maximise" else max)(values, default=default)

    def on(self, split: str) -> Metric:
        """The same measured on another split: ``dev_uas`` on ``test`` is ``test_uas``."""
        before, _, rest = self.name.partition("_")
        return replace(self, name=f"{split}_{rest if before in SPLITS and rest else self.name}")

    @property
    def noun(self) -> str:
        """What is measured, without the split: ``dev_uas`` → UAS, ``dev_accuracy`` → accuracy; a foreign name whole."""
        if self.foreign:
            return self.name
        words = self.name.split("_")
        words = words[1:] if len(words) > 1 and words[0] in SPLITS else words
        return " ".join(word.upper() if len(word) <= 3 else word for word in words)

    @property
    def unit(self) -> str:
        """Unit of the metrics of the built-in problems: nats or %; '' of any other."""
        if self.foreign:
            return ""
        if self.name.endswith("_loss"):
            return "nats"
        return "%" if self.name.endswith(("_accuracy", "_uas", "_las")) else ""

    @property
    def title(self) -> str:
        """For an axis: ``dev UAS, %``."""
        split = self.name.partition("_")[0]
        name = f"{split} {self.noun}" if split in SPLITS and not self.foreign else self.noun
        return f"{name}, {self.unit}" if self.unit else name


DEV_ACCURACY, DEV_LOSS, TRAIN_LOSS = (
    Metric(f"{split}_{name}", STANDARD_METRICS[name])
    for split, name in (("dev", "accuracy"), ("dev", "loss"), ("train", "loss"))
)
"""Measured at every evaluation point of every run."""


SECONDS = Metric("seconds", "minimise")
"""The seconds of a run's training, without its start and its evaluation: no study judges by them, a search may.

Of processor time, where all runs of the search have it; else of wall time.
"""


_LOWER = {
    "loss", "losses", "error", "err", "errors", "perplexity", "ppl", "nll", "bpc", "bpb", "mse", "rmse", "mae", "mape",
    "wer", "cer", "ter", "fid", "eer", "brier", "ece", "regret", "crossentropy", "latency", "runtime", "duration",
}  # fmt: skip
_HIGHER = {
    "acc", "accuracy", "acc1", "acc5", "top1", "top5", "f1", "auc", "auroc", "auprc", "roc", "precision", "recall",
    "bleu", "rouge", "meteor", "chrf", "iou", "miou", "dice", "psnr", "ssim", "map", "ndcg", "mrr", "uas", "las", "mcc",
    "r2", "return", "reward", "elbo", "likelihood", "throughput",
}  # fmt: skip
_TURNED = {"neg", "negative", "minus", "inverse", "not", "delta", "diff", "gap"}
_ENDINGS: Mapping[str, Direction] = {
    "loss": "minimise", "error": "minimise", "perplexity": "minimise", "accuracy": "maximise", "acc": "maximise",
}  # fmt: skip


def direction_by_name(name: str) -> Direction | None:
    """Which way a metric of that name is usually better; None where the name says nothing, or both.

    Words are told apart by punctuation and by capitals within. A word that turns the meaning leaves the question open:
    ``neg_mean_squared_error`` is to be maximised.
    """
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*", name)]
    if _TURNED & {*words}:
        return None
    found: set[Direction] = set()
    for word in words:
        if word in _LOWER:
            found.add("minimise")
        elif word in _HIGHER:
            found.add("maximise")
        else:
            found |= {direction for ending, direction in _ENDINGS.items() if word.endswith(ending)}
    return found.pop() if len(found) == 1 else None
