"""A study resolved against problem and plugins: everything that must be known before the first run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError, unknown
from harness.metric import Metric
from harness.plugin.names import full_name
from harness.plugin.prepared import sha256
from harness.plugin.problem import Problem
from harness.plugin.ranges import Options
from harness.plugin.registry import Registry
from harness.plugin.traits import Traits
from harness.study._resolve import find_baseline, make_arms
from harness.study.arm import Arm
from harness.study.configuration import Selection
from harness.study.draft import Draft
from harness.study.file import read_study
from harness.study.identity import confirmation_seed
from harness.study.objectives import objectives_of
from harness.study.resolved import ResolvedArm, ResolvedProblem, ResolvedStudy
from harness.study.samplers import build_sampler, rehearse
from harness.study.seeds import TUNING
from harness.study.study import OPTUNA, Study, is_adaptive


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A study that can be run: ``selection`` names its problem; ``baseline`` is an arm's name.

    ``confirmation_seed``: of the random streams of confirm and test; all other phases have the study's own seed.
    ``said``: (section, key) of the settings that the study gives itself, where others come from its tier.
    """

    study: Study
    selection: Selection
    problem: Problem
    arms: tuple[Arm, ...]
    baseline: str
    confirmation_seed: int
    overrides: tuple[str, ...] = ()
    said: frozenset[tuple[str, str]] = frozenset()

    @property
    def metric(self) -> Metric:
        """What the study judges its runs by."""
        return Metric(self.study.metric, self.problem.directions()[self.study.metric])

    @property
    def objectives(self) -> tuple[Metric, ...]:
        """What the search is told beside the metric."""
        return objectives_of(self.study.search.objectives, self.study.metric, self.problem.directions())

    def resolved(self) -> ResolvedStudy:
        """The study as its result folder keeps it, in study.json."""
        study = self.study
        return ResolvedStudy(
            question=study.question,
            tier=study.tier,
            problem=ResolvedProblem(
                name=self.selection.name, values=dict(self.selection.values), digest=self.problem.digest
            ),
            conventions=self.problem.conventions,
            metric=self.metric,
            metrics=self.problem.directions(),
            seed=study.seed,
            seed_namespace=study.seed_namespace,
            confirmation_seed=self.confirmation_seed,
            compare=tuple(study.compare),
            baseline=self.baseline,
            model=study.model,
            training=study.training,
            search=study.search,
            select=study.select,
            confirm=study.confirm,
            smallest_difference=study.smallest_difference,
            failed=study.failed,
            arms={arm.name: _resolved_arm(arm) for arm in self.arms},
            overrides=self.overrides,
        )


def plan_from_file(path: Path, overrides: Iterable[str], registry: Registry) -> Plan:
    """Read, resolve and check a study file. StudyError with every fault in it."""
    overrides = tuple(overrides)
    study, draft = read_study(path, overrides)
    return make_plan(study, draft, registry, overrides)


def make_plan(study: Study, draft: Draft, registry: Registry, overrides: tuple[str, ...] = ()) -> Plan:
    """Resolve a study. StudyError with all faults, those of form that the draft already has among them."""
    arms = make_arms(study, draft, registry)
    baseline = find_baseline(study, arms, draft)
    if study.search.sampler == "grid":
        _check_grid(arms, draft)
    elif is_adaptive(study.search.sampler):
        _check_sampler(study, draft)
    _check_repeats(study, draft)
    if study.problem.name == "?":
        draft.raise_faults()
    selection, problem = _load_problem(study, draft, registry)
    given = isinstance(draft.raw.get("metric"), str)  # else that has been noted
    if given and problem is not None and study.metric not in problem.directions():
        draft.fault(["metric"], unknown("metric", study.metric, problem.directions()))
    elif given and problem is not None:
        _rehearse(study, problem, arms, draft)
    draft.raise_faults()
    assert problem is not None  # a problem that could not be loaded is a fault
    return Plan(
        study=study, selection=selection, problem=problem, arms=arms, baseline=baseline, overrides=overrides,
        confirmation_seed=confirmation_seed(study, problem.digest),
        said=frozenset(
            (section, key) for section, keys in draft.raw.items() if isinstance(keys, dict) for key in keys
        ),
    )  # fmt: skip


def _check_sampler(study: Study, draft: Draft) -> None:
    try:
        build_sampler(study.search.sampler, 0)
    except HarnessError as error:
        draft.fault(["search", "sampler"], str(error))


