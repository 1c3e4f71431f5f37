"""The names of pytorch_optimizer's optimisers: near misses, reasons, and what the command line shows of them."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version

import pytest
from click.testing import CliRunner

from harness.cli.main import main
from harness.errors import PluginError
from harness.plugin.registry import Registry, build_registry


def refused(registry: Registry, name: str) -> str:
    with pytest.raises(PluginError) as caught:
        registry.component("optimiser", f"pytorch_optimizer:{name}")
    return str(caught.value)


def call(*words: str) -> str:
    done = CliRunner().invoke(main, words, env={"COLUMNS": "300"})
    assert done.exit_code == 0, done.output
    return done.stdout


def test_what_cannot_be_used_says_why(registry: Registry) -> None:
    assert refused(registry, "lomo") == (
        "lomo of pytorch_optimizer takes its steps within the backward pass, which the harness does itself"
    )


@pytest.mark.parametrize(("typed", "meant"), [("Lion", "lion"), ("LBFGS", "lbfgs"), ("adamwm", "adamw")])
def test_a_member_has_one_name(registry: Registry, typed: str, meant: str) -> None:
    assert refused(registry, typed) == (
        f"unknown optimiser 'pytorch_optimizer:{typed}', did you mean 'pytorch_optimizer:{meant}'? "
        "known: harness list optimiser 'pytorch_optimizer:*'"
    )


def test_one_that_resembles_none(registry: Registry) -> None:
    assert refused(registry, "") == (
        "unknown optimiser 'pytorch_optimizer:'; known: harness list optimiser 'pytorch_optimizer:*'"
    )


def test_without_the_package_its_members_alone_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytorch_optimizer", None)
    line = "the optimisers of pytorch_optimizer need a package more: pip install 'optimiser-harness[optimisers]'"
    assert refused(build_registry(), "lion") == line
    assert "pytorch_optimizer:*  Every optimiser of the package pytorch_optimizer. " in call("list", "optimiser")
    failed = CliRunner().invoke(main, ["list", "optimiser", "pytorch_optimizer:*"])
    assert (failed.exit_code, failed.stderr) == (2, f"error: {line}\n")


def test_they_are_listed_with_why_some_cannot_be_used() -> None:
    lines = {line.split()[1]: line for line in call("list", "optimiser", "pytorch_optimizer:*").splitlines()}
    assert len(lines) == 129
    assert "cannot be used: magma of pytorch_optimizer wraps another" in lines["pytorch_optimizer:magma"]
    assert "Sign based updates" in lines["pytorch_optimizer:lion"]
    found = json.loads(call("list", "optimiser", "pytorch_optimizer:li*", "--json"))
    assert [(each["name"], each["hyperparameters"]["lr"]["default"]) for each in found] == [
        ("pytorch_optimizer:lion", 1e-4)
    ]


def test_one_is_shown() -> None:
    shown = call("show", "optimiser", "pytorch_optimizer:lion")
    assert "\nlr: Learning rate." in shown
    assert "foreach" not in shown
    assert "beta2            float  0.99" in shown


def test_what_is_done_about_one_is_shown() -> None:
    shown = call("show", "optimiser", "pytorch_optimizer:galore")
    assert "\nThe gradient of the hidden weight has ``rank`` dimensions" in shown
    assert "rank             int    128" in shown


def test_a_record_says_which_version_of_the_library_it_was() -> None:
    origin = build_registry().component("optimiser", "pytorch_optimizer:lion").origin
    assert (origin["plugin"], origin["version"]) == ("pytorch_optimizer", version("pytorch_optimizer"))
