"""Data sets: faces drawn on the spot, the course's data, CelebA, or any folder or zip of pictures.

The first `load` of a set prepares and keeps it (see `hwlib.data.cache`); later ones map it into memory.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hwlib.data import avatars, cache, files, images
from hwlib.data.tags import EYES, HAIR, TEXT_DIM, DataError

__all__ = ["DRAWN", "EYES", "HAIR", "TEXT_DIM", "DataError", "ImageSet", "fingerprint", "load"]

DRAWN = {  # name: (style, labels)
    "avatars": ("lorelei", "uniform"),
    "avatars:course": ("lorelei", "course"),
    "adventurer": ("adventurer", "uniform"),
}


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images and their texts, row by row.

    images: uint8 [n, s, s, 3], RGB, and texts: uint8 [n, 24] (see `hwlib.data.tags`), memory-mapped and read-only.
    names: n names, of a file data set its file names. fingerprint: a short hash of all pixels and texts.
    about: dict with `data` (the name asked for, of a path its last part), `n`, `image_size`, `notes` and `licence`.
    """

    images: np.ndarray = field(repr=False)
    texts: np.ndarray = field(repr=False)
    names: list = field(repr=False)
    fingerprint: str
    about: dict

    def __len__(self):
        return len(self.images)


def load(data="avatars", image_size=64, count=None, progress=True):
    """Load a data set, preparing it first where that has not been done.

    data: "avatars" (drawn faces, every combination of colours equally often), "avatars:course" (with the course's
    frequencies), "adventurer" (drawn in another style), or the path of a folder or a .zip of pictures.
    image_size: side of the square images in pixels. count: how many faces are drawn (6000 if None), or at most how
    many pictures are read (all if None), in a random order that is always the same. progress: say on standard error,
    every few seconds, how far the preparation is. Returns an ImageSet; raises DataError, one line, if something is
    wrong.
    """
    folder, name = _stored(data, image_size, count, progress)
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    return ImageSet(
        images=np.load(folder / "images.npy", mmap_mode="r"),
        texts=np.load(folder / "texts.npy", mmap_mode="r"),
        names=json.loads((folder / "names.json").read_text(encoding="utf-8")),
        fingerprint=meta.pop("fingerprint"),
        about=meta | {"data": name},
    )


def fingerprint(data="avatars", image_size=64, count=None):
    """`load(...).fingerprint`, without opening the images if the set is prepared."""
    folder, _ = _stored(data, image_size, count, progress=True)
    return json.loads((folder / "meta.json").read_text(encoding="utf-8"))["fingerprint"]


def prepared(data="avatars", image_size=64, count=None):
    """Whether `load(...)` would find the set prepared."""
    return cache.place(_settings(data, image_size, count)[0]).exists()


def _settings(data, image_size, count):
    """All that a prepared set depends on, as a dict, and its name for people."""
    for what, value in (("image_size", image_size), ("count", count)):
        if value is not None and (not isinstance(value, int) or value < 1):
            raise DataError(f"{what} should be a whole number above zero, not {value!r}")
    if data in DRAWN:
        (style, labels), name, count = DRAWN[data], data, count or avatars.COUNT
        settings = {"style": style, "labels": labels, "seed": avatars.SEED} | avatars.versions()
    else:
        path = Path(os.path.expanduser(data))
        if not data or not os.path.exists(path):  # of pathlib's own, some raise for some paths
            raise DataError(f"no data set '{data}': give {', '.join(DRAWN)}, or the path of a folder or a .zip")
        settings = {"files": files.digest(path), "version": images.VERSION, "order": "random"}
        name = path.name or str(path)
    return settings | {"size": image_size, "count": count}, name


def _stored(data, image_size, count, progress):
    """Folder of the prepared set, and its name for people."""
    settings, name = _settings(data, image_size, count)
    count = settings["count"]

    def build(folder):
        if data in DRAWN:
            style, labels = DRAWN[data]
            about = {"data": name, "notes": [], "licence": avatars.licence(style)}
            cache.write(folder, avatars.faces(count, image_size, style, labels), count, image_size, about, progress)
        else:
            with files.pictures(Path(os.path.expanduser(data)), image_size, count) as (total, notes, items):
                about = {"data": name, "notes": notes, "licence": "that of its source; not part of this project"}
                cache.write(folder, items, total, image_size, about, progress)

    return cache.stored(settings, build), name
