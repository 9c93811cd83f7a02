"""What the two reports claim (`report/claims/claims.toml`), and one rule that gives every claim its verdict.

The rule. A unit is a seed, or a pair of pictures for style transfer. Each gives one effect; the interval is that of
their mean (`hwlib.claims.intervals.interval`). A measure is *reproduced* where the interval lies within the region that
the claim names, and *contradicted* where it lies outside of it: *the opposite* within the opposite region, *no such
effect* within plus or minus the smallest effect that matters. Else it is *open*. The region keeps clear of zero by that
smallest effect: one that is there but too small to matter speaks against a claim, too.

Looks. Seeds may be added until a claim is decided, so the moments of judging are fixed (`hwlib.experiments.looks`), and
of k looks each has the level 1 - 0.05 / k: over all of them a wrong verdict comes in at most 5 % of cases (Bonferroni;
`tests/test_rule_simulation.py`). Between two looks the first units decide, those of the last look, and further ones are
shown. Seeds are taken by number, not by the order in which they were trained. Fewer than three units decide nothing.

Too early. Units whose comparison does not count (two models that have not learned) are left out, and looks are taken
over those that count: a gate looks at the better arm of a unit only, so it does not choose between the arms, and what
remains says what the claim says, of models that have learned. Two measures ask for both arms, later improvement (B4)
and softer features (B10), and drop units in which one has not learned. A measure is *too early* where those that count
are fewer than the first look asks for although enough were run (before the first look, than three, or than all where
less were). The gate of speed does choose: where a run was too short to say, it was the slower one. There one such unit
is enough, among those of the last look.

Claims of several parts. *Reproduced* if all parts are, *reproduced in part* if some are; *contradicted* only if all
parts are; else *open* if one is open or contradicted, *too early* if one is, *not run*. With one more part a claim can
only lose the verdict contradicted, never gain it, whatever the parts depend on; a correction that lets one part decide
(Bonferroni's) would keep the error low, too, but a sentence would still fall more easily the more it says.

Many claims. `judged` takes all measures that were judged at a look together, and says which verdicts survive when the
share of false ones among them is to be at most 5 % (Benjamini and Hochberg 1995).
"""

import json
from bisect import bisect_left
from dataclasses import asdict, dataclass, field, fields, replace
from math import inf

import numpy as np
from scipy.stats import false_discovery_control

from hwlib import experiments
from hwlib.claims import effects, intervals
from hwlib.claims.table import OPPOSITES, REGIONS, Claim, Measure
from hwlib.claims.table import load as load
from hwlib.data import DRAWN

OPPOSITE, NONE = "contradicted: the opposite", "contradicted: no such effect"
VERDICTS = ("reproduced", "reproduced in part", "contradicted", "open", "too early", "not run")
"""Of a claim."""

ERROR = 0.05
"""Chance of a wrong verdict, over all looks."""

PAIRS = (12,)
"""The look at pairs of pictures: their number is fixed beforehand."""

MOST = 1000
"""Units, of an estimate how many would decide."""


@dataclass(frozen=True)
class Finding:
    """What was measured of a claim by one measure, and what follows by the rule.

    Args:
        reason: in words, why the verdict is neither reproduced nor contradicted.
        value, low, high: mean over the units that decide (over all that count, before the first look), and the ends of
            its interval; None where there is none, infinite where runs were cut off.
        units: what every unit said, rows of `effects.as_json`, in the order of the seeds.
        decide: how many units decide: the number of the last look; 0 before the first.
        needed: about how many units would decide what is open; None where this is not known.
        p: the smallest 1 - level, times the number of looks, at which the verdict is still the same; 1 where open at a
            look; None where there was no look.
        survives: whether the verdict survives the correction for all measures; None where nothing is decided.
        published: how many units are as they were published, since their runs are not here (`measured.sought`).
    """

    measure: Measure
    verdict: str
    reason: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    units: tuple = ()
    decide: int = 0
    needed: int | None = None
    p: float | None = None
    survives: bool | None = None
    published: int = 0
    profile: str = ""
    data: str = ""

    @property
    def kind(self):
        """The verdict without the kind of contradiction."""
        return self.verdict.split(":")[0]


@dataclass(frozen=True)
class Judged:
    """A claim with its findings and its verdict."""

    claim: Claim
    verdict: str
    findings: tuple = field(repr=False)

    @property
    def parts(self):
        """The findings that have a say in the verdict."""
        return [one for one in self.findings if not one.measure.beside]


