"""What a regulariser of the loss is given beside it: another pass over the same batch."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

Again = Callable[[], tuple[Tensor, Tensor]]
"""Makes another pass, with noise of its own: its logits ``(batch, classes)``, and its loss."""
