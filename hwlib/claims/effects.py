"""What one unit says of a measure.

A unit is what was repeated independently: a seed, or, where no seed enters, a pair of content and style picture.
"""

import math
from dataclasses import asdict, dataclass
from numbers import Integral


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
            return share(self.counts)
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


def share(counts):
    """A share of counts (k, n), or of (k_a, n_a, k_b, n_b) one share less another, a float."""
    shares = [k / n for k, n in zip(counts[::2], counts[1::2], strict=True)]
    return shares[0] - sum(shares[1:])
