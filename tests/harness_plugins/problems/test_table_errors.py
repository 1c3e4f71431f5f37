"""What is wrong with a table, and what to do: every message, to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest

import harness
from harness_plugins.problems.table import table_files

GOOD = "colour,size,class\n" + "red,1,yes\nblue,2,no\n" * 10


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))


def written(folder: Path, text: str, name: str = "x.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def error(path: Path, **settings: object) -> str:
    with pytest.raises(harness.DataError) as caught:
        table_files(path=str(path), **{"label": "class", **settings})
    return str(caught.value)


WRONG = {
    "no label": (GOOD, {"label": "clas"}, ":1: no column 'clas' for label, did you mean 'class'?"
        " 3 columns: colour, size, class"),
    "no split column": (GOOD, {"split_column": "fold"}, ":1: no column 'fold' for split_column;"
        " 3 columns: colour, size, class"),
    "nothing to ignore": (GOOD, {"ignore": "sizes"}, ":1: no column 'sizes' to ignore, did you mean 'size'?"
        " 3 columns: colour, size, class"),
    "many columns": (",".join("abcdefghijkl") + "\n" + "," * 11, {"ignore": "zz"}, ":1: no column 'zz' to ignore;"
        " 12 columns: a, b, c, d, e, f, …, l"),
    "all ignored": (GOOD, {"ignore": "colour, size"}, ":1: no column beside the label,"
        " needs one or more to learn from"),
    "missing label": (GOOD + "red,1,\nred,1,NA\n", {}, ":22: label 'class' is missing, needs a class"
        " (missing says what counts as missing)"),
    "constant label": (GOOD.replace("no", "yes"), {}, ":1: label 'class' is 'yes' in every row,"
        " needs two classes or more"),
    "fractions": ("a,class\n" + "1,x\n2,y\n" * 9 + "\n0.5,x\n0.25,y\n", {}, ":21: column 'a' is of fractions, as '0.5':"
        " bin it, or leave it out with ignore = 'a'"),
    "mostly fractions": ("a,class\n" + "?,x\n1e-3,y\n-.5,y\n" * 9, {}, ":3: column 'a' is of fractions, as '1e-3':"
        " bin it, or leave it out with ignore = 'a'"),
    "infinite": ("a,class\n" + "1,x\ninf,y\n" * 9, {}, ":3: column 'a' is of fractions, as 'inf':"
        " bin it, or leave it out with ignore = 'a'"),
    "fractions to predict": ("a,class\nx,1.5\ny,2\n", {}, ":2: label 'class' is of fractions, as '1.5': bin it"),
    "too many values": ("a,class\n" + "".join(f"{number},{number % 2}\n" for number in range(40)), {"max_values": 9},
        ":1: column 'a' has 32 distinct values, at most max_values = 9:"
        " leave it out with ignore = 'a', bin it, or raise min_count or max_values"),
    "too many classes": ("a,class\n" + "".join(f"x,{number}\n" for number in range(10_000)), {},
        ":1: label 'class' has 10,000 classes, at most max_values = 5,000: bin it, take another column,"
        " or raise max_values"),
    "rare class": (GOOD + "red,1,maybe\nred,1,maybe\n", {}, ":22: class 'maybe' has 2 rows, none of which would be in"
        " dev: needs 7, merge classes, leave such rows out, or give splits (split_column)"),
    "rare classes": (GOOD + "red,1,c\nred,1,b\nred,1,c\n", {"dev_share": 0.5}, ":23: class 'b' has 1 row, none of which"
        " would be in train, 1 more class is too small: needs 6, merge classes, leave such rows out,"
        " or give splits (split_column)"),
    "odd split": ("a,s,class\n1,train,x\n2,valid,y\n", {"split_column": "s"}, ":3: split_column 's' says 'valid',"
        " needs train, dev or test"),
    "no split said": ("a,s,class\n1,train,x\n2,,y\n", {"split_column": "s"}, ":3: split_column 's' says nothing,"
        " needs train, dev or test"),
    "a split without rows": ("a,s,class\n1,train,x\n2,test,y\n", {"split_column": "s"}, ":1: split_column 's'"
        " never says dev, needs rows of each split"),
    "a split of one class": ("a,s,class\n1,train,x\n1,train,y\n2,dev,y\n2,dev,y\n1,test,x\n", {"split_column": "s"},
        ":1: dev has rows of one class only, 'y', needs two classes or more"),
    "a test split of one class": ("a,s,class\n1,train,x\n1,train,y\n2,dev,y\n2,dev,x\n1,test,x\n",
        {"split_column": "s"}, ":1: test has rows of one class only, 'x', needs two classes or more"),
    "a class that train lacks": ("a,s,class\n1,train,x\n1,train,y\n2,dev,y\n2,dev,x\n1,test,x\n1,test,z\n",
        {"split_column": "s"}, ":7: class 'z' of test has no row in train: put some there, or leave such rows out"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_table_that_cannot_be_learnt_from(tmp_path, case):
    text, settings, message = WRONG[case]
    path = written(tmp_path, text)
    assert error(path, **settings) == f"{path}{message}"


@pytest.mark.slow
def test_a_million_distinct_values_say_what_to_do(tmp_path):
    path = written(tmp_path, "id,class\n" + "".join(f"{number},{number & 1}\n" for number in range(1_250_000)))
    assert error(path) == (
        f"{path}:1: column 'id' has 1,000,000 distinct values, at most max_values = 5,000:"
        " leave it out with ignore = 'id', bin it, or raise min_count or max_values"
    )


def test_rare_values_do_not_count(tmp_path):
    path = written(tmp_path, "id,class\n" + "".join(f"{number % 17},{number % 2}\n" for number in range(40)))
    assert "16 distinct" in error(path, max_values=9)
    assert len(table_files(path=str(path), label="class", max_values=9, min_count=3).vocabulary) <= 11


def test_many_classes_are_allowed(tmp_path):
    path = written(tmp_path, "a,class\n" + "".join(f"{number % 7},{number % 1000}\n" for number in range(8000)))
    problem = table_files(path=str(path), label="class")
    assert problem.num_classes == 1000
    assert [len(problem.train), len(problem.dev), len(problem.test)] == [6000, 1000, 1000]


def test_a_category_that_looks_like_a_number_and_whole_numbers_are_fine(tmp_path):
    rows = "3.5,1.0,x\nnew,2.0,y\nold,1e3,x\nlts,7,y\n" * 5
    problem = table_files(path=str(written(tmp_path, "version,n,class\n" + rows)), label="class")
    assert {"3.5", "1.0", "1e3"} <= {*problem.vocabulary.texts}


@pytest.mark.parametrize("split", ["dev", "test"])
def test_files_of_a_table_have_the_same_columns(tmp_path, split):
    path = written(tmp_path, GOOD)
    other = written(tmp_path, GOOD.replace("size", "weight"), "other.csv")
    needs = "needs the same columns"
    assert error(path, **{split: str(other)}) == f"{other}:1: no column 'size', which {path} has: {needs}"
    other.write_text(GOOD.replace("size", "size,day").replace("1", "1,mon").replace("2", "2,tue"))
    expected = f"{other}:1: column 'day' is not in {path}: {needs}, or ignore = 'day'"
    assert error(path, **{split: str(other)}) == expected
    assert table_files(path=str(path), label="class", ignore="day", **{split: str(other)}).num_features == 2


def test_a_value_that_is_a_fraction_only_at_dev_is_found_there(tmp_path):
    path, dev = written(tmp_path, GOOD), written(tmp_path, GOOD + "red,1.5,no\n", "dev.csv")
    assert error(path, dev=str(dev)).startswith(f"{dev}:22: column 'size' is of fractions, as '1.5': ")


UNUSABLE = {
    "separator": ({"separator": ";;"},
        "separator must be one character, no quotation mark and no line break, got ';;'"),
    "quote": ({"separator": '"'}, "separator must be one character, no quotation mark and no line break, got '\"'"),
    "seed": ({"seed": -1}, "seed must be finite and at least 0, got -1"),
    "count": ({"min_count": 0}, "min_count must be finite and above 0, got 0"),
    "values": ({"max_values": 0}, "max_values must be finite and above 0, got 0"),
    "share": ({"dev_share": 0.0}, "dev_share must be finite and above 0, got 0.0"),
    "shares": ({"dev_share": 0.4, "test_share": 0.6},
        "dev_share + test_share must be below 1, to leave rows to train on, got 1"),
    "one share": ({"test": "x", "dev_share": 1.2}, "dev_share must be below 1, to leave rows to train on, got 1.2"),
    "two ways to split": ({"split_column": "s", "dev": "x"},
        "split_column and files for dev or test exclude each other, needs one of them"),
    "ignored label": ({"ignore": "size,class"},
        "label 'class', split_column '' and ignore 'size,class' must not overlap"),
    "label that splits": ({"split_column": "class"},
        "label 'class', split_column 'class' and ignore '' must not overlap"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNUSABLE)
def test_settings_that_cannot_be_used(tmp_path, case):
    settings, message = UNUSABLE[case]
    with pytest.raises(ValueError, match=r"must|exclude") as caught:
        table_files(path=str(written(tmp_path, GOOD)), **{"label": "class", **settings})
    assert str(caught.value) == message
