"""From a study and the components that there are to its arms; every fault is noted in the draft."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from harness.errors import PluginError, unknown
from harness.plugin.component import Component
from harness.plugin.kinds import CHOICES
from harness.plugin.names import JOIN, full_name, parts_of, split_name
from harness.plugin.ranges import Domain, Options, Range, Scale, Value, evenly
from harness.plugin.registry import Registry
from harness.study._dimensions import climb
from harness.study.arm import Arm, Candidate, combinations
from harness.study.draft import Draft
from harness.study.study import Interval, Override, Pick, Study
from harness.wording import show

Picks = Mapping[str, tuple[Pick, ...]]


def make_arms(study: Study, draft: Draft, registry: Registry) -> tuple[Arm, ...]:
    """An arm for every combination of what the study compares; one arm where it compares nothing."""
    choices = _picks(study, draft, registry)
    _check_space_keys(study, choices, draft, registry)
    axes = _axes(study, choices, draft, registry)
    every = list(combinations(axes))
    candidates = [_candidates(study, choices, settings, draft, registry) for settings in every]
    if study.search.sampler != "grid":  # whose cells are all run, however many
        candidates = climb(candidates, study.search.trials)
    for each in candidates:
        _check_only_with(each, draft)
    return tuple(_arm(study, settings, each) for settings, each in zip(every, candidates, strict=True))


def find_baseline(study: Study, arms: tuple[Arm, ...], draft: Draft) -> str:
    """Name of the arm that the study calls its baseline; the first where it says nothing."""
    for name in study.baseline:
        if name not in study.compare:
            draft.fault(["baseline", name], f"is not compared; compared: {', '.join(study.compare) or 'nothing'}")
    wanted = {
        name: JOIN.join(parts_of(value)) if name in CHOICES and isinstance(value, str) else value
        for name, value in study.baseline.items()
        if name in study.compare
    }
    matching = [arm.name for arm in arms if wanted.items() <= dict(arm.settings).items()]
    if study.baseline and arms and len(matching) != 1:
        names = ", ".join(arm.name for arm in arms)
        draft.fault(["baseline"], f"fits {len(matching)} arms and must fit one; arms: {names}")
    return matching[0] if matching else arms[0].name if arms else ""


def _picks(study: Study, draft: Draft, registry: Registry) -> dict[str, tuple[Pick, ...]]:
    """The usable picks of every choice; a choice that the study leaves out takes the default of its kind."""
    for choice in study.choices:
        if choice not in CHOICES:
            draft.fault(["choices", choice], unknown("choice", choice, CHOICES))
    usable_picks = {}
    for choice in CHOICES:
        picks: tuple[Pick, ...] = study.choices.get(choice, ())
        default = registry.default(choice)
        if not picks and default is None:
            draft.fault(["choices", choice], f"is missing; known: {', '.join(registry.names(choice)) or 'none'}")
        elif not picks:
            picks = (Pick(name=str(default), search=()),)  # what a study does not name, it does not search
        usable = tuple(known for pick in picks if (known := _usable(pick, choice, draft, registry)) is not None)
        names = Counter(pick.name for pick in usable)
        for name in names if choice not in study.compare else ():
            if names[name] > 1:
                draft.fault(["choices", choice], f"{name!r} is listed twice, which only a compared choice can be")
        usable_picks[choice] = usable
    return usable_picks


def _usable(pick: Pick, choice: str, draft: Draft, registry: Registry) -> Pick | None:
    """The pick with its component's own name and with checked values; None, and a fault, for one that fits nothing."""
    try:
        component = registry.component(choice, pick.name)
        values = component.check(pick.values)
        for name in pick.search or ():
            component.hyperparameter(name)
    except PluginError as error:
        draft.fault(["choices", choice], str(error))
        return None
    return replace(pick, name=component.name, values=values)


def _check_space_keys(study: Study, choices: Picks, draft: Draft, registry: Registry) -> None:
    for key in study.space:
        choice, name, hyperparameter = split_name(key)
        if choice not in CHOICES or not name:
            draft.fault(
                ["space", key],
                f"write CHOICE.COMPONENT.HYPERPARAMETER, CHOICE being one of {', '.join(CHOICES)}",
            )
            continue
        try:
            registry.component(choice, name).hyperparameter(hyperparameter)
        except PluginError as error:
            draft.fault(["space", key], str(error))
            continue
        picked = sorted({pick.name for pick in choices[choice]})
        if picked and not any(name in (component, *parts_of(component)) for component in picked):
            draft.fault(["space", key], f"is never used: {choice} is {' or '.join(picked)}")


def _axes(study: Study, choices: Picks, draft: Draft, registry: Registry) -> dict[str, tuple[Value, ...]]:
    """The values, as arms show them, of everything that is compared, by its name."""
    axes: dict[str, tuple[Value, ...]] = {}
    for name in study.compare:
        if name in axes:
            draft.fault(["compare"], f"{name!r} is listed twice")
        elif name in CHOICES:
            axes[name] = _labels(choices[name])
            if len(study.choices.get(name, ())) < 2:
                draft.fault(["compare"], f"{name!r} needs a list of at least 2 in [choices]")
            elif len(set(axes[name])) < len(axes[name]):
                draft.fault(["choices", name], "an entry is listed twice")
        elif (split := split_name(name))[0] in CHOICES and split[1]:
            override = study.space.get(name)
            choice, component, hyperparameter = split
            alone = [pick.name for pick in choices[choice]] == [component]
            if not isinstance(override, Options) or len(override.values) < 2:
                draft.fault(["compare"], f'{name!r} needs a list of at least 2 values in [space]: "{name}" = [ … ]')
            elif not alone:
                draft.fault(["compare"], f'{name!r} needs {choice} = "{component}" alone')
            elif hyperparameter in registry.component(choice, component).hyperparameters:
                try:
                    met = _meet(registry.component(choice, component), hyperparameter, override)
                    axes[name] = met.values if isinstance(met, Options) else ()
                except ValueError as error:
                    draft.fault(["space", name], str(error))
        else:
            draft.fault(["compare"], f"{unknown('choice', name, CHOICES)}, or a CHOICE.COMPONENT.HYPERPARAMETER")
    return axes


