"""Pictures for style transfer: styles and a landscape drawn by code, photographs of scikit-image, the user's files.

What is drawn here is the project's own and made for the purpose: a style should have its own strokes, its own palette
and structure at several sizes, or there is nothing to transfer.
"""

import importlib.util
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, zoom
from scipy.spatial import cKDTree

from hwlib.data import images
from hwlib.data.tags import DataError

PHOTOGRAPHS = {"astronaut": "astronaut.png", "cat": "chelsea.png", "coffee": "coffee.png", "rocket": "rocket.jpg"}
"""Photographs in scikit-image's package: free to use, the rocket with a sky."""


def picture(name, size, seed=0):
    """A picture by name, or a file by path: uint8 RGB [h, w, 3], its longer side `size` pixels.

    name: one of DRAWN or PHOTOGRAPHS, or the path of a picture file. What is drawn is square, and drawn from `seed`;
    "landscape 2" is another one, from `seed` + 2. Raises DataError for what is no picture.
    """
    what, _, other = name.partition(" ")
    if what in DRAWN and (not other or other.isdecimal()):
        return _drawn(what, size, seed + int(other or 0))
    path = _photograph(name) if name in PHOTOGRAPHS else Path(name).expanduser()
    if not path.is_file():
        known = ", ".join([*DRAWN, *PHOTOGRAPHS])
        raise DataError(f"no picture '{name}': give {known}, or the path of a picture file")
    try:
        image = images.decoded(path.read_bytes(), size)
    except Exception as error:  # Pillow raises many kinds
        raise DataError(f"{path.name} cannot be read as a picture: {error}") from None
    scale = size / max(image.size)
    shape = [max(1, round(side * scale)) for side in image.size]
    return np.asarray(image.resize(shape, Image.Resampling.LANCZOS))


@cache
def _drawn(name, size, seed):
    """Drawn at four times the size and reduced, so that no edge is jagged; read-only."""
    large = DRAWN[name](4 * size, np.random.default_rng(seed))
    image = np.asarray(Image.fromarray(large).resize((size, size), Image.Resampling.BOX))
    image.flags.writeable = False
    return image


def _photograph(name):
    package = importlib.util.find_spec("skimage")  # found, not imported
    if package is None:
        raise DataError(f"the photograph '{name}' is in the package scikit-image, which is not installed")
    return Path(package.origin).parent / "data" / PHOTOGRAPHS[name]


def noise(size, rng, coarsest=4, octaves=5, fall=0.5):
    """Smooth random values, float [size, size] in [0, 1]: octaves of splines through random grids.

    coarsest: cells of the first grid along a side; each octave has twice as many and `fall` times the height.
    """
    total = np.zeros((size, size))
    for octave in range(octaves):
        cells = coarsest * 2**octave + 3
        grid = zoom(rng.random((cells, cells)), 256 // cells + 1, order=3)[:256, :256]
        total += fall**octave * np.asarray(Image.fromarray(grid.astype(np.float32)).resize((size, size), 3))
    return (total - total.min()) / np.ptp(total)


def coloured(values, colours):
    """Values in [0, 1] to colours along a palette ["#rrggbb", ...]: float [..., 3] in [0, 255]."""
    palette = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours], float)
    at = np.clip(values, 0, 1) * (len(palette) - 1)
    return np.stack([np.interp(at, range(len(palette)), channel) for channel in palette.T], axis=-1)


