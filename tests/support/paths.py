"""Where things lie that tests need."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The project's folder."""
TINY = str(Path(__file__).with_name("tiny.py"))
"""The plugin of the tests."""
TINY_DIGEST = "38b94c45f14403507a9221f8cacd6bc226c8c74086ea88306a6baf49515c0564"
"""The digest of its problem."""
EWT = ROOT.parent / "shared" / "data" / "ud-english-ewt"
"""English EWT, where it lies beside the project."""
