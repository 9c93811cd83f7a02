"""A picture made to fit losses: L-BFGS (SciPy's) or Adam over its pixels, which stay in [0, 255] all the while.

The optimised picture is plain RGB; what VGG needs subtracted is part of the losses, so that the result is what was
optimised and keeping it costs no more than rounding.
"""

import time

import numpy as np
from scipy.optimize import minimize

from hwlib.backend import keras, tf

OPTIMIZERS = ("L-BFGS", "Adam")
FIRST_STEP = 10.0
"""Levels, root mean square, that the first step of L-BFGS changes: by itself it takes one of norm 1 over all pixels."""


class Best:
    """The best picture so far, and what every evaluation gave.

    picture: float32 [h, w, c] in [0, 255] of the lowest total; None before the first evaluation. lines: one dict per
    evaluation: `evaluation` from 1 on, `seconds` since the beginning, `content_loss`, `style_loss`, `total`.
    """

    def __init__(self, watch=None):
        self.picture, self.total, self.lines = None, np.inf, []
        self.watch, self.began = watch, time.monotonic()

    def next_scale(self):
        """Forget the total, since those of two sizes do not compare; the picture stays until there is another."""
        self.total = np.inf

    def add(self, picture, total, content, style):
        """Keep an evaluation; calls `watch(line)`."""
        line = {"evaluation": len(self.lines) + 1, "seconds": time.monotonic() - self.began}
        line |= {"content_loss": float(content), "style_loss": float(style), "total": float(total)}
        self.lines.append(line)
        if total < self.total:
            self.total, self.picture = float(total), np.array(picture)
        if self.watch:
            self.watch(line)


def optimise(losses, start, evaluations, optimizer="L-BFGS", learning_rate=5.0, best=None):
    """Minimise `losses` from a picture.

    Args:
        losses: has `value_and_gradient` (see `hwlib.style.losses.Losses`).
        start: float [h, w, c] in [0, 255].
        evaluations: of losses and gradient; an L-BFGS step takes one or a few, an Adam step one.
        optimizer: "L-BFGS" (memory 10) or "Adam" with `learning_rate` in levels.
        best: a `Best`, which also holds the result when this is interrupted.

    Returns the best picture met, float32 [h, w, c]. Raises ValueError for another optimiser, FloatingPointError where
    the losses are no numbers.
    """
    if optimizer not in OPTIMIZERS:
        raise ValueError(f'There is no optimiser "{optimizer}": it is {" or ".join(OPTIMIZERS)}.')
    best = best or Best()
    best.next_scale()
    start = np.clip(np.asarray(start, np.float32), 0, 255)
    (_lbfgs if optimizer == "L-BFGS" else _adam)(losses, start, evaluations, best, learning_rate)
    return best.picture


class _Enough(Exception):
    """All evaluations are spent."""


def _lbfgs(losses, start, evaluations, best, _):
    unit = FIRST_STEP * np.sqrt(start.size)
    left = evaluations

    def value_and_gradient(x):
        nonlocal left
        if not left:
            raise _Enough
        left -= 1
        picture = (x * unit).astype(np.float32).reshape(start.shape)
        total, (content, style, _), gradient = losses.value_and_gradient(tf.constant(picture[None]))
        best.add(picture, _finite(total), content, style)
        return float(total), gradient.numpy().ravel().astype(np.float64) * unit

    options = {"maxiter": 10 * evaluations, "maxfun": 10 * evaluations, "maxcor": 10, "ftol": 0.0, "gtol": 0.0}
    bounds = [(0.0, 255.0 / unit)] * start.size
    before = np.inf
    try:
        while (
            best.total < before or before == np.inf
        ):  # where its line search fails, it begins anew from the best picture
            before, x = best.total, (start if best.total == np.inf else best.picture).ravel() / unit
            minimize(value_and_gradient, x, method="L-BFGS-B", jac=True, bounds=bounds, options=options)
    except _Enough:
        pass


def _adam(losses, start, evaluations, best, learning_rate):
    picture = tf.Variable(start[None])
    adam = keras.optimizers.Adam(learning_rate, beta_1=0.9, beta_2=0.99)
    adam.build([picture])
    for _ in range(evaluations):
        total, (content, style, _), gradient = losses.value_and_gradient(picture)
        best.add(picture.numpy()[0], _finite(total), content, style)
        adam.apply([gradient], [picture])
        picture.assign(tf.clip_by_value(picture, 0.0, 255.0))


def _finite(total):
    total = float(total)
    if not np.isfinite(total):
        raise FloatingPointError("The style loss is not a number: lower the weight or the learning rate.")
    return total
