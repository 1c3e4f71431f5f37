"""From tables to tokens: what is wrong with a table, one vocabulary a column, rows and classes as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import numpy as np

from harness import Arrays, DataError
from harness_plugins.problems._columns import Table, columns_near

UNKNOWN, MISSING = SPECIALS = ("<unknown>", "<missing>")
"""Entries of every column: for a value that too few training rows have, and for a missing value."""
Parts = Mapping[str, tuple[Table, np.ndarray]]
"""Split → (table, indices of the split's rows in it)."""


class Facts(TypedDict):
    """What the numbers stand for: ``texts`` and ``kinds`` of the vocabulary, and the sorted ``classes``."""

    texts: list[str]
    kinds: list[str]
    classes: list[str]


def check_tables(tables: Mapping[str, Table], label: str, ignore: Sequence[str], max_values: int) -> None:
    """DataError for columns, labels or values that no model can learn from."""
    first = tables["train"]
    for name in ignore:
        if not any(name in table.names for table in tables.values()):
            raise DataError(f"{first.path}:1: no column {name!r} to ignore{columns_near(name, first.names)}")
    for table in tables.values():
        labels = table.column(label, "label")
        _check_names(table, first)
        if (labels.codes < 0).any():
            where = table.place(int(np.argmax(labels.codes < 0)))
            raise DataError(f"{where}: label {label!r} is missing, needs a class (missing says what counts as missing)")
        for name, column in table.columns.items():
            row = column.first_fraction()
            if row is not None:
                what = "label" if name == label else "column"
                mend = "" if name == label else f", or leave it out with ignore = {name!r}"
                text = column.texts[column.codes[row]]
                raise DataError(f"{table.place(row)}: {what} {name!r} is of fractions, as {text!r}: bin it{mend}")
    classes = sorted({text for table in tables.values() for text in table.columns[label].texts})
    if len(classes) == 1:
        raise DataError(f"{first.path}:1: label {label!r} is {classes[0]!r} in every row, needs two classes or more")
    if len(classes) > max_values:
        mend = "bin it, take another column, or raise max_values"
        got = f"label {label!r} has {len(classes):,} classes"
        raise DataError(f"{first.path}:1: {got}, at most max_values = {max_values:,}: {mend}")


def _check_names(table: Table, first: Table) -> None:
    for name in first.columns:
        if name not in table.columns:
            raise DataError(f"{table.path}:1: no column {name!r}, which {first.path} has: needs the same columns")
    for name in table.columns:
        if name not in first.columns:
            mend = f"needs the same columns, or ignore = {name!r}"
            raise DataError(f"{table.path}:1: column {name!r} is not in {first.path}: {mend}")


def encode_tables(
    parts: Parts, label: str, features: Sequence[str], min_count: int, max_values: int
) -> tuple[Arrays, Facts]:
    """Tokens and labels of each split, and what they mean; DataError where the training rows do not allow it."""
    classes = _classes(parts, label)
    tokens = {split: np.empty((len(rows), len(features)), dtype=np.int32) for split, (_, rows) in parts.items()}
    texts: list[str] = []
    kinds: list[str] = []
    for position, name in enumerate(features):
        known = _values(parts, name, min_count, max_values)
        entries = list(dict.fromkeys([*SPECIALS, *known]))  # a value that is spelt like a special one shares its row
        row_of = {text: len(texts) + row for row, text in enumerate(entries)}
        for split, (table, rows) in parts.items():
            column = table.columns[name]
            lookup = [*(row_of.get(text, row_of[UNKNOWN]) for text in column.texts), row_of[MISSING]]
            tokens[split][:, position] = np.array(lookup, dtype=np.int32)[column.codes[rows]]  # -1 is the last
        texts += entries
        kinds += [name] * len(entries)
    arrays: Arrays = {f"{split}.tokens": array for split, array in tokens.items()}
    for split, (table, rows) in parts.items():
        column = table.columns[label]
        numbers = np.array([classes.get(text, -1) for text in column.texts], dtype=np.int64)
        arrays[f"{split}.labels"] = numbers[column.codes[rows]]
    return arrays, {"texts": texts, "kinds": kinds, "classes": list(classes)}


def _classes(parts: Parts, label: str) -> dict[str, int]:
    """The training rows' classes, sorted; DataError where a split has one only, or one that they lack."""
    present = {}
    for split, (table, rows) in parts.items():
        column = table.columns[label]
        present[split] = {column.texts[code] for code in np.unique(column.codes[rows])}
        if len(present[split]) == 1:
            only = present[split].pop()
            raise DataError(f"{table.path}:1: {split} has rows of one class only, {only!r}, needs two classes or more")
    for split, (table, rows) in parts.items():
        for text in sorted(present[split] - present["train"]):
            column = table.columns[label]
            row = int(rows[np.argmax(column.codes[rows] == column.texts.index(text))])
            mend = "put some there, or leave such rows out"
            raise DataError(f"{table.place(row)}: class {text!r} of {split} has no row in train: {mend}")
    return {text: number for number, text in enumerate(sorted(present["train"]))}


def _values(parts: Parts, name: str, min_count: int, max_values: int) -> list[str]:
    """The values of a column that enough training rows have, sorted."""
    table, rows = parts["train"]
    column = table.columns[name]
    counts = np.bincount(column.codes[rows] + 1, minlength=len(column.texts) + 1)[1:].tolist()
    known = sorted(text for text, count in zip(column.texts, counts, strict=True) if count >= min_count)
    if len(known) > max_values:
        mend = f"leave it out with ignore = {name!r}, bin it, or raise min_count or max_values"
        got = f"column {name!r} has {len(known):,} distinct values"
        raise DataError(f"{table.path}:1: {got}, at most max_values = {max_values:,}: {mend}")
    return known
