"""What one unit says of a measure, and how sure the units together are of it.

A unit is what was repeated independently: a seed, or, where no seed enters, a pair of content and style picture.
"""

import math
from dataclasses import asdict, dataclass
from numbers import Integral

import numpy as np
from scipy.special import stdtrit
from scipy.stats import binomtest


@dataclass(frozen=True)
class Effect:
    """What one unit says of a measure.

    Args:
        value: a log ratio, a difference, a share; None where only counts are known, or nothing.
        at_least, at_most: the run was cut off before it reached what is asked for (censored): the true value is this or
            more, or this or less.
        counts: (k, n), k cases of n, judged as one share, or (k_a, n_a, k_b, n_b), as a share less another.
        too_early: why the comparison does not count, with the number that says so; "" where it counts.

    Raises ValueError for counts that cannot be.
    """

    value: float | None = None
    at_least: bool = False
    counts: tuple = ()
    too_early: str = ""
    at_most: bool = False

    def __post_init__(self):
        k, n = self.counts[::2], self.counts[1::2]
        if len(self.counts) not in (0, 2, 4) or not all(0 <= a <= b and b > 0 for a, b in zip(k, n, strict=True)):
            raise ValueError(f"counts are (k, n) or (k_a, n_a, k_b, n_b) with 0 <= k <= n; these are {self.counts}.")
        if self.counts and (self.at_least or self.at_most):
            raise ValueError("a share is counted to the end: at_least and at_most go with a value, not with counts.")

    @property
    def estimate(self):
        """The effect as one number; NaN where there is none."""
        if self.counts:
            return _share(self.counts)
        return math.nan if self.value is None else float(self.value)


def unit_of(of_units):
    """What the keys of a dict unit -> `Effect` are: "seed" (whole numbers) or "pair" (names). ValueError for both."""
    kinds = {"seed" if isinstance(unit, Integral) else "pair" for unit in of_units}
    if len(kinds) > 1:
        raise ValueError(f"seeds (whole numbers) and pairs (names) are mixed: {', '.join(map(str, of_units))}.")
    return kinds.pop() if kinds else "seed"


def as_json(of_units):
    """A dict unit -> `Effect` as a dict `unit` ("seed" or "pair") and `of_units` (rows), as a JSON file has it."""
    rows = []
    for unit, effect in of_units.items():
        value = effect.value if effect.value is not None and math.isfinite(effect.value) else None
        plain = {"value": None if value is None else float(value), "counts": [int(count) for count in effect.counts]}
        rows.append({"unit": int(unit) if isinstance(unit, Integral) else unit} | asdict(effect) | plain)
    return {"unit": unit_of(of_units), "of_units": rows}


def from_json(left):
    """The reverse of `as_json`: a dict unit -> `Effect`. ValueError if the rows are not the units they are called."""
    of_units = {}
    for row in left["of_units"]:
        unit = tuple(row["unit"]) if isinstance(row["unit"], list) else row["unit"]
        of_units[unit] = Effect(**{k: tuple(v) if k == "counts" else v for k, v in row.items() if k != "unit"})
    if of_units and (unit_of(of_units) != left["unit"] or len(of_units) < len(left["of_units"])):
        raise ValueError(f"{', '.join(map(str, of_units))} are not {len(left['of_units'])} {left['unit']}s.")
    return of_units


def mean(effects):
    """Mean over units, of shares the pooled share (or the difference of two): a float."""
    return _share(_pooled(effects)) if effects[0].counts else float(np.mean([one.estimate for one in effects]))


def interval(effects, level, n=None):
    """Ends of the interval of the mean over two units or more, floats.

    The t interval of the mean. For shares, the wider of this and of Newcombe's (two shares) or Wilson's (one) of the
    pooled counts: the pooled one alone takes faces of one seed for independent of each other (seeds that scatter by a
    twentieth, 1,000 faces each: it misses the truth four times in five), and the t interval alone is too sure of a few
    runs, of which none failed. Where a value is censored, the mean has no end on that side; the other end stays valid,
    as the value that was cut off is the nearer one.

    level: 0.95 for a 95 % interval. n: as if there were n units of this mean and spread; as many as there are if None.
    """
    n = n or len(effects)
    values = np.array([one.estimate for one in effects])
    low, high = values.mean() + np.array([-1, 1]) * reach(values.std(ddof=1), n, level)
    if effects[0].counts:
        counts = [round(count * n / len(effects)) for count in _pooled(effects)]
        ends = (wilson if len(counts) == 2 else newcombe)(*counts, level)
        low, high = max(min(low, ends[0]), 0.0 if len(counts) == 2 else -1.0), min(max(high, ends[1]), 1.0)
    return _censored(effects, float(low), float(high))


def point(effects):
    """The mean as an interval of no width, without an end where a value is censored: where it points to."""
    return _censored(effects, mean(effects), mean(effects))


def reach(deviation, n, level):
    """Half the width of the t interval of a mean of n values with this standard deviation; arrays go through."""
    return stdtrit(n - 1, (1 + level) / 2) * deviation / math.sqrt(n)


def wilson(k, n, level=0.95):
    """Ends of the score interval of a share of k in n (Wilson 1927), floats."""
    low, high = binomtest(k, n).proportion_ci(level, method="wilson")
    return float(low), float(high)


def newcombe(k_a, n_a, k_b, n_b, level=0.95):
    """Ends of the interval of k_a / n_a - k_b / n_b, floats (Newcombe 1998, method 10: from two of Wilson's)."""
    (low_a, high_a), (low_b, high_b) = wilson(k_a, n_a, level), wilson(k_b, n_b, level)
    a, b = k_a / n_a, k_b / n_b
    return a - b - math.hypot(a - low_a, high_b - b), a - b + math.hypot(high_a - a, b - low_b)


def _censored(effects, low, high):
    below, above = any(one.at_most for one in effects), any(one.at_least for one in effects)
    return -math.inf if below else low, math.inf if above else high


def _pooled(effects):
    return [sum(counts) for counts in zip(*(one.counts for one in effects), strict=True)]


def _share(counts):
    shares = [k / n for k, n in zip(counts[::2], counts[1::2], strict=True)]
    return shares[0] - sum(shares[1:])
