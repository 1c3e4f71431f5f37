"""From a TOML file and ``--set`` overrides to a Study, with every fault in them at once, each with file and line."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from harness.errors import StudyError, unknown
from harness.hookspecs import CHOICES
from harness.names import parts_of, split_name
from harness.study import Study

Path_ = tuple[str, ...]
"""Where something stands in a study file: ``("search", "trials")``."""
_PLACEHOLDERS = {"question": "", "problem": "?", "metric": "?"}


@dataclass(kw_only=True)
class Draft:
    """A study while its faults are collected. ``origins``: where each key was given (``x.toml:12``, ``--set``)."""

    raw: dict[str, Any]
    source: str
    origins: dict[Path_, str] = field(default_factory=dict)
    faults: dict[str, None] = field(default_factory=dict)

    def fault(self, path: Sequence[str], message: str) -> None:
        """Note that what stands at ``path`` is wrong."""
        path = tuple(path)
        known = next((path[:end] for end in range(len(path), 0, -1) if path[:end] in self.origins), ())
        self.faults[f"{self.origins.get(known, self.source)}: {'.'.join(path)}: {message}"] = None

    def raise_faults(self) -> None:
        """StudyError with all that was noted, in the order of the file; nothing where nothing was."""
        if self.faults:
            raise StudyError("\n".join(sorted(self.faults, key=_by_line)))


def read_study(path: Path, overrides: Iterable[str] = ()) -> tuple[Study, Draft]:
    """Parse a study file. Faults of form are in the draft; the study is what is left without them."""
    try:
        text = path.read_bytes().decode("utf-8-sig")  # some editors begin a file with a byte order mark
    except OSError as error:
        raise StudyError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise StudyError(f"{path}:{line}: not UTF-8") from None
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \(at line (\d+), column \d+\)$| \(at end of document\)$", str(error))
        number = place[1] if place and place[1] else text.count("\n") + 1
        raise StudyError(
            f"{path}:{number}: not TOML: {str(error)[: place.start() if place else None].lower()}"
        ) from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets a thousand deep
        raise StudyError(f"{path}: not TOML: {str(error).partition(';')[0].lower()}") from None
    origins = {key: f"{path}:{line}" for key, line in locate(text).items()}
    return draft_study(raw, overrides, source=str(path), origins=origins)


def draft_study(
    raw: dict[str, Any], overrides: Iterable[str], *, source: str, origins: Mapping[Path_, str] | None = None
) -> tuple[Study, Draft]:
    """Parse a study given as plain data; ``source`` names it in faults."""
    draft = Draft(raw=copy.deepcopy(raw), source=source, origins=dict(origins or {}))
    for override in overrides:
        try:
            _apply(draft, override)
        except StudyError as error:
            draft.faults[str(error)] = None
    remaining = draft.raw
    while True:
        try:
            return Study.model_validate(remaining), draft
        except ValidationError as error:
            remaining = _without_faults(remaining, error, draft)


def _without_faults(raw: dict[str, Any], error: ValidationError, draft: Draft) -> dict[str, Any]:
    """Note pydantic's faults, and take the faulty parts out, so that what is left can be checked too."""
    remaining = {key: dict(value) if isinstance(value, dict) else value for key, value in raw.items()}
    for fault in error.errors():
        path = tuple(str(part) for part in fault["loc"])
        if fault["type"] == "missing":
            draft.fault(path, "is missing")
        elif fault["type"] == "extra_forbidden":
            draft.fault(path, unknown("key", path[-1], _keys(path[:-1])))
        else:
            draft.fault(path, _reworded(path[-1], fault))
        section = remaining.get(path[0])
        if len(path) > 1 and isinstance(section, dict):
            section.pop(path[1], None)
        else:
            remaining.pop(path[0], None)
        if path[0] in _PLACEHOLDERS and path[0] not in remaining:
            remaining[path[0]] = _PLACEHOLDERS[path[0]]
    return remaining


_WORDS = {
    "Input should be": "must be",
    "a valid integer": "an integer",
    "a valid boolean": "true or false",
    "a valid list": "a list",
    "a valid string": "a string",
    "a valid dictionary": "a table",
}


def _reworded(key: str, fault: Mapping[str, Any]) -> str:
    """Pydantic's message in the words of a study file."""
    message, got = fault["msg"].removeprefix("Value error, ").partition(" or instance of ")[0], fault["input"]
    if fault["type"] == "value_error":
        return str(message)
    if fault["type"] == "literal_error" and isinstance(got, str):
        return unknown(key, got, re.findall(r"'([^']*)'", fault["ctx"]["expected"]))
    for words, ours in _WORDS.items():
        message = message.replace(words, ours)
    shown = repr(got)
    return f"{message}, got {shown if len(shown) <= 100 else shown[:99] + '…'}"


def _keys(path: Path_) -> list[str]:
    model: Any = Study
    for part in path:
        model = model.model_fields[part].annotation
    return list(model.model_fields) if issubclass(model, BaseModel) else []


def value_of(text: str) -> Any:
    """What stands behind the ``=`` of an override: TOML, or else a text without its quotes."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text.strip()


def _apply(draft: Draft, override: str) -> None:
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
    """Let ``--set`` have its way where [choices] fixes or searches this very hyperparameter."""
    choice, component, name = split_name(key)
    choices = draft.raw.get("choices")
    entry = choices.get(choice) if isinstance(choices, dict) else None
    picks = [each for each in (entry if isinstance(entry, list) else [entry]) if isinstance(each, dict)]
    named = [each for each in picks if component in parts_of(str(each.get("name")))]
    if len(named) != 1 or name in ("name", "search"):
        return  # of two that share a name, each keeps what tells it from the other
    if named[0]["name"] != component:  # one of several that are on together
        if isinstance(own := named[0].get(component), dict):
            own.pop(name, None)
        name = f"{component}.{name}"
    named[0].pop(name, None)
    if isinstance(named[0].get("search"), list) and not isinstance(value, dict | list):
        named[0]["search"] = [each for each in named[0]["search"] if each != name]


def _path_of(key: str, draft: Draft) -> Path_:
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


_TOKEN = re.compile(
    r"""\n | \#[^\n]* | \"{3}(?:\\.|[^\\])*?\"{3,5} | '{3}.*?'{3,5} | "(?:\\.|[^"\\])*" | '[^']*' | [\w+-]+ | \S""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)


def locate(text: str) -> dict[Path_, int]:
    """The line of every table and key of a TOML text (keys inside an inline table stand on their table's line)."""
    lines: dict[Path_, int] = {}
    section: Path_ = ()
    parts: Path_ = ()
    line, depth, part_of = 1, 0, "start"
    for token in _TOKEN.findall(text):
        if token == "\n" and not depth:
            parts, part_of = (), "start"
        elif part_of == "value":
            depth += (token in "[{") - (token in "]}")
        elif token == "[":
            part_of = "header"
        elif token == "]" and parts:
            section, parts = parts, ()
            lines.setdefault(section, line)
        elif token == "=":
            lines.setdefault(section + parts, line)
            part_of = "value"
        elif token[0] in "\"'":
            parts += (tomllib.loads(f"key = {token}")["key"],)
        elif token[0] not in ".#]\n":
            parts += (token,)
        line += token.count("\n")
    return lines


def _by_line(fault: str) -> tuple[str, int]:
    place = re.match(r"(.*?):(\d+): ", fault)
    return (place[1], int(place[2])) if place else (fault, 0)
