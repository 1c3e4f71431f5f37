"""Canvas, on which every chart is drawn: a small SVG with the page's colours and fonts and a text alternative."""

from __future__ import annotations

import html
import io
import itertools
import math
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

INK, MUTED, RULE, PAPER = "#000001", "#000002", "#000003", "#000004"
"""Placeholders for the page's colours: text, quiet text, thin lines, background."""


HUES = 5


SERIES = tuple(f"#00010{number}" for number in range(1, HUES + 1))
"""Placeholders for ``--c1`` … ``--c5`` of the page: after Okabe & Ito 2008, legible on white and on black."""


_COLOURS = {INK: "currentColor", MUTED: "var(--muted)", RULE: "var(--rule)", PAPER: "var(--paper)"} | {
    colour: f"var(--c{number})" for number, colour in enumerate(SERIES, start=1)
}


_DASHES = ("solid", (0, (4, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)))


_MARKERS = "osD^v"


WIDE, NARROW = 960, 340
"""Widths in CSS pixels: of a chart that fills a row on a desktop, and of a chart that fits a phone."""


SMALL = 11
"""Size of all text in a chart, CSS pixels."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A drawing. ``title``: the text above it. ``says``: what it shows, in words and numbers, for who cannot see it.

    ``narrow``: the same drawing for a phone; '' if ``svg`` is narrow enough.
    """

    title: str
    says: str
    svg: str
    narrow: str = ""


@dataclass(frozen=True, kw_only=True)
class Style:
    """How an arm is drawn, everywhere on the page."""

    colour: str
    dash: str | tuple[float, tuple[float, ...]]
    marker: str


