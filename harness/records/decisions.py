"""What a study has decided on its way, in the order in which it did: each is on the disk before what follows from it.

A study that goes on, after a kill or with more trials, finds these decisions and does not make them anew.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from harness.plugin.ranges import Domain, Range, domain_from_json, domain_to_json
from harness.statistics.verdict import Word
from harness.study.widening import Side

_WORDS = frozenset(word.value for word in Word)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One end of a range, pushed out. ``old``, ``new``: the range before and after.

    ``arms``: whose winners lay at that end; the range is widened in every arm that searches the hyperparameter.
    """

    hyperparameter: str
    side: Side
    old: Range
    new: Range
    arms: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Widened:
    """A round of widening: every arm that searches anything gets ``trials`` more trials.

    ``repeat``: of the search. ``round``: its number within the repeat, from 1.
    """

    kind = "widened"

    repeat: int
    round: int
    trials: int
    changes: tuple[Change, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data, as decisions.jsonl holds it; ``from_json`` gives an equal decision back."""
        changes = [
            {
                "hyperparameter": change.hyperparameter,
                "side": change.side,
                "old": domain_to_json(change.old),
                "new": domain_to_json(change.new),
                "arms": list(change.arms),
            }
            for change in self.changes
        ]
        return {"repeat": self.repeat, "round": self.round, "trials": self.trials, "changes": changes}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Widened:
        """The decision that plain data describe; ValueError for data that describe none."""
        _check(data, {"repeat": int, "round": int, "trials": int, "changes": list})
        return cls(
            repeat=data["repeat"], round=data["round"], trials=data["trials"],
            changes=tuple(_change(change) for change in data["changes"]),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SmallestDifference:
    """δ of a study that gives none, frozen before any run is confirmed.

    ``value``: in units of ``metric``. ``runs``: number of runs of the defaults whose spread it is taken from.
    """

    kind = "smallest_difference"

    metric: str
    value: float
    runs: int

    def to_json(self) -> dict[str, Any]:
        """Plain data, as decisions.jsonl holds it; ``from_json`` gives an equal decision back."""
        return {"metric": self.metric, "value": self.value, "runs": self.runs}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SmallestDifference:
        """The decision that plain data describe; ValueError for data that describe none."""
        _check(data, {"metric": str, "value": float, "runs": int})
        if not 0 < data["value"] < math.inf:
            raise ValueError(f"not a decision: value cannot be {data['value']!r}")
        return cls(**data)


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A look at the verdicts, after which nobody can say that the number of seeds did not depend on the scores.

    ``seeds``: how many each arm had. ``planned``: whether the study had planned to look then and to go on.
    ``verdicts``: arm → word of its comparison with the baseline; of a study of one arm, with its defaults.
    """

    kind = "looked"

    seeds: int
    planned: bool
    verdicts: Mapping[str, str]

    @property
    def claimed(self) -> bool:
        """Whether a claim was possible: who saw but exploratory comparisons had nothing to stop at."""
        return any(word != Word.EXPLORATORY.value for word in self.verdicts.values())

    def to_json(self) -> dict[str, Any]:
        """Plain data, as decisions.jsonl holds it; ``from_json`` gives an equal decision back."""
        return {"seeds": self.seeds, "planned": self.planned, "verdicts": dict(self.verdicts)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Looked:
        """The decision that plain data describe; ValueError for data that describe none."""
        _check(data, {"seeds": int, "planned": bool, "verdicts": dict})
        if data["seeds"] < 1:
            raise ValueError(f"not a decision: seeds cannot be {data['seeds']!r}")
        if strange := [word for word in data["verdicts"].values() if not isinstance(word, str) or word not in _WORDS]:
            raise ValueError(f"not a decision: verdicts cannot hold {strange[0]!r}")
        return cls(**data)


Decision = Widened | SmallestDifference | Looked
"""What decisions.jsonl may hold."""


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], Decision]] = {
    each.kind: each.from_json for each in (Widened, SmallestDifference, Looked)
}
"""The key ``kind`` of a line → how the rest of it is read."""


def decision_to_line(decision: Decision) -> str:
    """One line of JSON, without its newline."""
    return json.dumps({"kind": decision.kind, **decision.to_json()}, allow_nan=False, ensure_ascii=False)


def decision_from_json(data: object) -> Decision:
    """From the plain data of a line; ValueError that says what is wrong with it."""
    if not isinstance(data, dict) or not isinstance(data.get("kind"), str) or data["kind"] not in _KINDS:
        raise ValueError(f"not a decision of this version: kind is one of {', '.join(_KINDS)}")
    return _KINDS[data["kind"]]({name: value for name, value in data.items() if name != "kind"})


def widened_domains(space: Mapping[str, Domain], rounds: Iterable[Widened]) -> dict[str, Domain]:
    """The domains of an arm after these rounds of widening, by full name. ``space``: those of its study."""
    domains = dict(space)
    for widened in rounds:
        domains |= {change.hyperparameter: change.new for change in widened.changes if change.hyperparameter in domains}
    return domains


def _change(data: object) -> Change:
    if not isinstance(data, dict):
        raise ValueError(f"not a decision: changes cannot hold {data!r}")
    _check(data, {"hyperparameter": str, "side": str, "old": dict, "new": dict, "arms": list})
    if data["side"] not in get_args(Side):
        raise ValueError(f"not a decision: side is low or high, got {data['side']!r}")
    if any(type(arm) is not str for arm in data["arms"]):
        raise ValueError(f"not a decision: arms cannot be {data['arms']!r}")
    return Change(
        hyperparameter=data["hyperparameter"], side=data["side"], old=_range("old", data["old"]),
        new=_range("new", data["new"]), arms=tuple(data["arms"]),
    )  # fmt: skip


def _range(name: str, data: Mapping[str, Any]) -> Range:
    try:
        domain = domain_from_json(data)
    except (TypeError, ValueError, KeyError) as error:
        raise ValueError(f"not a decision: {name} is no range: {error}") from None
    if not isinstance(domain, Range):
        raise ValueError(f"not a decision: {name} is no range: {data!r}")
    return domain


def _check(data: Mapping[str, Any], kinds: Mapping[str, type]) -> None:
    """ValueError unless the data have these keys, of these JSON types, and no other."""
    if strange := data.keys() ^ kinds.keys():
        raise ValueError(f"not a decision of this version: {', '.join(sorted(strange))} missing or not known")
    for name, kind in kinds.items():
        if type(data[name]) is not kind:
            raise ValueError(f"not a decision: {name} cannot be {data[name]!r}")
