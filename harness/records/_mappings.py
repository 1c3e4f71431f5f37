"""Dictionaries in the cells of a table, as Python or JSON writes them, such as W&B's ``config`` and ``summary``."""

from __future__ import annotations

import ast
import json
import math
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

_NAMES = {"nan": math.nan, "NaN": math.nan, "inf": math.inf, "Infinity": math.inf, "true": True, "false": False,
          "null": None}  # fmt: skip
_WRAPPED = {"value", "desc"}
_DEEPEST = 20


def is_mapping(value: object) -> bool:
    """Whether a cell is a dictionary, or a text that begins and ends as one does."""
    return isinstance(value, Mapping) or (isinstance(value, str) and value[:1] == "{" and value[-1:] == "}")


def read_mapping(value: object) -> list[tuple[str, str]] | None:
    """(``model.width``, ``64``) for every value of the dictionary that a cell holds; None if it cannot be read.

    Nothing of the text is evaluated. ``{"value": 64, "desc": …}``, W&B's own form, counts as 64.
    """
    try:
        mapping = value if isinstance(value, Mapping) else _parsed(str(value))
        return None if mapping is None else [*_flattened(mapping)]
    except (ValueError, RecursionError):  # of whole numbers with too many digits, of dictionaries within themselves
        return None


def _parsed(text: str) -> Mapping[Any, Any] | None:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of escapes that Python does not know
                read = _plain(ast.parse(text, mode="eval").body)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return None
    return read if isinstance(read, Mapping) else None


def _flattened(mapping: Mapping[Any, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    for key, value in mapping.items():
        if isinstance(value, Mapping) and "value" in value and value.keys() <= _WRAPPED:
            value = value["value"]
        if isinstance(value, Mapping) and value and depth < _DEEPEST:
            yield from _flattened(value, f"{before}{key}.", depth + 1)
        else:
            yield f"{before}{key}", "" if value is None else str(value)


def _plain(node: ast.expr) -> Any:
    """The value of a literal; ValueError for anything else. NumPy's scalars are written as calls."""
    match node:
        case ast.Constant():
            return node.value
        case ast.Name() if node.id in _NAMES:
            return _NAMES[node.id]
        case ast.UnaryOp(op=ast.USub()):
            return -_plain(node.operand)
        case ast.Dict():
            return {_plain(key): _plain(value) for key, value in zip(node.keys, node.values, strict=True) if key}
        case ast.List() | ast.Tuple():
            return tuple(_plain(each) for each in node.elts)
        case ast.Call(func=ast.Attribute(), args=[only], keywords=[]):
            return _plain(only)
    raise ValueError("no literal")
