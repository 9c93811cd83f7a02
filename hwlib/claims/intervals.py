"""How sure units together are of an effect: the mean over them, and the ends of its interval."""

import math

import numpy as np
from scipy.special import stdtrit
from scipy.stats import binomtest

from hwlib.claims.effects import share


def mean(effects):
    """Mean over units, of shares the pooled share (or the difference of two): a float."""
    return share(_pooled(effects)) if effects[0].counts else float(np.mean([one.estimate for one in effects]))


def interval(effects, level, n=None):
    """Ends of the interval of the mean over two units or more, floats.

    The t interval of the mean. For shares it reaches from the lower of two lower ends to the higher of two upper ones,
    of this and of the interval of the pooled counts (Newcombe's for two shares, Wilson's for one): the pooled one alone
    takes faces of one seed for independent of each other (seeds that scatter by a twentieth, 1,000 faces each: it
    misses the truth four times in five), and the t interval alone is too sure of a few runs, of which none failed.
    Where a value is censored, the mean has no end on that side; the other end stays valid, as the value that was cut
    off is the nearer one. Where all units have one value, as those of a capped measure may, nothing is known of their
    scatter, and there is no end on any side.

    level: 0.95 for a 95 % interval. n: as if there were n units of this mean and spread; as many as there are if None.
    """
    n = n or len(effects)
    values = np.array([one.estimate for one in effects])
    if not effects[0].counts and not np.ptp(values):
        return -math.inf, math.inf
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
    return tuple(map(float, binomtest(k, n).proportion_ci(level, method="wilson")))


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
