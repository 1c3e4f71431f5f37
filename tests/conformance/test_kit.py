"""The kit: its table of checks, and what it makes of what a check finds."""

from __future__ import annotations

import re
from pathlib import Path

import harness
from harness.conformance.kit import CHECKS, examine, examine_all, name_of
from harness.plugin.kinds import DROPOUT

from support.examining import component


def test_every_check_has_a_test_file_that_is_named_after_it():
    files = {path.stem for path in (Path(__file__).parent / "checks").glob("test_*.py")}
    assert files == {f"test_{name_of(check)}" for checks in CHECKS.values() for check in checks}


def test_every_component_given_is_examined_with_its_values_and_counted():
    def needs(progress, *, rate: float):
        """A rate that must be given."""
        return rate

    subject = component("dropout", needs)
    [without] = examine_all([subject], {})
    assert (without.faults, without.unchecked) == (1, len(CHECKS[DROPOUT]))
    assert without.findings[0].name == "values"
    [given] = examine_all([subject], {("dropout", "subject"): {"rate": 0.25}})
    assert (given.faults, given.unchecked, len(given.findings)) == (0, 0, len(CHECKS[DROPOUT]))


def nan(progress):
    """Not a number."""
    return float("nan")


def test_nothing_is_examined_of_what_cannot_be_trained_with():
    *held, last = examine(component("dropout", nan), {})
    assert [each.name for each in held] == ["description"]
    assert last.wrong == "a training with it fails: ValueError: a drop rate is in [0, 1), got nan"
    assert (last.name, last.proves.partition(",")[0]) == ("training", "A model trains with it")


def test_what_goes_wrong_inside_a_component_is_a_finding():
    def fussy(progress, *, rate: float = 0.3):
        """Fails for a rate of 0.1 or less, which its range has."""
        return 1 / (rate > 0.1) * rate

    found = {each.name: each.wrong for each in examine(component("dropout", fussy, space=RATE), {})}
    assert re.fullmatch(r"it fails: .*test_kit\.py:\d+: ZeroDivisionError: division by zero", found["range"])
    assert found["space"].startswith("rate = 0.0 is in its range [0, 0.5] and cannot be used: ZeroDivisionError")


RATE = {"rate": harness.linear(0.0, 0.5)}
