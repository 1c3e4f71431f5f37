"""The values and settings that a component is examined at."""

from __future__ import annotations

from harness import integers, linear, log, options
from harness.conformance.subject import Subject, at_values

from support.examining import component


def schedule(progress, *, rate: float = 0.5, jumps: int = 4, on: bool = False, path: str = "", way: str = "a"):
    """Anything."""
    return rate / jumps if on else rate


def subject(values=None, **space) -> Subject:
    return Subject(component=component("dropout", schedule, space=space), values=values or {})


def test_other_values_are_of_the_range_where_there_is_one():
    space = {"rate": linear(0.0, 0.5), "way": options("a", "b"), "jumps": integers(1, 9)}
    usual = subject(**space)
    assert usual.other_values("rate") == [0.0, 0.25, 0.375]
    assert usual.other_values("jumps") == [9, 1, 5, 7]
    assert usual.other_values("way") == ["b"]
    assert usual.typical_other_value("rate") == 0.25
    assert subject({"rate": 0.25}, **space).typical_other_value("rate") == 0.375


def test_other_values_without_a_range():
    usual = subject()
    assert usual.other_values("rate") == [0.25, 0.75, 0.1, 0.9]
    assert usual.other_values("jumps") == [5, 2, 9, 1]
    assert usual.other_values("on") == [True]
    assert usual.other_values("path") == []
    assert usual.typical_other_value("path") is None
    assert subject({"on": True}).typical_other_value("on") is False


def test_settings_are_the_values_and_as_many_others_as_work():
    assert subject({"path": "x"}).settings == [{"path": "x"}, {"path": "x", "rate": 0.25, "jumps": 5, "on": True}]
    too_high = {"rate": log(0.4, 20.0)}  # its middle is 2.8, no rate
    assert subject(**too_high).settings == [{}, {"jumps": 5, "on": True, "rate": 2.8284271247461903}]
    assert subject({"on": False}, **too_high).settings == [{"on": False}, {"on": False, "jumps": 5}]


def test_settings_are_found_once_and_belong_to_one_subject_alone():
    one, other = subject(), subject({"path": "x"})
    assert one.settings is one.settings
    assert other.settings != one.settings == subject().settings


def test_values_end_a_message():
    assert at_values({"a": 1, "b": 2}) == ", at a=1, b=2"
    assert at_values({}) == ""
