"""A study file's plan, or its faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import StudyError
from harness.plugin.registry import Registry
from harness.study.plan import Plan, plan_from_file

from support.studies import STUDY, write_study

CHOICE = 'optimiser = [{ name = "adam", search = ["lr"] }, { name = "sgd", search = ["lr", "nesterov"] }]'
"""The choices of STUDY."""


def planned(registry: Registry, folder: Path, choices: str, compare: str = "optimiser", more: str = "") -> Plan:
    text = STUDY.replace(CHOICE, choices).replace('["optimiser"]', f'["{compare}"]')
    return plan_from_file(write_study(folder, text + more), (), registry)


def faults(registry: Registry, folder: Path, choices: str, **how: str) -> list[str]:
    with pytest.raises(StudyError) as caught:
        planned(registry, folder, choices, **how)
    return [line.partition("study.toml:")[2] for line in str(caught.value).splitlines()]
