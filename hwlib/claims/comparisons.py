"""Measures that compare two trained generators: how soon, how near, how often failed, how sharp. See `claims.toml`.

Each takes an `Evaluator` and the finished runs of one seed, the arms in the order of the effect's sign ("first over
second"), and returns the `Effect` that this seed shows. Generators are measured with averaged weights. What a run has
to reach depends on real images only: faces are seen where the Frechet distance is below that of blurred real faces
(`Evaluator.levels`), the same for every network.
"""

import numpy as np

from hwlib.claims.effects import Effect
from hwlib.metrics import colours, pictures
from hwlib.runs.evaluation import is_gray

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
    Both must show faces by half: a run that has them to learn still improves more than one that has learned them.
    """
    arms = _at_equal(evaluator, first, second)
    if isinstance(arms, Effect):
        return arms
    changes = []
    for run, end in arms:
        half = min(moments(run), key=lambda step, end=end: abs(np.log(2 * step / end)))
        if reason := _too_early(evaluator, (run, half)):
            return Effect(too_early=f"at half of the training {reason}")
        changes.append(log_ratio(*(evaluator.at(run, step)["frechet"]["value"] for step in (end, half))))
    return _finite(changes[0] - changes[1])


def failed(evaluator, control, *runs):
    """How many of the runs failed (`hwlib.metrics.failure`), to be pooled as one share; not where the control did.

    All at equal images seen, as in the two functions below: a longer training has more time to succeed.
    """
    failures = _failures(evaluator, control, *runs)
    if isinstance(failures, Effect):
        return failures
    if failures[0]:
        return Effect(too_early=f"{control.name}, the control, failed too")
    return Effect(counts=(sum(failures[1:]), len(runs)))


def fails_more(evaluator, *runs):
    """How many failed of the first half of the runs and of the second half, to be pooled as two shares."""
    return _two_shares(_failures(evaluator, *runs), len(runs) // 2)


def initialisers_fail(evaluator, *runs):
    """How many failed of all runs but the last, and of the last, to be pooled as two shares."""
    return _two_shares(_failures(evaluator, *runs), len(runs) - 1)


def lattice(evaluator, first, second):
    """Log ratio of the lattices, the mean over the periods that doublings make (2, 4, 8 ... pixels).

    At each period counts how far its energy stands out from the frequencies around it, and more than in real images:
    noise, which has as much around, is no lattice.
    """
    return _lattices(evaluator, first, second, np.mean)


def strongest_lattice(evaluator, first, second):
    """The same of the strongest alone: a mean over several is small where one is seen."""
    return _lattices(evaluator, first, second, np.max)


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
    arms = _at_equal(evaluator, first, second)
    return arms if isinstance(arms, Effect) else fine_detail(evaluator, *(_rings(evaluator.at(*arm)) for arm in arms))


def detail_of_faces(evaluator, first, second):
    """The same where both show faces: what is no face has no features that could be soft or sharp."""
    arms = _at_equal(evaluator, first, second, gated=False)
    if isinstance(arms, Effect):
        return arms
    for arm in arms:
        if reason := _too_early(evaluator, arm):
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
    return _finite(float(lacks[0].mean() - lacks[1].mean()))


def _rings(measured):
    return np.array([measured[f"detail_{i}"]["value"] for i in range(len(pictures.RINGS) - 1)])


def early_diversity(evaluator, first, second):
    """Log ratio of the mean pairwise distances, capped at real images', when the first of the two shows faces."""
    real = evaluator.of_real_images["diversity"]["value"]  # more of it is noise
    return _early(evaluator, first, second, lambda found: min(1.0, found["diversity"]["value"] / real))


def early_distance(evaluator, first, second):
    """Log ratio of the Frechet distances when the first of the two shows faces."""
    return _early(evaluator, first, second, lambda found: found["frechet"]["value"])


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
    """Whether most images are near white, of the first and of the second, at equally many images seen.

    To be pooled as two shares of runs: a run turns white or does not.
    """
    arms = _at_equal(evaluator, first, second, gated=False)
    if isinstance(arms, Effect):
        return arms
    turned = [int(evaluator.at(*arm)["white"]["value"] > 0.5) for arm in arms]
    return Effect(counts=(turned[0], 1, turned[1], 1))


