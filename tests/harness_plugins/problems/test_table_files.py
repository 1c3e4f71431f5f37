"""How a table's files are read: CSV, Parquet, and files of installed packages."""

from __future__ import annotations

import gzip
import lzma
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
import torch

import harness
from harness_plugins.problems._columns import Layout, Table, read_csv
from harness_plugins.problems.table import table_files

AB = "a,b\n1,x\n2,y\n"


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))


def read(data: str | bytes, name: str = "x.csv", **settings: object) -> Table:
    layout = {"header": True, "separator": ",", "missing": ("NA",), "ignore": (), **settings}
    return read_csv(Path(name), data.encode() if isinstance(data, str) else data, Layout(**layout))


def values(table: Table) -> dict[str, list[str | None]]:
    return {
        name: [None if code < 0 else column.texts[code] for code in column.codes]
        for name, column in table.columns.items()
    }


@pytest.mark.parametrize(
    "text",
    [AB, "\ufeff" + AB, AB.replace("\n", "\r\n"), AB.replace("\n", "\r"), AB.replace("\n", "\n\n"), AB.strip(),
     '"a",b\n"1","x"\n2,y\n'],
    ids=["plain", "BOM", "CRLF", "CR", "blank lines", "no final newline", "quoted"],
)  # fmt: skip
def test_harmless_variations_read_alike(text):
    assert values(read(text)) == {"a": ["1", "2"], "b": ["x", "y"]}


