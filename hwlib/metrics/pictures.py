"""What can be measured on the images themselves, uint8 RGB [n, s, s, 3]: one number per image, float64 [n].

Set against real images, since drawn faces and photographs differ in all of them. For the mean and its error see
`distances.mean`, for other statistics `distances.bootstrap`.
"""

from itertools import pairwise

import numpy as np

from hwlib.data.pixels import LUMA
from hwlib.metrics.distances import squared_distances


def lattice_energy(images, period=4):
    """Share of an image's spectral energy that lies at periods of `period` pixels and its halves, in [0, 1].

    These are the periods that upsamplings by 2 can leave behind (Odena et al. 2016), two of them for 4: the frequencies
    that are multiples of 1/4 cycle per pixel in both directions, the mean (0, 0) left out. Put otherwise, and computed
    so: the share of the variance, over the three channels, that the place modulo 4 explains. Pixels are weighted by a
    Hann window, without which the jump from one border to the opposite one would count as energy at all frequencies.

    1: nothing but such a pattern; white noise, period 4: 33.75 / s^2 on average (0.008 at 64 pixels, 0.033 at 32); 0: a
    constant image. Raises ValueError for a side that is no multiple of the period, or less than twice as long.
    """
    x, weights = _centred(images, period)
    pattern, whole = ((weights * part**2).sum((1, 2, 3)) for part in (_lattice(x, weights, period), x))
    return _share(pattern, whole)


def doublings(size):
    """The periods that doublings from a map of 4x4 to images of `size` pixels can leave: 2, 4 ... size / 4."""
    return tuple(2**i for i in range(1, size.bit_length() - 2))


def lattice_peaks(images, periods):
    """Of each period, 2, 4, 8 ..., how far the lattice stands out: its energy over that of the frequencies around it.

    Two spectral energies per frequency, float64 [2, n, periods]: at the multiples of 1 / period cycles per pixel that
    are none of its half, and two steps of the spectrum away from these, where the window's lobe ends. White noise has
    as much at both, faces have less at the first, and a lattice has more. Raises ValueError as `lattice_energy`.
    """
    x, weights = _centred(images)
    energy = (np.abs(np.fft.fft2(weights * x, axes=(1, 2))) ** 2).sum(-1)
    size = images.shape[1]
    found = []
    for period in periods:
        step = size // period  # of the spectrum, between two of the period's frequencies
        on = np.zeros((size, size), bool)
        on[::step, ::step] = True
        on[:: 2 * step, :: 2 * step] = False  # these have half of the period, or none
        far = [np.roll(on, by, (0, 1)) for by in ((2, 0), (-2, 0), (0, 2), (0, -2), (2, 2), (2, -2), (-2, 2), (-2, -2))]
        found.append([energy[:, on].mean(1), np.mean([energy[:, one].mean(1) for one in far], axis=0)])
    return np.moveaxis(np.array(found), 0, -1)


RINGS = (1 / 8, 3 / 16, 1 / 4, 3 / 8, 1.0)
"""Frequencies, in cycles per pixel, between which fine detail is taken ring by ring: periods from 8 pixels down."""


def detail(images):
    """Spectral energy of the luminance in each of `RINGS`, float64 [n, 4], not as a share: a flat blob has little.

    Borders are weighted and the lattice of 4 pixels is taken out as in `sharpness`; raises ValueError as it does.
    """
    x, weights = _centred((images @ LUMA)[..., None] / 255)
    x = x - _lattice(x, weights, 4)
    spectrum = np.abs(np.fft.fft2((weights * x)[..., 0])) ** 2
    frequency = np.hypot(*np.meshgrid(*[np.fft.fftfreq(images.shape[1])] * 2))
    rings = [(frequency >= low) & (frequency < high) for low, high in pairwise(RINGS)]
    return np.stack([spectrum[:, ring].sum(1) for ring in rings], axis=1)


def sharpness(images, band=(1 / 8, 1.0)):
    """Share of an image's spectral energy in fine detail, in [0, 1]: of its luminance, so that gray images compare.

    band: frequencies in cycles per pixel, by their distance from 0, the ends included. Detail of periods up to 8 pixels
    by default; the corner of the spectrum lies at 0.71. The mean is removed, borders are weighted by a Hann window, and
    what `lattice_energy` counts is taken out beforehand, or artefacts of upsampling would pass for detail. Noise does:
    a value above that of real images is no praise. 0 for a constant image. Raises ValueError as `lattice_energy`.
    """
    x, weights = _centred((images @ LUMA)[..., None])
    x = x - _lattice(x, weights, 4)
    spectrum = np.abs(np.fft.fft2((weights * x)[..., 0])) ** 2
    frequency = np.hypot(*np.meshgrid(*[np.fft.fftfreq(images.shape[1])] * 2))
    inside = (frequency >= band[0]) & (frequency <= band[1])
    return _share(spectrum[:, inside].sum(1), spectrum.sum((1, 2)))


def luminance(images):
    """Mean luminance (luma of BT.601), in [0, 1]."""
    return (images.mean((1, 2)) / 255) @ LUMA


def saturation(images):
    """Mean saturation as in HSV, (max - min) / max of the channels, in [0, 1]; that of black is 0."""
    high, low = images.max(-1).astype(float), images.min(-1)
    return np.divide(high - low, high, out=np.zeros_like(high), where=high > 0).mean((1, 2))


def saturated_share(images):
    """Share of pixels whose three channels all lie at an end of the range, 0 or 255, in [0, 1]."""
    return ((images == 0) | (images == 255)).all(-1).mean((1, 2))


def white(images):
    """Whether most of an image is near white, a luminance above 0.95: 0 or 1."""
    return ((images @ LUMA > 0.95 * 255).mean((1, 2)) > 0.5).astype(float)


def nearest_neighbours(generated, train):
    """For features of generated images [n, d] the nearest of the training images [m, d].

    Returns their distances, float64 [n], and places in `train`, int [n].
    """
    train = np.asarray(train, np.float64)
    parts = np.array_split(np.asarray(generated, np.float64), -(-len(generated) // 256))  # bounds the memory
    squared = [squared_distances(part, train) for part in parts]
    return np.sqrt(np.concatenate([s.min(1) for s in squared])), np.concatenate([s.argmin(1) for s in squared])


def _centred(x, period=4):
    """Channels less their weighted mean, and the weights [s, s, 1], a Hann window of sum 1."""
    _, size, width, _ = x.shape
    if size < 2 * period or size % period or width != size:
        raise ValueError(f"The lattice of {period} pixels does not fit images of {size}x{width} pixels.")
    hann = np.hanning(size + 1)[:-1]
    weights = np.outer(hann, hann)[..., None] / hann.sum() ** 2
    return x - (weights * x).sum((1, 2), keepdims=True), weights


def _lattice(x, weights, period):
    """The part of images [n, s, s, c] that repeats every `period` pixels: the weighted mean at each place modulo it."""
    n, size, _, channels = x.shape
    repeats = size // period
    cells = (weights * x).reshape(n, repeats, period, repeats, period, channels).sum((1, 3))
    return np.tile(period**2 * cells, (1, repeats, repeats, 1))  # each place holds 1 / period^2 of the weight


def _share(part, whole):
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 1e-9)
