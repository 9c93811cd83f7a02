"""The effects of a claim's measures, from the runs that are there."""

import numpy as np

from hwlib.claims.comparisons import gained
from hwlib.experiments import JUDGES, left_out, resolve, search
from hwlib.runs.evaluation import evaluator
from hwlib.runs.store import Run
from hwlib.training.gan import find

MOST_UNITS = 20


def arms(names, profile, data, seed):
    """The runs of experiments with one seed; a classifier that judges is the same for all."""
    return [Run(name, profile, data, 0 if name in JUDGES else seed) for name in names]


def seeds(names, profile, data, wanted=()):
    """The seeds with which experiments can be shown together: those whose runs are all finished, and those of `wanted`.

    A seed that is wanted is trained when it is asked for, but for experiments that the profile leaves out.
    """
    trained = not set(names) & set(left_out(profile))
    return [
        seed
        for seed in sorted({*range(MOST_UNITS), *wanted})
        if (trained and seed in wanted) or all(run.finished for run in arms(names, profile, data, seed))
    ]


def effects(measure, profile, data, of_seeds):
    """A measure's effects, {unit: Effect}: one for each seed, or for each pair of pictures of the first one's runs."""
    function = find(f"hwlib.claims.{measure.function}")
    if measure.units == "pairs":
        return function(*arms(measure.runs, profile, data, of_seeds[0])) if of_seeds else {}
    judge = evaluator(profile, data)
    return {seed: function(judge, *arms(measure.runs, profile, data, seed)) for seed in of_seeds}


def searched(profile, data):
    """What the search for learning rates found: arm -> {rate: distance left of the untrained one}, and the rate chosen.

    The distance is that of the fixed samples at the end, the mean over the search's seeds. Only arms whose runs are all
    finished: {arm: ({rate: left}, rate at this profile)}.
    """
    found = {}
    for arm in search.ARMS:
        runs = {rate: [Run(search.name_of(arm, rate), profile, data, s) for s in search.SEEDS] for rate in search.RATES}
        if all(run.finished for ones in runs.values() for run in ones):
            judge = evaluator(profile, data)
            left = {rate: np.mean([[*gained(judge, run).values()][-1] for run in ones]) for rate, ones in runs.items()}
            found[arm] = left, resolve(arm, profile)[1].get("learning_rate_scale", 1.0)
    return found
