"""Damaged inputs, thousands of them: each is read, or refused in one line, within five seconds; all else is wrong."""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from targets import TARGETS, Target

from harness.errors import HarnessError

SECONDS = 5
"""Within which an input must be read or refused."""


@dataclass
class Tally:
    """``tried``, ``refused``, ``accepted``: how many inputs. ``wrong``: of each other one, how to make it again."""

    tried: int = 0
    refused: int = 0
    accepted: int = 0
    wrong: list[str] = field(default_factory=list)


def fuzz(name: str, count: int, seed: int) -> Tally:
    """So many damaged inputs of a target, from such a seed on."""
    target, tally = TARGETS[name], Tally()
    whole = target.whole()
    names = list(whole)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(seed, seed + count):
            rng = random.Random(f"{name} {number}")
            file, partner = rng.choice(names), whole[rng.choice(names)]
            path = Path(folder) / file
            path.write_bytes(target.mutate(whole[file], rng, partner))
            tally.tried += 1
            try:
                fault = read(target, path)
            except BaseException as error:
                tally.wrong.append(f"{name} {number} ({file}): {_shown(error)}")
            else:
                tally.refused += fault is not None
                tally.accepted += fault is None
                if fault is not None and (not fault.strip() or _is_raw(fault)):
                    tally.wrong.append(f"{name} {number} ({file}): an error of no or unprintable text: {fault!r}")
            path.unlink()
    return tally


def read(target: Target, path: Path) -> str | None:
    """The error's text of an input that is refused; None of one that is read."""
    with _limited(), warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("error")
        try:
            target.read(path)
        except (HarnessError, *target.refusals) as error:
            return str(error)
    return None


class TooLateError(BaseException):
    """The answer did not come in time."""


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    def late(*_: object) -> None:
        raise TooLateError(f"no answer within {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _is_raw(text: str) -> bool:
    return not all(sign.isprintable() or sign == "\n" for sign in text)


def _shown(error: BaseException) -> str:
    places = [frame for frame in traceback.extract_tb(error.__traceback__) if "/harness" in frame.filename]
    place = f"{Path(places[-1].filename).name}:{places[-1].lineno}" if places else "?"
    return f"{type(error).__name__} at {place}: {str(error)[:200]}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz every target, and print a line for each."""
    parser = argparse.ArgumentParser(prog="python tests/fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1500, help="of each target")
    parser.add_argument("--only", choices=list(TARGETS), action="append")
    parser.add_argument("--seed", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args(arguments)
    begin, failed = time.monotonic(), 0
    print("| input | tried | refused | accepted | wrong |\n| --- | ---: | ---: | ---: | ---: |")
    with ProcessPoolExecutor(given.jobs) as pool:
        named = given.only or list(TARGETS)
        tallies = pool.map(fuzz, named, [given.inputs] * len(named), [given.seed] * len(named))
        for name, tally in zip(named, tallies, strict=True):
            print(
                f"| {name} | {tally.tried:,} | {tally.refused:,} | {tally.accepted:,} | {len(tally.wrong)} |",
                flush=True,
            )
            kinds = Counter(line.partition(": ")[2][:90] for line in tally.wrong)
            for kind, times in kinds.most_common(20):
                example = next(line for line in tally.wrong if kind in line)
                print(f"{times} × {example}", file=sys.stderr)
            failed += len(tally.wrong)
    print(f"\n{time.monotonic() - begin:.0f} s", file=sys.stderr)
    return 1 if failed else 0
