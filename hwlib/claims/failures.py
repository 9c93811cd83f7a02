"""How many runs failed, of one arm or of two, to be pooled over seeds as shares (A2, A3, B5, B12)."""

from hwlib.claims.arms import standing_alike
from hwlib.claims.effects import Effect


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


def _failures(evaluator, *runs):
    """Whether each run failed, a list, at the last images that all have seen which did not diverge; or an `Effect`."""
    diverged = [run.record["result"]["diverged_at"] is not None for run in runs]
    whole = [run for run, ended in zip(runs, diverged, strict=True) if not ended]
    arms = standing_alike(whole) if whole else []
    if whole and not arms:
        return Effect(too_early="no kept moment at which all have seen equally many images")
    step_of = dict(arms)
    return [ended or bool(evaluator.at(run, step_of[run])["failed"]) for run, ended in zip(runs, diverged, strict=True)]


def _two_shares(failures, first):
    if isinstance(failures, Effect):
        return failures
    return Effect(counts=(sum(failures[:first]), first, sum(failures[first:]), len(failures) - first))
