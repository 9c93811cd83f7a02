"""The arms of a comparison: how far each has come, where two stand alike, and why they cannot be compared.

What a run has to reach depends on real images only: faces are seen where the Frechet distance is below that of blurred
real faces (`Evaluator.levels`), the same for every network.
"""

import numpy as np

from hwlib.claims.effects import Effect
from hwlib.metrics import colours
from hwlib.runs.evaluation import is_gray


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


def end_too_early(evaluator, *runs):
    """Why the ends of runs cannot be compared, where none shows faces; "" where one does."""
    return too_early_at(evaluator, *((run, last(run)) for run in runs))


def too_early_at(evaluator, *arms):
    """Why models cannot be compared, where none of them, (run, step), shows faces yet; "" where one does."""
    who = "the better arm" if len(arms) > 1 else "the model"
    best = min(relative_distances(evaluator, run)[moments(run)[step]] for run, step in arms)
    return f"{who} stands at {best:.2f} of the distance from which on faces are seen" if best > 1 else ""


def at_equal(evaluator, first, second, what="images", gated=True):
    """The two arms, (run, step) each, at the last kept steps at which both stand alike: in "images" seen or in "step".

    An `Effect` instead where there are none, or, if `gated`, where neither shows faces then.
    """
    arms = standing_alike((first, second), what)
    if not arms:
        return Effect(too_early=f"no kept moment at which both have the same number of {what}")
    reason = too_early_at(evaluator, *arms) if gated else ""
    return Effect(too_early=reason) if reason else arms


def standing_alike(runs, what="images"):
    """(run, step) of each run at the last kept moment at which all stand alike: in "images" seen or in "step"."""
    place = ("step", "images").index(what)
    stands = [{moment[place]: moment[0] for moment in moments(run).items()} for run in runs]
    shared = set.intersection(*map(set, stands))
    return [(run, steps[max(shared)]) for run, steps in zip(runs, stands, strict=True)] if shared else []


def untold(evaluator, part):
    """Why nothing can be said of the colours of "hair" or "eyes"; "" where the classifier can be trusted."""
    trusted = evaluator.classifier and colours.trusted(evaluator.classifier.record["result"], part)
    return "" if trusted else f"no classifier of {part} that can be trusted"


def log_ratio(a, b):
    """log(a / b); NaN where one is not above zero."""
    return float(np.log(a / b)) if min(a, b) > 0 else float("nan")


def effect_of(value):
    """The `Effect` of a value; of one that is not finite, none."""
    return Effect(value) if np.isfinite(value) else Effect(too_early="not a finite number")
