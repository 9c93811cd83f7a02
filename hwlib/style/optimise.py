"""A picture made to fit losses: L-BFGS or Adam over its pixels, which stay in [0, 255] all the while.

The optimised picture is plain RGB; what VGG needs subtracted is part of the losses, so that the result is what was
optimised and keeping it costs no more than rounding.

An optimiser has a `picture` to evaluate and is told what it gave. Its `state` is a dict of arrays, with which an
interrupted picture goes on to the same bits.
"""

import time

import numpy as np

from hwlib.backend import keras, tf
from hwlib.storage import write_atomically

FIRST_STEP = 10.0
"""Levels, root mean square, that the first step of L-BFGS changes."""
MEMORY = 10
"""Changes of picture and gradient that L-BFGS remembers."""
EVERY = 30.0
"""Seconds between two checkpoints."""
COLUMNS = ("evaluation", "seconds", "content_loss", "style_loss", "total")


class LBFGS:
    """L-BFGS (Nocedal 1980) between bounds, by the two-metric projection of Bertsekas (1982), in float32.

    Pixels at a bound whose gradient points outwards are held. The others take the L-BFGS step and are clipped; it is
    shortened until the loss falls enough (Armijo). SciPy's L-BFGS-B comes as low (within some hundredths either way),
    but takes ten times as long between two evaluations, and keeps its state to itself.
    """

    def __init__(self, start, _=None):
        """start: float32 [h, w, c] in [0, 255]."""
        self.picture = self.at = start
        self.slope = self.direction = np.zeros_like(start)
        self.value, self.step, self.pairs, self.ended = np.inf, 1.0, [], False

    def tell(self, value, gradient):
        """Take what `picture` gave, a float and float32 of its shape, and make the next; `ended` if none is lower."""
        moved = self.picture - self.at
        expected = dot(self.slope, moved)
        if value <= self.value + 1e-4 * expected:
            turned = np.where(moved == 0, 0, gradient - self.slope)  # of a held pixel nothing is learned
            if dot(moved, turned) > 1e-6 * (dot(moved, moved) * dot(turned, turned)) ** 0.5:
                self.pairs = [*self.pairs, (moved, turned)][-MEMORY:]
            self._set_out(self.picture, value, gradient)
        else:  # towards the lowest point of the parabola through what is known
            self.step *= np.clip(-0.5 * expected / (value - self.value - expected), 0.1, 0.5)
        self.picture = self._ahead()
        if self.step < 1e-3 or np.array_equal(self.picture, self.at):  # no way down: without what it remembers?
            self.ended, self.pairs = not self.pairs, []
            self._set_out(self.at, self.value, self.slope)
            self.picture = self._ahead()

    def _set_out(self, at, value, slope):
        self.at, self.value, self.slope, self.step = at, value, slope, 1.0
        held = ((at <= 0) & (slope > 0)) | ((at >= 255) & (slope < 0))
        self.direction = np.where(held, 0, -inverse_hessian_product(self.pairs, np.where(held, 0, slope)))
        if not self.pairs:
            self.direction *= np.float32(FIRST_STEP / max(dot(self.direction, self.direction) / at.size, 1e-30) ** 0.5)

    def _ahead(self):
        return np.clip(self.at + np.float32(self.step) * self.direction, 0, 255)

    @property
    def state(self):
        """All that decides what comes next, a dict of arrays."""
        return vars(self) | {"pairs": np.array(self.pairs)}

    @state.setter
    def state(self, state):
        for name, array in state.items():
            setattr(self, name, array if array.ndim else array.item())
        self.pairs = [tuple(pair) for pair in self.pairs]


def inverse_hessian_product(pairs, vector):
    """What L-BFGS takes the inverse Hessian for, times a vector: the two loops of Nocedal 1980.

    pairs: of changes of place and gradient, the oldest first. Between them is the last pair's s'y / y'y. Arrays of one
    shape and type, which the result has too.
    """
    vector, weights = np.array(vector), []
    for moved, turned in reversed(pairs):
        weights.append(dot(moved, vector) / dot(moved, turned))
        vector -= vector.dtype.type(weights[-1]) * turned
    if pairs:
        moved, turned = pairs[-1]
        vector *= vector.dtype.type(dot(moved, turned) / dot(turned, turned))
    for moved, turned in pairs:
        vector += vector.dtype.type(weights.pop() - dot(turned, vector) / dot(moved, turned)) * moved
    return vector


def dot(a, b):
    """Sum of products, a float: not by BLAS, whose threads would spin between TensorFlow's."""
    return float(np.einsum("i,i", a.ravel(), b.ravel(), dtype=np.float64))


