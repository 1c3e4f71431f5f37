"""How much memory a study needs, and whether there is as much: said before its first run, not by a killed worker."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.execution.job import COHORT
from harness.execution.machine import memory_limit, process_bytes
from harness.study.plan import Plan
from harness.training.memory import Footprint, evaluation_bytes, expected_footprint

GIB = 2**30


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Bytes that a study needs on one machine. ``driver``: of the process that drives, and what all share.

    ``worker``: of each worker process. ``training``: of that, what training takes beside what a process has anyway.
    """

    driver: int
    worker: int
    training: int

    def with_jobs(self, jobs: int) -> int:
        """Bytes with so many workers; with none, the process that drives trains."""
        return self.driver + (jobs * self.worker if jobs else self.training)

    def jobs(self, limit: int) -> int:
        """How many workers fit; 0 where none does."""
        return max(0, (limit - self.driver) // self.worker)


def memory_of(plan: Plan, footprints: Sequence[Footprint] = (), process: tuple[int, int] | None = None) -> Memory:
    """The memory of a plan whose problem this process has loaded, as each of its workers will.

    ``footprints``: of the arms' runs, as a step of each has shown them; else they are expected to be those of Adam.
    ``process``: what ``process_bytes`` said before those steps.
    """
    own, shared = process or process_bytes()
    known = footprints or [expected_footprint(plan.problem, arm.model, arm.training) for arm in plan.arms]
    evaluation = max(evaluation_bytes(plan.problem, arm.model, arm.training) for arm in plan.arms)
    training = max(each.cohort(COHORT) for each in known) + evaluation
    return Memory(driver=own + shared, worker=own + training, training=training)


def too_little(memory: Memory, jobs: int, limit: int | None = None) -> str:
    """A warning where so many workers need more memory than there is, with how many would fit; '' where they do not.

    ``limit``: bytes that there are; None: what this machine or its control group says.
    """
    there = memory_limit() if limit is None else limit
    needed = memory.with_jobs(jobs)
    if there is None or needed <= there:
        return ""
    fits = memory.jobs(there)
    instead = f"--jobs {fits} would fit" if 0 < fits < jobs else "smaller batches or a smaller model need less"
    return (
        f"about {needed / GIB:.1f} GiB of memory needed with --jobs {jobs}, and there are "
        f"{math.floor(10 * there / GIB) / 10:.1f}: processes may be killed; {instead}"
    )
