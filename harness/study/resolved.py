"""What study.json holds, and which changes of a study a result folder survives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.plugin.names import full_name
from harness.plugin.prepared import sha256
from harness.plugin.ranges import Options, domain_to_json
from harness.study._dimensions import affordable
from harness.study.arm import Arm


def arm_to_json(arm: Arm) -> dict[str, Any]:
    return {
        "settings": dict(arm.settings),
        "space": {name: domain_to_json(domain) for name, domain in arm.dimensions().items()},
        "fixed": {
            # Of several candidates two may have a part in common, and fix it at different values.
            full_name(choice, each.component.name, name)
            if len(candidates) == 1
            else f"{choice}.{each.component.name}.{name}": value
            for choice, candidates in arm.candidates.items()
            for each in candidates
            for name, value in each.fixed.items()
        },
        "defaults": arm.configuration(arm.defaults()).hyperparameters(),
        "traits": {
            f"{choice}.{part.name}": part.traits.to_json()
            for choice, candidates in arm.candidates.items()
            for each in candidates
            for part in each.component.parts or (each.component,)
        },
        "files": _files(arm),
    }


def _files(arm: Arm) -> dict[str, str]:
    """SHA-256 of every file that a hyperparameter names: what it holds is part of what was run."""
    values = (
        value
        for candidates in arm.candidates.values()
        for each in candidates
        for domain in (*(Options((value,)) for value in each.fixed.values()), *each.domains.values())
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


_SHOWN = ("question", "baseline", "overrides", "tier", "smallest_difference", "metrics")
"""Keys that only tables show."""


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What a changed study would break in a result folder, one line a key.

    More trials, more seeds and further arms break nothing; nor does another question or baseline, which only tables
    show, or another place for the same data. Looks at the verdicts, once begun, stay where they are.
    """
    found = []
    for path, before, after in _leaves((), old, new):
        if before == after or path[0] in _SHOWN:
            continue
        if path[0] == "arms" and path[2:3] == ("traits",):
            continue
        if path[0] == "problem" and path[-1] not in ("name", "digest"):
            continue
        if path == ("search", "trials") and after > before:
            continue
        if path[0] == "confirm" and not _moves_the_looks(path[-1], old, new):
            continue
        if path[0] == "arms" and len(path) == 2 and before is None:
            continue
        found.append(f"{'.'.join(path)}: was {_shown(before)}, now {_shown(after)}{_cause(path, old, new)}")
    return found


def _moves_the_looks(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a change of ``confirm`` loses seeds, or the looks to which a study that goes on looking has committed."""
    before, after = old["confirm"], new["confirm"]
    if key == "seeds" and after["seeds"] < before["seeds"]:
        return True
    return bool(before.get("until_decided"))  # who has looked at sequential levels cannot go back to others


def _cause(path: tuple[str, ...], old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Why another number of hyperparameters is searched, where the study may have changed its budget alone."""
    before, now = old["search"]["trials"], new["search"]["trials"]
    if path[0] != "arms" or path[2:3] != ("space",) or affordable(before) == affordable(now):
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
