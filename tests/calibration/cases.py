"""One case each: many simulated studies through the functions that fill the tables, and what came of them, as a row."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import replaced
from drawing import BASELINE, METRIC, SHAPES, SHARED, Floats, noise_of, samples_of, scores_of
from scipy import stats

from harness.statistics.anytime import Anytime
from harness.statistics.comparison import ANYTIME, Sample, compare
from harness.statistics.edge import edge
from harness.statistics.equivalence import equivalence_p
from harness.statistics.estimates import Interval, holm, paired
from harness.statistics.forecast import Forecast, detectable, units_to_settle
from harness.statistics.joint import Draws, joint_test, resampled_t
from harness.statistics.method import ALPHA, FIXED, Method, is_tested, over_family
from harness.statistics.sequential import Planned
from harness.statistics.verdict import Verdict, Word, smallest_difference

LOOKS = (6, 12, 18, 24, 30)
FAMILIES = (1, 3, 5, 9)
DRAWS = Draws(bootstrap=999, flips=1_999, posterior=0)
FORECAST = 400
"""Truths that a forecast draws here; elsewhere more."""

MATTERS = {6: 2.0, 8: 1.6, 10: 1.4, 20: 1.0, 30: 0.8}
"""δ by number of seeds, so that `equivalent` has some power."""

Row = list[str]


def share(count: float, of: float) -> str:
    """Per cent; a dash where there is nothing to count."""
    return f"{100 * count / of:.1f}" if of else "–"


def verdicts(differences: Floats, delta: float = 0.0, method: Method = FIXED) -> list[Verdict]:
    """What ``compare`` says of (arms, seeds) differences to the baseline, without all that it counts beside it."""
    tested = method.test(differences, delta, DRAWS)
    low, high = simultaneous(differences, method)
    counts, means = np.isfinite(differences).sum(axis=1), np.nanmean(differences, axis=1)
    return [
        Verdict.of(
            float(means[row]),
            Interval(float(low[row]), float(high[row])),
            n=int(counts[row]),
            p=float(tested.adjusted[row]),
            p_equivalent=float(tested.equivalent[row]),
            delta=delta,
        )
        for row in range(len(differences))
    ]


def simultaneous(differences: Floats, method: Method = FIXED) -> tuple[Floats, Floats]:
    """The ends of the simultaneous intervals."""
    counts, mean = np.isfinite(differences).sum(axis=1), np.nanmean(differences, axis=1)
    error = np.nanstd(differences, axis=1, ddof=1) / np.sqrt(counts)
    half = method.multiplier(counts.astype(float), ALPHA / len(differences)) * error
    return mean - half, mean + half


def differ(found: Sequence[Verdict]) -> bool:
    """Whether some arm is said to differ, in whatever word."""
    return any(each.direction for each in found)


def equivalent(differences: Floats, delta: float, resampled: Floats) -> Floats:
    """The p, over the family, without which no verdict says that a difference is smaller than δ."""
    return over_family(equivalence_p(differences, delta, resampled), is_tested(differences))


def said(samples: Sequence[Sample], delta: float = 0.0) -> list[Verdict]:
    """The verdicts of one look at all the samples."""
    return [each.verdict for each in compare(samples, BASELINE, METRIC, delta, draws=DRAWS)]


def gaps(scores: Floats) -> Floats:
    """(arms, seeds): the differences to the baseline."""
    return scores[1:] - scores[0]


def absent(rng: np.random.Generator, replicates: int, shape: str, seeds: int) -> Row:
    """Nine arms equal the baseline: how often an arm of the first 1, 3, 5, 9 is called different."""
    now, before, covered = Counter[int](), Counter[int](), 0
    for _ in range(replicates):
        rows = gaps(scores_of(rng, shape, seeds, [0.0] * FAMILIES[-1]))
        for arms in FAMILIES:
            now[arms] += bool((joint_test(rows[:arms], DRAWS).adjusted < ALPHA).any())
            before[arms] += any(replaced.claims(rows[:arms], DRAWS.flips))
        low, high = simultaneous(rows[:5])
        covered += bool(((low <= 0) & (high >= 0)).all())
    called = [share(counts[arms], replicates) for counts in (now, before) for arms in FAMILIES]
    return [shape, str(seeds), *called, share(covered, replicates)]


def at_the_limit(rng: np.random.Generator, replicates: int, shape: str, seeds: int) -> Row:
    """All arms differ by δ: how often one is called smaller than δ. Beside it, one by one, arms that do not differ."""
    delta = MATTERS[seeds]
    now, before, power = Counter[int](), Counter[int](), Counter[int]()
    for _ in range(replicates):
        same = gaps(scores_of(rng, shape, seeds, [0.0] * FAMILIES[-1]))
        other = same + SHAPES[shape].near * delta
        resampled = resampled_t(same, DRAWS.bootstrap)
        for arms in FAMILIES:
            now[arms] += bool((equivalent(other[:arms], delta, resampled[:arms]) < ALPHA).any())
            before[arms] += any(replaced.equates(other[:arms], delta))
            if arms in (1, 5):
                power[arms] += float((equivalent(same[:arms], delta, resampled[:arms]) < ALPHA).mean())
    called = [share(counts[arms], replicates) for counts in (now, before) for arms in FAMILIES]
    return [shape, str(seeds), f"{delta:g}", *called, *(share(power[arms], replicates) for arms in (1, 5))]


def estimated(rng: np.random.Generator, replicates: int, shape: str, seeds: int) -> Row:
    """Five arms differ by δ, which is half of the defaults' spread at three tuning seeds, or its true value."""
    true = math.sqrt(SHARED**2 + SHAPES[shape].share) / 2
    given, by_estimate, by_truth, before = 0, 0, 0, 0
    for _ in range(replicates):
        delta = smallest_difference(scores_of(rng, shape, 3, [0.0] * 5).tolist(), METRIC)
        scores, sign = scores_of(rng, shape, seeds, [0.0] * 5), SHAPES[shape].near
        rows = gaps(scores)
        resampled = resampled_t(rows, DRAWS.bootstrap)
        given += bool((equivalent(rows + sign * true, true, resampled) < ALPHA).any())
        by_estimate += bool((equivalent(rows + sign * delta, delta, resampled) < ALPHA).any())
        by_truth += bool((equivalent(rows + sign * true, delta, resampled) < ALPHA).any())
        before += any(replaced.equates(rows + sign * true, float(np.std(scores[0], ddof=1)) / 2))
    return [shape, str(seeds), *(share(each, replicates) for each in (given, by_estimate, by_truth, before))]


