"""What study.json holds, typed: the folders that there are open, and whatever is wrong with one is one line."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ResultError
from harness.plugin.ranges import Options, Range
from harness.records.folder import ResultFolder, to_json
from harness.study.changes import differences
from harness.study.resolved import ResolvedStudy

from support.paths import ROOT

PUBLISHED = sorted((ROOT / "results" / "published").glob("*/study.json"))
OLD = ROOT / "tests" / "data" / "written_before_the_rooms" / "results" / "study.json"
OLDEST, NEWEST = (json.loads((ROOT / "results" / "published" / name / "study.json").read_text())
                  for name in ("optimisers", "digits"))  # fmt: skip


def opened(data: Any) -> ResolvedStudy:
    return ResolvedStudy.from_json(data, "study.json")


def complaint(data: Any) -> str:
    with pytest.raises(ResultError) as caught:
        opened(data)
    return str(caught.value)


@pytest.mark.parametrize("path", [*PUBLISHED, OLD], ids=lambda path: path.parent.name)
def test_every_folder_opens_and_is_written_as_it_was(path):
    study = ResultFolder(path.parent).existing_study()
    written = json.loads(path.read_text())
    for arm in written["arms"].values():
        for traits in arm["traits"].values():
            traits.setdefault("only_with", {})  # which no component said anything of before there was a word for it
    assert to_json(study.to_json()) == to_json(written)
    assert opened(study.to_json()) == study
    assert differences(study, opened(written)) == []


def test_all_studies_are_published():
    assert len(PUBLISHED) == 10


def test_what_a_study_holds_has_its_type():
    study = opened(NEWEST)
    arm = study.arms[study.baseline]
    assert arm.space["optimiser.adam.lr"] == Range(1e-4, 1e-2, "log")
    assert arm.traits["optimiser.adam"].coupled_decay == "weight_decay"
    assert (study.confirm.until_decided, study.training.batch_size, study.metric.sign) == (True, 32, 1)
    assert study.problem.values["label"] == "c64"
    options = copy.deepcopy(NEWEST)
    options["arms"]["rate=0.0"]["space"] = {"optimiser.adam.lr": {"options": [0.1, 0.2]}}
    assert opened(options).arms["rate=0.0"].space["optimiser.adam.lr"] == Options((0.1, 0.2))


@pytest.mark.parametrize("name", ["tier", "conventions", "smallest_difference", "overrides"])
def test_what_only_tables_show_may_be_missing(name):
    data = {key: value for key, value in NEWEST.items() if key != name}
    assert not getattr(opened(data), name)
    assert opened(opened(data).to_json()) == opened(data)


def test_a_setting_that_is_younger_than_a_folder_has_its_default():
    data = copy.deepcopy(NEWEST)
    del data["confirm"]["limit"], data["model"]["bias"], data["search"]["batch"]
    assert opened(data) == opened(NEWEST)


def test_objectives_are_written_where_there_are_any():
    data = copy.deepcopy(NEWEST)
    data["search"]["objectives"] = []
    assert opened(data).to_json() == opened(NEWEST).to_json()
    data["search"]["objectives"] = ["seconds", "dev_loss"]
    study = opened(data)
    assert study.to_json()["search"] == {**opened(NEWEST).to_json()["search"], "objectives": ["seconds", "dev_loss"]}
    assert [str(each) for each in study.objectives] == ["seconds", "dev_loss"]
    assert {each.direction for each in study.objectives} == {"minimise"}
    assert differences(opened(NEWEST), study) == ["search.objectives: was [], now ['seconds', 'dev_loss']"]


LR = ("arms", "rate=0.0", "space", "optimiser.adam.lr")
TRAITS = ("arms", "rate=0.0", "traits", "optimiser.adam")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((*LR, "low"), "x", "arms.rate=0.0.space.optimiser.adam.lr.low: is a number, got 'x'"),
        ((*LR, "low"), 1.0, "arms.rate=0.0.space.optimiser.adam.lr: needs finite low < high, got low=1.0, high=0.01"),
        ((*LR, "scale"), "lgo", "arms.rate=0.0.space.optimiser.adam.lr: scale is one of linear, log, one_minus_log, "
                                "got 'lgo'"),
        ((*LR, "hgih"), 1.0, "arms.rate=0.0.space.optimiser.adam.lr.hgih: unknown key 'hgih', did you mean 'high'? "
                             "known: high, integer, low, scale"),
        (LR, [1, 2], "arms.rate=0.0.space.optimiser.adam.lr: is a table, got [1, 2]"),
        (LR, {"options": []}, "arms.rate=0.0.space.optimiser.adam.lr: needs at least one value"),
        (LR, {"options": [None]}, "arms.rate=0.0.space.optimiser.adam.lr.options.0: is a number, a text, true or "
                                  "false, got None"),
        (("baseline",), "rate=0.00", "baseline: unknown arm 'rate=0.00', did you mean 'rate=0.0'? known: rate=0.0, "),
        (("metric",), "dev_acuracy", "metric: unknown metric 'dev_acuracy', did you mean 'dev_accuracy'? known: dev_"),
        (("direction",), "minimise", "direction: is 'minimise', but metrics says 'maximise' of dev_accuracy"),
        (("metrics", "dev_loss"), "down", "metrics.dev_loss: unknown direction 'down'; known: maximise, minimise"),
        (("confirm", "seeds"), 2.5, "confirm.seeds: must be an integer, got 2.5"),
        (("confirm", "seeds"), "6", "confirm.seeds: must be an integer, got '6'"),
        (("confirm", "limit"), 2, "confirm: limit is 2, less than the 10 seeds of the first look"),
        (("confirm", "seed"), 6, "confirm.seed: unknown key 'seed', did you mean 'seeds'? known: limit, seeds, "),
        (("search", "sampler"), "sobl", "search.sampler: unknown sampler 'sobl', did you mean 'sobol'? known: "),
        (("search", "objectives"), ["second"], "search.objectives: unknown objective 'second', did you mean 'sec"),
        (("search", "objectives"), ["dev_loss"] * 2, "search.objectives: 'dev_loss' is listed twice"),
        (("search", "objectives"), ["dev_accuracy"], "search.objectives: 'dev_accuracy' is the study's metric"),
        (("search", "objectives"), "seconds", "search.objectives: must be a list, got 'seconds'"),
        (("compare",), "dropout.constant.rate", "compare: is a list, got 'dropout.constant.rate'"),
        (("compare",), [], "arms.rate=0.0.settings.dropout.constant.rate: unknown key 'dropout.constant.rate'; known"),
        (("compare",), ["dropout"], "not of this version, it lacks arms.rate=0.0.settings.dropout; run the study "),
        (("seed",), 10**30, "seed: has at most 64 bits, got 100"),
        (("seed",), True, "seed: is a whole number, got True"),
        (("smallest_difference",), 0, "smallest_difference: is greater than 0, got 0"),
        (("smallest_difference",), float("nan"), "smallest_difference: is a finite number, got nan"),
        (("problem", "digest"), 3, "problem.digest: is a text, got 3"),
        (("arms",), {}, "arms: a study has at least one arm"),
        (("arms", "rate=0.0", "files", "x"), 3, "arms.rate=0.0.files.x: is a text, got 3"),
        ((*TRAITS, "natural_limits", "eps"), 1, "arms.rate=0.0.traits.optimiser.adam.natural_limits.eps: is a list of "
                                                "numbers, got 1"),
        ((*TRAITS, "includes", "sgd", "fre"), [], "arms.rate=0.0.traits.optimiser.adam.includes.sgd.fre: unknown key "
                                                  "'fre', did you mean 'free'? known: free, reach, same, where"),
        (("a\nb",), 3, "a\\nb: unknown key 'a\\nb'; known: "),
    ],
)  # fmt: skip
def test_an_edited_value_is_named(path, value, message):
    data = copy.deepcopy(NEWEST)
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    assert complaint(data).startswith(f"study.json: {message}")


def test_a_folder_of_a_newer_version_says_so():
    assert complaint({**NEWEST, "cluster": {}}).endswith(
        "; the file was edited, or written by a newer version of the harness"
    )


@pytest.mark.parametrize("data", [None, 3, [], {}, {"question": "?"}])
def test_what_is_no_study_at_all(data):
    assert complaint(data) == "study.json: damaged: it holds no study"


def test_all_that_is_missing_is_named_at_once():
    assert complaint({"arms": {}, "seed": 0, "metrics": {}}) == (
        "study.json: not of this version, it lacks question, problem, metric, direction, baseline, compare, search, "
        "select, confirm, model, training; run the study again in a new folder"
    )


def leaves(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value, tables and lists among them."""
    if path:
        yield path
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inner:
        yield from leaves(value, (*path, key))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=3,
)
DELETED = object()


@settings(max_examples=400)
@given(
    st.sampled_from([(data, path) for data in (OLDEST, NEWEST) for path in leaves(data)]),
    st.just(DELETED) | anything,
    st.none() | st.text(max_size=5),
)
def test_whatever_is_edited_either_opens_or_is_one_line_with_file_and_field(place, value, renamed):
    data, path = copy.deepcopy(place[0]), place[1]
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    if value is DELETED:
        del inner[path[-1]]
    elif renamed is not None and isinstance(inner, dict):
        inner[renamed] = inner.pop(path[-1])
    else:
        inner[path[-1]] = value
    try:
        study = opened(data)
    except ResultError as error:
        message = str(error)
        assert message.isprintable()
        assert message.startswith("study.json: ")
        assert len(message.split(": ")) >= 3 or "it lacks " in message or "damaged: " in message
    else:
        assert opened(json.loads(to_json(study.to_json()))) == study
        assert differences(study, study) == []
