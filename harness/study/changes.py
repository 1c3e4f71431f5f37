"""Which changes of a study its result folder survives, and what another change would break."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from harness.plugin.names import parts_of, split_name
from harness.plugin.ranges import Value
from harness.study._dimensions import affordable
from harness.study.format import FORMAT
from harness.study.plan import Plan
from harness.study.resolved import ADDED, ResolvedStudy

_SHOWN = (
    "question", "baseline", "overrides", "tier", "smallest_difference", "failed", "metrics", "format", "accepted",
)  # fmt: skip
"""Keys that only tables show, and those that say how the folder came about."""


def as_begun(plan: Plan, existing: ResolvedStudy | None) -> Plan:
    """The plan, with what its folder began with: its confirmation seed, and without the settings that came later, where
    the study itself does not say them.

    So no new default of a tier changes a study that was begun before there was such a setting, and all its confirmation
    runs meet the draws of its first ones.
    """
    if existing is None:
        return plan
    sections = {}
    for name, added in ADDED.items():
        old, new = getattr(existing, name), getattr(plan.study, name)
        unsaid = {key for key in added if (name, key) not in plan.said and key not in old.model_fields_set}
        kept = {key: value for key, value in new.model_dump().items() if key not in unsaid}
        sections[name] = type(new)(**kept)
    return replace(plan, confirmation_seed=existing.confirmation_seed, study=plan.study.model_copy(update=sections))


def differences(old: ResolvedStudy, new: ResolvedStudy) -> list[str]:
    """What a changed study would break in a result folder, one line a key.

    More trials, more rounds of widening, more seeds and further arms break nothing; nor does another question or
    baseline, which only tables show, or another place for the same data. A study with ``until_decided`` cannot change
    its settings of ``confirm``; one that repeats its search cannot get more seeds, which would be no further units.
    Another digest than one of format 1, and a choice or hyperparameter that the folder does not know, are no
    differences here: ``phases.claiming`` looks into both.
    """
    lines = []
    for path, before, after in _leaves((), _whole(old), _whole(new)):
        if before == after or path[0] in _SHOWN:
            continue
        if path[0] == "arms" and path[2:3] == ("traits",):
            continue
        if path[0] == "problem" and path[-1] not in ("name", "digest"):
            continue
        if path == ("problem", "digest") and old.format == 1:
            continue
        if path[0] == "arms" and path[2:3] == ("defaults",) and _came_later(path, before, old):
            continue
        if path in (("search", "trials"), ("search", "widen")) and after > before:
            continue
        if path == ("select", "defaults") and after:
            continue
        if path[0] == "confirm" and not _moves_the_looks(path[-1], old, new):
            continue
        if path[0] == "arms" and len(path) == 2 and before is None:
            continue
        lines.append(f"{'.'.join(path)}: was {_shown(before)}, now {_shown(after)}{_cause(path, old, new)}")
    return lines


def _whole(study: ResolvedStudy) -> dict[str, Any]:
    """The study as plain data, with what an older study.json leaves out."""
    return replace(study, format=FORMAT).to_json() | {name: getattr(study, name).model_dump() for name in ADDED}


def _moves_the_looks(key: str, old: ResolvedStudy, new: ResolvedStudy) -> bool:
    """Whether a change of ``confirm`` loses seeds, or the looks to which a study that goes on looking has committed.

    Of a repeated search more seeds would change units whose verdicts may have been seen, and make no new ones.
    """
    before, after = old.confirm, new.confirm
    if key == "seeds" and (after.seeds < before.seeds or old.search.repeats > 1):
        return True
    return before.until_decided  # who has looked at sequential levels cannot go back to others


def _came_later(path: tuple[str, ...], before: Value | None, old: ResolvedStudy) -> bool:
    """Whether it is a choice or hyperparameter that there was not yet when the folder was written."""
    choice, component, _ = split_name(path[3])
    known = old.arms[path[1]].defaults
    return before is None and (choice not in known or component in (known[choice], *parts_of(str(known[choice]))))


def _cause(path: tuple[str, ...], old: ResolvedStudy, new: ResolvedStudy) -> str:
    """Why another number of hyperparameters is searched, where the study may have changed its budget alone."""
    before, now = old.search.trials, new.search.trials
    if path[0] != "arms" or path[2:3] != ("space",) or len(path) > 4 or affordable(before) == affordable(now):
        return ""
    return (
        f" (search.trials was {before}, is now {now}: that changes how many are searched, "
        "unless search = [...] names them)"
    )


def _shown(value: Any) -> str:
    if value is None:
        return "absent"
    return "present" if isinstance(value, dict) else repr(value)


def _leaves(path: tuple[str, ...], old: Any, new: Any) -> Iterable[tuple[tuple[str, ...], Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _leaves((*path, key), old.get(key), new.get(key))
    else:
        yield path, old, new
