"""The test split stays sealed until it is opened, once; and the ledger says when, and for what."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.analysis.test_split import unsealed
from harness.cli.main import main
from harness.metric import Metric
from harness.records.folder import ResultFolder
from harness.records.results import Results

from support.paths import TINY, TINY_DIGEST
from support.studies import STUDY, tables, write_study

ACCURACY = Metric("dev_accuracy", "maximise")

SEALED = '''
"""The tiny problem, with a test split that raises when it is touched before the seal is broken."""

import os
import sys

import harness
import tiny


class Seal(harness.Split):
    def __getattribute__(self, name):
        is_hashed = sys._getframe(1).f_code is harness.Problem.digest.func.__code__  # which alone may read it
        if not name.startswith("__") and not is_hashed and not os.path.exists(os.environ["SEAL"]):
            raise AssertionError(f"the test split was touched: {name}")
        return super().__getattribute__(name)


@harness.hookimpl
def register_problems(register):
    register("sealed", sealed)


def sealed():
    problem = tiny.tiny()

    def score(predict, name):
        if name == "test":
            problem.test.labels
        return problem.score(predict, name)

    fields = {name: getattr(problem, name) for name in problem.__dataclass_fields__}
    seal = object.__new__(Seal)
    object.__setattr__(seal, "tokens", problem.test.tokens)
    object.__setattr__(seal, "labels", problem.test.labels)
    return harness.Problem(**(fields | {"name": "sealed", "test": seal, "score": score}))
'''


@pytest.fixture
def sealed_folder(tmp_path, monkeypatch):
    """To be in: a study on the sealed problem, and the plugins it needs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEAL", str(tmp_path / "broken"))
    monkeypatch.syspath_prepend(str(Path(TINY).parent))
    Path("sealed.py").write_text(SEALED)
    write_study(tmp_path, STUDY.replace('"tiny"', '"sealed"'))


@pytest.fixture
def here(sealed_folder, blank_reports):
    """The same for tests that look at no report."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Where the finished study is kept, once there is one."""
    return tmp_path_factory.mktemp("kept") / "r"


@pytest.fixture
def done(here, kept):
    """The study is finished, in r: run by the first that wants it."""
    if not kept.exists():
        assert run().exit_code == 0
        shutil.copytree("r", kept)
    else:
        shutil.copytree(kept, "r")


