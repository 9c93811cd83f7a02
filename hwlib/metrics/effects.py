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


def _interval(value, error):
    return {"value": value, "low": value - Z * error, "high": value + Z * error}
