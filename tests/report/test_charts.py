"""Charts: plain SVG that belongs to its page, says what it shows, and shows what it says."""

from __future__ import annotations

import math
import re
import warnings
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metric import Metric
from harness.plugin.ranges import Options, Range, Scale
from harness.report._charts.canvas import NARROW, SERIES, Canvas, drawing, kept_apart, numbered, reach, styles
from harness.report._charts.curves import Line, line_chart, merged
from harness.report._charts.differences import difference_chart, grid_chart, run_chart, seed_charts, target_chart
from harness.report._charts.search import Trial, sensitivity_chart, ticks
from harness.statistics.comparison import Sample
from harness.statistics.verdict import Word

from support.compared import against
from support.paths import ROOT

UAS = Metric("dev_uas", "maximise")

HOSTILE = [
    "<script>alert(1)</script>",
    '" onload="x',
    "$\\frac{1}{2}$ $$ $",
    "很长" * 200,
    "a&b'c",
    "\x00\u202eevil",
    "",
]
HARMLESS = {"svg", "g", "path", "defs", "use", "text", "clipPath", "rect"}
NAN = float("nan")


def texts(svg: str) -> list[str]:
    """What is written in a chart, which must be well-formed for it."""
    root = ET.fromstring(svg)
    return ["".join(each.itertext()) for each in root.iter() if each.tag.rpartition("}")[2] == "text"]


def test_a_chart_takes_its_colours_and_type_from_the_page():
    with drawing():
        chart = difference_chart([against(), against("nadam")], styles(["sgd", "adam", "nadam"], "sgd"), UAS, "seed")
    for svg in (chart.svg, chart.narrow):
        assert {"currentColor", "var(--muted)", "var(--rule)", "var(--c1)", "var(--c2)", "var(--paper)"} <= set(
            re.findall(r"currentColor|var\(--\w+\)", svg)
        )
        assert not re.search(r"#[0-9a-f]{6}\b|font-family|<style|<metadata|xlink|rgb", svg)
        assert 'role="img"' in svg
        assert "adam" in texts(svg)


def test_a_chart_says_in_words_what_it_shows():
    with drawing():
        chart = difference_chart([against()], styles(["sgd", "adam"], "sgd"), UAS, "seed")
    assert chart.says == (
        "Difference to sgd in dev UAS, %, mean and 95% interval: adam minus sgd +0.61 [+0.42, +0.80], 10 seeds, "
        "better. Differences within ±0.1 are too small to matter."
    )
    assert f'aria-label="{chart.says}"' in chart.svg
    assert ET.fromstring(chart.svg).get("aria-label") == chart.says


def test_the_same_chart_has_the_same_bytes_and_no_date():
    def draw():
        with drawing():
            return difference_chart([against()], styles(["sgd", "adam"], "sgd"), UAS, "seed")

    assert draw() == draw()


def test_a_difference_without_a_verdict_is_no_ranking():
    with drawing():
        chart = difference_chart([against()], styles(["sgd", "adam"], "sgd"), UAS, "seed", ranked=False)
    assert "no ranking" in texts(chart.svg)
    assert "10 seeds. Differences" in chart.says


def test_pairs_with_several_baselines_name_both():
    rows = [against(), against("nadam"), against("nadam", b="adam")]
    with drawing():
        chart = difference_chart(rows, styles(["sgd", "adam", "nadam"], "sgd"), UAS, "seed")
    for svg in (chart.svg, chart.narrow):
        assert {"adam − sgd", "nadam − sgd", "nadam − adam"} <= set(texts(svg))
        assert not [each for each in texts(svg) if "baseline" in each]


def test_intervals_are_called_what_they_are_and_those_that_hold_together_are_shown():
    style_of = styles(["sgd", "adam", "nadam"], "sgd")
    with drawing():
        alone = difference_chart([against()], style_of, UAS, "seed")
        both = difference_chart([against(family=2), against("nadam", family=2)], style_of, UAS, "seed")
    assert "mean and 95% interval: adam" in alone.says
    assert "mean and simultaneous 95% interval: adam minus sgd +0.61 [+0.42, +0.80]" in both.says
    assert texts(both.svg).count("+0.61 [+0.42, +0.80]") == 2  # for itself each has [0.515, 0.705]