def place(low, high, measure):
    """Where an interval lies: reproduced, contradicted (three ways) or open."""

    def within(region):
        return region[0] <= low and high <= region[1]

    if within(measure.allows):
        return "reproduced"
    if low <= measure.allows[1] and measure.allows[0] <= high:
        return "open"
    if measure.direction and within(REGIONS["alike"](measure.smallest)):
        return NONE
    if measure.direction in OPPOSITES and within(REGIONS[OPPOSITES[measure.direction]](measure.smallest)):
        return OPPOSITE
    return "contradicted"


def judge(measure, of_units, looks=experiments.LOOKS):
    """The `Finding` of one measure.

    Args:
        of_units: unit -> `Effect`: whole numbers are seeds, anything else names a pair.
        looks: numbers of seeds at which a verdict is made (`hwlib.experiments.looks`); pairs have one of their own.

    Raises ValueError, in one line, if seeds were measured where the claim asks for pairs, or pairs for seeds; if some
    units are counted and others are not, or counts are not of shares.
    """
    if not of_units:
        return Finding(measure, "not run", "not measured")
    unit = effects.unit_of(of_units)
    if f"{unit}s" != measure.units:
        raise ValueError(f"{measure.name}: measured in {unit}s, and its units are {measure.units} in claims.toml.")
    if unit == "seed":
        of_units = dict(sorted(of_units.items()))
    looks = PAIRS if unit == "pair" else looks
    units, run = tuple(effects.as_json(of_units)["of_units"]), len(of_units)
    everyone = measure.gate == "speed"
    if everyone:  # those of the last look; further ones are shown
        run = max((look for look in looks if look <= run), default=run)
    counted = _counted(list(of_units.values())[: run if everyone else None])
    if len(counted) < (run if everyone else looks[0] if run >= looks[0] else min(3, run)):
        first = next(one.too_early for one in of_units.values() if one.too_early)
        told = f"{first}; {len(counted)} of {run} {unit}s count" + ", and all would have to" * everyone
        return Finding(measure, "too early", told, units=units)
    decide = max((look for look in looks if look <= len(counted)), default=0)
    deciding = counted[: decide or None]
    if bad := sum(not np.isfinite(one.estimate) for one in deciding):
        return Finding(measure, "open", f"not a finite number in {bad} of {number(len(deciding), unit)}", units=units)
    if len({len(one.counts) for one in deciding}) > 1 or (deciding[0].counts and measure.unit != "share"):
        raise ValueError(f"{measure.name}: counts are for shares, in every unit; its unit is {measure.unit!r}.")
    level = 1 - ERROR / len(looks)
    low, high = intervals.interval(deciding, level) if len(deciding) > 1 else (None, None)
    told = place(low, high, measure) if decide else "open"
    found = Finding(measure, told, "", intervals.mean(deciding), low, high, units, decide)
    if told != "open":
        return replace(found, p=_p_value(deciding, len(looks), found))
    found = replace(found, needed=needed(measure, counted, looks), p=1.0 if decide else None)
    return replace(found, reason=_why_open(found, deciding, unit, looks[0]))


def why_not_run(measure, profile, data):
    """The reason of a measure of which there is no unit that counts."""
    first = measure.first_seed(profile, data)
    if first:
        return f"seeds count from {first} on; there is none"
    left_out = set(measure.runs) & set(experiments.left_out(profile))
    return f"left out at profile {profile}" if left_out else "its runs have not been trained"


def needed(measure, counted, looks=experiments.LOOKS):
    """About how many units would decide an open measure, if mean and spread stayed: the first look that would, or a
    number beyond the last. None if this is more than `MOST`, or one unit (which has no spread) is all there is.

    counted: the effects that count, a list.
    """
    if len(counted) < 2 or not np.isfinite([one.estimate for one in counted]).all():
        return None

    def decided(n):
        return place(*intervals.interval(counted, 1 - ERROR / len(looks), n), measure) != "open"

    numbers = [look for look in looks if look > len(counted)]
    numbers += range(max(looks[-1], len(counted)) + 1, MOST + 1)
    first = bisect_left(numbers, True, key=decided)
    return numbers[first] if first < len(numbers) else None


def cut_off(of_units):
    """Whether there are units that say "at least" and others that say "at most": their mean has no end on any side."""
    return any(one.at_least for one in of_units) and any(one.at_most for one in of_units)


def verdict(findings):
    """The verdict of a claim from those of its parts, one of `VERDICTS`; what is measured beside them has no say."""
    kinds = {one.kind for one in findings if not one.measure.beside}
    if "reproduced" in kinds:
        return "reproduced" if len(kinds) == 1 else "reproduced in part"
    if kinds == {"contradicted"}:
        return "contradicted"
    if kinds & {"contradicted", "open"}:
        return "open"
    return "too early" if "too early" in kinds else "not run"


