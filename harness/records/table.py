"""Tables of anybody's runs: a CSV or Parquet file or a DataFrame, as texts, with the place of every row."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.data import COMPRESSED, contents, decoded, decompressed
from harness.errors import DataError
from harness.records._mappings import is_mapping, read_mapping

if TYPE_CHECKING:
    import pandas as pd

MOST_BYTES = 128 * 2**20
"""The largest file that is read, once it is decompressed."""


MOST_CELLS = 20_000_000
"""The most values, rows times columns, that a table may have."""


PARQUET = (".parquet", ".pq")
TEXT = (".csv", ".tsv", ".txt")
_SEPARATORS = ",;\t"
TABLES = (*TEXT, *PARQUET, *(".csv" + ending for ending in COMPRESSED))
"""How the names of files of runs end."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """Rows of texts.

    ``source``: the file's path, or ``DataFrame``. ``columns``: name → the column's texts, '' where there is no value.
    ``lines``: where each row begins in the file, counted from 1; None where a row has no line. ``repeated``: names
    that several columns of the file have, so that none of them can be asked for. ``unread``: column → the place of a
    value that begins like a dictionary and cannot be read as one.
    """

    source: str
    columns: Mapping[str, Sequence[str]]
    lines: Sequence[int] | None
    rows: int
    repeated: frozenset[str] = frozenset()
    unread: Mapping[str, str]

    def place(self, row: int) -> str:
        """The place of a row, with which a message begins."""
        return f"{self.source}: row {row + 1}" if self.lines is None else f"{self.source}:{self.lines[row]}"

    @property
    def head(self) -> str:
        """The place of the columns' names."""
        return self.source if self.lines is None else f"{self.source}:1"


def is_table(path: Path) -> bool:
    """Whether a path names a table of runs rather than a result folder: it ends as such files do, and is no folder."""
    return path.suffix.lower() in (*PARQUET, *TEXT, *COMPRESSED) and not path.is_dir()


def read_table(path: Path) -> Table:
    """The table in a CSV file (.gz and .xz too; comma, semicolon or tab) or a Parquet file.

    DataError, beginning with the place, for what is missing, damaged or too large.
    """
    data = contents(path, needs="a table of runs", most=MOST_BYTES)
    if path.suffix.lower() in PARQUET:
        return _read_parquet(path, data)
    return _read_text(path, decoded(path, decompressed(path, data, most=MOST_BYTES)))


def table_of(frame: pd.DataFrame, source: str = "DataFrame") -> Table:
    """The table that a DataFrame holds. A named index counts as columns, an unnamed one does not.

    Numbers are written as Python writes them; whatever pandas calls missing is no value. Labels of several levels are
    joined by underscores. DataError for a frame without rows or columns.
    """
    import pandas as pd

    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index(allow_duplicates=True)
    names = ["_".join(str(part) for part in _parts(name) if str(part)) for name in frame.columns]
    if not len(frame) or not names:
        raise DataError(f"{source}: {len(frame)} rows of {len(names)} columns, needs a row for each run")
    cells = []
    for place in range(len(names)):
        column = frame.iloc[:, place]
        # As objects, float32 would be written as 0.10000000149011612.
        column = column.astype(str).where(column.notna()) if column.dtype in ("float32", "float16") else column
        column = column.astype(object)
        missing = pd.isna(column)
        cells.append(
            [
                "" if absent else value if isinstance(value, Mapping) else str(value)
                for value, absent in zip(column, missing, strict=True)
            ]
        )
    return _table(source, names, cells, None, len(frame))


def _parts(name: object) -> Sequence[object]:
    return name if isinstance(name, tuple) else (name,)


