"""Treebanks to parse: the embedded Turkish ones, and anybody's in CoNLL-U files; and anybody's tables."""

from __future__ import annotations

import harness
from harness_plugins.problems import conllu, table, turkish_web

RULES = (turkish_web, conllu, table)


@harness.hookimpl
def register_problems(register: harness.Register) -> None:
    """The three problems, each by its own file."""
    for rule in RULES:
        rule.register_problems(register)
