"""The points of a search: those that scipy draws, to the bit, in folders of every version."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import qmc

from harness.phases._sobol import sobol_points


def generator(seed: int, key: tuple[int, ...]) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


@given(st.integers(1, 40), st.integers(0, 9), st.integers(0, 2**32), st.lists(st.integers(0, 9), max_size=3))
def test_they_are_scipy_s(dimensions, exponent, seed, key):
    engine = qmc.Sobol(dimensions, scramble=True, rng=generator(seed, tuple(key)))
    points = sobol_points(dimensions, 2**exponent, generator(seed, tuple(key)))
    assert np.array_equal(points, engine.random_base2(exponent))


def test_a_longer_sequence_begins_with_the_shorter_one():
    assert np.array_equal(sobol_points(3, 64, generator(1, ()))[:16], sobol_points(3, 16, generator(1, ())))


def test_a_search_does_without_the_import_of_scipy_s_statistics():
    program = "import sys, harness.phases.arm_search; print('scipy.stats' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
