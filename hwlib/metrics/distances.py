"""Distances between two sets of images, in the features of a net (`hwlib.metrics.features`), and their spread.

All take float arrays [n, d], one row a sample, and compute in float64. Results are dicts of plain numbers: `value`,
`error` (one standard error) and the sample sizes. Values of different nets, or of different sample sizes, do not
compare; nor do these with published ones, which are of an Inception network.
"""

import numpy as np


def compare(real, fake, k=5):
    """All distances between features of real [n, d] and of generated images [m, d], by one net.

    A dict: `frechet`, `kernel`, and the four of `precision_recall_density_coverage`.
    """
    distances = {"frechet": frechet_distance(real, fake), "kernel": kernel_distance(real, fake)}
    return distances | precision_recall_density_coverage(real, fake, k)


def frechet_distance(a, b):
    """Squared Frechet distance of the Gaussians with the samples' means and covariances.

    |mean a - mean b|^2 + tr(A + B - 2 (AB)^(1/2)) (Dowson and Landau 1982; Heusel et al. 2017, eq. 6). Unit: that of
    the features, squared; range [0, inf). a: [n, d], b: [m, d], n and m 2 or more.

    The value is biased upwards, by about a constant times 1/n (Chong and Forsyth 2020): compare values of the same n
    and m only, and with the value of two sets of real images of that size. The error is in closed form, from the
    influence of each sample on the value (infinitesimal jackknife, Efron 1982); in simulations 10 to 40 % too large.

    Returns a dict: `value`, `error`, `n_a`, `n_b`. Raises ValueError for features that are not finite.
    """
    a, b = _checked(a, b)
    shift = a.mean(0) - b.mean(0)
    centred = [x - x.mean(0) for x in (a, b)]
    # With A = R'R and B = S'S the eigenvalues of AB are those of (RS')(RS')': no covariance is multiplied out, and no
    # matrix is larger than the lesser of n and d.
    factors = [np.linalg.qr(x / np.sqrt(len(x) - 1)) for x in centred]
    left, singular, right = np.linalg.svd(factors[0].R @ factors[1].R.T, full_matrices=False)
    value, variance = shift @ shift - 2 * singular.sum(), 0
    for x, factor, vectors, slope in zip(centred, factors, (left, right.T), (2 * shift, -2 * shift), strict=True):
        value += (factor.R**2).sum()
        influence = x @ slope + (x**2).sum(1) - len(x) * (factor.Q @ vectors) ** 2 @ singular
        variance += influence.var(ddof=1) / len(x)
    return {"value": max(0.0, float(value)), "error": float(np.sqrt(variance)), "n_a": len(a), "n_b": len(b)}


def kernel_distance(a, b):
    """Unbiased squared maximum mean discrepancy with the kernel (x.y / d + 1)^3: KID, in these features.

    Binkowski et al. 2018, section 4; the estimator is that of Gretton et al. 2012, eq. 3. No unit; its mean is 0 for
    two samples of one distribution, so single values may be negative. a: [n, d], b: [m, d], n and m 2 or more.

    The error is the closed form of first order, from the U-statistic's projection on single samples (Sutherland et al.
    2017, the leading term), with no subsets drawn. Where the distributions agree it is too large, by up to sqrt(2).
    Returns a dict: `value`, `error`, `n_a`, `n_b`.
    """
    a, b = _checked(a, b)
    across = _cubic(a, b)
    own = [_others(_cubic(a, a)) - across.mean(1), _others(_cubic(b, b)) - across.mean(0)]
    error = np.sqrt(sum(4 * x.var(ddof=1) / len(x) for x in own))
    return {"value": float(sum(x.mean() for x in own)), "error": float(error), "n_a": len(a), "n_b": len(b)}


def precision_recall_density_coverage(real, fake, k=5):
    """How many generated images lie among the real ones, and how many real ones have generated ones beside them.

    Around each sample lies a ball that reaches to the k-th neighbour in its own set. Precision: share of generated
    images inside any real ball; recall: share of real images inside any generated ball (Kynkaanniemi et al. 2019,
    eq. 1, 2). Density: number of real balls around a generated image, over k; coverage: share of real balls with a
    generated image inside (Naeem et al. 2020). All in [0, 1] but density, [0, n / k]. Two large samples of one size
    from one distribution have density 1 and coverage 1 - 2^-k, nearly.

    real: [n, d], fake: [m, d], with n, m > k. Returns name -> dict of `value`, `error` (over the images whose share it
    is, the balls held fixed), `k`, `n_real`, `n_fake`.
    """
    real, fake = _checked(real, fake, least=k + 1)
    distances = squared_distances(real, fake)
    in_real = distances <= _squared_radii(real, k)[:, None]
    in_fake = distances <= _squared_radii(fake, k)
    each = {
        "precision": in_real.any(0),
        "recall": in_fake.any(1),
        "density": in_real.sum(0) / k,
        "coverage": in_real.any(1),
    }
    sizes = {"k": k, "n_real": len(real), "n_fake": len(fake)}
    return {name: mean(values) | sizes for name, values in each.items()}


def mean(values):
    """Mean of one number per image, values [n], n >= 2, and its standard error: a dict of `value`, `error`."""
    return {"value": float(np.mean(values)), "error": float(np.std(values, ddof=1) / np.sqrt(len(values)))}


def bootstrap(statistic, *samples, n=200, seed=0):
    """A statistic of one or more samples and the 95 % interval that resampling their rows gives.

    statistic: takes arrays like `samples` and returns a number. n: resamplings, each sample drawn with replacement, on
    its own. The interval is that of the resampled values (Efron 1979), moved so that their mean is `value`: resampling
    shifts a biased statistic such as a Frechet distance by its bias once more, which says nothing about its spread.
    It holds for other samples of the same size. Returns a dict: `value`, `low`, `high`, `resamplings`.
    """
    rng = np.random.default_rng(seed)
    samples = [np.asarray(sample) for sample in samples]
    drawn = [statistic(*(x[rng.integers(len(x), size=len(x))] for x in samples)) for _ in range(n)]
    value = float(statistic(*samples))
    low, high = value + np.quantile(drawn, (0.025, 0.975)) - np.mean(drawn)
    return {"value": value, "low": float(low), "high": float(high), "resamplings": n}


def squared_distances(a, b):
    """Squared Euclidean distances [n, m] between the rows of a [n, d] and of b [m, d], float64; rounding is 0."""
    scale = (a**2).sum(1)[:, None] + (b**2).sum(1)
    squared = scale - 2 * a @ b.T
    return np.where(squared > 1e-12 * scale, squared, 0.0)  # less is the rounding of float32 features


def _squared_radii(x, k):
    return np.partition(squared_distances(x, x), k, axis=1)[:, k]  # the smallest is the sample itself


def _cubic(a, b):
    return (a @ b.T / a.shape[1] + 1) ** 3


def _others(kernel):
    """Mean of each row of a square matrix without its diagonal."""
    return (kernel.sum(1) - np.diag(kernel)) / (len(kernel) - 1)


def _checked(*samples, least=2):
    samples = [np.asarray(x, np.float64) for x in samples]
    for x in samples:
        if x.ndim != 2 or len(x) < least or x.shape[1] != samples[0].shape[1]:
            shapes = ", ".join(str(s.shape) for s in samples)
            raise ValueError(f"Features are arrays [n, d] of one d, with n of {least} or more; these are {shapes}.")
        if not np.isfinite(x).all():
            raise ValueError("Some features are not finite.")
    return samples
