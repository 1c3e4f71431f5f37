"""What pytorch_optimizer's optimisers do where their names do not say it: measured, a row each in the .csv beside this.

``python tests/support/surveying.py`` measures it in trainings of 16 steps and prints the rows; a test compares them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

MEASURED = "4.1.0"
"""The version of pytorch_optimizer that was measured."""

DECOUPLES = ("weight_decouple", "decoupled_weight_decay")
"""Names that the package has for what decouples a weight decay."""

_UNSEEN = {
    "move": "Embedding rows that occur in no batch move as well.",
    "zero": "It sets embedding rows that occur in no batch to 0, those of pretrained vectors included.",
}


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """``unseen``: what becomes of embedding rows that occur in no batch, without weight decay: stay, move or zero.

    ``draws``: whether it draws random numbers. ``decay``: what weight_decay does: "L2", the same as added to the
    gradient; "lr·w", it takes lr·weight_decay of each weight at the first step; "later", nothing at the first step;
    "other"; '' where there is none. ``erases``: when the decay alone moves the rows that occur in no batch, about as
    fast at a tenth of it: "always", "coupled" while what decouples it (``DECOUPLES``) is false, or '' for never.
    """

    unseen: str = "stay"
    draws: bool = False
    decay: str = ""
    erases: str = ""

    @property
    def note(self) -> str:
        """Sentences about it, for the member's docstring; '' where nothing is out of the ordinary."""
        sentences = [_UNSEEN.get(self.unseen, ""), "It draws random numbers." if self.draws else ""]
        if self.decay == "later":
            sentences.append("``weight_decay`` does nothing at the first step.")
        return " ".join(filter(None, sentences))


@cache
def survey() -> Mapping[str, Behaviour]:
    """Member → what it does."""
    text = files(__package__).joinpath("_pytorch_optimizer_survey.csv").read_text(encoding="utf-8")
    return {
        row["member"]: Behaviour(
            unseen=row["unseen"], draws=row["draws"] == "yes", decay=row["decay"], erases=row["erases"]
        )
        for row in csv.DictReader(text.splitlines())
    }
