"""How much memory there is: of the machine, or of the control group that a container or a batch job is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from harness.execution.machine import memory_limit, process_bytes

MIB = 2**20
HUGE = "9223372036854771712"


def system(folder: Path, cgroup: str, limits: dict[str, str]) -> int | None:
    """The limit where /proc/self/cgroup says ``cgroup`` and these files hold limits."""
    (folder / "proc" / "self").mkdir(parents=True)
    (folder / "proc" / "self" / "cgroup").write_text(cgroup)
    for name, text in limits.items():
        path = folder / "cgroups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return memory_limit(folder / "proc", folder / "cgroups")


MACHINE = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else None


@pytest.mark.parametrize(
    ("cgroup", "limits", "expected"),
    [
        ("0::/\n", {"memory.max": "max\n"}, MACHINE),
        ("0::/\n", {"memory.max": "67108864\n"}, 64 * MIB),
        ("0::/a/b\n", {"a/b/memory.max": "max\n", "a/memory.max": "67108864\n"}, 64 * MIB),
        ("0::/a/b\n", {"a/b/memory.max": "33554432\n", "a/memory.max": "67108864\n"}, 32 * MIB),
        ("5:cpu:/x\n4:cpuacct,memory:/a\n", {"memory/a/memory.limit_in_bytes": "67108864\n"}, 64 * MIB),
        ("4:memory:/of/the/host\n", {"memory/memory.limit_in_bytes": "67108864\n"}, 64 * MIB),
        ("4:memory:/\n", {"memory/memory.limit_in_bytes": HUGE}, MACHINE),
        ("5:cpu:/\n", {"memory/memory.limit_in_bytes": "67108864\n"}, MACHINE),
        ("nonsense", {}, MACHINE),
    ],
)
def test_the_least_limit_holds(tmp_path, cgroup, limits, expected):
    assert system(tmp_path, cgroup, limits) == expected


@pytest.mark.skipif(MACHINE is None, reason="a system that does not say its memory")
def test_without_control_groups_it_is_the_machine(tmp_path):
    assert memory_limit(tmp_path / "none", tmp_path / "none") == MACHINE > 64 * MIB


@pytest.mark.skipif(sys.platform != "linux", reason="told apart on Linux only")
def test_what_a_process_holds_grows_with_what_it_takes():
    before, shared = process_bytes()
    assert shared > MIB
    taken = bytearray(64 * MIB)
    after, _ = process_bytes()
    assert 60 * MIB < after - before < 70 * MIB
    del taken