def _table(
    source: str, names: Sequence[str], cells: Sequence[Sequence[Any]], lines: Sequence[int] | None, rows: int
) -> Table:
    """The table of these columns, without those that have no name, as pandas' index; dictionaries become columns."""
    counts = Counter(names)
    columns: dict[str, Sequence[str]] = {}
    unread: dict[str, str] = {}
    known = Table(source=source, columns={}, lines=lines, rows=rows, unread={})
    within = 0
    for name, values in zip(names, cells, strict=True):
        if not name or counts[name] > 1:
            continue
        if not _holds_mappings(values):
            columns[name] = values
            continue
        inner: dict[str, list[str]] = {}
        for row, value in enumerate(values):
            found = read_mapping(value) if value else []
            if found is None:
                unread[name] = known.place(row)
                columns[name] = [str(value) for value in values]
                break
            for key, text in found:
                if key not in inner:
                    within += rows
                    if within > MOST_CELLS:
                        raise DataError(f"{known.place(row)}: the dictionaries have more than {MOST_CELLS:,} values")
                    inner[key] = [""] * rows
                inner[key][row] = text
        else:
            columns |= {f"{name}.{key}": texts for key, texts in inner.items()}
    repeated = frozenset(name for name, count in counts.items() if count > 1 and name)
    return Table(source=source, columns=columns, lines=lines, rows=rows, repeated=repeated, unread=unread)


def _holds_mappings(values: Iterable[Any]) -> bool:
    """Whether all values that there are look like dictionaries."""
    some = False
    for value in values:
        if value == "":
            continue
        if not is_mapping(value):
            return False
        some = True
    return some


def _read_text(path: Path, text: str) -> Table:
    separator = _separator(path, text)
    before = csv.field_size_limit(MOST_BYTES)  # W&B writes whole dictionaries into a field
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        names: list[str] | None = None
        rows: list[list[str]] = []
        lines: list[int] = []
        known: dict[str, str] = {}
        line = 1
        for record in reader:
            begins, line = line, reader.line_num + 1
            if not record:
                continue
            if names is None:
                names = [name.strip() for name in record]
                continue
            if len(record) != len(names):
                comma = (
                    "; are its decimals written with commas?" if separator == "," and len(record) > len(names) else ""
                )
                raise DataError(
                    f"{path}:{begins}: {len(record)} values, needs {len(names)}, as the line that names the columns "
                    f"has{comma}"
                )
            rows.append([known.setdefault(value, value) for value in map(str.strip, record)])
            lines.append(begins)
            if len(rows) * len(names) > MOST_CELLS:
                raise DataError(f"{path}:{begins}: more than {MOST_CELLS:,} values; write the columns that are needed")
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: cannot be read as CSV: {error}") from None
    finally:
        csv.field_size_limit(before)
    if names is None:
        raise DataError(f"{path}:1: empty, needs a line that names the columns, and a row for each run")
    if not rows:
        raise DataError(f"{path}:1: names columns but has no rows, needs one for each run")
    return _table(str(path), names, [*zip(*rows, strict=True)], lines, len(rows))


def _separator(path: Path, text: str) -> str:
    """What separates the names of the columns: the one of comma, semicolon and tab that makes the most of them."""
    first = text.lstrip("\r\n").partition("\n")[0]
    if path.suffix.lower() == ".tsv":
        return "\t"
    return max(_SEPARATORS, key=lambda separator: first.count(separator))


def _read_parquet(path: Path, data: bytes) -> Table:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        needed = "pip install 'optimiser-harness[parquet]'"
        raise DataError(f"{path}: a Parquet file needs pyarrow: {needed}") from None
    try:
        whole = pyarrow.BufferReader(data)
        schema = pyarrow.parquet.read_schema(whole)
        # Texts stay in the file's dictionaries: one that stands in every row is held once.
        texts = [field.name for field in schema if pyarrow.types.is_string(field.type)]
        file = pyarrow.parquet.ParquetFile(whole, read_dictionary=texts)
        rows, columns = file.metadata.num_rows, len(schema.names)
        size = sum(file.metadata.row_group(place).total_byte_size for place in range(file.metadata.num_row_groups))
        if rows * columns > MOST_CELLS:
            raise DataError(f"{path}: {rows:,} rows of {columns:,} columns, at most {MOST_CELLS:,} values are read")
        if size > MOST_BYTES:
            raise DataError(f"{path}: more than {MOST_BYTES // 2**20} MiB once decompressed, no more are read")
        frame = file.read().to_pandas()
    except DataError:
        raise
    except Exception as error:  # of Arrow, and of pandas where its own notes in the file are damaged
        reason = str(error).partition(".")[0].partition("\n")[0] or type(error).__name__
        raise DataError(f"{path}: not a Parquet file, or damaged: {reason}") from None
    return table_of(frame, str(path))
