"""All cases, over some processes, each with a random stream of its own, so that their order does not matter."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import cases
import numpy as np


@dataclass(frozen=True)
class Section:
    """A table: one row a case; ``case`` takes a generator, the number of replicates and the row's arguments."""

    title: str
    header: Sequence[str]
    case: Callable[..., cases.Row]
    rows: Sequence[tuple[Any, ...]]


SEEDS = (6, 10, 30)
SECTIONS = (
    Section(
        "No difference, one look (δ = 0)",
        ("scores", "seeds", "coverage %", *(f"`better` of {m}, %" for m in cases.FAMILIES),
         *(f"`better` or `worse` of {m}, %" for m in cases.FAMILIES)),
        cases.absent,
        [(shape, seeds) for shape in ("normal", "skewed") for seeds in SEEDS],
    ),
    Section(
        "A true difference, one look, one arm (in units of s_d)",
        ("truth", "seeds", "p < 0.05, %", *(f"δ = {delta}: {word}, %" for delta in ("½", "1")
         for word in ("`better`", "negligible", "`equivalent`", "undecided"))),
        cases.present,
        [(truth, seeds, (0.5, 1.0)) for truth in (0.0, 0.5, 1.0, 2.0) for seeds in SEEDS],
    ),
    Section(
        "The number of seeds that is advised (in units of s_d)",
        ("δ", "N", "t-test's power at δ, %", "found at δ, %", "verdict at 0, %", "verdict at δ, %", "verdict at 2δ, %"),
        cases.promised,
        [(0.6,), (0.8,), (1.0,), (1.4,)],
    ),
    Section(
        "Looks at 6, 12, 18, 24, 30 seeds until every arm has a verdict (in units of s_d)",
        ("scores", "arms", "truth", "δ", "called different at the stop, %", "at any look, %",
         "all 5 intervals cover, %", "verdict, %", "mean seeds", "verdict with 30 and one look, %"),
        cases.sequential,
        [("normal", [0.0], 0.0), ("skewed", [0.0], 0.0), ("normal", [0.0] * 3, 0.0), ("normal", [0.0], 1.0),
         ("normal", [1.0], 0.5), ("normal", [2.0], 1.0), ("normal", [4.0], 1.0)],
    ),
)  # fmt: skip


def run(place: tuple[int, int], replicates: int, seed: int) -> cases.Row:
    """One row, from a stream that its place, (section, row), names."""
    section, row = place
    wanted = SECTIONS[section]
    return wanted.case(np.random.default_rng([seed, section, row]), replicates, *wanted.rows[row])


def calibrate(replicates: int, seed: int, jobs: int) -> str:
    """All tables as markdown."""
    places = [(s, r) for s, section in enumerate(SECTIONS) for r in range(len(section.rows))]
    work = partial(run, replicates=replicates, seed=seed)
    if jobs == 1:
        rows = [work(place) for place in places]
    else:
        with ProcessPoolExecutor(jobs) as pool:
            rows = list(pool.map(work, places))
    by_section = [[row for (s, _), row in zip(places, rows, strict=True) if s == each] for each in range(len(SECTIONS))]
    return "\n".join(map(table, SECTIONS, by_section))


def table(section: Section, rows: Sequence[cases.Row]) -> str:
    """Markdown, right-aligned."""
    lines = [section.header, ["---:"] * len(section.header), *rows]
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"### {section.title}\n\n{body}\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # for the processes to come
    parser = argparse.ArgumentParser(prog="python tests/calibration", description=__doc__)
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    given = parser.parse_args(arguments)
    print(calibrate(given.replicates, given.seed, given.jobs))
