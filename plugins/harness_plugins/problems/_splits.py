"""Train, dev and test of a table: given, or drawn so that each split has its share of every class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil

import numpy as np

from harness import DataError
from harness_plugins.problems._columns import Table

SPLITS = ("train", "dev", "test")


def apportioned(rows: int, shares: Sequence[Fraction]) -> list[int]:
    """Whole numbers in the proportions ``shares`` that sum to ``rows``: by largest remainder, the first of equals."""
    quotas = [rows * share for share in shares]
    counts = [int(quota) for quota in quotas]
    by_remainder = sorted(range(len(quotas)), key=lambda part: counts[part] - quotas[part])
    for part in by_remainder[: rows - sum(counts)]:
        counts[part] += 1
    return counts


def stratified(classes: np.ndarray, shares: Mapping[str, Fraction], seed: int) -> dict[str, np.ndarray]:
    """Rows of each split, ascending: every split has its exact share of every class, drawn by the seed.

    ``classes``: ``(rows,)`` numbers. ``shares``: sum to 1.
    """
    # SeedSequence is one of the few generators that numpy promises never to change.
    keys = np.random.SeedSequence(seed).generate_state(len(classes), np.uint64)
    order = np.lexsort((keys, classes))
    _, firsts = np.unique(classes[order], return_index=True)
    parts: dict[str, list[np.ndarray]] = {split: [] for split in shares}
    for rows in np.split(order, firsts[1:]):
        ends = np.cumsum(apportioned(len(rows), list(shares.values())))
        for split, part in zip(parts, np.split(rows, ends[:-1]), strict=True):
            parts[split].append(part)
    return {split: np.sort(np.concatenate(drawn)) for split, drawn in parts.items()}


def _least(rows: int, shares: Sequence[Fraction]) -> int:
    """So many rows, more than there are, of which every split gets one: the least, unless millions would be needed."""
    enough = ceil(1 / min(shares))
    sizes = range(rows, min(enough, rows + 10_000))
    return next((number for number in sizes if 0 not in apportioned(number, shares)), enough)


def drawn_splits(table: Table, label: str, shares: Mapping[str, Fraction], seed: int) -> dict[str, np.ndarray]:
    """Stratified splits of a table; DataError for a class that is too small to be in each of them."""
    column = table.columns[label]
    sizes = np.bincount(column.codes, minlength=len(column.texts)).tolist()
    parts = list(shares.values())
    small = sorted(
        (text, rows) for text, rows in zip(column.texts, sizes, strict=True) if 0 in apportioned(rows, parts)
    )
    if small:
        text, rows = small[0]
        without = list(shares)[apportioned(rows, parts).index(0)]
        needed = _least(rows, parts)
        more = len(small) - 1
        others = f", {more:,} more class{'es are' if more > 1 else ' is'} too small" if more else ""
        row = int(np.flatnonzero(column.codes == column.texts.index(text))[0])
        raise DataError(
            f"{table.place(row)}: class {text!r} has {rows:,} row{'s' * (rows != 1)}, none of which would be in"
            f" {without}{others}: needs {needed:,}, merge classes, leave such rows out, or give splits (split_column)"
        )
    return stratified(column.codes, shares, seed)


def given_splits(table: Table, name: str) -> dict[str, np.ndarray]:
    """The rows of each split, read from the column of that name; DataError where it holds any other word."""
    column = table.column(name, "split_column")
    says = np.array([*(SPLITS.index(text) if text in SPLITS else -1 for text in column.texts), -1])[column.codes]
    if (says < 0).any():
        row = int(np.argmax(says < 0))
        what = "nothing" if column.codes[row] < 0 else repr(column.texts[column.codes[row]])
        raise DataError(f"{table.place(row)}: split_column {name!r} says {what}, needs train, dev or test")
    rows = {split: np.flatnonzero(says == number) for number, split in enumerate(SPLITS)}
    for split, rows_of_split in rows.items():
        if not len(rows_of_split):
            raise DataError(f"{table.path}:1: split_column {name!r} never says {split}, needs rows of each split")
    return rows
