"""Data files: found on the disk or in an installed package, read, decompressed, decoded."""

from __future__ import annotations

import codecs
import difflib
import gzip
import importlib.util
import io
import lzma
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from harness import DataError

PACKAGE = "package:"
"""What a path begins with that names a file of an installed package: ``package:sklearn/datasets/data/iris.csv``."""
_DISTRIBUTIONS = {"sklearn": "scikit-learn"}
_COMPRESSED: Mapping[str, Callable[[BinaryIO], gzip.GzipFile | lzma.LZMAFile]] = {
    ".gz": lambda file: gzip.GzipFile(fileobj=file),
    ".xz": lzma.LZMAFile,
}


def located(path: str) -> Path:
    """The file that a path names; its package is looked for, never imported. DataError where there is none."""
    if not path.startswith(PACKAGE):
        return Path(path)
    name, _, inside = path.removeprefix(PACKAGE).partition("/")
    if not name.isidentifier() or not inside:
        raise DataError(f"{path}:1: needs the name of a package and a file in it, {PACKAGE}NAME/folder/file.csv")
    try:
        spec = importlib.util.find_spec(name)
    except ValueError:  # a module that nothing was found for, such as __main__
        spec = None
    if spec is None or not spec.submodule_search_locations:
        install = _DISTRIBUTIONS.get(name, name)
        raise DataError(f"{path}:1: the package {name} is not installed: pip install {install}")
    places = [Path(folder, inside) for folder in spec.submodule_search_locations]
    return next((place for place in places if place.exists()), places[0])


def contents(path: Path, *, needs: str) -> bytes:
    """The file's bytes as they are, compressed or not. DataError if it cannot be read. ``needs``: what it should be."""
    if path.is_dir():
        raise DataError(f"{path}:1: is a folder, needs {needs}")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        siblings = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, siblings, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"needs {needs}"
        raise DataError(f"{path}:1: no such file, {hint}") from None
    except OSError as error:
        raise DataError(f"{path}:1: cannot be read: {(error.strerror or str(error)).lower()}") from None


def decompressed(path: Path, data: bytes) -> bytes:
    """What a .gz or .xz file holds, any other as it is; DataError at the line where it is damaged."""
    if path.suffix not in _COMPRESSED:
        return data
    text = bytearray()  # all of it before anything is read: a damaged file is damaged, and has no odd columns
    try:
        file = _COMPRESSED[path.suffix](io.BytesIO(data))
        while chunk := file.read1(1 << 16):
            text += chunk
    except EOFError:
        raise DataError(f"{path}:{_line(text)}: the {path.suffix} data breaks off here, needs all of it") from None
    except (OSError, zlib.error, lzma.LZMAError):
        raise DataError(f"{path}:{_line(text)}: from here on not {path.suffix} data, or damaged") from None
    return bytes(text)


def decoded(path: Path, data: bytes) -> str:
    """UTF-8 text, without the byte order mark that it may begin with; DataError at the line that is none."""
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        byte, column = data[error.start], error.start - data.rfind(b"\n", 0, error.start)
        line = _line(data[: error.start])
        raise DataError(f"{path}:{line}: byte {column} of the line, 0x{byte:02x}, is not UTF-8") from None


def _line(text: bytes | bytearray) -> int:
    return text.count(b"\n") + 1
