"""The forest plot: every measure with its interval, beside the region that its claim allows."""

import textwrap

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from hwlib.claims import effects
from hwlib.claims.rule import NONE, OPPOSITE
from hwlib.report.plots import WIDTH

COLOURS = {
    "reproduced": "#009E73",
    OPPOSITE: "#D55E00",
    NONE: "#E69F00",
    "contradicted": "#CC79A7",
    "open": "#6b6b6b",
    "too early": "#56B4E9",
    "not run": "#bbbbbb",
}


HIGHEST = 9.0
"""Inches of a figure that fits on a page of the report, with its caption."""


def in_words(finding):
    """An effect and its interval: "×0.62 (0.50 to 0.75)" for a log ratio, as a factor; "+0.12 (0.08 to 0.16)".

    An end that is not known, as runs were cut off, is ∞, and the mean then a bound: "≥×10.09 (4.54 to ∞)"; with two
    such ends it is none. Ends that no share can have are left out. A single unit has no interval.
    """
    measure = finding.measure
    ends = [finding.low, finding.high] if finding.low is not None else []
    values = np.array([finding.value, *ends])
    factor = measure.unit == "log ratio"
    sign = "×" if factor else "+" if values[0] > 0 and measure.direction else ""
    bound = {(False, True): "≥", (True, False): "≤"}.get(tuple(not np.isfinite(end) for end in ends), "")
    if measure.unit == "share":
        values = np.clip(values, -1 if measure.direction else 0, 1)
    mean, *ends = (_number(v) for v in (np.exp(values) if factor else values))
    return f"{bound}{sign}{mean}" + (f" ({ends[0]} to {ends[1]})" if ends else "")


def _number(value):
    """Two decimals; of a factor above a thousand, an end of an interval of two units, no more than that it is."""
    if np.isfinite(value) and value > 1000:
        return "over 1,000"
    return f"{value:.2f}".replace("-", "−").replace("inf", "∞")


def draw(results):
    """Effects and intervals of judged claims in units of the smallest effect that matters, in a figure.

    Turned so that the right is where the claim expects the effect; the region that it allows is shaded. A region with
    two ends of its own (a share between 2 and 50 %) is drawn from -1 to 1.
    """
    found = [(one.claim, finding) for one in results for finding in one.findings]
    height = min(0.175 * len(found) + 0.9, HIGHEST)
    figure, axes = plt.subplots(figsize=(WIDTH, height))
    known = [(f.measure, (f.value, f.low, f.high)) for _, f in found if f.value is not None]
    drawn = [_scaled(m)(value) for m, values in known for value in values if value is not None and np.isfinite(value)]
    limit = 1.3 * max([5.0, *np.abs(drawn)])
    for y, (_, finding) in enumerate(found):
        _row(axes, y, finding, limit)
    for y in [y for y, (claim, _) in enumerate(found) if y and claim.id != found[y - 1][0].id]:
        axes.axhline(y - 0.5, color="#e3e3e3", lw=0.6)
    labels = [f"{claim.id}  {_name(finding.measure)}" for claim, finding in found]
    axes.set_yticks(range(len(found)), labels)
    right = axes.secondary_yaxis("right")
    told = [in_words(f) if f.value is not None else f.verdict.replace("open", "not finite") for _, f in found]
    right.set_yticks(range(len(found)), told)
    right.tick_params(length=0)
    right.spines[:].set_visible(False)
    for label, (_, finding) in zip(right.get_yticklabels(), found, strict=True):
        label.set_color(COLOURS[finding.verdict])
    size = min(plt.rcParams["ytick.labelsize"], 0.8 * 72 * (height - 0.9) / max(1, len(found)))
    for side in (axes, right):
        side.tick_params(axis="y", labelsize=size)
    axes.set_xscale("symlog", linthresh=1)
    ticks = [t for t in (1, 3, 10, 30, 100, 300) if t < limit]
    ticks = [*(-t for t in ticks[::-1]), 0, *ticks]
    axes.set_xticks(ticks, [f"{t:g}".replace("-", "−") for t in ticks])
    axes.minorticks_off()
    axes.set(xlim=(-limit, limit), ylim=(len(found) - 0.5, -0.5))
    axes.set_xlabel("against the claim  ←  effect in units of the smallest that matters  →  for the claim")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    handles = [plt.Line2D([], [], color=colour, marker="o", ms=3, label=name) for name, colour in COLOURS.items()]
    handles.append(plt.Line2D([], [], color="black", marker="o", ms=3, mfc="white", ls="", label="beside: has no say"))
    handles.append(Rectangle((0, 0), 1, 1, color="#dcebf5", label="what the claim allows"))
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure


def _name(measure):
    if measure.function == "quality:kernel":  # in claims.toml it stands below its Frechet distance
        return "the same, by kernel distance"
    return textwrap.shorten(measure.called, 34, placeholder=" …")


def _scaled(measure):
    """What turns an effect into the plot's units."""
    start, end = measure.allows
    if measure.region and np.isfinite([start, end]).all():
        return lambda value: (2 * value - start - end) / (end - start)
    turned = -1 if np.isneginf(start) and np.isfinite(end) else 1
    return lambda value: turned * value / (measure.smallest or 1)


def _row(axes, y, finding, limit):
    scaled = _scaled(finding.measure)
    start, end = sorted(np.clip(scaled(np.array(finding.measure.allows)), -limit, limit))
    axes.add_patch(Rectangle((start, y - 0.5), end - start, 1, color="#dcebf5", lw=0, zorder=0))
    if finding.value is None:
        return
    colour = COLOURS[finding.verdict]
    if finding.low is not None:
        ends = np.clip(scaled(np.array([finding.low, finding.high])), -limit, limit)
        axes.plot(ends, [y, y], color=colour, lw=1.4, solid_capstyle="butt")
    of_units = effects.from_json({"unit": finding.measure.units[:-1], "of_units": finding.units}).values()
    ticks = [scaled(one.estimate) for one in of_units if not one.too_early]
    axes.plot(ticks, [y] * len(ticks), "|", color=colour, ms=5, mew=0.8)
    inside = "white" if finding.measure.beside else colour
    axes.plot(scaled(finding.value), y, "o", color=colour, mfc=inside, ms=3.2, mew=0.8)
