"""Real images, spoilt: what a generator's distance to real images is held against (uint8 RGB [n, s, s, 3]).

A level made from real images alone is the same for every network; the untrained generator's distance is not: on drawn
faces of 32 pixels it is 121 to 154 with report B's networks and 375 to 431 with report A's, where an unlearned WGAN
stands at 95.
"""

import numpy as np
from scipy.ndimage import gaussian_filter

from hwlib.data.pixels import LUMA

FACE, BLOBS = 3 / 64, 4 / 64
"""Standard deviations of a blur, of the side: with the first a face is left and its eyes are smudges, with the second
hair and skin."""


def blurred(images, deviation):
    """Blurred by a normal window with a standard deviation of so much of the side."""
    side = deviation * images.shape[1]
    return gaussian_filter(images.astype(float), (0, side, side, 0)).round().astype(np.uint8)


def in_gray(images):
    """Luma in all three channels."""
    return np.repeat((images @ LUMA).round().astype(np.uint8)[..., None], 3, axis=-1)


LEVELS = {"face": FACE, "blobs": BLOBS}
"""Name of a level -> the blur."""
