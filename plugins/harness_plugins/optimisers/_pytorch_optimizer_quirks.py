"""What is to be known of optimisers of pytorch_optimizer that their signatures do not say."""

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
"""Member → why it cannot be used: the end of a sentence that begins with its name."""

Values = dict[str, Any]
Groups = Callable[[harness.EmbeddingClassifier, Values], Any]


def _everything(model: harness.EmbeddingClassifier, values: Values) -> Any:
    return model.parameters()


@dataclass(frozen=True, kw_only=True)
class Quirk:
    """What to do about a member. ``note``: what is to be said of that, where it is not plain.

    ``groups``: model and values → what the class gets first; it takes out the values that are for a group alone.
    ``more``: hyperparameters that the class has not, with their defaults. ``defaults``: others than the class has.
    ``fixed``: arguments that are no hyperparameters here. ``unused``: those that change nothing with this model.
    ``rate``: what is searched where there is no lr. ``own_schedule``: it moves its lr itself, or has none to be moved.
    ``needs``: its true attributes, such as needs_closure. ``around``: takes a step, given the class's and the closure.
    ``matrix_alone``: it is for the hidden matrix, with AdamW for the rest.
    """

    note: str = ""
    groups: Groups = _everything
    more: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    rate: str = "lr"
    own_schedule: bool = False
    needs: tuple[str, ...] = ()
    around: Callable[[Callable[..., Any], Any], Any] | None = None
    matrix_alone: bool = False


def _two_groups(matrix: Values, rest: Values, own: Mapping[str, Any]) -> Groups:
    """The hidden matrix, with keys for its group and the hyperparameters ``own`` to it; and all else."""

    def groups(model: harness.EmbeddingClassifier, values: Values) -> Any:
        hidden = model.hidden.weight
        others = [parameter for parameter in model.parameters() if parameter is not hidden]
        taken = {name: values.pop(name) for name in own}
        return [{"params": [hidden], **matrix, **taken}, {"params": others, **rest}]

    return groups


def _norms(model: harness.EmbeddingClassifier, values: Values) -> Any:
    signs = [model.embedding.weight, model.output.weight]
    others = [parameter for parameter in model.parameters() if all(parameter is not weight for weight in signs)]
    return [{"params": signs, "norm_type": SIGN}, {"params": others}]


SIGN = 4
"""Of the library's LMONorm."""


def _with_gradients(model: harness.EmbeddingClassifier, values: Values) -> Any:
    """Its first step looks for gradients before it asks for any."""
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    return model.parameters()


def _computing_gradients(step: Callable[..., Any], closure: Any) -> Any:
    """It calls the closure where torch computes none."""
    return step(torch.enable_grad()(closure))


def _with_streams(step: Callable[..., Any], closure: Any) -> Any:
    """It draws from NumPy's or Python's global stream: for the step, both are in a state that torch's decides."""
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
    more=LOW_RANK,
)
QUIRKS: Mapping[str, Quirk] = {
    "a2grad": Quirk(rate="beta", own_schedule=True),
    # With relative_step it would go by the number of the step, and lr would not count.
    "adafactor": Quirk(fixed={"relative_step": False}, unused=("warmup_init",)),
    "adago": MUON,
    "adahessian": GRAPH,
    # The library's default lr of 1 is no step that Adam could take.
    "adammini": Quirk(defaults={"lr": 1e-3}, unused=("model_sharding", "num_embeds", "num_heads")),
    "adamuon": MUON,
    "adamwsn": Quirk(
        note="Subsets of the hidden weight share a second moment.", groups=_two_groups({"sn": True}, {}, {})
    ),
    # The library leaves max_lr open, without which noisy gradients make steps of any length.
    "alig": Quirk(
        defaults={"max_lr": 0.1},
        rate="max_lr",
        own_schedule=True,
        needs=("needs_closure",),
        around=_computing_gradients,
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
    "flashadamw": Quirk(unused=("compress_state_dict", "check_numerics")),
    "galore": PROJECTED,
    "kron": Quirk(around=_with_streams),
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
        around=_with_streams,
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
    "soap": Quirk(unused=("merge_dims", "data_format")),
    "sophiah": GRAPH,
    "spectralsphere": Quirk(note=f"{REST} ``rest_lr``.", more={"rest_lr": 1e-3}, matrix_alone=True),
    "stableadamw": Quirk(unused=("kahan_sum",)),
    "stablespam": Quirk(unused=("eta_min",)),
    "swats": OWN_SCHEDULE,
}
