"""``harness train``: one configuration by hand, its curve, its metrics, and the model that it saves."""

from __future__ import annotations

import json

import pytest
import torch

import harness
from harness.plugin.registry import build_registry
from harness.training.evaluation import predictor

from support.studies import call

TRAIN = ["train", "--problem", "tiny", "--epochs", "2", "--set", "model.hidden_dim=8", "--set", "model.embedding_dim=4"]


def test_train_shows_the_curve_and_prints_the_metrics():
    result = call(*TRAIN, "--set", "training.batch_size=100")
    names = ["batch_loss", "train_loss", "train_accuracy", "dev_loss", "dev_accuracy", "dev_hits"]
    assert [line.partition("\t")[0] for line in result.stdout.splitlines()] == [*names, "hits on all 100 examples"]
    shown = result.stderr.splitlines()
    assert shown[0].startswith("tiny: dropout constant(rate=0.5), ")
    assert [line.split()[:4] for line in shown[1:]] == [["step", "3", "of", "6"], ["step", "6", "of", "6"]]
    assert [line.split()[4::2] for line in shown[1:]] == [names, names]


def test_train_tells_of_passes_where_a_step_takes_more_than_one():
    words = [*TRAIN, "--set", "regularisers=sam"]
    assert "passes_per_step\t2.0000" in call(*words).stdout.splitlines()
    shown = json.loads(call(*words, "--json").stdout)
    assert (shown["steps"], shown["passes"]) == (2, 4)


def test_train_uses_the_components_own_defaults_whatever_their_space_is():
    shown = json.loads(call(*TRAIN, "--optimiser", "sgd", "--json").stdout)
    assert shown["configuration"]["choices"]["optimiser"] == {
        "name": "sgd", **build_registry().component("optimiser", "sgd").defaults,
    }  # fmt: skip
    assert shown["reason"] == ""
    assert [point["step"] for point in shown["curve"]] == [1, 2]


def test_train_takes_every_override_and_is_reproducible():
    words = [*TRAIN, "--json", "--set", "dropout=linear", "--set", "dropout.linear.start=0.125",
             "--set", "optimiser.adam.lr=0.25", "--set", "problem.tiny.seed=3"]  # fmt: skip
    one, same, other = (json.loads(call(*words, "--set", f"seed={seed}").stdout) for seed in (1, 1, 2))
    assert one["configuration"]["choices"]["dropout"] == {"name": "linear", "start": 0.125, "end": 0.0}
    assert one["configuration"]["choices"]["optimiser"]["lr"] == 0.25
    assert one["curve"] == same["curve"] != other["curve"]


@pytest.mark.parametrize(
    ("overrides", "messages"),
    [
        (
            ['optimiser=["adam", "sgd"]'],
            ["choices.optimiser: harness train runs one configuration: name one component, and nothing to search"],
        ),
        (
            ["optimiser.adam.lr=[0.1, 0.2]"],
            ["space.optimiser.adam.lr: harness train runs one configuration: give one value"],
        ),
        (
            ["dropout.constant.rate={low = 0.1, high = 0.2}"],
            ["space.dropout.constant.rate: harness train runs one configuration: give one value"],
        ),
        (['dropout={name="constant", search=["rate"]}'],
         ["choices.dropout: harness train runs one configuration: name one component, and nothing to search"]),
    ],
)  # fmt: skip
def test_train_runs_one_configuration(overrides, messages):
    words = [word for each in overrides for word in ("--set", each)]
    result = call(*TRAIN, *words, code=2)
    assert result.stderr == "".join(
        f"error: --set {each}: {message}\n" for each, message in zip(overrides, messages, strict=True)
    )


def test_a_run_by_hand_that_fails_is_1_and_saves_nothing(tmp_path):
    path = tmp_path / "m.safetensors"
    result = call(*TRAIN, "--optimiser", "raising", "--epochs", "9", "--save", str(path), code=1)
    assert result.stdout == ""
    assert result.stderr.endswith("error: the run failed: RuntimeError: raised after 3 steps\n")
    assert not path.exists()
    shown = json.loads(call(*TRAIN, "--optimiser", "raising", "--epochs", "9", "--json", code=1).stdout)
    assert shown["reason"] == "RuntimeError: raised after 3 steps"


def test_a_saved_model_gives_the_same_logits(tmp_path, tiny, monkeypatch):
    trained = []
    from harness.phases import single

    real = single.save
    monkeypatch.setattr(single, "save", lambda path, model, *rest: (trained.append(model), real(path, model, *rest)))
    path = tmp_path / "m.safetensors"
    result = call(*TRAIN, "--save", str(path))
    assert result.stderr.splitlines()[-1] == f'saved: {path}   (python: harness.load("{path}"))'
    loaded = harness.load(path)
    expected, found = predictor(trained[0])(tiny.dev.tokens), predictor(loaded.model)(tiny.dev.tokens)
    assert torch.equal(found, expected)
    assert expected.std() > 0
    accuracy = 100 * (found.argmax(1) == tiny.dev.labels).double().mean().item()
    assert f"dev_accuracy\t{accuracy:.4f}\n" in result.stdout
    assert loaded.vocabulary == tiny.vocabulary
    assert loaded.metrics["dev_accuracy"] == accuracy
