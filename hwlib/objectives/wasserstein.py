"""WGAN (Arjovsky et al. 2017) and WGAN-GP (Gulrajani et al. 2017)."""

from hwlib.backend import keras
from hwlib.objectives.base import Objective

ops = keras.ops


class Wasserstein(Objective):
    """The critic's scores themselves; something must keep the critic Lipschitz."""

    def real(self, score, seed=None):
        return -score

    def fake(self, score, seed=None):
        return score

    def generator(self, score):
        return -score


class WassersteinClipped(Wasserstein):
    """Weights clipped to [-clip, clip] after each critic update (Arjovsky et al. 2017, algorithm 1)."""

    def __init__(self, clip=0.01):
        self.clip = clip


class WassersteinGradientPenalty(Wasserstein):
    """The critic's gradient is drawn towards length one between real and fake (Gulrajani et al. 2017, algorithm 1).

    `weight` is the paper's lambda. `text_gradient` takes the norm over image and text together, as report A does.
    `mix` is "sample" (one factor per sample, the paper) or "batch" (one for all, report A's published code).
    """

    penalised = True

    def __init__(self, weight=10.0, text_gradient=True, mix="sample"):
        if mix not in ("sample", "batch"):
            raise ValueError(f'mix is "sample" or "batch", not {mix!r}.')
        self.weight = weight
        self.text_gradient = text_gradient
        self.mix = mix

    def penalty_point(self, real, fake, seed=None):
        """Images on the lines from fake to real, where the gradient is measured; shape of `real`."""
        shape = (ops.shape(real)[0], 1, 1, 1) if self.mix == "sample" else (1, 1, 1, 1)
        mix_factor = keras.random.uniform(shape, seed=seed, dtype=real.dtype)
        return mix_factor * real + (1.0 - mix_factor) * fake

    def penalty(self, gradients):
        """`weight` times mean((norm - 1)^2), and the mean norm; both scalars.

        `gradients` holds the gradients of the scores to the images [batch, height, width, channels] and, where there
        is a text and `text_gradient`, to the texts [batch, text].
        """
        norm = gradient_norm(gradients)
        return self.weight * ops.mean(ops.square(norm - 1.0)), ops.mean(norm)


def gradient_norm(gradients, epsilon=1e-12):
    """Euclidean length of each sample's gradient over all tensors in `gradients`; float32 [batch].

    `epsilon` under the root keeps the root's own derivative finite where a gradient is zero.
    """
    squares = [ops.sum(ops.square(ops.cast(g, "float32")), axis=tuple(range(1, len(g.shape)))) for g in gradients]
    return ops.sqrt(sum(squares) + epsilon)
