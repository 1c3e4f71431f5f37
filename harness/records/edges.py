"""Whether a chosen trial lies at the end of a range, so that a better one may lie beyond it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.metric import Metric
from harness.plugin.names import split_name
from harness.plugin.ranges import Domain, Range
from harness.plugin.traits import NO_TRAITS, Traits
from harness.records.record import Record
from harness.statistics.edge import edge
from harness.study.widening import Side, ends_there, widened


@dataclass(frozen=True, kw_only=True)
class Edge:
    """An end of a range at which a trial lies, in a search that does not get worse towards that end.

    ``repeat``: of the search. ``hyperparameter``: its full name. ``range``: as it was searched in the end. ``value``:
    the trial's. ``trials``: how many trials say so. ``wider``: the range with that end pushed out.
    """

    repeat: int
    hyperparameter: str
    side: Side
    range: Range
    value: float
    trials: int
    wider: Range

    @property
    def reach(self) -> float:
        """How far the wider range reaches on this side: larger is further."""
        return self.wider.high if self.side == "high" else -self.wider.low


def find_edges(
    winner: Record, searched: Sequence[Record], domains: Mapping[str, Domain], traits: Mapping[str, Traits],
    metric: Metric,
) -> list[Edge]:  # fmt: skip
    """The ends at which a winner lies, judged by all trials of its search; none at a natural limit.

    ``domains``: of what is searched, by full name. ``traits``: by component (``optimiser.adam``). Lists of values have
    no ends.
    """
    values = [(record, record.configured().hyperparameters()) for record in searched]
    found = []
    for name, domain in domains.items():
        if not isinstance(domain, Range):
            continue
        active = [(record, float(of_trial[name])) for record, of_trial in values if name in of_trial]
        at = next((number for number, (record, _) in enumerate(active) if record.which == winner.which), None)
        if at is None:
            continue
        positions = [domain.position(value) for _, value in active]
        side = edge(positions, [metric.cost(record.score(metric)) for record, _ in active], at)
        choice, component, last = split_name(name)
        limits = traits.get(f"{choice}.{component}", NO_TRAITS).natural_limits.get(last, ())
        if side is None or ends_there(domain, side, limits):
            continue
        wider = widened(domain, side, limits)
        if wider is not None:
            found.append(
                Edge(
                    repeat=winner.repeat,
                    hyperparameter=name,
                    side=side,
                    range=domain,
                    value=active[at][1],
                    trials=len(active),
                    wider=wider,
                )
            )
    return found