def styles(arms: Sequence[str], baseline: str) -> dict[str, Style]:
    """Arm → style: the baseline in the colour of text, other arms in five colours, then with dashed lines."""
    others = [arm for arm in arms if arm != baseline]
    of_others = {
        arm: Style(
            colour=SERIES[number % HUES], dash=_DASHES[number // HUES % len(_DASHES)], marker=_MARKERS[number % HUES]
        )
        for number, arm in enumerate(others)
    }
    return of_others | {baseline: Style(colour=INK, dash="solid", marker="o")}


@contextmanager
def drawing() -> Iterator[None]:
    """In the body, matplotlib uses these settings and no user's, and reads no text as mathematics."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        # The browser sets the text in its own fonts: a glyph that matplotlib's fonts lack does not matter.
        warnings.filterwarnings("ignore", message="Glyph")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "svg.fonttype": "none", "svg.hashsalt": "harness", "text.parse_math": False, "font.size": SMALL,
                "path.simplify": True, "axes.edgecolor": RULE, "axes.labelcolor": MUTED, "text.color": INK,
                "xtick.color": MUTED, "ytick.color": MUTED, "axes.unicode_minus": True,
                "axes.formatter.useoffset": False,
            }
        )  # fmt: skip
        yield


class Canvas:
    """One pair of axes with margins in CSS pixels: no frame, faint lines at the ticks."""

    def __init__(
        self, width: int, height: int, *, left: int = 46, right: int = 14, top: int = 8, bottom: int = 34,
        grid: str = "y",
    ) -> None:  # fmt: skip
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        FigureCanvasSVG(self.figure)
        self.figure.patch.set_visible(False)
        inner = (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
        self.axes: Axes = self.figure.add_axes(inner)
        self.axes.patch.set_visible(False)
        for spine in self.axes.spines.values():
            spine.set_visible(False)
        self.axes.tick_params(length=0, pad=5, labelsize=SMALL)
        self.axes.set_axisbelow(True)
        if grid:
            self.axes.grid(axis=grid, color=RULE, linewidth=0.7)  # type: ignore[arg-type] # x, y or both
        self.axes.locator_params(nbins=5)

    def write(
        self, text: str, x: float, y: float, *, share: bool = False, right: float = 0, up: float = 0,
        side: str = "left", size: int = 12, colour: str = INK,
    ) -> None:  # fmt: skip
        """Write text near a place. ``share``: whether x is a share of the width. ``right``, ``up``: pixels away."""
        self.axes.annotate(
            text, (x, y), xycoords=("axes fraction", "data") if share else "data", xytext=(right, up),
            textcoords="offset points", ha=side, va="center", fontsize=size, color=colour,
        )  # fmt: skip

    def svg(self, says: str) -> str:
        """The finished drawing as an SVG element of a page. ``says``: its text alternative."""
        buffer = io.StringIO()
        self.figure.canvas.print_svg(  # type: ignore[attr-defined] # FigureCanvasSVG's own
            buffer, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
        )
        return _inline(buffer.getvalue(), says, self.width, self.height)


def kept_apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places near the wanted ones, in the same order, between the ends, and ``gap`` apart if there is room."""
    order = sorted(range(len(wanted)), key=lambda label: (wanted[label], label))
    gap = min(gap, (high - low) / max(1, len(wanted) - 1))
    places = [min(max(wanted[label], low), high) for label in order]
    for number in range(1, len(places)):
        places[number] = max(places[number], places[number - 1] + gap)
    if places and places[-1] > high:
        places[-1] = high
        for number in range(len(places) - 2, -1, -1):
            places[number] = min(places[number], places[number + 1] - gap)
    of_label = dict(zip(order, places, strict=True))
    return [of_label[label] for label in range(len(wanted))]


def reach(values: Iterable[float], fence: float = 4.0) -> tuple[float, float]:
    """The ends of an axis that shows the bulk of the values well.

    Values that lie more than ``fence`` interquartile ranges outside the quartiles are left out.
    """
    known = np.array([value for value in values if math.isfinite(value)])
    if not len(known):
        return 0.0, 1.0
    first, third = np.quantile(known, [0.25, 0.75])
    room = fence * (third - first)
    inside = known[(known >= first - room) & (known <= third + room)] if room > 0 else known
    low, high = float(inside.min()), float(inside.max())
    margin = 0.06 * (high - low) or max(abs(high), 1e-9) * 0.05
    return low - margin, high + margin


def _inline(text: str, says: str, width: int, height: int) -> str:
    body = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    used = set(re.findall(r'(?:url\(#|href="#)([\w.-]+)', body))
    numbers = itertools.count()
    names = {name: f"{next(numbers)}" for name in re.findall(r' id="([^"]+)"', body) if name in used}
    body = re.sub(r"<[^>]+>", lambda tag: _tag(tag[0], names), body)
    body = re.sub(r">\s+<", "><", body)
    while (slim := re.sub(r"<g>((?:(?!<g[ >]).)*?)</g>", r"\1", body, flags=re.DOTALL)) != body:
        body = slim
    label = html.escape(says, quote=True)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg class="chart" role="img" aria-label="{label}" {size}>{body}</svg>'


def _tag(tag: str, names: dict[str, str]) -> str:
    """A tag made smaller: numbers with two decimals, the page's colours and fonts, no unused identifier."""
    tag = re.sub(r"\s+", " ", tag)
    tag = re.sub(r' id="([^"]+)"', lambda match: f' id="{ID}{names[match[1]]}"' if match[1] in names else "", tag)
    tag = re.sub(r"url\(#([\w.-]+)\)", lambda match: f"url(#{ID}{names[match[1]]})", tag)
    tag = re.sub(r'xlink:href="#([\w.-]+)"', lambda match: f'href="#{ID}{names[match[1]]}"', tag)
    tag = re.sub(r"font-family: [^;\"]*;? ?", "", tag)
    tag = re.sub(r' transform="rotate\(-?0 [^"]*"', "", tag)
    tag = re.sub(r"(-?\d+\.\d)(\d+)", lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), tag)
    tag = re.sub(r"#00[0-9a-f]{4}", lambda match: _COLOURS.get(match[0], match[0]), tag)
    return tag.replace(": ", ":").replace("; ", ";").replace(' "', '"')


ID = "chart-id-"
"""The prefix of a chart's identifiers; a page replaces it (``numbered``), since it may hold the same chart twice."""


def numbered(svg: str, prefix: str) -> str:
    """The chart with identifiers that begin with ``prefix``."""
    return re.sub(rf'(id="|url\(#|href="#){ID}', rf"\g<1>{prefix}", svg)
