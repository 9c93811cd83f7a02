"""How much of a style, and of a content's structure, a picture has; each with an interval over parts of the picture.

Parts are tiles, drawn again with replacement (a bootstrap in space): an interval says how far the number depends on
which part of this picture is looked at, not what other pictures would give.
"""

import numpy as np
from scipy.ndimage import gaussian_filter

from hwlib.backend import keras
from hwlib.style.losses import batch_of_one, gram, luminance

TILES = 4
"""Along a side."""


def resamples(draws=400, seed=0):
    """Weights of the tiles, float64 [1 + draws, 16], rows of sum 1: all alike first, then drawn with replacement."""
    n = TILES**2
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), draws) / n
    return np.concatenate([np.full((1, n), 1 / n), drawn])


def style_distance(maps, picture, style, weights):
    """Relative squared distance of Gram matrices, ||G - A||^2 / ||A||^2, the mean over the layers of `maps`.

    maps: a `hwlib.style.losses.FeatureMaps`. picture, style: uint8 [h, w, 3]. weights: [b, 16] of the
    picture's tiles (`resamples`). Returns float64 [b]; 0 for a picture with the style's own statistics. G is the mean of the tiles' Gram
    matrices; rows and columns of a map that do not fill a tile are left out. Raises ValueError for a map smaller than
    4x4.
    """
    of_picture, of_style = maps(batch_of_one(picture)), maps(batch_of_one(style))
    distances = []
    for layer in maps.layers:
        target = np.asarray(gram(of_style[layer]), np.float64)
        apart = np.stack([np.asarray(gram(tile), np.float64) - target for tile in _tiles(of_picture[layer], layer)])
        flat = apart.reshape(len(apart), -1)
        products = flat @ flat.T / (target**2).sum()  # of each two tiles, so that a resample costs nothing
        distances.append(np.einsum("bi,ij,bj->b", weights, products, weights))
    return np.mean(distances, axis=0)


def structure(picture, content, weights, blur=1 / 64):
    """Correlation of the luminance gradients of a picture and its content, in [-1, 1]: 1 where all edges are kept.

    Both are blurred (Gaussian, `blur` of the longer side), so that strokes count less than forms. Contrast does not
    matter, its direction does. uint8 [h, w, 3] and weights [b, 16] of the tiles; returns float64 [b]. 0 for a constant.
    """
    fields = []
    for image in (picture, content):
        smooth = gaussian_filter(luminance(image)[..., 0].astype(float), blur * max(image.shape[:2]))
        fields.append(np.stack(np.gradient(smooth), axis=-1))
    ours, theirs = fields
    sums = [weights @ _sums(product) for product in (ours * theirs, ours**2, theirs**2)]
    size = np.sqrt(sums[1] * sums[2])
    return np.divide(sums[0], size, out=np.zeros_like(size), where=size > 1e-9)


def interval(values):
    """Dict `value`, `low`, `high` of a statistic over `resamples`: the whole picture's, and 95 % of the draws'."""
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return {"value": float(values[0]), "low": float(low), "high": float(high)}


def _tiles(features, layer):
    """Tiles [1, h / 4, w / 4, n] of a map [1, h, w, n], row by row."""
    _, height, width, _ = features.shape
    if min(height, width) < TILES:
        raise ValueError(
            f"{layer} has {height}x{width} places, too few for {TILES}x{TILES} tiles: use a larger picture."
        )
    high, wide = height // TILES, width // TILES
    kept = keras.ops.convert_to_numpy(features)[:, : TILES * high, : TILES * wide]
    return [kept[:, i * high : (i + 1) * high, j * wide : (j + 1) * wide] for i in range(TILES) for j in range(TILES)]


def _sums(product):
    """Sums over the tiles of [h, w, 2]: float64 [16]."""
    rows = np.array_split(product.sum(-1), TILES, axis=0)
    return np.array([part.sum() for row in rows for part in np.array_split(row, TILES, axis=1)])
