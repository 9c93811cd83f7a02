"""Lattices and fine detail of generated images, by the frequencies that they are made of (A4, A6, B8, B10)."""

import numpy as np

from hwlib.claims.arms import at_equal, effect_of, too_early_at
from hwlib.claims.effects import Effect
from hwlib.metrics import pictures


def lattice(evaluator, first, second):
    """Log ratio of the lattices, the mean over the periods that doublings make (2, 4, 8 ... pixels).

    At each period counts how far its energy stands out from the frequencies around it, and more than in real images:
    noise, which has as much around, is no lattice.
    """
    return _lattices(evaluator, first, second, np.mean)


def strongest_lattice(evaluator, first, second):
    """The same of the strongest alone: a mean over several is small where one is seen."""
    return _lattices(evaluator, first, second, np.max)


def _lattices(evaluator, first, second, over):
    arms = at_equal(evaluator, first, second)
    if isinstance(arms, Effect):
        return arms
    found = [over(list(lattice_above(evaluator, evaluator.at(*arm)).values())) for arm in arms]
    return effect_of(float(found[0] - found[1]))


def lattice_above(evaluator, measured):
    """How far each period stands out, and more than in real images, as log ratio, 0 at least: {period: value}."""

    def out(of, period):
        return max(1.0, of[f"peak_{period}"]["value"] / of[f"around_{period}"]["value"])

    real = evaluator.of_real_images
    return {
        p: float(np.log(max(1.0, out(measured, p) / out(real, p)))) for p in pictures.doublings(evaluator.image_size)
    }


def detail(evaluator, first, second):
    """Log ratio of fine detail in the luminance (`fine_detail`)."""
    arms = at_equal(evaluator, first, second)
    return arms if isinstance(arms, Effect) else fine_detail(evaluator, *(_rings(evaluator.at(*arm)) for arm in arms))


def detail_of_faces(evaluator, first, second):
    """The same where both show faces: what is no face has no features that could be soft or sharp."""
    arms = at_equal(evaluator, first, second, gated=False)
    if isinstance(arms, Effect):
        return arms
    for arm in arms:
        if reason := too_early_at(evaluator, arm):
            return Effect(too_early=reason)
    return detail(evaluator, first, second)


def fine_detail(evaluator, first, second):
    """The effect on fine detail of two sets of images, each by the energy of its rings (`hwlib.metrics.pictures`).

    A set's detail is the mean over the rings of the log of its energy over the real images', capped at theirs ring by
    ring: what lies above is noise, and must not pay for blur elsewhere. Where both are capped everywhere, noise hides
    what is to be seen.
    """
    real = _rings(evaluator.of_real_images)
    lacks = [np.log(np.clip(np.asarray(rings) / real, 1e-12, 1.0)) for rings in (first, second)]
    if not any(lack.any() for lack in lacks):
        return Effect(too_early="both have at least the real images' energy at all frequencies: noise")
    return effect_of(float(lacks[0].mean() - lacks[1].mean()))


def _rings(measured):
    return np.array([measured[f"detail_{i}"]["value"] for i in range(len(pictures.RINGS) - 1)])