def moments(run):
    """Steps of the kept samples after the start, with the images seen by then: {step: images}."""
    kept = set(run.samples())
    return {line["step"]: line["images"] for line in run.history if line["step"] in kept}


def last(run):
    """The last step with kept samples."""
    return max(run.samples())


def relative_distances(evaluator, run):
    """Images seen -> Frechet distance of the fixed samples, relative to that from which on faces are seen."""
    curve, face = evaluator.curve(run), evaluator.levels(is_gray(run))["face"]
    return {images: curve[step]["value"] / face for step, images in moments(run).items()}


def shows_none(evaluator, *runs):
    """Why the ends of runs cannot be compared, where none shows faces; "" where one does."""
    return _too_early(evaluator, *((run, last(run)) for run in runs))


def misses(evaluator, run, part):
    """Images seen -> share of the fixed samples whose hair, or whose eyes, are not as their text says."""
    seen = evaluator.colours(run)
    return {images: 1 - seen[step][part] for step, images in moments(run).items()}


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
    who = "the better arm" if len(arms) > 1 else "the model"
    best = min(relative_distances(evaluator, run)[moments(run)[step]] for run, step in arms)
    return f"{who} stands at {best:.2f} of the distance from which on faces are seen" if best > 1 else ""


def _early(evaluator, first, second, value):
    shared = sorted(set(moments(first)) & set(moments(second)))
    runs = first, second
    faces = [s for s in shared if min(relative_distances(evaluator, r)[moments(r)[s]] for r in runs) <= 1]
    if not faces:
        return Effect(too_early="no moment at which either shows faces")
    return _finite(log_ratio(*(value(evaluator.at(run, faces[0])) for run in runs)))


def _lattices(evaluator, first, second, over):
    arms = _at_equal(evaluator, first, second)
    if isinstance(arms, Effect):
        return arms
    found = [over(list(lattice_above(evaluator, evaluator.at(*arm)).values())) for arm in arms]
    return _finite(float(found[0] - found[1]))


def _shared(runs, what="images"):
    """(run, step) of each run at the last kept moment at which all stand alike: in "images" seen or in "step"."""
    place = ("step", "images").index(what)
    stands = [{moment[place]: moment[0] for moment in moments(run).items()} for run in runs]
    shared = set.intersection(*map(set, stands))
    return [(run, steps[max(shared)]) for run, steps in zip(runs, stands, strict=True)] if shared else []


def _at_equal(evaluator, first, second, what="images", gated=True):
    """The two arms, (run, step) each, at the last kept steps at which both stand alike: in "images" seen or in "step".

    An `Effect` instead where there are none, or, if `gated`, where neither shows faces then.
    """
    arms = _shared((first, second), what)
    if not arms:
        return Effect(too_early=f"no kept moment at which both have the same number of {what}")
    reason = _too_early(evaluator, *arms) if gated else ""
    return Effect(too_early=reason) if reason else arms


def _failures(evaluator, *runs):
    """Whether each run failed, a list, at the last images that all have seen which did not diverge; or an `Effect`."""
    diverged = [run.record["result"]["diverged_at"] is not None for run in runs]
    whole = [run for run, ended in zip(runs, diverged, strict=True) if not ended]
    arms = _shared(whole) if whole else []
    if whole and not arms:
        return Effect(too_early="no kept moment at which all have seen equally many images")
    step_of = dict(arms)
    return [ended or bool(evaluator.at(run, step_of[run])["failed"]) for run, ended in zip(runs, diverged, strict=True)]


def _two_shares(failures, first):
    if isinstance(failures, Effect):
        return failures
    return Effect(counts=(sum(failures[:first]), first, sum(failures[first:]), len(failures) - first))


def log_ratio(a, b):
    """log(a / b); NaN where one is not above zero."""
    return float(np.log(a / b)) if min(a, b) > 0 else float("nan")


def _finite(value):
    return Effect(value) if np.isfinite(value) else Effect(too_early="not a finite number")
