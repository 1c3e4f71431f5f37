"""The check that the three splits of a problem are apart, and their numbers in range."""

from __future__ import annotations

import pytest

from support.examining import accused, fault, only_fault
from support.plain import honest, problem, splits, wrong_type


def selects_by_test():
    """Tests on what it selects by."""
    found = splits()
    return problem(test=found["dev"])


def out_of_range():
    """Has a class more in the test split."""
    return problem(test=splits(classes=3)["test"])


@pytest.mark.parametrize(
    ("cheat", "message"),
    [
        (selects_by_test, "its dev and its test split are the same examples"),
        (out_of_range, "test has labels from 0 to 2, of 2"),
    ],
)
def test_problem(cheat, message):
    assert only_fault("splits", "problem", cheat).startswith(message)


def test_labels_that_no_loss_takes():
    found = accused("problem", wrong_type)
    assert found.keys() == {"splits", "fitting"}
    assert found["splits"] == "train has tokens torch.int32 and labels torch.int32: torch.int32 and torch.int64"


def test_three_splits_of_their_own_pass():
    assert fault("splits", "problem", honest) == ""
