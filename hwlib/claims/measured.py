"""The effects of a claim's measures, from the runs that are there, or as they were published under the same keys."""

import hashlib
import json
from importlib.util import find_spec

import numpy as np

from hwlib import paths
from hwlib.claims.effects import from_json
from hwlib.experiments import resolve, search
from hwlib.runs import sources
from hwlib.runs.evaluation import NOT_MEASURING, evaluator
from hwlib.runs.store import Run, seeds_of, together, variant
from hwlib.training.gan import find


def sought(name, measure, profile, data, wanted=()):
    """Where a measure's units come from: seeds whose runs are here, or `wanted`, and {unit: Effect} as published.

    name: as a notebook's JSON has it, "A4 lattice". Published is what stands in `figures/` under the key that it would
    have here: trained elsewhere or in an earlier store, by the same code with the same settings, data, versions and
    seeds. It counts as if its runs were here.
    """
    known, pairs = _published(name, measure, profile, data), measure.units == "pairs"
    elsewhere = [0] * bool(known) if pairs else [*known]
    local = seeds_of(measure.runs, profile, data, wanted)
    seeds = counting(measure, seeds_of(measure.runs, profile, data, wanted, elsewhere))[: 1 if pairs else None]
    here = [seed for seed in seeds if seed in local or seed not in elsewhere]
    if pairs:
        return here, {} if here else known
    return here, {seed: known[seed] for seed in seeds if seed not in here}


def effects(measure, profile, data, of_seeds):
    """A measure's effects, {unit: Effect}: one for each seed, or for each pair of pictures of the first one's runs."""
    function = function_of(measure)
    if measure.units == "pairs":
        return function(*together(measure.runs, profile, data, of_seeds[0])) if of_seeds else {}
    judge = evaluator(profile, data)
    return {seed: function(judge, *together(measure.runs, profile, data, seed)) for seed in of_seeds}


def keys(measure, profile, data, of_seeds):
    """What effects depend on, {"3": key of the effect of seed 3}: runs, what measures a run, and code of the function.

    Seeds are texts, as in JSON; pairs of pictures have one key, that of the seed of their runs.
    """
    code = sources.digest(sources.depends_on({function_of(measure).__module__}, without=NOT_MEASURING))
    judge = None if measure.units == "pairs" else evaluator(profile, data).key
    found = {}
    for seed in of_seeds:
        what = [measure.function, code, judge, *(run.key for run in together(measure.runs, profile, data, seed))]
        found[str(seed)] = hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]
    return found


def published_runs(measure, profile, data, of_seeds):
    """What is published beside effects of the runs that they are of: {name of a run: as in a notebook's JSON}."""
    wanted = {run.key for seed in of_seeds for run in together(measure.runs, profile, data, seed)}
    runs = _left(measure, profile, data)["runs"] if wanted else {}
    return {name: run for name, run in runs.items() if run["key"] in wanted}


def _published(name, measure, profile, data):
    left = _left(measure, profile, data)["effects"].get(name, {})
    if not left.get("keys"):
        return {}
    now = keys(measure, profile, data, map(int, left["keys"]))
    same = {seed for seed, key in left["keys"].items() if now[seed] == key}
    if measure.units == "pairs":
        return from_json(left) if same else {}
    return {seed: effect for seed, effect in from_json(left).items() if str(seed) in same}


def _left(measure, profile, data):
    """What the measure's notebook left in `figures/`, of the profile's own seeds."""
    path = paths.FIGURES / variant(profile, data) / f"{measure.notebook}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"effects": {}, "runs": {}}


def counting(measure, seeds):
    """Of some seeds those that count for a measure (`Measure.first_seed`)."""
    return [seed for seed in seeds if seed >= measure.first_seed]


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
