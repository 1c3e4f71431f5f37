"""The result folders beside one, as far as they may have confirmed the same runs; a broken one is passed over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness import files
from harness.errors import HarnessError
from harness.records.folder import MOST_TEXT, ResultFolder
from harness.records.record import Record
from harness.records.results import Results

_CONFIRMED = b'"phase": "confirm"'


def neighbours(results: Results) -> dict[str, Results]:
    """Path → study and confirmation runs of each folder beside the results' own that met the same random draws.

    Nothing for results that come from no folder. Only study.json is read of a folder whose draws were others.
    """
    if results.path is None:
        return {}
    own = results.path.resolve()
    found = {}
    for file in sorted(own.parent.glob("*/study.json")):
        folder = file.parent
        if folder.resolve() == own:
            continue
        try:
            if not _may_share(json.loads(files.read_text(file, most=MOST_TEXT)), results):
                continue
            beside = Results(ResultFolder(folder).existing_study(), {}, path=folder)
            if beside.draws == results.draws:
                shown = str(results.path.with_name(folder.name)) if results.path.name else str(folder)
                records = {record.key: record for record in _confirmed(folder / "records.jsonl")}
                found[shown] = Results(beside.study, records, path=folder)
        except (HarnessError, OSError, ValueError, RecursionError):
            continue
    return found


def _may_share(study: Any, results: Results) -> bool:
    """Whether its confirmation has the same seed: told from plain data, since checking a whole study takes longer."""
    return (
        isinstance(study, dict) and study.get("confirmation_seed", study.get("seed")) == results.study.confirmation_seed
    )


def _confirmed(path: Path) -> list[Record]:
    with files.open_regular(path) as file:
        found = [Record.from_json(json.loads(line)) for line in file if _CONFIRMED in line and line.endswith(b"\n")]
    return [record for record in found if not record.lost]
