"""Where things lie that tests need."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The project's folder."""
TINY = str(Path(__file__).with_name("tiny.py"))
"""The plugin of the tests."""
EWT = ROOT.parent / "shared" / "data" / "ud-english-ewt"
"""English EWT, where it lies beside the project."""
