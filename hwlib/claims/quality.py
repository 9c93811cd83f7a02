"""How near generated images come to real ones, and in what they differ (A7, A8, B1, B3, B4, B6, B7, B11, B12)."""

import numpy as np

from hwlib.claims.arms import at_equal, effect_of, last, log_ratio, moments, relative_distances, too_early_at
from hwlib.claims.effects import Effect


def distance(evaluator, first, second, name="frechet"):
    """Log ratio of the Frechet distances to real images at the last moment when both have seen equally many."""
    return _distances(evaluator, at_equal(evaluator, first, second), name)


def kernel(evaluator, first, second):
    """The same of the unbiased kernel distances; nothing where one is not above zero."""
    return distance(evaluator, first, second, "kernel")


def distance_at_equal_steps(evaluator, first, second):
    """Log ratio of the Frechet distances at the last moment when both generators have made equally many updates."""
    return _distances(evaluator, at_equal(evaluator, first, second, "step"), "frechet")


def _distances(evaluator, arms, name):
    if isinstance(arms, Effect):
        return arms
    return effect_of(log_ratio(*(evaluator.at(*arm)[name]["value"] for arm in arms)))


def stalls(evaluator, first, second):
    """How much less the first improved than the second from half of its training to the end.

    Improvement is the log ratio of the Frechet distances, end over half; the effect is the first's minus the second's.
    Both must show faces by half: a run that has them to learn still improves more than one that has learned them.
    """
    arms = at_equal(evaluator, first, second)
    if isinstance(arms, Effect):
        return arms
    changes = []
    for run, end in arms:
        half = min(moments(run), key=lambda step, end=end: abs(np.log(2 * step / end)))
        if reason := too_early_at(evaluator, (run, half)):
            return Effect(too_early=f"at half of the training {reason}")
        changes.append(log_ratio(*(evaluator.at(run, step)["frechet"]["value"] for step in (end, half))))
    return effect_of(changes[0] - changes[1])


def early_diversity(evaluator, first, second):
    """Log ratio of the mean pairwise distances, capped at real images', when the first of the two shows faces."""
    real = evaluator.of_real_images["diversity"]["value"]  # more of it is noise
    return _early(evaluator, first, second, lambda found: min(1.0, found["diversity"]["value"] / real))


def early_distance(evaluator, first, second):
    """Log ratio of the Frechet distances when the first of the two shows faces."""
    return _early(evaluator, first, second, lambda found: found["frechet"]["value"])


def _early(evaluator, first, second, value):
    shared = sorted(set(moments(first)) & set(moments(second)))
    runs = first, second
    faces = [s for s in shared if min(relative_distances(evaluator, r)[moments(r)[s]] for r in runs) <= 1]
    if not faces:
        return Effect(too_early="no moment at which either shows faces")
    return effect_of(log_ratio(*(value(evaluator.at(run, faces[0])) for run in runs)))


def broken(evaluator, run):
    """Share of faces outside of all balls around real ones (1 - precision), less that of other real images."""
    if reason := too_early_at(evaluator, (run, last(run))):
        return Effect(too_early=reason)
    return Effect(evaluator.of_real_images["precision"]["value"] - evaluator.run(run)["precision"]["value"])


def luminance(evaluator, run):
    """Mean luminance less that of real images, black 0 and white 1."""
    if reason := too_early_at(evaluator, (run, last(run))):
        return Effect(too_early=reason)
    return Effect(evaluator.run(run)["luminance"]["value"] - evaluator.of_real_images["luminance"]["value"])


def white(evaluator, first, second):
    """Whether most images are near white, of the first and of the second, at equally many images seen.

    To be pooled as two shares of runs: a run turns white or does not.
    """
    arms = at_equal(evaluator, first, second, gated=False)
    if isinstance(arms, Effect):
        return arms
    turned = [int(evaluator.at(*arm)["white"]["value"] > 0.5) for arm in arms]
    return Effect(counts=(turned[0], 1, turned[1], 1))
