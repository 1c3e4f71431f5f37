"""The calibration at toy size: it runs the real tests and prints every table; the page has the measured ones."""

from __future__ import annotations

import json

import numpy as np
import pytest

from support.paths import ROOT

CALIBRATION = ROOT / "tests" / "calibration"
PAGE = CALIBRATION.parents[1] / "results" / "calibration.md"


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(CALIBRATION)


def tables(text):
    """The lines of each table, its header first, by title."""
    return {part.partition("\n")[0]: [line for line in part.splitlines() if line.startswith("| ")]
            for part in text.split("### ")[1:]}  # fmt: skip


def test_a_toy_calibration_prints_every_table_of_the_page(capsys):
    from calibrating import SECTIONS, main

    main(["--replicates", "1", "--jobs", "1"])
    printed = capsys.readouterr().out
    found, page = tables(printed), tables(PAGE.read_text())
    assert list(found) == [section.title for section in SECTIONS]
    assert "nan" not in printed
    for section, lines in zip(SECTIONS, found.values(), strict=True):
        assert len(lines) == 2 + len(section.rows)
        assert page[section.title][0] == lines[0]
        given = {"edge": 1, "repeats": 2, "failures": 3, "planned": 4}.get(section.name, 2)
        cases = [line.split(" | ")[:given] for line in lines]
        assert [line.split(" | ")[:given] for line in page[section.title]] == cases, section.title
    assert printed.splitlines()[0] in PAGE.read_text(), "the shapes' formulas"


def test_finished_rows_are_kept_and_not_run_again(tmp_path, monkeypatch):
    import cases
    from calibrating import calibrate

    kept = tmp_path / "rows.jsonl"
    first = calibrate(["edge"], 2, 5, 1, kept)
    lines = kept.read_text().splitlines()
    assert [json.loads(line)[0] for line in lines] == [["edge", row, 2, 5] for row in range(3)]
    monkeypatch.setattr(cases, "edge", None)
    assert calibrate(["edge"], 2, 5, 1, kept) == first
    with pytest.raises(TypeError):
        calibrate(["edge"], 2, 6, 1, kept)


@pytest.mark.parametrize(
    ("shape", "skew"),
    [
        ("normal", 0.0),
        ("skewed arm", -2 * 0.75**1.5),
        ("skewed baseline", 2 * 0.75**1.5),
        ("one in eight fails", -(0.75**1.5) * 216 * (7 / 64) * (3 / 4) / (1 + 36 * 7 / 64) ** 1.5),
        ("lognormal", -(0.75**1.5) * 6.185),
        ("heavy tails", None),
    ],
)
def test_the_drawn_differences_have_the_truth_the_spread_and_the_skew_that_they_claim(shape, skew):
    from cases import gaps
    from drawing import scores_of

    rows = gaps(scores_of(np.random.default_rng(0), shape, 200_000, [0.0, 2.0]))
    assert rows.mean(axis=1) == pytest.approx([0.0, 2.0], abs=0.015)
    assert rows.std(axis=1) == pytest.approx(1, abs=0.04)
    if skew is not None:
        third = ((rows - rows.mean(axis=1, keepdims=True)) ** 3).mean(axis=1)
        assert third == pytest.approx(skew, abs=0.1 if abs(skew) < 2 else 1.5)


@pytest.mark.parametrize("method", ["fixed", "planned", "anytime"])
def test_the_verdicts_that_are_counted_are_those_of_compare(method):
    from cases import DRAWS, gaps, verdicts
    from drawing import BASELINE, METRIC, samples_of, scores_of

    from harness.statistics.anytime import Anytime
    from harness.statistics.comparison import compare
    from harness.statistics.method import FIXED
    from harness.statistics.sequential import Planned

    way = {"fixed": FIXED, "planned": Planned((6, 12), 1), "anytime": Anytime((6, 12))}[method]
    said = set()
    for study in range(25):
        rng = np.random.default_rng(study)
        scores = scores_of(rng, "skewed arm", 12, rng.uniform(-2, 2, 4).round(1).tolist())
        delta = float(rng.uniform(0.2, 2.5))
        expected = [
            each.verdict for each in compare(samples_of(scores), BASELINE, METRIC, delta, method=way, draws=DRAWS)
        ]
        assert verdicts(gaps(scores), delta, way) == expected
        said |= {each.word for each in expected}
    assert len(said) >= 6


def test_a_case_counts_what_happened():
    """Differences so large, or so small against δ, that every study says the same."""
    import cases

    rng = np.random.default_rng
    looked = ["100.0", "100.0", "0.0", "100.0", "100.0", "6.0", "100.0"]
    assert cases.looking(rng(0), 3, "normal", [50.0], 1.0)[-7:] == looked
    assert cases.failures(rng(0), 4, 10, 1.0, 0)[-1] == "0.0", "no pair, and so nothing to refuse"
    assert cases.absent(rng(0), 3, "normal", 6)[5:9] in (["0.0"] * 4, ["33.3", *["0.0"] * 3])
    assert cases.edges(rng(0), 20, 15)[3] == "100.0"
    once, ten = (float(cases.repeated(rng(0), 8, searches, 30)[2]) for searches in (1, 10))
    assert once > ten, "one search errs more often"
    assert cases.promised(rng(0), 2, 6, 1, 1.0)[:3] == ["6", "1", "1"]
