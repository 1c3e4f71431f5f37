"""``--set``: changes of a study file from the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from harness.errors import StudyError, unknown
from harness.plugin.kinds import CHOICES
from harness.plugin.names import parts_of, split_name
from harness.study.draft import Draft, KeyPath
from harness.study.study import Study
from harness.study.toml import check_plain, value_text

Overrides = Iterable[str] | Mapping[str, Any]
"""What ``--set`` says: ``["search.trials=4"]``, or ``{"search.trials": 4}``."""


def overrides_of(given: Overrides) -> tuple[str, ...]:
    """Changes of a study as ``--set`` writes them; StudyError for what is none, and for values that TOML cannot say."""
    if isinstance(given, str):
        return (given,)
    if isinstance(given, Mapping):
        check_plain(given, "set")
        return tuple(f"{key}={value_text(value)}" for key, value in given.items())
    changes = tuple(given) if isinstance(given, Iterable) else (given,)
    for change in changes:
        if not isinstance(change, str):
            raise StudyError(
                f'set: changes are {{"search.trials": 4}} or ["search.trials=4"], got {type(change).__name__}'
            )
    return changes


def value_of(text: str) -> Any:
    """What stands behind the ``=`` of an override: TOML, or else a text without its quotes."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text.strip()


def apply_override(draft: Draft, override: str) -> None:
    """Change the draft as ``--set key=value`` says; StudyError for an override that cannot be read."""
    key, equals, text = override.partition("=")
    key = key.strip()
    if not equals or not key:
        raise StudyError(f"--set {override}: write key=value, for example --set search.trials=16")
    if not override.isprintable():
        raise StudyError(f"--set {override!r}: write key=value in one line of UTF-8")
    value = value_of(text)
    path = _path_of(key, draft)
    if path[0] == "space" and len(path) == 2:
        _release(draft, path[1], value)
    section = draft.raw
    for part in path[:-1]:
        section = section.setdefault(part, {})
        if not isinstance(section, dict):
            raise StudyError(f"--set {override}: {part} is no table")
    section[path[-1]] = value
    draft.origins[path] = f"--set {override}"


def _release(draft: Draft, key: str, value: object) -> None:
    """Take a hyperparameter out of [choices], where it is fixed or searched, because ``--set`` speaks of it."""
    choice, component, name = split_name(key)
    choices = draft.raw.get("choices")
    entry = choices.get(choice) if isinstance(choices, dict) else None
    picks = [pick for pick in (entry if isinstance(entry, list) else [entry]) if isinstance(pick, dict)]
    named = [pick for pick in picks if component in parts_of(str(pick.get("name")))]
    if len(named) != 1 or name in ("name", "search"):
        return  # of two that share a name, each keeps what tells it from the other
    if named[0]["name"] != component:  # one of several that are on together
        if isinstance(own := named[0].get(component), dict):
            own.pop(name, None)
        name = f"{component}.{name}"
    named[0].pop(name, None)
    if isinstance(named[0].get("search"), list) and not isinstance(value, dict | list):
        named[0]["search"] = [searched for searched in named[0]["search"] if searched != name]


def _path_of(key: str, draft: Draft) -> KeyPath:
    """``search.trials`` stands where it says; ``optimiser`` in [choices]; ``optimiser.adam.lr`` in [space]."""
    first, *rest = key.split(".")
    if first == "problem" and rest:
        given = draft.raw.get("problem", rest[0])
        table = given if isinstance(given, dict) else {"name": given}
        if len(rest) != 2 or table.get("name") != rest[0]:
            raise StudyError(f"--set {key}: write problem.NAME.HYPERPARAMETER, where NAME is {table.get('name')!r}")
        draft.raw["problem"] = table
        return "problem", rest[1]
    if first in ("space", "baseline") and rest:
        return first, ".".join(rest)
    if first in CHOICES:
        return ("space", key) if rest else ("choices", first)
    if first in Study.model_fields:
        return first, *rest
    raise StudyError(f"--set {key}: {unknown('key', first, [*Study.model_fields, *CHOICES])}")
