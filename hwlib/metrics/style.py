"""How much of a style, and of a content's structure and clouds, a picture has: measures that no loss optimises."""

import numpy as np
from scipy.ndimage import gaussian_filter, label
from skimage.filters import threshold_otsu

from hwlib.style.losses import luminance

PATCH, LEVELS = 7, 3
SKY = 0.4
"""Share of the drawn landscape's height, from the top, that shows nothing but sky and clouds."""
BLUR = 1 / 64
"""Of the longer side: the strokes of a style count less than the forms."""


def style_distance(drawn, style, patches=8192, directions=128):
    """Sliced Wasserstein distance of 7x7 colour patches of a picture and a style, at three sizes (Karras et al. 2018).

    uint8 [h, w, 3], of any two sizes. Both are split into two bands of detail and what is left, each of half the size
    of the one before, and each channel is taken in standard deviations of the style's. `patches` of each, at fixed
    random places, are projected on as many fixed random `directions`; the distance along one is that of the sorted
    values. A float, the mean of all: 0 for the style itself, about 1 where everything is one deviation off. Raises
    ValueError below 28 pixels.
    """
    rng, distances = np.random.default_rng(0), []
    if min(*drawn.shape[:2], *style.shape[:2]) < PATCH * 2 ** (LEVELS - 1):
        raise ValueError(f"The style is measured on pictures of {PATCH * 2 ** (LEVELS - 1)} pixels a side or more.")
    for ours, theirs in zip(_bands(drawn), _bands(style), strict=True):
        mean, spread = theirs.mean((0, 1)), theirs.std((0, 1)) + 1e-6
        across = rng.normal(size=(PATCH * PATCH * 3, directions))
        across /= np.linalg.norm(across, axis=0)
        where = rng.random((2, patches))
        sides = [np.sort(_patches((band - mean) / spread, where) @ across, axis=0) for band in (ours, theirs)]
        distances.append(np.abs(sides[0] - sides[1]).mean())
    return float(np.mean(distances))


def structure(drawn, content):
    """Correlation of the luminance gradients of a picture and its content, in [-1, 1]: 1 where all edges are kept.

    uint8 [h, w, 3], both blurred first. Contrast does not matter, its direction does. 0 for a constant.
    """
    ours, theirs = (np.stack(np.gradient(_smooth(image))) for image in (drawn, content))
    size = np.sqrt((ours**2).sum() * (theirs**2).sum())
    return float((ours * theirs).sum() / size) if size > 1e-9 else 0.0


def clouds(drawn, content):
    """What of the sky of a drawn landscape is cloud, bool [0.4 h, w]: its lightest pixels, as many as in the content.

    In the content, that is what Otsu's threshold (1979) parts. With the same area only its pieces can differ. Both are
    blurred, and each row less its darkest fifth, which is open sky: that is lighter towards the horizon.
    """
    sky, own = _sky(content), _sky(drawn)
    return own > np.quantile(own, np.mean(sky <= threshold_otsu(sky)))


def pieces(mask):
    """How a mask [h, w] hangs together: dict of `number`, and `size`, the area of the piece that a pixel of it lies in.

    Pieces touch along sides. The mean over the mask's pixels, as a share of the whole; both 0 for an empty mask.
    """
    labels, number = label(mask)
    areas = np.bincount(labels.ravel())[1:].astype(float)
    return {"number": number, "size": float((areas**2).sum() / areas.sum() / mask.size) if number else 0.0}


def _sky(image):
    sky = _smooth(image)[: round(SKY * image.shape[0])]
    return sky - np.quantile(sky, 0.2, axis=1, keepdims=True)


def _smooth(image):
    return gaussian_filter(luminance(image)[..., 0].astype(float), BLUR * max(image.shape[:2]))


def _bands(image):
    """Bands of a Laplacian pyramid, the finest first and what is left last: float [h, w, 3], [h / 2, w / 2, 3] ..."""
    bands, left = [], image.astype(float)
    for _ in range(LEVELS - 1):
        smooth = gaussian_filter(left, (1, 1, 0))
        bands.append(left - smooth)
        left = smooth[::2, ::2]
    return [*bands, left]


def _patches(band, where):
    """Patches [n, 7 * 7 * 3] of a band at places [2, n] in [0, 1)."""
    windows = np.lib.stride_tricks.sliding_window_view(band, (PATCH, PATCH), axis=(0, 1))
    rows, columns = (where * np.array(windows.shape[:2])[:, None]).astype(int)
    return windows[rows, columns].reshape(where.shape[1], -1)
