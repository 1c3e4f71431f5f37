"""Data files: read, decompressed and decoded within stated bounds; a DataError says what is wrong, and where.

Problems that read files use these functions, those of plugins too, and so does ``harness compare`` for tables of runs.
"""

from __future__ import annotations

import codecs
import difflib
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from harness import files
from harness.errors import DataError

MOST_BYTES = 2**30
"""The largest data file that is read, once it is decompressed: 1 GiB."""

ALWAYS = 2**26
"""What a compressed file may hold however small it is: 64 MiB."""

MOST_FOLD = 200
"""The most times that a compressed file may grow beyond that: texts grow ten times, a bomb a thousand times."""

_COMPRESSED: Mapping[str, Callable[[BinaryIO], gzip.GzipFile | lzma.LZMAFile]] = {
    ".gz": lambda file: gzip.GzipFile(fileobj=file),
    ".xz": lzma.LZMAFile,
}
COMPRESSED = tuple(_COMPRESSED)
"""How the names of compressed files end."""


def contents(path: Path, *, needs: str, most: int = MOST_BYTES) -> bytes:
    """The file's bytes as they are, compressed or not. DataError if it cannot be read. ``needs``: what it should be."""
    try:
        return files.read_bytes(path, most=most)
    except FileNotFoundError:
        siblings = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, siblings, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"needs {needs}"
        raise DataError(f"{path}:1: no such file, {hint}") from None
    except OSError as error:
        if path.is_dir():
            raise DataError(f"{path}:1: is a folder, needs {needs}") from None
        raise DataError(f"{path}:1: cannot be read: {files.reason_of(error)}") from None


def decompressed(path: Path, data: bytes, *, most: int = MOST_BYTES) -> bytes:
    """What a .gz or .xz file holds, any other as it is; DataError at the line where it is damaged or grows too large.

    It may hold 64 MiB or 200 times the file's size, whichever is more, and no more than ``most`` bytes.
    """
    suffix = path.suffix.lower()
    if suffix not in _COMPRESSED:
        return data
    most = min(most, max(ALWAYS, MOST_FOLD * len(data)))
    text = bytearray()  # all of it before anything is read: a damaged file is damaged, and has no odd columns
    try:
        with _COMPRESSED[suffix](io.BytesIO(data)) as file:
            while chunk := file.read1(1 << 16):
                text += chunk
                if len(text) > most:
                    raise DataError(
                        f"{path}:{_line(text)}: {len(data):,} bytes that decompress to more than {most:,}, "
                        "no more are read"
                    )
    except EOFError:
        raise DataError(f"{path}:{_line(text)}: the {suffix} data breaks off here, needs all of it") from None
    except (OSError, zlib.error, lzma.LZMAError):
        raise DataError(f"{path}:{_line(text)}: from here on not {suffix} data, or damaged") from None
    return bytes(text)


def decoded(path: Path, data: bytes) -> str:
    """UTF-8 text, without the byte order mark that it may begin with; DataError at the line that is none."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError(f"{path}:1: is UTF-16, needs UTF-8")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        byte, column = data[error.start], error.start - data.rfind(b"\n", 0, error.start)
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}:{line}: byte {column} of the line, 0x{byte:02x}, is not UTF-8") from None


def _line(text: bytearray) -> int:
    return text.count(b"\n") + 1
