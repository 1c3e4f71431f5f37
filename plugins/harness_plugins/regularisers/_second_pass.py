"""The type of ``again``, with which a regulariser's loss() makes a second pass over the same batch."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

Again = Callable[[], tuple[Tensor, Tensor]]
"""A function that makes another pass, with new noise, and returns logits ``(batch, classes)`` and loss."""
