"""A saved model comes back whole, from a file without pickle."""

from __future__ import annotations

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

import harness
from harness.training.engine import train
from harness.training.saving import save

from support.cohorts import cohort_of, configure


@pytest.fixture
def saved(registry, tiny, tmp_path):
    configuration = configure(registry, model={"hidden_dim": 12})
    [outcome] = train(cohort_of(configuration), tiny, registry)
    path = tmp_path / "model.safetensors"
    save(path, outcome.model, configuration, tiny, {"dev_accuracy": 40.0})
    return path, outcome, configuration


def test_weights_configuration_and_vocabulary_come_back(saved, tiny):
    path, outcome, configuration = saved
    loaded = harness.load(path)
    assert loaded.configuration == configuration
    assert loaded.configuration.fingerprint == configuration.fingerprint
    assert loaded.vocabulary == tiny.vocabulary
    assert loaded.problem == "tiny"
    assert loaded.metrics == {"dev_accuracy": 40.0}
    for name, weight in outcome.model.state_dict().items():
        assert torch.equal(weight, loaded.model.state_dict()[name])


def test_it_classifies_as_the_trained_model_does(saved, tiny):
    path, outcome, _ = saved
    loaded = harness.load(path)
    with torch.no_grad():
        expected = outcome.model(tiny.dev.tokens)
    torch.testing.assert_close(loaded.logits(tiny.dev.tokens), expected)  # by pairs, so up to rounding
    assert torch.equal(loaded.classify(tiny.dev.tokens), expected.argmax(1))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.unlink(), "no such file"),
        (lambda path: path.write_bytes(b""), "not a safetensors file: "),
        (lambda path: path.write_bytes(path.read_bytes()[:-10]), "not a safetensors file: "),
        (lambda path: path.write_bytes(b"\x80\x04K\x01."), "not a safetensors file: "),
    ],
)
def test_a_damaged_file_is_one_clear_line(saved, damage, message):
    path = saved[0]
    damage(path)
    with pytest.raises(harness.DataError) as error:
        harness.load(path)
    assert str(error.value).startswith(f"{path}: {message}")


LAYERS = [f"{layer}.{part}" for layer in ("hidden", "output") for part in ("weight", "bias")] + ["embedding.weight"]


@pytest.mark.parametrize(
    "spoil",
    [
        *(lambda facts, weights, name=name, text=text: facts.update({name: text})
          for name in ("configuration", "vocabulary", "metrics")
          for text in ("", "{", "null", "3", "[1, 2]", '[["a"]]')),
        *(lambda facts, weights, name=name: facts.pop(name)
          for name in ("configuration", "vocabulary", "metrics", "problem")),
        *(lambda facts, weights, name=name: weights.pop(name) for name in LAYERS),
        *(lambda facts, weights, name=name: weights.update({name: torch.zeros(2)}) for name in LAYERS),
        *(lambda facts, weights, name=name: weights.update({name: weights[name].double()}) for name in LAYERS),
        lambda facts, weights: weights.update(more=torch.zeros(2)),
        lambda facts, weights: facts.update(vocabulary='[["a"], ["b"]]'),
    ],
)  # fmt: skip
def test_whatever_is_spoilt_in_a_model_is_one_line(saved, spoil):
    path = saved[0]
    with safe_open(path, framework="pt") as file:
        facts, weights = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    spoil(facts, weights)
    save_file(weights, path, facts)
    with pytest.raises(harness.DataError) as error:
        harness.load(path)
    assert str(error.value).startswith(f"{path}: a damaged model: ")
    assert "\n" not in str(error.value)


def test_a_strange_safetensors_file_is_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"x": torch.ones(2)}, path)
    with pytest.raises(harness.DataError, match="not a model of this version: format is None"):
        harness.load(path)


def test_a_folder_that_cannot_be_written_is_one_clear_line(saved, tiny, tmp_path):
    _, outcome, configuration = saved
    with pytest.raises(harness.DataError, match="cannot be written: "):
        save(tmp_path / "nowhere" / "m.safetensors", outcome.model, configuration, tiny, {})
