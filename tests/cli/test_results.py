"""``harness table``: every table in every format. The other commands are tested with what they show and do."""

from __future__ import annotations

import json

import pytest

from harness.analysis.tables import TABLES

from support.studies import call


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_the_file_s_and_has_as_many_rows_in_every_format(undisturbed, name):
    def shown(*how: str) -> str:
        return call("table", str(undisturbed), name, *how, plugin=False).stdout

    text = (undisturbed / "tables" / f"{name}.csv").read_text()
    assert shown("--format", "csv") == text
    rows = json.loads(shown("--json"))
    assert len(rows) == text.count("\n") - 1
    assert rows == json.loads(shown("--format", "json"))
    for form in ("text", "markdown", "latex"):
        assert shown("--format", form).count("\n") > len(rows)
