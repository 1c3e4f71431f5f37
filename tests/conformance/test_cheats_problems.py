"""Problems that break what they promise."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest
import torch

import harness

from support.examining import accused


def splits(seed: int = 0, classes: int = 2) -> dict[str, harness.Split]:
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for name in ("train", "dev", "test"):
        tokens = torch.randint(10, (60, 3), generator=generator, dtype=torch.int32)
        found[name] = harness.Split(tokens=tokens, labels=tokens[:, 0].long() % classes)
    return found


def problem(**given) -> harness.Problem:
    vocabulary = harness.Vocabulary(texts=tuple(map(str, range(10))), kinds=("digit",) * 10)
    parts = {"name": "p", **splits(), "num_classes": 2, "vocabulary": vocabulary, "digest": "0"} | given
    return harness.Problem(**parts)


def honest(*, seed: int = 0):
    """Two classes that a feature tells apart."""
    return problem(**splits(seed), digest=str(seed))


def global_draws(*, seed: int = 0):
    """Permutes the rows."""
    np.random.seed(seed)
    random.seed(seed)
    torch.manual_seed(seed)
    order = torch.randperm(60)[torch.from_numpy(np.random.permutation(60))]
    train = splits(random.randrange(3))["train"]
    return problem(train=harness.Split(tokens=train.tokens[order], labels=train.labels[order]), digest=str(seed))


def another_each_time():
    """Of today."""
    return problem(**splits(int(time.time()) % 1000))


def digest_each_time():
    """The same under another name."""
    return problem(digest=str(time.time_ns()))


def same_digest(*, seed: int = 0):
    """Another one under the same name."""
    return problem(**splits(seed))


def ignores(*, seed: int = 0):
    """Names what it ignores."""
    return problem(digest=str(seed))


def selects_by_test():
    """Tests on what it selects by."""
    found = splits()
    return problem(test=found["dev"])


def no_metric():
    """Declares what it does not measure."""
    return problem(metrics={"f1": "maximise"}, score=lambda predict, split: {})


def random_metric():
    """Measures by chance."""
    return problem(metrics={"f1": "maximise"}, score=lambda predict, split: {"f1": random.random()})


def out_of_range():
    """Has a class more in the test split."""
    return problem(test=splits(classes=3)["test"])


def wrong_type():
    """Has labels that no loss takes."""
    train = splits()["train"]
    return problem(train=harness.Split(tokens=train.tokens, labels=train.labels.to(torch.int32)))


def no_problem():
    """Returns a part of one."""
    return splits()["train"]


@pytest.mark.parametrize(
    ("cheat", "check", "message"),
    [
        (
            global_draws,
            "loading",
            "it draws from NumPy's and Python's and torch's global stream: make a generator with a seed of its own",
        ),
        (another_each_time, "same_data", "loaded twice, its train split differs: draw from a generator with a seed"),
        (digest_each_time, "same_data", "loaded twice, its digest differs: derive it from the data and their"),
        (same_digest, "hyperparameters", "seed = 1 changes the data, and not the digest"),
        (ignores, "hyperparameters", "seed changes nothing: use it, or take it out; tried 1"),
        (selects_by_test, "splits", "its dev and its test split are the same examples"),
        (no_metric, "score", "it declares the metrics ['f1'], and its score has []"),
        (random_metric, "score", "its score of one model is {'f1': "),
        (out_of_range, "splits", "test has labels from 0 to 2, of 2"),
        (no_problem, "loading", "it returns Split("),
    ],
)
def test_problems(cheat, check, message):
    found = accused("problem", cheat)
    assert found.keys() == {check}
    assert found[check].startswith(message)


def test_labels_that_no_loss_takes_are_seen_and_cannot_be_trained_on():
    found = accused("problem", wrong_type)
    assert found.keys() == {"splits", "fitting"}
    assert found["splits"] == "train has tokens torch.int32 and labels torch.int32: torch.int32 and torch.int64"
    assert found["fitting"].startswith("a training on it fails: ")


def test_an_honest_one():
    assert accused("problem", honest) == {}
