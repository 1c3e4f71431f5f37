"""What every test needs: a cache of its own, and a problem small enough to train in milliseconds."""

from __future__ import annotations

import html
import os
import shutil
from collections.abc import Callable
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:  # as many processes as cores: a second thread in one would only wait
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # which torch reads when it is imported

import pytest
from hypothesis import settings

from harness.plugin.problem import Problem
from harness.plugin.registry import Registry, build_registry

from support.paths import TINY

settings.register_profile("house", deadline=None)  # how long an example takes is the machine's business
settings.load_profile("house")


@pytest.fixture(autouse=True, scope="session")
def _cache(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))  # nobody's own
        yield


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The built-ins and the plugin of the tests."""
    return build_registry([TINY])


@pytest.fixture(scope="session")
def tiny(registry: Registry) -> Problem:
    """300 training examples of 6 features over 40 rows, 3 classes."""
    return registry.component("problem", "tiny").build()


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """``finished(out, text=STUDY, overrides=())``: the result folder of that study, copied: it is run but once."""
    from support.studies import STUDY, run, write_study

    done: dict[tuple[str, tuple[str, ...]], Path] = {}

    def finish(out: Path, text: str = STUDY, overrides: tuple[str, ...] = ()) -> Path:
        if (text, overrides) not in done:
            folder = tmp_path_factory.mktemp("finished")
            run(write_study(folder, text), folder / "out", overrides=overrides)
            done[text, overrides] = folder / "out"
        shutil.copytree(done[text, overrides], out)
        return out

    return finish


@pytest.fixture
def blank_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that look at no report: commands write empty ones, as drawing takes longer than a tiny study."""
    monkeypatch.setattr("harness.report.page.write_report", lambda *_: "")


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of a page's words alone: its charts have theirs, and no drawing, which takes most of the time."""
    drawing = "harness.report._charts.canvas.Canvas.svg"
    monkeypatch.setattr(drawing, lambda _, says: f'<svg role="img" aria-label="{html.escape(says)}"></svg>')


@pytest.fixture(scope="module")
def undisturbed(finished: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result folder of STUDY, run once with one process."""
    return finished(tmp_path_factory.mktemp("undisturbed") / "out")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, with the study SMALL in it, as tiny.toml."""
    from support.studies import SMALL

    monkeypatch.chdir(tmp_path)
    Path("tiny.toml").write_text(SMALL)
    return tmp_path
