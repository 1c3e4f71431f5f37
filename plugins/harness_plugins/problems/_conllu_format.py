"""A strict reader of CoNLL-U, the file format of treebanks (universaldependencies.org/format)."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from harness import DataError, HarnessError, contents, decompressed

KIND = "a CoNLL-U file, plain, .gz or .xz"
TAG_COLUMNS = {"upos": 3, "xpos": 4}
"""Where a word's tag may be taken from: the universal or the treebank's own part of speech."""
_COLUMNS = 10
_NO_WORD = re.compile(r"[0-9]+[-.][0-9]+")
_HEAD = re.compile(r"0|[1-9][0-9]{0,8}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """One entry per word. ``heads``: the head's number, counted from 1, or 0 for a root; always a tree.

    A sentence may have several roots: Universal Dependencies allows one, other treebanks in this format more.
    ``punctuation``: whether the word's universal part of speech is PUNCT, whatever column the tags are from.
    """

    forms: tuple[str, ...]
    tags: tuple[str, ...]
    heads: tuple[int, ...]
    punctuation: tuple[bool, ...]


class _Word(NamedTuple):
    line: int
    form: str
    tag: str
    head: int
    punctuation: bool


def read(path: Path, *, tag_column: str) -> Iterator[Sentence]:
    """Sentences of a file, plain, .gz or .xz; DataError at the first thing that is wrong with it."""
    return sentences(path, contents(path, needs=KIND), tag_column=tag_column)


def sentences(path: Path, data: bytes, *, tag_column: str) -> Iterator[Sentence]:
    """Sentences of ``data``, the contents of ``path``; multiword ranges and empty nodes are passed over."""
    if tag_column not in TAG_COLUMNS:
        raise HarnessError(f"tag_column is one of {', '.join(TAG_COLUMNS)}, got {tag_column!r}")
    words: list[_Word] = []
    empty = True
    for number, line in _lines(path, data):
        if not line:
            if words:
                yield _sentence(path, words)
                words, empty = [], False
        elif not line.startswith("#"):
            word = _word(f"{path}:{number}", number, line, len(words) + 1, TAG_COLUMNS[tag_column])
            if word is not None:
                words.append(word)
    if words:
        yield _sentence(path, words)
    elif empty:
        raise DataError(f"{path}:1: no sentence, needs at least one")


def _lines(path: Path, data: bytes) -> Iterator[tuple[int, str]]:
    for number, raw in enumerate(io.BytesIO(decompressed(path, data)), start=1):
        if number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        try:
            yield number, raw.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
        except UnicodeDecodeError as error:
            wrong = f"byte {error.start + 1} of the line, 0x{error.object[error.start]:02x},"
            raise DataError(f"{path}:{number}: {wrong} is not UTF-8") from None


def _word(where: str, number: int, line: str, expected: int, tag_column: int) -> _Word | None:
    columns = line.split("\t")
    if len(columns) != _COLUMNS:
        raise DataError(f"{where}: {len(columns)} tab-separated columns, needs {_COLUMNS}")
    identifier, form, upos, tag, head = columns[0], columns[1], columns[3], columns[tag_column], columns[6]
    if identifier != str(expected):
        if _NO_WORD.fullmatch(identifier):
            return None
        hint = ", a blank line ends a sentence" if identifier == "1" else ""
        raise DataError(f"{where}: id is {identifier!r}, needs '{expected}'{hint}")
    if not form or not tag:
        name = "tag" if form else "form"
        raise DataError(f"{where}: the {name} is empty, needs a text or '_'")
    if not _HEAD.fullmatch(head):
        raise DataError(f"{where}: head is {head!r}, needs a whole number from 0")
    if head == identifier:
        raise DataError(f"{where}: word {expected} is its own head, needs another word or 0")
    return _Word(number, form, tag, int(head), upos == "PUNCT")


def _sentence(path: Path, words: Sequence[_Word]) -> Sentence:
    lines, forms, tags, heads, punctuation = zip(*words, strict=True)
    if max(heads) > len(heads):
        wrong = next(word for word in words if word.head > len(heads))
        raise DataError(f"{path}:{wrong.line}: head is {wrong.head}, needs 0 to {len(heads)}, the sentence's words")
    if 0 not in heads:
        raise DataError(f"{path}:{lines[0]}: the sentence has no root, needs a word with head 0")
    caught = _word_on_cycle(heads)
    if caught is not None:
        where = f"{path}:{lines[caught - 1]}"
        raise DataError(f"{where}: word {caught} is its own ancestor, needs heads that form a tree")
    return Sentence(forms=forms, tags=tags, heads=heads, punctuation=punctuation)


def _word_on_cycle(heads: Sequence[int]) -> int | None:
    reached_from = [0] * (len(heads) + 1)
    for start in range(1, len(heads) + 1):
        word = start
        while word and not reached_from[word]:
            reached_from[word] = start
            word = heads[word - 1]
        if word and reached_from[word] == start:
            return word
    return None
