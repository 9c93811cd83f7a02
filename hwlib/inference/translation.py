"""A user's own pictures through a trained CycleGAN."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from hwlib.data import DataError
from hwlib.data.images import SUFFIXES, square
from hwlib.storage import encoded, write_bytes
from hwlib.training.cyclegan import Settings, translated

DIRECTIONS = {"a-to-b": "a_to_b", "b-to-a": "b_to_a"}


def translate(run, pictures, direction="a-to-b", folder="translated"):
    """Translate picture files and leave each as `<folder>/<name>.png`, as large as the run's images; returns the paths.

    Args:
        run: a finished `hwlib.runs.store.Run` of a CycleGAN.
        pictures: paths of pictures, or of folders, of which all pictures are taken. Each is cropped to a square.
        direction: "a-to-b" from the data set that the run was asked for to the other domain, or "b-to-a".

    Raises ValueError (`DataError` for a picture), one line, before anything is written: for a run that is not finished
    or translates nothing, an unknown direction, a file that is missing or no picture, or one that would be replaced.
    """
    if direction not in DIRECTIONS:
        raise ValueError(f'The direction is {" or ".join(DIRECTIONS)}, not "{direction}".')
    if len(run.sets) != 2 or "generator" not in run.settings:
        raise ValueError(f"{run.name} translates no images; cyclegan and cyclegan-report-a do.")
    if not run.finished:
        raise ValueError(f"{run.label} is not trained: {run.command}")
    sources, folder = found(pictures), Path(folder)
    targets = [folder / f"{path.stem}.png" for path in sources]
    if taken := [path for path in targets if path.exists()]:
        raise ValueError(f"{taken[0]} is there already; nothing was written. Give another folder.")
    if len(set(targets)) < len(targets):
        raise ValueError("Two of the pictures have one name; translate them into folders of their own.")
    size = run.images[0].images.shape[1]
    images = np.stack([_read(path, size) for path in sources])
    network, value_range = run.model(DIRECTIONS[direction]), Settings(**run.settings).value_range
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".", dir=folder) as draft:  # all or none: interrupted, the same command goes again
        drafts = [Path(draft) / target.name for target in targets]
        for path, image in zip(drafts, translated(network, images, value_range), strict=True):
            write_bytes(path, encoded(Image.fromarray(image), "PNG"))
        for path, target in zip(drafts, targets, strict=True):
            path.replace(target)
    return targets


def found(pictures):
    """Paths of the pictures among files and folders (not the folders in these), in order. Raises DataError."""
    paths = []
    for given in map(Path, pictures):
        inside = [p for p in sorted(given.iterdir()) if p.suffix.lower() in SUFFIXES] if given.is_dir() else [given]
        files = [p for p in inside if p.is_file()]  # a named pipe would be read for ever
        if not files:
            told = f"{given} holds no picture" if given.is_dir() else f"no picture {given}"
            raise DataError(f"{told}: give files or folders of {' '.join(SUFFIXES)}")
        paths += files
    return paths


def _read(path, size):
    try:
        return square(path.read_bytes(), size)
    except Exception as error:  # a broken file can fail in any way
        raise DataError(f"{path} cannot be read as a picture ({error})") from None
