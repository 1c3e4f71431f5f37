"""Kinds: one row each, which agrees with the hooks, with the tables by kind, and with what is on disk."""

from __future__ import annotations

import inspect

from harness.conformance.kit import CHECKS
from harness.plugin import hookspecs
from harness.plugin.kinds import CHOICES, KINDS, PROBLEM, REGULARISER
from harness.plugin.registry import EXECUTORS


def test_study_files_and_folders_know_the_kinds_by_these_words():
    assert list(KINDS) == ["problem", "embedding", "initialiser", "optimiser", "lr_schedule", "dropout", "regularisers"]
    assert CHOICES == ("embedding", "initialiser", "optimiser", "lr_schedule", "dropout", "regularisers")
    assert [str(kind) for kind in KINDS.values()] == list(KINDS)
    assert {choice: kind.name for choice, kind in KINDS.items() if kind.name != choice} == {
        "regularisers": "regulariser"
    }


def test_every_kind_has_a_hook_of_its_own_and_checks():
    hooks = [name for name in vars(hookspecs) if name.startswith("register_")]
    assert [*(kind.hook for kind in KINDS.values()), EXECUTORS] == hooks, "an executor is no component of a study"
    assert list(CHECKS) == list(KINDS.values())


def test_the_hook_s_own_words_name_what_a_component_is_given():
    for kind in KINDS.values():
        told = inspect.getdoc(getattr(hookspecs, kind.hook)) or ""
        assert f"({', '.join((*kind.provided, '*'))}, " in told
        assert ("generator, " in told) == kind.draws


def test_a_kind_in_a_sentence():
    assert [f"{kind.article} {kind.noun}" for kind in KINDS.values()] == [
        "a problem",
        "an embedding",
        "an initialiser",
        "an optimiser",
        "a learning-rate schedule",
        "a dropout schedule",
        "a regulariser",
    ]


def test_only_schedules_of_a_rate_have_an_average_and_only_regularisers_are_joined():
    assert all(kind.is_schedule for kind in KINDS.values() if kind.has_average)
    assert [kind for kind in KINDS.values() if kind.is_joined] == [REGULARISER]
    assert [kind for kind in KINDS.values() if not kind.is_choice] == [PROBLEM]
