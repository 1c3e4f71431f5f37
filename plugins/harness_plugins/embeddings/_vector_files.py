"""Pretrained vectors from files; a DataError says in which file and line what is wrong."""

from __future__ import annotations

import codecs
import gzip
import math
import zlib
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

import harness

LONGEST = 2**22
"""The bytes that no line of a text file may have: 4 MiB."""

TENSOR_NAMES = ("embedding.weight", "embedding")
"""Names of the tensor to take from a .safetensors file with several tensors."""


def read_matrix(path: str) -> Tensor:
    """The floating-point array in a .npy or .safetensors file."""
    if Path(path).suffix != ".npy":
        return _read_safetensors(path)
    # A float64 copy: torch reads neither foreign byte order nor more than 64 bits.
    return torch.from_numpy(open_npy(path).astype(np.float64))


def open_npy(path: str) -> np.ndarray:
    """The floating-point array in a .npy file, memory-mapped."""
    _check_file(path)
    try:
        # Also so that a header which promises more than the file holds is an error and not an allocation.
        array = np.lib.format.open_memmap(path, mode="r")
    except OSError as error:
        raise harness.DataError(f"{path}: {_reason(error)}") from None
    except Exception:  # numpy reads the header as Python, and raises what Python's own parser does
        raise harness.DataError(f"{path}: not a .npy file, or broken, or full of pickled objects") from None
    if array.dtype.kind != "f":
        raise harness.DataError(f"{path}: holds {array.dtype}, needs floating point")
    return array


def _read_safetensors(path: str) -> Tensor:
    _check_file(path)
    try:
        with safe_open(path, framework="pt") as file:
            names = sorted(file.keys())
            meant = names if len(names) == 1 else [name for name in TENSOR_NAMES if name in names]
            if not meant:
                known = " or ".join(map(repr, TENSOR_NAMES))
                raise harness.DataError(
                    f"{path}: needs a single tensor, or one named {known}, got {', '.join(names) or 'none'}"
                )
            matrix: Tensor = file.get_tensor(meant[0])
    except OSError as error:
        raise harness.DataError(f"{path}: {_reason(error)}") from None
    except SafetensorError:
        raise harness.DataError(f"{path}: not a .safetensors file, or broken") from None
    if not matrix.is_floating_point():
        raise harness.DataError(f"{path}: holds {str(matrix.dtype).removeprefix('torch.')}, needs floating point")
    return matrix


def read_vectors(path: str, words: Mapping[str, int], dim: int) -> dict[int, list[float]]:
    """The vectors of ``words`` (text → row) in a GloVe or word2vec text file (or its .gz), by row.

    An entry of the file stands for the word with the same text, else for its own lower-case form; the same
    text wins, then the first entry. Every line must have ``dim`` fields after its token, which may have spaces; only
    those of matching lines are read as numbers. DataError also where word2vec's header promises more than there is.
    """
    _check_file(path)
    same: dict[int, list[float]] = {}
    lowered: dict[int, list[float]] = {}
    for number, line in _lines(path, dim):
        token, *fields = line.rsplit(b" ", dim)  # a token may have spaces, as ". . ." has
        try:
            word = token.decode()
        except UnicodeDecodeError:
            raise harness.DataError(f"{path}:{number}: not UTF-8 text") from None
        vectors, row = (same, words[word]) if word in words else (lowered, words.get(word.lower()))
        if row is not None and row not in vectors:
            vectors[row] = [_number(field, f"{path}:{number}") for field in fields]
    return lowered | same


def _lines(path: str, dim: int) -> Iterator[tuple[int, bytes]]:
    """Numbered lines without word2vec's header, each checked for its number of fields."""
    number, first, promised = 0, True, 0
    try:
        with _opened(path) as file:
            for number, line in enumerate(iter(partial(file.readline, LONGEST), b""), start=1):
                if len(line) == LONGEST:
                    raise harness.DataError(
                        f"{path}:{number}: a line of more than {LONGEST:,} bytes, none may have more"
                    )
                line = line.rstrip(b" \r\n")  # word2vec's own tool ends every line with a space
                if number == 1:
                    line = line.removeprefix(codecs.BOM_UTF8)
                    if header := _header(line):
                        promised = int(header[0])
                        check_dim(f"{path}:1", int(header[1]), dim)
                        continue
                got = line.count(b" ")
                if got > dim and not all(map(_is_number, line.split(b" ")[1 : got - dim + 1])):
                    got = dim  # the fields before the values are words of the token
                if first:
                    check_dim(f"{path}:{number}", got, dim)
                elif got != dim:
                    raise harness.DataError(f"{path}:{number}: fields after the word: got {got}, needs {dim}")
                first = False
                yield number, line
    except (OSError, EOFError, zlib.error) as error:
        raise harness.DataError(f"{path}: {_reason(error)}") from None
    if promised and number - 1 < promised:
        raise harness.DataError(
            f"{path}:{number}: ends after {number - 1:,} vectors, and its first line says {promised:,}: it is cut off"
        )


def _opened(path: str) -> BinaryIO:
    """A file of vectors, decompressed as it is read."""
    return gzip.open(path) if Path(path).suffix == ".gz" else Path(path).open("rb")  # type: ignore[return-value]


def _header(line: bytes) -> list[bytes]:
    """Count and dimension in word2vec's header; empty for any other line."""
    fields = line.split(b" ")
    return fields if len(fields) == 2 and all(map(bytes.isdigit, fields)) else []


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def check_dim(where: str, got: int, dim: int) -> None:
    """DataError if the vectors at ``where`` have another length than the embedding's."""
    if got != dim:
        raise harness.DataError(f"{where}: has vectors of {got} values, the embedding has {dim}: set embedding_dim")


def _number(field: bytes, where: str) -> float:
    try:
        value = float(field)
    except ValueError:
        raise harness.DataError(f"{where}: {field.decode(errors='replace')!r} is not a number") from None
    if not math.isfinite(value):
        raise harness.DataError(f"{where}: {field.decode()} is not finite")
    return value


def _check_file(path: str) -> None:
    if not Path(path).is_file():
        raise harness.DataError(f"{path}: no such file")


def _reason(error: Exception) -> str:
    strerror = getattr(error, "strerror", None)
    return strerror.lower() if strerror else "not a .gz file, or broken"
