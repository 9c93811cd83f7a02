"""The course's own measure: how many faces a detector of 2011 finds on a drawn grid of 25 images.

Needs OpenCV 4 (in requirements.lock) and `lbpcascade_animeface.xml` (github.com/nagadomi), which is the user's
to get: its path is an argument, or the environment variable HWLIB_CASCADE.
"""

import importlib.util
import io
import os
from pathlib import Path

import numpy as np

PASS_MARK = 20
"""Faces of 25 that the course asked for."""


def grid_png(images):
    """25 images, uint8 [25, s, s, 3], as the course hands them in: 5 x 5 matplotlib subplots on 640x480 pixels.

    Returns the bytes of a PNG. Matplotlib's own defaults hold, whatever style is in use.
    """
    import matplotlib.style
    from matplotlib.figure import Figure

    if len(images) != 25:
        raise ValueError(f"The course's grid holds 25 images, not {len(images)}.")
    stream = io.BytesIO()
    with matplotlib.style.context("default"):
        figure = Figure()
        for axes, image in zip(figure.subplots(5, 5).flat, images, strict=True):
            axes.imshow(image)
            axes.axis("off")
        figure.savefig(stream, format="png")
    return stream.getvalue()


def ready():
    """Whether faces can be counted here: HWLIB_CASCADE names a file, and OpenCV is installed."""
    return Path(os.environ.get("HWLIB_CASCADE", "")).is_file() and bool(importlib.util.find_spec("cv2"))


def count_faces(png, cascade=None):
    """Number of faces found on a PNG picture (bytes), as the course counts: gray, equalised, scaleFactor 1.1,
    minNeighbors 5, minSize 24x24. A detector also misses faces and sees some that are none; the number may exceed 25.

    Raises FileNotFoundError where there is no cascade, ImportError without OpenCV 4.
    """
    path = cascade or os.environ.get("HWLIB_CASCADE")
    if not path or not Path(path).is_file():
        where = f"there is no file {path}" if path else "set HWLIB_CASCADE to its path"
        raise FileNotFoundError(f"Counting faces needs lbpcascade_animeface.xml: {where}.")
    try:
        import cv2

        detector = cv2.CascadeClassifier(str(path))
    except (ImportError, AttributeError):  # OpenCV 5 has no cascades
        raise ImportError("Counting faces needs OpenCV 4: pip install 'opencv-python-headless<5'.") from None
    gray = cv2.cvtColor(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2GRAY)
    return len(detector.detectMultiScale(cv2.equalizeHist(gray), scaleFactor=1.1, minNeighbors=5, minSize=(24, 24)))


def faces(images, cascade=None):
    """Faces found per grid of 25, of images uint8 [25 k, s, s, 3].

    Returns a dict: `value` (mean over the k grids, range [0, inf)), `error` (NaN for one grid), `passed` (share of
    grids with `PASS_MARK` or more), `grids`. Real images: about 24.9 of the course's 2018 data, 4.8 of CelebA.
    """
    grids = np.split(images, max(1, len(images) // 25))
    counts = np.array([count_faces(grid_png(grid), cascade) for grid in grids])
    error = counts.std(ddof=1) / np.sqrt(len(counts)) if len(counts) > 1 else np.nan
    return {
        "value": float(counts.mean()),
        "error": float(error),
        "passed": float((counts >= PASS_MARK).mean()),
        "grids": len(counts),
    }


def as_table(counted):
    """Counts of `faces` by label, for `Section.table`: caption, header, rows."""
    rows = [
        (label, f"{found['value']:.1f}", f"{round(found['passed'] * found['grids'])} of {found['grids']}")
        for label, found in counted.items()
    ]
    caption = f"Faces found on a grid of 25 images, mean over the grids, and how many grids reach {PASS_MARK}."
    return caption, ["images", "faces", "grids that pass"], rows
