"""Ranges: the scales' two directions, positions and values, what is refused and with which words."""

from __future__ import annotations

import itertools
import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from harness.plugin.ranges import (
    Options,
    Range,
    Scale,
    domain_from_json,
    domain_to_json,
    evenly,
    from_unit,
    integers,
    linear,
    log,
    one_minus_log,
    options,
)

POSITIONS = (0.0, 0.1, 1 / 3, 0.77, 1 - 2**-53)


# Scales


@pytest.mark.parametrize(
    ("domain", "bits"),
    [
        (linear(-2, 3),
         "-0x1.0000000000000p+1 -0x1.8000000000000p+0 "
         "-0x1.5555555555558p-2 0x1.d99999999999ap+0 0x1.7fffffffffffep+1"),
        (linear(0.1, 0.7),
         "0x1.999999999999ap-4 0x1.47ae147ae147bp-3 "
         "0x1.3333333333333p-2 0x1.1fbe76c8b4395p-1 0x1.6666666666665p-1"),
        (log(1e-4, 0.1),
         "0x1.a36e2eb1c432dp-14 0x1.a26fd472780c5p-13 "
         "0x1.0624dd2f1a9fbp-10 0x1.4e84b23f96cbep-6 0x1.9999999999994p-4"),
        (log(3e-9, 7.0),
         "0x1.9c511dc3a41dfp-29 0x1.bd97eb800e206p-26 "
         "0x1.0b07aeabb1281p-18 0x1.91a7b6e449463p-5 0x1.bffffffffffedp+2"),
        (one_minus_log(0.5, 0.98),
         "0x1.0000000000000p-1 0x1.4674d707b2cb9p-1 "
         "0x1.a87300d66a56fp-1 0x1.ea87c1262be31p-1 0x1.f5c28f5c28f5cp-1"),
        (one_minus_log(0.9, 0.9999),
         "0x1.ccccccccccccdp-1 0x1.e656d6b47ac96p-1 "
         "0x1.fae147ae147b1p-1 0x1.ffbfcdbffa21dp-1 0x1.fff2e48e8a71ep-1"),
        (one_minus_log(0.0, 0.995),
         "0x0.0p+0 0x1.a52ac61374946p-2 "
         "0x1.a87300d66a56fp-1 0x1.f7573fda5eed2p-1 0x1.fd70a3d70a3d7p-1"),
    ],
    ids=str,
)  # fmt: skip
def test_the_values_that_a_search_proposes_are_those_of_every_published_study_to_the_last_bit(domain, bits):
    assert [from_unit(domain, at).hex() for at in POSITIONS] == bits.split()


def test_the_whole_numbers_that_a_search_proposes_are_those_of_every_published_study():
    assert [from_unit(integers(1, 9), at) for at in POSITIONS] == [1, 1, 4, 7, 9]
    assert [from_unit(integers(1, 256, log=True), at) for at in POSITIONS] == [1, 1, 4, 61, 256]


ENDS = {
    Scale.LINEAR: st.floats(-1e6, 1e6),
    Scale.LOG: st.floats(1e-12, 1e12),
    Scale.ONE_MINUS_LOG: st.floats(-5, 1 - 1e-6),
}


@st.composite
def scales(draw):
    """A scale, with the ends of a range that is not so narrow that rounding fills it."""
    scale = draw(st.sampled_from(list(Scale)))
    low, high = sorted(draw(st.lists(ENDS[scale], min_size=2, max_size=2, unique=True)))
    near, far = sorted(abs(scale.mirrored(end)) for end in (low, high))
    assume(far - near > 1e-3 * far if scale.is_logarithmic else high - low > 1e-3 * far)
    return scale, low, high


@given(scales(), st.floats(-0.5, 1.5))
def test_the_position_of_the_value_at_a_position_is_that_position(scale, at):
    scale, *ends = scale
    assert scale.to_unit(scale.from_unit(at, *ends), *ends) == pytest.approx(at, abs=1e-6)


