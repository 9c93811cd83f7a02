"""What the two reports claim (`report/claims/claims.toml`), and one rule that gives every claim its verdict.

The rule. The interval of an effect is the 95 % t interval of its mean over the seeds, widened to hold every seed's own
95 % interval; the measure is *reproduced* where this interval lies within the region that the claim names,
*contradicted* where it lies outside, and *inconclusive* where it does neither, rests on one seed, or is not finite.

A claim says that all of its measures hold: it is reproduced if all are, contradicted if one is, *not run* if none was
measured, and inconclusive otherwise.

The region keeps clear of zero by the smallest effect that would matter: an effect that is there but too small to
matter speaks against a claim, too. Seeds must agree with each other, not only each with itself, because they move a
GAN as much as its objective does (Lucic et al. 2018); with two seeds the t interval is 12.7 standard errors wide to
either side, so two seeds decide only what is plain.
"""

import json
import tomllib
from dataclasses import asdict, dataclass, field, fields
from math import inf

import numpy as np
from scipy.special import stdtrit

from hwlib import paths
from hwlib.data import DRAWN

FILE = paths.REPOSITORY / "report" / "claims" / "claims.toml"

VERDICTS = ("reproduced", "contradicted", "inconclusive", "not run")

REGIONS = {
    "more": lambda smallest: (smallest, inf),
    "less": lambda smallest: (-inf, -smallest),
    "alike": lambda smallest: (-smallest, smallest),
    "not more": lambda smallest: (-inf, smallest),
    "not less": lambda smallest: (-smallest, inf),
}
"""Direction of a claim -> open interval of the effects that it allows."""

UNITS = ("log ratio", "share", "brightness")


@dataclass(frozen=True)
class Measure:
    """How a claim, or a part of it, is measured. The fields are explained in claims.toml."""

    name: str
    what: str
    unit: str
    direction: str
    smallest: float
    why: str
    runs: tuple = ()
    notebook: str = ""

    def __post_init__(self):
        if self.direction not in REGIONS or self.unit not in UNITS or not 0 < self.smallest < inf:
            raise ValueError(
                f"{self.name}: direction must be one of {', '.join(REGIONS)}, unit one of {', '.join(UNITS)}, and "
                f"smallest above 0; they are {self.direction!r}, {self.unit!r} and {self.smallest!r}."
            )

    @property
    def region(self):
        return REGIONS[self.direction](self.smallest)


@dataclass(frozen=True)
class Claim:
    """One statement of a report. The fields are explained in claims.toml."""

    id: str
    section: str
    statement: str
    english: str
    notebook: str
    measures: tuple
    unmeasured: str = ""
    figures: tuple = ()


@dataclass(frozen=True)
class Finding:
    """What was measured of a claim by one measure, and what follows by the rule.

    `value` is the mean over seeds, `low` and `high` are its interval, None where there is none; `reason` says in words
    why the verdict is neither reproduced nor contradicted.
    """

    measure: Measure
    verdict: str
    reason: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    seeds: tuple = ()
    meaning: str = ""
    profile: str = ""
    data: str = ""
    runs: tuple = ()


@dataclass(frozen=True)
class Judged:
    """A claim with its findings and its verdict."""

    claim: Claim
    verdict: str
    findings: tuple = field(repr=False)


