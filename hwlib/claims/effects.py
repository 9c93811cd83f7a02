"""How far two measured numbers are apart, with an interval: what a claim is judged by.

Numbers are dicts of `value` and `error`, one standard error, as the measures return. Errors are taken as independent,
which overstates that of two Frechet distances to the same real images.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Effect:
    """What one unit (a seed, a pair of pictures) says of a measure."""

    value: float | None = None
    at_least: bool = False
    at_most: bool = False
    counts: tuple = ()
    too_early: str = ""


Z = 1.959964
"""Half the width of a 95 % interval in standard errors."""


def difference(a, b):
    """a - b: a dict of `value`, `low`, `high`, a 95 % interval."""
    return _interval(a["value"] - b["value"], math.hypot(a["error"], b["error"]))


def log_ratio(a, b):
    """log(a / b), natural: 0.1 is about 10 % more; a dict of `value`, `low`, `high`, a 95 % interval (delta method).

    NaN where one is not above zero.
    """
    if min(a["value"], b["value"]) <= 0:
        return dict.fromkeys(("value", "low", "high"), math.nan)
    return _interval(math.log(a["value"] / b["value"]), math.hypot(a["error"] / a["value"], b["error"] / b["value"]))


def average(*measured):
    """Mean of measured numbers, a dict of `value` and `error`, itself with its error."""
    error = math.hypot(*(one["error"] for one in measured)) / len(measured)
    return {"value": sum(one["value"] for one in measured) / len(measured), "error": error}


def logarithm(ratio):
    """A ratio and its interval, dict of `value`, `low`, `high`, as natural logarithms; NaN where it is not above 0."""
    return {name: math.log(ratio[name]) if ratio[name] > 0 else math.nan for name in ("value", "low", "high")}


def plain(a, offset=0.0):
    """A measured number less a constant: a dict of `value`, `low`, `high`, a 95 % interval."""
    return _interval(a["value"] - offset, a["error"])


def relative_frechet(measured, between):
    """Mean Frechet distance of both directions over `between`, that of the domains themselves.

    measured: of `hwlib.metrics.translations.against_target`.

    Below 1 a translation is nearer to its target than an untranslated image. A dict: `value`, `low`, `high` (95 %, from
    the closed-form errors of the translations' distances; `between` is taken as known).
    """
    mean = average(*({"value": m["frechet"], "error": m["error"]} for m in measured))
    return {name: float(number / between) for name, number in plain(mean).items()}


def share(values):
    """Share of ones in values [n] of 0 and 1, with Wilson's interval (1927): a dict of `value`, `low`, `high`, `n`."""
    value, low, high = _wilson(float(sum(values)), len(values))
    return {"value": value, "low": max(0.0, low), "high": min(1.0, high), "n": len(values)}


def difference_of_shares(a, n_a, b, n_b):
    """a of n_a cases less b of n_b, as shares in [-1, 1]: a dict of `value`, `low`, `high`, a 95 % interval.

    Newcombe 1998, method 10: the two Wilson score intervals combined, fit for small samples, and for shares of 0 and 1.
    """
    (p_a, low_a, high_a), (p_b, low_b, high_b) = _wilson(a, n_a), _wilson(b, n_b)
    value = p_a - p_b
    low, high = math.hypot(p_a - low_a, high_b - p_b), math.hypot(high_a - p_a, p_b - low_b)
    return {"value": value, "low": value - low, "high": value + high}


def _wilson(k, n):
    """A share k / n and the ends of its 95 % score interval (Wilson 1927)."""
    centre, reach = k + Z**2 / 2, Z * math.sqrt(k * (n - k) / n + Z**2 / 4)
    return k / n, (centre - reach) / (n + Z**2), (centre + reach) / (n + Z**2)


def _interval(value, error):
    return {"value": value, "low": value - Z * error, "high": value + Z * error}
