"""Problems, splits and vocabularies: what they hold, and what does not fit together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from harness.errors import PluginError
from harness.plugin.problem import Problem, Split, Vocabulary


def split(count: int) -> Split:
    return Split(
        tokens=torch.arange(2 * count, dtype=torch.int32).reshape(count, 2) % 9, labels=torch.arange(count) % 3
    )


VOCABULARY = Vocabulary(texts=tuple("abcdefghi"), kinds=("word",) * 6 + ("tag",) * 3)


@pytest.fixture
def problem() -> Problem:
    return Problem(
        name="small", train=split(30), dev=split(12), test=split(12), num_classes=3, vocabulary=VOCABULARY,
        metrics={"f1": "maximise", "cost": "minimise"},
    )  # fmt: skip


def test_a_sample_is_evenly_spaced_and_always_the_same():
    whole = split(10)
    assert whole.sample(5).labels.tolist() == whole.labels[::2].tolist()
    assert torch.equal(whole.sample(3).tokens, whole.tokens[[0, 3, 6]])
    assert whole.sample(10) is whole
    assert whole.sample(11) is whole
    assert len(whole.sample(0)) == 0


def test_a_vocabulary_finds_a_row_by_kind_and_text():
    assert (len(VOCABULARY), VOCABULARY.rows["word", "b"], VOCABULARY.rows["tag", "i"]) == (9, 1, 8)
    assert ("word", "i") not in VOCABULARY.rows
    with pytest.raises(ValueError, match=r"^2 texts but 1 kinds$"):
        Vocabulary(texts=("a", "b"), kinds=("word",))


def test_a_study_may_name_loss_accuracy_and_the_problem_s_own_metrics(problem):
    assert problem.num_features == 2
    assert problem.directions() == {
        "dev_loss": "minimise", "dev_accuracy": "maximise", "dev_f1": "maximise", "dev_cost": "minimise",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train": split(0)}, "train has tokens (0, 2), labels (0,)"),
        ({"dev": replace(split(5), labels=torch.arange(4))}, "dev has tokens (5, 2), labels (4,)"),
        ({"num_classes": 2}, "train has labels from 0 to 2, allowed are 0 to 1"),
        ({"dev": replace(split(9), tokens=split(9).tokens + 1)}, "dev has tokens from 1 to 9, allowed are 0 to 8"),
        ({"dev": replace(split(9), tokens=split(9).tokens[:, :1])}, "train has 2 features, dev has 1"),
        ({"train": replace(split(9), labels=torch.arange(5))}, "train has tokens (9, 2), labels (5,)"),
        ({"train": replace(split(9), tokens=split(9).tokens + 1)}, "train has tokens from 1 to 9, allowed are 0 to 8"),
        ({"train": replace(split(9), labels=split(9).labels - 1)}, "train has labels from -1 to 1, allowed are 0 to 2"),
        ({"train": replace(split(9), tokens=split(9).tokens[:, 1:])}, "train has 1 features, dev has 2"),
    ],
)
def test_what_does_not_fit_together_is_refused(problem, changes, message):
    with pytest.raises(PluginError) as caught:
        replace(problem, **changes)
    assert str(caught.value) == f"problem 'small': {message}"


def test_the_test_split_is_not_looked_at(problem):
    replace(problem, test=split(0))


def test_the_digest_is_of_all_that_a_problem_holds(problem):
    fewer = replace(VOCABULARY, texts=(*VOCABULARY.texts[:-1], "z"))
    kinds = replace(VOCABULARY, kinds=("word",) * 9)
    turned = replace(split(12), labels=2 - split(12).labels)
    changed = [
        {"train": split(31)}, {"dev": turned}, {"test": turned}, {"num_classes": 4}, {"vocabulary": fewer},
        {"vocabulary": kinds}, {"conventions": "as usual"}, {"metrics": {"f1": "maximise"}},
        {"metrics": {"f1": "maximise", "cost": "maximise"}}, {"score_data": {"heads": np.arange(3)}},
        {"score_data": {"heads": np.arange(3) * 0.5}}, {"score_data": {"heads": np.arange(3).reshape(1, 3)}},
    ]  # fmt: skip
    digests = {problem.digest, *(replace(problem, **change).digest for change in changed)}
    assert len(digests) == len(changed) + 1


def test_the_digest_knows_no_name_no_code_and_no_type_of_number(problem):
    heads = np.arange(3, dtype=np.int32)
    wide = Split(tokens=problem.dev.tokens.long(), labels=problem.dev.labels.int())
    same = replace(problem, name="other", score=lambda predict, split: {"f1": 1.0}, dev=wide, metrics={
        "cost": "minimise", "f1": "maximise",
    })  # fmt: skip
    assert same.digest == problem.digest
    one = replace(problem, score_data={"heads": heads, "counted": np.array([True, False])})
    other = replace(problem, score_data={"counted": torch.tensor([1, 0]), "heads": torch.arange(3)})
    assert one.digest == other.digest
