"""What the two reports claim that can be measured (`report/claims/claims.toml`), read and checked.

Claims of one's own stand in a `claims.toml` in the folder of the notebooks that measure them.
"""

import tomllib
from dataclasses import MISSING, dataclass, fields
from functools import cache
from math import inf

from hwlib import paths
from hwlib.data import DRAWN
from hwlib.experiments import PROFILES

FILE = paths.REPOSITORY / "report" / "claims" / "claims.toml"

REGIONS = {
    "more": lambda smallest: (smallest, inf),
    "less": lambda smallest: (-inf, -smallest),
    "alike": lambda smallest: (-smallest, smallest),
    "not more": lambda smallest: (-inf, smallest),
    "not less": lambda smallest: (-smallest, inf),
}
"""Direction of a claim -> interval of the effects that it allows."""

OPPOSITES = {"more": "less", "less": "more", "not more": "more", "not less": "less"}
UNITS = ("log ratio", "share", "brightness", "correlation")
WORDS = {str: "a text", float: "a number", tuple: "a list", bool: "true or false"}
GATES = ("", "quality", "colours", "speed")


@dataclass(frozen=True)
class Measure:
    """How a claim, or a part of it, is measured. The fields are explained in claims.toml."""

    name: str
    what: str
    unit: str
    why: str
    direction: str = ""
    smallest: float = 0.0
    region: tuple = ()
    runs: tuple = ()
    notebook: str = ""
    function: str = ""
    units: str = "seeds"
    gate: str = ""
    part: str = ""
    beside: bool = False
    changed: tuple = ()

    def __post_init__(self):
        for name, known in (("unit", UNITS), ("units", ("seeds", "pairs")), ("gate", GATES)):
            if getattr(self, name) not in known:
                raise ValueError(f"{self.name}: {name} is one of {', '.join(known)}, not {getattr(self, name)!r}.")
        if self.region:
            if self.direction or self.smallest or len(self.region) != 2 or not self.region[0] < self.region[1]:
                raise ValueError(
                    f"{self.name}: region is [low, high] with low below high, in place of direction and smallest; it "
                    f"is {[*self.region]}, with direction {self.direction!r} and smallest {self.smallest!r}."
                )
        elif self.direction not in REGIONS or not 0 < self.smallest < inf:
            raise ValueError(
                f"{self.name}: direction is one of {', '.join(REGIONS)}, and smallest above 0 (or region is "
                f"[low, high]); they are {self.direction!r} and {self.smallest!r}."
            )
        if any({*change} - {"seen"} != {"date", "reason"} for change in self.changed):
            told = "changed has a date and a reason each time, or its name in [changes]; it is"
            raise ValueError(f"{self.name}: {told} {[*self.changed]}.")
        for seen in self._seen:
            if not (isinstance(seen, dict) and {*seen} == {"profile", "data", "seeds"} and _is_setting(**seen)):
                raise ValueError(f"{self.name}: seen has a profile, drawn data and a number of seeds; it is {seen!r}.")
        if self._seen and self.units == "pairs":
            raise ValueError(f"{self.name}: pairs were seen before a change, and new ones are not drawn by a seed.")

    def first_seed(self, profile, data):
        """The first seed that counts: those before it had been seen, in this setting, before a change."""
        return max((one["seeds"] for one in self._seen if (one["profile"], one["data"]) == (profile, data)), default=0)

    @property
    def _seen(self):
        return [change["seen"] for change in self.changed if "seen" in change]

    @property
    def called(self):
        """Its part of the claim, in words."""
        return self.part or self.name.replace("_", " ")

    @property
    def allows(self):
        """Ends of the region of effects that the claim allows; they belong to it."""
        return self.region or REGIONS[self.direction](self.smallest)


@dataclass(frozen=True)
class Claim:
    """One statement of a report. The fields are explained in claims.toml."""

    id: str
    statement: str
    notebook: str
    measures: tuple
    section: str = ""
    english: str = ""
    short: str = ""
    unmeasured: str = ""
    doubt: str = ""
    figures: tuple = ()


def _is_setting(profile, data, seeds):
    return profile in PROFILES and data in DRAWN and isinstance(seeds, int) and seeds > 0


def measured_here(folder=paths.NOTEBOOKS):
    """The claims that the notebooks of a folder measure: the two reports' where it is theirs, and its own."""
    own = folder / "claims.toml"
    return (load() if folder == paths.REPOSITORY / "notebooks" else []) + (load(own) if own.exists() else [])


def measures():
    """The measures of these claims: pairs of "A4 lattice" and `Measure`."""
    return [(f"{claim.id} {one.name}", one) for claim in measured_here() for one in claim.measures]


def load(path=FILE):
    """The claims, a list in the order of the file. ValueError in one line for a claim that cannot be judged."""
    return [*_read(path.name, path.read_text(encoding="utf-8"))]


@cache  # asked for by each notebook and each measure
def _read(file, text):
    try:
        entries = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file}: {error}") from None
    claims, shared = [], entries.get("changes", {})
    listed = entries.get("claim", [])
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise ValueError(f"{file}: a claim is a table, [[claim]].")
    for entry in listed:
        name = entry.get("id", "a claim without an id")
        try:
            measures = entry.pop("measure", [])
            if not measures or not isinstance(measures, list):
                raise ValueError("no measure says how it is measured; add a [[claim.measure]].")
            for measure in measures:
                measure["notebook"] = measure.get("notebook", entry.get("notebook", ""))
                changed = [shared.get(one, one) if isinstance(one, str) else one for one in measure.get("changed", ())]
                measure["changed"] = tuple(changed)
            entry["measures"] = tuple(_made(Measure, measure) for measure in measures)
            claims.append(_made(Claim, entry))
        except (ValueError, TypeError) as error:
            raise ValueError(f"{file}: {name}: {error}") from None
    for what in ([c.id for c in claims], [(c.id, m.name) for c in claims for m in c.measures]):
        if twice := [one for one in what if what.count(one) > 1]:
            raise ValueError(f"{file}: {twice[0]} stands there twice.")
    return claims


def _made(kind, entry):
    """A dataclass from an entry of the file; ValueError that names what is missing, empty or unknown."""
    known = {one.name: one for one in fields(kind)}
    needed = [name for name, one in known.items() if one.default is MISSING]
    if wrong := [name for name in needed if not entry.get(name)] + [name for name in entry if name not in known]:
        raise ValueError(f"{', '.join(wrong)}: missing, empty or unknown.")
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    for key, value in given.items():
        number = known[key].type is float and isinstance(value, int)
        if not (number or isinstance(value, known[key].type)):
            raise ValueError(f"{key} is {value!r}; it should be {WORDS[known[key].type]}.")
    return kind(**given)
