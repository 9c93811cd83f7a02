"""Feature nets: what a Frechet or kernel distance between two sets of images is measured in.

A distance means nothing without its net, so every net has a `name` that goes wherever its numbers go.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from hwlib.backend import keras
from hwlib.models.vgg import preprocessed, vgg, vgg_weights
from hwlib.models.weights import content

BLOCKS = ("block2", "block3", "block4")


@dataclass(frozen=True, eq=False)
class FeatureNet:
    """Images to features: call it with uint8 [n, s, s, 3], any s; it returns float32 [n, dim].

    name: what belongs beside every number measured with it: network, weights, layers, input size.
    key: what a cache knows its features by: the weights' content in place of their name; empty where none keeps them.
    """

    name: str
    model: object
    key: str = ""

    def __call__(self, images, batch_size=64):
        return self.model.predict(np.asarray(images), batch_size=batch_size, verbose=0)


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
    seen = f"{' + '.join(layers)} normalised and averaged, at {image_size} px"
    return FeatureNet(f"{source}, {seen}", keras.Model(image, output), f"{content('any')}, {seen}")


def _image(size):
    image = keras.Input((None, None, 3), dtype="uint8")
    return image, keras.ops.image.resize(keras.ops.cast(image, "float32"), (size, size), antialias=True)
