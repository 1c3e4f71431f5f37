"""The report: the answer that it gives, the page that it makes, and what nobody can make it do."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from harness import numerals, sections
from harness.answer import answer_sentence
from harness.comparisons import Sample, compare
from harness.joining import Joined
from harness.labels import clean, fit, labels, last_words
from harness.registry import build_registry
from harness.report import subject_from, write_report
from harness.tables import TABLES

from constructed import results

ARMS = {"adam": 80.0, "sgd": 79.1, "nadam": 80.1}
WARNING = {
    "id": "EDGE",
    "arm": "adam",
    "evidence": "lr = 0.09 lies at 98%",
    "advice": "widen",
    "change": "[space]\nlr = 1",
}


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
    return subject_from(
        results(ARMS, some_failing="sgd"), folder="results/made-up", toml='question = "?"\n', registry=registry,
        tables={**TABLES, "warnings": lambda _: pd.DataFrame([WARNING])},
    )  # fmt: skip


@pytest.fixture(scope="module")
def text(subject) -> str:
    return write_report([subject])


@pytest.fixture(scope="module")
def page(text) -> Page:
    return Page(text)


# The answer


def arm(name: str = "adam", **changes):
    return {
        "arm": name,
        "metric": "dev_uas",
        "ok": 10,
        "n": 10,
        "mean": 80.0,
        "mean_low": 79.5,
        "mean_high": 80.5,
    } | changes


def against(name: str, verdict: str, **changes):
    return {
        "kind": "arms", "a": name, "b": "sgd", "metric": "dev_uas", "n": 10, "difference": 0.61, "difference_low": 0.42,
        "difference_high": 0.80, "delta": 0.1, "verdict": verdict,
    } | changes  # fmt: skip


NEGATIVE = {"difference": -0.61, "difference_low": -0.80, "difference_high": -0.42}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (against("adam", "better"), "adam beats sgd by 0.61 UAS [0.42, 0.80], 10 seeds."),
        (against("adam", "worse", **NEGATIVE), "adam loses to sgd by 0.61 UAS [0.42, 0.80], 10 seeds."),
        (
            against("adam", "better, negligible", difference=0.05, difference_low=0.02, difference_high=0.08),
            "adam beats sgd by only 0.050 UAS [0.020, 0.080], 10 seeds, less than the 0.1 that would matter.",
        ),
        (
            against("adam", "worse, negligible", difference=-0.05, difference_low=-0.08, difference_high=-0.02),
            "adam loses to sgd by only 0.050 UAS [0.020, 0.080], 10 seeds, less than the 0.1 that would matter.",
        ),
        (
            against("adam", "equivalent", difference=0.02, difference_low=-0.03, difference_high=0.07),
            "adam and sgd are equivalent within ±0.1 UAS (measured +0.020 UAS [−0.030, 0.070], 10 seeds).",
        ),
        (
            against("adam", "undecided, about 24 seeds would settle it", difference_low=-0.1),
            "adam against sgd is undecided (measured +0.61 UAS [−0.10, 0.80], 10 seeds), about 24 seeds would settle "
            "it.",
        ),
        (
            against("adam", "exploratory", n=4),
            "adam against sgd is exploratory only, too few seeds for a verdict (measured +0.61 UAS [0.42, 0.80], "
            "4 seeds).",
        ),
        (
            against("adam", "exploratory", n=1, difference_low=None, difference_high=None),
            "adam against sgd is exploratory only, too few seeds for a verdict (measured +0.610 UAS, 1 seed).",
        ),
    ],
    ids=lambda each: each["verdict"] if isinstance(each, dict) else "",
)  # fmt: skip
def test_the_answer_says_what_the_verdict_says(row, expected):
    assert answer_sentence([arm("sgd"), arm()], [row], "maximise", "sgd") == expected


def test_the_answer_turns_a_loss_the_right_way():
    rows = [arm("sgd", metric="dev_loss"), arm(metric="dev_loss")]
    better = against("adam", "better", metric="dev_loss", **NEGATIVE)
    assert answer_sentence(rows, [better], "minimise", "sgd") == (
        "adam beats sgd by 0.61 nats of loss [0.42, 0.80], 10 seeds."
    )
    undecided = against(
        "adam", "undecided", metric="dev_loss", difference=-0.5, difference_low=-1.0, difference_high=0.1
    )
    assert answer_sentence(rows, [undecided], "minimise", "sgd") == (
        "adam against sgd is undecided (measured 0.50 nats of loss [−0.10, 1.00] for the better, 10 seeds)."
    )
    higher = undecided | {"difference": 0.01, "difference_low": -0.02, "difference_high": 0.04}
    assert answer_sentence(rows, [higher], "minimise", "sgd") == (
        "adam against sgd is undecided (measured 0.010 nats of loss [−0.020, 0.040] for the worse, 10 seeds)."
    )
    assert "measured −0.010 UAS [−0.040, 0.020]" in answer_sentence(
        [arm("sgd"), arm()],
        [higher | {"metric": "dev_uas", "difference": -0.01, "difference_low": -0.04, "difference_high": 0.02}],
        "maximise",
        "sgd",
    )


def test_the_answer_where_there_is_none():
    empty = {"ok": 0, "n": 0, "mean": None, "mean_low": None, "mean_high": None}
    assert answer_sentence([arm("sgd", **empty), arm(**empty)], [], "maximise", "sgd") == (
        "No answer yet: no arm has a confirmation run."
    )
    assert answer_sentence([arm("sgd", ok=0), arm(ok=0)], [], "maximise", "sgd") == (
        "No answer: all 20 confirmation runs failed."
    )
    assert answer_sentence([arm()], [], "maximise", "adam") == (
        "adam reaches 80.00 UAS [79.50, 80.50] (10 seeds); there is one arm, and nothing to compare it with."
    )
    assert answer_sentence([arm("sgd", ok=0), arm()], [against("adam", "better")], "maximise", "sgd") == (
        "No comparison: every run of the baseline, sgd, failed; adam reaches 80.00 UAS [79.50, 80.50] (10 seeds)."
    )
    assert answer_sentence([arm("sgd"), arm(**empty)], [], "maximise", "sgd") == (
        "No comparison: adam is not confirmed yet; sgd reaches 80.00 UAS [79.50, 80.50] (10 seeds)."
    )


def test_the_answer_hides_no_failure():
    rows = [arm("sgd"), arm(ok=8), arm("x", ok=0)]
    assert answer_sentence(rows, [against("adam", "better"), against("x", "worse", **NEGATIVE)], "maximise", "sgd") == (
        "adam beats sgd by 0.61 UAS [0.42, 0.80], 10 seeds; every run of x failed; "
        "2 of 10 runs of adam failed and count as the worst value."
    )
    assert answer_sentence([arm(ok=8)], [], "maximise", "adam").startswith(
        "adam reaches 80.00 UAS [79.50, 80.50] (10 seeds, 2 of which failed)"
    )


def test_many_arms_are_told_verdict_by_verdict():
    rows = [against(name, "better") for name in "abcde"] + [
        against("f", "worse", **NEGATIVE),
        against("g", "equivalent"),
    ]
    arms = [arm("sgd"), *(arm(name) for name in "abcdefg")]
    assert answer_sentence(arms, rows, "maximise", "sgd") == (
        "Of 7 arms compared at 10 seeds, 5 beat sgd (a by 0.61 UAS [0.42, 0.80]; b by 0.61 UAS [0.42, 0.80]; "
        "c by 0.61 UAS [0.42, 0.80]; 2 more); 1 is equivalent to sgd (g); 1 loses to sgd (f by 0.61 UAS [0.42, 0.80])."
    )


def test_comparisons_of_several_baselines_name_each_pair():
    rows = [
        against("nadam", "worse", b="adam", **NEGATIVE),
        against("adam", "better"),
        against("nadam", "equivalent"),
        against("x", "undecided, about 24 seeds would settle it", b="nadam"),
        against("x", "better, negligible"),
    ]
    arms = [arm("sgd"), arm(), arm("nadam"), arm("x")]
    assert answer_sentence(arms, rows, "maximise", "sgd") == (
        "Of 5 comparisons at 10 seeds, 2 have a winner (nadam loses to adam by 0.61 UAS [0.42, 0.80]; adam beats sgd "
        "by 0.61 UAS [0.42, 0.80]); 1 differs by less than matters (x beats sgd by 0.61 UAS [0.42, 0.80]); "
        "1 is equivalent (nadam and sgd); 1 is undecided (x against nadam)."
    )
    # A pair that has a dead arm on either side is no comparison.
    without = [arm("sgd"), arm(ok=0), arm("nadam"), arm("x")]
    assert answer_sentence(without, rows[:3], "maximise", "sgd") == (
        "nadam and sgd are equivalent within ±0.1 UAS (measured +0.61 UAS [0.42, 0.80], 10 seeds); "
        "every run of adam failed."
    )


def test_unequal_budgets_are_no_ranking():
    arms = [arm("sgd"), arm(ok=8), arm("x", ok=0), arm("y"), arm("z")]
    rows = [against("adam", "better"), against("y", "worse")]
    found = answer_sentence(arms, rows, "maximise", "sgd", budgets="trials: 9 (adam), 1 (sgd)")
    assert found == (
        "The arms had different budgets (trials: 9 (adam), 1 (sgd)), so this is no ranking: "
        "sgd reaches 80.00 UAS [79.50, 80.50] (10 seeds); "
        "adam reaches 80.00 UAS [79.50, 80.50] (10 seeds, 2 of which failed); "
        "y reaches 80.00 UAS [79.50, 80.50] (10 seeds); 1 more; every run of x failed."
    )
    found = answer_sentence(arms, rows, "maximise", "sgd", comparable=False)
    assert found.startswith("The arms had different budgets, so this is no ranking: sgd reaches")
    assert "beat" not in found


def test_a_search_that_failed_is_not_still_to_come():
    empty = {"ok": 0, "n": 0, "mean": None, "mean_low": None, "mean_high": None, "trials": 4, "trial": None}
    assert answer_sentence([arm("sgd"), arm(**empty)], [], "maximise", "sgd") == (
        "No comparison: every search run of adam failed; sgd reaches 80.00 UAS [79.50, 80.50] (10 seeds)."
    )
    assert answer_sentence([arm(), arm("sgd", **empty)], [], "maximise", "sgd") == (
        "No comparison: every search run of the baseline, sgd, failed; "
        "adam reaches 80.00 UAS [79.50, 80.50] (10 seeds)."
    )
    assert answer_sentence([arm("sgd", **empty), arm(**empty)], [], "maximise", "sgd") == (
        "No answer: every search run of sgd failed and every search run of adam failed."
    )
    found = answer_sentence([arm("sgd"), arm(), arm("x", **empty)], [against("adam", "better")], "maximise", "sgd")
    assert found == "adam beats sgd by 0.61 UAS [0.42, 0.80], 10 seeds; every search run of x failed."
    waiting = empty | {"trial": 2}
    assert "adam is not confirmed yet" in answer_sentence([arm("sgd"), arm(**waiting)], [], "maximise", "sgd")


def test_every_verdict_of_the_statistics_has_its_words():
    samples = [
        Sample(name=name, scores={seed: level + sign * seed**2 % 7 / 30 for seed in range(count)}, stream="s")
        for name, level, sign, count in (
            ("sgd", 80.0, 1, 12), ("a", 80.0, 1, 12), ("b", 85.0, -1, 12), ("c", 75.0, -1, 12), ("d", 80.1, -1, 12),
            ("e", 80.0, -1, 3),
        )
    ]  # fmt: skip
    found = compare(samples, "sgd", "dev_uas", "maximise", 0.1)
    rows = [
        against(each.a, each.verdict, n=each.difference.n, difference=each.difference.mean,
                difference_low=each.difference.low, difference_high=each.difference.high, delta=each.delta)
        for each in found
    ]  # fmt: skip
    sentence = answer_sentence([arm(each.name) for each in samples], rows, "maximise", "sgd")
    told = sum(int(number) for number in re.findall(r"(\d+) (?:beat|lose|is|are)", sentence))
    assert told == len(rows), sentence


# Numbers and names


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((79.857, 79.02, 80.70), "79.86 [79.02, 80.70]"),
        ((0.0012345, 0.0011, 0.0013), "0.00123 [0.00110, 0.00130]"),
        ((-0.004, -0.4, 0.4), "0.00 [−0.40, 0.40]"),
        ((1.0, float("nan"), float("nan")), "1.00"),
        ((None, None, None), "–"),
        ((pd.NA, pd.NA, pd.NA), "–"),
    ],
)
def test_an_interval_has_the_digits_that_it_deserves(given, expected):
    assert numerals.interval(*given) == expected


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
    assert answer.startswith("sgd loses to adam by ")
    assert "1 of 10 runs of sgd failed" in answer
    rows = re.findall(r'<tr><th scope="row">(\w+)</th><td class="number">([^<]+)', text)[:3]
    means = subject.frames["arms"].set_index("arm")["mean"]
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
    assert WARNING["evidence"] in page.said("p")
    assert WARNING["change"] in page.said("pre")
    assert '<a href="#warnings">1 warning</a>' in text


def test_how_it_was_run_can_be_repeated(page):
    commands = next(each for each in page.said("pre") if "harness run" in each)
    assert commands.splitlines()[:2] == [
        "harness run results/made-up/study.toml --out again --set training.epochs=5",
        "# and its --plugin and --device, which the study does not hold; these runs had plugins built_in 0.1.0, "
        "device cpu",
    ]
    facts = dict(zip(page.said("dt"), page.said("dd"), strict=True))
    assert facts["data digest"] == "a93f0d98bf95"
    assert facts["tier"] == "standard"
    assert facts["test split"] == "never opened"
    assert facts["runs"] == "24 search (2 failed), 18 select, 50 confirm (2 failed)"
    assert "cafe0123" in page.said("th")


def test_a_sealed_test_split_has_no_section_and_an_opened_one_says_when(registry):
    sealed = results(ARMS, trials=3, confirm=8, points=2)
    assert "Test split" not in Page(write_report([subject_from(sealed)])).said("h2")
    runs = [
        replace(each, phase="test", curve=[{**each.curve[-1], "test_uas": each.metric("dev_uas") - 1}])
        for arm in ARMS
        for each in sealed.confirmed(arm).values()
    ]
    line = {"time": "2026-03-01T12:00:00+00:00", "seed_indices": list(range(100, 108)), "runs": 24, "records": 9,
            "fingerprints": dict.fromkeys(ARMS, "f")}  # fmt: skip
    records = {**sealed.records, **{each.key: each for each in runs}}
    subject = subject_from(replace(sealed, records=records, ledger=[line]))
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
    text = write_report([subject_from(replace(sealed, ledger=[line, line]))])
    assert "No run of the configurations that are chosen now was measured there; the split was opened 2 times" in text


def test_repeated_intervals_are_called_so():
    fixed = results(ARMS, trials=3, confirm=12, points=2)
    study = {**fixed.study, "confirm": {"seeds": 6, "limit": 18, "until_decided": True}}
    text = write_report([subject_from(replace(fixed, study=study))])
    assert "mean and repeated 95% confidence interval: " in text
    assert "those of differences are repeated confidence intervals, which hold at every look (after 6, 12, 18" in text
    assert "repeated" not in write_report([subject_from(fixed)])


def test_arms_with_unequal_budgets_get_levels_and_no_verdict():
    made = results(ARMS, trials=3, confirm=8, points=2)
    records = {key: each for key, each in made.records.items() if key[:3] != ("search", "sgd", 2)}
    records = {key: each for key, each in records.items() if key[1] != "sgd" or key[2] != 2}
    study = {**made.study, "search": {"trials": 2, "sampler": "sobol"}}
    subject = subject_from(replace(made, study=study, records=records))
    text = write_report([subject])
    answer = re.search(r'<p class="answer">(.*?)</p>', text)[1]
    assert answer.startswith("The arms had different budgets (trials: 3 (adam, nadam), 2 (sgd)), so this is no ranking")
    assert [row["verdict"] for row in subject.rows("arms")] == [None] * 3
    assert {row["verdict"] for row in subject.rows("comparisons") if row["kind"] == "arms"} == {None}
    assert all(row["verdict"] for row in subject.rows("comparisons") if row["kind"] == "tuning")
    assert all(row["p_holm"] is not None for row in subject.rows("comparisons"))
    cells = Page(text).said("td")
    assert cells.count("no ranking") == 2
    assert "None" not in text


def test_fewer_pairs_than_seeds_are_said(registry):
    made = results(ARMS, trials=3, confirm=8, points=2)
    winner = made.chosen("adam").trial
    records = {key: each for key, each in made.records.items() if key != ("confirm", "adam", winner, 107)}
    text = write_report([subject_from(replace(made, records=records))])
    assert text.count("n\u00a07</span>") == 2
    assert "n\u00a0" not in write_report([subject_from(made)])


def test_an_arm_whose_search_failed_is_not_waited_for():
    made = results(ARMS, trials=3, confirm=8, points=2)
    records = {
        key: replace(each, reason="died") if each.phase == "search" else each
        for key, each in made.records.items()
        if each.arm != "sgd" or each.phase == "search"
    }
    records = {key: each if each.arm == "sgd" else made.records[key] for key, each in records.items()}
    text = write_report([subject_from(replace(made, records=records))])
    assert "every search run of sgd failed" in text
    assert '<td class="number alarm">every search run failed</td>' in text


def test_dropout_is_drawn_as_the_plugin_schedules_it(text):
    assert "drop rate over training: adam 0.5; sgd from 0.6 to 0.105; nadam from 0.4 to 0." in text


def test_a_drop_rate_that_cannot_be_drawn_is_missed_aloud():
    text = write_report([subject_from(results({"adam": 80.0, "sgd": 79.0}, trials=3, confirm=6))])
    assert "The drop rate of adam, sgd is left out: no plugin here schedules it as it was." in text


def test_the_same_results_give_the_same_bytes(subject, text):
    assert write_report([subject]) == text


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><svg onload=alert(1)>', "$x^2$ {{ 7*7 }}", "x" * 300, "很"]
)
def test_a_hostile_name_harms_nobody(name, registry):
    made = results({"sgd": 79.0, name: 80.0}, trials=4, confirm=6, question=f"{name}?", points=2)
    page = Page(write_report([subject_from(made, folder=name, toml=name, registry=registry)]))
    assert {tag for tag, _ in page.tags} & {"script", "img"} == set()
    assert not [key for _, attributes in page.tags for key in attributes if key.startswith("on")]
    assert name in page.said("th")
    assert f"{name}?" in page.said("h1")


@pytest.mark.parametrize(
    ("arms", "changes", "answer"),
    [
        ({"adam": 80.0}, {}, "there is one arm"),
        ({"adam": 80.0, "sgd": 79.0}, {"confirmed": False}, "No answer yet"),
        ({"adam": 80.0, "sgd": 79.0}, {"failing": "adam"}, "No comparison: every run of the baseline, adam, failed"),
        ({"adam": 80.0, "sgd": 79.0}, {"confirm": 1}, "exploratory only"),
        ({"adam": 80.0, "sgd": 79.0}, {"points": 1}, "sgd loses to adam"),
    ],
)
def test_a_study_with_little_in_it_has_a_report_all_the_same(arms, changes, answer):
    text = write_report([subject_from(results(arms, trials=3, **changes))])
    Page(text)
    assert answer in text
    assert not re.search(r"(?<!became )\b(nan|None|NaN)\b", text)


def test_a_study_without_any_run_has_a_report():
    made = results({"adam": 80.0, "sgd": 79.0}, trials=3)
    empty = type(made)(made.study, {})
    page = Page(write_report([subject_from(empty)]))
    assert page.said("h2") == [*(["Warnings"] if "warnings" in TABLES else []), "How it was run"]


def test_tables_that_are_not_there_are_left_out():
    made = subject_from(results(ARMS), tables={name: TABLES[name] for name in ("arms", "comparisons")})
    page = Page(write_report([made]))
    assert page.said("h2") == ["Learning curves", "Seed by seed", "Schedules", "How it was run"]


def test_an_interaction_of_two_choices_is_a_heat_map():
    settings = {
        f"{one} {two}": {"optimiser": one, "dropout": two} for one in ("adam", "sgd") for two in ("constant", "linear")
    }  # fmt: skip
    made = results(
        {name: 80.0 + number for number, name in enumerate(settings)}, settings=settings, trials=3, points=1,
        compare=["optimiser", "dropout"],
    )  # fmt: skip
    text = write_report([subject_from(made)])
    assert "Interactions" in Page(text).said("h2")
    row = TABLES["interactions"](made).iloc[0]
    shown = numerals.interval(row["interaction"], row["interaction_low"], row["interaction_high"], sign=True)
    assert f"sgd, linear: {shown}" in text


@pytest.mark.parametrize(("direction", "best"), [("maximise", "sgd linear"), ("minimise", "adam constant")])
def test_a_heat_map_colours_by_what_is_better(direction, best, monkeypatch):
    seen = []
    monkeypatch.setattr(sections, "grid_chart", lambda *given: seen.append(given))
    names = [f"{one} {two}" for one in ("adam", "sgd") for two in ("constant", "linear")]
    settings = {name: dict(zip(("optimiser", "dropout"), name.split(), strict=True)) for name in names}
    made = results(
        {name: 80.0 + 2 * number for number, name in enumerate(names)}, settings=settings, trials=1, points=1,
        compare=["optimiser", "dropout"], baseline="sgd constant", direction=direction,
    )  # fmt: skip
    sections.interactions(subject_from(made))
    cells = seen[0][4]
    assert max(cells, key=lambda each: cells[each][0]) == tuple(best.split())
    assert cells["sgd", "constant"][0] == 0
    row = TABLES["interactions"](made).iloc[0]
    turned = row["interaction"] if direction == "maximise" else -row["interaction"]
    assert seen[1][4]["adam", "linear"][0] == pytest.approx(turned)


def test_several_folders_share_a_page_with_contents_and_their_comparison_first(subject, registry):
    other = subject_from(
        results({"sgd": 76.0, "adam": 79.0}, question="And twice?"), folder="results/other", registry=registry
    )
    frame = other.frames["comparisons"].assign(a="adam, b", b="sgd, a", verdict=None)
    joined = Joined(
        frame=frame, comparisons=(), baseline="sgd, a", metric="dev_uas", direction="maximise",
        budgets=["trials: 8, 9"], settings=[], environments=["torch: 2.12, 2.13"], notes=[], failed=[], unconfirmed=[],
        standings=[arm("sgd, a"), arm("adam, b")],
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
    for path in (Path(__file__).parents[1] / "harness").glob("cli*.py"):
        assert not re.search(r"^(import|from) (matplotlib|jinja2|harness\.report)", path.read_text(), re.MULTILINE)


@pytest.mark.slow
def test_a_thousand_runs_make_a_small_page_soon():
    made = results({f"arm{number}": 80 + 0.1 * number for number in range(10)}, trials=32, confirm=30)
    assert len(made.records) >= 950
    begin = time.process_time()
    text = write_report([subject_from(made)])
    assert time.process_time() - begin < 30  # 5 s on an idle core
    assert len(text.encode()) < 1_000_000
