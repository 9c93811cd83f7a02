"""Pixels between the numbers of a network and the bytes of a picture."""

import numpy as np

LUMA = np.array((0.299, 0.587, 0.114))
"""Weights of R, G and B in the luminance (luma of ITU-R BT.601)."""


def to_uint8(images, value_range):
    """Float images [n, h, w, 1 or 3] in `value_range` to uint8 [n, h, w, 3]; what is not a number becomes 0."""
    low, high = value_range
    scaled = (np.nan_to_num(images, nan=low) - low) / (high - low)
    drawn = np.rint(np.clip(scaled, 0, 1) * 255).astype(np.uint8)
    return np.repeat(drawn, 3, axis=-1) if images.shape[-1] == 1 else drawn
