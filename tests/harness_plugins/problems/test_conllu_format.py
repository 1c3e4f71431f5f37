from __future__ import annotations

import gzip
import lzma
import re
from pathlib import Path

import pytest

import harness
from harness_plugins.problems._conllu_format import Sentence, read

DOG = """# text = Dogs bark.
1\tDogs\tdog\tNOUN\tNNS\t_\t2\tnsubj\t_\t_
2\tbark\tbark\tVERB\tVBP\t_\t0\troot\t_\t_
"""
FULL_STOP = "3\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_\n"
GO = "1\tGo\tgo\tVERB\tVB\t_\t0\troot\t_\t_\n"
DOGS_BARK = Sentence(
    forms=("Dogs", "bark", "."),
    tags=("NOUN", "VERB", "PUNCT"),
    heads=(2, 0, 2),
    punctuation=(False, False, True),
)
GO_NOW = Sentence(forms=("Go",), tags=("VERB",), heads=(0,), punctuation=(False,))


def line(identifier: object = 1, head: object = 0, form: str = "a", upos: str = "X") -> str:
    return f"{identifier}\t{form}\t_\t{upos}\t_\t_\t{head}\t_\t_\t_\n"


def written(folder: Path, text: str | bytes, name: str = "x.conllu") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def error(path: Path, tag_column: str = "upos") -> str:
    with pytest.raises(harness.DataError) as caught:
        list(read(path, tag_column=tag_column))
    return str(caught.value)


def test_sentences_come_with_forms_tags_heads_and_punctuation(tmp_path):
    path = written(tmp_path, DOG + FULL_STOP + "\n" + GO + "\n")
    assert list(read(path, tag_column="upos")) == [DOGS_BARK, GO_NOW]


def test_the_tag_column_may_be_xpos_and_punctuation_is_still_the_universal_one(tmp_path):
    [found] = read(written(tmp_path, DOG + FULL_STOP), tag_column="xpos")
    assert found.tags == ("NNS", "VBP", ".")
    assert found.punctuation == (False, False, True)


@pytest.mark.parametrize(
    "text",
    [
        DOG + FULL_STOP + "\n" + GO,
        (DOG + FULL_STOP + "\n" + GO + "\n").replace("\n", "\r\n"),
        "\ufeff" + DOG + FULL_STOP + "\n" + GO + "\n",
        "\n\n" + DOG + FULL_STOP + "\n\n\n# alone\n\n" + GO + "\n\n",
        (DOG + FULL_STOP + "\n" + GO).removesuffix("\n"),
    ],
    ids=["no final blank line", "CRLF", "BOM", "more blank lines", "no final newline"],
)
def test_harmless_variations_read_alike(tmp_path, text):
    assert list(read(written(tmp_path, text), tag_column="upos")) == [DOGS_BARK, GO_NOW]


def test_ranges_and_empty_nodes_are_passed_over(tmp_path):
    text = line("1-2", "_") + line(1, 2) + line("1.1", "_") + line(2, 0) + line("10-11", "_") + line("2.12", "_")
    [found] = read(written(tmp_path, text), tag_column="upos")
    assert found.heads == (2, 0)


def test_several_roots_are_allowed(tmp_path):
    [found] = read(written(tmp_path, line(1, 0) + line(2, 1) + line(3, 0)), tag_column="upos")
    assert found.heads == (0, 1, 0)


def test_only_newlines_end_a_line(tmp_path):
    [found] = read(written(tmp_path, line(form="a\u2028b\u0085c\x0bd")), tag_column="upos")
    assert found.forms == ("a\u2028b\u0085c\x0bd",)


