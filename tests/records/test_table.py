"""Tables of anybody's runs: what is read, and what is said of what cannot be read."""

from __future__ import annotations

import gzip
import lzma
import math

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest

from harness.errors import DataError
from harness.records import table as module
from harness.records.table import is_table, read_table, table_of

TEXT = "arm,seed,acc\nadam,0,0.5\nsgd,1,0.25\n"


def read(tmp_path, data: str | bytes, name: str = "runs.csv"):
    (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_table(tmp_path / name)


def columns(table) -> dict[str, list[str]]:
    return {name: list(values) for name, values in table.columns.items()}


EXPECTED = {"arm": ["adam", "sgd"], "seed": ["0", "1"], "acc": ["0.5", "0.25"]}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("runs.csv", TEXT),
        ("runs.txt", TEXT.replace(",", ";")),
        ("runs.csv", TEXT.replace(",", "\t")),
        ("runs.tsv", TEXT.replace(",", "\t")),
        ("runs.csv", "\ufeff" + TEXT),
        ("runs.csv", TEXT.replace("\n", "\r\n")),
        ("runs.csv", TEXT.replace("\nsgd", "\n\nsgd").replace("sgd,1", '"sgd", 1 ')),
        ("runs.csv.gz", gzip.compress(TEXT.encode(), mtime=0)),
        ("runs.csv.xz", lzma.compress(TEXT.encode())),
    ],
)
def test_the_same_table_in_every_form(tmp_path, name, data):
    assert columns(read(tmp_path, data, name)) == EXPECTED


def test_a_row_is_found_by_its_line_after_a_value_of_several_lines(tmp_path):
    table = read(tmp_path, 'arm,note\nadam,"one\ntwo\nthree"\n\nsgd,x\n')
    assert [table.place(row) for row in range(2)] == [f"{tmp_path}/runs.csv:2", f"{tmp_path}/runs.csv:6"]


def test_values_stay_as_they_are_written(tmp_path):
    table = read(tmp_path, "arm,lr,empty\nNone,1e-3,\nNA,0.0010,\n")
    assert columns(table) == {"arm": ["None", "NA"], "lr": ["1e-3", "0.0010"], "empty": ["", ""]}


def test_a_column_without_a_name_is_pandas_index_and_one_name_twice_cannot_be_asked_for(tmp_path):
    table = read(tmp_path, ",arm,loss,loss\n0,adam,1,2\n")
    assert list(table.columns) == ["arm"]
    assert table.repeated == {"loss"}


def test_dictionaries_become_columns(tmp_path):
    rows = [
        """{'lr': 0.1, 'deep': {'width': -8, 'none': None}, 'flag': True, 'bad': nan, 'list': [1, 'a']}""",
        """{"lr": {"value": 0.2, "desc": null}, "deep": {"width": NaN}}""",
        """{'lr': np.float64(0.3)}""",
        "",
    ]
    quoted = "".join('"' + row.replace('"', '""') + '",x\n' for row in rows)
    table = read(tmp_path, f"config,name\n{quoted}")
    assert columns(table) == {
        "config.lr": ["0.1", "0.2", "0.3", ""],
        "config.deep.width": ["-8", "nan", "", ""],
        "config.deep.none": ["", "", "", ""],
        "config.flag": ["True", "", "", ""],
        "config.bad": ["nan", "", "", ""],
        "config.list": ["(1, 'a')", "", "", ""],
        "name": ["x", "x", "x", "x"],
    }


@pytest.mark.parametrize(
    "text",
    [
        "{'a': __import__('os').getcwd()}",
        "{'a': open}",
        "{'a': 1 + 1}",
        "{'a': }",
        "{" * 5000 + "}" * 5000,
        "{1}",
        f"{{'a': 0x{'f' * 5000}}}",
        f"{{'a': {'9' * 5000}}}",
    ],
)
def test_what_only_looks_like_a_dictionary_stays_text_and_is_never_evaluated(tmp_path, text):
    table = read(tmp_path, f'config\tname\n{{"a": 1}}\tx\n{text}\ty\n')
    assert columns(table)["config"] == ['{"a": 1}', text]
    assert table.unread == {"config": f"{tmp_path}/runs.csv:3"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", ":1: empty, needs a line that names the columns, and a row for each run"),
        ("\n\n", ":1: empty, needs a line"),
        ("arm,acc\n", ":1: names columns but has no rows, needs one for each run"),
        ("arm,acc\nadam,1\nsgd\n", ":3: 1 values, needs 2, as the line that names the columns has"),
        ("arm,acc\nadam,0,85\n", ":2: 3 values, needs 2, as the line that names the columns has; are its decimals"),
        ('arm,acc\nadam,"1\n', ":2: cannot be read as CSV: unexpected end of data"),
        (b"arm,acc\nadam,1\n\xe9,2\n", ":3: byte 1 of the line, 0xe9, is not UTF-8"),
        ("arm,acc\n".encode("utf-16"), ":1: is UTF-16, needs UTF-8"),
    ],
)
def test_a_damaged_text_is_one_line_with_its_place(tmp_path, data, message):
    with pytest.raises(DataError) as raised:
        read(tmp_path, data)
    assert str(raised.value).startswith(f"{tmp_path}/runs.csv:")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("runs.csv.gz", b"no", ":1: from here on not .gz data, or damaged"),
        ("runs.csv.gz", gzip.compress(TEXT.encode(), mtime=0)[:-9], "the .gz data breaks off here"),
        ("runs.csv.xz", lzma.compress(TEXT.encode())[:-9], "the .xz data breaks off here"),
        ("runs.parquet", b"no", ": not a Parquet file, or damaged"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path, name, data, message):
    with pytest.raises(DataError, match=message) as raised:
        read(tmp_path, data, name)
    assert str(raised.value).startswith(f"{tmp_path}/{name}:")


