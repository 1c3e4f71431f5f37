"""Anybody's table as a problem: which class is a row of, given the values of its columns?"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import cast

import numpy as np

import harness
from harness import Arrays, DataError, Predict, Problem, Split, Vocabulary, contents, prepared, sha256, tensor
from harness_plugins.checks import not_negative, positive
from harness_plugins.problems._columns import Layout, Table, read_csv
from harness_plugins.problems._encoding import Facts, Parts, check_tables, encode_tables
from harness_plugins.problems._files import located
from harness_plugins.problems._parquet import SUFFIXES, read_parquet
from harness_plugins.problems._splits import SPLITS, drawn_splits, given_splits


@harness.hookimpl
def register_problems(register: harness.Register) -> None:
    register("table", table_files)


CODE = ("_columns.py", "_encoding.py", "_files.py", "_parquet.py", "_splits.py", "table.py")
"""The files that decide what is prepared; what other code left in the cache is prepared again."""
_NEEDS = "a table in CSV, plain, .gz or .xz, or Parquet"


def table_files(
    *, path: str, label: str, dev: str = "", test: str = "", split_column: str = "",
    dev_share: float = 0.1, test_share: float = 0.1, seed: int = 0, header: bool = True, separator: str = ",",
    missing: str = "#N/A,<NA>,N/A,NA,NULL,NaN,None,n/a,nan,null", ignore: str = "",
    min_count: int = 1, max_values: int = 5000,
) -> Problem:  # fmt: skip
    """Anybody's table of categories or integers, in CSV (plain, .gz, .xz) or Parquet.

    ``path``: the table, or package:NAME/folder/file of an installed package. ``label``: the column of the classes;
    all others are features, each value as it is written: 01 is not 1. ``dev``, ``test``: paths of given splits; what
    is not given is drawn from ``path``, stratified: of each class the same ``dev_share`` and ``test_share``, by
    ``seed``. ``split_column``: tells train, dev or test instead. ``header``: whether the first line names the columns;
    else they are c0, c1 … ``missing``: what stands for no value, beside nothing at all. ``ignore``: columns left out.
    Lists have commas. ``min_count``: a value that fewer training rows have counts as unknown. ``max_values``: distinct
    values a column may have. Not for measured quantities: bin them first.
    """
    if not path:
        raise ValueError("path is empty, needs the path of a table")
    _check(separator, split_column, dev, test, min_count=min_count, max_values=max_values, seed=seed)
    layout = Layout(header=header, separator=separator, missing=_list(missing), ignore=_list(ignore))
    if {label, split_column} & {*layout.ignore} or label == split_column:
        raise ValueError(f"label {label!r}, split_column {split_column!r} and ignore {ignore!r} must not overlap")
    shares = {} if split_column else _shares({"dev": dev, "test": test}, {"dev": dev_share, "test": test_share})
    files = {split: located(name) for split, name in zip(SPLITS, (path, dev, test), strict=True) if name}
    read = {split: contents(file, needs=_NEEDS) for split, file in files.items()}
    for one, other in combinations(read, 2):
        if read[one] == read[other]:
            raise DataError(f"{files[other]}:1: {other} holds what {one} holds, needs rows of its own")
    settings = {
        "label": label, "split_column": split_column, "header": header, "separator": separator,
        "missing": sorted({*layout.missing}), "ignore": sorted({*layout.ignore}),
        "min_count": min_count, "max_values": max_values,
        "shares": {split: str(share) for split, share in shares.items()}, "seed": seed if shares else 0,
        "files": {split: [sha256(data), files[split].suffix] for split, data in read.items()},
        "code": sha256(b"".join(Path(__file__).with_name(file).read_bytes() for file in CODE)),
    }  # fmt: skip

    def build() -> tuple[Arrays, Mapping[str, object]]:
        tables = {
            split: (read_parquet if files[split].suffix in SUFFIXES else read_csv)(files[split], data, layout)
            for split, data in read.items()
        }
        check_tables(tables, label, _list(ignore), max_values)
        parts = _parts(tables, label, split_column, shares, seed)
        features = [name for name in tables["train"].columns if name not in (label, split_column)]
        if not features:
            raise DataError(f"{files['train']}:1: no column beside the label, needs one or more to learn from")
        return encode_tables(parts, label, features, min_count, max_values)

    key = json.dumps(settings, sort_keys=True)
    arrays, read_facts = prepared("table", key, build)
    facts = cast(Facts, read_facts)
    splits = {
        split: Split(tokens=tensor(arrays[f"{split}.tokens"]), labels=tensor(arrays[f"{split}.labels"]))
        for split in SPLITS
    }
    return Problem(
        name="table", train=splits["train"], dev=splits["dev"], test=splits["test"], num_classes=len(facts["classes"]),
        vocabulary=Vocabulary(texts=tuple(facts["texts"]), kinds=tuple(facts["kinds"])),
        metrics={"macro_f1": "maximise"}, score=partial(_score, splits),
        conventions=f"macro F1: mean over the classes that a split has; splits: {_origin(shares, split_column, seed)}",
    )  # fmt: skip


def _check(separator: str, split_column: str, dev: str, test: str, **numbers: int) -> None:
    not_negative(seed=numbers["seed"])
    positive(min_count=numbers["min_count"], max_values=numbers["max_values"])
    if len(separator) != 1 or separator in '"\r\n':
        raise ValueError(f"separator must be one character, no quotation mark and no line break, got {separator!r}")
    if split_column and (dev or test):
        raise ValueError("split_column and files for dev or test exclude each other, needs one of them")


def _list(text: str) -> list[str]:
    return [name for name in next(csv.reader([text], skipinitialspace=True), []) if name]


def _shares(given: Mapping[str, str], wanted: Mapping[str, float]) -> dict[str, Fraction]:
    """Split → exact share of the rows, for splits drawn from the table; train has the rest; empty if none is drawn."""
    drawn_ones = {split: share for split, share in wanted.items() if not given[split]}
    positive(**{f"{split}_share": share for split, share in drawn_ones.items()})
    shares = {split: Fraction(str(share)) for split, share in drawn_ones.items()}
    rest = 1 - sum(shares.values(), Fraction())
    if rest <= 0:
        named = " + ".join(f"{split}_share" for split in shares)
        raise ValueError(f"{named} must be below 1, to leave rows to train on, got {float(1 - rest):g}")
    return {"train": rest, **shares} if shares else {}


def _origin(shares: Mapping[str, Fraction], split_column: str, seed: int) -> str:
    """Where the splits come from, in words."""
    if split_column:
        return f"as column {split_column!r} tells"
    given = [split for split in SPLITS[1:] if split not in shares]
    percents = "/".join(f"{100 * float(share):g}" for share in shares.values())
    names = "" if not given else f"{'/'.join(shares)} "
    parts = [f"{' and '.join(given)} given"] if given else []
    return ", ".join([*parts, f"{names}stratified {percents}, seed {seed}"] if shares else parts)


def _parts(
    tables: Mapping[str, Table], label: str, split_column: str, shares: Mapping[str, Fraction], seed: int
) -> Parts:
    first = tables["train"]
    rows = (
        given_splits(first, split_column)
        if split_column
        else drawn_splits(first, label, shares, seed)
        if shares
        else {}
    )
    whole = {split: (table, np.arange(table.rows)) for split, table in tables.items()}
    return {split: (first, rows[split]) if split in rows else whole[split] for split in SPLITS}


def _score(splits: Mapping[str, Split], predict: Predict, split: str) -> dict[str, float]:
    tokens, labels = splits[split].tokens, splits[split].labels.numpy()
    logits = predict(tokens)
    predicted = logits.argmax(dim=1).cpu().numpy()
    classes = logits.shape[1]
    right = np.bincount(labels[predicted == labels], minlength=classes)
    rows, times = np.bincount(labels, minlength=classes), np.bincount(predicted, minlength=classes)
    present = rows > 0
    return {"macro_f1": 100.0 * float(np.mean(2 * right[present] / (rows + times)[present]))}
