"""Real servers on the loopback: PostgreSQL, run as the user ``postgres``, and Redis. Tests are skipped without them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server at ``url``, and its process."""

    url: str
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    """A port of the loopback that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, "the server has ended"
        time.sleep(0.1)
    raise AssertionError("no server came")


def _program(name: str) -> Path | None:
    """A program of PostgreSQL, which Debian does not put on the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    on_path = shutil.which(name)
    return found[-1] if found else Path(on_path) if on_path else None


@contextmanager
def postgresql(folder: Path) -> Iterator[Server]:
    """A new database cluster in ``folder``; the superuser has a password. Skips the test where there is none."""
    initdb, postgres = _program("initdb"), _program("postgres")
    if initdb is None or postgres is None:
        pytest.skip("no PostgreSQL here: apt-get install postgresql")
    who: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}
    folder.mkdir()
    if who:
        shutil.chown(folder, **who)
        for parent in folder.parents:  # which pytest makes for its own user alone
            if parent.stat().st_uid == 0 and not parent.stat().st_mode & 0o001:
                parent.chmod(parent.stat().st_mode | 0o011)
    data, password = folder / "data", folder.parent / "password"
    password.write_text("secret-word\n")
    password.chmod(0o644)
    made = subprocess.run(
        [initdb, "-D", data, "-U", "harness", "--auth=scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "-N"],
        cwd=folder, capture_output=True, check=False, **who,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr.decode()
    port = free_port()
    with (folder.parent / "postgres.log").open("wb") as log:
        process = subprocess.Popen(
            [postgres, "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1",
             "-c", "unix_socket_directories=", "-c", "fsync=off"],
            cwd=folder, stdout=log, stderr=log, **who,
        )  # fmt: skip
    try:
        _wait_for(port, process)
        yield Server(url=f"postgresql+psycopg://harness:secret-word@127.0.0.1:{port}/postgres", process=process)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def redis(folder: Path) -> Iterator[Server]:
    """A Redis server with nothing in it. Skips the test where there is none."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no Redis here: apt-get install redis-server")
    folder.mkdir()
    port = free_port()
    words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen([program, *words], cwd=folder, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield Server(url=f"redis://127.0.0.1:{port}/0", process=process)
    finally:
        process.terminate()
        process.wait()
