"""studies/notebook.md: its code is run, in order, and prints what stands below it."""

from __future__ import annotations

import contextlib
import io
import re

import matplotlib
import matplotlib.pyplot as plt
import pytest

from support.paths import ROOT

PAGE = (ROOT / "studies" / "notebook.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```\n(?:\n```\n(.*?)^```\n)?", PAGE, re.MULTILINE | re.DOTALL)


def words(printed: str) -> list[str]:
    """What is printed, but for the numbers, whose last digits are the machine's."""
    return re.sub(r"[+−-]?\d[\d.]*", "#", printed).split()


@pytest.mark.slow
def test_the_page_says_what_its_code_prints(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    with matplotlib.rc_context({"backend": "svg"}):
        for code, expected in BLOCKS:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(code, "studies/notebook.md", "exec"), names)
            assert words(printed.getvalue()) == words(expected), code
        plt.close("all")
    assert (tmp_path / "learning_rates.svg").stat().st_size > 1000
    assert (tmp_path / "results" / "digits" / "report.html").is_file()
    assert names["results"]._repr_html_().count("<svg") == 1


def test_the_page_names_every_table():
    from harness.analysis.tables import TABLES

    assert set(TABLES) - {"time_to_target_seconds"} <= set(re.findall(r"`(\w+)`", PAGE))