def strokes(size, rng):
    """Thick short brush strokes that follow eddies, night blue to yellow."""
    y, x = np.mgrid[:size, :size] / size
    angle, light = 1.2 * noise(size, rng, 2, 3), np.zeros((size, size))
    flow = np.exp(1j * 2 * np.pi * angle)
    for column, row in ((0, 0), (2, 0.4), (1, 1), (0, 2), (2, 2)):  # eddies: strokes run around centres, which shine
        (cy, cx), radius = (np.array([row, column]) + rng.random(2)) / 3, rng.uniform(0.1, 0.2)
        turn = ((x - cx) + 1j * (y - cy)) * 1j * rng.choice([-1, 1])
        near = np.exp(-(np.abs(turn) ** 2) / (2 * radius**2))
        flow += 4 * near * turn / (np.abs(turn) + 1e-6)
        light += np.exp(-(np.abs(turn) ** 2) / (2 * (radius / 2.2) ** 2))
    tone = np.clip(0.62 * noise(size, rng, 3, 4) + 0.75 * light, 0, 1)
    flow /= np.abs(flow) + 1e-6
    image = Image.new("RGB", (size, size), "#14213d")
    draw, length, width = ImageDraw.Draw(image), 0.06 * size, 0.014 * size
    for _ in range(5500):
        points = [rng.random(2) * size]
        colour = tone[tuple(np.clip(points[0].astype(int), 0, size - 1)[::-1])] + rng.normal(0, 0.09)
        for _ in range(6):
            px, py = np.clip(points[-1].astype(int), 0, size - 1)
            points.append(points[-1] + length / 6 * np.array([flow[py, px].real, flow[py, px].imag]))
        paint = coloured(colour, ["#0b1437", "#1d3f8f", "#2f6fc4", "#7fb4d9", "#e9e2a5", "#f7c948", "#f2a03d"])
        ends = [tuple(p) for p in points]
        wide = round(width * rng.uniform(0.5, 1.1))
        draw.line(ends, tuple(int(v) for v in paint * 0.72), wide, "curve")
        draw.line(
            [(px - wide / 6, py - wide / 6) for px, py in ends], tuple(map(int, paint)), max(1, wide // 2), "curve"
        )
    return np.asarray(image)


def mosaic(size, rng):
    """Stone tiles in rows around a few centres, with dark joints, terracotta, sand and sea."""
    points = np.concatenate([rng.random((900, 2)), 0.35 + 0.3 * rng.random((260, 2))])
    for _ in range(4):  # Lloyd's steps even the tiles out
        grid = np.stack(np.mgrid[:160, :160], -1).reshape(-1, 2) / 160
        owner = cKDTree(points).query(grid)[1]
        counts = np.maximum(np.bincount(owner, minlength=len(points)), 1)[:, None]
        sums = np.stack([np.bincount(owner, grid[:, i], len(points)) for i in (0, 1)], -1)
        points = np.where(counts > 1, sums / counts, points)
    grid = np.stack(np.mgrid[:size, :size], -1).reshape(-1, 2) / size
    distance, owner = cKDTree(points).query(grid, k=2)
    tone = noise(256, rng, 3, 2)[tuple((points * 255).astype(int).T)]
    bands = (tone * 3.2) % 1 + rng.normal(0, 0.08, len(points))
    tiles = coloured(bands, ["#7a1f1d", "#c8502c", "#e6a15a", "#f3e1b6", "#4fa3a0", "#14506b", "#102a43"])
    joint = np.clip((distance[:, 1] - distance[:, 0]) / 0.006, 0, 1)[:, None]
    shade = 1 + 5 * (grid - points[owner[:, 0]]).sum(1, keepdims=True)  # each tile is lit from below right
    image = joint * np.clip(tiles[owner[:, 0]] * shade, 0, 255) + (1 - joint) * np.array([28, 24, 22])
    return image.reshape(size, size, 3).astype(np.uint8)


def hatch(size, rng):
    """An engraving: ink lines that swell with the shade and bend with the form, crossed where it is dark."""
    relief = gaussian_filter(noise(size, rng, 3, 4, 0.45), size / 120)
    slope = sum(np.gradient(relief))
    tone = np.clip(0.5 + 0.19 * slope / slope.std() + 0.5 * (relief - 0.5), 0.05, 0.95)
    y, x = np.mgrid[:size, :size] / size
    ink = np.zeros((size, size))
    for turn, floor in ((0.5, 0.0), (2.1, 0.45), (1.25, 0.7)):
        phase = 40 * (np.cos(turn) * x + np.sin(turn) * y) + 9 * relief
        line = np.abs((phase % 1) - 0.5) * 2
        width = np.clip((1 - tone - floor) / (1 - floor), 0, 1) * 0.9
        ink = np.maximum(ink, np.clip((width - line) * 12, 0, 1))
    paper = coloured(0.7 * noise(size, rng, 2, 4) + 0.3 * rng.random((size, size)), ["#e8d9b5", "#f6edd6"])
    image = paper * (1 - ink[..., None]) + np.array([38, 26, 30]) * ink[..., None]
    return image.astype(np.uint8)


def dots(size, rng):
    """Points of paint side by side, violet to yellow, each beside one of the opposite end of the palette."""
    tone = noise(256, rng, 3, 4)
    image = Image.new("RGB", (size, size), "#efe4cc")
    draw, n = ImageDraw.Draw(image), 14000
    places, radii = rng.random((n, 2)), rng.uniform(0.004, 0.009, n) * size
    shades = tone[tuple((places * 255).astype(int).T[::-1])] + rng.normal(0, 0.1, n)
    shades = np.where(rng.random(n) < 0.15, 1 - shades, shades)
    paints = coloured(shades, ["#2b1a57", "#6a3d9a", "#c2447a", "#2f8f5b", "#9bc53d", "#f6c445", "#fdf0c4"])
    for (px, py), radius, paint in zip(places * size, radii, paints.astype(int).tolist(), strict=True):
        draw.ellipse((px - radius, py - radius, px + radius, py + radius), tuple(paint))
    return np.asarray(image)


def landscape(size, rng):
    """A photograph's stand-in: clouds in a blue sky over ridges, a lake and a house."""
    y, x = np.mgrid[:size, :size] / size
    image = coloured(y / 0.62, ["#2f6db5", "#79b0df", "#e9eef0"])
    heaps = noise(size, rng, 3, 6, 0.55) + 0.25 * noise(size, rng, 12, 4) - 0.1
    cover = np.clip((heaps - 0.55) / 0.16, 0, 1) * np.clip((0.60 - y) / 0.15, 0, 1)
    lit = np.clip(0.72 + 4 * (heaps - np.roll(heaps, -size // 40, (0, 1))), 0.45, 1)
    image += cover[..., None] * (coloured(lit, ["#7d8aa0", "#c7ced8", "#ffffff"]) - image)
    for far, (height, colour) in enumerate([(0.50, "#7d93b8"), (0.57, "#55718a"), (0.66, "#3b5b46")]):
        ridge = height + (0.16 - 0.04 * far) * (noise(size, rng, 3 + far, 6, 0.5)[0] - 0.6)
        inside = np.clip((y - ridge) * size / 3, 0, 1)[..., None]
        grain = 0.82 + 0.36 * noise(size, rng, 24, 4, 0.6)[..., None]
        image += inside * (coloured(np.zeros_like(y), [colour]) * grain - image)
    shore = 0.74 + 0.02 * np.sin(7 * x) + 0.015 * np.sin(17 * x + 1)
    mirror = image[np.clip((2 * shore - y) * size, 0, size - 1).astype(int), np.arange(size)]
    ripple = 0.85 + 0.2 * np.sin(2 * np.pi * (y * 46 + 0.5 * noise(size, rng, 4, 3)))[..., None]
    water = np.clip((y - shore) * size / 2, 0, 1)[..., None]
    image += water * (0.75 * mirror * ripple + np.array([10, 24, 38]) - image)
    image = Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)

    def place(*points):
        return [(px * size, py * size) for px, py in points]

    draw.polygon(place((0.60, 0.70), (0.60, 0.62), (0.74, 0.62), (0.74, 0.70)), "#efe6d2")
    draw.polygon(place((0.58, 0.63), (0.63, 0.55), (0.72, 0.55), (0.765, 0.63)), "#b5462f")
    for left in (0.62, 0.665, 0.71):
        draw.rectangle(place((left, 0.645), (left + 0.02, 0.675)), "#3d3a44")
    for foot, tall in ((0.10, 0.30), (0.17, 0.22), (0.90, 0.26)):
        for tier in range(5):
            top, half = 0.74 - tall + tier * tall / 7, 0.014 + 0.011 * tier
            draw.polygon(place((foot, top), (foot - half, top + tall / 3), (foot + half, top + tall / 3)), "#1f3d2b")
        draw.rectangle(place((foot - 0.006, 0.72), (foot + 0.006, 0.76)), "#3d2b1f")
    return np.asarray(image)


DRAWN = {"strokes": strokes, "mosaic": mosaic, "hatch": hatch, "dots": dots, "landscape": landscape}
"""Functions of (size, rng) that draw uint8 [size, size, 3]: four styles and a content."""
