"""From a TOML file and ``--set`` overrides to a Study, with every fault in them at once, each with file and line."""

from __future__ import annotations

import copy
import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from pydantic import BaseModel, ValidationError

from harness import files
from harness.arguments import path_of
from harness.errors import StudyError, unknown
from harness.study.draft import Draft, KeyPath
from harness.study.overrides import apply_override
from harness.study.study import Study
from harness.study.toml import study_text

MOST_BYTES = 2**24
"""The largest study file that is read: 16 MiB."""

_PLACEHOLDERS = {"question": "", "problem": "?", "metric": "?"}


Given = Path | str | Mapping[str, Any]
"""A study: the path of its file, the file's text, which has several lines, or a dictionary of the same structure."""


def is_path(study: object) -> TypeGuard[Path | str]:
    """Whether ``study`` is a path: a text is a study's own where it has several lines, since no study fits in one.

    StudyError for what is neither path, text nor dictionary.
    """
    if not isinstance(study, str | os.PathLike | Mapping):
        raise StudyError(f"study: a path, the text of a study file or a dictionary, got {type(study).__name__}")
    return isinstance(study, os.PathLike) or (isinstance(study, str) and "\n" not in study.strip())


def read_given(study: Given, overrides: Iterable[str] = ()) -> tuple[Study, Draft, str]:
    """The study with its faults noted, and its text as a result folder keeps it."""
    if is_path(study):
        path = path_of(study, "study", StudyError)
        text = _text_of(path)
        return *parse_study(text, overrides, source=str(path)), text
    if isinstance(study, str):
        return *parse_study(study, overrides, source="study"), study
    assert isinstance(study, Mapping)  # else it would have been a path, or refused
    text = study_text(study)
    return *draft_study(tomllib.loads(text), overrides, source="study"), text


def read_study(path: Path, overrides: Iterable[str] = ()) -> tuple[Study, Draft]:
    """Parse a study file. Faults of form are in the draft; the study is what is left without them."""
    return parse_study(_text_of(path), overrides, source=str(path))


def _text_of(path: Path) -> str:
    """The text of a study file; StudyError with the nearest match where there is none."""
    try:
        # Some editors begin a file with a byte order mark.
        data = files.read_bytes(path, most=MOST_BYTES)
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError as error:
        raise StudyError(f"{path}: cannot be read: {files.reason_of(error)}{_meant(path)}") from None
    except OSError as error:
        raise StudyError(f"{path}: cannot be read: {files.reason_of(error)}") from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise StudyError(f"{path}:{line}: not UTF-8") from None


def _meant(path: Path) -> str:
    """What else the path of a file that is not there may have been meant to be."""
    if "=" in str(path):
        return "; the text of a study has more than one line"
    beside = {file.stem: str(file) for file in path.parent.glob("*.toml")}
    near = difflib.get_close_matches(path.stem, sorted(beside), n=1)
    return f", did you mean {beside[near[0]]!r}?" if near else ""


def parse_study(text: str, overrides: Iterable[str] = (), *, source: str) -> tuple[Study, Draft]:
    """The same for the text of a study file; ``source`` names it in faults."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \(at line (\d+), column \d+\)$| \(at end of document\)$", str(error))
        number = place[1] if place and place[1] else text.count("\n") + 1
        raise StudyError(
            f"{source}:{number}: not TOML: {str(error)[: place.start() if place else None].lower()}"
        ) from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets a thousand deep
        raise StudyError(f"{source}: not TOML: {str(error).partition(';')[0].lower()}") from None
    origins = {key: f"{source}:{line}" for key, line in locate(text).items()}
    return draft_study(raw, overrides, source=source, origins=origins)


def draft_study(
    raw: dict[str, Any], overrides: Iterable[str], *, source: str, origins: Mapping[KeyPath, str] | None = None
) -> tuple[Study, Draft]:
    """Parse a study given as plain data; ``source`` names it in faults."""
    draft = Draft(raw=copy.deepcopy(raw), source=source, origins=dict(origins or {}))
    for override in overrides:
        try:
            apply_override(draft, override)
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
            draft.fault(path, reworded(path[-1], fault))
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


def reworded(key: str, fault: Mapping[str, Any]) -> str:
    """What pydantic says of a fault, in the words of a study file; ``key`` is the name of what is wrong."""
    message, got = fault["msg"].removeprefix("Value error, ").partition(" or instance of ")[0], fault["input"]
    if fault["type"] == "value_error":
        return str(message)
    if fault["type"] == "literal_error" and isinstance(got, str):
        return unknown(key, got, re.findall(r"'([^']*)'", fault["ctx"]["expected"]))
    for words, ours in _WORDS.items():
        message = message.replace(words, ours)
    shown = repr(got)
    return f"{message}, got {shown if len(shown) <= 100 else shown[:99] + '…'}"


def _keys(path: KeyPath) -> list[str]:
    model: Any = Study
    for part in path:
        model = model.model_fields[part].annotation
    return list(model.model_fields) if issubclass(model, BaseModel) else []


_TOKEN = re.compile(
    r"""\n | \#[^\n]* | \"{3}(?:\\.|[^\\])*?\"{3,5} | '{3}.*?'{3,5} | "(?:\\.|[^"\\])*" | '[^']*' | [\w+-]+ | \S""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)


def locate(text: str) -> dict[KeyPath, int]:
    """The line of every table and key of a TOML text (keys inside an inline table stand on their table's line)."""
    lines: dict[KeyPath, int] = {}
    section: KeyPath = ()
    parts: KeyPath = ()
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
