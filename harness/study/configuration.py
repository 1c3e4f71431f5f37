"""Configuration: everything that determines a run beside its problem and its seed index."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from harness.plugin.names import full_name
from harness.plugin.ranges import Value
from harness.wording import show

Whole = Annotated[int, Field(lt=2**63)]
"""A whole number of a study: one of at most 64 bits, since its result folder would not open with a longer one."""


class Settings(BaseModel):
    """A section of a study file: frozen, strict about types, and closed to keys it does not know.

    ``LATER``: keys that came when there were result folders already, each with a default that changes no run.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    LATER: ClassVar[frozenset[str]] = frozenset()

    def plain(self) -> dict[str, Any]:
        """Plain data without what came later and is at its default: the same data for the same runs, for ever."""
        values = self.model_dump()
        at_default = {key for key in self.LATER if values[key] == type(self).model_fields[key].default}
        return {key: value for key, value in values.items() if key not in at_default}


class ModelSettings(Settings):
    """Sizes of the model. ``bias``: starting values of the biases."""

    embedding_dim: Annotated[Whole, Field(gt=0)] = 50
    hidden_dim: Annotated[Whole, Field(gt=0)] = 200
    bias: Literal["zeros", "torch_default"] = "zeros"

    @property
    def width(self) -> int:
        """Multiplications that one feature at one position costs in the hidden layer."""
        return self.embedding_dim * self.hidden_dim


class TrainingSettings(Settings):
    """Length and batching of a run.

    ``evaluations``: evenly spaced evaluation points, the last at the last step; 0 stands for one an epoch.
    ``probe``: training examples (evenly spaced over the split) whose loss and accuracy are measured in eval mode.
    ``score_always``: the problem's own metrics at every evaluation point, not only at the end.
    """

    epochs: Annotated[Whole, Field(gt=0)] = 5
    batch_size: Annotated[Whole, Field(gt=0)] = 1024
    evaluations: Annotated[Whole, Field(ge=0)] = 0
    probe: Annotated[Whole, Field(gt=0)] = 4096
    score_always: bool = False


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A component by name, with a value for each of its hyperparameters."""

    name: str
    values: tuple[tuple[str, Value], ...] = ()

    @classmethod
    def of(cls, name: str, values: Mapping[str, Value]) -> Selection:
        """A selection from values by name, whose order does not matter."""
        return cls(name=name, values=tuple(sorted(values.items())))

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={show(value)}' for name, value in self.values)})"


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """Every choice resolved to a component and its values, with the model and training settings."""

    choices: tuple[tuple[str, Selection], ...]
    model: ModelSettings
    training: TrainingSettings

    @classmethod
    def of(cls, choices: Mapping[str, Selection], model: ModelSettings, training: TrainingSettings) -> Configuration:
        """A configuration from selections by choice, whose order does not matter."""
        return cls(choices=tuple(sorted(choices.items())), model=model, training=training)

    def __getitem__(self, choice: str) -> Selection:
        return dict(self.choices)[choice]

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that are equal exactly where two configurations are."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:12]

    def hyperparameters(self) -> dict[str, Value]:
        """Every choice and value under its full name: ``optimiser`` → adam, ``optimiser.adam.lr`` → 0.001."""
        flat: dict[str, Value] = {}
        for choice, selection in self.choices:
            flat[choice] = selection.name
            flat |= {full_name(choice, selection.name, name): value for name, value in selection.values}
        return flat

    def to_json(self) -> dict[str, Any]:
        """Plain data; ``from_json`` gives an equal configuration back."""
        choices = {choice: {"name": selection.name, **dict(selection.values)} for choice, selection in self.choices}
        return {"choices": choices, "model": self.model.plain(), "training": self.training.plain()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Configuration:
        """From ``to_json``'s plain data."""
        choices = {
            choice: Selection.of(named["name"], {key: value for key, value in named.items() if key != "name"})
            for choice, named in data["choices"].items()
        }
        return cls.of(choices, ModelSettings(**data["model"]), TrainingSettings(**data["training"]))
