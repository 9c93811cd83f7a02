"""The second half of report B's hybrid model (tip 7): an autoencoder that colours gray faces by hair and eye colour.

Report B draws gray faces with a GAN and gives them to this network; its picture of the network is lost.
"""

from dataclasses import dataclass

import numpy as np

from hwlib.backend import keras, tf
from hwlib.data.pipeline import batches
from hwlib.data.pixels import LUMA, to_uint8
from hwlib.training.fitting import fit, whole_intervals


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Of a colouriser's training, on pairs of a real face and its gray version."""

    steps: int
    interval: int
    """Steps between lines of history; the number of steps is rounded up to whole intervals."""
    filters: int = 32
    normalise: bool = False
    """Bring mean and contrast of each gray image to 0 and 1 before the network, so that it cannot tell dark from light
    images."""
    batch_size: int = 64
    learning_rate: float = 1e-3
    loss: str = "mean_absolute_error"


class Colouriser(keras.Model):
    """A functional model, with the `state` that a checkpoint keeps."""

    @property
    def state(self):
        return [*self.variables, *self.optimizer.variables]


def network(image_size, text_dim, filters=32, normalise=False):
    """Gray images [batch, size, size, 1] and texts [batch, text_dim] to colour images [batch, size, size, 3].

    All images are in [0, 1]. Two convolutions of stride 2 make a map of size/4, to which the text is repeated and
    joined, and two upsamplings enlarge it again; nothing goes past that map, so what it cannot hold is lost.
    `image_size` is a multiple of 4.
    """
    layers = keras.layers

    def block(x, filters, strides=1):
        x = layers.Conv2D(filters, 4 if strides > 1 else 3, strides=strides, padding="same", use_bias=False)(x)
        return layers.ReLU()(layers.LayerNormalization(axis=-1)(x))

    gray = keras.Input((image_size, image_size, 1), name="gray")
    text = keras.Input((text_dim,), name="text")
    x = gray
    if normalise:
        x = layers.LayerNormalization(axis=[1, 2, 3], center=False, scale=False, name="normalised")(x)
    x = block(block(block(x, filters), 2 * filters, strides=2), 4 * filters, strides=2)
    repeated = layers.UpSampling2D(image_size // 4)(layers.Reshape((1, 1, text_dim))(text))
    x = block(layers.Concatenate(name="map_and_text")([x, repeated]), 4 * filters)
    for n in (2 * filters, filters):
        x = block(layers.UpSampling2D()(x), n)
    colours = layers.Conv2D(3, 3, padding="same", activation="sigmoid", name="image")(x)
    return Colouriser([gray, text], colours, name="colouriser")


def train(settings, images, seed, folder, label="colouriser", extra_callbacks=()):
    """Train to the end in `folder`, from its checkpoint if there is one; leaves `colouriser.keras` and `history.jsonl`.

    Arguments as of `hwlib.training.gan.train`; returns what `hwlib.training.fitting.fit` does.
    """
    settings = Settings(**settings)
    keras.utils.set_random_seed(seed)
    interval, batch_size = settings.interval, settings.batch_size
    steps = whole_intervals(settings.steps, interval)
    model = network(images.images.shape[1], images.texts.shape[1], settings.filters, settings.normalise)
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, steps)
    model.compile(keras.optimizers.Adam(rate), settings.loss, jit_compile=False)
    model.optimizer.build(model.trainable_variables)

    def stream(first_step):
        whole = batches(images.images, images.texts, batch_size, steps, first_step, seed, wrong_text="random")
        return whole.map(_pair)

    return fit(
        model,
        stream,
        {"colouriser": keras.Model(model.inputs, model.outputs[0], name="colouriser")},
        steps=steps,
        interval=interval,
        images_per_step=batch_size,
        folder=folder,
        label=label,
        watching=extra_callbacks,
    )


def colour(model, images, texts):
    """The luma of images uint8 [n, size, size, 3], coloured by texts [n, text]: uint8, same shape."""
    inputs = [gray(images)[..., None].astype(np.float32), np.asarray(texts, np.float32)]
    return to_uint8(model.predict(inputs, batch_size=128, verbose=0), (0.0, 1.0))


def gray(images):
    """Luma (ITU-R BT.601) of images uint8 [n, height, width, 3]: float64 [n, height, width] in [0, 1]."""
    return images @ LUMA / 255


def _pair(batch):
    return (tf.tensordot(batch["image"], tf.constant(LUMA, tf.float32), 1)[..., None], batch["text"]), batch["image"]
