"""Regularisers: penalties, targets, gradients, weights, averages and noise. Those of a study act in its order."""

from __future__ import annotations

import harness
from harness_plugins.regularisers.averages import EMA, SWA
from harness_plugins.regularisers.gradients import SAM, ClipNorm, ClipValue, GradientNoise
from harness_plugins.regularisers.noise import FeatureDropout, GaussianDropout, InputDropout
from harness_plugins.regularisers.penalties import L1, L2, Decay
from harness_plugins.regularisers.targets import ConfidencePenalty, Flooding, LabelSmoothing, RDrop
from harness_plugins.regularisers.weights import DropConnect, MaxNorm, Mixout, RowDropout
from harness_plugins.regularisers.words import WordDropout


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    """None, and twenty-one that may be on together."""
    register("none", none, default=True)
    _register_penalties(register)
    _register_targets(register)
    _register_gradients(register)
    _register_noise(register)
    _register_averages(register)


def none() -> harness.Regulariser:
    """No regulariser: loss, gradients and weights stay as they are.

    Not for long training on few examples: nothing but dropout then holds the model back.
    """
    return harness.Regulariser()


NO_L2 = 1e-8
"""Added to a gradient it moves no weight that has gradients of its own."""
NO_L1 = 1e-6
"""Its threshold stays far below every weight, summed over any training that is run here."""
NO_DECAY = 1e-4
"""It takes less than 1% of a weight in any training that is run here."""
NO_PENALTY = 1e-3
"""Times an entropy, of a few nats at most, it is nothing beside the loss."""
NO_ALPHA = 1e-2
"""One lookup in a hundred of a word that is looked up only once."""
ALL_NORMS, ALL_VALUES = 10.0, 1.0
"""Limits that no gradient of this model's mean loss meets, unless training diverges."""
LONG_ROW = 4.0
"""Xavier's rows start at up to 1.4, and hardly one grows to three times that."""
RATES = (0.0, 0.95)
"""Nothing is dropped, and hardly anything is left."""


def _none_at(**values: float) -> dict[str, harness.Inclusion]:
    return {"none": harness.Inclusion(reach=values)}


def _register_penalties(register: harness.Register) -> None:
    biases = {"biases": harness.options(False, True)}
    register(
        "l2",
        L2,
        space={"strength": harness.log(NO_L2, 1e-2), **biases},
        traits=harness.Traits(
            includes=_none_at(strength=NO_L2),
            natural_limits={"strength": (NO_L2,)},
            meanings={"strength": "L2 in the gradient"},
        ),
    )
    register(
        "l1",
        L1,
        space={"strength": harness.log(NO_L1, 0.1), **biases},
        traits=harness.Traits(
            includes=_none_at(strength=NO_L1),
            natural_limits={"strength": (NO_L1,)},
            meanings={"strength": "what a weight loses a step, over lr"},
        ),
    )
    register(
        "decay",
        Decay,
        space={
            "strength": harness.log(NO_DECAY, 1.0),
            "embedding": harness.options("all", "touched", "none"),
            **biases,
        },
        traits=harness.Traits(
            includes=_none_at(strength=NO_DECAY),
            natural_limits={"strength": (NO_DECAY,)},
            meanings={"strength": "share of the weight, times lr"},
        ),
    )
    register(
        "max_norm",
        MaxNorm,
        space={"limit": harness.log(1.0, LONG_ROW)},
        traits=harness.Traits(
            natural_limits={"limit": (LONG_ROW,)}, meanings={"limit": "norm of a hidden unit's weights"}
        ),
    )


def _register_targets(register: harness.Register) -> None:
    register(
        "label_smoothing",
        LabelSmoothing,
        space={"amount": harness.options(0.05, 0.1, 0.2)},
        traits=harness.Traits(includes=_none_at(amount=0.0)),
    )
    register(
        "confidence_penalty",
        ConfidencePenalty,
        space={"strength": harness.log(NO_PENALTY, 2.0)},
        traits=harness.Traits(
            includes=_none_at(strength=NO_PENALTY),
            natural_limits={"strength": (NO_PENALTY,)},
            meanings={"strength": "loss per nat of entropy"},
        ),
    )
    register(
        "flooding",
        Flooding,
        space={"level": harness.linear(0.0, 0.2)},
        traits=harness.Traits(includes=_none_at(level=0.0), natural_limits={"level": (0.0,)}),
    )
    register(
        "r_drop",
        RDrop,
        space={"alpha": harness.log(0.05, 10.0)},
        traits=harness.Traits(meanings={"alpha": "weight of the divergence"}),
    )


def _register_gradients(register: harness.Register) -> None:
    register(
        "clip_norm",
        ClipNorm,
        space={"limit": harness.log(0.01, ALL_NORMS)},
        traits=harness.Traits(
            includes=_none_at(limit=ALL_NORMS),
            natural_limits={"limit": (ALL_NORMS,)},
            meanings={"limit": "norm of the whole gradient"},
        ),
    )
    register(
        "clip_value",
        ClipValue,
        space={"limit": harness.log(1e-4, ALL_VALUES)},
        traits=harness.Traits(
            includes=_none_at(limit=ALL_VALUES),
            natural_limits={"limit": (ALL_VALUES,)},
            meanings={"limit": "size of one value of the gradient"},
        ),
    )
    register(
        "gradient_noise",
        GradientNoise,
        space={"eta": harness.log(1e-9, 1e-2)},
        traits=harness.Traits(includes=_none_at(eta=0.0)),
    )
    register(
        "sam",
        SAM,
        space={"rho": harness.log(0.005, 0.5)},
        traits=harness.Traits(includes=_none_at(rho=0.0)),
    )


def _register_noise(register: harness.Register) -> None:
    rate = {"rate": harness.linear(0.0, 0.7)}
    for name, component, what in (
        ("input_dropout", InputDropout, "values of the looked-up vectors"),
        ("feature_dropout", FeatureDropout, "features of an example"),
        ("row_dropout", RowDropout, "rows of the embedding"),
        ("dropconnect", DropConnect, "weights of the hidden layer"),
        ("mixout", Mixout, "weights, back to where they started"),
        ("gaussian_dropout", GaussianDropout, "of the dropout with the same variance"),
    ):
        register(
            name,
            component,
            space={"rate": harness.linear(0.0, 0.9)} if name == "mixout" else rate,
            traits=harness.Traits(includes=_none_at(rate=0.0), natural_limits={"rate": RATES}, meanings={"rate": what}),
        )
    register(
        "word_dropout",
        WordDropout,
        space={"alpha": harness.log(NO_ALPHA, 100.0)},
        traits=harness.Traits(
            includes=_none_at(alpha=NO_ALPHA),
            natural_limits={"alpha": (NO_ALPHA,)},
            meanings={"alpha": "lookups at which every second one is dropped"},
        ),
    )


def _register_averages(register: harness.Register) -> None:
    register(
        "ema",
        EMA,
        space={"decay": harness.one_minus_log(0.9, 0.9999)},
        traits=harness.Traits(includes=_none_at(decay=0.0), natural_limits={"decay": (0.0,)}),
    )
    register(
        "swa",
        SWA,
        space={"start": harness.linear(0.0, 0.95)},
        traits=harness.Traits(natural_limits={"start": (0.0, 0.95)}),
    )
