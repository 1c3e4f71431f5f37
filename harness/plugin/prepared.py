"""The cache of prepared data: arrays and facts that are slow to make, kept on the disk."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import platformdirs
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import Tensor

from harness import files

Arrays = dict[str, np.ndarray]
"""Name → array, as a cache file holds them."""


def sha256(data: bytes) -> str:
    """The SHA-256 of the data as hexadecimal text."""
    return hashlib.sha256(data).hexdigest()


def cache_folder() -> Path:
    """The folder of prepared data: ``HARNESS_CACHE``, or one in the user's cache folder."""
    return Path(os.environ.get("HARNESS_CACHE") or platformdirs.user_cache_dir("optimiser-harness"))


def prepared(
    name: str, key: str, build: Callable[[], tuple[Arrays, Mapping[str, object]]]
) -> tuple[Arrays, dict[str, object]]:
    """The arrays and JSON-able facts that ``build()`` gives, read from the cache if they were built before.

    ``name``: begins the cache file's name. ``key``: must change with the data and with the code that prepares them. A
    torn or altered file, or one with another key, is built again; a cache that cannot be written costs only time.
    """
    path = cache_folder() / f"{name}-{sha256(key.encode())[:16]}.safetensors"
    cached = _read_cache(path, key)
    if cached is not None:
        return cached
    arrays, facts = build()
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    text = json.dumps(facts, sort_keys=True)
    with suppress(OSError):  # a read-only or full disk: the problem is prepared again next time
        files.write_bytes(path, save(arrays, {"key": key, "facts": text, "digest": _digest(arrays, text)}))
    return arrays, json.loads(text)


def _digest(arrays: Arrays, facts: str) -> str:
    digest = hashlib.sha256(facts.encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        digest.update(arrays[name].data)
    return digest.hexdigest()


def _read_cache(path: Path, key: str) -> tuple[Arrays, dict[str, object]] | None:
    """What the file holds; None for a file that is missing, torn, altered or of another key."""
    try:
        with safe_open(path, framework="numpy") as file:
            meta = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except (OSError, SafetensorError):
        return None
    if meta.get("key") != key or meta.get("digest") != _digest(arrays, meta.get("facts", "")):
        return None
    return arrays, json.loads(meta["facts"])


def tensor(array: np.ndarray) -> Tensor:
    """A torch copy of an array, in torch's own aligned memory: the same bits whatever file it came from."""
    return torch.from_numpy(np.ascontiguousarray(array)).clone()
