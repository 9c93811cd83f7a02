"""When a training run counts as failed: one definition for every table, figure and claim.

It asks for the least that a run must do, not for good images: a run that only draws badly has not failed.
"""

MOST_SATURATED = 0.5
"""Of the pixels that real images leave unsaturated, more than half are black, white or a pure colour: no face is left.
Relative to real images, since a data set may have flat white or black of its own."""

LEAST_DIVERSITY = 0.25
"""Of the mean pairwise distance of real images. With k equally frequent images it is 1 - 1/k of theirs, so 0.5 would
still be two whole images; less than 0.25 is variations on one."""


def reasons(*, diverged, saturated, saturated_real, diversity, diversity_real, frechet, frechet_blobs):
    """Why a run failed: a tuple of "diverged", "saturated pixels", "no diversity", "no faces"; empty if not.

    diverged: whether a loss was no number (in a run's record: `diverged_at` is not None). The rest are means over
    images, or Frechet distances to real images, all of one number of images: of the run's, and of real images blurred
    to blobs of their colours, from which on there is no face. What is NaN counts against the run.
    """
    holds = {
        "diverged": not diverged,
        "saturated pixels": saturated - saturated_real <= MOST_SATURATED * (1 - saturated_real),
        "no diversity": diversity >= LEAST_DIVERSITY * diversity_real,
        "no faces": frechet <= frechet_blobs,
    }
    return tuple(reason for reason, held in holds.items() if not held)
