"""Files of one JSON value a line: append and sync, repair after a crash, read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from harness import files
from harness.errors import ResultError

Line = TypeVar("Line")


def append_lines(path: Path, lines: Sequence[str]) -> None:
    """Add lines, given without their newlines, in one write, and wait once until they are on the disk.

    A crash meanwhile leaves the first few of them, and perhaps a part of the next one.
    """
    try:
        with files.open_to_append(path) as file:
            # An error message that a run died with may hold anything, half a character included.
            file.write("".join(f"{line}\n" for line in lines).encode(errors="replace"))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ResultError(f"{path}: cannot be written: {files.reason_of(error)}") from None


def read_lines(path: Path, parse: Callable[[object], Line], noun: str) -> list[Line]:
    """What ``parse`` makes of every line of a file; nothing of a file that is not there, nor of a torn last line.

    ResultError with file:line for a line that is no JSON (``noun`` says what it should have been), or that ``parse``
    refuses with a ValueError.
    """
    try:
        *lines, _ = files.read_bytes(path).split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ResultError(f"{path}: cannot be read: {files.reason_of(error)}") from None
    parsed = []
    for number, line in enumerate(lines, start=1):
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ResultError(f"{path}:{number}: not {noun}: {error}") from None
        try:
            parsed.append(parse(data))
        except ValueError as error:
            raise ResultError(f"{path}:{number}: {error}") from None
    return parsed


def repair(path: Path) -> None:
    """Cut off a last line that a crash left torn, or give a whole one its newline. Call it under the folder's lock."""
    try:
        file = files.open_to_mend(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise ResultError(f"{path}: cannot be written: {files.reason_of(error)}") from None
    with file:
        content = file.read()
        whole = content.rfind(b"\n") + 1
        if whole == len(content):
            return
        try:
            json.loads(content[whole:])
        except ValueError:
            file.truncate(whole)
        else:
            file.write(b"\n")


def first_damaged(path: Path) -> int:
    """The number of the first line that is no JSON, from 1; 0 where all are, and where there is no file."""
    try:
        lines = files.read_bytes(path).split(b"\n")[:-1]
    except FileNotFoundError:
        return 0
    for number, line in enumerate(lines, start=1):
        try:
            json.loads(line)
        except (ValueError, RecursionError):
            return number
    return 0