def judged(claims, folder):
    """Claims with their verdicts, a list of `Judged`, from the JSON files that the notebooks left in `folder`."""
    found = [tuple(_findings(claim, folder)) for claim in claims]
    tested = [one.p for findings in found for one in findings if one.p is not None]
    survive = iter(false_discovery_control(tested) <= ERROR if tested else ())

    def corrected(one):
        survives = None if one.p is None else bool(next(survive))
        return one if one.verdict == "open" else replace(one, survives=survives)

    found = [tuple(map(corrected, findings)) for findings in found]
    return [Judged(claim, verdict(findings), findings) for claim, findings in zip(claims, found, strict=True)]


def as_json(results):
    """Judged claims as a list of dicts for a JSON file; what is not finite becomes null."""
    rows = [
        asdict(one.claim) | {"verdict": one.verdict, "measures": [asdict(finding) for finding in one.findings]}
        for one in results
    ]
    return json.loads(json.dumps(rows), parse_constant=lambda _: None)


def from_json(rows):
    """Judged claims from what `as_json` made of them, with the claims and measures of today; others are left out.

    What was not finite became null: an end of an interval is infinite again (`ends`), a mean is left out.
    """
    claims = {claim.id: claim for claim in load()}
    known = [row for row in rows if row["id"] in claims]
    return [Judged(claims[row["id"]], row["verdict"], tuple(_findings_of(claims[row["id"]], row))) for row in known]


def _findings_of(claim, row):
    measures = {measure.name: measure for measure in claim.measures}
    for one in row["measures"]:
        if measure := measures.get(one["measure"]["name"]):
            low, high = ends(one)
            read = {"measure": measure, "low": low, "high": high, "units": tuple(one["units"])}
            known = {one.name for one in fields(Finding)}
            yield Finding(**{name: value for name, value in (one | read).items() if name in known})


def ends(one):
    """Ends of the interval of a finding of `as_json`; one that is null is infinite.

    Both may be, where a look has been taken; else there is no interval, and both are None.
    """
    low, high = one["low"], one["high"]
    if not one.get("decide") and low is None and high is None:
        return None, None
    return -inf if low is None else low, inf if high is None else high


def scale(finding):
    """How far a finding is from the reports' own setting, in words: "profile quick (scaled down), drawn faces"."""
    profile = finding.profile if finding.profile == "paper" else f"{finding.profile} (scaled down)"
    return f"profile {profile}, {'drawn faces' if finding.data in DRAWN else finding.data}"


def _counted(found):
    return [one for one in found if not one.too_early]


def number(n, unit):
    """In words: "one seed", "5 seeds"."""
    return f"one {unit}" if n == 1 else f"{n} {unit}s"


def _why_open(found, deciding, unit, first):
    """The reason of an open finding; first: the number of the first look."""
    if len(deciding) < 3:
        pointed = place(*intervals.point(deciding), found.measure)
        return f"{number(len(deciding), unit)}; points to {'neither' if pointed == 'open' else pointed}"
    if found.decide and cut_off(deciding):
        return f"cut off on both sides: more {unit}s decide nothing"
    if not deciding[0].counts and len({one.estimate for one in deciding}) == 1:
        return f"all {len(deciding)} are equal, and how they scatter is not known"
    about = f"about {found.needed:,}" if found.needed else f"more than {MOST:,}"
    before = "" if found.decide else f"{len(deciding)} {unit}s; first look at {first}, "
    return f"{before}{about} {unit}s to decide"


def _p_value(deciding, looks, found):
    """1 - level of the widest interval that still lies where it does, to a thousandth of it, times the looks."""
    steps = np.geomspace(1e-12, ERROR / looks, 25_000)

    def lies_there(p):
        return place(*intervals.interval(deciding, 1 - p), found.measure) == found.verdict

    return float(looks * steps[bisect_left(steps, True, key=lies_there)])


def _findings(claim, folder):
    for measure in claim.measures:
        path = folder / f"{measure.notebook}.json"
        if not path.exists():
            yield Finding(measure, "not run", f"{measure.notebook} has not been run")
            continue
        left = json.loads(path.read_text(encoding="utf-8"))
        effect = left.get("effects", {}).get(f"{claim.id} {measure.name}", {"unit": "", "of_units": []})
        profile, data = left["profile"], left["data"]["data"]
        first = measure.first_seed(profile, data)
        try:
            of_units = effects.from_json(effect)
            of_units = {unit: one for unit, one in of_units.items() if measure.units == "pairs" or unit >= first}
            found = judge(measure, of_units, experiments.looks(profile))
        except ValueError as error:
            raise ValueError(f"{path.name}: {claim.id}: {error}") from None
        if found.verdict == "not run":
            found = replace(found, reason=why_not_run(measure, profile, data))
        yield replace(found, profile=profile, data=data, published=len(effect.get("published", ())))
