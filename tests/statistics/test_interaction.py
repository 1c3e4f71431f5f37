"""Contrasts of four samples: by hand, and tested together as arms are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from harness.statistics.comparison import Sample
from harness.statistics.interaction import interactions
from harness.statistics.joint import Draws, joint_test

FEW = Draws(bootstrap=499, flips=500)


def corner(name, values, failed=(), groups=None):
    scores = {seed: float(value) for seed, value in enumerate(values) if seed not in failed}
    return Sample(name=name, scores=scores, failed=frozenset(failed), stream="one", groups=groups or {})


def cells(seed, count=6, units=12, effect=0.0):
    """(count, units): what a shared seed, main effects and an interaction of the first make of the scores."""
    rng = np.random.default_rng(seed)
    values = rng.normal(80, 5, units) + rng.normal(size=(count, 1)) + 0.3 * rng.normal(size=(count, units))
    values[0] += effect
    return values


def test_a_contrast_is_the_difference_of_two_differences():
    y = cells(0, 4, effect=6.0)
    (found,) = interactions([tuple(corner(str(i), row) for i, row in enumerate(y))], draws=FEW)
    contrast = (y[0] - y[1]) - (y[2] - y[3])
    expected = stats.ttest_1samp(contrast, 0).confidence_interval()
    assert found.contrast.mean == pytest.approx(contrast.mean())
    assert (found.contrast.low, found.contrast.high) == pytest.approx((expected.low, expected.high))
    assert (found.simultaneous.low, found.simultaneous.high) == pytest.approx((expected.low, expected.high))
    assert found.p == found.p_adjusted == joint_test(contrast[None], FEW).adjusted[0]
    assert found.p < 0.05


def test_several_contrasts_are_one_family():
    y = cells(1, 6, effect=1.5)
    names = [corner(str(i), row) for i, row in enumerate(y)]
    corners = [(names[0], names[1], names[4], names[5]), (names[2], names[3], names[4], names[5])]
    rows = np.array([y[0] - y[1] - y[4] + y[5], y[2] - y[3] - y[4] + y[5]])
    found, joint = interactions(corners, draws=FEW), joint_test(rows, FEW)
    assert [each.p for each in found] == pytest.approx(joint.single)
    assert [each.p_adjusted for each in found] == pytest.approx(joint.adjusted)
    for each, row in zip(found, rows, strict=True):
        wide = stats.ttest_1samp(row, 0).confidence_interval(1 - 0.05 / 2)
        assert (each.simultaneous.low, each.simultaneous.high) == pytest.approx((wide.low, wide.high))
        assert each.simultaneous.low < each.contrast.low


def test_only_units_at_which_all_four_finished_count():
    y = cells(2, 4)
    four = [corner(str(i), row, failed=[i, 11 - i]) for i, row in enumerate(y)]
    (found,) = interactions([tuple(four)], draws=FEW)
    kept = slice(4, 8)
    assert found.contrast.n == 4
    assert found.contrast.mean == pytest.approx(((y[0] - y[1]) - (y[2] - y[3]))[kept].mean())
    assert math.isnan(found.p), "four units are not tested"
    assert math.isfinite(found.contrast.low)


def test_where_the_search_is_the_unit_its_seeds_are_averaged_first():
    y, groups = cells(3, 4, units=18), {seed: seed % 6 for seed in range(18)}
    (found,) = interactions([tuple(corner(str(i), row, groups=groups) for i, row in enumerate(y))], draws=FEW)
    contrast = ((y[0] - y[1]) - (y[2] - y[3])).reshape(3, 6).mean(axis=0)
    assert found.contrast.n == 6
    assert found.contrast.mean == pytest.approx(contrast.mean())
    assert found.contrast.sd == pytest.approx(contrast.std(ddof=1))
    assert found.p == pytest.approx(joint_test(contrast[None], FEW).single[0])


def test_no_unit_and_no_contrast():
    y = cells(4, 4)
    four = [corner(str(i), row, failed=range(12) if i == 2 else ()) for i, row in enumerate(y)]
    (found,) = interactions([tuple(four)], draws=FEW)
    assert found.contrast.n == 0
    assert all(map(math.isnan, (found.contrast.mean, found.p, found.p_adjusted, found.simultaneous.low)))
    assert interactions([], draws=FEW) == []


def test_exchanging_the_levels_turns_the_sign_and_nothing_else():
    y = [corner(str(i), row) for i, row in enumerate(cells(5, 4, effect=0.4))]
    there, back = (
        interactions([(y[0], y[1], y[2], y[3])], draws=FEW)[0],
        interactions([(y[1], y[0], y[3], y[2])], draws=FEW)[0],
    )
    other = interactions([(y[0], y[2], y[1], y[3])], draws=FEW)[0]
    assert back.contrast.mean == pytest.approx(-there.contrast.mean)
    assert back.p == pytest.approx(there.p)
    assert (other.contrast.mean, other.p) == (pytest.approx(there.contrast.mean), pytest.approx(there.p))