def power(rng: np.random.Generator, replicates: int, shape: str, seeds: int) -> Row:
    """One arm differs by what a single t-test finds in 80%, the others do not: how often that arm is called different.

    Last, how often a difference of the advised size is found, with five arms.
    """
    truth = float(detectable(1.0, seeds))
    advised = float(detectable(1.0, seeds, 5))
    now, before, found = Counter[int](), Counter[int](), 0
    for _ in range(replicates):
        rows = gaps(scores_of(rng, shape, seeds, [truth] + [0.0] * (FAMILIES[-1] - 1)))
        for arms in FAMILIES:
            now[arms] += bool(joint_test(rows[:arms], DRAWS).adjusted[0] < ALPHA)
            before[arms] += replaced.claims(rows[:arms], DRAWS.flips)[0]
        rows[0] += advised - truth
        found += bool(joint_test(rows[:5], DRAWS).adjusted[0] < ALPHA)
    called = [share(counts[arms], replicates) for counts in (now, before) for arms in FAMILIES]
    return [shape, str(seeds), f"{truth:.2f}", *called, f"{advised:.2f}", share(found, replicates)]


def unpaired(rng: np.random.Generator, replicates: int, shape: str, seeds: int, others: int) -> Row:
    """Scores that share nothing: arms equal the baseline, or differ by δ. The unit is √(s_a² + s_b²)."""
    delta, advised = MATTERS[seeds], float(detectable(1.0, min(seeds, others)))
    claims, equals, found = Counter[int](), Counter[int](), 0
    for _ in range(replicates):
        arms, (baseline, *_) = noise_of(rng, shape, seeds, 5)[1:], noise_of(rng, shape, others, 0)
        near = arms + SHAPES[shape].near * delta
        for count in (1, 5):
            for several, which, counts in ((arms, 0, claims), (near, 1, equals)):
                ps = FIXED.test_unpaired([(arm, baseline) for arm in several[:count]], delta, DRAWS)[which]
                counts[count] += any(p < ALPHA for p in holm(ps.tolist()))
        found += bool(FIXED.test_unpaired([(arms[0] + advised, baseline)], delta, DRAWS)[0][0] < ALPHA)
    called = [share(counts[count], replicates) for counts in (claims, equals) for count in (1, 5)]
    return [shape, f"{seeds}, {others}", *called, f"{advised:.2f}", share(found, replicates)]


