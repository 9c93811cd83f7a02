"""How much images differ: over noise, over texts, and over a whole set. Distances are Euclidean, between features."""

import numpy as np

from hwlib.metrics.distances import squared_distances


def pairwise_distance(features):
    """Mean distance of two different samples of features [n, d], n >= 3; unit: that of the features, range [0, inf).

    Returns a dict: `value`, `error` (of the U-statistic, to first order), `n`.
    """
    x = np.asarray(features, np.float64)
    each = _distances(x).sum(1) / (len(x) - 1)
    return {"value": float(each.mean()), "error": float(2 * each.std(ddof=1) / np.sqrt(len(x))), "n": len(x)}


def diversity(draw, texts, net, noises=16, seed=0):
    """What changes an image more, its noise or its text?

    draw: (texts [n, text], seed) -> uint8 [n, s, s, 3], where the i-th noise depends on seed and i alone, as in
    `hwlib.runs.store.Run.generate`. texts: [tags, text], two or more, each drawn with the same `noises` noises. net: a
    `hwlib.metrics.features.FeatureNet`. Returns what `of_grid` returns, and `features`, the net's name.
    """
    grid = [net(draw(np.repeat(text[None], noises, axis=0), seed)) for text in np.asarray(texts)]
    return of_grid(np.stack(grid)) | {"features": net.name}


def of_grid(features):
    """The same, of features [tags, noises, d] of images drawn with each text and each noise.

    `over_noise`: mean distance of two images with one text and different noise; `over_tags`: with one noise and
    different texts; both in the unit of the features, range [0, inf). `ratio`: the first over the second; 0 where the
    noise changes nothing, infinite where the text changes nothing.

    Each is a dict of `value` and `error` (jackknife over the noises, of which there must be 3 or more; the texts are
    taken as given). Returns these three, and the numbers of `tags` and `noises`.
    """
    x = np.asarray(features, np.float64)
    tags, noises, _ = x.shape
    if tags < 2 or noises < 3:
        raise ValueError(f"Diversity needs 2 texts and 3 noises or more, not {tags} and {noises}.")
    between = np.mean([_distances(row) for row in x], axis=0)  # [noises, noises], mean over the texts
    per_noise = np.array([_distances(column).sum() for column in x.swapaxes(0, 1)]) / (tags * (tags - 1))

    def values(kept):
        over_noise = between[np.ix_(kept, kept)].sum() / (len(kept) * (len(kept) - 1))
        over_tags = per_noise[kept].mean()
        return {"over_noise": over_noise, "over_tags": over_tags, "ratio": over_noise / over_tags}

    with np.errstate(divide="ignore", invalid="ignore"):
        left_out = [values(np.delete(np.arange(noises), j)) for j in range(noises)]
        errors = {name: np.sqrt((noises - 1) * np.var([v[name] for v in left_out])) for name in left_out[0]}
        found = {n: {"value": float(v), "error": float(errors[n])} for n, v in values(np.arange(noises)).items()}
    return found | {"tags": tags, "noises": noises}


def _distances(x):
    return np.sqrt(squared_distances(x, x))
