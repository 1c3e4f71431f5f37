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
from harness.wording import brief, plural


@dataclass(frozen=True, kw_only=True)
class Pilot:
    """The spread that is expected.

    ``sd``: of the differences at equal seeds, in units of the metric; ``source``: where it comes from.
    """

    sd: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Detectable:
    """The smallest difference that is found with 80% power.

    ``units``: planned seeds of each arm or, where searches are repeated, searches: the ``unit``. ``comparisons``: that
    are corrected for. ``sds``: the difference as a multiple of the standard deviation of differences at equal seeds;
    nan with too few units for a verdict. ``pilot``: what that deviation is; None if nobody knows yet.
    """

    units: int
    unit: str
    comparisons: int
    sds: float
    pilot: Pilot | None

    @property
    def difference(self) -> float:
        """In units of the metric; nan if the spread is not known."""
        return self.sds * self.pilot.sd if self.pilot else math.nan

    def in_words(self, metric: Metric) -> str:
        """A sentence."""
        units = plural(self.units, self.unit)
        if math.isnan(self.sds):
            return f"{units} of each arm give no verdict; that takes {FEWEST}"
        power = f"with {WANTED:.0%} power over {plural(self.comparisons, 'comparison')}"
        if self.pilot is None:
            return (
                f"{units} of each arm find a difference of {brief(self.sds)} sd of the differences at equal seeds "
                f"{power}; --pilot with a result folder, or such an sd as a number, says it in units of {metric}"
            )
        return (
            f"{units} of each arm find a difference of {brief(self.difference)} in {metric} {power}; "
            f"sd of the differences at equal seeds: {brief(self.pilot.sd)}, {self.pilot.source}"
        )


def planned(search: SearchSettings, confirm: ConfirmSettings, arms: int, pilot: Pilot | None = None) -> Detectable:
    """What the settings of a study with so many arms can find. One arm is compared with its defaults."""
    is_repeated = (search.repeats or 1) > 1
    units = search.repeats if is_repeated else confirm.limit if confirm.until_decided else confirm.seeds
    looks = looks_until(confirm.limit, confirm.seeds) if confirm.until_decided else ()
    method = Planned(looks, len(looks) - 1) if looks else FIXED
    comparisons = max(1, arms - 1)
    sds = detectable(1.0, units, comparisons, method)
    unit = "search" if is_repeated else "seed"
    return Detectable(units=units, unit=unit, comparisons=comparisons, sds=sds, pilot=pilot)


def pilot_of(given: str) -> Pilot:
    """The spread from a number or from an earlier result folder, the median over its comparisons.

    ResultError for what is neither, and for a folder without two paired seeds.
    """
    try:
        sd = float(given)
    except ValueError:
        return _of_folder(Path(given))
    if not (sd > 0 and math.isfinite(sd)):
        raise ResultError(f"--pilot {given}: a standard deviation is above 0, or name a result folder")
    return Pilot(sd=sd, source="as given")


def _of_folder(path: Path) -> Pilot:
    results = Results.of(ResultFolder(path))
    compared = results.against_baseline or results.against_defaults
    known = [each.difference.sd for each in compared if each.difference.paired and each.difference.sd > 0]
    if not known:
        raise ResultError(f"--pilot {path}: none of its arms has two seeds in common with {results.baseline}")
    of = f"the median of {plural(len(known), 'comparison')}" if len(known) > 1 else "its one comparison"
    return Pilot(sd=median(known), source=f"{of} in {path}")