def failures(rng: np.random.Generator, replicates: int, seeds: int, rate: float, dead: int) -> Row:
    """Five arms whose runs fail at a rate, the baseline's never, and some that always do. The first may differ."""
    truth, rows = float(detectable(1.0, seeds)), 1 + 5 + dead
    claimed, refused, found, before = 0, 0, 0, 0
    for _ in range(replicates):
        scores = scores_of(rng, "normal", seeds, [0.0] * (rows - 1))
        failed = rng.random(scores.shape) < rate
        failed[0], failed[6:] = False, True
        claimed += differ(said(samples_of(scores, failed=failed)))
        worst = np.where(failed, scores[:6].min(), scores)
        before += any(replaced.claims(gaps(worst)[:5], DRAWS.flips))
        scores[1] += truth
        one = said(samples_of(scores, failed=failed))[0]
        found += one.direction > 0
        refused += bool(one.failing)
    shares = [share(each, replicates) for each in (claimed, before, found, refused)]
    return [str(seeds), share(rate, 1), str(dead), f"{truth:.2f}", *shares]


def repeated(rng: np.random.Generator, replicates: int, searches: int, seeds: int) -> Row:
    """Five methods that are equal on average: what a search chooses is good or bad by chance, sd 1.7/√10 s_d.

    In the published studies, the median standard error was 0.32 from the search, and 0.19 from ten seeds.
    """
    spread, groups = 0.32 / 0.19 / math.sqrt(10), {seed: seed % searches for seed in range(seeds)}
    unit = math.sqrt(spread**2 + searches / seeds)  # sd of a search's mean difference
    truth, claimed, found = 1.5 * unit, 0, 0
    for _ in range(replicates):
        chosen = spread * rng.normal(size=(6, searches)) * math.sqrt(1 / 2)
        scores = scores_of(rng, "normal", seeds, [0.0] * 5) + chosen[:, [groups[seed] for seed in range(seeds)]]
        claimed += differ(said(samples_of(scores, groups if searches > 1 else None)))
        scores[1] += truth
        found += differ(said(samples_of(scores, groups if searches > 1 else None))[:1])
    return [str(searches), str(seeds), share(claimed, replicates), f"{truth:.2f}", share(found, replicates)]


def looking(rng: np.random.Generator, replicates: int, shape: str, truths: Sequence[float], delta: float) -> Row:
    """Looks at 6, 12 … 30 seeds until all arms have a verdict, beside 30 seeds and one look."""
    stops, calls, ever, smaller, missed, decided, once = [], 0, 0, 0, 0, 0, 0
    plans = [Planned(LOOKS, look) for look in range(len(LOOKS))]
    for _ in range(replicates):
        rows = gaps(scores_of(rng, shape, LOOKS[-1], truths))
        looks = [verdicts(rows[:, :seeds], delta, plan) for seeds, plan in zip(LOOKS, plans, strict=True)]
        stop = next((look for look, found in enumerate(looks) if settled(found)), len(LOOKS) - 1)
        stops.append(LOOKS[stop])
        calls += differ(looks[stop])
        ever += any(map(differ, looks))
        smaller += any(each.word is Word.EQUIVALENT or each.negligible for found in looks for each in found)
        ends = [simultaneous(rows[:, :seeds], plan) for seeds, plan in zip(LOOKS, plans, strict=True)]
        missed += any(not ((low <= truths) & (truths <= high)).all() for low, high in ends)
        decided += settled(looks[stop])
        once += settled(verdicts(rows, delta))
    shares = [share(each, replicates) for each in (calls, ever, smaller, replicates - missed, decided)]
    return [
        shape, str(len(truths)), f"{truths[0]:g}", f"{delta:g}", *shares, f"{np.mean(stops):.1f}",
        share(once, replicates),
    ]  # fmt: skip


def going_on(rng: np.random.Generator, replicates: int, shape: str, arms: int, start: int, block: int) -> Row:
    """A fixed number of seeds that goes on in three blocks: how often an arm that does not differ is called different.

    By the test that holds at any time, which decides from then on; by that or by the first verdict, which is history;
    and by the fixed test at each look. Last, all arms differ by δ = 1: how often one is ever called smaller.
    """
    looks = tuple(range(start, start + 4 * block, block))
    later, ever, before, equated = 0, 0, 0, 0
    for _ in range(replicates):
        rows = gaps(scores_of(rng, shape, looks[-1], [0.0] * arms))
        fixed = [differ(verdicts(rows[:, :seeds])) for seeds in looks]
        anytime = any(
            differ(verdicts(rows[:, : looks[at]], 0.0, Anytime(looks[: at + 1]))) for at in range(1, len(looks))
        )
        later += anytime
        ever += fixed[0] or anytime
        before += any(fixed)
        rows += SHAPES[shape].near * 1.0
        equated += any(
            (Anytime(looks[: at + 1]).test(rows[:, : looks[at]], 1.0, DRAWS).equivalent < ALPHA).any()
            for at in range(1, len(looks))
        )
    shares = [share(each, replicates) for each in (later, ever, before, equated)]
    return [shape, str(arms), f"{start}, +{block}", *shares]


