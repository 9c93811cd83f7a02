"""How much of a style, and of a content's structure, a picture has; each with an interval over parts of the picture.

Parts are tiles, left out one after the other (a jackknife in space, Tukey 1958): an interval says how far the number
depends on which part of this picture is looked at, not what other pictures would give.
"""

import numpy as np
from scipy import stats
from scipy.ndimage import gaussian_filter

from hwlib.backend import keras
from hwlib.data.paintings import picture
from hwlib.style.losses import batch_of_one, gram, luminance
from hwlib.style.transfer import Settings, pictures

TILES = 4
"""Along a side."""


def resamples():
    """Weights of the tiles, float64 [1 + 16, 16], rows of sum 1: all alike first, then each tile left out in turn."""
    n = TILES**2
    return np.concatenate([np.full((1, n), 1 / n), (1 - np.eye(n)) / (n - 1)])


def gram_matrices(maps, style):
    """Layer -> Gram matrix float64 [n, n] of a style, uint8 [h, w, 3], at the layers of a `FeatureMaps`."""
    return {layer: np.asarray(gram(found), np.float64) for layer, found in maps(batch_of_one(style)).items()}


def style_distance(maps, drawn, targets, weights):
    """Relative squared distance of Gram matrices, ||G - A||^2 / ||A||^2, the mean over the layers of `maps`.

    maps: a `hwlib.style.losses.FeatureMaps`. drawn: uint8 [h, w, 3]. targets: the style's `gram_matrices`. weights:
    [b, 16] of the picture's tiles (`resamples`). Returns float64 [b]; 0 for a picture with the style's own statistics.
    G is the mean of the tiles' Gram matrices; rows and columns of a map that do not fill a tile are left out. Raises
    ValueError for a map smaller than 4x4.
    """
    found, distances = maps(batch_of_one(drawn)), []
    for layer, target in targets.items():
        apart = np.stack([np.asarray(gram(tile), np.float64) - target for tile in _tiles(found[layer], layer)])
        flat = apart.reshape(len(apart), -1)
        products = flat @ flat.T / (target**2).sum()  # of each two tiles, so that a resample costs nothing
        distances.append(np.einsum("bi,ij,bj->b", weights, products, weights))
    return np.mean(distances, axis=0)


def structure(drawn, content, weights, blur=1 / 64):
    """Correlation of the luminance gradients of a picture and its content, in [-1, 1]: 1 where all edges are kept.

    Both are blurred (Gaussian, `blur` of the longer side), so that strokes count less than forms. Contrast does not
    matter, its direction does. uint8 [h, w, 3] and weights [b, 16] of the tiles; returns float64 [b]. 0 for a constant.
    """
    fields = []
    for image in (drawn, content):
        smooth = gaussian_filter(luminance(image)[..., 0].astype(float), blur * max(image.shape[:2]))
        fields.append(np.stack(np.gradient(smooth), axis=-1))
    ours, theirs = fields
    sums = [weights @ _sums(product) for product in (ours * theirs, ours**2, theirs**2)]
    size = np.sqrt(sums[1] * sums[2])
    return np.divide(sums[0], size, out=np.zeros_like(size), where=size > 1e-9)


def style_distances(runs, maps):
    """`style_distance` of all pictures of finished style runs from their styles, with resamples: a list of [1 + 16].

    A picture in several styles counts as one in the first.
    """
    found, weights, targets = [], resamples(), {}
    for run in runs:
        settings = Settings(**run.settings)
        for (_, styles), drawn in pictures(run).items():
            style = styles.split("+")[0], settings.style_size or settings.size, run.seed
            if style not in targets:
                targets[style] = gram_matrices(maps, picture(*style))
            found.append(style_distance(maps, drawn, targets[style], weights))
    return found


def structures(runs):
    """`structure` of all pictures of finished style runs against their contents, as `style_distances`."""
    weights = resamples()
    return [
        structure(drawn, picture(content, Settings(**run.settings).size, run.seed), weights)
        for run in runs
        for (content, _), drawn in pictures(run).items()
    ]


def interval(values):
    """Dict `value`, `low`, `high` of a statistic over `resamples` [1 + n]: the whole picture's, its 95 % interval."""
    n = len(values) - 1
    half = stats.t.ppf(0.975, n - 1) * np.sqrt((n - 1) * np.var(values[1:]))
    return {"value": float(values[0]), "low": float(values[0] - half), "high": float(values[0] + half)}


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
