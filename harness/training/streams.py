"""Random streams by role: what is drawn for one role never changes what is drawn for another.

A stream is named by (study seed, seed index, role). The arm is not in the name, so that arms which are compared meet
the same draws.
"""

from __future__ import annotations

import zlib
from typing import Literal, get_args

import numpy as np
import torch
from torch import Generator

Role = Literal["embedding", "hidden", "output", "bias", "order", "dropout", "noise"]
"""What a stream is for. Each layer has its own, so that drawing more for one layer does not shift the next."""


def generator(study_seed: int, seed_index: int, role: Role, name: str = "") -> torch.Generator:
    """A new generator at the start of a stream. ``name``: tells several streams of one role apart."""
    key = (seed_index, get_args(Role).index(role), *((zlib.crc32(name.encode()),) if name else ()))
    seed = np.random.SeedSequence(study_seed, spawn_key=key).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(seed >> np.uint64(1)))


def reseed(generator: Generator, seed: int, number: int) -> None:
    """Set a stream to the state for its use ``number``, a function of ``seed`` and ``number`` alone.

    ``seed``: the seed that the stream began with.
    """
    generator.manual_seed((seed + number) % 2**63)
