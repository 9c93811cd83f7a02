"""Measures of report A's CycleGAN (claim A9): does a translation arrive, come nearer to its target, and come back?"""

from functools import lru_cache

import numpy as np

from hwlib.claims.arms import log_ratio
from hwlib.claims.effects import Effect
from hwlib.metrics import translations
from hwlib.metrics.distances import frechet_distance

_translated = lru_cache(maxsize=2)(translations.of_run)


def there(evaluator, cyclegan, domains):
    """Share of translations that a classifier takes for the target, the lesser of the two directions."""
    found = translations.reached(_translated(cyclegan), domains.model("classifier"))
    return Effect(float(min(part.mean() for part in found)))


def back(evaluator, cyclegan):
    """Log ratio of the error of the round trip to the difference of two faces, both directions together."""
    return Effect(float(np.log(translations.relative_cycle_error(*_translated(cyclegan).pairs)["value"])))


def nearer(evaluator, cyclegan):
    """Log ratio of the Frechet distances to the target, of translations over untranslated images, mean of both ways."""
    translated = _translated(cyclegan)
    real = evaluator.net(translated.a), evaluator.net(translated.b)
    ways = translations.against_target(translated, evaluator.net, real)
    return Effect(log_ratio(np.mean([way["frechet"] for way in ways]), frechet_distance(*real)["value"]))
