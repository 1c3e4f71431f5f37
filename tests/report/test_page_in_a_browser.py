"""The report in a real browser: it opens from a file without network, nothing complains, nothing overflows."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import harness
from harness.plugin.registry import build_registry
from harness.report.page import write_report

from support import browser
from support.pages import about
from support.plausible import results

pytestmark = pytest.mark.slow
LONG = "an_arm_whose_name_" + "never_ends_" * 12


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder, registry = tmp_path_factory.mktemp("pages"), build_registry()
    arms = {"adam": 80.0, "sgd": 79.0, LONG: 78.0, "<b>β₁</b>": 80.2}
    subject = about(results(arms, some_failing="sgd"), folder="results/x", toml="a = 1\n" * 3, registry=registry)
    one, several = folder / "one.html", folder / "several.html"
    one.write_text(write_report([subject]), encoding="utf-8")
    several.write_text(write_report([subject, about(results({"adam": 80.0}))]), encoding="utf-8")
    compared = folder / "compared.html"
    runs = [(arm, seed, 80 + place + 0.1 * seed * (place + 1)) for place, arm in enumerate(arms) for seed in range(7)]
    frame = pd.DataFrame(runs, columns=["arm", "seed", "accuracy"])
    harness.compare(frame, arm="arm", seed="seed", metric="accuracy", pairs="all").report(compared)
    return [one, several, compared]


@pytest.fixture(scope="module")
def chromium():
    program = browser.find()
    if program is None:
        pytest.skip("no chromium here; apt-get install chromium")
    with browser.Browser(program) as opened:
        yield opened


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("which", [0, 1, 2], ids=["one", "several", "compared"])
def test_the_page_opens_offline_and_fits(chromium, pages, which, width, dark):
    chromium.open(pages[which], width=width, dark=dark, phone=width < 400)
    assert chromium.evaluate("document.documentElement.scrollWidth") <= width
    # What is wider than its place scrolls within it, and the words of a chart end where it ends.
    sticking_out = """[...document.querySelectorAll('p, h1, h2, h3, figure, dl, pre, .scroll, svg')]
        .filter(each => each.getBoundingClientRect().right > innerWidth + 0.5).length"""
    assert chromium.evaluate(sticking_out) == 0
    assert chromium.complaints() == []
    assert [each for each in chromium.requests() if not each.startswith("file://")] == []
    assert len(chromium.requests()) == 1


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(("which", "charts"), [(0, 10), (2, 2)], ids=["one", "compared"])
def test_every_chart_that_is_seen_has_words_and_legible_type(chromium, pages, which, charts, width):
    chromium.open(pages[which], width=width, phone=width < 400)
    seen = """[...document.querySelectorAll('svg')].filter(each => each.getBoundingClientRect().width > 0)"""
    assert chromium.evaluate(f"{seen}.length") >= charts
    assert chromium.evaluate(f"{seen}.every(each => each.getAttribute('aria-label').length > 20)")
    smallest = f"Math.min(...{seen}.flatMap(svg => [...svg.querySelectorAll('text')].map(text => "
    smallest += (
        "parseFloat(getComputedStyle(text).fontSize) * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)))"
    )
    assert chromium.evaluate(smallest) >= 10
    cut = f"""{seen}.flatMap(svg => [...svg.querySelectorAll('text')].filter(text => {{
        const [word, frame] = [text.getBoundingClientRect(), svg.getBoundingClientRect()];
        return word.right > frame.right + 2 || word.left < frame.left - 2 || word.top < frame.top - 3
    }}).map(text => text.textContent))"""
    assert chromium.evaluate(cut) == []


def test_the_browsers_own_tree_has_a_name_for_every_image(chromium, pages):
    chromium.open(pages[0])
    nodes = chromium.send("Accessibility.getFullAXTree")["nodes"]
    images = [each for each in nodes if each.get("role", {}).get("value") in ("image", "img")]
    assert len(images) > 10
    assert all(each["name"]["value"] for each in images)


def test_charts_follow_the_colours_of_the_page(chromium, pages):
    inks = []
    for dark in (False, True):
        chromium.open(pages[0], dark=dark)
        inks.append(chromium.evaluate("getComputedStyle(document.querySelector('svg text')).fill"))
        paper = chromium.evaluate("getComputedStyle(document.body).backgroundColor")
        bright = sum(map(int, re.findall(r"\d+", inks[-1])[:3])) > sum(map(int, re.findall(r"\d+", paper)[:3]))
        assert bright == dark
    assert inks[0] != inks[1]


def test_the_page_prints(chromium, pages):
    chromium.open(pages[0], dark=True)
    assert chromium.pdf().startswith(b"%PDF")
    chromium.send(
        "Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}]
    )
    assert chromium.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
