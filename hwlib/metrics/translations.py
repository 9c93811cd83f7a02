"""What can be measured of a translation between two domains: does it arrive, does it come back, what does it keep?

All images are uint8 [n, size, size, 3]: what is measured has been rounded to pictures first, as a viewer sees them.
"""

from dataclasses import dataclass

import numpy as np

from hwlib.cyclegan import Settings, six_rows
from hwlib.data.split import trained_on_and_held_out
from hwlib.metrics import distances


@dataclass(frozen=True)
class Translations:
    """Held-out images of both domains and what a trained pair of generators makes of them."""

    a: np.ndarray
    b: np.ndarray
    a_to_b: np.ndarray
    b_to_a: np.ndarray
    a_to_b_to_a: np.ndarray
    b_to_a_to_b: np.ndarray

    @property
    def directions(self):
        """For A to B and B to A: name, images, their translations, what came back, and real images of the target."""
        return (
            ("A→B", self.a, self.a_to_b, self.a_to_b_to_a, self.b),
            ("B→A", self.b, self.b_to_a, self.b_to_a_to_b, self.a),
        )


def of_run(run, n=500):
    """`Translations` of a run's (`hwlib.runs.Run`) held-out images, at most `n` of each domain, as many of either."""
    held_out = [trained_on_and_held_out(domain)[1] for domain in run.images]
    n = min(n, *(len(images) for images in held_out))
    a, b = (np.asarray(images[:n]) for images in held_out)
    rows = six_rows(run.model("a_to_b"), run.model("b_to_a"), a, b, Settings(**run.settings).value_range)
    return Translations(a, b, *(rows[i * n : (i + 1) * n] for i in range(2, 6)))


def absolute_error(images, others):
    """Mean absolute difference of each image to its counterpart, float [n], in units of the range: 0 to 1."""
    return np.abs(images.astype(np.float32) - others).mean((1, 2, 3)) / 255


def psnr(images, others):
    """Peak signal-to-noise ratio of each image to its counterpart, float [n], in dB; at most 48, the error of rounding.

    Two equal images would have an infinite one: no error counts as less than one level in all pixels.
    """
    squared = (np.square(images.astype(np.float32) - others) / 255**2).mean((1, 2, 3))
    return -10 * np.log10(np.maximum(squared, 1 / 255**2))


def relative_cycle_error(images, back, n=200, seed=0):
    """Absolute error of what came back, over that of two different images: 0 is an exact return, 1 any other image.

    A dict: `value`, `low` and `high` (its 95 % interval, bootstrap over images).
    """
    other = np.random.default_rng(seed).permutation(len(images))
    shifted = np.empty_like(other)
    shifted[other] = np.roll(other, 1)  # no image is its own partner
    errors = np.stack([absolute_error(images, back), absolute_error(images, images[shifted])], axis=1)
    return distances.bootstrap(lambda rows: rows[:, 0].mean() / rows[:, 1].mean(), errors, n=n, seed=seed)


def share(values):
    """Share of ones in values [n] of 0 and 1, and Wilson's 95 % interval (1927): `value`, `low`, `high`, `n`."""
    n, p, z = len(values), float(np.mean(values)), 1.96
    centre, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = (float((centre + sign * half) / (1 + z**2 / n)) for sign in (-1, 1))
    return {"value": p, "low": max(0.0, low), "high": min(1.0, high), "n": n}
