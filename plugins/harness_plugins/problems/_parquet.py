"""Tables read from Parquet, with pyarrow: the extra ``parquet``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness import DataError
from harness_plugins.problems._columns import Column, Layout, Table, check_names

if TYPE_CHECKING:
    import pyarrow

MOST_BYTES = 2**30
"""The most that a file may hold once it is decompressed: 1 GiB."""

SUFFIXES = (".parquet", ".pq")
_PANDAS_INDEX = re.compile(r"__index_level_[0-9]+__")


def read_parquet(path: Path, data: bytes, layout: Layout) -> Table:
    """The table that ``data``, the contents of ``path``, holds; values as Python writes them: 1, 1.0, True.

    pandas' index is no column, whether it has a name or not. DataError at the first thing that is wrong.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        needed = "pip install 'optimiser-harness[parquet]'"
        raise DataError(f"{path}:1: a Parquet file needs pyarrow: {needed}") from None
    try:
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(data))
        size = sum(file.metadata.row_group(place).total_byte_size for place in range(file.metadata.num_row_groups))
        if size > MOST_BYTES:
            raise DataError(f"{path}:1: {size:,} bytes once decompressed, at most {MOST_BYTES:,} are read")
        index = _index(file.schema_arrow)
        names = [name for name in file.schema_arrow.names if name not in index and not _PANDAS_INDEX.fullmatch(name)]
        check_names(path, 1, names, layout)
        table = file.read([name for name in names if name not in layout.ignore])
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"{path}:1: not a Parquet file, or damaged: {str(error).partition('.')[0]}") from None
    if not table.num_rows:
        raise DataError(f"{path}:1: names columns but has no rows, needs some")
    columns = {name: _column(path, name, table.column(name), layout) for name in table.column_names}
    return Table(path=path, names=names, columns=columns, lines=None, rows=table.num_rows)


def _index(schema: pyarrow.Schema) -> frozenset[str]:
    """The columns that pandas wrote as the index of its table, named or not."""
    noted = (schema.pandas_metadata or {}).get("index_columns", [])
    return frozenset(name for name in noted if isinstance(name, str))


def _column(path: Path, name: str, values: pyarrow.ChunkedArray, layout: Layout) -> Column:
    import pyarrow
    import pyarrow.types as types

    kind = values.type.value_type if types.is_dictionary(values.type) else values.type
    fits = (types.is_integer, types.is_floating, types.is_boolean, types.is_null)
    if types.is_string_view(kind):  # as Polars writes texts
        values, kind = values.cast(pyarrow.string()), pyarrow.string()
    if not any(is_type(kind) for is_type in (*fits, types.is_string, types.is_large_string)):
        mend = f"convert it, or leave it out with ignore = {name!r}"
        raise DataError(f"{path}:1: column {name!r} is of type {kind}, needs integers, booleans or texts: {mend}")
    encoded = values.unify_dictionaries().combine_chunks()
    if types.is_dictionary(values.type):  # it may hold what no row has
        encoded = encoded.dictionary_decode()
    encoded = encoded.dictionary_encode()
    texts = ["" if value is None or value != value else str(value) for value in encoded.dictionary.to_pylist()]
    book = dict.fromkeys(("", *layout.missing), -1)
    known = len(book)
    lookup = np.array([*(book.setdefault(text, len(book) - known) for text in texts), -1], dtype=np.int32)
    indices = encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    return Column(texts=[text for text, code in book.items() if code >= 0], codes=lookup[indices])