def harness(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


PLUGINS = ("--plugin", TINY, "--plugin", "sealed.py")


def run(*more: str) -> Result:
    return harness("run", "study.toml", "--out", "r", "--jobs", "0", *PLUGINS, *more)


def unseal(*more: str) -> Result:
    return harness("unseal", "r", "--jobs", "0", *PLUGINS, *more)


def ledger() -> list[dict[str, object]]:
    path = Path("r/ledger.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.slow
def test_no_code_path_touches_the_test_split_before(sealed_folder):
    """Run, dry run, resumed run, tables: all with a test split that raises when it is looked at."""
    calls = (
        run("--dry-run"), run(), run("--set", "confirm.seeds=4"), harness("table", "r", "test"), harness("report", "r"),
        harness("compare", "r", "--metric", "dev_loss"), harness("train", "--problem", "sealed", *PLUGINS),
    )  # fmt: skip
    for done in calls:
        assert done.exit_code == 0, done.output
    assert not any("test" in name for record in Path("r/records.jsonl").read_text().splitlines()
                   for point in json.loads(record)["curve"] for name in point)  # fmt: skip
    assert harness("table", "r", "test").stdout == "no rows yet\n"
    assert not ledger()
    assert unseal().exit_code == 3  # the seal raises, so every run fails: that it is looked at now is the proof
    assert {each.reason for each in Results.of(ResultFolder(Path("r"))).ordered if each.phase == "test"} == {
        "AssertionError: the test split was touched: tokens"
    }


def test_unsealing_measures_the_confirmed_runs(done):
    before = tables(Path("r"), ("arms", "trials"))
    Path("broken").touch()
    opening = unseal("--json")
    assert opening.exit_code == 0, opening.output
    rows = json.loads(opening.stdout)
    results = Results.of(ResultFolder(Path("r")))
    for row in rows:
        found = [
            each.score(Metric("test_accuracy", "maximise"))
            for each in results.ordered
            if (each.phase, each.arm) == ("test", row["arm"])
        ]
        assert (row["metric"], row["n"], row["ok"], row["openings"]) == ("test_accuracy", 3, 3, 1)
        assert row["mean"] == pytest.approx(sum(found) / 3)
        assert row["dev_mean"] == pytest.approx(sum(results.sample(row["arm"]).scores.values()) / 3)
    assert [row["arm"] for row in rows] == ["adam", "sgd"]
    assert tables(Path("r"), ("arms", "trials")) == before, "what is on dev stays as it was"
    opened = [each for each in results.ordered if each.phase == "test"]
    assert all(
        results.records[each.again("confirm", each.seed_index).key].score(ACCURACY) == each.score(ACCURACY)
        for each in opened
    )
    assert "did not end with" not in opening.stderr


def test_an_opening_is_on_the_ledger_once(done):
    Path("broken").touch()
    first, again = unseal(), unseal()
    assert first.stdout == again.stdout
    (opening,) = ledger()
    results = Results.of(ResultFolder(Path("r")))
    assert opening["seed_indices"] == [100, 101, 102]
    assert (opening["runs"], opening["records"]) == (6, 8)
    assert opening["fingerprints"] == {arm: results.chosen(arm).fingerprint for arm in ("adam", "sgd")}


def test_another_choice_is_opened_only_on_demand_and_on_record(done):
    Path("broken").touch()
    unseal()
    run("--set", "search.trials=6")
    refused = unseal()
    assert refused.exit_code == 2
    assert refused.stderr.startswith(
        f"error: r: the test split was opened before, at {ledger()[0]['time']}, after a shorter search, so"
    )
    assert "--again" in refused.stderr
    assert len(ledger()) == 1
    assert unseal("--again").exit_code == 0
    assert len(ledger()) == 2
    assert {row["openings"] for row in json.loads(unseal("--json").stdout)} == {2}


def test_an_interrupted_opening_goes_on_without_a_second_line(done):
    Path("broken").touch()
    whole = unseal().stdout
    records = Path("r/records.jsonl")
    lines = records.read_text().splitlines(keepends=True)
    records.write_text("".join(lines[:-2]))
    assert unseal().stdout == whole
    assert len(ledger()) == 1


def test_what_is_not_confirmed_is_not_opened(done):
    records = Path("r/records.jsonl")
    kept = [line for line in records.read_text().splitlines(keepends=True) if '"confirm", "arm": "sgd"' not in line]
    records.write_text("".join(kept))
    refused = unseal()
    assert (refused.exit_code, ledger()) == (2, [])
    assert refused.stderr == (
        "error: r: not confirmed yet; finish the study with harness run before its test split is opened\n"
    )


def test_other_data_are_not_opened(done):
    text = Path("sealed.py").read_text()
    Path("sealed.py").write_text(text.replace("tiny.tiny()", "tiny.tiny(seed=1)"))
    refused = unseal()
    assert (refused.exit_code, ledger()) == (2, [])
    assert f"r: data or plugins are not those of the study:\n  problem.digest: was '{TINY_DIGEST}'" in refused.stderr


def test_there_must_be_results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "no result folder here" in harness("unseal", "nothing").stderr


def test_a_table_of_nothing_has_its_columns(done):
    frame = unsealed(Results.of(ResultFolder(Path("r"))))
    assert list(frame.columns)[:4] == ["arm", "metric", "ok", "n"]
    assert frame.empty


def test_the_report_shows_what_was_opened(sealed_folder):
    run()
    sealed = Path("r/report.html").read_text()
    Path("broken").touch()
    unseal()
    opened = Path("r/report.html").read_text()
    assert sealed != opened
    assert "test accuracy" in opened.lower()
    assert ledger()[0]["time"] in opened


def test_an_arm_whose_search_failed_does_not_keep_the_others_sealed(here):
    dead = 'choices.optimiser=["adam", {name = "raising", after = 2}]'
    assert run("--set", dead).exit_code == 3
    Path("broken").touch()
    done = unseal("--json")
    assert done.exit_code == 0, done.output
    assert [row["arm"] for row in json.loads(done.stdout)] == ["adam"]


@pytest.mark.slow
def test_what_still_wants_seeds_is_not_opened(here):
    """Cut off within a block of a study that runs until it is decided."""
    go_on = ("--until-decided", "--set", "confirm.limit=9", "--set", "smallest_difference=0.01")
    run(*go_on)
    records = Path("r/records.jsonl")
    lines = records.read_text().splitlines(keepends=True)
    records.write_text("".join(lines[:-3]))
    Path("broken").touch()
    assert "not confirmed yet" in unseal().stderr
    run(*go_on)
    assert unseal().exit_code == 0
    assert ledger()[0]["seed_indices"] == list(range(100, 109))


OWN = """
import os
from pathlib import Path
from torch.optim import SGD

Path("imported").write_text("by whoever read the folder")


class Mine(SGD):
    def __init__(self, params, lr=0.01):
        super().__init__(params, lr=lr)
"""


def test_code_that_the_folder_names_is_not_imported_before_somebody_says_so(here):
    Path("own.py").write_text(OWN)
    study = STUDY.replace('"tiny"', '"sealed"').replace('{ name = "adam", search = ["lr"] }', '"own.py:Mine"')
    Path("study.toml").write_text(study)
    assert run("--set", "search.trials=2", "--set", "confirm.seeds=2").exit_code == 0
    Path("imported").unlink()
    Path("broken").touch()
    refused = unseal()
    assert refused.exit_code == 2
    assert refused.stderr == (
        "error: r: its study names code of its own, own.py:Mine, which unseal would run; read it, and say that it may: "
        "--code own.py\n"
    )
    assert not Path("imported").exists()
    assert not ledger()
    opened = unseal("--code", "./own.py")
    assert opened.exit_code == 0, opened.output
    assert re.search(r"^runs code of .*built_in.*, own\.py$", opened.stderr, re.MULTILINE)


def test_nor_is_a_sampler_of_the_folder_s_own(here):
    Path("own.py").write_text(
        "import optuna\nfrom pathlib import Path\n\nPath('imported').touch()\n\n\n"
        "class Own(optuna.samplers.RandomSampler): ...\n"
    )
    Path("study.toml").write_text(STUDY.replace('"tiny"', '"sealed"'))
    options = ("--set", "search.trials=2", "--set", "confirm.seeds=2", "--set", "search.sampler=own.py:Own")
    assert run(*options, "--set", "search.widen=false").exit_code == 0
    Path("imported").unlink()
    Path("broken").touch()
    refused = unseal()
    assert refused.exit_code == 2
    assert refused.stderr.startswith("error: r: its study names code of its own, own.py:Own, which unseal would run; ")
    assert not Path("imported").exists()
    assert unseal("--code", "own.py").exit_code == 0


def test_classes_of_installed_packages_need_no_word(here):
    study = STUDY.replace('"tiny"', '"sealed"').replace('{ name = "adam", search = ["lr"] }', '"torch.optim:Adam"')
    Path("study.toml").write_text(study)
    assert run("--set", "search.trials=2", "--set", "confirm.seeds=2").exit_code == 0
    Path("broken").touch()
    assert unseal().exit_code == 0
