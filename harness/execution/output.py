"""What components print: on stderr, each line once, however many runs and processes print it."""

from __future__ import annotations

import hashlib
import io
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

try:
    import fcntl
except ImportError:  # not on Windows, where each process has lines of its own
    fcntl = None  # type: ignore[assignment]

_MARK = 16
"""Bytes of the digest by which a line is known."""


class Printed:
    """The lines that this process has printed, and those of the processes with which it shares a file.

    The file holds the lines' digests, one after another; a lock on it is the system's, which a killed process loses.
    """

    def __init__(self, path: str = "") -> None:
        self.path = path
        self._marks: set[bytes] = set()
        self._bytes_read = 0

    def forget(self) -> None:
        """Begin anew, as a command does that has a process to itself."""
        self._marks.clear()

    def is_new(self, line: str) -> bool:
        """Whether nobody has printed the line; from now on somebody has."""
        mark = hashlib.blake2b(line.encode("utf-8", "surrogatepass"), digest_size=_MARK).digest()
        if mark in self._marks:
            return False
        is_new = True
        if self.path and fcntl is not None:
            with suppress(OSError), open(self.path, "r+b", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._read_on(file)
                is_new = mark not in self._marks
                if is_new:
                    file.write(mark)
                    self._bytes_read += _MARK
        self._marks.add(mark)
        return is_new

    def _read_on(self, file: io.FileIO) -> None:
        file.seek(self._bytes_read)
        added = file.readall()
        self._marks.update(added[at : at + _MARK] for at in range(0, len(added), _MARK))
        self._bytes_read += len(added)

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Have a file, within the block, by which other processes know what was printed."""
        if self.path or fcntl is None:
            yield
            return
        with ExitStack() as stack:
            with suppress(OSError):  # no room for a file: each process for itself
                file = stack.enter_context(tempfile.NamedTemporaryFile(prefix="harness-printed-", delete=False))
                stack.callback(Path(file.name).unlink, missing_ok=True)
                file.write(b"".join(self._marks))
                file.flush()
                self._bytes_read = len(self._marks) * _MARK
                self.path = f"/proc/{os.getpid()}/fd/{file.fileno()}"
                if os.access(self.path, os.R_OK | os.W_OK):
                    Path(file.name).unlink()  # so that nothing is left when this process is killed
                else:
                    self.path = file.name
            try:
                yield
            finally:
                self.path = ""


PRINTED = Printed()
"""The lines of this process and, while it has workers, of theirs."""


class OnceEach(io.TextIOBase):
    """A stream that hands each line on to another stream the first time that it comes, and then no more.

    A line that is not ended yet waits for its end, or for ``finish``. What a carriage return overwrites, such as the
    earlier states of a progress bar, is dropped. Closing and reconfiguring it do nothing: it belongs to the command.
    """

    name, mode, line_buffering = "<stdout>", "w", True

    def __init__(self, to: TextIO, printed: Printed) -> None:
        self._to = to
        self._printed = printed
        self._begun: list[str] = []
        self._size = 0
        self._overwrites = False
        self._lock = threading.RLock()
        self.buffer = _Bytes(self)

    @property
    def encoding(self) -> str:  # type: ignore[override] # a stream that is given has one
        """That of the other stream."""
        return getattr(self._to, "encoding", None) or "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override] # as above
        """That of the other stream."""
        return getattr(self._to, "errors", None) or "strict"

    def fileno(self) -> int:
        """That of the other stream."""
        return self._to.fileno()

    def writable(self) -> bool:
        """It is."""
        return True

    def reconfigure(self, **settings: object) -> None:
        """Nothing: the other stream stays as it is."""

    def close(self) -> None:
        """Nothing: others may print after whoever closes it."""

    def write(self, text: str, /) -> int:
        """Hand on every line that ends within the text and is new."""
        with self._lock:
            *lines, rest = text.split("\n")
            for line in lines:
                self._add(line)
                self._end()
            self._add(rest)
            if self._size > _LONGEST:
                self._end()
        return len(text)

    def _add(self, part: str) -> None:
        """Go on with the line that has begun; after a carriage return, the next sign begins it anew."""
        for number, piece in enumerate(part.split("\r")):
            self._overwrites |= number > 0
            if piece:
                if self._overwrites:
                    self._begun, self._size, self._overwrites = [], 0, False
                self._begun.append(piece)
                self._size += len(piece)

    def _end(self) -> None:
        line = "".join(self._begun)
        self._begun, self._size, self._overwrites = [], 0, False
        if self._printed.is_new(line):
            self._to.write(f"{line}\n")
            self._to.flush()

    def finish(self) -> None:
        """Hand on the line that has not ended."""
        with self._lock:
            if self._begun:
                self._end()


_LONGEST = 1 << 20
"""Signs of a line after which it is handed on in parts."""


class _Bytes(io.RawIOBase):
    """The byte stream beneath: what is written to it is text of the stream above."""

    def __init__(self, above: OnceEach) -> None:
        self._above = above

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._above.fileno()

    def close(self) -> None:
        pass

    def write(self, data: Any, /) -> int:
        self._above.write(bytes(data).decode("utf-8", "backslashreplace"))
        return len(data)


def finish_line() -> None:
    """Hand on what a component has printed and not ended, before another component prints."""
    if isinstance(sys.stdout, OnceEach):
        sys.stdout.finish()


def send_stdout_to_stderr(path: str) -> None:
    """In a process that has no stdout of its own, such as a worker. ``path``: of the file of ``Printed.shared``."""
    with suppress(OSError):
        os.dup2(2, 1)  # for libraries in C
    sys.stdout = OnceEach(sys.stderr, Printed(path))
