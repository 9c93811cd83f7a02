"""New images from a trained generator: for texts, from chosen latents, and as the course's test asks for them."""

import numpy as np

from hwlib.data.pixels import to_uint8
from hwlib.training.gan import Settings, draw_latents


def draw(generator, settings, texts, seed=0):
    """One image for each text, from latents that `seed` decides.

    Args:
        settings: dict, of the run that trained the generator (`hwlib.training.gan.Settings`).
        texts: [n, text] of 0 and 1; an unconditional generator draws n images and ignores them.

    Returns uint8 [n, height, width, 3]; of a gray generator all three channels are the same.
    """
    return images(generator, settings, latents(settings, len(texts), seed), texts)


def latents(settings, n, seed=0):
    """`n` latents as training draws them, float32 [n, latent_dim]; the i-th depends on `seed` and i alone."""
    return draw_latents(Settings(**settings), n, np.random.default_rng(seed))


def images(generator, settings, latents, texts):
    """The images of latents [n, latent_dim] and texts [n, text], whose numbers may be any: uint8 [n, h, w, 3]."""
    settings = Settings(**settings)
    inputs = [np.asarray(latents, np.float32), np.asarray(texts, np.float32)]
    drawn = generator.predict(inputs if settings.conditional else inputs[0], batch_size=128, verbose=0)
    return to_uint8(drawn, settings.value_range)


def great_circle(a, b, steps):
    """`steps` latents from `a` to `b` [latent_dim] on the arc between them, both ends included (White 2016).

    Normal latents lie near a sphere; a straight line would cut through its inside, where training never went.
    Returns float64 [steps, latent_dim].
    """
    angle = np.arccos(np.clip(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)), -1, 1))
    t = np.linspace(0, 1, steps)[:, None]
    if np.isclose(np.sin(angle), 0):
        return (1 - t) * a + t * b
    return (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
