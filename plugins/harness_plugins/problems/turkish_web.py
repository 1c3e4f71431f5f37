"""The Turkish web and wiki treebanks, which are embedded: the files of an installed package."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import harness
from harness import DataError, Problem, contents, sha256
from harness_plugins.problems._conllu_format import KIND, Sentence, sentences
from harness_plugins.problems.treebank import SPLITS, treebank_problem


@harness.hookimpl
def register_problems(register: harness.Register) -> None:
    register("turkish-web", turkish_web, default=True)


TURKISH = "turkish-treebanks"
TURKISH_VERSION = "1.0.0"
TURKISH_FILES = {
    "data/web.conllu": "d6f92b12b74f367a36e30dd3d644d7a0bb01a991584602e6e69f1191664f86bf",
    "data/wiki.conllu": "58f049fae8d0653ba0940a58168c17c7cebbc50f88cad2985d12d34ac1b9acde",
}


def turkish_web(*, tag_column: str = "upos", count_punctuation: bool = True) -> Problem:
    """The Turkish web and wiki treebanks, embedded: 3,881 training sentences, 117,318 transitions.

    ``tag_column``: upos or xpos. ``count_punctuation``: whether UAS counts words of upos PUNCT, as Universal
    Dependencies' evaluation does. Not for comparing with published parsers: nobody else has split them so.
    """
    files = {Path(name): _turkish_file(name) for name in TURKISH_FILES}

    def read() -> dict[str, list[Sentence]]:
        parts = [_split(list(sentences(path, data, tag_column=tag_column))) for path, data in files.items()]
        return {split: list(chain.from_iterable(part[split] for part in parts)) for split in SPLITS}

    digests = {path.as_posix(): sha256(data) for path, data in files.items()}
    return treebank_problem("turkish-web", digests, read, tag_column=tag_column, count_punctuation=count_punctuation)


def _turkish_file(name: str) -> bytes:
    mend = f"pip install --force-reinstall {TURKISH}=={TURKISH_VERSION}"
    try:
        path = Path(str(importlib.metadata.distribution(TURKISH).locate_file(name)))
    except importlib.metadata.PackageNotFoundError:
        raise DataError(f"{name}:1: {TURKISH} is not installed: {mend}") from None
    data = contents(path, needs=KIND)
    if sha256(data) != TURKISH_FILES[name]:
        raise DataError(f"{path}:1: not the file of {TURKISH} {TURKISH_VERSION}, its sha256 differs: {mend}")
    return data


def _split(sentences_of_file: Sequence[Sentence]) -> dict[str, list[Sentence]]:
    """Eight of every ten sentences to train on, the ninth for dev, the tenth for test."""
    parts: dict[str, list[Sentence]] = {split: [] for split in SPLITS}
    for index, sentence in enumerate(sentences_of_file):
        parts["train" if index % 10 < 8 else "dev" if index % 10 == 8 else "test"].append(sentence)
    return parts
