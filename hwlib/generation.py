"""New images from a trained generator."""

import numpy as np

from hwlib.callbacks import to_uint8
from hwlib.training import Settings, draw_latents


def draw(generator, settings, texts, seed=0):
    """One image for each text, from latents that `seed` decides.

    Args:
        settings: dict, of the run that trained the generator (`hwlib.training.Settings`).
        texts: [n, text] of 0 and 1; an unconditional generator draws n images and ignores them.

    Returns uint8 [n, height, width, 3]; of a gray generator all three channels are the same.
    """
    settings = Settings(**settings)
    latents = draw_latents(settings, len(texts), np.random.default_rng(seed))
    inputs = [latents, np.asarray(texts, np.float32)]
    images = generator.predict(inputs if settings.conditional else inputs[0], batch_size=128, verbose=0)
    return to_uint8(images, settings.value_range)
