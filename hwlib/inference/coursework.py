"""What the course asks to hand in: images from noise, and for the lines of a test text (`tags.read_test_text`)."""

import numpy as np
from PIL import Image

from hwlib.data.tags import TEXT_DIM, DataError, read_test_text
from hwlib.metrics.faces import grid_png
from hwlib.storage import encoded, write_bytes

SAMPLES = 5
"""Images for each line, in 2017."""
GRID = 25
"""Images of a grid, in 2018."""


def write_samples(run, test_text, folder, raw=False):
    """2017: for each line of a test text five JPEGs, `sample_<id>_<k>.jpg`, k from 1; returns their paths.

    run: a finished `hwlib.runs.store.Run` of a conditional generator; else ValueError. `folder` is made if it is
    missing. raw: draw with the raw generator, not the averaged one (`Run.model`). Raises DataError for a test text that
    cannot be read, or in which an id stands twice.
    """
    lines = read_test_text(test_text)
    names = [name for name, _ in lines]
    if twice := [name for name in names if names.count(name) > 1]:
        raise DataError(f"{test_text}: two lines have the id {twice[0]}, and their images one name")
    texts = np.repeat([vector for _, vector in lines], SAMPLES, axis=0)
    paths = [folder / f"sample_{name}_{k}.jpg" for name in names for k in range(1, SAMPLES + 1)]
    for path, image in zip(paths, _generate(run, texts, raw), strict=True):
        write_bytes(path, encoded(Image.fromarray(image), "JPEG", quality=95))
    return paths


def write_grid(run, test_text, path, raw=False):
    """2018: the images of a test text of 25 lines as the 5x5 grid on which the course counts faces, a PNG.

    Raises DataError for another number of lines, ValueError for an unconditional run.
    """
    lines = read_test_text(test_text)
    if len(lines) != GRID:
        raise DataError(f"{test_text}: the grid of 2018 shows {GRID} texts, this file has {len(lines)} lines")
    write_bytes(path, grid_png(_generate(run, np.stack([vector for _, vector in lines]), raw)))


def write_grid_of_noise(run, path, raw=False):
    """2018: 25 images of an unconditional generator as the same 5x5 grid; ValueError for a conditional one."""
    if run.settings.get("conditional", True):
        raise ValueError(f"{run.name} draws what a text says: give it a test text, such as data/test-text.txt.")
    write_bytes(path, grid_png(run.generate(np.zeros((GRID, TEXT_DIM)), raw=raw)))


def _generate(run, texts, raw):
    if not run.settings.get("conditional", True):
        raise ValueError(f"{run.name} draws no texts: give no test text, or choose a conditional one such as report-a.")
    return run.generate(texts, raw=raw)
