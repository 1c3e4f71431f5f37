"""All cases, over some processes, each with a random stream of its own, so that their order does not matter."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import cases
import numpy as np
from drawing import FORMULAS, SHAPES


@dataclass(frozen=True)
class Section:
    """A table: one row a case; ``case`` takes a generator, the number of replicates and the row's arguments."""

    name: str
    title: str
    header: Sequence[str]
    case: Callable[..., cases.Row]
    rows: Sequence[tuple[Any, ...]]


ARMS = cases.FAMILIES
UNITS = (6, 8, 10, 20, 30)


def _of(arms: Sequence[int], what: str) -> tuple[str, ...]:
    return tuple(f"{what}: {count}" for count in arms)


SECTIONS = (
    Section(
        "absent",
        "No difference: some arm is called different, %, by number of arms",
        ("scores", "seeds", *_of(ARMS, "arms"), *_of(ARMS, "replaced"), "5 simultaneous intervals cover"),
        cases.absent,
        [(shape, seeds) for shape in SHAPES for seeds in UNITS],
    ),
    Section(
        "power",
        "One arm differs by what a single t-test finds in 80%: it is called different, %, by number of arms",
        ("scores", "seeds", "truth", *_of(ARMS, "arms"), *_of(ARMS, "replaced"), "advised, 5 arms", "found"),
        cases.power,
        [(shape, seeds) for shape in ("normal", "skewed arm", "one in eight fails") for seeds in UNITS],
    ),
    Section(
        "equivalent",
        "All arms differ by δ: some arm is called smaller, %, by number of arms; then each of arms that do not differ",
        ("scores", "seeds", "δ", *_of(ARMS, "arms"), *_of(ARMS, "replaced"), *_of((1, 5), "no difference, arms")),
        cases.at_the_limit,
        [(shape, seeds) for shape in SHAPES for seeds in UNITS],
    ),
    Section(
        "estimated",
        "The same with 5 arms and δ half of the spread of a score",
        ("scores", "seeds", "δ given", "estimated, the arms differ by it", "estimated, by the true δ", "replaced"),
        cases.estimated,
        [(shape, seeds) for shape in ("normal", "skewed arm", "one in eight fails") for seeds in (10, 20, 30)],
    ),
    Section(
        "unpaired",
        "Scores that are not paired, of an arm and of the baseline",
        ("scores", "seeds", *_of((1, 5), "different, arms"), *_of((1, 5), "at δ equivalent, arms"), "advised", "found"),
        cases.unpaired,
        [(shape, *seeds) for shape in ("normal", "skewed arm", "one in eight fails", "lognormal")
         for seeds in ((6, 6), (10, 30), (20, 20))],
    ),
    Section(
        "failures",
        "Five arms whose runs fail, beside a baseline whose do not",
        ("seeds", "failing, %", "arms that always fail", "truth", "no difference: different", "replaced: worst value",
         "the first differs: better", "refused"),
        cases.failures,
        [(seeds, rate, dead) for seeds in (10, 20) for rate, dead in ((0.0, 0), (0.125, 0), (0.0, 1), (0.125, 1))],
    ),
    Section(
        "repeats",
        "Five methods, equal on average: some arm is called different, %",
        ("searches", "seeds", "different", "truth", "found"),
        cases.repeated,
        [(1, 10), (1, 20), (1, 30), (6, 18), (8, 24), (10, 10), (10, 30)],
    ),
    Section(
        "forecast",
        "Undecided studies that go on to the two advised numbers: settled, %, by the truth",
        ("seeds", "arms", "δ", "0", "δ/2", "δ", "2δ", "from the posterior", "number, median", "none, %",
         "at worst, median", "none, %"),
        cases.promised,
        [(seeds, arms, delta) for seeds in (6, 10, 20) for arms in (1, 5) for delta in (0.5, 1.0)],
    ),
    Section(
        "planned",
        "Looks at 6, 12, 18, 24, 30 seeds until every arm has a verdict",
        ("scores", "arms", "truth", "δ", "different at the stop", "at any look", "smaller than δ at any look",
         "all looks' intervals cover", "verdict", "mean seeds", "verdict with 30 and one look"),
        cases.looking,
        [*((shape, [0.0] * arms, 0.0) for shape in SHAPES for arms in (1, 5)), ("normal", [0.0], 1.0),
         ("normal", [1.0], 0.5), ("normal", [2.0], 1.0), ("normal", [4.0], 1.0),
         *((shape, [SHAPES[shape].near * 1.0] * arms, 1.0)
           for shape in ("normal", "skewed arm", "one in eight fails") for arms in (1, 5))],
    ),
    Section(
        "anytime",
        "A fixed number of seeds, and three times more without a plan: some arm is called different, %",
        ("scores", "arms", "seeds", "anytime test", "that or the first verdict", "replaced: the fixed test each time",
         "at δ equivalent"),
        cases.going_on,
        [(shape, arms, 10, 10) for shape in SHAPES for arms in (1, 5)],
    ),
    Section(
        "edge",
        "The rule of the edge: how often it fires, %",
        ("trials", "nothing matters, 2 × 5", "optimum beyond, 10 sd", "20 sd",
         *(f"inside at {at}" for at in (0.5, 0.7, 0.8, 0.9, 1)), "cliff, 10 sd", "20 sd"),
        cases.edges,
        [(7,), (15,), (31,)],
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A row of a table, of so many studies from such a seed."""

    section: str
    row: int
    replicates: int
    seed: int


def run(place: Place) -> cases.Row:
    """One row, from a stream that its place names."""
    wanted = next(section for section in SECTIONS if section.name == place.section)
    rng = np.random.default_rng([place.seed, *place.section.encode(), place.row])
    return wanted.case(rng, place.replicates, *wanted.rows[place.row])


def calibrate(names: Sequence[str], replicates: int, seed: int, jobs: int, kept: Path | None = None) -> str:
    """The tables of the named sections as markdown; ``kept``: a file of finished rows, which are not run again."""
    wanted = [section for section in SECTIONS if section.name in names]
    places = [Place(section.name, row, replicates, seed) for section in wanted for row in range(len(section.rows))]
    lines = [json.loads(line) for line in kept.read_text().splitlines()] if kept and kept.exists() else []
    rows = {Place(*place): row for place, row in lines}
    for place, row, seconds in _each([place for place in places if place not in rows], jobs):
        rows[place] = row
        print(f"{place.section} {place.row}, {seconds:.0f} s: {' | '.join(row)}", file=sys.stderr, flush=True)
        if kept:
            with kept.open("a") as file:
                file.write(json.dumps([astuple(place), row]) + "\n")
    tables = [table(section, [rows[place] for place in places if place.section == section.name]) for section in wanted]
    return "\n".join([FORMULAS + "\n", *tables])


def _each(places: Sequence[Place], jobs: int) -> Iterator[tuple[Place, cases.Row, float]]:
    if jobs == 1:
        for place in places:
            yield place, *_timed(place)
        return
    with ProcessPoolExecutor(jobs) as pool:
        waiting = {pool.submit(_timed, place): place for place in places}
        for done in as_completed(waiting):
            yield waiting[done], *done.result()


def _timed(place: Place) -> tuple[cases.Row, float]:
    """The row, and the seconds of processor time that it took."""
    start = time.process_time()
    return run(place), time.process_time() - start


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
    parser.add_argument("--replicates", type=int, default=2000, help="studies a row")
    parser.add_argument("--only", choices=[section.name for section in SECTIONS], action="append", help="a table")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--kept", type=Path, help="a file of finished rows: they are added to it, and not run again")
    given = parser.parse_args(arguments)
    names = given.only or [section.name for section in SECTIONS]
    print(calibrate(names, given.replicates, given.seed, given.jobs, given.kept))
