"""How to use optimisers of pytorch_optimizer whose signatures do not say it all."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

import harness

ONE_PROCESS = "shares its work out among processes (torch.distributed), and a run is one"
BACKWARD = "takes its steps within the backward pass, which the harness does itself"
REFUSED: Mapping[str, str] = {
    "adalomo": BACKWARD,
    "demo": ONE_PROCESS,
    "distributedmuon": ONE_PROCESS,
    "lomo": BACKWARD,
    "lorarite": "is for the pairs of matrices of LoRA adapters, and the model has none",
    "magma": "wraps another optimiser, and its name does not say which",
    "scionlight": "keeps its momentum in the gradients, which the harness clears at every step; scion is the same rule",
}
"""Member → why it cannot be used, as the end of a sentence that begins with the member's name."""

Values = dict[str, Any]
Groups = Callable[[harness.EmbeddingClassifier, Values], Any]


def _everything(model: harness.EmbeddingClassifier, values: Values) -> Any:
    return model.parameters()


@dataclass(frozen=True, kw_only=True)
class Quirk:
    """How a member is used. ``note``: a sentence about that for the member's docstring.

    ``groups``: (model, values) → the class's first argument; removes from the values those for one group alone.
    ``added``: hyperparameters that the class lacks, with their defaults. ``defaults``: defaults that differ from the
    class's. ``fixed``: arguments with a fixed value, no hyperparameters. ``unused``: arguments that change nothing with
    this model. ``searched_rate``: the hyperparameter to search, up to ``highest_rate``, above which it changes nothing.
    ``own_schedule``: whether the member changes its lr itself, or has none. ``needs``: attributes to set to True,
    such as needs_closure. ``wrap_step``: (the class's step, closure) → the loss. ``matrix_alone``: whether the
    member is for the hidden matrix, with AdamW for the rest.
    """

    note: str = ""
    groups: Groups = _everything
    added: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    searched_rate: str = "lr"
    highest_rate: float = math.inf
    own_schedule: bool = False
    needs: tuple[str, ...] = ()
    wrap_step: Callable[[Callable[..., Any], Any], Any] | None = None
    matrix_alone: bool = False


def _two_groups(matrix: Values, rest: Values, of_matrix: Mapping[str, Any]) -> Groups:
    """A group for the hidden matrix, with the keys ``matrix`` and hyperparameters ``of_matrix``; one for the rest."""

    def groups(model: harness.EmbeddingClassifier, values: Values) -> Any:
        hidden = model.hidden.weight
        others = [parameter for parameter in model.parameters() if parameter is not hidden]
        taken = {name: values.pop(name) for name in of_matrix}
        return [{"params": [hidden], **matrix, **taken}, {"params": others, **rest}]

    return groups


def _norms(model: harness.EmbeddingClassifier, values: Values) -> Any:
    signs = [model.embedding.weight, model.output.weight]
    others = [parameter for parameter in model.parameters() if all(parameter is not weight for weight in signs)]
    return [{"params": signs, "norm_type": SIGN}, {"params": others}]


SIGN = 4
"""LMONorm.SIGN of pytorch_optimizer."""


def _with_gradients(model: harness.EmbeddingClassifier, values: Values) -> Any:
    """For rules whose first step reads .grad before calling the closure."""
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    return model.parameters()


def _computing_gradients(step: Callable[..., Any], closure: Any) -> Any:
    """For rules that call the closure under no_grad."""
    return step(torch.enable_grad()(closure))


def _with_streams(step: Callable[..., Any], closure: Any) -> Any:
    """For rules that draw from NumPy's or Python's global stream: for the step, torch's global stream seeds both."""
    before = np.random.get_state(), random.getstate()
    seed = int(torch.randint(2**31, ()))
    np.random.seed(seed)
    random.seed(seed)
    try:
        return step(closure)
    finally:
        np.random.set_state(before[0])
        random.setstate(before[1])


