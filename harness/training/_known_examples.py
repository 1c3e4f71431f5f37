"""Examples that are found again by their tokens, so that what was computed of them need not be computed twice."""

from __future__ import annotations

import numpy as np
from torch import Tensor

MULTIPLIERS = np.random.default_rng(0).integers(2**32, size=4096, dtype=np.uint32) | 1
"""Odd numbers that tokens are multiplied with and added up, modulo 2³²: equal examples have equal sums."""


class KnownExamples:
    """A hash table of ``(examples, positions)`` int32 ``tokens``.

    Of examples that share a slot it keeps the last: the others, a tenth or so, are not found, and computed again.
    """

    def __init__(self, tokens: Tensor) -> None:
        self.tokens = tokens
        self._values = tokens.numpy()
        # Four slots an example: few share theirs.
        self._shift = np.uint32(32 - max(1, (4 * len(tokens) - 1).bit_length()))
        self._hashes = self._hash(self._values)
        self._slots = np.full(1 << int(32 - self._shift), -1, dtype=np.int32)
        self._slots[self._hashes >> self._shift] = np.arange(len(tokens), dtype=np.int32)

    @classmethod
    def of(cls, tokens: Tensor) -> KnownExamples | None:
        """The table; None for tokens that it cannot hold."""
        fits = 0 < len(tokens) < 2**28 and 0 < tokens.shape[1] <= len(MULTIPLIERS)
        return cls(tokens) if fits and str(tokens.dtype) == "torch.int32" else None

    def _hash(self, values: np.ndarray) -> np.ndarray:
        """``(examples,)`` uint32, whose higher bits depend on every token."""
        sums: np.ndarray = values.view(np.uint32) @ MULTIPLIERS[: values.shape[1]]
        return sums * np.uint32(0x9E3779B1)

    def find(self, tokens: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """``(examples,)`` bool, which of ``tokens`` are known; and the numbers of those, ``(found,)``, in order."""
        if tokens.dtype != self.tokens.dtype or tokens.shape[1:] != self.tokens.shape[1:]:
            return np.zeros(len(tokens), dtype=bool), np.empty(0, dtype=np.int64)
        values = tokens.numpy()
        hashes = self._hash(values)
        numbers = self._slots.take(hashes >> self._shift).astype(np.int64)
        # -1, an empty slot, is the last example here: its hash has another slot.
        likely = np.flatnonzero(self._hashes.take(numbers, mode="wrap") == hashes)
        numbers = numbers.take(likely)
        equal = (self._values.take(numbers, axis=0, mode="wrap") == values.take(likely, axis=0)).all(axis=1)
        is_known = np.zeros(len(values), dtype=bool)
        is_known[likely[equal]] = True
        return is_known, numbers[equal]