@given(scales(), st.floats(0, 1))
def test_the_value_at_the_position_of_a_value_is_that_value(scale, share):
    scale, low, high = scale
    value = min(max(low + share * (high - low), low), high)
    found = scale.from_unit(scale.to_unit(value, low, high), low, high)
    assert found == pytest.approx(value, rel=1e-9, abs=1e-9 * max(abs(low), abs(high)))


@given(scales())
def test_the_ends_have_the_positions_0_and_1(scale):
    scale, low, high = scale
    assert (scale.to_unit(low, low, high), scale.to_unit(high, low, high)) == (0, 1)


@pytest.mark.parametrize(
    ("value", "ends", "scale", "expected"),
    [
        (0.01, (1e-4, 1.0), "log", 0.5),
        (0.9, (0.0, 0.99), "one_minus_log", 0.5),
        (0.25, (0.0, 1.0), "linear", 0.25),
        (10.0, (1e-2, 1.0), "log", 1.5),
        (-1.0, (0.0, 1.0), "linear", -1.0),
    ],
)
def test_a_value_has_its_position_within_a_range_and_beyond_it(value, ends, scale, expected):
    assert Scale(scale).to_unit(value, *ends) == pytest.approx(expected)


@pytest.mark.parametrize(("scale", "value"), [(Scale.LOG, 0.0), (Scale.LOG, -1.0), (Scale.ONE_MINUS_LOG, 1.0)])
def test_what_a_scale_cannot_reach_has_no_position(scale, value):
    assert not scale.reaches(value)
    with pytest.raises(ValueError, match=r"math domain error|expected a positive input"):
        scale.to_unit(value, 0.1, 0.9)


def test_a_scale_reaches_what_lies_on_its_side():
    assert all(Scale.LINEAR.reaches(value) for value in (-1.0, 0.0, 1.0))
    assert Scale.LOG.reaches(5e-324)
    assert Scale.ONE_MINUS_LOG.reaches(1 - 2**-53)
    assert Scale.ONE_MINUS_LOG.reaches(-7.0)


