"""Files as every room reads and writes them: regular ones only, whole or not at all, and never through a link.

A result folder, a data file or a model may be somebody else's. A pipe in its place would be waited for, a device has no
end, and a link leads to a file that was never meant; each of them is an ``OSError`` here, as is a file above a limit.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_BINARY = getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # else opening a pipe waits for whoever is at its other end

MOST_BYTES = 2**31
"""The largest file that is read whole: 2 GiB."""

_FRESH = ".new"


def open_regular(path: Path, *, most: int = MOST_BYTES) -> BinaryIO:
    """Open a file for reading. OSError if it cannot be, is no regular file, or has more than ``most`` bytes."""
    return _regular(path, os.O_RDONLY, "rb", most)


def read_bytes(path: Path, *, most: int = MOST_BYTES) -> bytes:
    """All that a regular file of at most ``most`` bytes holds; OSError otherwise."""
    with open_regular(path, most=most) as file:
        return file.read()


def read_text(path: Path, *, most: int = MOST_BYTES) -> str:
    """The same as UTF-8 text; UnicodeDecodeError, which is a ValueError, if it is none."""
    return read_bytes(path, most=most).decode("utf-8").replace("\r\n", "\n")


def open_to_append(path: Path) -> BinaryIO:
    """Open a file at its end, or make it; OSError where a link or anything but a regular file is in its place."""
    return _regular(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_LINK, "ab")


def open_to_mend(path: Path) -> BinaryIO:
    """Open a file that is there for reading and writing; OSError where a link or no regular file is in its place."""
    return _regular(path, os.O_RDWR | _NO_LINK, "r+b")


def write_bytes(path: Path, data: bytes, *, parents: bool = True) -> None:
    """Make a file or replace it in one step, so that a crash leaves the old one or the new one, whole and on the disk.

    ``parents``: its folder is made if it is missing. OSError if a link, or no regular file, is in its place.
    """
    check_target(path)
    if parents:
        path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}{_FRESH}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK | _BINARY, 0o666)  # less the umask
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:  # Ctrl-C too
        with suppress(OSError):
            fresh.unlink()
        raise
    _sync_folder(path.parent)


def check_target(path: Path) -> None:
    """OSError unless a file can be made or replaced at the path: what is there is a regular file, or nothing is."""
    with suppress(FileNotFoundError):
        _check_kind(path, path.lstat().st_mode)


def remove_unfinished(folder: Path) -> None:
    """Remove the files that a crash left half written, in folders below it too. Nobody may be writing into them."""
    for path in folder.rglob(f".*{_FRESH}"):
        if is_unfinished(path) and stat.S_ISREG(path.lstat().st_mode):
            path.unlink()


def is_unfinished(path: Path) -> bool:
    """Whether a file's name is one that ``write_bytes`` gives before the file is whole."""
    return path.name.startswith(".") and path.name.endswith(_FRESH)


def reason_of(error: OSError) -> str:
    """What the system says, in lower case: ``permission denied``."""
    return (error.strerror or str(error)).lower()


def _regular(path: Path, flags: int, mode: str, most: int | None = None) -> BinaryIO:
    try:
        descriptor = os.open(path, flags | _NO_WAIT | _BINARY, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):  # the last: a pipe or socket without a reader
            check_target(path)
        raise
    try:
        state = os.fstat(descriptor)
        _check_kind(path, state.st_mode)
        if most is not None and state.st_size > most:
            reason = f"it has {state.st_size:,} bytes, more than the {most:,} that are read"
            raise OSError(errno.EFBIG, reason, str(path))
        return open(descriptor, mode)  # type: ignore[return-value] # binary, by its mode
    except BaseException:
        os.close(descriptor)
        raise


def _check_kind(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "no regular file")
        raise OSError(errno.EINVAL, f"it is {kind}, not a file", str(path))


_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISLNK, "a link"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def _sync_folder(folder: Path) -> None:
    """Wait until the name of a new file is on the disk, where folders can be waited for."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
