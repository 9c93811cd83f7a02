"""Made-up measurements of every claim, with the verdict that each must get."""

from hwlib.claims import rule as claims
from hwlib.storage import write_json

WITHIN = {"more": 3, "less": -3, "alike": 0.2, "not more": -3, "not less": 3}
OUTSIDE = {"more": 0.2, "less": 0.2, "alike": 3, "not more": 3, "not less": -3}
KINDS = ("reproduced", "contradicted", "one seed", "wide", "infinite", "reproduced", "left out")


def seeds(around, reach=0.1, n=2):
    """Effects of `n` seeds that nearly agree."""
    values = [around + 0.01 * i for i in range(n)]
    return [{"value": value, "low": value - reach, "high": value + reach} for value in values]


def effect(measure, kind):
    """What a notebook might leave of a measure, in units of the smallest effect that matters."""
    within, outside = WITHIN[measure.direction], OUTSIDE[measure.direction]
    made = {
        "reproduced": seeds(within),
        "contradicted": seeds(outside),
        "one seed": seeds(within, n=1),
        "wide": seeds(within, reach=4.0),
        "infinite": [*seeds(within), {"value": float("inf"), "low": 0.0, "high": float("inf")}],
        "left out": [],
    }[kind]
    return [{key: measure.smallest * value for key, value in seed.items()} for seed in made]


def leave(folder, profile="smoke", data="avatars"):
    """What all notebooks might leave in `folder`: every kind of result in turn, and one notebook that was not run."""
    left, kind = {}, 0
    for claim in claims.load():
        for measure in claim.measures:
            made = {"meaning": "made up", "seeds": effect(measure, KINDS[kind % len(KINDS)])}
            left.setdefault(measure.notebook, {})[f"{claim.id} {measure.name}"] = made
            kind += 1
    folder.mkdir(parents=True, exist_ok=True)
    for name, effects in left.items():
        if name != "07-style-transfer":
            about = {"profile": profile, "data": {"data": data}, "runs": {}}
            write_json(folder / f"{name}.json", {"effects": effects} | about)
