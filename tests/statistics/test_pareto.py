"""The front: against what it means, point by point."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.statistics.pareto import front

points = st.integers(1, 4).flatmap(
    lambda objectives: st.lists(
        st.tuples(*[st.integers(0, 4) | st.floats(-1e9, 1e9) for _ in range(objectives)]), max_size=30
    )
)


def dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    pairs = list(zip(one, other, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


@given(points)
def test_a_point_is_on_the_front_if_no_other_dominates_it(costs):
    assert front(costs) == [not any(dominates(other, each) for other in costs) for each in costs]


def test_equal_points_are_on_it_together_and_of_one_objective_only_the_best():
    assert front([(1, 2), (2, 1), (1, 2), (2, 2)]) == [True, True, True, False]
    assert front([(3.0,), (1.0,), (1.0,)]) == [False, True, True]
    assert front([]) == []
