from __future__ import annotations

import inspect
import pickle
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import harness
from harness.plugin.registry import build_registry
from harness_plugins.problems import _encoding as encoding
from harness_plugins.problems import table as module
from harness_plugins.problems._splits import apportioned, stratified
from harness_plugins.problems.table import table_files

TRAIN = "colour,size,class\nred,1,yes\nblue,01,no\nred,,yes\nNA,1,no\n"
DEV = "size,class,colour\n2,no,\n1,yes,green\n"
TEST = "colour,size,class\nblue,1,no\n<missing>,<unknown>,yes\n"


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def files(tmp_path):
    for name, text in (("path", TRAIN), ("dev", DEV), ("test", TEST)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return {name: str(tmp_path / f"{name}.csv") for name in ("path", "dev", "test")}


def many(folder: Path, rows: int = 100, name: str = "many.csv") -> str:
    """Rows told apart by their column ``id``; 60 in a hundred of class a, 30 of b, 10 of c."""
    path = folder / name
    lines = [f"{number},{'a' if number % 10 < 6 else 'b' if number % 10 < 9 else 'c'}" for number in range(rows)]
    path.write_text("\n".join(["id,class", *lines]))
    return str(path)


def texts(problem: harness.Problem, split: str) -> list[list[str]]:
    return [[problem.vocabulary.texts[token] for token in row] for row in getattr(problem, split).tokens.tolist()]


def same(one: harness.Problem, other: harness.Problem) -> bool:
    return one.vocabulary == other.vocabulary and all(
        torch.equal(getattr(one, split).tokens, getattr(other, split).tokens)
        and torch.equal(getattr(one, split).labels, getattr(other, split).labels)
        for split in ("train", "dev", "test")
    )


def test_it_is_registered_and_only_path_and_label_must_be_told():
    component = build_registry().component("problem", "table")
    assert component.build is table_files
    assert [name for name in component.hyperparameters if name not in component.defaults] == ["path", "label"]
    assert component.defaults["max_values"] == 5000


def test_every_column_has_a_vocabulary_of_its_own(files):
    problem = table_files(**files, label="class")
    assert (problem.name, problem.num_classes, problem.num_features) == ("table", 2, 2)
    assert problem.vocabulary.texts == ("<unknown>", "<missing>", "blue", "red", "<unknown>", "<missing>", "01", "1")
    assert problem.vocabulary.kinds == ("colour",) * 4 + ("size",) * 4
    assert problem.train.tokens.tolist() == [[3, 7], [2, 6], [3, 5], [1, 7]]
    assert problem.train.labels.tolist() == [1, 0, 1, 0], "classes are sorted"
    assert (problem.train.tokens.dtype, problem.train.labels.dtype) == (torch.int32, torch.int64)


def test_unknown_and_missing_values_of_dev_and_test_have_their_rows_and_columns_are_found_by_name(files):
    problem = table_files(**files, label="class")
    assert texts(problem, "dev") == [["<missing>", "<unknown>"], ["<unknown>", "1"]]
    assert problem.dev.labels.tolist() == [0, 1]
    assert texts(problem, "test") == [["blue", "1"], ["<missing>", "<unknown>"]]


def test_rare_values_are_unknown_so_that_the_unknown_is_learnt(files):
    problem = table_files(**files, label="class", min_count=2)
    assert problem.vocabulary.texts == ("<unknown>", "<missing>", "red", "<unknown>", "<missing>", "1")
    assert texts(problem, "train") == [
        ["red", "1"],
        ["<unknown>", "<unknown>"],
        ["red", "<missing>"],
        ["<missing>", "1"],
    ]


def test_what_counts_as_missing_can_be_told(files):
    assert "NA" in table_files(**files, label="class", missing="red").vocabulary.texts
    problem = table_files(**files, label="class", missing='"blue", red')
    assert texts(problem, "train")[:3] == [["<missing>", "1"], ["<missing>", "01"], ["<missing>", "<missing>"]]


def test_columns_can_be_left_out(files):
    problem = table_files(**files, label="class", ignore="colour")
    assert set(problem.vocabulary.kinds) == {"size"}


def test_values_of_only_some_splits_are_learnt_from_train_alone(tmp_path):
    problem = table_files(path=many(tmp_path), label="class")
    own = {row[0] for row in texts(problem, "train")}
    assert {*problem.vocabulary.texts} == own | {"<unknown>", "<missing>"}
    assert {text for split in ("dev", "test") for [text] in texts(problem, split)} == {"<unknown>"}


def test_a_column_tells_the_splits(tmp_path):
    path = tmp_path / "told.csv"
    path.write_text("a,fold,class\n1,test,x\n2,train,x\n3,dev,y\n4,train,y\n5,test,y\n6,dev,x\n")
    problem = table_files(path=str(path), label="class", split_column="fold")
    assert problem.vocabulary.texts == ("<unknown>", "<missing>", "2", "4")
    assert [len(problem.train), len(problem.dev), len(problem.test)] == [2, 2, 2]
    assert [problem.dev.labels.tolist(), problem.test.labels.tolist()] == [[1, 0], [0, 1]]
    assert problem.conventions.endswith("splits: as column 'fold' tells")


def test_what_is_not_given_is_drawn_and_the_conventions_say_so(tmp_path):
    path, other, third = many(tmp_path), many(tmp_path, 50, "other.csv"), many(tmp_path, 60, "third.csv")

    def drawn(**settings: object) -> tuple[list[int], str]:
        problem = table_files(path=path, label="class", **settings)
        assert problem.conventions.startswith("macro F1: mean over the classes that a split has; splits: ")
        sizes = [len(problem.train), len(problem.dev), len(problem.test)]
        return sizes, problem.conventions.partition("splits: ")[2]

    assert drawn() == ([80, 10, 10], "stratified 80/10/10, seed 0")
    assert drawn(dev_share=0.2, test_share=0.3, seed=4) == ([50, 20, 30], "stratified 50/20/30, seed 4")
    assert drawn(test=other) == ([90, 10, 50], "test given, train/dev stratified 90/10, seed 0")
    assert drawn(dev=other) == ([90, 50, 10], "dev given, train/test stratified 90/10, seed 0")
    assert drawn(dev=other, test=third) == ([100, 50, 60], "dev and test given")
    with pytest.raises(harness.DataError, match=r"other\.csv:1: test holds what dev holds, needs rows of its own"):
        drawn(dev=other, test=other)


@given(
    classes=st.lists(st.integers(0, 4), min_size=1, max_size=300),
    dev=st.integers(1, 40), test=st.integers(1, 40), seed=st.integers(0, 2**40),
)  # fmt: skip
def test_stratified_splits_are_a_partition_with_exact_shares(classes, dev, test, seed):
    shares = {"train": Fraction(100 - dev - test, 100), "dev": Fraction(dev, 100), "test": Fraction(test, 100)}
    numbers = np.array(classes)
    splits = stratified(numbers, shares, seed)
    assert sorted(np.concatenate(list(splits.values())).tolist()) == list(range(len(classes)))
    sizes = Counter(classes)
    for split, rows in splits.items():
        assert rows.tolist() == sorted(rows.tolist())
        found = Counter(numbers[rows].tolist())
        assert all(abs(found[each] - size * shares[split]) < 1 for each, size in sizes.items())
    assert all(np.array_equal(rows, stratified(numbers, shares, seed)[split]) for split, rows in splits.items())


@given(rows=st.integers(0, 1000), parts=st.lists(st.integers(1, 50), min_size=1, max_size=5))
def test_whole_shares_sum_up_and_lie_next_to_the_exact_ones(rows, parts):
    shares = [Fraction(part, sum(parts)) for part in parts]
    found = apportioned(rows, shares)
    assert sum(found) == rows
    assert all(abs(count - rows * share) < 1 for count, share in zip(found, shares, strict=True))


def test_a_tenth_is_a_tenth():
    assert apportioned(30, [1 - 2 * Fraction("0.1"), Fraction("0.1"), Fraction("0.1")]) == [24, 3, 3]


@given(seed=st.integers(0, 2**32))
def test_another_seed_draws_other_splits(seed):
    classes = np.arange(200) % 2
    shares = {"train": Fraction(1, 2), "dev": Fraction(1, 4), "test": Fraction(1, 4)}
    assert not np.array_equal(stratified(classes, shares, seed)["dev"], stratified(classes, shares, seed + 1)["dev"])


def test_the_drawn_rows_are_these_for_ever():
    shares = {"train": Fraction(1, 2), "dev": Fraction(1, 4), "test": Fraction(1, 4)}
    splits = stratified(np.array([0, 1] * 8), shares, seed=1)
    assert {split: rows.tolist() for split, rows in splits.items()} == {
        "train": [0, 2, 5, 7, 9, 10, 11, 12],
        "dev": [1, 8, 13, 14],
        "test": [3, 4, 6, 15],
    }


def test_macro_f1_is_the_mean_over_the_classes_of_the_split(tmp_path):
    for name, labels in (("path", "xyzz"), ("dev", "xxyy"), ("test", "xz")):
        (tmp_path / name).write_text("a,class\n" + "".join(f"{label},{label}\n" for label in labels))
    paths = {name: str(tmp_path / name) for name in ("path", "dev", "test")}
    score = pickle.loads(pickle.dumps(table_files(**paths, label="class").score))

    def always(row: list[float]):
        return lambda tokens: torch.tensor([row]).repeat(len(tokens), 1)

    # Of x two of four are right: 2·2 / (2 + 4); y is never said.
    assert score(always([1.0, 0.0, 0.0]), "dev") == {"macro_f1": pytest.approx(100 * (2 / 3 + 0) / 2)}
    assert score(always([0.0, 0.0, 1.0]), "dev") == {"macro_f1": 0.0}
    # z, which dev does not have, is said once: x keeps precision 1 and loses half its recall.
    said = torch.tensor([[1.0, 0, 0], [0, 0, 1.0], [0, 1.0, 0], [0, 1.0, 0]])
    assert score(lambda tokens: said, "dev") == {"macro_f1": pytest.approx(100 * (2 / 3 + 1) / 2)}
    assert score(always([0.0, 0.0, 1.0]), "test") == {"macro_f1": pytest.approx(100 * (0 + 2 / 3) / 2)}


def test_a_second_load_comes_from_the_cache_and_is_the_same(files, monkeypatch):
    first = table_files(**files, label="class")
    monkeypatch.setattr(module, "encode_tables", None)
    again = table_files(**files, label="class")
    assert same(first, again)
    assert (first.digest, first.num_classes) == (again.digest, again.num_classes)


def test_the_digest_tells_other_rows_splits_and_columns_apart(files, tmp_path):
    path, other = many(tmp_path), many(tmp_path, 50, "other.csv")
    digests = [table_files(path=path, label="class", **settings).digest for settings in (
        {}, {"seed": 1}, {"dev_share": 0.2}, {"test_share": 0.2}, {"min_count": 2}, {"dev": other}, {"test": other},
    )]  # fmt: skip
    digests += [table_files(**files, label="class", **settings).digest for settings in ({}, {"ignore": "size"})]
    for name in files:
        path, text = Path(files[name]), Path(files[name]).read_text()
        path.write_text(text + text.splitlines()[-1] + "\n")
        digests.append(table_files(**files, label="class").digest)
        path.write_text(text)
    assert len(set(digests)) == len(digests) == 12


def test_the_digest_does_not_depend_on_what_is_not_used_nor_on_places_nor_on_code(files, tmp_path, monkeypatch):
    first = table_files(**files, label="class").digest
    assert table_files(**files, label="class", seed=3, dev_share=0.3, max_values=200).digest == first
    monkeypatch.setattr(module, "CODE", module.CODE[:-1])
    assert table_files(**files, label="class").digest == first
    for path in map(Path, files.values()):
        path.write_text(path.read_text() + "\n")  # an empty line is no row
    assert table_files(**files, label="class").digest == first
    moved = {name: str(Path(path).rename(tmp_path / f"moved_{name}.csv")) for name, path in files.items()}
    spellings = inspect.signature(table_files).parameters["missing"].default
    backwards = ", ".join(reversed(spellings.split(",")))
    assert table_files(**moved, label="class", missing=backwards).digest == first


def test_the_code_that_prepares_is_every_file_that_the_table_is_made_of():
    folder = Path(module.__file__).parent
    imported = {
        line.split()[1].removeprefix("harness_plugins.problems.")
        for file in module.CODE
        for line in (folder / file).read_text().splitlines()
        if line.startswith("from harness_plugins.problems.")
    }
    assert {f"{name}.py" for name in imported} | {"table.py"} == {*module.CODE}
    assert encoding.SPECIALS == ("<unknown>", "<missing>")