class Adam:
    """Keras's Adam (Kingma and Ba 2015); `tell` and `state` as those of `LBFGS`."""

    ended = False

    def __init__(self, start, learning_rate):
        """start: float32 [h, w, c] in [0, 255]. learning_rate: in levels."""
        self._picture = tf.Variable(start)
        self._adam = keras.optimizers.Adam(learning_rate, beta_1=0.9, beta_2=0.99)
        self._adam.build([self._picture])

    @property
    def picture(self):
        return self._picture.numpy()

    def tell(self, _, gradient):
        self._adam.apply([tf.constant(gradient)], [self._picture])
        self._picture.assign(tf.clip_by_value(self._picture, 0.0, 255.0))

    @property
    def state(self):
        return {str(i): np.array(v) for i, v in enumerate([self._picture, *self._adam.variables])}

    @state.setter
    def state(self, state):
        for i, variable in enumerate([self._picture, *self._adam.variables]):
            variable.assign(state[str(i)])


OPTIMIZERS = {"L-BFGS": LBFGS, "Adam": Adam}


class Best:
    """The best picture so far, and what every evaluation gave.

    picture: float32 [h, w, c] in [0, 255] of the lowest total; None before the first evaluation. lines: one dict per
    evaluation: `evaluation` from 1 on, `seconds` since the beginning, `content_loss`, `style_loss`, `total`. scale:
    number of the size that is worked on, from 1 on. before: evaluations of the sizes before it.

    Args:
        watch: called with each line.
        path: of a file (.npz) that holds all this and the optimiser's state from time to time, and is taken up.
    """

    def __init__(self, watch=None, path=None):
        self.picture, self.total, self.lines, self.state = None, np.inf, [], {}
        self.scale = self.before = 0
        self.watch, self.path = watch, path
        if path and path.exists():
            with np.load(path) as file:
                kept = {name: file[name] for name in file}
            self.picture, self.total = kept.pop("best"), float(kept.pop("total"))
            self.scale, self.before = int(kept.pop("scale")), int(kept.pop("before"))
            rows = kept.pop("lines").tolist()
            self.lines = [dict(zip(COLUMNS, [int(row[0]), *row[1:]], strict=True)) for row in rows]
            self.state = kept
        self.saved = time.monotonic()
        self.began = self.saved - (self.lines[-1]["seconds"] if self.lines else 0.0)

    def next_scale(self):
        """Forget the total, since those of two sizes do not compare; the picture stays until there is another."""
        self.total, self.scale, self.before = np.inf, self.scale + 1, len(self.lines)

    def add(self, picture, total, content, style):
        """Keep an evaluation; calls `watch(line)`."""
        numbers = len(self.lines) + 1, time.monotonic() - self.began, float(content), float(style), float(total)
        self.lines.append(dict(zip(COLUMNS, numbers, strict=True)))
        if total < self.total:
            self.total, self.picture = float(total), np.array(picture)
        if self.watch:
            self.watch(self.lines[-1])

    def keep(self, search):
        """Write all to `path`, with the state of the optimiser `search`, if the last time is `EVERY` seconds ago."""
        if self.path and time.monotonic() - self.saved >= EVERY:
            mine = {"best": self.picture, "total": self.total, "scale": self.scale, "before": self.before}
            mine["lines"] = [[*line.values()] for line in self.lines]
            write_atomically(self.path, lambda path: _save(path, search.state | mine))
            self.saved = time.monotonic()


def optimise(losses, start, evaluations, optimizer="L-BFGS", learning_rate=5.0, best=None):
    """Minimise `losses` from a picture.

    Args:
        losses: has `value_and_gradient` (see `hwlib.style.losses.Losses`).
        start: float [h, w, c] in [0, 255].
        evaluations: of losses and gradient; an L-BFGS step takes one or a few, an Adam step one.
        optimizer: "L-BFGS" (memory 10) or "Adam" with `learning_rate` in levels.
        best: a `Best`, which also holds the result when this is interrupted. One with a state goes on from there.

    Returns the best picture met, float32 [h, w, c]. Raises ValueError for another optimiser, FloatingPointError where
    the losses are no numbers.
    """
    if optimizer not in OPTIMIZERS:
        raise ValueError(f'There is no optimiser "{optimizer}": it is {" or ".join(OPTIMIZERS)}.')
    best = best or Best()
    search = OPTIMIZERS[optimizer](np.clip(np.asarray(start, np.float32), 0, 255), learning_rate)
    if best.state:
        search.state, best.state = best.state, {}
    else:
        best.next_scale()
    while len(best.lines) - best.before < evaluations and not search.ended:
        picture = search.picture
        total, (content, style, _), gradient = losses.value_and_gradient(tf.constant(picture[None]))
        best.add(picture, _finite(total), content, style)
        search.tell(float(total), gradient.numpy()[0])
        best.keep(search)
    return best.picture


def _finite(total):
    total = float(total)
    if not np.isfinite(total):
        raise FloatingPointError("The style loss is not a number: lower the weight or the learning rate.")
    return total


def _save(path, arrays):
    with open(path, "wb") as file:  # np.savez would add a suffix
        np.savez(file, **arrays)
