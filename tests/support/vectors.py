"""Files of pretrained vectors, and an embedding filled from them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from harness import DataError, Vocabulary
from harness_plugins.embeddings import pretrained as module

VOCABULARY = Vocabulary(
    texts=("<null>", "<unk>", "the", "cat", "naïve", "noun", "the"),
    kinds=("word", "word", "word", "word", "word", "tag", "tag"),
)


DIM = 3


def fill(build: Callable[..., None], *, vocabulary: Vocabulary = VOCABULARY, seed: int = 0, **values: object) -> Tensor:
    weight = torch.full((len(vocabulary), DIM), math.nan)
    build(weight, vocabulary, generator=torch.Generator().manual_seed(seed), **values)
    return weight


def text_file(folder: Path, text: str | bytes, name: str = "vectors.txt") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def pretrained(path: Path, **values: object) -> Tensor:
    return fill(module.pretrained, path=str(path), **values)


def fault(path: Path, **values: object) -> str:
    """The message without the folder."""
    with pytest.raises(DataError) as caught:
        pretrained(path, **values)
    message = str(caught.value)
    assert message.startswith(f"{path}:")
    return message.replace(f"{path.parent}/", "")


GLOVE = "the 0.1 -0.2 3e-1\nof 9 9 9\ncat 1 2 3\nnaïve 4 5 6\n"
