"""Max-norm."""

from __future__ import annotations

import torch

from harness_plugins.regularisers.max_norm import MaxNorm

from support.regularising import Training


def test_max_norm_scales_the_rows_above_its_limit_and_no_other() -> None:
    limited, plain = Training(MaxNorm(limit=2.5)), Training()
    for training in (limited, plain):
        with torch.no_grad():
            training.model.hidden.weight[:2] *= 0.2
            training.model.hidden.weight[3] = 0.0
        training.step()
    free, held = plain.model.hidden.weight.detach(), limited.model.hidden.weight.detach()
    norms = free.norm(dim=1)
    above = norms > 2.5
    assert 0 < above.sum() < len(norms)
    assert torch.equal(held[~above], free[~above])
    torch.testing.assert_close(held[above], free[above] * 2.5 / norms[above, None])
    assert (held.norm(dim=1) <= 2.5 * (1 + 1e-12)).all()
    assert torch.equal(limited.model.output.weight, plain.model.output.weight)


def test_max_norm_stays_finite_for_a_row_of_zeros() -> None:
    training = Training(MaxNorm(limit=1.0))
    with torch.no_grad():
        training.model.hidden.weight[0] = 0.0
    training.regularisers[0].after(training.optimiser, None)
    assert not training.model.hidden.weight[0].any()