def load(path=FILE):
    """The claims, a list in the order of the file. ValueError in one line for a claim that cannot be judged."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["claim"]
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name}: {error}") from None
    claims = []
    for entry in entries:
        name = entry.get("id", "a claim without an id")
        try:
            measures = entry.pop("measure", [])
            if not measures:
                raise ValueError("no measure says how it is measured; add a [[claim.measure]].")
            notebook = {"notebook": entry.get("notebook", "")}
            entry["measures"] = tuple(_made(Measure, notebook | measure) for measure in measures)
            claims.append(_made(Claim, entry))
        except ValueError as error:
            raise ValueError(f"{path.name}: {name}: {error}") from None
    for what in ([c.id for c in claims], [(c.id, m.name) for c in claims for m in c.measures]):
        if twice := [one for one in what if what.count(one) > 1]:
            raise ValueError(f"{path.name}: {twice[0]} stands there twice.")
    return claims


def interval(of_seeds):
    """Mean over seeds, and the interval by the rule: floats (value, low, high).

    of_seeds: one dict a seed, with `value`, `low` and `high`, its own 95 % interval.
    """
    value, low, high = _numbers(of_seeds)
    mean, reach = value.mean(), 0.0
    if len(value) > 1:
        reach = stdtrit(len(value) - 1, 0.975) * value.std(ddof=1) / np.sqrt(len(value))
    return float(mean), float(min(low.min(), mean - reach)), float(max(high.max(), mean + reach))


def judge(measure, of_seeds):
    """The `Finding` of one measure from its effect in each seed (dicts with `value`, `low`, `high`)."""
    of_seeds = tuple(of_seeds)
    if not of_seeds:
        return Finding(measure, "not run", "not measured")
    finite = np.isfinite(_numbers(of_seeds)).all(axis=0)
    if not finite.all():
        reason = f"not a finite number in {(~finite).sum()} of {len(finite)} seeds"
        return Finding(measure, "inconclusive", reason, seeds=of_seeds)
    value, low, high = interval(of_seeds)
    start, end = measure.region
    if start < low and high < end:
        verdict, reason = "reproduced", ""
    elif high <= start or end <= low:
        verdict, reason = "contradicted", ""
    else:
        verdict, reason = "inconclusive", "the interval leaves it open"
    if len(of_seeds) == 1:
        reason = f"one seed; points to {'neither' if verdict == 'inconclusive' else verdict}"
        verdict = "inconclusive"
    return Finding(measure, verdict, reason, value, low, high, of_seeds)


def verdict(findings):
    """The verdict of a claim from those of its measures."""
    verdicts = {finding.verdict for finding in findings}
    if len(verdicts) == 1:
        return verdicts.pop()
    return "contradicted" if "contradicted" in verdicts else "inconclusive"


def judged(claims, folder):
    """Claims with their verdicts, a list of `Judged`, from the JSON files that the notebooks left in `folder`."""
    return [Judged(claim, verdict(found), found) for claim in claims for found in [tuple(_findings(claim, folder))]]


def as_json(results):
    """Judged claims as a list of dicts for a JSON file; what is not finite becomes null."""
    rows = [
        asdict(one.claim) | {"verdict": one.verdict, "measures": [asdict(finding) for finding in one.findings]}
        for one in results
    ]
    return _finite(rows)


def scale(finding):
    """How far a finding is from the reports' own setting, in words: "profile quick (scaled down), drawn faces"."""
    profile = finding.profile if finding.profile == "paper" else f"{finding.profile} (scaled down)"
    return f"profile {profile}, {'drawn faces' if finding.data in DRAWN else finding.data}"


def _findings(claim, folder):
    for measure in claim.measures:
        path = folder / f"{measure.notebook}.json"
        if not path.exists():
            yield Finding(measure, "not run", f"{measure.notebook} has not been run")
            continue
        left = json.loads(path.read_text(encoding="utf-8"))
        effect = left.get("effects", {}).get(f"{claim.id} {measure.name}", {"seeds": [], "meaning": ""})
        found = judge(measure, effect["seeds"])
        more = {"profile": left["profile"], "data": left["data"]["data"], "meaning": effect["meaning"]}
        if found.verdict == "not run":
            more["reason"] = effect["meaning"] or f"left out at profile {left['profile']}"
        yield Finding(**{**vars(found), **more, "runs": measure.runs or tuple(left["runs"])})


def _numbers(of_seeds):
    """float64 [3, seeds]: values and the ends of their intervals; NaN for null."""
    return np.array([[seed[key] for seed in of_seeds] for key in ("value", "low", "high")], float)


def _made(kind, entry):
    """A dataclass from an entry of the file; ValueError that names what is missing, empty or unknown."""
    known = {one.name: one for one in fields(kind)}
    needed = [name for name in known if name not in ("runs", "figures", "unmeasured")]
    if wrong := [name for name in needed if not entry.get(name)] + [name for name in entry if name not in known]:
        raise ValueError(f"{', '.join(wrong)}: missing, empty or unknown.")
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()})


def _finite(value):
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
