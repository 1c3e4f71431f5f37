from __future__ import annotations

import importlib.metadata
import inspect
import lzma
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import harness
from harness_plugins.problems import register_problems, table, treebank
from harness_plugins.problems._conllu_format import read
from harness_plugins.problems._transitions import (
    LEFT_ARC,
    RIGHT_ARC,
    SHIFT,
    Configurations,
    num_nodes,
    oracle_examples,
)
from harness_plugins.problems.conllu import conllu_files
from harness_plugins.problems.table import table_files
from harness_plugins.problems.treebank import Parser, encode, ranked_texts, vocabulary_of
from harness_plugins.problems.turkish_web import TURKISH_FILES, turkish_web

from support.paths import EWT

needs_ewt = pytest.mark.skipif(not EWT.is_dir(), reason=f"no English EWT treebank at {EWT}")


def sentence(*words: tuple[str, str, int]) -> str:
    rows = [
        f"{number}\t{form}\t_\t{upos}\tx{upos}\t_\t{head}\t_\t_\t_"
        for number, (form, upos, head) in enumerate(words, 1)
    ]
    return "\n".join(rows) + "\n\n"


TRAIN = sentence(("The", "DET", 2), ("dog", "NOUN", 3), ("barks", "VERB", 0)) + sentence(("the", "DET", 0))
CROSSED = sentence(("a", "X", 3), ("b", "X", 0), ("c", "X", 2), (".", "PUNCT", 1))
DEV = sentence(("A", "DET", 2), ("dog", "NOUN", 0), (".", "PUNCT", 2)) + CROSSED
TEST = sentence(("Dogs", "NOUN", 2), ("bark", "VERB", 0))


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    for name, text in (("train", TRAIN), ("dev", DEV), ("test", TEST)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return {name: str(tmp_path / name) for name in ("train", "dev", "test")}


def shift_first(tokens: torch.Tensor) -> torch.Tensor:
    """Shift while possible, then left-arc: every word hangs from the last."""
    return torch.tensor([[1.0, 0.0, 0.0]]).repeat(len(tokens), 1)


def same(one: harness.Problem, other: harness.Problem) -> bool:
    return (
        one.digest == other.digest
        and one.vocabulary == other.vocabulary
        and all(
            torch.equal(getattr(one, split).tokens, getattr(other, split).tokens)
            and torch.equal(getattr(one, split).labels, getattr(other, split).labels)
            and one.score(shift_first, split) == other.score(shift_first, split)
            for split in ("train", "dev", "test")
        )
    )


def test_three_problems_are_registered():
    found = {}

    def register(name, component, *, default=False):
        found[name] = component, default

    register_problems(register)
    assert found == {"turkish-web": (turkish_web, True), "conllu": (conllu_files, False), "table": (table_files, False)}
    parameters = inspect.signature(conllu_files).parameters
    required = [name for name, each in parameters.items() if each.default is each.empty]
    assert required == ["train", "dev", "test"]
    optional = {name: each.default for name, each in inspect.signature(turkish_web).parameters.items()}
    assert optional == {"tag_column": "upos", "count_punctuation": True}
    assert optional == {name: parameters[name].default for name in parameters if name not in required}


def test_words_are_lower_cased_and_ranked_by_frequency():
    words, tags = ranked_texts([(["b", "The", "a"], ["N", "D", "N"]), (["THE", "a", "the"], ["D", "N", "D"])])
    assert words == ["the", "a", "b"]
    assert tags == ["N", "D"]


def test_the_vocabulary_has_the_special_entries_of_each_kind_in_one_index_space():
    vocabulary = vocabulary_of(["the", "a"], ["DET"])
    assert vocabulary.texts == ("<null>", "<root>", "<unk>", "the", "a", "<null>", "<root>", "<unk>", "DET")
    assert vocabulary.kinds == ("word",) * 5 + ("tag",) * 4


def test_a_word_that_looks_like_a_special_entry_has_no_second_row():
    assert vocabulary_of(["<unk>", "the"], []).texts[:4] == ("<null>", "<root>", "<unk>", "the")


def test_what_the_training_split_does_not_have_is_unknown():
    lengths, rows = encode(
        [(["THE", "cat"], ["DET", "NOUN"]), ([], []), (["a"], ["X"])], vocabulary_of(["the", "a"], ["DET"])
    )
    assert lengths.tolist() == [2, 0, 1]
    # NULL, then ROOT and words of each sentence.
    assert rows.tolist() == [[0, 1, 3, 2, 1, 1, 4], [5, 6, 8, 7, 6, 6, 7]]
    assert rows.dtype == np.int32


def test_a_problem_from_files(files):
    problem = conllu_files(**files)
    assert (problem.name, problem.num_classes, problem.num_features) == ("conllu", 3, 36)
    assert problem.metrics == {"uas": "maximise"}
    assert problem.vocabulary.texts == (
        "<null>", "<root>", "<unk>", "the", "dog", "barks",
        "<null>", "<root>", "<unk>", "DET", "NOUN", "VERB",
    )  # fmt: skip
    first, second = [SHIFT, SHIFT, LEFT_ARC, SHIFT, LEFT_ARC, RIGHT_ARC], [SHIFT, RIGHT_ARC]
    assert problem.train.labels.tolist() == first + second
    assert problem.train.tokens.dtype == torch.int32
    # Stack: ROOT, dog; buffer: barks; "the" is attached to "dog".
    words = [4, 1, 0, 5, 0, 0, 3] + [0] * 11
    tags = [10, 7, 6, 11, 6, 6, 9] + [6] * 11
    assert problem.train.tokens[3].tolist() == words + tags
    assert len(problem.dev) == 6, "the non-projective sentence has no examples"
    assert len(problem.test) == 4


def test_the_conventions_say_what_makes_uas_incomparable(files):
    Path(files["train"]).write_text(TRAIN + CROSSED, encoding="utf-8")
    assert conllu_files(**files).conventions == (
        "UAS over all sentences, punctuation counted, gold upos tags; non-projective sentences left out of"
        " training (1 of 3), loss and accuracy; legal-move mask in parsing only"
    )
    assert conllu_files(**files, tag_column="xpos", count_punctuation=False).conventions == (
        "UAS over all sentences, punctuation not counted (upos PUNCT), gold xpos tags; non-projective"
        " sentences left out of training (1 of 3), loss and accuracy; legal-move mask in parsing only"
    )


def test_uas_is_over_all_words_of_all_sentences_in_percent(files):
    # Every word under the last one: right are "barks" and "dog" of three words, and "the" alone.
    assert conllu_files(**files).score(shift_first, "train") == {"uas": 75.0}
    Path(files["dev"]).write_text(
        sentence(("a", "X", 2), ("b", "X", 0))
        + sentence(("a", "X", 3), ("b", "X", 0), ("c", "X", 2), (".", "PUNCT", 1))
    )
    assert conllu_files(**files).score(shift_first, "dev") == {"uas": pytest.approx(100 * 2 / 6)}
    assert conllu_files(**files, count_punctuation=False).score(shift_first, "dev") == {
        "uas": pytest.approx(100 * 2 / 5)
    }
    assert conllu_files(**files).score(shift_first, "test") == {"uas": 100.0}


def test_the_tag_column_decides_the_tags_but_not_what_is_punctuation(files):
    Path(files["train"]).write_text(TRAIN + sentence((".", "PUNCT", 0)), encoding="utf-8")
    problem = conllu_files(**files, tag_column="xpos", count_punctuation=False)
    assert problem.vocabulary.texts[-4:] == ("xDET", "xNOUN", "xVERB", "xPUNCT")
    assert problem.score(shift_first, "train") == {"uas": 75.0}


def test_scoring_travels_to_another_process(files):
    score = conllu_files(**files).score
    assert pickle.loads(pickle.dumps(score))(shift_first, "train") == {"uas": 75.0}


def test_a_second_load_comes_from_the_cache_and_is_the_same(files, monkeypatch):
    first = conllu_files(**files)
    monkeypatch.setattr(treebank, "oracle_examples", None)
    assert same(first, conllu_files(**files))
    assert conllu_files(**files, count_punctuation=False).digest != first.digest


def test_a_damaged_cache_is_built_again(files, tmp_path, monkeypatch):
    first = conllu_files(**files)
    built = []
    monkeypatch.setattr(treebank, "oracle_examples", lambda *args: built.append(args) or oracle_examples(*args))
    [path] = (tmp_path / "cache").iterdir()
    data = path.read_bytes()
    damaged = [data[:-1], data[:100], b""]
    damaged += [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(0, len(data), 101)]
    for each in damaged:
        path.write_bytes(each)
        built.clear()
        assert same(first, conllu_files(**files))
        assert len(built) == 3
        assert same(first, conllu_files(**files))
        assert len(built) == 3, "the cache is mended"


def test_a_cache_that_cannot_be_written_does_not_matter(files, tmp_path, monkeypatch):
    first = conllu_files(**files)
    (tmp_path / "file").touch()
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "file" / "cache"))
    assert same(first, conllu_files(**files))