PLAIN = Quirk()
OWN_SCHEDULE = Quirk(own_schedule=True)
CLOSURE = Quirk(needs=("needs_closure",))
GRAPH = Quirk(needs=("needs_graph",))
REST = "It is for the hidden weight; embedding, output weight and biases have AdamW, with"
MUON = Quirk(
    note=f"{REST} the hyperparameters adamw_….",
    groups=_two_groups({"use_muon": True}, {"use_muon": False}, {}),
    unused=("ns_reset_steps", "qk_clip_threshold", "qk_clip_alpha"),
)
LOW_RANK = {"rank": 128, "update_proj_gap": 50, "scale": 1.0}
PROJECTED = Quirk(
    note="The gradient of the hidden weight has ``rank`` dimensions, others every ``update_proj_gap`` steps; ``scale`` "
    "multiplies its steps.",
    groups=_two_groups({"projection_type": "std"}, {}, LOW_RANK),
    added=LOW_RANK,
)
QUIRKS: Mapping[str, Quirk] = {
    "a2grad": Quirk(searched_rate="beta", own_schedule=True, unused=("lr",)),
    # With relative_step, the step's number would replace lr.
    "adafactor": Quirk(fixed={"relative_step": False}, unused=("warmup_init",)),
    "adamg": Quirk(note="At step t it takes lr or 1/√t, whichever is less: an lr above 1 is none.", highest_rate=1.0),
    "adago": MUON,
    "adahessian": GRAPH,
    # The library's default lr of 1 is too large for Adam.
    "adammini": Quirk(defaults={"lr": 1e-3}, unused=("model_sharding", "num_embeds", "num_heads", "num_query_groups")),
    "adamuon": MUON,
    "adamwsn": Quirk(
        note="Subsets of the hidden weight share a second moment.", groups=_two_groups({"sn": True}, {}, {})
    ),
    # The library leaves max_lr open, without which noisy gradients make steps of any length.
    "alig": Quirk(
        defaults={"max_lr": 0.1},
        searched_rate="max_lr",
        own_schedule=True,
        needs=("needs_closure",),
        wrap_step=_computing_gradients,
    ),
    "apollo": PROJECTED,
    "apollodqn": OWN_SCHEDULE,
    "asgd": OWN_SCHEDULE,
    "bsam": Quirk(
        note="``num_data`` is the number of training examples.", groups=_with_gradients, needs=("needs_closure",)
    ),
    "emofact": CLOSURE,
    "emolynx": Quirk(needs=("needs_closure",), unused=("eps",)),
    "emonavi": CLOSURE,
    "fira": PROJECTED,
    "flashadamw": Quirk(unused=("compress_state_dict", "check_numerics", "master_weight_bits")),
    "galore": PROJECTED,
    "dash": Quirk(note="Its first step decomposes matrices: on one core 8 s at 4,000 embedding rows, 2 s at 1,000."),
    "kron": Quirk(
        note="A step multiplies matrices as large as the weight has rows, squared: on one core 3 s at 4,000 embedding "
        "rows.",
        wrap_step=_with_streams,
    ),
    "lbfgs": Quirk(
        note="With its line search, without which it diverges.",
        fixed={"line_search_fn": "strong_wolfe"},
        own_schedule=True,
    ),
    "muon": MUON,
    "muonclip": MUON,
    "normuon": MUON,
    "pnm": Quirk(unused=("eps",)),
    "ranger21": Quirk(note="``num_iterations`` is the number of steps that training takes.", own_schedule=True),
    "rose": Quirk(unused=("bf16_sr", "wd_schedule")),
    "sara": Quirk(
        note="Not for training from the start: weights that begin above ``threshold`` stay as they are.",
        defaults={"lr": 1e-3 * math.exp(-0.35)},  # what the library makes of None
        wrap_step=_with_streams,
    ),
    "schedulefreeadamw": OWN_SCHEDULE,
    "schedulefreeradam": OWN_SCHEDULE,
    "schedulefreesgd": Quirk(own_schedule=True, unused=("eps",)),
    "scion": Quirk(
        note="The hidden weight has the spectral norm, embedding and output weight have signs, biases their root mean "
        "square.",
        groups=_norms,
    ),
    "simplifiedademamix": Quirk(unused=("min_beta1",)),
    "shampoo": Quirk(note="Each step decomposes matrices: on one core 30 s at 4,000 embedding rows, 0.4 s at 1,000."),
    "soap": Quirk(
        note="Its first step decomposes a matrix with as many rows as the embedding, up to ``max_precondition_dim``: "
        "on one core 17 s at 4,000 rows; a later step takes 0.3 s.",
        unused=("merge_dims", "data_format"),
    ),
    "sophiah": GRAPH,
    "splus": Quirk(note="Its first step decomposes matrices: on one core 18 s at 4,000 embedding rows."),
    "spectralsphere": Quirk(
        note=f"{REST} ``rest_lr``. A step takes 15 s on one core for a hidden weight of 200 × 400.",
        added={"rest_lr": 1e-3},
        matrix_alone=True,
    ),
    "stableadamw": Quirk(unused=("kahan_sum",)),
    "stablespam": Quirk(unused=("eta_min",)),
    "swats": OWN_SCHEDULE,
}
