"""Measures of what a text decides in a picture (A8, B2)."""

import numpy as np

from hwlib.claims.arms import end_too_early, log_ratio, untold
from hwlib.claims.effects import Effect
from hwlib.data import tags
from hwlib.metrics.diversity import diversity

CHANCE = {"hair": 1 / len(tags.HAIR), "eyes": 1 / len(tags.EYES)}
TEXTS, NOISES = 16, 12


def hair(evaluator, first, second):
    """Share of faces with the hair that their text names, the first's minus the second's, after equally many steps.

    A generator without a text is asked all the same: its share is that of chance.
    """
    return _accuracy(evaluator, first, second, "hair")


def eyes(evaluator, first, second):
    """The same of the eyes."""
    return _accuracy(evaluator, first, second, "eyes")


def noise_over_texts(evaluator, first, second):
    """Log ratio of how far noise moves a face in units of how far a text does; each unit draws texts of its own."""
    if reason := end_too_early(evaluator, first, second):
        return Effect(too_early=reason)
    ratios = [noise_over_texts_of(evaluator, run) for run in (first, second)]
    return Effect(log_ratio(*ratios))


def noise_over_texts_of(evaluator, run):
    """Mean distance of two faces with one text over that of two with one noise (`hwlib.metrics.diversity`)."""
    texts = np.random.default_rng((run.seed, 4)).choice(tags.grid(), TEXTS, replace=False)
    made = evaluator.kept(
        run.folder,
        f"diversity-{TEXTS}-{NOISES}",
        lambda: diversity(run.generate, texts, evaluator.net, NOISES, run.seed),
    )
    return made["ratio"]["value"]


def _accuracy(evaluator, first, second, part):
    if reason := untold(evaluator, part):
        return Effect(too_early=reason)
    step = max(set(first.samples()) & set(second.samples()))
    return difference(*(evaluator.at(run, step)[part]["value"] for run in (first, second)), part)


def difference(first, second, part):
    """The effect of two shares of right colours, the first minus the second; the better needs three times chance."""
    if (better := max(first, second)) < 3 * CHANCE[part]:
        return Effect(too_early=f"the better arm has {better:.2f} of the {part} right; chance is {CHANCE[part]:.2f}")
    return Effect(first - second)