def _rehearse(study: Study, problem: Problem, arms: Iterable[Arm], draft: Draft) -> None:
    """Note objectives that cannot be, and a sampler that cannot search by them or does not obey its seed.

    Samplers that are known by name and have no options can search by one metric.
    """
    metrics = problem.directions()
    try:
        objectives = objectives_of(study.search.objectives, study.metric, metrics)
    except ValueError as error:
        draft.fault(["search", "objectives"], str(error))
        return
    search = study.search
    if not is_adaptive(search.sampler) or (search.sampler in OPTUNA and not objectives) or draft.faults:
        return
    told = (Metric(study.metric, metrics[study.metric]), *objectives)
    for arm in arms:
        try:
            rehearse(search.sampler, 0, told, arm, search.trials)
        except HarnessError as error:
            draft.fault(["search", "objectives" if objectives else "sampler"], str(error))
            return


def _load_problem(study: Study, draft: Draft, registry: Registry) -> tuple[Selection, Problem | None]:
    path = ["problem"]
    if study.problem.search is not None:
        draft.fault(path, "search is for what [choices] lists, a problem is not searched")
    try:
        component = registry.component("problem", study.problem.name)
        for name, value in study.problem.values.items():
            path = ["problem", name]
            component.check({name: value})
        path = ["problem"]
        values = component.resolve(study.problem.values)
        return Selection.of(component.name, values), component.build(**values)
    except (HarnessError, ValueError) as error:  # ValueError: a component's word for a value it cannot use
        draft.fault(path, str(error))
        return Selection(name=study.problem.name), None


def _check_repeats(study: Study, draft: Draft) -> None:
    """Note what does not go together with a search that is repeated."""
    repeats, seeds = study.search.repeats, study.confirm.seeds
    if repeats == 1:
        return
    where = f"search.repeats is {repeats}"
    if seeds % repeats:
        wanted = repeats * max(1, round(seeds / repeats))
        draft.fault(
            ["confirm", "seeds"],
            f"{where}, and each repeat's winners get the same number of seeds: {wanted}, not {seeds}",
        )
    if study.confirm.until_decided:
        draft.fault(
            ["confirm", "until_decided"],
            f"{where}: then the searches are counted, and no further seed adds one; more repeats in another folder do",
        )
    needed = repeats * (1 + study.select.seeds)
    if needed > len(TUNING):
        draft.fault(
            ["select", "seeds"],
            f"{where}, and with {study.select.seeds} they need {needed} tuning seeds of the {len(TUNING)} that there "
            f"are: at most {len(TUNING) // repeats - 1}",
        )


def _check_grid(arms: Iterable[Arm], draft: Draft) -> None:
    for arm in arms:
        try:
            arm.grid()
        except ValueError as error:
            draft.fault(["search", "sampler"], str(error))


def _resolved_arm(arm: Arm) -> ResolvedArm:
    components = [(choice, each) for choice, candidates in arm.candidates.items() for each in candidates]
    return ResolvedArm(
        settings=dict(arm.settings),
        space=arm.dimensions(),
        fixed={
            # Of several candidates two may have a part in common, and fix it at different values.
            full_name(choice, candidate.component.name, name)
            if len(arm.candidates[choice]) == 1
            else f"{choice}.{candidate.component.name}.{name}": value
            for choice, candidate in components
            for name, value in candidate.fixed.items()
        },
        defaults=arm.configuration(arm.defaults()).hyperparameters(),
        traits={
            f"{choice}.{part.name}": Traits.from_json(part.traits.to_json())
            for choice, candidate in components
            for part in candidate.component.parts or (candidate.component,)
        },
        files=_files(arm),
    )


def _files(arm: Arm) -> dict[str, str]:
    """SHA-256 of every file that a hyperparameter names: what it holds is part of what was run."""
    values = (
        value
        for candidates in arm.candidates.values()
        for candidate in candidates
        for domain in (*(Options((value,)) for value in candidate.fixed.values()), *candidate.domains.values())
        if isinstance(domain, Options)
        for value in domain.values
    )
    names = sorted({value for value in values if isinstance(value, str) and _is_file(value)})
    return {name: sha256(Path(name).read_bytes()) for name in names}


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except OSError:  # too long to be a path, say
        return False