@pytest.mark.parametrize(("suffix", "compress"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_compressed_files_read_alike(tmp_path, suffix, compress):
    path = written(tmp_path, compress((DOG + FULL_STOP + "\n" + GO).encode()), f"x.conllu{suffix}")
    assert list(read(path, tag_column="upos")) == [DOGS_BARK, GO_NOW]


MALFORMED = {
    "too few columns": (DOG + "3\t.\n", 4, "2 tab-separated columns, needs 10"),
    "too many columns": (line().replace("\n", "\t_\n"), 1, "11 tab-separated columns, needs 10"),
    "blanks only": (DOG + "  \n", 4, "1 tab-separated columns, needs 10"),
    "short range": (DOG + "3-4\ta\n", 4, "2 tab-separated columns, needs 10"),
    "id skipped": (DOG + line(4), 4, "id is '4', needs '3'"),
    "id with a zero": (line("01"), 1, "id is '01', needs '1'"),
    "id no number": (line("_"), 1, "id is '_', needs '1'"),
    "no blank line": (DOG + GO, 4, "id is '1', needs '3', a blank line ends a sentence"),
    "no form": (line(form=""), 1, "the form is empty, needs a text or '_'"),
    "no tag": (line(upos=""), 1, "the tag is empty, needs a text or '_'"),
    "head no number": (line(1, "_"), 1, "head is '_', needs a whole number from 0"),
    "head negative": (line(1, "-1"), 1, "head is '-1', needs a whole number from 0"),
    "head in other digits": (line(1, "١"), 1, "head is '١', needs a whole number from 0"),
    "head with a sign": (line(1, "+2"), 1, "head is '+2', needs a whole number from 0"),
    "head out of range": (
        line(1, 2) + line(2, 0) + line(3, 4) + "\n" + GO,
        3,
        "head is 4, needs 0 to 3, the sentence's words",
    ),
    "own head": (line(1, 0) + line(2, 2), 2, "word 2 is its own head, needs another word or 0"),
    "no root": (
        GO + "\n# c\n" + line(1, 2) + line(2, 1),
        4,
        "the sentence has no root, needs a word with head 0",
    ),
    "cycle": (
        GO + "\n" + line(1, 0) + line(2, 3) + line(3, 4) + line(4, 3),
        5,
        "word 3 is its own ancestor, needs heads that form a tree",
    ),
    "empty": ("", 1, "no sentence, needs at least one"),
    "comments only": ("# nothing\n\n", 1, "no sentence, needs at least one"),
    "bad UTF-8": (DOG.encode() + b"3\tcaf\xe9\t_\n", 4, "byte 6 of the line, 0xe9, is not UTF-8"),
    "bad UTF-8 in a comment": (b"# \xff\n" + GO.encode(), 1, "byte 3 of the line, 0xff, is not UTF-8"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_line_is_named_with_what_is_needed(tmp_path, case):
    text, number, message = MALFORMED[case]
    path = written(tmp_path, text)
    assert error(path) == f"{path}:{number}: {message}"


def test_an_empty_tag_only_matters_in_the_column_that_is_read(tmp_path):
    path = written(tmp_path, line(upos=""))
    assert [each.tags for each in read(path, tag_column="xpos")] == [("_",)]


def test_a_head_of_thousands_of_digits_is_an_error_like_any_other(tmp_path):
    assert error(written(tmp_path, line(1, "9" * 5000))).endswith("99', needs a whole number from 0")


@pytest.mark.parametrize(("suffix", "compress"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_a_truncated_compressed_file_is_an_error_at_the_line_where_it_stops(tmp_path, suffix, compress):
    lines = GO + "\n" + "".join(line(number, number - 1, form=f"{number**7:x}") for number in range(1, 20_000))
    data = compress(lines.encode())
    path = written(tmp_path, data[: len(data) // 2], f"x.conllu{suffix}")
    found = re.fullmatch(
        rf"{re.escape(str(path))}:(\d+): the {suffix} data breaks off here, needs all of it", error(path)
    )
    assert found
    assert 3_000 < int(found[1]) < 17_000


@pytest.mark.parametrize(("suffix", "compress"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_a_damaged_compressed_file_is_an_error(tmp_path, suffix, compress):
    data = bytearray(compress((DOG + "\n" + GO).encode()))
    data[len(data) // 2] ^= 0xFF
    path = written(tmp_path, bytes(data), f"x.conllu{suffix}")
    assert re.fullmatch(rf"{re.escape(str(path))}:\d: from here on not {suffix} data, or damaged", error(path))


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_plain_text_under_a_compressed_name_is_an_error(tmp_path, suffix):
    path = written(tmp_path, DOG, f"x.conllu{suffix}")
    assert error(path) == f"{path}:1: from here on not {suffix} data, or damaged"


def test_a_missing_file_names_its_nearest_sibling(tmp_path):
    written(tmp_path, DOG, "en_ewt-ud-train.conllu")
    path = tmp_path / "en-ewt-ud-train.conllu"
    assert error(path) == f"{path}:1: no such file, did you mean 'en_ewt-ud-train.conllu'?"


@pytest.mark.parametrize("name", ["unlike", "no/folder/x.conllu"])
def test_a_missing_file_without_a_near_sibling_says_what_is_needed(tmp_path, name):
    written(tmp_path, DOG)
    path = tmp_path / name
    assert error(path) == f"{path}:1: no such file, needs a CoNLL-U file, plain, .gz or .xz"


def test_a_folder_is_an_error(tmp_path):
    assert error(tmp_path) == f"{tmp_path}:1: is a folder, needs a CoNLL-U file, plain, .gz or .xz"


def test_a_file_below_a_file_cannot_be_read(tmp_path):
    path = written(tmp_path, DOG) / "y.conllu"
    assert error(path) == f"{path}:1: cannot be read: not a directory"


def test_an_unknown_tag_column_is_an_error(tmp_path):
    with pytest.raises(harness.HarnessError, match=r"^tag_column is one of upos, xpos, got 'pos'$"):
        list(read(written(tmp_path, DOG), tag_column="pos"))
