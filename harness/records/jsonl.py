"""Files of one JSON value a line: append and sync, repair after a crash, read."""

from __future__ import annotations

import json
import os
from pathlib import Path

from harness.errors import ResultError


def append_line(path: Path, line: str) -> None:
    """Add a line, given without its newline, and wait until it is on the disk."""
    try:
        with path.open("ab") as file:
            # An error message that a run died with may hold anything, half a character included.
            file.write(line.encode(errors="replace") + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ResultError(f"{path}: cannot be written: {str(error.strerror).lower()}") from None


def repair(path: Path) -> None:
    """Cut off a last line that a crash left torn, or give a whole one its newline. Call it under the folder's lock."""
    if not path.exists():
        return
    with path.open("r+b") as file:
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
