"""The hinge objective (Lim and Ye 2017; Miyato et al. 2018, equations 16 and 17)."""

from hwlib.backend import keras
from hwlib.objectives.base import Objective

ops = keras.ops


class Hinge(Objective):
    """Scores beyond the margins 1 and -1 cost the discriminator nothing."""

    def real(self, score, seed=None):
        return ops.relu(1.0 - score)

    def fake(self, score, seed=None):
        return ops.relu(1.0 + score)

    def generator(self, score):
        return -score
