"""The effects of a claim's measures, from the runs that are there."""

from importlib.util import find_spec

import numpy as np

from hwlib.experiments import resolve, search
from hwlib.runs.evaluation import evaluator
from hwlib.runs.store import Run, together
from hwlib.training.gan import find


def effects(measure, profile, data, of_seeds):
    """A measure's effects, {unit: Effect}: one for each seed, or for each pair of pictures of the first one's runs."""
    function = function_of(measure)
    if measure.units == "pairs":
        return function(*together(measure.runs, profile, data, of_seeds[0])) if of_seeds else {}
    judge = evaluator(profile, data)
    return {seed: function(judge, *together(measure.runs, profile, data, seed)) for seed in of_seeds}


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
