"""Pretrained vectors from text files of every format: what is matched, what is drawn, what is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import torch
from torch import Tensor

import harness_plugins.embeddings
from harness import Vocabulary

from support.registered import registered
from support.vectors import GLOVE, fault, fill, pretrained, text_file

embeddings = registered(harness_plugins.embeddings)


def rows_that_differ(first: Tensor, second: Tensor) -> list[int]:
    return (first != second).any(dim=1).nonzero().flatten().tolist()


EXPECTED = {2: [0.1, -0.2, 0.3], 3: [1, 2, 3], 4: [4, 5, 6]}


@pytest.mark.parametrize(
    "text",
    [
        GLOVE,
        "4 3\n" + GLOVE,
        ("4 3\n" + GLOVE).replace("\n", " \n"),
        GLOVE.replace("\n", "\r\n"),
        GLOVE.rstrip("\n"),
    ],
    ids=["glove", "word2vec", "word2vec with trailing spaces", "CRLF", "no last newline"],
)
@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gz"])
def test_words_of_a_text_file_are_matched_and_the_rest_is_drawn(tmp_path: Path, text: str, compressed: bool) -> None:
    data = text.encode()
    path = text_file(tmp_path, gzip.compress(data) if compressed else data, "v.txt.gz" if compressed else "v.txt")
    weight = pretrained(path)
    expected = fill(embeddings.normal)
    for row, values in EXPECTED.items():
        expected[row] = torch.tensor(values)
    assert torch.equal(weight, expected)


def test_tags_and_their_like_are_never_matched(tmp_path: Path) -> None:
    weight = pretrained(text_file(tmp_path, "noun 1 2 3\nthe 4 5 6\n"))
    assert rows_that_differ(weight, fill(embeddings.normal)) == [2]


def test_what_a_row_is_drawn_from_does_not_depend_on_the_file(tmp_path: Path) -> None:
    few = pretrained(text_file(tmp_path, "cat 1 2 3\n", "few"), sd=0.5)
    many = pretrained(text_file(tmp_path, "the 7 8 9\ncat 1 2 3\n<null> 0 0 0\n", "many"), sd=0.5)
    assert rows_that_differ(few, many) == [0, 2]
    assert rows_that_differ(few, fill(embeddings.normal, sd=0.5)) == [3]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["cat 1 1 1", "cat 2 2 2"], 1),
        (["Cat 1 1 1", "CAT 2 2 2"], 1),
        (["Cat 1 1 1", "cat 2 2 2"], 2),
        (["cat 2 2 2", "Cat 1 1 1"], 2),
        (["Cat 1 1 1", "cat 2 2 2", "cat 3 3 3"], 2),
    ],
)
def test_the_same_text_wins_over_a_lower_cased_one_and_then_the_first_wins(
    tmp_path: Path, lines: list[str], expected: int
) -> None:
    weight = pretrained(text_file(tmp_path, "\n".join(lines)))
    assert weight[3].tolist() == [expected] * 3


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbfcat 1 2 3\n", b"\xef\xbb\xbf1 3\ncat 1 2 3\n", b". . . 7 8 9\ncat 1 2 3\n",
        b"at someone@example.org 7 8 9\ncat 1 2 3\n", b"cat 1 2 3\n. . . 7 8 9\n", b"1 3\ncat 1 2 3\nof 1 2 3\n",
    ],
)  # fmt: skip
def test_a_byte_order_mark_is_no_word_and_a_token_may_have_spaces(tmp_path: Path, text: bytes) -> None:
    assert pretrained(text_file(tmp_path, text))[3].tolist() == [1, 2, 3]


def test_a_line_that_does_not_end_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    (tmp_path / "v.gz").write_bytes(gzip.compress(b"cat 1 2 3\n" + b"\0" * (5 << 20), mtime=0))
    assert "v.gz:2: a line of more than 4,194,304 bytes, none may have more" in fault(tmp_path / "v.gz")


def test_unicode_spaces_belong_to_words(tmp_path: Path) -> None:
    weight = pretrained(text_file(tmp_path, "a\u00a0b\u2028c 9 9 9\ncat 1 2 3\n"))
    assert weight[3].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cat 1 2\n", "v:1: has vectors of 2 values, the embedding has 3: set embedding_dim"),
        ("cat 1 2 3 4\n", "v:1: has vectors of 4 values, the embedding has 3: set embedding_dim"),
        ("9 50\n", "v:1: has vectors of 50 values, the embedding has 3: set embedding_dim"),
        ("1 3\ncat 1 2\n", "v:2: has vectors of 2 values, the embedding has 3: set embedding_dim"),
        ("cat 1 2 3\nof 1 2\n", "v:2: fields after the word: got 2, needs 3"),
        ("cat 1 2 3\nof 1 2 3 4\n", "v:2: fields after the word: got 4, needs 3"),
        ("cat 1 2 3\n\n", "v:2: fields after the word: got 0, needs 3"),
        ("cat 1 2 3\n1 3\n", "v:2: fields after the word: got 1, needs 3"),
        ("of 1 2 3\ncat 1 two 3\n", "v:2: 'two' is not a number"),
        ("cat 1  3\n", "v:1: '' is not a number"),
        (b"cat 1 \xff 3\n", "v:1: '\ufffd' is not a number"),
        ("cat 1 nan 3\n", "v:1: nan is not finite"),
        ("of 1 2 3\ncat -inf 2 3\n", "v:2: -inf is not finite"),
        ("cat 1 1e39 3\n", "v: the values of entry 3, 'cat', are not all finite"),
        (b"of 1 2 3\n\xff\xfe 1 2 3\n", "v:2: not UTF-8 text"),
        ("dog 1 2 3\n", "v: has none of the vocabulary's 5 words"),
        ("1 3\n", "v:1: ends after 0 vectors, and its first line says 1: it is cut off"),
        ("3 3\nof 1 2 3\ncat 1 2 3\n", "v:3: ends after 2 vectors, and its first line says 3: it is cut off"),
        ("", "v: has none of the vocabulary's 5 words"),
    ],
)
def test_faults_of_text_files(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert fault(text_file(tmp_path, text, "v")) == message


def test_numbers_of_words_outside_the_vocabulary_are_not_read(tmp_path: Path) -> None:
    weight = pretrained(text_file(tmp_path, "of one two three\ncat 1 2 3\n"))
    assert weight[3].tolist() == [1, 2, 3]


@pytest.mark.parametrize("name", ["none.txt", "none.txt.gz", "none.npy", "none.safetensors"])
def test_a_missing_file(tmp_path: Path, name: str) -> None:
    assert fault(tmp_path / name) == f"{name}: no such file"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    assert fault(tmp_path / "v") == "v: no such file"


def test_broken_gz_files(tmp_path: Path) -> None:
    whole = gzip.compress(GLOVE.encode() * 50)
    for data in (b"cat 1 2 3\n", whole[: len(whole) // 2], whole[:20] + b"\xff" * 20 + whole[40:]):
        assert fault(text_file(tmp_path, data, "v.gz")) == "v.gz: not a .gz file, or broken"


def test_a_vocabulary_without_words(tmp_path: Path) -> None:
    table = Vocabulary(texts=("red", "big"), kinds=("colour", "size"))
    path = text_file(tmp_path, GLOVE, "v")
    assert (
        fault(path, vocabulary=table)
        == "v: the problem has no features of kind word to match with it, only colour, size"
    )
