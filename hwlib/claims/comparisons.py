"""Measures that compare two trained generators: how soon, how near, how often failed, how sharp. See `claims.toml`.

Each takes an `Evaluator` and the finished runs of one seed, the arms in the order of the effect's sign ("first over
second"), and returns the `Effect` that this seed shows. Generators are measured with averaged weights. What a run has
to reach depends on real images and on its own untrained generator only, never on the runs that are compared.
"""

import numpy as np

from hwlib.claims.effects import Effect
from hwlib.metrics import colours, pictures

FACE = 0.4
"""Of the untrained Frechet distance, what is left where faces are seen: 0.37 is a noisy face, 0.63 a blob."""

COLOURS = {"hair": 0.5, "eyes": 0.3}
"""Accuracy that counts as learnt; chance is 1/12 and 1/11, three times chance the least that can be compared."""

PATIENCE = 4
"""How many times as long as the faster arm needed the slower one must have been trained to be called slower."""


def images_to_face(evaluator, first, second):
    """Log ratio of the images seen until the Frechet distance stays below `FACE` of the untrained one."""
    return _sooner(*(images_until(gained(evaluator, run), FACE) for run in (first, second)))


def images_to_hair(evaluator, first, second):
    """Log ratio of the images seen until half of the faces have the hair that was asked for."""
    return _colours_sooner(evaluator, first, second, "hair")


def images_to_eyes(evaluator, first, second):
    """Log ratio of the images seen until three in ten of the faces have the eyes that were asked for."""
    return _colours_sooner(evaluator, first, second, "eyes")


def distance(evaluator, first, second, name="frechet"):
    """Log ratio of the Frechet distances to real images at the last moment when both have seen equally many."""
    return _distances(evaluator, _at_equal(evaluator, first, second), name)


def kernel(evaluator, first, second):
    """The same of the unbiased kernel distances; nothing where one is not above zero."""
    return distance(evaluator, first, second, "kernel")


def distance_at_equal_steps(evaluator, first, second):
    """Log ratio of the Frechet distances at the last moment when both generators have made equally many updates."""
    return _distances(evaluator, _at_equal(evaluator, first, second, "step"), "frechet")


def stalls(evaluator, first, second):
    """How much less the first improved than the second from half of its training to the end.

    Improvement is the log ratio of the Frechet distances, end over half; the effect is the first's minus the second's.
    """
    arms = _at_equal(evaluator, first, second)
    if isinstance(arms, Effect):
        return arms
    changes = []
    for run, end in arms:
        half = min(moments(run), key=lambda step, end=end: abs(np.log(2 * step / end)))
        changes.append(log_ratio(*(evaluator.at(run, step)["frechet"]["value"] for step in (end, half))))
    return _finite(changes[0] - changes[1])


def failed(evaluator, *runs):
    """How many of the runs failed (`hwlib.metrics.failure`), to be pooled as one share."""
    return Effect(counts=(_failures(evaluator, runs), len(runs)))


def fails_more(evaluator, *runs):
    """How many failed of the first half of the runs and of the second half, to be pooled as two shares."""
    half = len(runs) // 2
    return Effect(counts=tuple(n for part in (runs[:half], runs[half:]) for n in (_failures(evaluator, part), half)))


def initialisers_fail(evaluator, *runs):
    """How many failed of all runs but the last, and of the last, to be pooled as two shares."""
    return Effect(counts=(_failures(evaluator, runs[:-1]), len(runs) - 1, _failures(evaluator, runs[-1:]), 1))


def lattice(evaluator, first, second):
    """Log ratio of the lattices, the mean over the periods that doublings make (2, 4, 8 ... pixels).

    At each period the energy counts as far as it is above that of real images: less is no lattice.
    """
    arms = _at_equal(evaluator, first, second)
    if isinstance(arms, Effect):
        return arms
    means = [np.mean(list(lattice_above(evaluator, evaluator.at(*arm)).values())) for arm in arms]
    return _finite(float(means[0] - means[1]))


