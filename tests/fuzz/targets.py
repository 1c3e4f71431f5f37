"""What is fuzzed: how an input is made whole, how it is damaged, and what reads it."""

from __future__ import annotations

import gzip
import io
import lzma
import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from mutating import mutated, mutated_json
from safetensors.torch import save as to_safetensors

from harness import api
from harness.analysis.findings import findings
from harness.analysis.from_table import join_tables
from harness.analysis.table_rows import Reading
from harness.analysis.tables import TABLES
from harness.plugin.registry import Registry, build_registry
from harness.records.folder import ResultFolder
from harness.records.results import Results
from harness.records.table import read_table
from harness.study.plan import plan_from_file
from harness.training.saving import load
from harness_plugins.embeddings._vector_files import read_matrix, read_vectors
from harness_plugins.problems._conllu_format import read as read_conllu
from harness_plugins.problems.table import table_files

from support.paths import TINY
from support.studies import STUDY, run, write_study

Mutate = Callable[[bytes, random.Random, bytes], bytes]


@dataclass(frozen=True)
class Target:
    """``whole``: inputs by file name. ``read``: what may raise a HarnessError, and nothing else, for any of them.

    ``refusals``: further errors that are the caller's to show, as those of a component's arguments.
    """

    whole: Callable[[], Mapping[str, bytes]]
    read: Callable[[Path], object]
    mutate: Mutate = mutated
    refusals: tuple[type[Exception], ...] = ()


@cache
def registry() -> Registry:
    return build_registry([TINY])


def _compressed(texts: Mapping[str, bytes]) -> dict[str, bytes]:
    """The texts, and the first of them in each way in which it may be compressed."""
    name, first = next(iter(texts.items()))
    return {**texts, f"{name}.gz": gzip.compress(first, mtime=0), f"{name}.xz": lzma.compress(first)}


def _study_files() -> Mapping[str, bytes]:
    ranges = (
        '\n[space]\n"optimiser.adam.lr" = { low = 1e-4, high = 1e-2, scale = "log" }\n"optimiser.sgd.momentum" = 0.5\n'
    )
    return {"study.toml": STUDY.encode(), "more.toml": (STUDY + ranges).encode()}


CSV = "colour,size,edible\n" + "".join(f"c{i % 4},{i % 3},{'yn'[i % 2]}\n" for i in range(60))
RUNS = "arm,seed,val_acc,status\n" + "".join(f"{'ab'[i % 2]},{i // 2},0.{i + 51},FINISHED\n" for i in range(16))
CONLLU = "".join(
    f"# sent_id = {i}\n1\tthe\tthe\tDET\tDT\t_\t2\tdet\t_\t_\n2\tdog\tdog\tNOUN\tNN\t_\t0\troot\t_\t_\n"
    f"2-3\tdogs\t_\t_\t_\t_\t_\t_\t_\t_\n3\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_\n\n"
    for i in range(6)
)
VECTORS = "".join(f"w{i} 0.{i} -{i}.5 1e-{i}\n" for i in range(9))


def _parquet(frame: pd.DataFrame) -> bytes:
    held = io.BytesIO()
    frame.to_parquet(held)
    return held.getvalue()


def _tables() -> Mapping[str, bytes]:
    frame = pd.read_csv(io.StringIO(CSV), dtype=str)
    return {**_compressed({"t.csv": CSV.encode()}), "t.parquet": _parquet(frame)}


def _runs() -> Mapping[str, bytes]:
    frame = pd.read_csv(io.StringIO(RUNS))
    return {**_compressed({"t.csv": RUNS.encode()}), "t.parquet": _parquet(frame)}


def _read_runs(path: Path) -> object:
    reading = Reading(arm=["arm"], seed="seed", metric="val_acc", paired=True)
    return join_tables([read_table(path)], reading, smallest_difference=0.01)


def _arrays() -> Mapping[str, bytes]:
    held = io.BytesIO()
    np.save(held, np.arange(12.0).reshape(4, 3))
    return {"m.npy": held.getvalue(), "m.safetensors": to_safetensors({"embedding": torch.arange(12.0).reshape(4, 3)})}


@cache
def _model() -> Mapping[str, bytes]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.safetensors"
        how = {"model.embedding_dim": 4, "model.hidden_dim": 8}
        api.train(problem="tiny", epochs=1, plugins=[TINY], set=how, save=path, progress=False)
        return {"m.safetensors": path.read_bytes()}


class Folder:
    """A finished study, of which one file is damaged."""

    FILES = ("records.jsonl", "study.json", "environment.json", "calls.jsonl", "decisions.jsonl")

    def __init__(self) -> None:
        self.whole: Path | None = None

    def inputs(self) -> Mapping[str, bytes]:
        if self.whole is None:
            import tempfile

            folder = Path(tempfile.mkdtemp())
            run(
                write_study(folder),
                folder / "out",
                overrides=("confirm.seeds=2", "search.trials=2", "training.epochs=1"),
            )
            self.whole = folder / "out"
        return {name: (self.whole / name).read_bytes() for name in self.FILES}

    def read(self, path: Path) -> object:
        assert self.whole is not None
        folder = path.parent / "folder"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.whole, folder, ignore=shutil.ignore_patterns("tables", "report.html"))
        (folder / path.name).write_bytes(path.read_bytes())
        study_findings = findings(Results.of(ResultFolder(folder)))
        tables = [study_findings.tables[name] for name in TABLES]
        page = api.results(folder).text()
        return tables, page, api.compare(folder).text()


FOLDER = Folder()
TARGETS: Mapping[str, Target] = {
    "study file": Target(_study_files, lambda path: plan_from_file(path, (), registry())),
    "table": Target(_tables, lambda path: table_files(path=str(path), label="edible"), refusals=(ValueError,)),
    "table of runs": Target(_runs, _read_runs),
    "CoNLL-U": Target(lambda: _compressed({"t.conllu": CONLLU.encode()}),
                      lambda path: [*read_conllu(path, tag_column="upos")]),
    "vectors": Target(lambda: {"v.txt": VECTORS.encode(), "v.txt.gz": gzip.compress(VECTORS.encode(), mtime=0)},
                      lambda path: read_vectors(str(path), {"w1": 0, "W2": 1}, 3)),
    "array": Target(_arrays, lambda path: read_matrix(str(path))),
    "model": Target(_model, load),
    "result folder": Target(FOLDER.inputs, FOLDER.read, mutated_json),
}  # fmt: skip
