"""The wheel holds the core and the built-ins, and loads them by the one entry point."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from support.paths import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--wheel-dir", str(folder), str(ROOT)], check=True)
    [path] = folder.glob("*.whl")
    return path


@pytest.mark.slow
def test_the_wheel_has_both_packages_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"harness", "harness_plugins"}
    assert {"harness/py.typed", "harness/report/templates/report.html", "harness_plugins/problems/conllu.py"} <= set(
        names
    )
    [licence] = [name for name in names if name.endswith("LICENSE")]
    assert b"Apache License" in zipfile.ZipFile(wheel).read(licence)


@pytest.mark.slow
def test_an_installed_wheel_loads_the_built_ins(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    program = "import harness, harness_plugins; from harness.plugin.registry import build_registry; "
    program += "print(harness_plugins.__file__); print(build_registry().names('optimiser'))"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    from harness.plugin.registry import build_registry

    assert done.stdout.splitlines() == [
        str(tmp_path / "site" / "harness_plugins" / "__init__.py"),
        str(build_registry().names("optimiser")),
    ]


def test_the_editable_install_loads_the_built_ins():
    import harness_plugins
    from harness.plugin.registry import build_registry

    assert Path(harness_plugins.__file__).is_relative_to(ROOT / "plugins")
    assert "adam" in build_registry().names("optimiser")


def test_constraints_pin_what_the_project_depends_on():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = {line.partition("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()}
    wanted = [
        *project["dependencies"],
        *project["optional-dependencies"]["test"],
        *project["optional-dependencies"]["dev"],
    ]
    names = {name.split(">")[0].split("=")[0].split("[")[0].lower() for name in wanted}
    assert names - {"optimiser-harness"} <= pinned