def lattice_above(evaluator, measured):
    """How far the energy at each period is above the real images', as log ratio, 0 where it is not: {period: value}."""
    periods = pictures.doublings(evaluator.image_size)
    shares = {p: measured[f"lattice_{p}"]["value"] / evaluator.of_real_images[f"lattice_{p}"]["value"] for p in periods}
    return {period: float(np.log(max(share, 1.0))) for period, share in shares.items()}


def detail(evaluator, first, second):
    """Log ratio of fine detail in the luminance, each capped at the real images': what lies above is noise."""
    arms = _at_equal(evaluator, first, second)
    if isinstance(arms, Effect):
        return arms
    return _finite(log_ratio(*(capped(evaluator, evaluator.at(*arm), "sharpness") for arm in arms)))


def capped(evaluator, measured, name):
    """A measure in units of the real images', 1 at most: noise is neither detail nor diversity."""
    return min(1.0, measured[name]["value"] / evaluator.of_real_images[name]["value"])


def early_diversity(evaluator, first, second):
    """Log ratio of the mean pairwise distances, capped at real images', when the first of the two shows faces."""
    step = _first_faces(evaluator, first, second)
    if step is None:
        return Effect(too_early=NO_FACES)
    return _finite(log_ratio(*(capped(evaluator, evaluator.at(run, step), "diversity") for run in (first, second))))


def early_distance(evaluator, first, second):
    """Log ratio of the Frechet distances when the first of the two shows faces."""
    step = _first_faces(evaluator, first, second)
    if step is None:
        return Effect(too_early=NO_FACES)
    return _finite(log_ratio(*(evaluator.at(run, step)["frechet"]["value"] for run in (first, second))))


def hair_over_training(evaluator, first, second):
    """Hair accuracy, mean over the moments at which both kept samples, the first's minus the second's."""
    if reason := untold(evaluator, "hair"):
        return Effect(too_early=reason)
    shared = sorted(set(moments(first)) & set(moments(second)))
    means = [np.mean([evaluator.colours(run)[step]["hair"] for step in shared]) for run in (first, second)]
    return _finite(float(means[0] - means[1]))


def broken(evaluator, run):
    """Share of faces outside of all balls around real ones (1 - precision), less that of other real images."""
    if reason := _too_early(evaluator, (run, last(run))):
        return Effect(too_early=reason)
    return Effect(evaluator.of_real_images["precision"]["value"] - evaluator.run(run)["precision"]["value"])


def luminance(evaluator, run):
    """Mean luminance less that of real images, black 0 and white 1."""
    if reason := _too_early(evaluator, (run, last(run))):
        return Effect(too_early=reason)
    return Effect(evaluator.run(run)["luminance"]["value"] - evaluator.of_real_images["luminance"]["value"])


def white(evaluator, first, second):
    """Share of images that are near white, the first's minus the second's, at equally many images seen."""
    arms = _at_equal(evaluator, first, second, gated=False)
    if isinstance(arms, Effect):
        return arms
    shares = [evaluator.at(*arm)["white"]["value"] for arm in arms]
    return Effect(shares[0] - shares[1])


NO_FACES = f"no moment at which either stands at {FACE:g} of its untrained distance"


def moments(run):
    """Steps of the kept samples after the start, with the images seen by then: {step: images}."""
    kept = set(run.samples())
    return {line["step"]: line["images"] for line in run.history if line["step"] in kept}


def last(run):
    """The last step with kept samples."""
    return max(run.samples())


def gained(evaluator, run):
    """Images seen -> Frechet distance of the fixed samples in units of the untrained generator's."""
    curve = evaluator.curve(run)
    return {images: curve[step]["value"] / curve[0]["value"] for step, images in moments(run).items()}