def test_files_are_bounded(tmp_path, monkeypatch):
    large = TEXT + "sgd,2,0.5\n" * 100
    (tmp_path / "large.csv.gz").write_bytes(gzip.compress(large.encode(), mtime=0))
    (tmp_path / "large.csv").write_text(large)
    pd.DataFrame(EXPECTED).to_parquet(tmp_path / "large.parquet")
    monkeypatch.setattr(module, "MOST_BYTES", 500)
    with pytest.raises(DataError, match=r"cannot be read: it has 1,0.. bytes, more than the 500 that are read"):
        read_table(tmp_path / "large.csv")
    with pytest.raises(DataError, match="bytes that decompress to more than 500, no more are read"):
        read_table(tmp_path / "large.csv.gz")
    monkeypatch.undo()
    monkeypatch.setattr(module, "MOST_CELLS", 5)
    with pytest.raises(DataError, match=r"large.csv:3: more than 5 values"):
        read_table(tmp_path / "large.csv")
    with pytest.raises(DataError, match="2 rows of 3 columns, at most 5 values are read"):
        read_table(tmp_path / "large.parquet")
    with pytest.raises(DataError, match=r":3: the dictionaries have more than 5 values"):
        read(tmp_path, "c\n{'a':1}\n{'b':2}\n{'c':3}\n")
    with pytest.raises(DataError, match=r":2: the dictionaries have more than 5 values"):
        read(tmp_path, "c;d\n{'a':1,'b':1};{'a':1,'b':1}\n;\n")


def test_a_parquet_file_is_bounded_by_what_it_unfolds_to(tmp_path, monkeypatch):
    frame = pd.DataFrame({"arm": [f"{'x' * 200}{number}" for number in range(1000)]})
    frame.to_parquet(tmp_path / "runs.parquet", compression="zstd", use_dictionary=False)
    monkeypatch.setattr(module, "MOST_BYTES", 2**17)
    assert (tmp_path / "runs.parquet").stat().st_size < 2**17
    with pytest.raises(DataError, match=r"runs.parquet: more than 0 MiB once decompressed"):
        read_table(tmp_path / "runs.parquet")


def test_a_text_that_stands_in_every_row_of_a_parquet_file_is_held_once(tmp_path):
    rows = 400  # 400 MB, were every row to have its own
    arms = pyarrow.DictionaryArray.from_arrays(np.zeros(rows, dtype=np.int32), ["x" * 2**20])
    # Without the schema the file says that the column is one of texts, as other tools write it.
    pyarrow.parquet.write_table(pyarrow.table({"arm": arms}), tmp_path / "runs.parquet", store_schema=False)
    usual = pyarrow.default_memory_pool()
    watched = pyarrow.proxy_memory_pool(usual)
    pyarrow.set_memory_pool(watched)
    try:
        assert len(read_table(tmp_path / "runs.parquet").columns["arm"]) == rows
    finally:
        pyarrow.set_memory_pool(usual)
    assert 0 < watched.max_memory() < 100 * 2**20


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv:1: no such file, needs a table of runs"):
        read_table(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    assert not is_table(tmp_path / "folder.csv")
    assert is_table(tmp_path / "none.csv")
    assert is_table(tmp_path / "RUNS.CSV")
    assert not is_table(tmp_path / "results")


def test_a_parquet_file_is_what_its_frame_is(tmp_path):
    frame = pd.DataFrame({"arm": ["adam", "sgd"], "seed": [0, 1], "acc": [0.5, math.nan]})
    frame.to_parquet(tmp_path / "runs.parquet")
    table = read_table(tmp_path / "runs.parquet")
    assert (
        columns(table) == columns(table_of(frame)) == {"arm": ["adam", "sgd"], "seed": ["0", "1"], "acc": ["0.5", ""]}
    )
    assert table.place(1) == f"{tmp_path}/runs.parquet: row 2"
    frame.set_index("arm").to_parquet(tmp_path / "runs.pq")
    assert columns(read_table(tmp_path / "runs.pq")) == columns(table)


def test_numbers_and_missing_values_of_a_frame():
    frame = pd.DataFrame(
        {
            "lr": [0.001, 1e-7],
            "single": np.array([0.1, 0.2], dtype=np.float32),
            "whole": pd.array([1, None], dtype="Int64"),
            "kind": pd.Categorical(["a", None]),
            "flag": [True, False],
            "mixed": [None, float("inf")],
            "config": [{"width": 8}, None],
        }
    )
    assert columns(table_of(frame)) == {
        "lr": ["0.001", "1e-07"], "single": ["0.1", "0.2"], "whole": ["1", ""], "kind": ["a", ""],
        "flag": ["True", "False"], "mixed": ["", "inf"], "config.width": ["8", ""],
    }  # fmt: skip


def test_labels_of_several_levels_are_joined_and_a_frame_has_rows():
    frame = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("value", ""), ("params", "lr")]))
    assert list(table_of(frame).columns) == ["value", "params_lr"]
    with pytest.raises(DataError, match="DataFrame: 0 rows of 2 columns, needs a row for each run"):
        table_of(frame.iloc[:0])
