"""Which of two domains is an image of? A small classifier says whether a translation has arrived.

It is trained on real images of both domains, the held-out tenth (`hwlib.data.split`) apart. Its accuracy there is how
far it can be trusted; that a translation fools it does not make it a good picture.
"""

from dataclasses import dataclass

import numpy as np

from hwlib.backend import keras, tf
from hwlib.data.pipeline import batches
from hwlib.data.split import trained_on_and_held_out
from hwlib.training import classifier


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
    image = keras.Input((image_size, image_size, 3))
    x = layers.GlobalAveragePooling2D()(classifier.convolutions(image, filters))
    return keras.Model(image, layers.Dense(1, name="is_b")(layers.Dropout(0.3)(x)), name="domains")


def train(settings, images, seed, folder, label="domains", extra_callbacks=()):
    """Train the classifier on two sets and leave `classifier.keras` in `folder`; see `hwlib.training.cyclegan.train`.

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
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    accuracy = [keras.metrics.BinaryAccuracy("accuracy", threshold=0.0)]
    stream = tf.data.Dataset.zip(*streams, tf.data.Dataset.range(total)).map(joined)
    classifier.fit(model, stream, loss, accuracy, settings, steps, folder, label, extra_callbacks)

    def share_right(unseen, is_b):
        pixels, target = unseen.astype(np.float32) / 255, np.full((len(unseen), 1), is_b)
        return model.evaluate(pixels, target, batch_size=256, verbose=0, return_dict=True)["accuracy"]

    of_a, of_b = share_right(held_out_a, 0.0), share_right(held_out_b, 1.0)
    return {
        "accuracy": (of_a + of_b) / 2,
        "accuracy_a": of_a,
        "accuracy_b": of_b,
        "held_out_a": len(held_out_a),
        "held_out_b": len(held_out_b),
    }