# Ranges


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: linear(1, 1), "needs finite low < high, got low=1, high=1"),
        (lambda: linear(0, math.inf), "needs finite low < high, got low=0, high=inf"),
        (lambda: Range(0, 1, "lg"), "scale is one of linear, log, one_minus_log, got 'lg'"),
        (lambda: log(0, 1), "a log scale needs low > 0, got 0"),
        (lambda: one_minus_log(0.5, 1), "scale one_minus_log needs high < 1, got 1"),
        (lambda: Range(0.5, 2, integer=True), "an integer range needs whole ends, got 0.5 and 2"),
        (lambda: Range(-3, 0, "one_minus_log", integer=True), "scale one_minus_log is for fractions, not for integers"),
        (lambda: options(), "needs at least one value"),
        (lambda: options(1, 2, 1), "has a value twice: [1, 2, 1]"),
    ],
)
def test_domains_that_cannot_be(make, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make()


def test_what_a_domain_contains():
    assert all(value in linear(0, 1) for value in (0, 0.5, 1))
    assert not any(value in linear(0, 1) for value in (-0.1, 1.1, True, "0.5"))
    assert 2 in integers(1, 3)
    assert 2.5 not in integers(1, 3)
    assert "a" in options("a", "b")
    assert "c" not in options("a", "b")


def test_domains_as_texts():
    shown = [str(each) for each in (linear(0, 1), log(1e-4, 0.1), one_minus_log(0.5, 0.99), options("a", 2))]
    assert shown == ["[0, 1]", "[0.0001, 0.1] log", "[0.5, 0.99] one_minus_log", "{a, 2}"]


@pytest.mark.parametrize("domain", [linear(0, 1), log(1e-4, 0.1), one_minus_log(0.5, 0.99), integers(1, 3), options(1)])
def test_a_domain_comes_back_from_json(domain):
    data = json.loads(json.dumps(domain_to_json(domain)))
    assert domain_from_json(data) == domain
    assert domain_from_json(data) != replace(linear(0, 2))


def test_a_range_in_json_has_the_names_of_a_study_file():
    assert domain_to_json(log(1e-4, 0.1)) == {"low": 1e-4, "high": 0.1, "scale": "log", "integer": False}
    assert type(domain_to_json(log(1e-4, 0.1))["scale"]) is str


def test_points_stand_evenly_on_the_scale_with_both_ends_exact():
    assert evenly(linear(0, 1), 5).values == (0, 0.25, 0.5, 0.75, 1)
    assert evenly(log(1e-4, 0.1), 4).values == (1e-4, pytest.approx(1e-3), pytest.approx(1e-2), 0.1)
    assert evenly(one_minus_log(0.9, 0.999), 3).values == (0.9, pytest.approx(0.99), 0.999)
    assert evenly(integers(1, 9), 3).values == (1, 5, 9)
    assert evenly(integers(1, 3), 10).values == (1, 2, 3)
    assert evenly(integers(1, 256, log=True), 5).values == (1, 4, 16, 64, 256)
    assert all(type(value) is int for value in evenly(Range(1.0, 9.0, integer=True), 3).values)


positive = st.floats(1e-12, 1e12)
finite = st.floats(-1e12, 1e12)
fractions = st.floats(0, 1, exclude_max=True)
edges = st.sampled_from([0.0, 5e-324, 2**-53, 0.5, 1 - 2**-53])


@st.composite
def domains(draw):
    kind = draw(st.sampled_from(["linear", "log", "one_minus_log", "integer", "integer log", "options"]))
    if kind == "options":
        return Options(tuple(range(draw(st.integers(1, 2000)))))
    if kind.startswith("integer"):
        low = draw(st.integers(1, 10**6))
        return integers(low, low + draw(st.integers(1, 10**6)), log="log" in kind)
    ends = {"linear": finite, "log": positive, "one_minus_log": st.floats(-5, 1 - 1e-9)}[kind]
    low, high = sorted(draw(st.lists(ends, min_size=2, max_size=2, unique=True)))
    return Range(low, high, kind)


@given(domain=domains(), position=fractions | edges)
def test_every_position_gives_a_value_of_the_domain_in_its_type(domain, position):
    value = from_unit(domain, position)
    assert value in domain
    assert type(value) is (int if isinstance(domain, Options) or domain.integer else float)


def test_rounding_carries_no_value_past_an_end():
    # 1 − (1 − 0.1) is less than 0.1, and 2.5 and 0.5 round to even.
    assert from_unit(one_minus_log(0.1, 0.3), 0.0) == 0.1
    assert from_unit(integers(3, 9), 0.0) == 3
    assert from_unit(integers(1, 2, log=True), 0.0) == 1


@given(domain=domains().filter(lambda domain: isinstance(domain, Range)), positions=st.lists(fractions, min_size=2))
def test_a_higher_position_never_gives_a_lower_value(domain, positions):
    values = [from_unit(domain, position) for position in sorted(positions)]
    assert all(a <= b or a == pytest.approx(b, rel=1e-12) for a, b in itertools.pairwise(values))


@pytest.mark.parametrize(
    ("domain", "cdf"),
    [
        (linear(-2, 3), lambda x: (x + 2) / 5),
        (log(1e-4, 10), lambda x: np.log(x / 1e-4) / math.log(1e5)),
        (one_minus_log(0.5, 0.999), lambda x: np.log((1 - x) / 0.5) / math.log(0.002)),
    ],
)
def test_positions_that_are_uniform_give_values_that_are_uniform_on_the_scale(domain, cdf):
    values = np.array([from_unit(domain, float(at)) for at in np.random.default_rng(0).random(4000)])
    assert stats.kstest(values, cdf).pvalue > 0.01
    assert stats.kstest(values, lambda x: cdf(x) ** 1.2).pvalue < 0.01


def test_integers_and_options_are_equally_likely_ends_included():
    positions = (np.arange(7000) + 0.5) / 7000
    for domain in (integers(3, 9), options(*range(7))):
        _, counts = np.unique([from_unit(domain, float(at)) for at in positions], return_counts=True)
        assert counts.tolist() == [1000] * 7
