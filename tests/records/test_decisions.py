"""Decisions: a line each, read back as they were; what is none is named; ranges after several rounds."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from harness.errors import ResultError
from harness.plugin.ranges import Options, Range
from harness.records.decisions import Change, Widened, decision_to_line, widened_domains
from harness.records.results import Results

from support.by_hand import folder_of, whole

LR, MOMENTUM = Range(1e-4, 1e-2, "log"), Range(0.1, 0.9, "one_minus_log")
ROUND = Widened(
    repeat=2, round=1, trials=4,
    changes=(
        Change(hyperparameter="optimiser.adam.lr", side="high", old=LR, new=Range(1e-4, 0.1, "log"),
               arms=("adam", "ü")),
        Change(hyperparameter="optimiser.x.size", side="low", old=Range(2, 9, integer=True),
               new=Range(1, 9, integer=True), arms=()),
    ),
)  # fmt: skip


def test_decisions_come_back_as_they_were_and_a_torn_one_is_cut_off(tmp_path):
    folder = folder_of(tmp_path / "out", whole())
    assert folder.decisions() == []  # as of a folder that is older than decisions are
    folder.append_decision(ROUND)
    line = folder.decisions_file.read_bytes()
    assert line.endswith(b"\n")
    assert json.loads(line)["kind"] == "widened"
    with folder.decisions_file.open("ab") as file:
        file.write(line[:-9])
    assert folder.decisions() == [ROUND]
    with folder.locked():
        folder.append_decision(ROUND)
    assert folder.decisions() == [ROUND, ROUND]
    assert Results.of(folder).decisions == [ROUND, ROUND]
    assert Results.of(folder).rounds(2) == [ROUND, ROUND]
    assert Results.of(folder).rounds() == []


GOOD: dict[str, Any] = json.loads(decision_to_line(ROUND))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"kind": "look back"}, "not a decision of this version: kind is one of widened, smallest_difference, looked"),
        ({"round": "1"}, "not a decision: round cannot be '1'"),
        ({"rounds": 1}, "not a decision of this version: rounds missing or not known"),
        ({"trials": ...}, "not a decision of this version: trials missing or not known"),
        ({"changes": [3]}, "not a decision: changes cannot hold 3"),
        ({"changes": [{**GOOD["changes"][0], "side": "left"}]}, "not a decision: side is low or high, got 'left'"),
        ({"changes": [{**GOOD["changes"][0], "arms": [1]}]}, r"not a decision: arms cannot be \[1\]"),
        ({"changes": [{**GOOD["changes"][0], "old": {"low": 3}}]}, "not a decision: old is no range: .*"),
        ({"changes": [{**GOOD["changes"][0], "new": {"options": [3]}}]}, "not a decision: new is no range: .*"),
        ({"changes": [{**GOOD["changes"][0], "new": {"low": 2, "high": 1}}]}, "not a decision: new is no range: .*"),
    ],
)
def test_a_line_that_is_no_decision_is_named(tmp_path, changed, message):
    folder = folder_of(tmp_path / "out", [])
    folder.append_decision(ROUND)
    line = json.dumps({name: value for name, value in {**GOOD, **changed}.items() if value is not ...})
    with folder.decisions_file.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(ResultError) as caught:
        folder.decisions()
    assert re.fullmatch(f"{re.escape(str(folder.decisions_file))}:2: {message}", str(caught.value))


def test_ranges_grow_round_by_round_where_they_are_searched():
    space = {"optimiser.adam.lr": LR, "optimiser.adam.beta1": MOMENTUM, "dropout": Options(("constant", "linear"))}
    wider, widest = Range(1e-4, 0.1, "log"), Range(1e-4, 1.0, "log")
    change = Change(hyperparameter="optimiser.adam.lr", side="high", old=wider, new=widest, arms=("adam",))
    second = Widened(repeat=2, round=2, trials=4, changes=(change,))
    assert widened_domains(space, []) == space
    assert widened_domains(space, [ROUND]) == {**space, "optimiser.adam.lr": wider}
    assert widened_domains(space, [ROUND, second]) == {**space, "optimiser.adam.lr": widest}
