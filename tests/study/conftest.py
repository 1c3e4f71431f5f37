"""From the text of a study to its plan, or to the message that says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import StudyError
from harness.study.plan import Plan, plan_from_file


@pytest.fixture
def plan(registry, tmp_path, monkeypatch):
    """A function from the text of a study, or its bytes, and ``--set`` overrides to a plan."""
    monkeypatch.chdir(tmp_path)

    def make(text: str | bytes, *overrides: str) -> Plan:
        path = Path("x.toml")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return plan_from_file(path, overrides, registry)

    return make


@pytest.fixture
def fault(plan):
    """A function from the text of a study and ``--set`` overrides to the whole message."""

    def make(text: str | bytes, *overrides: str) -> str:
        with pytest.raises(StudyError) as caught:
            plan(text, *overrides)
        return str(caught.value)

    return make
