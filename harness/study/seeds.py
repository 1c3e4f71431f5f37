"""The seed indices that each phase may use: those of tuning and of confirmation never overlap."""

from __future__ import annotations

TUNING = range(100)
"""Seed indices of search (the first) and select (those after it); where the search is repeated, of one repeat after
another."""


CONFIRMATION = range(100, 100_000)
"""Seed indices of confirm: fresh, because no tuning run ever used one."""


def tuning(repeat: int, select: int) -> range:
    """The tuning seed indices of a repeat of the search: that of its trials, and ``select`` further ones."""
    return TUNING[repeat * (1 + select) : (repeat + 1) * (1 + select)]


def repeat_of(seed_index: int, repeats: int) -> int:
    """The repeat of the search whose winner a confirmation seed index belongs to: they take turns.

    So every repeat has the same number of them, and further seed indices leave those that there are where they were.
    """
    return (seed_index - CONFIRMATION[0]) % repeats
