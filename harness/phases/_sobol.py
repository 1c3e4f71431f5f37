"""Scrambled Sobol points, to the bit those of ``scipy.stats.qmc.Sobol``, whose import takes two seconds."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

BITS = 30
"""Binary digits of a coordinate."""


def sobol_points(dimensions: int, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """``(count, dimensions)``, in [0, 1): the beginning of a sequence that ``rng`` scrambles.

    Sobol's points, with Joe & Kuo's direction numbers (2008, SIAM J. Sci. Comput. 30), are torch's. Each dimension's
    binary digits are multiplied by a random lower triangular matrix with ones on its diagonal, and random digits are
    added, all modulo 2 (Matoušek 1998, J. Complexity 14). What is drawn, from a child of ``rng`` and in which
    order, is scipy's, since the points of studies that have begun are to stay what they are.
    """
    rng = rng.spawn(1)[0]
    shift = rng.integers(2, size=(dimensions, BITS), dtype=np.uint32)
    matrices = np.tril(rng.integers(2, size=(dimensions, BITS, BITS), dtype=np.uint32))
    matrices |= np.eye(BITS, dtype=np.uint32)
    plain = torch.quasirandom.SobolEngine(dimensions).draw(count, dtype=torch.float64).numpy()  # type: ignore[no-untyped-call]
    numbers = (plain * 2**BITS).astype(np.int64)
    digits = numbers[:, :, None] >> np.arange(BITS - 1, -1, -1) & 1  # the highest first
    # As float64, whose products are exact here, and for which NumPy has a fast product.
    scrambled = np.einsum("dij,ndj->ndi", matrices.astype(float), digits.astype(float)).astype(np.int64)
    digits = scrambled + shift[:, ::-1] & 1
    points: NDArray[np.float64] = digits @ 2.0 ** -np.arange(1, BITS + 1)
    return points
