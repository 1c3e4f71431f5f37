"""How much memory this process may use, and how much it uses, as the operating system tells."""

from __future__ import annotations

import os
import re
import resource
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

PROC, CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")


def memory_limit(proc: Path = PROC, cgroups: Path = CGROUPS) -> int | None:
    """Bytes of memory that there are: the machine's, or fewer where a control group has fewer; None if unknown.

    A container or a batch job is a control group of Linux, of which there are two versions. ``proc``, ``cgroups``:
    where their files are.
    """
    try:
        machine = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    except (AttributeError, OSError, ValueError):
        machine = []
    return min([*machine, *_cgroup_limits(proc, cgroups)], default=None)


def _cgroup_limits(proc: Path, cgroups: Path) -> Iterator[int]:
    """The limits of this process's control group and of all above it, of which the least holds."""
    for line in _lines(proc / "self" / "cgroup"):
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:  # version 2
            root, name = cgroups, "memory.max"
        elif "memory" in controllers.split(","):
            root, name = cgroups / "memory", "memory.limit_in_bytes"
        else:
            continue
        group = PurePosixPath("/") / path
        # Within a container the path may be the host's, and its own group lies at the root.
        for place in (group, *group.parents):
            for text in _lines(root / place.relative_to("/") / name):
                if text.strip().isdecimal():  # version 2 says "max" where there is none, version 1 a huge number
                    yield int(text)


def process_bytes() -> tuple[int, int]:
    """What this process holds in bytes: of its own, and of files that other processes share with it, as libraries.

    Outside of Linux all that it has held at most counts as its own.
    """
    status = "\n".join(_lines(PROC / "self" / "status"))
    own, shared = (re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE) for field in ("RssAnon", "RssFile"))
    if own and shared:
        return 1024 * int(own[1]), 1024 * int(shared[1])
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit, 0


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
