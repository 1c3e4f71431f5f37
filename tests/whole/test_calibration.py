"""The calibration at toy size: it runs the real functions and prints every table; the page has the measured ones."""

from __future__ import annotations

import numpy as np
import pytest

from support.paths import ROOT

CALIBRATION = ROOT / "tests" / "calibration"
PAGE = CALIBRATION.parents[1] / "results" / "calibration.md"


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(CALIBRATION)


def body(text):
    """The lines of the tables below their headers, by title."""
    return {part.partition("\n")[0]: part.strip().splitlines()[4:] for part in text.split("### ")[1:]}


def test_a_toy_calibration_prints_every_table_of_the_page(capsys):
    from calibrating import main

    main(["--replicates", "2", "--jobs", "1"])
    printed = capsys.readouterr().out
    page = PAGE.read_text()
    assert [len(rows) for rows in body(printed).values()] == [6, 12, 4, 7]
    assert "nan" not in printed
    for line in printed.splitlines():
        if line.startswith("###"):
            assert line in page
        assert not line.startswith("| ---") or line in page
    for title, rows in body(printed).items():
        for row in rows:
            case = " | ".join(row.split(" | ")[:2])
            assert any(line.startswith(case) for line in page.splitlines()), (title, case)


@pytest.mark.parametrize("shape", ["normal", "skewed"])
def test_the_drawn_differences_have_the_truth_and_the_spread_that_they_claim(shape):
    from drawing import draw, first

    baseline, same, other = draw(np.random.default_rng(0), shape, 40_000, [0.0, 2.0])
    for arm, truth in ((same, 0.0), (other, 2.0)):
        gaps = np.array([arm.scores[seed] - baseline.scores[seed] for seed in range(40_000)])
        assert gaps.mean() == pytest.approx(truth, abs=0.02)
        assert gaps.std() == pytest.approx(1, abs=0.02)
        skewness = ((gaps - gaps.mean()) ** 3).mean()
        assert skewness == pytest.approx({"normal": 0, "skewed": -1.3}[shape], abs=0.1)
    assert first([same], 3)[0].scores == {seed: same.scores[seed] for seed in range(3)}


def test_a_case_counts_what_happened():
    from cases import absent, power, present, promised, sequential

    rng = np.random.default_rng
    assert present(rng(0), 3, 50.0, 6, (1.0,)) == ["50", "6", "100.0", "100.0", "0.0", "0.0", "0.0"]
    assert absent(rng(0), 3, "normal", 6)[-1] == "0.0"  # five arms cannot be told apart with six pairs
    assert promised(rng(0), 2, 2.0)[:2] == ["2", "5"]
    assert sequential(rng(0), 3, "normal", [50.0], 1.0)[-6:] == ["100.0", "100.0", "100.0", "100.0", "6.0", "100.0"]
    assert power(10, 1.0) == pytest.approx(0.803, abs=0.001)
