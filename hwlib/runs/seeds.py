"""With which seeds experiments are shown and compared: those that were asked for, and those that are there."""

from itertools import takewhile

from hwlib import experiments
from hwlib.runs.store import Run

MOST_SEEDS = 40
"""Of an experiment that are looked for: the last look at a claim has 20, after as many that a change made void."""


def together(names, profile, data, seed):
    """The runs of experiments with one seed; a classifier that judges is the same for all."""
    return [Run(name, profile, data, 0 if name in experiments.JUDGES else seed) for name in names]


def seeds_of(names, profile, data, wanted=(), known=()):
    """The seeds with which experiments can be shown together: those of `wanted`, and 0, 1, 2 ... as far as all are run.

    A seed that is wanted is trained when it is asked for, but for experiments that the profile leaves out. Of `known`
    seeds what is to be shown is known without the runs.
    """
    if set(names) <= set(experiments.JUDGES):  # of which there is one each
        return [0]

    def is_there(seed):
        return seed in known or all(run.finished for run in together(names, profile, data, seed))

    there = takewhile(is_there, range(MOST_SEEDS))
    trained = not set(names) & set(experiments.left_out(profile))
    return sorted({*there} | ({*wanted} if trained else set()))


def seeds_shown(name, profile, data, wanted=()):
    """The seeds of one experiment: those of `wanted` that are trained when asked for, and all that are finished."""
    wanted = {*seeds_of([name], profile, data, wanted)}
    if name in experiments.JUDGES:
        return sorted(wanted)
    return sorted(wanted | {seed for seed in range(MOST_SEEDS) if together([name], profile, data, seed)[0].finished})
