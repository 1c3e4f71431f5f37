"""Some hundred damaged inputs of every kind, always the same; ``make fuzz`` tries thousands of others."""

from __future__ import annotations

import os

import pytest

from support.paths import ROOT

INPUTS = 200


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(ROOT / "tests" / "fuzz")


KINDS = ("study file", "table", "table of runs", "CoNLL-U", "vectors", "array", "model", "result folder")


def test_every_kind_is_tried():
    from targets import TARGETS

    assert tuple(TARGETS) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_whole_is_read(kind, tmp_path):
    from fuzzing import read
    from targets import TARGETS

    path = tmp_path / "in"
    path.mkdir()
    for name, data in TARGETS[kind].whole().items():
        (path / name).write_bytes(data)
        assert read(TARGETS[kind], path / name) is None


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_inputs_are_read_or_refused_in_one_line(kind):
    from fuzzing import fuzz

    tally = fuzz(kind, INPUTS, 0)
    assert tally.wrong == []
    assert tally.tried == INPUTS
    assert tally.refused > INPUTS / 5, "the damage shows"


def test_what_is_wrong_is_told(monkeypatch):
    import fuzzing
    from targets import TARGETS, Target

    def read(path):
        text = path.read_bytes()
        if text == b"late":
            while True:
                pass
        if text == b"raw":
            raise fuzzing.HarnessError("")
        raise KeyError(os.fsdecode(text))

    texts = iter([b"late", b"raw", b"wrong"])
    monkeypatch.setattr(fuzzing, "SECONDS", 1)
    monkeypatch.setitem(TARGETS, "x", Target(lambda: {"x": b"x"}, read, lambda *_: next(texts)))
    tally = fuzzing.fuzz("x", 3, 0)
    assert [line.split(": ")[1].split(" at ")[0] for line in tally.wrong] == [
        "TooLateError", "an error of no or unprintable text", "KeyError",
    ]  # fmt: skip