def _labels(picks: tuple[Pick, ...]) -> tuple[str, ...]:
    """A pick's name; with its values where the name alone would be ambiguous."""
    names = Counter(pick.name for pick in picks)
    return tuple(_long_label(pick) if names[pick.name] > 1 else pick.name for pick in picks)


def _long_label(pick: Pick) -> str:
    parts = [f"{name}={value}" for name, value in pick.values.items()]
    if pick.search is not None:
        parts.append(f"search={'+'.join(pick.search) or 'nothing'}")
    return f"{pick.name}({', '.join(parts)})" if parts else pick.name


def _candidates(
    study: Study, choices: Picks, settings: Mapping[str, Value], draft: Draft, registry: Registry
) -> dict[str, tuple[Candidate, ...]]:
    """What an arm may use of each choice, with all that could be searched."""
    space = {**study.space, **{name: value for name, value in settings.items() if name not in CHOICES}}
    candidates: dict[str, tuple[Candidate, ...]] = {}
    for choice, picks in choices.items():
        labelled = zip(_labels(picks), picks, strict=True)
        chosen = [pick for label, pick in labelled if choice not in settings or settings[choice] == label]
        candidates[choice] = tuple(_candidate(choice, pick, space, draft, registry) for pick in chosen)
    return candidates


def _arm(study: Study, settings: Mapping[str, Value], candidates: Mapping[str, tuple[Candidate, ...]]) -> Arm:
    shown = [str(value) if name in CHOICES else f"{split_name(name)[2]}={value}" for name, value in settings.items()]
    return Arm(
        name=", ".join(shown) or "all", settings=settings, candidates=candidates,
        model=study.model, training=study.training,
    )  # fmt: skip


def _check_only_with(candidates: Mapping[str, tuple[Candidate, ...]], draft: Draft) -> None:
    """Note a component whose traits allow only some components of another choice, where it would meet others."""
    parts = [
        (choice, part)
        for choice, listed in candidates.items()
        for candidate in listed
        for part in candidate.component.parts or (candidate.component,)
    ]
    for choice, part in parts:
        for other, allowed in part.traits.only_with.items():
            met = {candidate.component.name for candidate in candidates.get(other, ())}
            for strange in sorted(met - {*allowed}):
                draft.fault(
                    ["choices", other],
                    f"{choice} {part.name!r} makes sense only with {other} {' or '.join(allowed)}, got {strange}",
                )


def _candidate(choice: str, pick: Pick, space: Mapping[str, Override], draft: Draft, registry: Registry) -> Candidate:
    component = registry.component(choice, pick.name)
    fixed = dict(pick.values)  # checked where the pick was found usable
    searched = component.space if pick.search is None else pick.search
    domains = {name: domain for name, domain in component.space.items() if name in searched and name not in fixed}
    wished = set(pick.search or ())
    own = {full_name(choice, component.name, name): name for name in component.hyperparameters}
    for key, override in space.items():
        if key not in own:
            continue
        name = own[key]
        if name in pick.values:
            draft.fault(["space", key], f"is already fixed at {show(pick.values[name])} in [choices]")
        try:
            met = _meet(component, name, override)
        except ValueError as error:
            draft.fault(["space", key], str(error))
            continue
        if isinstance(met, Range | Options):
            domains[name] = met
            wished.add(name)
        else:
            domains.pop(name, None)
            wished.discard(name)
            fixed[name] = met
    for name in pick.search or ():
        if name not in domains:
            draft.fault(
                ["choices", choice],
                f"{full_name(choice, component.name, name)} has no range to search: "
                "give one in [space], or leave it out of search",
            )
    if missing := component.missing({*component.defaults, *fixed, *domains}):
        draft.fault(["choices", choice], f"{component.name} needs {', '.join(missing)}")
    return Candidate(component=component, fixed=fixed, domains=domains, wished=frozenset(wished & domains.keys()))


def _meet(component: Component, name: str, override: Override) -> Value | Domain:
    """What an override means for this hyperparameter; ValueError if it does not fit."""
    hyperparameter = component.hyperparameters[name]
    if isinstance(override, Options):
        return Options(tuple(hyperparameter.check(value) for value in override.values))
    if not isinstance(override, Interval):
        return hyperparameter.check(override)
    if hyperparameter.type not in (int, float):
        raise ValueError(f"is a {hyperparameter.type.__name__}: give a value or a list of values")
    declared = component.space.get(name)
    scale = override.scale or (declared.scale if isinstance(declared, Range) else Scale.LINEAR)
    domain = Range(override.low, override.high, scale, integer=hyperparameter.type is int)  # type: ignore[arg-type] # Range checks it
    return evenly(domain, override.points) if override.points else domain
