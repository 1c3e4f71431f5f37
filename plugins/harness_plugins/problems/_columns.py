"""Tables of texts: each column as codes of its distinct values, read from CSV."""

from __future__ import annotations

import csv
import difflib
import io
import re
from array import array
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np

from harness import DataError, decoded, decompressed

LONGEST = 2**24
"""The most characters of a value."""

_CHUNK = 256  # so few that they do not set off the garbage collector, which would look at all that torch has
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|[+-]?(inf|infinity|nan)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How files are read.

    ``header``: whether the first line names the columns; else they are c0, c1 … ``missing``: texts that stand for
    no value, beside the empty one. ``ignore``: columns left out.
    """

    header: bool
    separator: str
    missing: Collection[str]
    ignore: Collection[str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """``texts``: the distinct values, in any order. ``codes``: ``(rows,)`` positions among them, -1 where missing."""

    texts: Sequence[str]
    codes: np.ndarray

    def first_fraction(self) -> int | None:
        """The first row that holds a number with a fraction, where most of the distinct values are numbers."""
        numbers = [_NUMBER.fullmatch(text) is not None for text in self.texts]
        if 2 * sum(numbers) <= len(numbers):
            return None
        broken = [
            is_number and not float(text).is_integer() for is_number, text in zip(numbers, self.texts, strict=True)
        ]
        rows = np.flatnonzero(np.array([*broken, False])[self.codes])  # -1 is the last
        return int(rows[0]) if len(rows) else None


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """``names``: of all columns of the file, those that are left out among them.

    ``lines``: ``(rows,)`` where each row begins in the file, counted from 1; None where a file has no lines.
    """

    path: Path
    names: Sequence[str]
    columns: Mapping[str, Column]
    lines: np.ndarray | None
    rows: int

    def place(self, row: int) -> str:
        """The place of a row in its file, with which messages begin."""
        return f"{self.path}: row {row + 1}" if self.lines is None else f"{self.path}:{self.lines[row]}"

    def column(self, name: str, role: str) -> Column:
        """The column of that name, or a DataError with the nearest match. ``role``: what it is wanted for."""
        if name not in self.columns:
            raise DataError(f"{self.path}:1: no column {name!r} for {role}{columns_near(name, list(self.columns))}")
        return self.columns[name]


def columns_near(name: str, names: Sequence[str]) -> str:
    """The end of a message about a column that is not there: the nearest match, then the columns that there are."""
    matches = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    shown = ", ".join(names if len(names) <= 8 else [*names[:6], "…", names[-1]])
    hint = f", did you mean {matches[0]!r}?" if matches else ";"
    return f"{hint} {len(names):,} column{'s' * (len(names) != 1)}: {shown}"


def read_csv(path: Path, data: bytes, layout: Layout) -> Table:
    """The table that ``data``, the contents of ``path``, holds; DataError at the first thing that is wrong with it.

    A value may have 16 MiB.
    """
    before = csv.field_size_limit(LONGEST)
    try:
        return _read_csv(path, data, layout)
    finally:
        csv.field_size_limit(before)


def _read_csv(path: Path, data: bytes, layout: Layout) -> Table:
    records = _records(path, decoded(path, decompressed(path, data)), layout.separator)
    line, first = next(records, (1, []))
    if not first:
        needs = "a line that names the columns, and rows" if layout.header else "rows"
        raise DataError(f"{path}:1: empty, needs {needs}")
    names = first if layout.header else [f"c{number}" for number in range(len(first))]
    check_names(path, line, names, layout)
    if len(first) == 1:
        raise DataError(f"{path}:{line}: one column only, needs more: is separator = {layout.separator!r} right?")
    # Whatever stands for a missing value has the code -1 from the start.
    blank = dict.fromkeys(("", *layout.missing), -1)
    codebooks = [dict(blank) for _ in names]
    codes, lines = [array("i") for _ in names], array("q")
    pending = records if layout.header else chain([(line, first)], records)
    while chunk := list(islice(pending, _CHUNK)):
        numbers, rows = zip(*chunk, strict=True)
        lines.extend(numbers)
        if {*map(len, rows)} != {len(names)}:
            line, row = next(record for record in chunk if len(record[1]) != len(names))
            what = "the line that names the columns" if layout.header else "the first line"
            raise DataError(f"{path}:{line}: {len(row)} values, needs {len(names)}, as {what} has")
        for book, column_codes, values in zip(codebooks, codes, zip(*rows, strict=True), strict=True):
            column_codes.extend([book.setdefault(value, len(book) - len(blank)) for value in values])
    if not lines:
        raise DataError(f"{path}:1: names columns but has no rows, needs some")
    columns = {
        name: Column(texts=[text for text, code in book.items() if code >= 0], codes=np.array(column_codes))
        for name, book, column_codes in zip(names, codebooks, codes, strict=True)
        if name not in layout.ignore
    }
    return Table(path=path, names=names, columns=columns, lines=np.array(lines), rows=len(lines))


def _records(path: Path, text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it begins at; blank lines are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader, None)
        except csv.Error as error:
            if "limit" in str(error):
                raise DataError(f"{path}:{line}: a value has more than {LONGEST:,} characters") from None
            raise DataError(f"{path}:{line}: the quotation marks do not match: {error}") from None
        if record is None:
            return
        if record:
            yield line, record


def check_names(path: Path, line: int, names: Sequence[str], layout: Layout) -> None:
    """DataError where a column has no name, or another's."""
    if "" in names:
        number = names.index("") + 1
        raise DataError(
            f"{path}:{line}: column {number} has no name: give it one, or write the table without its index"
        )
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        mend = "needs a name of its own for each" + ", or header = false, if this line is a row" * layout.header
        raise DataError(f"{path}:{line}: {count} columns are called {name!r}, {mend}")