def settled(found: Sequence[Verdict]) -> bool:
    """Whether every arm has a verdict."""
    return all(each.settles for each in found)


def promised(rng: np.random.Generator, replicates: int, seeds: int, arms: int, delta: float) -> Row:
    """Studies of a fixed number of seeds that are undecided: how often the two numbers settle them, by the truth.

    The truth is 0, δ/2, δ, 2δ, or drawn from the posterior of what was found. The first of the arms is counted, among
    others that equal the baseline.
    """
    row, said = [str(seeds), str(arms), f"{delta:g}"], []
    for ratio in (0.0, 0.5, 1.0, 2.0, None):
        done, asked = [0, 0], [0, 0]
        for _ in range(replicates):
            truth = (ratio if ratio is not None else 2.5 * rng.random()) * delta
            rows = gaps(scores_of(rng, "normal", seeds, [truth] + [0.0] * (arms - 1)))
            if verdicts(rows, delta)[0].word is not Word.UNDECIDED:
                continue
            mean, sd = float(rows[0].mean()), float(rows[0].std(ddof=1))
            found = advice(rows[0], delta, arms)
            said.append(found)
            if found.units is None:
                continue
            spread = 1.0
            if ratio is None:
                spread = sd * math.sqrt((seeds - 1) / rng.chisquare(seeds - 1))
                truth = mean + spread / math.sqrt(seeds) * rng.normal()
            more = gaps(scores_of(rng, "normal", (found.at_worst or found.units) - seeds, [0.0] * arms))
            more[0] = truth + spread * more[0]
            whole = np.hstack([rows, more])
            for place, units in enumerate((found.units, found.at_worst)):
                if units is not None:
                    asked[place] += 1
                    done[place] += verdicts(whole[:, :units], delta, Anytime((seeds, units)))[0].settles
        row.append(f"{share(done[0], asked[0])} / {share(done[1], asked[1])} of {asked[0]}")
    for numbers in ([found.units for found in said], [found.at_worst for found in said]):
        known = [number for number in numbers if number]
        row += [f"{np.median(known):.0f}" if known else "–", share(len(numbers) - len(known), len(numbers))]
    return row


def advice(differences: Floats, delta: float, arms: int) -> Forecast:
    """The numbers that a fixed study is advised to go on to."""
    found = paired(differences.tolist(), [0.0] * len(differences))
    return units_to_settle(found, delta, arms, ANYTIME, FORECAST)


def edges(rng: np.random.Generator, replicates: int, trials: int) -> Row:
    """The rule of the edge on Sobol points and unit noise, as the protocol's table has it."""
    pool = [stats.qmc.Sobol(2, rng=np.random.default_rng(number)).random(32)[:trials] for number in range(50)]

    def sides(shape: Callable[[Floats], Floats], arms: int = 1, dimensions: int = 1) -> list[str | None]:
        found = []
        for _ in range(arms):
            points = pool[rng.integers(len(pool))][:, :2]
            costs = shape(points[:, 0]) + rng.normal(size=trials)
            winner = int(costs.argmin())
            found += [edge(points[:, place].tolist(), costs.tolist(), winner) for place in range(dimensions)]
        return found

    def fires(shape: Callable[[Floats], Floats], **given: int) -> str:
        return share(sum(any(sides(shape, **given)) for _ in range(replicates)), replicates)

    def beyond(fall: float) -> str:
        return share(
            sum(sides(lambda x: fall / 1.4 * (x - 1.2) ** 2) == ["high"] for _ in range(replicates)), replicates
        )

    def inside(at: float) -> str:
        return fires(lambda x: 10 * ((x - at) / max(at, 1 - at)) ** 2)

    def cliff(fall: float) -> str:
        found = (sides(lambda x: fall * np.expm1(6 * x) / math.expm1(6)) for _ in range(replicates))
        return share(sum(each == ["low"] for each in found), replicates)

    nothing = fires(np.zeros_like, arms=5, dimensions=2)
    within = [inside(at) for at in (0.5, 0.7, 0.8, 0.9, 1.0)]
    return [str(trials), nothing, beyond(10), beyond(20), *within, cliff(10), cliff(20)]