def test_a_full_disk_leaves_nothing_behind(files, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    conllu_files(**files)
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_digest_tells_other_trees_tags_and_scores_apart(files, tmp_path):
    digests = [conllu_files(**files).digest, conllu_files(**files, tag_column="xpos").digest]
    digests.append(conllu_files(**files, count_punctuation=False).digest)
    for name in files:
        path = tmp_path / name
        text = path.read_text(encoding="utf-8")
        path.write_text(text + text.rstrip("\n").rpartition("\n\n")[2] + "\n\n", encoding="utf-8")
        digests.append(conllu_files(**files).digest)
        path.write_text(text + "# a comment\n", encoding="utf-8")
        assert conllu_files(**files).digest == digests[0]
        path.write_text(text, encoding="utf-8")
    assert len(set(digests)) == len(digests) == 6


def test_code_that_is_written_differently_prepares_again_under_the_same_digest(files, tmp_path, monkeypatch):
    first = conllu_files(**files)
    monkeypatch.setattr(treebank, "CODE", treebank.CODE[:-1])
    again = conllu_files(**files)
    assert same(first, again)
    assert again.digest == first.digest
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_what_is_prepared_is_what_it_has_always_been():
    """Whoever makes other numbers come out changes this digest, and no result folder goes on with them."""
    assert turkish_web().digest == "cc578f7d77a37e901d8f9ee8c8405f9c654f111a5f8c7ce805bcd086660099a9"


def test_the_code_that_prepares_is_every_file_of_the_package():
    folder = Path(treebank.__file__).parent
    assert {*treebank.CODE, *table.CODE, "__init__.py"} == {path.name for path in folder.glob("*.py")}


def test_a_split_without_a_projective_sentence_is_an_error(files):
    Path(files["dev"]).write_text(CROSSED, encoding="utf-8")
    with pytest.raises(harness.HarnessError) as caught:
        conllu_files(**files)
    assert str(caught.value) == "conllu: no projective sentence among the 1 of dev, needs at least one to learn from"


def test_a_split_of_punctuation_cannot_be_scored_without_it(files):
    Path(files["test"]).write_text(sentence((".", "PUNCT", 0)), encoding="utf-8")
    assert conllu_files(**files).score(shift_first, "test") == {"uas": 100.0}
    with pytest.raises(harness.HarnessError) as caught:
        conllu_files(**files, count_punctuation=False)
    assert str(caught.value) == "test has nothing but punctuation, needs count_punctuation = true to be scored"


def test_errors_of_the_files_come_through(files):
    path = Path(files["dev"])
    path.write_text("1\ta\n", encoding="utf-8")
    with pytest.raises(harness.DataError) as caught:
        conllu_files(**files)
    assert str(caught.value) == f"{path}:1: 2 tab-separated columns, needs 10"


class TestParser:
    @pytest.fixture
    def vocabulary(self):
        return vocabulary_of(["the", "dog", "barks"], ["DET", "NOUN", "VERB"])

    @pytest.fixture
    def model(self, vocabulary):
        torch.manual_seed(0)
        return harness.EmbeddingClassifier((len(vocabulary), 8), num_features=36, hidden_dim=16, num_classes=3)

    def test_heads_are_counted_from_1_and_sentences_may_be_empty(self, vocabulary):
        class Shift(torch.nn.Module):
            def forward(self, tokens: torch.Tensor) -> torch.Tensor:
                return shift_first(tokens)

        parser = Parser(Shift(), vocabulary)
        the_dog = [("The", "DET"), ("dog", "NOUN")]
        assert parser.parse([the_dog, [], [("It", "PRON"), *the_dog]]) == [[2, 0], [], [3, 3, 0]]
        assert parser.parse([]) == []

    def test_it_parses_in_eval_mode_and_leaves_the_mode_as_it_was(self, model, vocabulary):
        parser = Parser(model, vocabulary)
        sentences = [[("the", "DET"), ("dog", "NOUN"), ("barks", "VERB"), ("loudly", "ADV")] * 5] * 3
        model.train()
        found = parser.parse(sentences)
        assert model.training
        model.eval()
        assert parser.parse(sentences) == found
        assert not model.training
        assert found[0] == found[1] == found[2]

    def test_it_agrees_with_the_score(self, files, tmp_path):
        problem = conllu_files(**files)
        torch.manual_seed(0)
        model = harness.EmbeddingClassifier((len(problem.vocabulary), 8), num_features=36, num_classes=3).eval()
        gold = list(read(tmp_path / "dev", tag_column="upos"))
        heads = Parser(model, problem.vocabulary).parse([list(zip(s.forms, s.tags, strict=True)) for s in gold])
        right = [a == b for s, found in zip(gold, heads, strict=True) for a, b in zip(s.heads, found, strict=True)]
        assert problem.score(model, "dev") == {"uas": pytest.approx(100 * sum(right) / 7)}

    def test_a_vocabulary_of_another_kind_is_an_error(self, model):
        vocabulary = harness.Vocabulary(texts=("<null>", "red"), kinds=("word", "colour"))
        with pytest.raises(harness.HarnessError) as caught:
            Parser(model, vocabulary).parse([[("a", "X")]])
        assert str(caught.value) == (
            "not the vocabulary of a treebank problem:"
            " it has no word <root>, word <unk>, tag <null>, tag <root>, tag <unk>"
        )


@pytest.fixture(scope="module")
def turkish(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_CACHE", str(tmp_path_factory.mktemp("cache")))
        return turkish_web()


class TestTurkish:
    def test_the_counts_are_those_of_the_catalogue(self, turkish):
        assert len(turkish.train) == 117_318
        trees = turkish.score.args[0]
        assert [len(trees[split].lengths) for split in ("train", "dev", "test")] == [3_881, 485, 485]
        assert len(turkish.vocabulary) == 16_958
        assert "(251 of 3,881)" in turkish.conventions

    def test_tokens_are_rows_of_the_vocabulary_and_of_the_kind_of_their_position(self, turkish):
        is_word = torch.tensor([kind == "word" for kind in turkish.vocabulary.kinds])
        for split in (turkish.train, turkish.dev, turkish.test):
            assert is_word[split.tokens[:, :18]].all()
            assert not is_word[split.tokens[:, 18:]].any()
        seen = torch.bincount(turkish.train.tokens.flatten(), minlength=len(turkish.vocabulary)) > 0
        unseen = [turkish.vocabulary.texts[row] for row in torch.nonzero(~seen).flatten()]
        assert {"<unk>"} <= set(unseen)
        assert len(unseen) < len(turkish.vocabulary) // 10, "only words of non-projective sentences have no example"

    def test_it_is_not_imported(self, turkish):
        assert "turkish_treebanks" not in sys.modules

    def test_a_missing_distribution_says_what_to_install(self, monkeypatch):
        def missing(name: str) -> None:
            raise importlib.metadata.PackageNotFoundError(name)

        monkeypatch.setattr(importlib.metadata, "distribution", missing)
        with pytest.raises(harness.DataError) as caught:
            turkish_web()
        assert str(caught.value) == (
            "data/web.conllu:1: turkish-treebanks is not installed:"
            " pip install --force-reinstall turkish-treebanks==1.0.0"
        )

    def test_an_altered_file_is_refused(self, monkeypatch):
        monkeypatch.setattr("harness_plugins.problems.turkish_web.contents", lambda path, needs: b"altered")
        with pytest.raises(harness.DataError) as caught:
            turkish_web()
        path = importlib.metadata.distribution("turkish-treebanks").locate_file("data/web.conllu")
        assert str(caught.value) == (
            f"{path}:1: not the file of turkish-treebanks 1.0.0, its sha256 differs:"
            " pip install --force-reinstall turkish-treebanks==1.0.0"
        )


def turkish_files() -> list[Path]:
    distribution = importlib.metadata.distribution("turkish-treebanks")
    return [Path(str(distribution.locate_file(name))) for name in TURKISH_FILES]


def ewt_files() -> list[Path]:
    return [EWT / f"en_ewt-ud-{split}.conllu.xz" for split in ("dev", "test", "train")]


@pytest.mark.parametrize(
    ("files", "sentences", "non_projective"),
    [
        pytest.param(turkish_files, [2541, 2310], [120, 195], id="turkish"),
        pytest.param(ewt_files, [2001, 2077, 12544], [31, 26, 288], id="ewt", marks=[needs_ewt, pytest.mark.slow]),
    ],
)
def test_the_transitions_of_a_treebank_rebuild_its_projective_trees(files, sentences, non_projective):
    for path, count, left_out in zip(files(), sentences, non_projective, strict=True):
        trees = list(read(path, tag_column="upos"))
        lengths = np.array([len(each.heads) for each in trees])
        heads = np.concatenate([each.heads for each in trees])
        _, labels, projective = oracle_examples(lengths, heads, np.zeros((2, num_nodes(lengths)), dtype=np.int32))
        assert (len(trees), np.count_nonzero(~projective)) == (count, left_out)
        kept = lengths[projective]
        configurations = Configurations(kept)
        first = (2 * (np.cumsum(kept) - kept))[configurations.order]
        while unfinished := configurations.unfinished:
            configurations.apply(labels[first[:unfinished] + configurations.step])
        assert np.array_equal(configurations.trees(), heads[np.repeat(projective, lengths)])


@needs_ewt
@pytest.mark.slow
def test_english_is_the_same_compressed_and_not(tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    dev, test, train = ewt_files()
    problem = conllu_files(train=str(train), dev=str(dev), test=str(test))
    plain = tmp_path / "dev.conllu"
    plain.write_bytes(lzma.decompress(dev.read_bytes()))
    other = conllu_files(train=str(train), dev=str(plain), test=str(test))
    assert torch.equal(problem.dev.tokens, other.dev.tokens)
    assert (len(problem.train), len(problem.dev), len(problem.test)) == (392_214, 48_430, 48_866)
    assert len(problem.vocabulary) == 16_677
