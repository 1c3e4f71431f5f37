"""Plain data → TOML: a study that was given as a dictionary is kept as the file that it could have been."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from typing import Any

from harness.errors import StudyError

_DEEPEST = 20
"""Levels of tables and lists; a study has four, and one that holds itself has no end."""
_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def study_text(study: Mapping[str, Any], source: str = "study") -> str:
    """The study file that says what ``study`` says: reading it gives the same data again.

    ``source``: what names the study in faults. StudyError with every value that TOML has no form for.
    """
    check_plain(study, source)
    plain = [f"{_key(key)} = {value_text(value)}" for key, value in study.items() if not isinstance(value, Mapping)]
    tables = [
        "\n".join([f"[{_key(key)}]", *(f"{_key(name)} = {value_text(inner)}" for name, inner in value.items())])
        for key, value in study.items()
        if isinstance(value, Mapping)
    ]
    return "\n\n".join(filter(None, ["\n".join(plain), *tables])) + "\n"


def check_plain(study: Mapping[str, Any], source: str) -> None:
    """StudyError with every value in ``study`` that TOML has no form for, each named behind ``source``."""
    faults = [f"{source}: {fault}" for fault in _faults((), study)]
    if faults:
        raise StudyError("\n".join(faults))


def value_text(value: Any) -> str:
    """A value as it stands behind the ``=`` of a TOML file, or of ``--set``; StudyError for what TOML cannot say."""
    value = _plain(value)
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return repr(value) if math.isfinite(value) else str(value)
        case str():
            return "".join(
                sign if sign.isprintable() else _escaped(sign) for sign in json.dumps(value, ensure_ascii=False)
            )
        case list() | tuple():
            return f"[{', '.join(map(value_text, value))}]"
        case Mapping():
            entries = ", ".join(f"{_key(key)} = {value_text(inner)}" for key, inner in value.items())
            return f"{{ {entries} }}" if entries else "{}"
    raise StudyError(_cannot(value))


def _escaped(sign: str) -> str:
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else value_text(name)


def _plain(value: Any) -> Any:
    """Paths as text; NumPy's numbers as Python's."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return value.item()
    return value


def _faults(path: tuple[str, ...], value: Any) -> list[str]:
    """What in ``value`` has no form in TOML, each with the keys that lead to it."""
    value = _plain(value)
    if len(path) > _DEEPEST:
        return [f"{path[0]}: nested more than {_DEEPEST} deep"]
    if isinstance(value, Mapping):
        strange = [f"{'.'.join([*path, str(key)])}: a key is a text, got {key!r}" for key in value if not _is_text(key)]
        return strange + [
            fault for key, inner in value.items() if _is_text(key) for fault in _faults((*path, key), inner)
        ]
    if isinstance(value, list | tuple):
        return [fault for number, inner in enumerate(value) for fault in _faults((*path, str(number)), inner)]
    if isinstance(value, bool | int | float) or _is_text(value):
        return []
    return [f"{'.'.join(path)}: {_cannot(value)}"]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not any("\ud800" <= sign <= "\udfff" for sign in value)


def _cannot(value: object) -> str:
    if value is None:
        return "None is no value of a study; leave the key out"
    return f"a study holds texts, numbers, true and false, lists and tables, got {type(value).__name__} {value!r}"
