"""What ``harness check`` may be given: files, folders, modules, what is installed, and what is none of these."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.conformance.kit import CHECKS
from harness.plugin.kinds import OPTIMISER, PROBLEM

from support.checking import BROKEN, FEW, GOOD, HOLDS, check, told


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "nothing")  # so that what a check adds is taken back
    return tmp_path


@pytest.fixture
def few(monkeypatch):
    """Three checks instead of the kit's."""
    monkeypatch.setitem(CHECKS, PROBLEM, FEW)
    monkeypatch.setitem(CHECKS, OPTIMISER, FEW)


def test_a_module_a_folder_and_what_is_installed(here, monkeypatch):
    package = here / "package"
    (package / "src").mkdir(parents=True)
    (package / "src" / "good_of_test_checkup.py").write_text(GOOD)
    (package / "pyproject.toml").write_text('[project.entry-points.harness]\ngood-one = "good_of_test_checkup"\n')
    module = HOLDS.format("good_of_test_checkup")
    assert told(check("package")) == module
    monkeypatch.syspath_prepend(package / "src")
    assert told(check("good_of_test_checkup")) == module

    # As pip leaves it: then its name, its module, its file and its folder all mean the plugin that is installed.
    info = package / "src" / "good_one-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: good-one\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[harness]\ngood-one = good_of_test_checkup\n")
    for source in ("good-one", "good_of_test_checkup", "package/src/good_of_test_checkup.py", "package"):
        assert told(check(source)) == HOLDS.format("good-one")
    assert check("god-one", code=2).stderr == (
        "error: unknown file, module or plugin 'god-one', did you mean 'good-one'? known: built_in, good-one\n"
    )


def test_an_optimiser_s_class_needs_no_plugin(here, few):
    Path("mine.py").write_text(BROKEN.partition("@harness")[0] + "class Broken" + BROKEN.partition("class Broken")[2])
    assert told(check("mine.py:Broken", code=1)).startswith("optimiser mine.py:Broken   (plugin mine.py)\n\nok  ")


def test_a_plugin_that_registers_nothing_has_nothing_to_check(here):
    Path("watch.py").write_text("import harness\n@harness.hookimpl\ndef observe(event): pass\n")
    assert told(check("watch.py")) == "it registers no component: there is nothing to check\n"


def test_a_family_is_named_and_its_members_are_checked_by_name(here, few):
    Path("lib.py").write_text(
        GOOD
        + BROKEN.replace('register("broken", Broken)', 'register("lib:*", Family())')
        + "class Family:\n"
        + "    def names(self): return ['one']\n"
        + "    def __call__(self, member): return harness.Offer(build=Broken, space={})\n"
    )
    assert told(check("lib.py", code=1)).splitlines()[-2:] == [
        "not checked: optimiser family lib:*; one of it is checked by its name, lib:…",
        "1 component, 3 checks in N s: 1 found something wrong",
    ]
    found = told(check("lib:one", "--plugin", "lib.py", code=1))
    assert found.startswith("optimiser lib:one   (plugin lib.py)\n\nok  ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "class Sign: pass\n",
            "plugin 'mine.py' has no hook; hooks: register_problems, register_embeddings, register_initialisers, "
            "register_optimisers, register_lr_schedules, register_dropout_schedules, register_regularisers, "
            "register_executors, observe; harness new plugin NAME writes one that has",
        ),
        (
            "def register_optimisers(register): pass\n",
            "plugin 'mine.py' has no hook; register_optimisers is there, but not marked @harness.hookimpl; "
            "harness new plugin NAME writes one that has",
        ),
        ("1 / 0\n", "cannot load plugin 'mine.py': {here}/mine.py:1: ZeroDivisionError: division by zero"),
        (
            GOOD.replace('"good", good', '"turkish-web", good'),
            "problem 'turkish-web' is registered twice: by plugin 'built_in' and by plugin 'mine.py'",
        ),
    ],
)
def test_what_cannot_be_loaded_is_2_and_says_how_to_mend_it(here, text, message):
    Path("mine.py").write_text(text)
    result = check("mine.py", code=2)
    assert (result.stdout, result.stderr) == ("", f"error: {message.format(here=here)}\n")


def test_names_of_nothing(here):
    assert check("no.py", code=2).stderr == "error: cannot load plugin 'no.py': no such file\n"
    assert check("buit_in", code=2).stderr == (
        "error: unknown file, module or plugin 'buit_in', did you mean 'built_in'? known: built_in\n"
    )
    assert check(".", code=2).stderr == (
        "error: .: no pyproject.toml with [project.entry-points.harness] here; "
        "name a file or a module, or write a package with harness new plugin NAME\n"
    )
    Path("study").write_text("question =")  # a study may be called anything that is no plugin
    assert check("study", code=2).stderr.startswith("error: study:1: not TOML: ")
