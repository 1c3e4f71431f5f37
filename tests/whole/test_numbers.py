"""The figures that a parser of this kind is known to reach, through the real command."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from harness.cli.main import main

from support.paths import EWT


def best_uas(*arguments: str) -> float:
    done = CliRunner().invoke(main, ["train", "--json", *arguments])
    assert done.exit_code == 0, done.output
    return max(point["dev_uas"] for point in json.loads(done.stdout)["curve"])


@pytest.mark.slow
def test_turkish_reaches_78_5_within_5_epochs():
    assert best_uas("--epochs", "5") >= 78.5


@pytest.mark.slow
@pytest.mark.skipif(not EWT.exists(), reason="the English EWT treebank is not beside the checkout")
def test_english_reaches_82_within_4_epochs():
    files = {
        split: f"problem.conllu.{split}={EWT / f'en_ewt-ud-{split}.conllu.xz'}" for split in ("train", "dev", "test")
    }
    overrides = [word for each in files.values() for word in ("--set", each)]
    assert best_uas("--problem", "conllu", *overrides, "--epochs", "4") >= 82.0