def test_below_four_units_a_chart_shows_the_single_differences():
    few = against(word=Word.EXPLORATORY, n=3, mean=0.5, low=NAN, high=NAN, values=(-0.25, 0.75, 1.0))
    with drawing():
        chart = difference_chart([few], styles(["sgd", "adam"], "sgd"), UAS, "seed")
    assert "adam minus sgd +0.50 (−0.25, +0.75, +1.00), 3 seeds, exploratory." in chart.says
    for svg in (chart.svg, chart.narrow):
        assert "+0.50 (−0.25, +0.75, +1.00)" in texts(svg)
        assert {"0.0", "0.5", "1.0"} <= set(texts(svg))  # the axis reaches to the last of them


def test_two_arms_of_few_seeds_are_both_drawn_on_one_scale():
    near = against("nadam", Word.EXPLORATORY, n=3, mean=-0.04, low=NAN, high=NAN, values=(0.09, -0.06, -0.14))
    far = against("adam", Word.EXPLORATORY, n=3, mean=-0.83, low=NAN, high=NAN, values=(-0.68, -1.11, -0.72))
    with drawing():
        svg = difference_chart([far, near], styles(["sgd", "adam", "nadam"], "sgd"), UAS, "seed").svg
    shown = [float(each.replace("−", "-")) for each in texts(svg) if re.fullmatch(r"−?\d+(\.\d+)?", each)]
    assert min(shown) == -1.0


@pytest.mark.parametrize(
    ("given", "word", "said"),
    [
        ({"word": Word.BETTER_UNCLEAR}, "better, size unclear", "better, size unclear"),
        ({"word": Word.UNDECIDED, "units": 24}, "undecided", "undecided, about 24 searches in all would settle it"),
        ({"word": Word.UNDECIDED, "most": 30}, "undecided", "undecided, not within 30 searches"),
        ({"word": Word.UNDECIDED, "withheld": "sgd"}, "undecided", "undecided, sgd is not tuned"),
        ({"word": Word.UNDECIDED, "failing": "adam"}, "undecided", "undecided, adam fails more often"),
    ],
)
def test_a_chart_shows_the_word_and_says_the_whole_verdict_in_units(given, word, said):
    with drawing():
        chart = difference_chart([against(**given)], styles(["sgd", "adam"], "sgd"), UAS, "search")
    assert f"10 searches, {said}. Differences within" in chart.says
    assert word in texts(chart.svg)


def test_without_a_smallest_difference_nothing_is_shaded():
    with drawing():
        chart = difference_chart([against(delta=NAN)], styles(["sgd", "adam"], "sgd"), UAS, "seed")
    assert chart.says.endswith("10 seeds, better.")
    assert not [each for each in texts(chart.svg) if "matter" in each or "nan" in each]


def test_an_arm_without_a_difference_has_no_row():
    with drawing():
        style_of = styles(["sgd", "adam", "x"], "sgd")
        both = [against(), against("x", mean=NAN, low=NAN, high=NAN)]
        assert "x" not in texts(difference_chart(both, style_of, UAS, "seed").svg)
        assert difference_chart(both[1:], style_of, UAS, "seed") is None


