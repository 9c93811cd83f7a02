"""The effects of a claim's measures, from the runs that are there, or as they were published under the same keys."""

import hashlib
import json
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from hwlib import paths
from hwlib.claims import published
from hwlib.claims.effects import from_json, unit_of
from hwlib.experiments import resolve, search
from hwlib.runs import sources
from hwlib.runs.evaluation import NOT_MEASURING, evaluator
from hwlib.runs.seeds import seeds_of, together
from hwlib.runs.store import Run
from hwlib.training.gan import find


@dataclass(frozen=True)
class Sought:
    """Where a measure's units come from.

    Args:
        here: seeds whose runs are here, or wanted.
        published: unit -> `Effect` of those whose runs are not, as they stand in `figures/` under the key that they
            would have here: trained elsewhere or in an earlier store, with the same settings, data, versions and code.
            They count as if their runs were here.
        stale: units that stand there under another key and are not here: they do not count.
    """

    here: list
    published: dict
    stale: list

    @property
    def elsewhere(self):
        """Seeds of the runs that are not here: those of the published seeds, and 0 for pairs."""
        return [*self.published] if unit_of(self.published) == "seed" else [0]


def sought(name, measure, profile, data, wanted=()):
    """The `Sought` of a measure; name: as a notebook's JSON has it, "A4 lattice"; `wanted` seeds are to be trained."""
    left = published.left(measure.notebook, profile, data)["effects"].get(name, {})
    same = current(measure, left, profile, data)
    first = measure.first_seed(profile, data)
    seeds = seeds_of(measure.runs, profile, data, wanted, {*same, *range(first)})
    seeds = [seed for seed in seeds if seed >= first][: 1 if measure.units == "pairs" else None]
    asked = seeds_of(measure.runs, profile, data, wanted)
    here = [
        seed for seed in seeds if seed in asked or all(r.finished for r in together(measure.runs, profile, data, seed))
    ]
    fresh = rows_of(measure, left, ({*seeds} & same) - {*here})
    known = rows_of(measure, left, same | {*here})
    stale = [row["unit"] for row in left.get("of_units", ()) if row not in known]
    return Sought(here, from_json({"unit": left.get("unit"), "of_units": fresh}), stale)


def rows_of(measure, left, seeds):
    """Rows of a measure's published effects that are of these seeds; all pairs of pictures are of one."""
    pairs = measure.units == "pairs"
    return [row for row in left.get("of_units", ()) if (seeds if pairs else row["unit"] in seeds)]


def effects(measure, profile, data, of_seeds):
    """A measure's effects, {unit: Effect}: one for each seed, or for each pair of pictures of the first one's runs.

    ValueError where what measures was edited since this process began.
    """
    if not of_seeds:
        return {}
    sources.refuse_edited(_modules(measure, "hwlib.runs.evaluation"), measure.name)
    function = function_of(measure)
    if measure.units == "pairs":
        return function(*together(measure.runs, profile, data, of_seeds[0]))
    judge = evaluator(profile, data)
    return {seed: function(judge, *together(measure.runs, profile, data, seed)) for seed in of_seeds}


def keys(measure, profile, data, of_seeds):
    """What effects depend on, {"3": key of the effect of seed 3}: runs, what measures a run, and code of the function.

    Seeds are texts, as in JSON; pairs of pictures have one key, that of the seed of their runs.
    """
    found = {}
    for seed in of_seeds:
        what = [measure.function, _code(measure), None if measure.units == "pairs" else evaluator(profile, data).key]
        what += [run.key for run in together(measure.runs, profile, data, seed)]
        found[str(seed)] = hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]
    return found


def _code(measure):
    """Digest of the code of a measure's function; of one beside the notebooks, that of all modules there, too."""
    return sources.digest(_modules(measure))


def _modules(measure, *more):
    module = function_of(measure).__module__
    beside = [] if module.startswith("hwlib.") else [path.stem for path in paths.NOTEBOOKS.glob("*.py")]
    return sources.depends_on({module, *beside, *more}, without=NOT_MEASURING)


def current(measure, left, profile, data):
    """Seeds whose published effects, a measure's `left` in a notebook's JSON, stand under the keys of here."""
    now = keys(measure, profile, data, map(int, left.get("keys", {})))
    return {int(seed) for seed, key in now.items() if left["keys"][seed] == key}


def published_runs(measure, profile, data, of_seeds):
    """What is published beside effects of the runs that they are of: {run: as a notebook's JSON has it}."""
    runs = [run for seed in of_seeds for run in together(measure.runs, profile, data, seed)]
    left = {one["key"]: one for one in published.left(measure.notebook, profile, data)["runs"].values()} if runs else {}
    return {run: left[run.key] for run in runs if run.key in left}


def function_of(measure):
    """The function "module:name" of a measure: of `hwlib.claims`, or else of a module beside the notebooks."""
    if not (measure.function and measure.runs):
        raise ValueError(f"{measure.name}: a measure needs a function and runs; see claims.toml.")
    module = measure.function.partition(":")[0]
    return find(f"hwlib.claims.{measure.function}" if find_spec(f"hwlib.claims.{module}") else measure.function)


def searched(profile, data):
    """What the search for learning rates found: arm -> {rate: Frechet distance}, and the rate chosen.

    The distance is that of the fixed samples at the end, the mean over the search's seeds. Only arms whose runs are all
    finished: {arm: ({rate: distance}, rate at this profile)}.
    """
    found = {}
    for arm in search.ARMS:
        runs = {rate: [Run(search.name_of(arm, rate), profile, data, s) for s in search.SEEDS] for rate in search.RATES}
        if all(run.finished for ones in runs.values() for run in ones):
            judge = evaluator(profile, data)
            curves = {rate: [judge.curve(run) for run in ones] for rate, ones in runs.items()}
            ends = {rate: np.mean([one[max(one)]["value"] for one in ones]) for rate, ones in curves.items()}
            found[arm] = ends, resolve(arm, profile)[1].get("learning_rate_scale", 1.0)
    return found
