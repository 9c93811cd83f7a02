"""LSGAN (Mao et al. 2017)."""

from hwlib.backend import keras
from hwlib.objectives.base import Objective

ops = keras.ops


class LeastSquares(Objective):
    """Half the squared distance of a score to its label (Mao et al. 2017, equation 2).

    `fake_label`, `real_label`, `generator_label` are the paper's a, b, c: 0, 1, 1 (equation 9) by default, or -1, 1, 0
    (equation 8), which makes the objective a Pearson chi-squared divergence.
    """

    def __init__(self, fake_label=0.0, real_label=1.0, generator_label=1.0):
        self.fake_label = fake_label
        self.real_label = real_label
        self.generator_label = generator_label

    def real(self, score, seed=None):
        return 0.5 * ops.square(score - self.real_label)

    def fake(self, score, seed=None):
        return 0.5 * ops.square(score - self.fake_label)

    def generator(self, score):
        return 0.5 * ops.square(score - self.generator_label)
