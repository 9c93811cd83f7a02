"""What a picture should share with a content and a style: losses on feature maps of a VGG (Gatys et al. 2016).

`F` is a layer's map after ReLU, M places by N channels, and `P` the content's; `G = F'F / M` is its Gram matrix
(eq. 3), normalised by its own layer's places, and `A` the style's.

- content: ||F - P||^2 / ||P||^2, the mean over the content layers (eq. 1);
- style: ||G - A||^2 / ||A||^2, the mean over the style layers (eqs. 4 and 5 with w = 1 / layers);
- total: content + W / 1000 style + v total variation (eq. 7; W = beta / alpha).

The paper has 1/2 and 1 / (4 N^2) in place of 1 / ||P||^2 and 1 / ||A||^2, and scales each filter of its network to a
mean activation of one; with sums like these W means something else for each network, layer and size. Relative losses
do not depend on any of them: at W = 1000 a style wholly missed weighs as much as a content wholly lost.
"""

from dataclasses import dataclass, field

import numpy as np

from hwlib.backend import keras, tf
from hwlib.models.vgg import layer_name, preprocessed, vgg

ops = keras.ops

LAYERS = {
    "paper": (("conv4_2",), ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")),
    "first five": (("conv2_2",), ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1")),
}
"""Content and style layers of the two readings of report B's "content layer 4, style layers 1-5"."""
EVEN = 1000.0
"""The ratio W at which content and style weigh alike."""
GRAY = (0.299, 0.587, 0.114)  # luma of ITU-R BT.601


def relative(found, target):
    """Squared distance of two arrays over the target's squared norm: 0 where they are equal, 1 for an empty `found`."""
    return ops.sum(ops.square(found - target)) / (ops.sum(ops.square(target)) + 1e-12)


@tf.custom_gradient
def gram(features):
    """Gram matrix F'F / M [N, N] of a map [1, h, w, N], M = h w: the mean product of each two channels."""
    flat = tf.reshape(features, (-1, features.shape[-1]))
    places = tf.cast(tf.shape(flat)[0], flat.dtype)

    def gradient(upstream):  # one product in place of two: both factors are the same
        return tf.reshape(tf.matmul(flat, (upstream + tf.transpose(upstream)) / places), tf.shape(features))

    return tf.matmul(flat, flat, transpose_a=True) / places, gradient


def total_variation(picture):
    """Mean squared difference of neighbouring pixels of [1, h, w, c], both directions added; in levels squared."""
    across, down = picture[:, :, 1:] - picture[:, :, :-1], picture[:, 1:] - picture[:, :-1]
    return ops.mean(ops.square(across)) + ops.mean(ops.square(down))


class FeatureMaps:
    """The chosen layers of a VGG: RGB pictures, float [1, h, w, 3] in [0, 255], to a dict layer -> map [1, h', w', N].

    weights: layer -> (kernel, bias). What lies behind the deepest layer is not built. Raises ValueError for a layer
    that the weights lack.
    """

    def __init__(self, weights, layers, pooling="average"):
        self.layers = sorted({layer_name(layer) for layer in layers})
        if not self.layers:
            raise ValueError("Name at least one layer.")
        if missing := [layer for layer in self.layers if layer not in weights]:
            raise ValueError(f"These weights have no {missing[0]}: their layers are {', '.join(sorted(weights))}.")
        needed = {layer: pair for layer, pair in weights.items() if layer <= self.layers[-1]}
        model = vgg(needed, pooling)
        self.model = keras.Model(model.input, [model.get_layer(layer).output for layer in self.layers])
        self.smallest = 2 ** (int(self.layers[-1][5]) - 1)
        """Side in pixels below which the deepest map is empty."""

    def __call__(self, picture):
        return dict(zip(self.layers, self.model(preprocessed(picture)), strict=True))


@dataclass(frozen=True)
class Weighting:
    """What decides the losses, next to pictures and network.

    ratio: W, weight of the style against the content, 1000 for alike. content_layers, style_layers: names as conv4_2.
    variation: weight of `total_variation`. blend: weights of several styles, whose Gram matrices are averaged; equal if
    empty.
    """

    ratio: float = 1000.0
    content_layers: tuple = LAYERS["paper"][0]
    style_layers: tuple = LAYERS["paper"][1]
    variation: float = 0.0
    blend: tuple = field(default=())


class Losses:
    """Losses of a picture against a content and styles, and their gradient.

    Args:
        maps: a `FeatureMaps` that has all layers.
        content, styles: uint8 or float RGB in [0, 255], [h, w, 3], and a list of such of any sizes.
        weighting: a `Weighting`.
    """

    def __init__(self, maps, content, styles, weighting):
        self.maps, self.weighting = maps, weighting
        self.content_layers = [layer_name(layer) for layer in weighting.content_layers]
        self.style_layers = [layer_name(layer) for layer in weighting.style_layers]
        small = min(min(picture.shape[:2]) for picture in (content, *styles))
        if small < maps.smallest:
            raise ValueError(f"A side of {small} pixels is too small for {maps.layers[-1]}: {maps.smallest} at least.")
        of_content, *of_styles = [self.maps(batch_of_one(picture)) for picture in (content, *styles)]
        blend = np.array(weighting.blend or [1.0] * len(styles), np.float32)
        if len(blend) != len(styles) or not blend.sum() > 0 or blend.min() < 0:
            raise ValueError(f"{len(styles)} styles need as many weights, none below 0 and not all 0.")
        blend /= blend.sum()
        self.content = {layer: of_content[layer] for layer in self.content_layers}
        self.style = {
            layer: sum(float(b) * gram(of[layer]) for b, of in zip(blend, of_styles, strict=True))
            for layer in self.style_layers
        }
        self.value_and_gradient = tf.function(self._value_and_gradient, reduce_retracing=True)

    def parts(self, picture):
        """Content loss, style loss and total variation of a float picture [1, h, w, 3 or 1] in [0, 255]; scalars."""
        rgb = ops.repeat(picture, 3, axis=-1) if picture.shape[-1] == 1 else picture
        found = self.maps(rgb)
        content = [relative(found[layer], target) for layer, target in self.content.items()]
        style = [relative(gram(found[layer]), target) for layer, target in self.style.items()]
        return _mean(content), _mean(style), total_variation(picture)

    def _value_and_gradient(self, picture):
        """Total, (content, style, variation), and the gradient of the total, shaped as the picture."""
        with tf.GradientTape() as tape:
            tape.watch(picture)
            content, style, variation = self.parts(picture)
            total = content + self.weighting.ratio / EVEN * style
            if self.weighting.variation:
                total += self.weighting.variation * variation
        return total, (content, style, variation), tape.gradient(total, picture)


def batch_of_one(picture):
    """[h, w, 3 or 1] of any type as a float32 tensor [1, h, w, 3 or 1]."""
    return ops.convert_to_tensor(np.asarray(picture, np.float32)[None])


def luminance(picture):
    """Luma of an RGB picture [h, w, 3]: float32 [h, w, 1]."""
    return (np.asarray(picture, np.float32) @ np.array(GRAY, np.float32))[..., None]


def _mean(values):
    return sum(values) / len(values) if values else ops.zeros(())
