"""Which of two domains is an image of? A small classifier says whether a translation has arrived.

It is trained on real images of both domains, the held-out tenth (`hwlib.data.split`) apart. Its accuracy there is how
far it can be trusted; that a translation fools it does not make it a good picture.
"""

from dataclasses import dataclass

import numpy as np

from hwlib import callbacks
from hwlib.backend import keras, tf
from hwlib.data.pipeline import batches
from hwlib.data.split import trained_on_and_held_out
from hwlib.storage import write_atomically

TRUSTED = 0.9
"""Held-out accuracy below which what the classifier says of translations means little; guessing gives 0.5."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Of the classifier's training."""

    epochs: int
    filters: int = 16
    batch_size: int = 64
    learning_rate: float = 1e-3
    noise: float = 0.1
    """Of the noise added in training the largest standard deviation, in units of the range; each image has its own.

    Translations are noisy, and real images are not: noise alone shall not decide."""


def network(image_size, filters):
    """Images float32 [batch, size, size, 3] in [0, 1] to the logit, [batch, 1], that they are of domain B."""
    layers = keras.layers
    x = image = keras.Input((image_size, image_size, 3))
    for n in (filters, 2 * filters, 4 * filters):
        x = layers.Conv2D(n, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        x = layers.MaxPooling2D()(x)
    x = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, layers.Dense(1, name="is_b")(x), name="domains")


def train(settings, images, seed, folder, label="domains", extra_callbacks=()):
    """Train the classifier on two sets and leave `classifier.keras` in `folder`; see `hwlib.cyclegan.train`.

    Both domains count equally, however large their sets are. Returns a dict: `accuracy`, of held-out images, the mean
    over both domains, in [0, 1]; `accuracy_a`, `accuracy_b`; `held_out_a`, `held_out_b`.
    """
    settings = Settings(**settings)
    keras.utils.set_random_seed(seed)
    (a, held_out_a), (b, held_out_b) = (trained_on_and_held_out(domain) for domain in images)
    half = min(settings.batch_size // 2, len(a), len(b))
    steps = max(len(a), len(b)) // half
    total = settings.epochs * steps
    streams = [batches(x, None, half, total, seed=order) for x, order in ((a, seed), (b, seed + 1))]
    target = np.repeat(np.float32([[0], [1]]), half, axis=0)

    def joined(x, y, step):
        images = tf.concat([x["image"], y["image"]], 0)
        level = tf.random.stateless_uniform((2 * half, 1, 1, 1), (seed, step), maxval=settings.noise)
        return images + level * tf.random.stateless_normal(images.shape, (seed, step)), target

    model = network(a.shape[1], settings.filters)
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, total)
    model.compile(keras.optimizers.Adam(rate), keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=False)
    stream = tf.data.Dataset.zip(*streams, tf.data.Dataset.range(total)).map(joined)
    watching = [callbacks.Progress(label, steps, 0), *extra_callbacks]
    model.fit(stream, epochs=settings.epochs, steps_per_epoch=steps, shuffle=False, verbose=0, callbacks=watching)
    write_atomically(folder / "classifier.keras", model.save)
    of_a, of_b = 1 - taken_for_b(model, held_out_a).mean(), taken_for_b(model, held_out_b).mean()
    return {
        "accuracy": float(of_a + of_b) / 2,
        "accuracy_a": float(of_a),
        "accuracy_b": float(of_b),
        "held_out_a": len(held_out_a),
        "held_out_b": len(held_out_b),
    }


def taken_for_b(classifier, images):
    """Which uint8 images [n, size, size, 3] the classifier takes for domain B: float [n] of 0 and 1."""
    logits = classifier.predict(np.asarray(images, np.float32) / 255, batch_size=256, verbose=0)
    return (logits[:, 0] > 0).astype(float)
