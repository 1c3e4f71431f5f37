"""The chapter on several objectives: there where there are some, with the front as steps, and what seconds are of."""

from __future__ import annotations

import re
from dataclasses import replace

from harness.metric import SECONDS, Metric
from harness.report._charts.canvas import drawing, styles
from harness.report._charts.pareto import Tried, pareto_chart
from harness.report._pareto import fronts
from harness.report.page import write_report
from harness.study.study import SearchSettings

from support.by_hand import CALL
from support.pages import about
from support.plausible import results

UAS = Metric("dev_uas", "maximise")
TRIALS = [Tried(arm=arm, across=across, score=score) for arm, across, score in [
    ("adam", 1.0, 70.0), ("sgd", 2.0, 80.0), ("adam", 4.0, 80.5), ("sgd", 4.0, 75.0), ("sgd", 3.0, 60.0)]]  # fmt: skip


def searched(*objectives: str, sampler: str = "tpe"):
    found = results({"adam": 80.0, "sgd": 79.1})
    search = SearchSettings(trials=8, sampler=sampler, objectives=list(objectives))
    return replace(found, study=replace(found.study, search=search), calls=[CALL, replace(CALL, jobs=0)])


def test_the_chart_says_how_far_the_front_reaches():
    with drawing():
        chart = pareto_chart(TRIALS, styles(["sgd", "adam"], "sgd"), UAS, SECONDS)
    assert chart.says == ("dev UAS, % against seconds: 5 trials, 3 on the front, from adam 70 at 1 to adam 80.5 at 4.")
    for svg in (chart.svg, chart.narrow):
        assert {"●", "adam", "sgd", "seconds"} <= set(re.findall(r"<text[^>]*>([^<]*)</text>", svg))
    with drawing():
        alone = pareto_chart(TRIALS[:1], styles(["sgd", "adam"], "sgd"), UAS, SECONDS)
    assert alone.says == "dev UAS, % against seconds: 1 trial, 1 on the front: adam 70 at 1."


def corners(svg: str) -> list[tuple[float, float]]:
    """Of the only unbroken line that is thicker than the grid's."""
    [path] = re.findall(r'<path d="([^"]*)"[^>]*stroke-width:1.4', svg)
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", path)]


def test_the_front_is_what_can_be_had_for_so_much_or_less():
    up = [replace(each, across=-each.across) for each in TRIALS]
    for trials, objective, is_post in ((TRIALS, SECONDS, True), (up, Metric("speed", "maximise"), False)):
        with drawing():
            places = corners(pareto_chart(trials, styles(["sgd", "adam"], "sgd"), UAS, objective).svg)
        assert len(places) == 5
        for (x, y), (next_x, next_y) in zip(places[::2], places[2::2], strict=False):
            assert next_x > x
            corner = places[places.index((x, y)) + 1]
            assert corner == ((next_x, y) if is_post else (x, next_y))


def test_the_chapter_is_there_only_where_there_are_several_objectives():
    assert fronts(about(searched())) is None
    assert "Several objectives" not in write_report([about(searched())])
    assert "Several objectives" in write_report([about(searched("dev_loss"))])
    with drawing():
        section = fronts(about(searched("dev_loss", "seconds")))
    assert [chart.title for chart in section.charts] == [
        "dev UAS, % against dev loss, nats",
        "dev UAS, % against seconds",
    ]
    assert section.reading.endswith(
        "goes by dev_uas alone. Seconds are processor time of training alone, as this machine took them, with 1 or 2 "
        "runs at a time: another machine, or another load, takes others, and tpe then proposes other trials."
    )
    with drawing():
        assert fronts(about(searched("seconds", sampler="sobol"))).reading.endswith("another load, takes others.")
        assert "Seconds" not in fronts(about(searched("dev_loss"))).reading
