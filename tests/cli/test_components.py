"""``harness list`` and ``harness show``: the components that there are, and what is known of one."""

from __future__ import annotations

import json

from harness.cli.components import show_component
from harness.plugin.kinds import KINDS
from harness.plugin.registry import Registry, build_registry

from support.paths import TINY
from support.studies import call


def families(registry: Registry, kind: str) -> list[str]:
    return [f"{name}:*" for name in registry.families(kind)]


def test_list_is_a_table_of_everything():
    lines = call("list").stdout.splitlines()
    assert lines[0].split() == ["kind", "name", "what", "it", "is", "plugin"]
    registry = build_registry([TINY])
    assert [line.split()[:2] for line in lines[1:]] == [
        [kind, name] for kind in KINDS for name in (*registry.names(kind), *families(registry, kind))
    ]
    assert all(line.endswith(("built_in", TINY)) for line in lines[1:])


def test_list_of_one_kind_and_as_json():
    names = [each["name"] for each in json.loads(call("list", "optimiser", "--json").stdout)]
    registry = build_registry([TINY])
    assert names == [*registry.names("optimiser"), *families(registry, "optimiser")]
    assert [line.split()[1] for line in call("list", "optimiser").stdout.splitlines()[1:]] == names
    assert {each["kind"] for each in json.loads(call("list", "--json").stdout)} == set(KINDS)


def test_show():
    assert call("show", "optimiser", "slow").stdout == (
        f"optimiser slow   (plugin {TINY})\n"
        "\n"
        "SGD that takes its time, so that a test can interrupt it.\n"
        "\n"
        "hyperparameter  type   default  searched in\n"
        "lr              float  0.1      [0.001, 0.1] log\n"
        "pause           float  0.01\n"
    )
    assert call("show", "initialiser", "zeros", plugin=False).stdout.endswith("\n\nno hyperparameters\n")


def test_show_json():
    shown = json.loads(call("show", "optimiser", "slow", "--json").stdout)
    source = shown.pop("source")
    assert len(source) == 12
    assert shown == {
        "kind": "optimiser", "name": "slow", "description": "SGD that takes its time, so that a test can interrupt it.",
        "reference": "", "plugin": TINY, "version": "",
        "hyperparameters": {
            "lr": {
                "type": "float", "default": 0.1, "required": False, "unset": "", "allowed": [],
                "space": {"low": 0.001, "high": 0.1, "scale": "log", "integer": False},
            },
            "pause": {"type": "float", "default": 0.01, "required": False, "unset": "", "allowed": [], "space": None},
        },
    }  # fmt: skip


def test_every_component_can_be_shown():
    registry = build_registry()
    for kind in KINDS:
        for name in registry.names(kind):
            shown = show_component(registry.component(kind, name), as_json=False, width=None)
            assert shown.startswith(f"{kind} {name}   (plugin built_in ")
