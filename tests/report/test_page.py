"""The report: the page that it makes, and what nobody can make it do."""

from __future__ import annotations

import html
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pandas as pd
import pytest

from harness import wording
from harness.analysis.across import Joined
from harness.analysis.advice.advise import Advice
from harness.analysis.findings import findings
from harness.analysis.tables import TABLES
from harness.metric import Metric
from harness.plugin.registry import build_registry
from harness.records.decisions import Looked
from harness.records.record import Opening
from harness.report import _chapters
from harness.report.page import write_report
from harness.study.study import ConfirmSettings, SearchSettings
from harness.wording import clean, fit, labels, last_words

from support.compared import NAN, against, arm
from support.pages import about
from support.paths import ROOT
from support.plausible import results

UAS = Metric("dev_uas", "maximise")

ARMS = {"adam": 80.0, "sgd": 79.1, "nadam": 80.1}
WARNING = Advice(id="EDGE", arm="adam", evidence="lr = 0.09 lies at 98%", advice="widen", change="[space]\nlr = 1")


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text by the tag that it stands in."""

    VOID = ("meta", "br", "link", "img", "input", "hr")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip() and self.open:
            self.texts.append((self.open[-1], data.strip()))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def said(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]


@pytest.fixture(scope="module")
def registry():
    return build_registry()


@pytest.fixture(scope="module")
def subject(registry):
    found = replace(findings(results(ARMS, some_failing="sgd")), warnings=[WARNING])
    return about(found, folder="results/made-up", toml='question = "?"\n', registry=registry)


@pytest.fixture(scope="module")
def text(subject) -> str:
    return write_report([subject])


@pytest.fixture(scope="module")
def page(text) -> Page:
    return Page(text)


# Numbers and names


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((79.857, 79.02, 80.70), "79.86 [79.02, 80.70]"),
        ((0.0012345, 0.0011, 0.0013), "0.00123 [0.00110, 0.00130]"),
        ((-0.004, -0.4, 0.4), "0.00 [−0.40, 0.40]"),
        ((1.0, NAN, NAN), "1.00"),
        ((None, None, None), "–"),
        ((pd.NA, pd.NA, pd.NA), "–"),
        # Of two or three values, themselves, with as many digits as their range deserves.
        ((0.0316, NAN, NAN, (0.3414, 0.0081, -0.2547)), "0.03 (0.34, 0.01, −0.25)"),
        ((0.5, NAN, NAN, (0.50127, 0.49873)), "0.5000 (0.5013, 0.4987)"),
        ((5.0, NAN, NAN, (5.0, 5.0)), "5.00 (5.00, 5.00)"),
        ((5.0, NAN, NAN, (5.0,)), "5.00"),
        ((5.0, NAN, NAN, (4.0, 5.0, 5.0, 6.0)), "5.00"),
        ((5.0, 4.0, 6.0, (4.0, 6.0)), "5.00 [4.00, 6.00]"),
    ],
)
def test_an_interval_has_the_digits_that_it_deserves(given, expected):
    assert wording.interval(*given) == expected


def test_names_are_made_fit_to_be_shown():
    assert clean("a\n\x00\u202e b ") == "a b"
    assert clean("") == "(no name)"
    assert fit("x" * 50, 9) == "xxxx…xxxx"
    long = ["optimiser" * 5 + end for end in ("1", "2")]
    same = ["a" * 20 + middle + "b" * 20 for middle in "12"]
    assert len(set(labels(long, 9).values())) == 2
    assert len(set(labels(same, 9).values())) == 2
    assert last_words(["a.x.lr", "a.y.lr", "a.x.eps"]) == {"a.x.lr": "x.lr", "a.y.lr": "y.lr", "a.x.eps": "eps"}


# The page


def test_the_first_screen_has_the_question_the_answer_and_the_arms(page, text, subject):
    assert page.said("h1") == ["Which optimiser parses best?"]
    assert page.said("title") == ["Which optimiser parses best?"]
    assert text.index('class="answer"') < text.index("<table") < text.index("<figure") < text.index("<h2")
    answer = re.search(r'<p class="answer">(.*?)</p>', text)[1]
    assert answer.startswith("At these settings: sgd loses to adam by ")
    assert "1 of 10 runs of sgd failed" in answer
    rows = re.findall(r'<tr><th scope="row">(\w+)</th><td class="number">([^<]+)', text)[:3]
    means = subject.findings.tables["arms"].set_index("arm")["mean"]
    assert [(name, value.strip()) for name, value in rows] == [(name, f"{means[name]:.2f}") for name in ARMS]
    assert '<td class="number alarm">9/10</td>' in text


def test_every_chapter_is_there_with_a_sentence_on_how_to_read_it(page, text):
    assert page.said("h2") == [
        "Learning curves", "Tuning curves", "Sensitivity", "Seed by seed", "Time to target", "Schedules", "Warnings",
        "How it was run",
    ]  # fmt: skip
    for section in re.findall(r"<section id.*?</section>", text, re.DOTALL):
        assert 'class="reading"' in section


def test_the_page_needs_nothing_but_itself(page, text):
    assert {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "embed", "base"} == set()
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href"):
            assert (attributes.get(name) or "#").startswith("#")
    assert not re.search(r"https?://|@import|url\((?!#)", text)
    assert "default-src 'none'" in text


def test_the_page_can_be_read_without_eyes(page, text):
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(page.all("table")) == len(page.all("caption")) > 3
    assert all(each.get("scope") in ("row", "col") for each in page.all("th"))
    charts = page.all("svg")
    assert len(charts) > 10
    assert all(
        each["role"] == "img" and len(each["aria-label"]) > 20 and re.search(r"\d", each["aria-label"])
        for each in charts
    )
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    used = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text))
    assert {a or b for a, b in used} <= set(ids)
    assert page.all("html") == [{"lang": "en"}]


def test_warnings_stand_in_full(page, text):
    assert "EDGE" in page.said("h3")
    assert WARNING.evidence in page.said("p")
    assert WARNING.change in page.said("pre")
    assert '<a href="#warnings">1 warning</a>' in text


def test_how_it_was_run_can_be_repeated(page):
    commands = next(each for each in page.said("pre") if "harness run" in each)
    assert commands.splitlines()[:3] == [
        "harness run results/made-up/study.toml --out again --set training.epochs=5",
        "# tuning gives the same numbers; confirmation had the study's seed, and has fresh draws there",
        "# and its --plugin and --device, which the study does not hold; these runs had plugins built_in 0.1.0, "
        "device cpu",
    ]
    facts = dict(zip(page.said("dt"), page.said("dd"), strict=True))
    assert facts["data digest"] == "a93f0d98bf95"
    assert facts["tier"] == "standard"
    assert facts["test split"] == "never opened"
    assert facts["runs"] == "24 search (2 failed), 18 select, 50 confirm (2 failed)"
    assert "cafe0123" in page.said("th")


@pytest.mark.usefixtures("undrawn")
def test_a_sealed_test_split_has_no_section_and_an_opened_one_says_when():
    sealed = results(ARMS, trials=3, confirm=8, points=2)
    assert "Test split" not in Page(write_report([about(sealed)])).said("h2")
    runs = [
        replace(each, phase="test", curve=[{**each.curve[-1], "test_uas": each.score(UAS) - 1}])
        for arm in ARMS
        for each in sealed.confirmed(arm).values()
    ]
    line = Opening(
        time="2026-03-01T12:00:00+00:00", seed_indices=list(range(100, 108)), runs=24, records=9,
        fingerprints=dict.fromkeys(ARMS, "f"),
    )  # fmt: skip
    records = {**sealed.records, **{each.key: each for each in runs}}
    subject = about(replace(sealed, records=records, ledger=[line]))
    page = Page(write_report([subject]))
    assert page.said("h2")[0] == "Test split"
    facts = dict(zip(page.said("dt"), page.said("dd"), strict=True))
    assert facts["2026-03-01T12:00:00+00:00"] == "24 runs of adam, sgd, nadam"
    assert facts["test split"] == "opened once"
    assert "test UAS, % of the confirmed runs, at the same seeds; the split was opened once." in page.said("p")
    [adam] = [row for row in subject.rows("test") if row["arm"] == "adam"]
    assert adam["dev_mean"] - adam["mean"] == pytest.approx(1.0)
    after = page.texts[page.texts.index(("h2", "Test split")) :]
    cells = [value for tag, value in after if tag in ("th", "td")]
    first = cells.index("adam")
    assert cells[first : first + 4] == ["adam", f"{adam['mean']:.2f}", "8/8", f"{adam['dev_mean']:.2f}"]
    # Opened for what is no longer chosen: nothing was measured of it, and the opening stays for good.
    text = write_report([about(replace(sealed, ledger=[line, line]))])
    assert "No run of the configurations that are chosen now was measured there; the split was opened 2 times" in text


def reading_of(text: str) -> str:
    """How the first chapter of a page is to be read."""
    return html.unescape(re.search(r'<p class="reading">(.*?)</p>', text)[1])


@pytest.mark.usefixtures("undrawn")
def test_the_page_says_for_what_its_intervals_hold():
    fixed = results(ARMS, trials=3, confirm=12, points=2)
    text = write_report([about(fixed)])
    assert "mean and simultaneous 95% interval: sgd minus adam" in text
    assert '<th scope="col" class="number">difference [simultaneous 95%]</th>' in text
    assert "in brackets 95% intervals; for differences, the intervals of both hold together with 95%. " in text
    assert "in parentheses" not in text
    assert not [word for word in ("looked", "Looks", "repeated", "added") if word in reading_of(text)]
    of_two = write_report([about(results({"adam": 80.0, "sgd": 79.1}, trials=3, confirm=12, points=2))])
    assert "simultaneous 95%" not in of_two
    assert "mean and 95% interval: sgd minus adam" in of_two
    assert "hold together" not in of_two


@pytest.mark.usefixtures("undrawn")
def test_the_page_says_when_verdicts_were_looked_at():
    fixed = results(ARMS, trials=3, confirm=12, points=2)
    planned = replace(fixed.study, confirm=ConfirmSettings(seeds=6, limit=18, until_decided=True))
    assert (
        "Looks at the verdicts were planned after 6, 12, 18 seeds, as long as one is open; this is the one after 12: "
        "intervals of differences are repeated confidence intervals, and p is of a sequential test."
    ) in reading_of(write_report([about(replace(fixed, study=planned))]))
    seen = [
        Looked(seeds=count, planned=False, verdicts={"sgd": word, "nadam": "better_size_unclear"})
        for count, word in ((6, "undecided"), (9, "worse"), (12, "worse"))  # the last is the one that is shown
    ]
    assert (
        "Seeds were added after verdicts had been seen (at 6 seeds sgd undecided, nadam better, size unclear; "
        "at 9 seeds sgd worse, nadam better, size unclear), so intervals of differences and p are those that hold "
        "however often one looks."
    ) in reading_of(write_report([about(replace(fixed, decisions=seen))]))


@pytest.mark.usefixtures("undrawn")
def test_below_four_seeds_the_page_shows_the_scores_and_differences_themselves():
    made = results({"adam": 80.0, "sgd": 79.1}, trials=3, confirm=3, points=2)
    text = write_report([about(made)])
    base, arm_ = (list(made.sample(name).scores.values()) for name in ("adam", "sgd"))
    row = re.search(r'<tr><th scope="row">sgd</th>(.*?)</tr>', text)[1]
    scores, apart = re.findall(r"<span>\((.*?)\)</span>", row)
    assert [float(each) for each in scores.split(", ")] == pytest.approx(arm_, abs=0.006)
    gaps = [float(each.replace("−", "-")) for each in apart.split(", ")]
    assert gaps == pytest.approx([a - b for a, b in zip(arm_, base, strict=True)], abs=0.006)
    assert all(each[0] in "+−" for each in apart.split(", "))
    assert "[" not in row
    assert "in brackets 95% intervals; in parentheses, of fewer than 4, the values themselves." in reading_of(text)


@pytest.mark.usefixtures("undrawn")
def test_a_seed_at_which_a_run_failed_has_no_line():
    made = results({"adam": 80.0, "sgd": 79.1}, some_failing="sgd", trials=3, confirm=8, points=2)
    text = write_report([about(made)])
    assert re.search(r"sgd has the higher dev UAS, % at \d of 7 seeds than adam", text)
    assert "A seed at which a run failed has no line." in text


@pytest.mark.usefixtures("undrawn")
def test_arms_with_unequal_budgets_get_levels_and_no_verdict():
    made = results(ARMS, trials=3, confirm=8, points=2)
    records = {
        key: each for key, each in made.records.items() if (key.phase, key.arm, key.trial) != ("search", "sgd", 2)
    }
    records = {key: each for key, each in records.items() if (key.arm, key.trial) != ("sgd", 2)}
    study = replace(made.study, search=SearchSettings(trials=2))
    subject = about(replace(made, study=study, records=records))
    text = write_report([subject])
    answer = re.search(r'<p class="answer">(.*?)</p>', text)[1]
    assert answer.startswith("The arms had different budgets (trials: 3 (adam, nadam), 2 (sgd)), so this is no ranking")
    assert [row["verdict"] for row in subject.rows("arms")] == [None] * 3
    assert {row["verdict"] for row in subject.rows("comparisons") if row["kind"] == "arms"} == {None}
    assert all(row["verdict"] for row in subject.rows("comparisons") if row["kind"] == "tuning")
    assert all(row["p_adjusted"] is not None for row in subject.rows("comparisons"))
    cells = Page(text).said("td")
    assert cells.count("no ranking") == 2
    assert "None" not in text


@pytest.mark.usefixtures("undrawn")
def test_fewer_pairs_than_seeds_are_said():
    made = results(ARMS, trials=3, confirm=8, points=2)
    winner = made.chosen("adam").again("confirm", 107)
    records = {key: each for key, each in made.records.items() if key != winner.key}
    text = write_report([about(replace(made, records=records))])
    assert text.count("n\u00a07</span>") == 2
    assert "n\u00a0" not in write_report([about(made)])


@pytest.mark.usefixtures("undrawn")
def test_an_arm_whose_search_failed_is_not_waited_for():
    made = results(ARMS, trials=3, confirm=8, points=2)
    records = {
        key: replace(each, reason="died") if each.phase == "search" else each
        for key, each in made.records.items()
        if each.arm != "sgd" or each.phase == "search"
    }
    records = {key: each if each.arm == "sgd" else made.records[key] for key, each in records.items()}
    text = write_report([about(replace(made, records=records))])
    assert "every search run of sgd failed" in text
    assert '<td class="number alarm">every search run failed</td>' in text


def test_dropout_is_drawn_as_the_plugin_schedules_it(text):
    assert "drop rate over training: adam 0.5; sgd from 0.6 to 0.105; nadam from 0.4 to 0." in text


@pytest.mark.usefixtures("undrawn")
def test_a_drop_rate_that_cannot_be_drawn_is_missed_aloud():
    text = write_report([about(results({"adam": 80.0, "sgd": 79.0}, trials=3, confirm=6))])
    assert "The drop rate of adam, sgd is left out: no plugin here schedules it as it was." in text


def test_the_same_results_give_the_same_bytes(subject, text):
    assert write_report([subject]) == text


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><svg onload=alert(1)>', "$x^2$ {{ 7*7 }}", "x" * 300, "很"]
)
def test_a_hostile_name_harms_nobody(name, registry):
    made = results({"sgd": 79.0, name: 80.0}, trials=4, confirm=6, question=f"{name}?", points=2, momentum=False)
    page = Page(write_report([about(made, folder=name, toml=name, registry=registry)]))
    assert {tag for tag, _ in page.tags} & {"script", "img"} == set()
    assert not [key for _, attributes in page.tags for key in attributes if key.startswith("on")]
    assert name in page.said("th")
    assert f"{name}?" in page.said("h1")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arms", "changes", "answer"),
    [
        ({"adam": 80.0}, {}, "the defaults"),
        ({"adam": 80.0, "sgd": 79.0}, {"confirmed": False}, "No answer yet"),
        ({"adam": 80.0, "sgd": 79.0}, {"failing": "adam"}, "No comparison: every run of the baseline, adam, failed"),
        ({"adam": 80.0, "sgd": 79.0}, {"confirm": 1}, "exploratory only"),
        ({"adam": 80.0, "sgd": 79.0}, {"points": 1}, "sgd loses to adam"),
    ],
)
def test_a_study_with_little_in_it_has_a_report_all_the_same(arms, changes, answer):
    text = write_report([about(results(arms, trials=3, **changes))])
    Page(text)
    assert answer in text
    assert not re.search(r"(?<!became )\b(nan|None|NaN)\b", text)


def test_a_study_without_any_run_has_a_report():
    made = results({"adam": 80.0, "sgd": 79.0}, trials=3)
    empty = type(made)(made.study, {})
    page = Page(write_report([about(empty)]))
    assert page.said("h2") == ["Warnings", "How it was run"]


@pytest.mark.usefixtures("undrawn")
def test_an_interaction_of_two_choices_is_a_heat_map():
    settings = {
        f"{one} {two}": {"optimiser": one, "dropout": two} for one in ("adam", "sgd") for two in ("constant", "linear")
    }  # fmt: skip
    made = results(
        {name: 80.0 + number for number, name in enumerate(settings)}, settings=settings, trials=3, points=1,
        compare=["optimiser", "dropout"],
    )  # fmt: skip
    text = write_report([about(made)])
    assert "Interactions" in Page(text).said("h2")
    row = TABLES["interactions"](made).iloc[0]
    shown = wording.interval(row["interaction"], row["interaction_low"], row["interaction_high"], sign=True)
    assert f"sgd, linear: {shown}" in text


@pytest.mark.parametrize(("direction", "best"), [("maximise", "sgd linear"), ("minimise", "adam constant")])
def test_a_heat_map_colours_by_what_is_better(direction, best, monkeypatch):
    seen = []  # what a colour stands for is nowhere else in numbers
    monkeypatch.setattr(_chapters, "grid_chart", lambda *given: seen.append(given))
    names = [f"{one} {two}" for one in ("adam", "sgd") for two in ("constant", "linear")]
    settings = {name: dict(zip(("optimiser", "dropout"), name.split(), strict=True)) for name in names}
    made = results(
        {name: 80.0 + 2 * number for number, name in enumerate(names)}, settings=settings, trials=1, points=1,
        compare=["optimiser", "dropout"], baseline="sgd constant", direction=direction,
    )  # fmt: skip
    _chapters.interactions(about(made))
    cells = seen[0][4]
    assert max(cells, key=lambda each: cells[each][0]) == tuple(best.split())
    assert cells["sgd", "constant"][0] == 0
    row = TABLES["interactions"](made).iloc[0]
    turned = row["interaction"] if direction == "maximise" else -row["interaction"]
    assert seen[1][4]["adam", "linear"][0] == pytest.approx(turned)


@pytest.mark.slow
def test_several_folders_share_a_page_with_contents_and_their_comparison_first(subject, registry):
    other = about(
        results({"sgd": 76.0, "adam": 79.0}, question="And twice?", trials=4, confirm=6, points=2, momentum=False),
        folder="results/other",
        registry=registry,
    )
    joined = Joined(
        frame=other.findings.tables["comparisons"], comparisons=[against("adam, b", b="sgd, a")], baseline="sgd, a",
        metric=UAS,
        budgets=["trials: 8, 9"], settings=[], environments=["torch: 2.12, 2.13"], notes=[], failed=[], unconfirmed=[],
        standings=[arm("sgd, a"), arm("adam, b")], samples=[], sources=["a", "b"], unit="unit",
    )  # fmt: skip
    text = write_report([subject, other], joined)
    page = Page(text)
    assert page.said("h1") == ["2 studies"]
    assert page.said("h2") == ["Across the studies", "Which optimiser parses best?", "And twice?"]
    assert page.said("h3").count("Tuning curves") == 2
    assert (
        text.index("<nav")
        < text.index('id="joined"')
        < text.index("The arms had different budgets, so this is no ranking: sgd, a reaches 80.00 UAS")
        < text.index('id="s1-part"')
    )
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {each["href"][1:] for each in page.all("a")}
    assert targets <= set(ids)
    assert {"joined", "s1-part", "s2-part"} <= targets


def test_nothing_heavy_is_imported_before_it_is_needed():
    for path in (ROOT / "harness" / "cli").glob("[a-z]*.py"):
        assert not re.search(r"^(import|from) (matplotlib|jinja2|harness\.report)", path.read_text(), re.MULTILINE)


@pytest.mark.slow
def test_a_thousand_runs_make_a_small_page_soon():
    made = results({f"arm{number}": 80 + 0.1 * number for number in range(10)}, trials=32, confirm=30)
    assert len(made.records) >= 950
    begin = time.process_time()
    text = write_report([about(made)])
    assert time.process_time() - begin < 30  # 5 s on an idle core
    assert len(text.encode()) < 1_000_000