def misses(evaluator, run, part):
    """Images seen -> share of the fixed samples whose hair, or whose eyes, are not as their text says."""
    seen = evaluator.colours(run)
    return {images: 1 - seen[step][part] for step, images in moments(run).items()}


def images_until(curve, level):
    """Images from which on a curve {images: value} stays at or below a level: (images, whether it ever did).

    Between two moments the logarithms of both are joined by a line. Where it never stays there, all images seen.
    """
    seen, values = np.array(list(curve)), np.maximum(list(curve.values()), 1e-9)
    above = np.flatnonzero(values > level)
    if not len(above):
        return float(seen[0]), True
    i = above[-1]
    if i + 1 == len(seen):
        return float(seen[-1]), False
    share = np.log(values[i] / level) / np.log(values[i] / values[i + 1])
    return float(seen[i] * (seen[i + 1] / seen[i]) ** share), True


def _sooner(first, second):
    """The effect of two (images, reached); EVIDENCE: a run that never gets there has needed at least what it saw."""
    (a, reached_a), (b, reached_b) = first, second
    ratio = log_ratio(a, b)
    if reached_a and reached_b:
        return Effect(ratio)
    if not (reached_a or reached_b):
        return Effect(too_early="neither run has reached the level")
    if abs(ratio) < np.log(PATIENCE) or (ratio > 0) == reached_a:
        times = np.exp(ratio if reached_b else -ratio)
        return Effect(too_early=f"the slower run saw {times:.2g} times the images that the faster one needed")
    return Effect(ratio, at_least=reached_b, at_most=reached_a)


def _colours_sooner(evaluator, first, second, part):
    if reason := untold(evaluator, part):
        return Effect(too_early=reason)
    return _sooner(*(images_until(misses(evaluator, run, part), 1 - COLOURS[part]) for run in (first, second)))


def untold(evaluator, part):
    """Why nothing can be said of the colours of "hair" or "eyes"; "" where the classifier can be trusted."""
    trusted = evaluator.classifier and colours.trusted(evaluator.classifier.record["result"], part)
    return "" if trusted else f"no classifier of {part} that can be trusted"


def _distances(evaluator, arms, name):
    if isinstance(arms, Effect):
        return arms
    return _finite(log_ratio(*(evaluator.at(*arm)[name]["value"] for arm in arms)))


def _too_early(evaluator, *arms):
    """Why models cannot be compared, where none of them, (run, step), shows faces yet; "" where one does."""
    best = min(gained(evaluator, run)[moments(run)[step]] for run, step in arms)
    return f"the better arm stands at {best:.2f} of its untrained distance" if best > FACE else ""


def _first_faces(evaluator, first, second):
    shared = sorted(set(moments(first)) & set(moments(second)))
    faces = [s for s in shared if min(gained(evaluator, r)[moments(r)[s]] for r in (first, second)) <= FACE]
    return faces[0] if faces else None


def _at_equal(evaluator, first, second, what="images", gated=True):
    """The two arms, (run, step) each, at the last kept steps at which both stand alike: in "images" seen or in "step".

    An `Effect` instead where there are none, or, if `gated`, where neither shows faces then.
    """
    place = ("step", "images").index(what)
    stands = [{moment[place]: moment[0] for moment in moments(run).items()} for run in (first, second)]
    shared = set(stands[0]) & set(stands[1])
    if not shared:
        return Effect(too_early=f"no kept moment at which both have the same number of {what}")
    arms = [(run, steps[max(shared)]) for run, steps in zip((first, second), stands, strict=True)]
    reason = _too_early(evaluator, *arms) if gated else ""
    return Effect(too_early=reason) if reason else arms


def _failures(evaluator, runs):
    return sum(bool(evaluator.run(run)["failed"]) for run in runs)


def log_ratio(a, b):
    """log(a / b); NaN where one is not above zero."""
    return float(np.log(a / b)) if min(a, b) > 0 else float("nan")


def _finite(value):
    return Effect(value) if np.isfinite(value) else Effect(too_early="not a finite number")
