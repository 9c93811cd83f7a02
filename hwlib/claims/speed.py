"""How soon a generator learns faces and colours: images seen, one arm over the other (A1, A3, A5, B3, B4)."""

import numpy as np

from hwlib.claims.arms import effect_of, log_ratio, moments, relative_distances, untold
from hwlib.claims.effects import Effect

COLOURS = {"hair": 0.5, "eyes": 0.3}
"""Accuracy that counts as learnt; chance is 1/12 and 1/11, three times chance the least that can be compared."""

PATIENCE = 4
"""How many times as long as the faster arm needed the slower one must have been trained to be called slower."""


def images_to_face(evaluator, first, second):
    """Log ratio of the images seen until the Frechet distance stays at or below that of faces."""
    return _sooner(*(images_until(relative_distances(evaluator, run), 1.0) for run in (first, second)))


def images_to_hair(evaluator, first, second):
    """Log ratio of the images seen until half of the faces have the hair that was asked for."""
    return _colours_sooner(evaluator, first, second, "hair")


def images_to_eyes(evaluator, first, second):
    """Log ratio of the images seen until three in ten of the faces have the eyes that were asked for."""
    return _colours_sooner(evaluator, first, second, "eyes")


def hair_over_training(evaluator, first, second):
    """Hair accuracy, mean over the moments at which both kept samples, the first's minus the second's."""
    if reason := untold(evaluator, "hair"):
        return Effect(too_early=reason)
    shared = sorted(set(moments(first)) & set(moments(second)))
    means = [np.mean([evaluator.colours(run)[step]["hair"] for step in shared]) for run in (first, second)]
    return effect_of(float(means[0] - means[1]))


AT_MOST, EXACTLY, AT_LEAST = "at most", "exactly", "at least"
"""What is known of the images that a run needed: it was there at the first kept moment, between two, or never."""


def images_until(curve, level):
    """Images from which on a curve {images: value} stays at or below a level, and what is known of them, a pair.

    Between two moments the logarithms of both are joined by a line. Where it never stays there, all images seen.
    """
    seen, values = np.array(list(curve)), np.maximum(list(curve.values()), 1e-9)
    above = np.flatnonzero(values > level)
    if not len(above):
        return float(seen[0]), AT_MOST
    i = above[-1]
    if i + 1 == len(seen):
        return float(seen[-1]), AT_LEAST
    share = np.log(values[i] / level) / np.log(values[i] / values[i + 1])
    return float(seen[i] * (seen[i + 1] / seen[i]) ** share), EXACTLY


def misses(evaluator, run, part):
    """Images seen -> share of the fixed samples whose hair, or whose eyes, are not as their text says."""
    seen = evaluator.colours(run)
    return {images: 1 - seen[step][part] for step, images in moments(run).items()}


def _sooner(first, second):
    """The effect of two of `images_until`: a run that never gets there has needed at least what it saw."""
    (a, known_a), (b, known_b) = first, second
    ratio = log_ratio(a, b)
    if known_a == known_b == EXACTLY:
        return Effect(ratio)
    if known_a == known_b:
        both = "neither run has reached the level" if known_a == AT_LEAST else "both were there at the first moment"
        return Effect(too_early=both)
    longer = ratio if known_a == AT_LEAST else -ratio
    if AT_LEAST in (known_a, known_b) and longer < np.log(PATIENCE):
        return Effect(too_early=f"the slower run saw {np.exp(longer):.2g} times the images that the faster one needed")
    more = known_a == AT_LEAST or known_b == AT_MOST
    return Effect(ratio, at_least=more, at_most=not more)


def _colours_sooner(evaluator, first, second, part):
    if reason := untold(evaluator, part):
        return Effect(too_early=reason)
    return _sooner(*(images_until(misses(evaluator, run, part), 1 - COLOURS[part]) for run in (first, second)))
