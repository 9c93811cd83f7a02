"""Pictures as arrays: any file as a square of RGB, and what a network draws as bytes."""

import io

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
LUMA = np.array((0.299, 0.587, 0.114))
"""Weights of R, G and B in the luminance (luma of ITU-R BT.601)."""
VERSION = 1  # part of the cache key: raise it when the same file would give other pixels


def square(data, size):
    """Decode a picture file and fit it to a square.

    The picture, `decoded`, is cropped to its central square and resized (Lanczos; pixels of a picture that has the size
    already stay as they are). Returns uint8 [size, size, 3].
    """
    image = decoded(data, size)
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return np.asarray(image.resize((size, size), Image.Resampling.LANCZOS, (left, top, left + side, top + side)))


def decoded(data, size):
    """A picture file as an 8-bit RGB `PIL.Image`, at least four times as large as `size` if the file is.

    data: the file's bytes, one of SUFFIXES; of an animation the first frame. It is turned upright (EXIF) and laid on
    white where it is transparent. Raises whatever Pillow raises for a file that is broken or cut off.
    """
    try:
        image = Image.open(io.BytesIO(data))
    except UnidentifiedImageError:
        raise ValueError("not a picture") from None
    with image:
        image.draft(None, (4 * size, 4 * size))  # a large JPEG is decoded at a fraction that is still 4 times finer
        image = ImageOps.exif_transpose(image)
        if image.mode.startswith("I"):  # 16-bit gray, which Pillow's own conversion would clip at 255
            image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        if image.has_transparency_data:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        return image.convert("RGB")


def to_uint8(images, value_range):
    """Float images [n, h, w, 1 or 3] in `value_range` to uint8 [n, h, w, 3]; what is not a number becomes 0."""
    low, high = value_range
    scaled = (np.nan_to_num(images, nan=low) - low) / (high - low)
    drawn = np.rint(np.clip(scaled, 0, 1) * 255).astype(np.uint8)
    return np.repeat(drawn, 3, axis=-1) if images.shape[-1] == 1 else drawn
