"""Real servers on the loopback: PostgreSQL, run as the user ``postgres``, and Redis. Tests are skipped without them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
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


@contextmanager
def _serving(url: str, port: int, words: list[Any], **settings: Any) -> Iterator[Server]:
    """The server that a command starts on a port, once it answers there; it is gone at the end."""
    process = subprocess.Popen([*map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **settings)
    try:
        for _ in range(300):
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, "the server has ended"
            time.sleep(0.1)
        else:
            raise AssertionError("no server came")
        yield Server(url=url, process=process)
    finally:
        process.terminate()
        process.wait()


def _program(name: str) -> Path | None:
    """A program of PostgreSQL, which Debian does not put on the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    on_path = shutil.which(name)
    return found[-1] if found else Path(on_path) if on_path else None


@contextmanager
def postgresql(folder: Path) -> Iterator[Server]:
    """A new database cluster; the superuser has a password. Skips the test where there is none.

    It does not lie in ``folder``, which pytest makes for its own user alone: PostgreSQL refuses to be run by root.
    """
    initdb, postgres = _program("initdb"), _program("postgres")
    if initdb is None or postgres is None:
        pytest.skip("no PostgreSQL here: apt-get install postgresql")
    who: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}-") as place:
        data, password = Path(place) / "data", Path(place) / "password"
        password.write_text("secret-word\n")
        for path in (place, password) if who else ():
            shutil.chown(path, **who)
        words = ["-D", data, "-U", "harness", "--auth=scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "-N"]
        made = subprocess.run([initdb, *words], cwd=place, capture_output=True, check=False, **who)
        assert made.returncode == 0, made.stderr.decode()
        port = free_port()
        options = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"]
        command = [postgres, "-D", data, "-p", port, *(word for option in options for word in ("-c", option))]
        url = f"postgresql+psycopg://harness:secret-word@127.0.0.1:{port}/postgres"
        with _serving(url, port, command, cwd=place, **who) as server:
            yield server


@contextmanager
def redis(folder: Path) -> Iterator[Server]:
    """A Redis server with nothing in it. Skips the test where there is none."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no Redis here: apt-get install redis-server")
    folder.mkdir()
    port = free_port()
    command = [program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with _serving(f"redis://127.0.0.1:{port}/0", port, command, cwd=folder) as server:
        yield server
