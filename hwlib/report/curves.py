"""What becomes of runs over their training: lines to draw, float arrays [2, moments], and where several stand alike."""

import numpy as np

from hwlib.claims import arms


def steps(*runs):
    """The steps at which samples of all these runs were kept, sorted; at the first, 0, none was trained."""
    return sorted(set.intersection(*(set(run.samples()) for run in runs)))


def at_end(run):
    """The fixed samples at the end of a run, uint8 [n, h, w, 3]."""
    kept = run.samples()
    return kept[max(kept)]


def over_images(run, values):
    """Values of kept steps, {step: value}, over the images seen by then; the untrained network's is left out."""
    return np.array([(seen, values[step]) for step, seen in arms.moments(run).items() if step in values]).T


def of_samples(run, measure, *more):
    """Mean of `measure(images, *more)`, uint8 [n, h, w, c] to floats [n], of the fixed samples over the images seen."""
    return over_images(run, {step: measure(images, *more).mean() for step, images in run.samples().items()})


def distance(evaluator, run, x):
    """Frechet distance of the fixed samples over x: the "step", the "images" seen or the "seconds" by then."""
    return np.array([(row[x], row["frechet"]) for row in evaluator.over_training(run)]).T


def left(evaluator, runs):
    """Mean over runs of their last Frechet distance, over that of blurred real faces: below 1 faces are seen."""
    return np.mean([list(arms.relative_distances(evaluator, run).values())[-1] for run in runs])