def test_one_hopeless_arm_does_not_press_the_others_together():
    rows = [against(), against("nadam"), against("zeros", mean=-45.0, low=-46.0, high=-44.0)]
    with drawing():
        svg = difference_chart(rows, styles(["sgd", "adam", "nadam", "zeros"], "sgd"), UAS, "seed").svg
    ticks_shown = [float(each.replace("−", "-")) for each in texts(svg) if re.fullmatch(r"−?\d+(\.\d+)?", each)]
    assert min(ticks_shown) >= -1
    assert "−45.00 [−46.00, −44.00]" in texts(svg)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text_and_nothing_else(name):
    arms = ["sgd", name]
    style_of = styles(arms, "sgd")
    line = Line(arm=name, name=name, x=[1, 2], y=[1.0, 2.0], low=[0.5, 1.5], high=[1.5, 2.5])
    target = {"arm": name, "target": 70.0, "metric": "dev_uas", "n": 6, "reached": 4, "steps_median": 100.0,
              "steps_low": 50.0, "steps_high": 200.0}  # fmt: skip
    domain = Options((name, "other"))
    trials = [Trial(defaults=True, value=name, score=1.0, chosen=True)]
    with drawing(), warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        charts = [
            difference_chart([against(name)], style_of, UAS, "seed"),
            line_chart([line], style_of, title=name, across="steps", says=name),
            *seed_charts([(name, "sgd", {0: (1.0, 2.0), 1: (2.0, 1.0)})], style_of, UAS),
            grid_chart(name, name, [name, "b"], ["c"], {(name, "c"): (1.0, "1.0")}, (name, name)),
            target_chart([target], style_of, UAS, 300),
            sensitivity_chart(name, name, domain, trials, style_of[name], UAS, ""),
        ]
    for chart in charts:
        for svg in filter(None, (chart.svg, chart.narrow)):
            root = ET.fromstring(svg.replace("\x00", ""))
            assert {each.tag for each in root.iter()} <= {"svg", "g", "path", "defs", "use", "text", "clipPath", "rect"}
            assert not [key for each in root.iter() for key in each.attrib if key.startswith("on")]
            assert all(len(each) < 64 for each in texts(svg.replace("\x00", "")))


def test_dollars_are_no_mathematics():
    with drawing():
        canvas = Canvas(NARROW, 100)
        canvas.write("$x_1$ and $", 0, 0)
        assert "$x_1$ and $" in texts(canvas.svg(""))


def test_a_settings_file_of_the_user_changes_nothing():
    import matplotlib

    def draw():
        with drawing():
            return Canvas(NARROW, 100).svg("x")

    plain = draw()
    with matplotlib.rc_context({"axes.grid": True, "font.size": 30, "xtick.bottom": False, "svg.fonttype": "path"}):
        assert draw() == plain
        assert matplotlib.rcParams["font.size"] == 30


