"""The errors that are shown to a user as one clear line, without a traceback."""

from __future__ import annotations

import difflib
import importlib
import os
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType


def printable(text: str) -> str:
    """The text as a terminal may be given it: what is no sign, or turns the direction of writing, is escaped.

    Names, questions and reasons come from files that may be somebody else's. Line breaks stay.
    """
    return "".join(sign if sign.isprintable() or sign == "\n" else repr(sign)[1:-1] for sign in text)


class HarnessError(Exception):
    """Anything the user can mend; every other exception is a bug and shows its traceback."""

    def __str__(self) -> str:
        return printable(super().__str__())


class StudyError(HarnessError):
    """A study file, or a ``--set`` override, that cannot be used."""


class PluginError(HarnessError):
    """A plugin that cannot be loaded, or a component or value that is not known."""


class DataError(HarnessError):
    """A data file that is missing or malformed; the message starts with ``file:line:``."""


class ResultError(HarnessError):
    """A result folder that is missing, in use, damaged, or belongs to another study."""


class UnavailableError(ResultError):
    """What a call needs is not there now, as a scheduler or a database: the same call may succeed later.

    Whatever is finished by then is recorded.
    """


class RunsLostError(UnavailableError):
    """Worker processes died with some runs, which a further call makes again; all others are recorded."""


class StoppedError(HarnessError):
    """A call came to the limit that it was given; what it has made is recorded."""


class ConformanceError(AssertionError):
    """What a component does that it must not, or fails to do: the conformance kit says it in plain words.

    ``advice``: what its author may do about it; '' where that is plain.
    """

    def __init__(self, wrong: str, advice: str = "") -> None:
        super().__init__(f"{wrong}: {advice}" if advice else wrong)
        self.wrong = wrong


def unknown(kind: str, name: object, known: Iterable[str]) -> str:
    """Message for a name that is not known: the nearest match, then what is allowed."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5) if isinstance(name, str) else []
    hint = f", did you mean {near[0]!r}?" if near else ""
    # A question mark already ends the clause; a bare statement needs a separator.
    return f"unknown {kind} {name!r}{hint or ';'} known: {', '.join(names) or 'none'}"


def place_of(error: Exception, *libraries: ModuleType) -> str:
    """``file:line: Type: message`` of an error in a stranger's code, for a line that is shown instead of a traceback.

    The place is the innermost one that lies neither in the harness, nor in the import system, nor in ``libraries``:
    their frames say nothing about where the stranger went wrong. Without such a place it is left out.
    """
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: {type(error).__name__}: {error.msg}"
    ours = [Path(module.__file__ or "").parent for module in (importlib, *libraries)]
    inside = tuple(f"{folder}{os.sep}" for folder in (Path(__file__).parent, *ours))
    message = f"{type(error).__name__}: {error}".removesuffix(": ")
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith(("<", *inside)):  # "<": the frozen import system, a dataclass's own __init__
            return f"{frame.filename}:{frame.lineno}: {message}"
    return message
