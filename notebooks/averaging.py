"""What 09-your-turn measures: effects of the reports' claims with raw weights, those of a run's last update."""

from hwlib.claims import speed
from hwlib.claims.effects import Effect
from hwlib.runs.evaluation import Evaluator
from hwlib.runs.store import Run


class RawRun(Run):
    """A run whose samples and images are those of its raw generator."""

    def samples(self, raw=True):
        return super().samples(raw=True)

    def generate(self, texts, seed=0, step=None, raw=True):
        return super().generate(texts, seed, step, raw=True)


class RawEvaluator(Evaluator):
    """Keeps what it measures of such runs under names of its own."""

    def kept(self, folder, name, make):
        return super().kept(folder, f"{name}-raw", make)


def with_raw_weights(function, evaluator, *runs):
    """The `Effect` that a function of `hwlib.claims` measures of runs when they are drawn with raw weights."""
    judge = RawEvaluator(evaluator.profile, evaluator.data, evaluator.classifier)
    return function(judge, *(RawRun(run.name, run.profile, run.data, run.seed) for run in runs))


def face(evaluator, *runs):
    """How far raw weights move the effect of `images_to_face`: the log ratio with them less that with averages."""
    return _moved(speed.images_to_face, evaluator, runs)


def hair(evaluator, *runs):
    """The same of `images_to_hair`."""
    return _moved(speed.images_to_hair, evaluator, runs)


def eyes(evaluator, *runs):
    """The same of `images_to_eyes`."""
    return _moved(speed.images_to_eyes, evaluator, runs)


def _moved(function, evaluator, runs):
    both = with_raw_weights(function, evaluator, *runs), function(evaluator, *runs)
    if reason := next((one.too_early for one in both if one.too_early), ""):
        return Effect(too_early=reason)
    if any(one.at_least or one.at_most for one in both):
        return Effect(too_early="a run ended before it reached the level")
    return Effect(both[0].value - both[1].value)
