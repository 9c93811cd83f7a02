"""The form that all objectives share."""

from hwlib.backend import keras

ops = keras.ops


class Objective:
    """Losses of a discriminator (or critic) and of its generator, from scores.

    A subclass says what one score costs: `real` and `fake` for the discriminator, `generator` for the generator.
    Scores are float32 of shape [batch, 1], unbounded: the last layer is linear, a sigmoid belongs to the loss.
    `seed` is a `keras.random.SeedGenerator` or None; only objectives with random labels draw from it.
    """

    clip = None
    """Bound of the discriminator's weights after each update, or None."""

    penalised = False
    """Whether the discriminator's loss has a gradient penalty (see `wasserstein`)."""

    def real(self, score, seed=None):
        """Cost of `score` given to a real image with its right text; same shape as `score`."""
        raise NotImplementedError

    def fake(self, score, seed=None):
        """Cost of `score` given to a generated image, or to a real one with a wrong text."""
        raise NotImplementedError

    def generator(self, score):
        """What `score` of a generated image costs the generator."""
        raise NotImplementedError

    def discriminator_loss(self, right, fake, wrong=None, seed=None):
        """Mean loss of the discriminator, a scalar, without penalty.

        With scores `wrong` of real images under wrong texts this is the matching-aware form (Reed et al. 2016,
        algorithm 1; report A, section 1): both ways of being false weigh one half.
        """
        loss = ops.mean(self.real(right, seed))
        if wrong is None:
            return loss + ops.mean(self.fake(fake, seed))
        return loss + 0.5 * ops.mean(self.fake(fake, seed)) + 0.5 * ops.mean(self.fake(wrong, seed))

    def generator_loss(self, fake):
        """Mean loss of the generator, a scalar."""
        return ops.mean(self.generator(fake))
