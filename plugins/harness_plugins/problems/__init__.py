"""Treebanks to parse: the embedded Turkish ones, and anybody's in CoNLL-U files; and anybody's tables."""

from __future__ import annotations

import harness
from harness_plugins.problems.table import table_files
from harness_plugins.problems.treebanks import conllu_files, turkish_web


@harness.hookimpl
def register_problems(register: harness.Register) -> None:
    """The three problems."""
    register("turkish-web", turkish_web, default=True)
    register("conllu", conllu_files)
    register("table", table_files)