@pytest.mark.parametrize(("suffix", "compress"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_compressed_files_read_alike(suffix, compress):
    assert values(read(compress(AB.encode()), f"x.csv{suffix}")) == values(read(AB))


def test_values_are_kept_as_they_are_written():
    assert values(read("a,b\n01, x\n1,x\n+1,X\n,NA\n")) == {"a": ["01", "1", "+1", None], "b": [" x", "x", "X", None]}


def test_a_quoted_line_break_belongs_to_its_value_and_rows_keep_their_lines():
    table = read('a,b\n"1\n,""2",x\n\n3,y\n')
    assert values(table) == {"a": ['1\n,"2', "3"], "b": ["x", "y"]}
    assert [table.place(row) for row in range(2)] == ["x.csv:2", "x.csv:5"]


def test_only_line_breaks_end_a_line():
    assert values(read("a,b\n1\u2028\x0b,x\x85\n")) == {"a": ["1\u2028\x0b"], "b": ["x\x85"]}


def test_without_a_header_columns_are_numbered():
    table = read("1,x\n2,y\n", header=False)
    assert values(table) == {"c0": ["1", "2"], "c1": ["x", "y"]}
    assert table.place(0) == "x.csv:1"


def test_another_separator_and_columns_left_out():
    assert values(read("a;b;c\n1,5;x;z\n", separator=";", ignore=("b",))) == {"a": ["1,5"], "c": ["z"]}


def test_long_files_are_read_to_their_end():
    rows = [(str(number % 7), str(number)) for number in range(10_000)]
    table = read("a,b\n" + "\n".join(map(",".join, rows)))
    assert list(zip(*values(table).values(), strict=True)) == rows
    assert table.lines.tolist() == list(range(2, 10_002))


MALFORMED = {
    "empty": ("", {}, 1, "empty, needs a line that names the columns, and rows"),
    "blank": ("\n\n", {}, 1, "empty, needs a line that names the columns, and rows"),
    "empty without header": ("", {"header": False}, 1, "empty, needs rows"),
    "no rows": ("a,b\n", {}, 1, "names columns but has no rows, needs some"),
    "short": ("a,b\n1,2\n\n3\n", {}, 4, "1 values, needs 2, as the line that names the columns has"),
    "long": ('a,b\n"1\n",2\n1,2,3\n', {}, 4, "3 values, needs 2, as the line that names the columns has"),
    "long without header": ("1,2\n1,2,3\n", {"header": False}, 2, "3 values, needs 2, as the first line has"),
    "one column": ("a;b\n1;2\n", {}, 1, "one column only, needs more: is separator = ',' right?"),
    "duplicate": ("\na,b,a\n1,2,3\n", {}, 2,
        "2 columns are called 'a', needs a name of its own for each, or header = false, if this line is a row"),
    "no name": (",a,b\n0,1,2\n", {}, 1, "column 1 has no name: give it one, or write the table without its index"),
    "open quote": ('a,b\n1,2\n"1,2\n3,4\n', {}, 3, "the quotation marks do not match: unexpected end of data"),
    "stray quote": ('a,b\n1,2\n"1"x,2\n', {}, 3, "the quotation marks do not match: ',' expected after '\"'"),
    "swallowed": ('a,b\n"1,2\n' + "3,4\n" * 40_000, {}, 2,
        "the quotation marks do not match: unexpected end of data"),
    "bad UTF-8": (b"a,b\n1,caf\xe9\n", {}, 2, "byte 6 of the line, 0xe9, is not UTF-8"),
    "bad UTF-8 at once": (b"\xff\xfea,b\n", {}, 1, "is UTF-16, needs UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_file_is_named_with_its_line(case):
    data, settings, line, message = MALFORMED[case]
    with pytest.raises(harness.DataError) as caught:
        read(data, **settings)
    assert str(caught.value) == f"x.csv:{line}: {message}"


def problem_error(path: object, **settings: object) -> str:
    with pytest.raises(harness.DataError) as caught:
        table_files(path=str(path), **{"label": "b", **settings})
    return str(caught.value)


def test_files_that_cannot_be_read(tmp_path):
    needs = "needs a table in CSV, plain, .gz or .xz, or Parquet"
    assert problem_error(tmp_path) == f"{tmp_path}:1: is a folder, {needs}"
    (tmp_path / "train.csv").write_text(AB)
    assert problem_error(tmp_path / "tran.csv") == f"{tmp_path}/tran.csv:1: no such file, did you mean 'train.csv'?"
    assert problem_error(tmp_path / "other") == f"{tmp_path}/other:1: no such file, {needs}"
    below = tmp_path / "train.csv" / "x.csv"
    assert problem_error(below) == f"{below}:1: cannot be read: not a directory"


@pytest.mark.parametrize(("suffix", "compress"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_a_damaged_compressed_file_is_an_error(suffix, compress):
    data = compress("".join(f"{number**5},{number**7}\n" for number in range(8_000)).encode())
    with pytest.raises(harness.DataError) as caught:
        read(data[: len(data) // 2], f"x.csv{suffix}")
    found = re.fullmatch(
        rf"x\.csv{suffix}:(\d+): the {suffix} data breaks off here, needs all of it", str(caught.value)
    )
    assert found
    assert 1_000 < int(found[1]) < 7_000
    with pytest.raises(harness.DataError, match=rf"^x\.csv{suffix}:1: from here on not {suffix} data, or damaged$"):
        read(AB, f"x.csv{suffix}")


class TestPackages:
    def test_a_file_of_a_package_is_found_without_importing_it(self, tmp_path, monkeypatch):
        folder = tmp_path / "carrying" / "data"
        folder.mkdir(parents=True)
        (tmp_path / "carrying" / "__init__.py").write_text("raise AssertionError('imported')")
        (folder / "ab.csv").write_text("a,b\n" + "1,x\n2,y\n" * 8)
        monkeypatch.syspath_prepend(tmp_path)
        assert table_files(path="package:carrying/data/ab.csv", label="b").num_classes == 2
        assert (
            problem_error("package:carrying/data/ac.csv") == f"{folder}/ac.csv:1: no such file, did you mean 'ab.csv'?"
        )

    @pytest.mark.parametrize(
        ("path", "message"),
        [
            ("package:no_such/x.csv", "the package no_such is not installed: pip install no_such"),
            ("package:re.x/x.csv", "needs the name of a package and a file in it, package:NAME/folder/file.csv"),
            ("package:json", "needs the name of a package and a file in it, package:NAME/folder/file.csv"),
            ("package:__main__/x.csv", "the package __main__ is not installed: pip install __main__"),
            ("package:bisect/x.csv", "the package bisect is not installed: pip install bisect"),
        ],
    )  # fmt: skip
    def test_what_is_not_there_is_said(self, path, message):
        assert problem_error(path) == f"{path}:1: {message}"

    def test_a_missing_scikit_learn_is_called_by_the_name_it_is_installed_by(self, monkeypatch):
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        path = "package:sklearn/datasets/data/digits.csv.gz"
        assert problem_error(path) == f"{path}:1: the package sklearn is not installed: pip install scikit-learn"

    def test_the_digits_of_scikit_learn(self, monkeypatch):
        path = "package:sklearn/datasets/data/digits.csv.gz"
        for name in [each for each in sys.modules if each.partition(".")[0] == "sklearn"]:
            monkeypatch.delitem(sys.modules, name)  # another test's
        problem = table_files(path=path, label="c64", header=False)
        assert [len(problem.train), len(problem.dev), len(problem.test)] == [1438, 180, 179]
        assert (problem.num_classes, problem.num_features) == (10, 64)
        assert "sklearn" not in sys.modules


class TestParquet:
    @pytest.fixture
    def frame(self):
        rows = np.arange(60)
        frame = pd.DataFrame({
            "whole": rows % 5, "holes": pd.Series(rows % 4, dtype="Int64"), "yes": rows % 2 == 0,
            "text": [f"t{row % 3}" for row in rows], "kind": pd.Categorical([f"k{row % 4}" for row in rows]),
            "floats": rows % 3 + 1.0, "class": rows % 3,
        })  # fmt: skip
        frame.loc[frame.index % 7 == 0, ["holes", "text", "kind", "floats"]] = None
        frame.loc[5, "text"] = "NA"
        return frame

    def test_it_gives_the_same_arrays_as_csv(self, tmp_path, frame):
        frame.to_csv(tmp_path / "x.csv", index=False)
        frame.set_index(frame.index * 3).to_parquet(tmp_path / "x.parquet", row_group_size=17)
        one, other = (table_files(path=str(tmp_path / name), label="class") for name in ("x.csv", "x.parquet"))
        assert one.vocabulary == other.vocabulary
        assert {"<missing>", "True", "k1", "t2", "3", "2.0"} <= {*one.vocabulary.texts}
        for split in ("train", "dev", "test"):
            assert torch.equal(getattr(one, split).tokens, getattr(other, split).tokens)
            assert torch.equal(getattr(one, split).labels, getattr(other, split).labels)

    def test_categories_that_no_row_has_are_not_there(self, tmp_path, frame):
        frame["class"] = pd.Categorical(frame["class"].astype(str), categories=["0", "1", "2", "none has it"])
        frame.to_parquet(tmp_path / "x.parquet")
        assert table_files(path=str(tmp_path / "x.parquet"), label="class").num_classes == 3

    def test_an_index_with_a_name_is_no_column_either(self, tmp_path, frame):
        frame.assign(id=range(100, 160)).set_index("id").to_parquet(tmp_path / "x.parquet")
        frame.to_parquet(tmp_path / "y.parquet")
        named, unnamed = (table_files(path=str(tmp_path / f"{name}.parquet"), label="class") for name in "xy")
        assert named.vocabulary == unnamed.vocabulary

    def test_views_of_texts_are_texts(self, tmp_path, frame):
        whole = pyarrow.Table.from_pandas(frame[["whole", "text", "class"]])
        pyarrow.parquet.write_table(whole, tmp_path / "y.parquet")
        place = whole.schema.get_field_index("text")
        views = whole.set_column(place, "text", whole.column("text").cast(pyarrow.string_view()))
        pyarrow.parquet.write_table(views, tmp_path / "x.parquet")
        one, other = (table_files(path=str(tmp_path / f"{name}.parquet"), label="class") for name in "xy")
        assert one.vocabulary == other.vocabulary

    def test_errors_name_the_row(self, tmp_path, frame):
        path = tmp_path / "x.parquet"
        frame.astype({"whole": float}).assign(whole=frame["whole"] / 4).to_parquet(path)
        assert problem_error(path, label="class") == (
            f"{path}: row 2: column 'whole' is of fractions, as '0.25': bin it, or leave it out with ignore = 'whole'"
        )
        frame.assign(day=pd.Timestamp("2020-02-02")).to_parquet(path)
        assert re.fullmatch(
            rf"{path}:1: column 'day' is of type timestamp\[.*\], needs integers, booleans or texts: convert it,"
            r" or leave it out with ignore = 'day'",
            problem_error(path, label="class"),
        )
        assert table_files(path=str(path), label="class", ignore="day").num_features == 6

    def test_files_that_are_none(self, tmp_path, frame, monkeypatch):
        path = tmp_path / "x.parquet"
        path.write_text(AB)
        assert problem_error(path).startswith(f"{path}:1: not a Parquet file, or damaged: ")
        frame[:0].to_parquet(path)
        assert problem_error(path, label="class") == f"{path}:1: names columns but has no rows, needs some"
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        assert problem_error(path) == (
            f"{path}:1: a Parquet file needs pyarrow: pip install 'optimiser-harness[parquet]'"
        )


def test_a_value_may_be_long_and_one_that_is_too_long_is_named(monkeypatch):
    table = read("a,b\n1," + "x" * 200_000 + "\n2,y\n")
    assert [len(text) for text in table.columns["b"].texts] == [200_000, 1]
    monkeypatch.setattr("harness_plugins.problems._columns.LONGEST", 100)
    with pytest.raises(harness.DataError, match=r"^x\.csv:3: a value has more than 100 characters$"):
        read("a,b\n1,y\n2," + "x" * 101 + "\n")


def test_a_zip_of_nothing_is_refused_before_it_fills_the_memory():
    with pytest.raises(harness.DataError, match=r"bytes that decompress to more than 67,108,864, no more are read$"):
        read(lzma.compress(b"\0" * (80 << 20), preset=1), "x.csv.xz")


def test_a_share_that_no_table_can_give_is_answered_at_once(tmp_path):
    (tmp_path / "x.csv").write_text("a,label\n" + "1,x\n2,y\n" * 30)
    with pytest.raises(harness.DataError, match="needs 1,000,000,000"):
        table_files(path=str(tmp_path / "x.csv"), label="label", test_share=1e-9)


def test_an_empty_path_is_refused():
    with pytest.raises(ValueError, match=r"^path is empty, needs the path of a table$"):
        table_files(path="", label="x")
