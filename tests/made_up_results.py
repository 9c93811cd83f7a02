"""Made-up measurements of every claim, with the verdict that each must get."""

from hwlib.claims import rule as claims
from hwlib.claims.effects import Effect, as_json
from hwlib.claims.table import Measure
from hwlib.storage import write_json

WITHIN = {"more": 3, "less": -3, "alike": 0.2, "not more": -3, "not less": 3}
OUTSIDE = {"more": 0.2, "less": 0.2, "alike": 3, "not more": 3, "not less": -3}

KINDS = {
    "reproduced": "reproduced",
    "contradicted": "contradicted",
    "one unit": "open",
    "wide": "open",
    "infinite": "open",
    "too early": "too early",
    "reproduced again": "reproduced",
    "left out": "not run",
}
"""What is made up -> the verdict, kinds of contradiction left out."""


def measure(direction="more", smallest=1.0, unit="share", **more):
    if "region" in more:
        direction, smallest = "", 0.0
    return Measure("size", "size of things", unit, "one sees it", direction, smallest, notebook="05-things", **more)


def seeds(around, n=5, scatter=0.01, **more):
    """Effects of n seeds around a value."""
    return {seed: Effect(around + scatter * (-1) ** seed, **more) for seed in range(n)}


def effect(measure, kind, first=0):
    """What a notebook might leave of a measure: unit -> `Effect`, in units of the smallest effect that matters."""
    names = [f"house, style {i}" for i in range(12)] if measure.units == "pairs" else range(first, first + 5)
    if measure.region:
        low, width = measure.region[0], min(1.0, measure.region[1] - measure.region[0])
        within, outside, unit = low + width / 2, low - width / 5, width / 10
    else:
        within, outside, unit = WITHIN[measure.direction], OUTSIDE[measure.direction], 1.0
        within, outside, unit = (measure.smallest * value for value in (within, outside, unit))
    around, step = {"contradicted": (outside, 0.01), "wide": (within, 10)}.get(kind, (within, 0.01))
    found = {name: Effect(around + unit * step * (-1) ** i) for i, name in enumerate(names)}
    if kind == "one unit":
        return {names[0]: found[names[0]]}
    if kind == "infinite":
        return found | {names[0]: Effect(float("inf"))}
    if kind == "too early":
        return {name: Effect(one.value, too_early="it stands at 0.61") for name, one in found.items()}
    return {} if kind == "left out" else found


def leave(folder, profile="smoke", data="avatars"):
    """What all notebooks might leave in `folder`: every kind of result in turn, and one notebook that was not run."""
    left, kinds, at = {}, list(KINDS), 0
    for claim in claims.load():
        for measure in claim.measures:
            first = measure.first_seed(profile, data)
            made = {"meaning": "made up"} | as_json(effect(measure, kinds[at % len(kinds)], first))
            left.setdefault(measure.notebook, {})[f"{claim.id} {measure.name}"] = made
            at += 1
    folder.mkdir(parents=True, exist_ok=True)
    for name, effects in left.items():
        if name != "07-style-transfer":
            about = {"notebook": name, "profile": profile, "seed": 0, "seeds": 5, "data": {"data": data}, "runs": {}}
            write_json(folder / f"{name}.json", {"effects": effects} | about)
