"""Whether result folders can be compared: the same data, measured in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.analysis.shared_runs import same_runs
from harness.errors import ResultError
from harness.records.results import Results
from harness.wording import plural


def common_ground(folders: Mapping[str, Results]) -> tuple[dict[str, Results], list[str]]:
    """The folders, all with the digest of the first, and what a reader must know of how that was found out.

    Data are the same where a digest of theirs is. A digest of format 1 may stand for the same data as another one: then
    a run that both folders have recorded, with the same numbers to the last digit, shows it. ``folders``: path →
    results. ResultError for other data, other conventions, and where nothing shows that data are the same.
    """
    first, *later = folders
    known, notes = {first: folders[first]}, []
    waiting = dict.fromkeys(later)
    while waiting:
        found = next((pair for path in waiting if (pair := _proof(path, folders, known))), None)
        if found is None:
            break
        path, note = found
        known[path] = folders[path]
        notes += [note] if note else []
        del waiting[path]
    for path in waiting:
        raise _other_data(path, first, folders)
    for path in later:
        here, there = folders[path].study.conventions, folders[first].study.conventions
        if here != there:
            raise ResultError(
                f"{path}: its metrics follow other conventions than those of {first}: {here!r}, not {there!r}"
            )
    digest = folders[first].study.problem.digest
    return {path: _with_digest(results, digest) for path, results in folders.items()}, notes


def _proof(path: str, folders: Mapping[str, Results], known: Mapping[str, Results]) -> tuple[str, str] | None:
    """The path and a note, where its data are shown to be those of a folder that is known; else None."""
    results = folders[path]
    for other, there in known.items():
        if results.study.digests & there.study.digests:
            return path, ""
        if 1 in (results.study.format, there.study.format) and (count := sum(1 for _ in same_runs(results, there))):
            return path, (
                f"{path} and {other} know their data by digests of different versions; they are the same data: "
                f"{plural(count, 'run')} that both recorded ended with the same numbers, to the last digit"
            )
    return None


def _other_data(path: str, first: str, folders: Mapping[str, Results]) -> ResultError:
    here, there = folders[path].study, folders[first].study
    data = f"{path}: its data ({here.problem.name}) are not those of {first} ({there.problem.name})"
    old = [each for each, study in ((path, here), (first, there)) if study.format == 1]
    if not old or here.problem.name != there.problem.name:
        return ResultError(f"{data}: such scores cannot be compared")
    return ResultError(
        f"{path}: nothing shows that its data are those of {first}: {' and '.join(old)} "
        f"{'has' if len(old) == 1 else 'have'} a digest of an older version, and no run is in both; "
        f"harness run {old[0]}/study.toml --out {old[0]} makes one recorded run again and brings it up to date"
    )


def _with_digest(results: Results, digest: str) -> Results:
    if results.study.problem.digest == digest:
        return results
    return replace(results, study=replace(results.study, problem=replace(results.study.problem, digest=digest)))
