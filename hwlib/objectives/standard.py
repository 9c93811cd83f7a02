"""The GAN of Goodfellow et al. 2014: binary cross-entropy on logits."""

from hwlib.backend import keras
from hwlib.objectives.base import Objective

ops = keras.ops


class NonSaturating(Objective):
    """The generator maximises log D(G(z)) (Goodfellow et al. 2014, section 3; ganhacks tip 2; report B).

    `real_label` and `fake_label` are numbers, or pairs (low, high) drawn uniformly per image (soft
    labels); a share `label_noise` of the discriminator's labels is swapped (noisy labels; both ganhacks tip 6).
    """

    def __init__(self, real_label=1.0, fake_label=0.0, label_noise=0.0):
        self.real_label = real_label
        self.fake_label = fake_label
        self.label_noise = label_noise

    def real(self, score, seed=None):
        return self._cross_entropy(score, self.real_label, self.fake_label, seed)

    def fake(self, score, seed=None):
        return self._cross_entropy(score, self.fake_label, self.real_label, seed)

    def generator(self, score):
        return ops.softplus(-score)

    def _cross_entropy(self, score, label, other, seed):
        label = _draw(label, score, seed)
        if self.label_noise:
            swapped = keras.random.uniform(ops.shape(score), seed=seed) < self.label_noise
            label = ops.where(swapped, _draw(other, score, seed), label)
        return ops.softplus(score) - label * score


class Saturating(NonSaturating):
    """The generator minimises log(1 - D(G(z))) (Goodfellow et al. 2014, equation 1)."""

    def generator(self, score):
        return -ops.softplus(score)


def _draw(label, score, seed):
    """A number as it is; a pair (low, high) as one uniform draw per score."""
    if isinstance(label, (int, float)):
        return label
    low, high = label
    return keras.random.uniform(ops.shape(score), low, high, seed=seed)
