"""``harness new plugin``: what it writes loads, passes, installs; what it refuses, and with which words."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import harness.testing
from harness.cli.main import main
from harness.cli.new import LONGEST, write_plugin
from harness.conformance.kit import CHECKS
from harness.plugin.kinds import CHOICES, KINDS, LR_SCHEDULE, OPTIMISER
from harness.plugin.registry import build_registry
from harness.study.plan import plan_from_file

from support.paths import TINY

ON_TINY = ("problem=tiny", "metric=dev_accuracy", "model.embedding_dim=4", "model.hidden_dim=8")


def new(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["new", "plugin", *words])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_says_what_it_wrote_and_what_comes_next(here):
    result = new("my-sign")
    assert (result.stderr, result.stdout) == ("", (
        "wrote my-sign/my_sign.py\n"
        "wrote my-sign/tests/test_my_sign.py\n"
        "wrote my-sign/my_sign.toml\n"
        "wrote my-sign/pyproject.toml\n"
        "wrote my-sign/README.md\n"
        "next:\n"
        "  harness check my-sign/my_sign.py\n"
        "  harness train --optimiser my-sign --plugin my-sign/my_sign.py\n"
        "  harness run my-sign/my_sign.toml --plugin my-sign/my_sign.py\n"
    ))  # fmt: skip
    assert sorted(str(path) for path in Path("my-sign").rglob("*") if path.is_file()) == [
        "my-sign/README.md", "my-sign/my_sign.py", "my-sign/my_sign.toml", "my-sign/pyproject.toml",
        "my-sign/tests/test_my_sign.py",
    ]  # fmt: skip


def test_another_folder_and_kind(here):
    told = new("hump", "--kind", "dropout", "--to", "a b/c").stdout.splitlines()
    assert told[0] == "wrote a b/c/hump.py"
    assert told[-1] == "  harness run 'a b/c/hump.toml' --plugin 'a b/c/hump.py'"
    assert told[-2] == "  harness train --set dropout=hump --plugin 'a b/c/hump.py'"


def test_nothing_is_overwritten(here):
    Path("my-sign").mkdir()
    Path("my-sign/pyproject.toml").write_text("mine")
    assert new("my-sign", code=2).stderr == (
        "error: my-sign/pyproject.toml: is there already, and nothing is overwritten: choose another name or --to\n"
    )
    assert [path.name for path in Path("my-sign").iterdir()] == ["pyproject.toml"]
    assert Path("my-sign/pyproject.toml").read_text() == "mine"


def test_a_folder_that_cannot_be_written(here):
    Path("file").write_text("")
    assert new("my-sign", "--to", "file/x", code=2).stderr == "error: file/x: cannot be written: not a directory\n"


@pytest.mark.parametrize("name", ["Sign", "1st", "my sign", "a--b", "a-", "ünder", "a.b", "", "x" * (LONGEST + 1)])
def test_names_that_are_none(here, name):
    assert new("--", name, code=2).stderr == (
        f"error: a plugin's name is up to {LONGEST} lower-case letters and digits, '-' or '_' between them, "
        f"a letter first, got {name!r}\n"
    )
    assert not list(here.iterdir())


@pytest.mark.parametrize("name", ["json", "class", "torch", "harness", "harness-plugins"])
def test_names_that_python_has_already(here, name):
    assert new(name, code=2).stderr == (
        f"error: {name!r} cannot be a plugin's name: Python has a module or word {name.replace('-', '_')!r} already\n"
    )


def test_a_name_that_another_component_has(here):
    message = "error: optimiser 'adam' is there already, from plugin 'built_in': choose another name\n"
    assert new("adam", code=2).stderr == message
    new("adam", "--kind", "initialiser")


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_loaded_and_has_what_a_component_should_have(tmp_path, kind):
    package = write_plugin("my-own", kind, tmp_path)
    assert len(package.module.read_text().splitlines()) <= 40  # one screen
    component = build_registry([str(package.module)]).component(kind, "my-own")
    assert component.description.endswith(".")
    assert "Not for " in " ".join(component.build.__doc__.split())
    assert component.space or kind == "problem"
    for name, domain in component.space.items():
        assert component.defaults[name] in domain
    test = (tmp_path / "tests" / "test_my_own.py").read_text()
    [kit] = [word for word in dir(harness.testing) if f"harness.testing.{word})" in test]
    assert getattr(harness.testing, kit).kind == KINDS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_comes_with_a_study_that_compares_it(tmp_path, kind):
    package = write_plugin("my-own", kind, tmp_path)
    registry = build_registry([str(package.module), TINY])
    plan = plan_from_file(package.study, ON_TINY if kind in CHOICES else (), registry)
    assert plan.study.confirm.seeds >= 7  # with fewer a difference is hardly ever called one
    assert plan.baseline == plan.arms[0].name
    assert len(plan.arms) == 2
    assert all(arm.dimensions() for arm in plan.arms)
    if kind in CHOICES:
        assert plan.arms[1].name == "my-own"
        assert plan.baseline == ("adam" if kind == "optimiser" else registry.default(kind))
    else:
        assert plan.problem.name == "my-own"


def test_all_kinds_are_clean_code_whatever_the_name(tmp_path):
    for name in ("a", "abcdefgh-" * 2 + "ijklmn"):
        for kind in KINDS:
            write_plugin(name, kind, tmp_path / kind / name)
    assert len(name) == LONGEST
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--line-length", "100"]
    done = subprocess.run(
        [*ruff, "--extend-select", "E501,I,W,B,UP", "."], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "All checks passed!\n"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_s_package_is_described(tmp_path, kind):
    write_plugin("my-own", kind, tmp_path)
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]
    assert project["entry-points"] == {"harness": {"my-own": "my_own"}}
    assert project["dependencies"] == ["optimiser-harness"]
    readme = (tmp_path / "README.md").read_text()
    assert f"\n{'An' if kind[0] in 'eio' else 'A'} {KINDS[kind].noun} for the package" in readme
    assert "{" not in readme


@pytest.mark.slow
def test_each_kind_passes_its_own_tests(tmp_path):
    for kind in KINDS:
        write_plugin(f"my-{kind}", kind, tmp_path / kind)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert f"\n{sum(map(len, CHECKS.values()))} passed in " in done.stdout


PIP = (sys.executable, "-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-deps", "--no-index")


@pytest.mark.slow
def test_the_package_installs_and_is_then_there_without_being_named(tmp_path):
    write_plugin("my-sign", "optimiser", tmp_path / "my-sign")
    subprocess.run([*PIP, "--target", str(tmp_path / "site"), str(tmp_path / "my-sign")], check=True)
    assert (tmp_path / "site" / "my_sign.py").exists()
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    for words, told in (
        (["list", "optimiser", "my-*"], "optimiser  my-sign  The sign of the momentum, "),
        (["check", "my-sign"], f"\n1 component, {len(CHECKS[OPTIMISER])} checks in "),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "harness", *words],
            env=environment, cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert told in done.stdout


@pytest.mark.slow
def test_the_editable_package_passes_its_tests_too(tmp_path):
    write_plugin("my-sign", "lr_schedule", tmp_path / "my-sign")
    subprocess.run([*PIP, "--target", str(tmp_path / "site"), "--editable", str(tmp_path / "my-sign")], check=True)
    program = "import pytest, harness.cli.main as commands; code = pytest.main(['-q', '-p', 'no:cacheprovider'])\n"
    program += "assert code == 0; commands.main(['check', 'my_sign.py'])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": f"{tmp_path / 'site'}:{tmp_path / 'my-sign'}"},
        cwd=tmp_path / "my-sign", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"\n{len(CHECKS[LR_SCHEDULE])} passed in " in done.stdout
    assert f"\n1 component, {len(CHECKS[LR_SCHEDULE])} checks in " in done.stdout
