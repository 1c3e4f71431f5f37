"""Every component that is registered holds to what the kit asks; there is no list of exceptions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.conformance._stand_ins import problem
from harness.conformance.kit import CHECKS, examine
from harness.plugin.kinds import CHOICES, KINDS
from harness.plugin.registry import Registry, build_registry
from harness_plugins.embeddings.glove import PACKAGE

Values = Mapping[str, object]


@pytest.fixture(scope="module")
def built_ins() -> Registry:
    return build_registry()


def vectors(folder: Path, patch: pytest.MonkeyPatch) -> Values:
    lines = [f"word{number} {' '.join(['0.25'] * 50)}" for number in range(1, 9)]
    (folder / "vectors.txt").write_text("\n".join(lines))
    return {"path": str(folder / "vectors.txt")}


def glove_package(folder: Path, patch: pytest.MonkeyPatch) -> Values:
    data = folder / PACKAGE / "data"
    data.mkdir(parents=True)
    (data.parent / "__init__.py").touch()
    words = list(problem().vocabulary.texts[:9])
    pd.DataFrame({"index": words}).to_parquet(data / "glove_6B_index.parquet")
    np.save(data / "glove_6B_50d_emb.npy", np.full((len(words), 50), 0.25, dtype=np.float32))
    patch.syspath_prepend(folder)
    return {}


def treebank(folder: Path, patch: pytest.MonkeyPatch) -> Values:
    def sentence(*words: tuple[str, str, int]) -> str:
        return "".join(
            f"{number}\t{form}\t_\t{upos}\tx{upos}\t_\t{head}\t_\t_\t_\n"
            for number, (form, upos, head) in enumerate(words, 1)
        )

    texts = {
        "train": sentence(("the", "DET", 2), ("dog", "NOUN", 3), ("barks", "VERB", 0), (".", "PUNCT", 3)),
        "dev": sentence(("dogs", "NOUN", 2), ("bark", "VERB", 0), (",", "PUNCT", 2), ("loud", "ADV", 2)),
        "test": sentence(("bark", "VERB", 0), ("!", "PUNCT", 1)),
    }
    for split, text in texts.items():
        (folder / split).write_text(text)
    return {split: str(folder / split) for split in texts}


def table(folder: Path, patch: pytest.MonkeyPatch) -> Values:
    rows = [
        f"{'null' if at % 7 == 0 else at % 5},{f'rare{at}' if at < 6 else at % 4},{'ab'[at % 2]}" for at in range(40)
    ]
    (folder / "table.csv").write_text("\n".join(["colour,size,class", *rows]))
    return {"path": str(folder / "table.csv"), "label": "class"}


VALUES: Mapping[tuple[str, str], Callable[[Path, pytest.MonkeyPatch], Values]] = {
    ("embedding", "pretrained"): vectors,
    ("embedding", "glove"): glove_package,
    ("problem", "conllu"): treebank,
    ("problem", "table"): table,
}
"""Components that need something: they are given it, and examined like all others."""


def every_component() -> list[object]:
    """All; one of each kind is examined in the fast part of the suite too."""
    registry = build_registry()
    quick = {(kind, registry.default(kind)) for kind in CHOICES}
    return [
        pytest.param(kind, name, marks=[pytest.mark.slow] * ((kind, name) not in quick), id=f"{kind}-{name}")
        for kind in KINDS
        for name in registry.names(kind)
    ]


@pytest.mark.parametrize(("kind", "name"), every_component())
def test_it_holds(built_ins: Registry, kind: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = VALUES[kind, name](tmp_path, monkeypatch) if (kind, name) in VALUES else {}
    findings = list(examine(built_ins.component(kind, name), values))
    assert [f"{each.name}: {each.wrong}" for each in findings if each.wrong] == []
    assert len(findings) == len(CHECKS[KINDS[kind]])


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("regularisers", "label_smoothing + clip_norm + ema"),
        ("dropout", "average:linear"),
        ("dropout", "average:random"),
        ("optimiser", "torch.optim:RMSprop"),
    ],
)
def test_so_do_components_that_a_name_makes(built_ins: Registry, kind: str, name: str) -> None:
    findings = list(examine(built_ins.component(kind, name), {}))
    assert [f"{each.name}: {each.wrong}" for each in findings if each.wrong] == []


def test_what_is_given_values_is_registered(built_ins: Registry) -> None:
    assert VALUES.keys() <= {(kind, name) for kind in KINDS for name in built_ins.names(kind)}


NO_REFERENCE = {
    ("embedding", "normal"): "torch's and a course's; nobody published it",
    ("initialiser", "torch_default"): "torch's own",
    ("initialiser", "zeros"): "a negative control",
    ("lr_schedule", "constant"): "no schedule at all",
    ("dropout", "exponential"): "a shape that lr schedules have",
    ("dropout", "step"): "a shape that lr schedules have",
    ("regularisers", "none"): "no regulariser at all",
}
"""Built-ins of nobody's publication, and why."""


def test_every_docstring_ends_its_first_sentence_with_a_reference(built_ins: Registry) -> None:
    without = {
        (kind, name)
        for kind in CHOICES
        for name in built_ins.names(kind)
        if not built_ins.component(kind, name).reference
    }
    assert without == NO_REFERENCE.keys()


def test_every_docstring_says_what_the_component_is_not_for(built_ins: Registry) -> None:
    without = [
        f"{kind} {name}"
        for kind in KINDS
        for name in built_ins.names(kind)
        if not re.search(
            r"(?:^|[.:;] )Not for \w", " ".join(str(inspect.getdoc(built_ins.component(kind, name).build)).split())
        )
    ]
    assert without == []
