"""Before anything is run: which difference the planned seeds, or repeated searches, can find."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from harness.errors import ResultError
from harness.metric import Metric
from harness.records.folder import ResultFolder
from harness.records.results import Results
from harness.statistics.forecast import WANTED, detectable
from harness.statistics.joint import FEWEST
from harness.statistics.method import FIXED
from harness.statistics.sequential import Planned, looks_until
from harness.study.study import ConfirmSettings, SearchSettings
from harness.wording import brief, plural, plural_of


@dataclass(frozen=True, kw_only=True)
class Pilot:
    """The spread that is expected.

    ``sd``: of the differences between paired units, in units of the metric; ``source``: where it comes from.
    """

    sd: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Detectable:
    """The smallest difference that is found with 80% power by t at the corrected level.

    The joint test finds it less often where units are few: results/calibration.md.

    ``units``: planned seeds of each arm or, where searches are repeated, searches: the ``unit``. ``up_to``: whether
    they are the most that a study takes which goes on until it is decided. ``comparisons``: that are corrected for.
    ``sds``: the difference as a multiple of the standard deviation of the differences between paired units; nan with
    too few units for a verdict. ``pilot``: what that deviation is; None if nobody knows yet.
    """

    units: int
    unit: str
    up_to: bool
    comparisons: int
    sds: float
    metric: Metric
    pilot: Pilot | None

    @property
    def difference(self) -> float:
        """In units of the metric; nan if the spread is not known."""
        return self.sds * self.pilot.sd if self.pilot else math.nan

    @property
    def in_words(self) -> str:
        """A sentence."""
        units = f"{'up to ' if self.up_to else ''}{plural(self.units, self.unit)} of each arm"
        if math.isnan(self.sds):
            return f"{units} give no verdict; that takes {FEWEST}"
        family = f" over {plural(self.comparisons, 'comparison')}" if self.comparisons > 1 else ""
        power = f"with at most {WANTED:.0%} power{family}"
        spread = f"sd of the differences {'between searches' if self.unit == 'search' else 'at equal seeds'}"
        if self.pilot is None:
            return (
                f"{units} find a difference of {brief(self.sds)} sd {power} ({spread}; --pilot with a result folder, "
                f"or with that sd as a number, says it in {self.metric})"
            )
        return (
            f"{units} find a difference of {brief(self.difference)} in {self.metric} {power}; {spread}: "
            f"{brief(self.pilot.sd)}, {self.pilot.source}"
        )


def planned(
    search: SearchSettings, confirm: ConfirmSettings, arms: int, metric: Metric, pilot: str | None = None
) -> Detectable:
    """What the settings of a study with so many arms can find. One arm is compared with its defaults.

    ``pilot``: an earlier result folder, or a standard deviation as a number. ResultError for what is neither, and for
    a folder that says nothing of such differences.
    """
    is_repeated = search.repeats > 1
    units = search.repeats if is_repeated else confirm.limit if confirm.until_decided else confirm.seeds
    looks = looks_until(confirm.limit, confirm.seeds) if confirm.until_decided else ()
    method = Planned(looks, len(looks) - 1) if looks else FIXED
    comparisons = max(1, arms - 1)
    unit = "search" if is_repeated else "seed"
    return Detectable(
        units=units, unit=unit, up_to=bool(looks), comparisons=comparisons,
        sds=detectable(1.0, units, comparisons, method), metric=metric,
        pilot=None if pilot is None else _pilot(pilot, metric, unit),
    )  # fmt: skip


def _pilot(given: str, metric: Metric, unit: str) -> Pilot:
    """The spread from a number or, the median over its comparisons, from an earlier result folder."""
    try:
        sd = float(given)
    except ValueError:
        return _of_folder(Path(given), metric, unit)
    if not (sd > 0 and math.isfinite(sd)):
        raise ResultError(f"--pilot {given}: a standard deviation is above 0, or name a result folder")
    return Pilot(sd=sd, source="as given")


def _of_folder(path: Path, metric: Metric, unit: str) -> Pilot:
    if not path.exists():
        raise ResultError(f"--pilot {path}: neither a result folder nor a standard deviation")
    results = Results.of(ResultFolder(path))
    if results.metric != metric:
        raise ResultError(f"--pilot {path}: its scores are {results.metric}, and this study judges by {metric}")
    if results.unit != unit:
        raise ResultError(
            f"--pilot {path}: its differences are between {plural_of(results.unit)}, and this study counts "
            f"{plural_of(unit)}, which spread otherwise; give an sd as a number"
        )
    compared = results.judged
    known = [each.difference.sd for each in compared if each.difference.paired and each.difference.sd > 0]
    if not known:
        raise ResultError(f"--pilot {path}: none of its arms has two {plural_of(unit)} in common with another")
    of = f"the median of {plural(len(known), 'comparison')}" if len(known) > 1 else "that of the one comparison"
    return Pilot(sd=median(known), source=f"{of} in {path}")
