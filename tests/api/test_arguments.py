"""Whatever ``harness`` is given in the wrong type, or from the wrong place, is one line that says what is wanted."""

from __future__ import annotations

import datetime
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch

import harness
from harness.arguments import count_of, path_of
from harness.errors import HarnessError, StudyError
from harness.study.file import read_given
from harness.study.overrides import overrides_of

from support.studies import SMALL

STUDY = tomllib.loads(SMALL)
ITSELF: list[object] = []
ITSELF.append(ITSELF)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: harness.run(""), "study: a path, or its text, got ''"),
        (lambda: harness.run(" \n"), "study: a path, or its text, got ' \\n'"),
        (lambda: harness.run("a\0b.toml"), "study: a path, or its text, got 'a\\x00b.toml'"),
        (lambda: harness.run(SMALL.encode()), "study: a path, the text of a study file or a dictionary, got bytes"),
        (lambda: harness.run({**STUDY, "compare": ITSELF}, out="out"), "study: compare: nested more than 20 deep"),
        (lambda: harness.run({"search": {"trials": [1, None]}}, out="out"),
         "study: search.trials.1: None is no value of a study; leave the key out"),
        (lambda: harness.run(STUDY, out=3), "out: a path, or its text, got int 3"),
        (lambda: harness.run(STUDY, out=""), "out: a path, or its text, got ''"),
        (lambda: harness.run(STUDY, out=b"out"), "out: a path, or its text, got bytes b'out'"),
        (lambda: harness.run(STUDY, out="out", jobs="2"),
         "jobs is a number of worker processes, 0 for none, got str '2'"),
        (lambda: harness.run(STUDY, out="out", jobs=1.5),
         "jobs is a number of worker processes, 0 for none, got float 1.5"),
        (lambda: harness.run(STUDY, out="out", jobs=True),
         "jobs is a number of worker processes, 0 for none, got bool True"),
        (lambda: harness.run(STUDY, out="out", device=None), "device: a text, got NoneType"),
        (lambda: harness.run(STUDY, out="out", plugins=3), "plugins: a list of files and modules, got int"),
        (lambda: harness.run(STUDY, out="out", plugins=["a\0.py"]), "plugins: a path, or its text, got 'a\\x00.py'"),
        (lambda: harness.run(STUDY, out="out", set=None),
         'set: changes are {"search.trials": 4} or ["search.trials=4"], got NoneType'),
        (lambda: harness.run(STUDY, out="out", set=[3]),
         'set: changes are {"search.trials": 4} or ["search.trials=4"], got int'),
        (lambda: harness.run(STUDY, out="out", set={"search": {"trials": None}}),
         "set: search.trials: None is no value of a study; leave the key out"),
        (lambda: harness.results(None), "result folder: a path, or its text, got NoneType"),
        (lambda: harness.results(["out"]), "result folder: a path, or its text, got list ['out']"),
        (lambda: harness.compare(["a", "b"]), "result folder: a path, or its text, got list ['a', 'b']"),
        (lambda: harness.compare("a", metric=3), "metric: a text, got int 3"),
        (lambda: harness.compare("a", pairs=None), "unknown pairs None; known: all, baseline, same"),
        (lambda: harness.unseal(None), "result folder: a path, or its text, got NoneType"),
        (lambda: harness.train(save=3), "save: a path, or its text, got int 3"),
        (lambda: harness.train(save="."), ".: cannot be written: it is a folder"),
        (lambda: harness.train(seed="1"), '--set seed="1": seed: must be an integer, got \'1\''),
        (lambda: harness.load(None), "model: a path, or its text, got NoneType"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line_and_nothing_is_written(tmp_path, monkeypatch, call, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HarnessError) as caught:
        call()
    assert str(caught.value) == message
    assert list(tmp_path.iterdir()) == []


def test_paths_and_numbers_come_in_many_types():
    assert path_of(Path("a b/é"), "x") == path_of("a b/é", "x") == Path("a b/é")
    assert (count_of(np.int64(3), "x"), count_of(0, "x")) == (3, 0)
    assert overrides_of({"a": np.float64(0.5), "b": (1, "x"), "c": True}) == ("a=0.5", 'b=[1, "x"]', "c=true")
    assert harness.training.device.check_device(torch.device("cpu")) == "cpu"


def test_a_text_of_any_letters_can_be_set():
    question = "Pourquoi\u00a0?\u2028\n\t\x00 \U0001f600\U000e0001"
    study, draft, _ = read_given(SMALL, overrides_of({"question": question}))
    assert (study.question, draft.faults) == (question, {})


def test_a_study_that_is_not_there_has_a_nearest_match(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("study.toml").write_text(SMALL)
    for missing, hint in {
        "studdy.toml": ", did you mean 'study.toml'?", "study": ", did you mean 'study.toml'?", "elsewhere.csv": "",
        'problem = "tiny"': "; the text of a study has more than one line",
    }.items():  # fmt: skip
        with pytest.raises(StudyError) as caught:
            read_given(missing)
        assert str(caught.value) == f"{missing}: cannot be read: no such file or directory{hint}"


def test_a_byte_order_mark_and_other_line_ends_are_not_kept(tmp_path):
    path = tmp_path / "study.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    study, _, text = read_given(path)
    assert text == SMALL
    assert study == read_given(SMALL)[0]


@pytest.mark.parametrize("value", [2**63, 10**40])
@pytest.mark.parametrize("key", ["seed", "training.epochs", "training.batch_size", "model.hidden_dim", "search.batch"])
def test_a_study_holds_no_number_that_its_folder_would_refuse(key, value):
    _, draft, _ = read_given(SMALL, overrides_of({key: value}))
    [fault] = draft.faults
    assert fault == f"--set {key}={value}: {key}: must be less than {2**63}, got {value}"


def test_a_date_is_no_value():
    with pytest.raises(StudyError, match=r"^set: seed: a study holds texts, .* got date datetime\.date"):
        overrides_of({"seed": datetime.date(2024, 1, 1)})