def test_identifiers_can_be_told_apart_on_a_page():
    with drawing():
        canvas = Canvas(NARROW, 100)
        canvas.axes.plot([0, 1], [0, 1], marker="o")
        svg = canvas.svg("x")
    one, two = numbered(svg, "g1-"), numbered(svg, "g2-")
    ids = [set(re.findall(r' id="([^"]+)"', each)) for each in (one, two)]
    used = [set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', each)) for each in (one, two)]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert {a or b for a, b in used[0]} == ids[0]


def test_every_arm_has_a_style_of_its_own():
    arms = [f"arm{number}" for number in range(20)]
    found = styles(arms, "arm3")
    assert len({(each.colour, each.dash) for each in found.values()}) == 20
    assert found["arm3"].colour not in SERIES


def luminance(colour: str) -> float:
    def linear(part: str) -> float:
        share = int(part, 16) / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(colour[at : at + 2]) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_colour_of_text_stands_out_from_the_paper(scheme):
    style = (ROOT / "harness" / "report" / "templates" / "report.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    names = dict(re.findall(r"--(\w+): (#[0-9a-f]+);", blocks[scheme]))
    paper = luminance(names["paper"] if len(names["paper"]) == 7 else "#ffffff")
    for name in ("ink", "muted", "alarm", "link", "c1", "c2", "c3", "c4", "c5"):
        lighter, darker = sorted((luminance(names[name]), paper), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, name


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_labels_keep_their_order_and_their_distance(wanted):
    found = kept_apart(wanted, 5.0, 0.0, 100.0)
    order = sorted(range(len(wanted)), key=lambda each: (wanted[each], each))
    places = [found[each] for each in order]
    assert all(after - before >= 5.0 - 1e-9 for before, after in pairwise(places))
    assert all(-1e-9 <= each <= 100 + 1e-9 for each in places)


def test_labels_that_have_room_stay_where_they_belong():
    assert kept_apart([10.0, 50.0, 30.0], 5.0, 0.0, 100.0) == [10.0, 50.0, 30.0]


def test_an_axis_leaves_out_what_lies_far_outside():
    low, high = reach([80.0, 80.5, 81.0, 81.5, 2.0])
    assert 79 < low < 80
    assert 81.5 < high < 83
    assert reach([NAN]) == (0.0, 1.0)
    low, high = reach([5.0])
    assert low < 5.0 < high


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ((1e-4, 1e-1, "log"), [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1]),
        ((0.5, 0.999, "one_minus_log"), [0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999]),
        ((0.0, 0.7, "linear"), [0.0, 0.2, 0.4, 0.6]),
        ((50.0, 1000.0, "linear"), [200.0, 400.0, 600.0, 800.0, 1000.0]),
    ],
)
def test_ticks_are_round_and_within_the_bounds(domain, expected):
    low, high, scale = domain
    found = ticks(low, high, Scale(scale))
    assert 2 <= len(found) <= 7
    assert all(any(math.isclose(each, known, abs_tol=1e-12) for known in expected) for each in found)


def test_a_scatter_shows_bounds_edges_the_chosen_value_and_failures():
    domain = Range(1e-4, 1e-1, "log")
    trials = [
        Trial(defaults=True, value=1e-3, score=70.0, chosen=False),
        Trial(defaults=False, value=0.09, score=75.0, chosen=True),
        Trial(defaults=False, value=0.05, score=NAN, chosen=False),
        Trial(defaults=False, value=0.5, score=71.0, chosen=False),
    ]  # fmt: skip
    with drawing():
        chart = sensitivity_chart("adam", "lr", domain, trials, styles(["adam"], "")["adam"], UAS, "")
    assert chart.says == (
        "adam: dev UAS, % against lr, 4 trials, 1 failed; searched from 0.0001 to 0.1; chosen 0.09, score 75, "
        "at 98% of the range."
    )
    assert {"0.09", "0.001", "lr, log scale"} <= set(texts(chart.svg))


def test_every_run_that_finished_is_a_dot_and_an_arm_without_one_has_no_row():
    samples = [
        Sample(name="sgd", scores={0: 79.0, 1: 81.5}, failed=frozenset({2}), stream="s"),
        Sample(name="adam", scores={}, failed=frozenset({0, 1, 2}), stream="s"),
    ]
    with drawing():
        chart = run_chart(samples, styles(["sgd", "adam"], "sgd"), UAS)
    assert chart.says == "Every run, dev UAS, %: sgd from 79 to 81.5, 2 runs."
    assert "adam" not in texts(chart.svg)


def test_lines_that_coincide_are_drawn_once():
    lines = [Line(arm=name, name=name, x=[0, 1], y=[0.5, 0.5]) for name in ("a", "b", "c")]
    other = Line(arm="d", name="d", x=[0, 1], y=[0.1, 0.2])
    assert [each.name for each in merged(lines)] == ["all arms"]
    assert [each.name for each in merged([*lines, other])] == ["a and 2 more", "d"]
    assert [each.name for each in merged([lines[0], lines[1], other])] == ["a, b", "d"]


def test_runs_that_never_got_there_are_counted_and_have_no_time():
    common = {"target": 70.0, "metric": "dev_uas", "n": 6}
    there = {"arm": "a", "reached": 4, "steps_median": 100.0, "steps_low": 50.0, "steps_high": 200.0}
    never = {"arm": "b", "reached": 0, "steps_median": None, "steps_low": None, "steps_high": None}
    rows = [common | there, common | never]
    with drawing():
        chart = target_chart(rows, styles(["a", "b"], "a"), UAS, 300)
    assert "4 of 6 got there" in texts(chart.svg)
    assert "0 of 6 got there" in texts(chart.svg)
    assert "b – (0 of 6 runs got there)" in chart.says


def test_a_curve_of_one_evaluation_point_is_drawn():
    line = Line(arm="adam", name="adam", x=[115], y=[80.0], low=[79.0], high=[81.0])
    with drawing():
        chart = line_chart([line], styles(["adam"], "adam"), title="t", across="steps", says="s", points=True)
    assert ">adam<" in chart.svg
