"""Any treebank in CoNLL-U files."""

from __future__ import annotations

from pathlib import Path

import harness
from harness import Problem, contents, sha256
from harness_plugins.problems._conllu_format import KIND, Sentence, sentences
from harness_plugins.problems.treebank import treebank_problem


@harness.hookimpl
def register_problems(register: harness.Register) -> None:
    register("conllu", conllu_files)


def conllu_files(
    *, train: str, dev: str, test: str, tag_column: str = "upos", count_punctuation: bool = True
) -> Problem:
    """Any treebank in CoNLL-U files, plain, .gz or .xz.

    ``train``, ``dev``, ``test``: paths. ``tag_column``: upos or xpos. ``count_punctuation``: whether UAS
    counts words of upos PUNCT, as Universal Dependencies' evaluation does. Not for labelled parsing: relations are not
    read.
    """
    paths = {"train": Path(train), "dev": Path(dev), "test": Path(test)}
    files = {split: (path, contents(path, needs=KIND)) for split, path in paths.items()}

    def read() -> dict[str, list[Sentence]]:
        return {split: list(sentences(*file, tag_column=tag_column)) for split, file in files.items()}

    digests = {split: sha256(data) for split, (_, data) in files.items()}
    return treebank_problem("conllu", digests, read, tag_column=tag_column, count_punctuation=count_punctuation)
