"""``harness.train`` gives a model as ``harness.load`` does."""

from __future__ import annotations

import json

import pytest
import torch

import harness
from harness.errors import DataError, HarnessError, StudyError

from support.paths import TINY
from support.studies import call

SMALL = {"model.hidden_dim": 8, "model.embedding_dim": 4}


def train(**how: object) -> object:
    return harness.train(**{"problem": "tiny", "epochs": 2, "set": SMALL, "plugins": [TINY], **how})


def test_the_model_is_the_one_that_is_saved_and_the_commands(tmp_path, tiny, capsys):
    path = tmp_path / "m.safetensors"
    model, loaded = train(save=path, seed=3), harness.load(path)
    assert torch.equal(model.logits(tiny.dev.tokens), loaded.logits(tiny.dev.tokens))
    assert (model.metrics, model.configuration, model.problem) == (loaded.metrics, loaded.configuration, "tiny")
    assert capsys.readouterr().err == ""
    words = ["--set", "model.hidden_dim=8", "--set", "model.embedding_dim=4", "--set", "seed=3"]
    shown = json.loads(call("train", "--problem", "tiny", "--epochs", "2", *words, "--json").stdout)
    assert {name: value for name, value in shown["curve"][-1].items() if name != "step"} == model.metrics


def test_the_seed_is_one_of_the_changes():
    assert train(seed=1).metrics == train(set={**SMALL, "seed": 1}).metrics != train().metrics


def test_it_can_be_watched(capsys):
    train(progress=True)
    shown = capsys.readouterr().err.splitlines()
    assert shown[0].startswith("tiny: ")
    assert [line.split()[0] for line in shown[1:]] == ["step", "step"]


def test_a_run_that_fails_says_why(tmp_path):
    with pytest.raises(HarnessError, match=r"^the run failed: RuntimeError: raised after 3 steps$"):
        train(optimiser="raising", epochs=9, save=tmp_path / "m.safetensors")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DataError, match="cannot be written: no folder"):
        train(save=tmp_path / "no" / "m.safetensors")
    with pytest.raises(StudyError, match="unknown optimiser 'adamm', did you mean 'adam"):
        train(optimiser="adamm")
