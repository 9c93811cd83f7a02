"""How far two measured numbers are apart, with an interval: what a claim is judged by.

Numbers are dicts of `value` and `error`, one standard error, as the measures return. Errors are taken as independent,
which overstates that of two Frechet distances to the same real images.
"""

import math

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


def plain(a, offset=0.0):
    """A measured number less a constant: a dict of `value`, `low`, `high`, a 95 % interval."""
    return _interval(a["value"] - offset, a["error"])


def shares(a, n_a, b, n_b):
    """a / n_a - b / n_b of counts: a dict of `value`, `low`, `high` (Newcombe 1998, method 10), in [-1, 1]."""
    (p, p_low, p_high), (q, q_low, q_high) = _wilson(a, n_a), _wilson(b, n_b)
    low = p - q - math.hypot(p - p_low, q_high - q)
    return {"value": p - q, "low": low, "high": p - q + math.hypot(p_high - p, q - q_low)}


def _wilson(count, n):
    """A share and its 95 % interval (Wilson 1927)."""
    share = count / n
    centre, scale = share + Z**2 / (2 * n), 1 + Z**2 / n
    half = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return share, (centre - half) / scale, (centre + half) / scale


def _interval(value, error):
    return {"value": value, "low": value - Z * error, "high": value + Z * error}
