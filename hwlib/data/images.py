"""Any picture file as a square RGB array."""

import contextlib
import io
import threading
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
VERSION = 2  # part of the cache key: raise it when the same file would give other pixels
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")  # by content; Pillow knows others, and starts programs for some
PIXELS = 50_000_000
"""A larger picture is not decoded: a file of 1 MB could take all memory."""
SCANS = 100
"""A JPEG of more scans is not decoded, as it could take hours; a progressive one has about ten."""

_ONE_LARGE = threading.Lock()  # pictures of more than a third of PIXELS are decoded one at a time: each takes 0.6 GB
warnings.filterwarnings("ignore", module=r"PIL\.")  # about odd files; what cannot be decoded is told by an exception


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

    data: the file's bytes, one of FORMATS; of an animation the first frame. It is turned upright (EXIF) and laid on
    white where it is transparent. Raises ValueError for more than PIXELS or SCANS, and whatever Pillow raises for a
    file that is broken or cut off.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        pixels = image.width * image.height
    except UnidentifiedImageError:
        raise ValueError("not a picture") from None
    except Image.DecompressionBombError:
        pixels = float("inf")
    if pixels > PIXELS:
        raise ValueError(f"more than {PIXELS // 10**6} million pixels")
    if image.format in ("JPEG", "MPO") and data.count(b"\xff\xda") > SCANS:
        raise ValueError(f"a JPEG of more than {SCANS} scans")
    with _ONE_LARGE if pixels > PIXELS / 3 else contextlib.nullcontext():
        image.draft(None, (4 * size, 4 * size))  # a large JPEG is decoded at a fraction that is still 4 times finer
        ImageOps.exif_transpose(image, in_place=True)
        if image.mode.startswith("I"):  # 16-bit gray, which Pillow's own conversion would clip at 255
            image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        if image.has_transparency_data:
            image = image if image.mode == "RGBA" else image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        return image if image.mode == "RGB" else image.convert("RGB")  # a copy of a large one is a lot of memory
