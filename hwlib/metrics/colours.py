"""Colour accuracy: does a generated face have the hair and the eyes that its text names?

A small classifier is trained on real images that name exactly one hair and one eye colour, a fifth of them held out.
Its accuracy on those is the ceiling of what it can say of generated ones.
"""

from dataclasses import dataclass

import numpy as np

from hwlib import callbacks
from hwlib.backend import keras
from hwlib.data import tags
from hwlib.data.pipeline import batches
from hwlib.storage import write_atomically

HAIR = slice(1, 1 + len(tags.HAIR))
EYES = slice(1 + len(tags.HAIR), tags.TEXT_DIM)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Of a classifier's training."""

    epochs: int
    filters: int = 32
    batch_size: int = 64
    learning_rate: float = 1e-3
    held_out: float = 0.2


def network(image_size, filters):
    """Images float32 [batch, size, size, 3] in [0, 1] to logits of hair [batch, 12] and of eyes [batch, 11]."""
    layers = keras.layers
    image = keras.Input((image_size, image_size, 3))
    x = image
    for n in (filters, 2 * filters, 4 * filters):
        x = layers.Conv2D(n, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        x = layers.MaxPooling2D()(x)
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    heads = {"hair": len(tags.HAIR), "eyes": len(tags.EYES)}
    return keras.Model(image, {name: layers.Dense(n, name=name)(x) for name, n in heads.items()}, name="tags")


def train(settings, images, seed, folder, label="tags", extra_callbacks=()):
    """Train the classifier and leave `classifier.keras` in `folder`; see `hwlib.training.train` for the arguments.

    Returns a dict: held-out accuracies `hair_accuracy` and `eyes_accuracy` in [0, 1], `trained_on`, `held_out`.
    Raises ValueError where too few images name one hair and one eye colour.
    """
    settings = Settings(**settings)
    keras.utils.set_random_seed(seed)
    texts = np.asarray(images.texts)
    usable = np.flatnonzero((texts[:, HAIR].sum(1) == 1) & (texts[:, EYES].sum(1) == 1))
    if len(usable) < 20:
        raise ValueError(
            f"{label}: only {len(usable)} images name exactly one hair and one eye colour; "
            "a classifier needs 20 or more."
        )
    usable = np.random.default_rng(seed).permutation(usable)
    n_held_out = max(1, int(settings.held_out * len(usable)))
    held_out, used = usable[:n_held_out], usable[n_held_out:]
    pixels = images.images[np.sort(used)]
    batch_size = min(settings.batch_size, len(used))
    steps = max(1, len(used) // batch_size)

    def targets(batch):
        return batch["image"], {"hair": batch["text"][:, HAIR], "eyes": batch["text"][:, EYES]}

    model = network(pixels.shape[1], settings.filters)
    total = settings.epochs * steps
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, total)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), {"hair": loss, "eyes": loss}, jit_compile=False)
    stream = batches(pixels, texts[np.sort(used)], batch_size, total, seed=seed, flip=True, wrong_text="random")
    model.fit(
        stream.map(targets),
        epochs=settings.epochs,
        steps_per_epoch=steps,
        shuffle=False,
        verbose=0,
        callbacks=[callbacks.Progress(label, steps, 0), *extra_callbacks],
    )
    accuracy = colour_accuracy(model, images.images[np.sort(held_out)], texts[np.sort(held_out)])
    write_atomically(folder / "classifier.keras", model.save)
    return {f"{part}_accuracy": value for part, value in accuracy.items()} | {
        "trained_on": len(used),
        "held_out": n_held_out,
    }


LEAST_ACCURACY = 0.7
"""Held-out accuracy below which a classifier is no judge of generated images."""


def trusted(result, part):
    """Whether a classifier's result (of `train`) allows to judge `part`, "hair" or "eyes"."""
    return result[f"{part}_accuracy"] >= LEAST_ACCURACY


def predicted(classifier, images):
    """Colours that the classifier sees in uint8 images [n, size, size, 3]: dict of int [n], `hair` and `eyes`.

    Numbers are places in `tags.HAIR` and `tags.EYES`.
    """
    logits = classifier.predict(np.asarray(images, np.float32) / 255, batch_size=256, verbose=0)
    return {part: values.argmax(1) for part, values in logits.items()}


def colour_accuracy(classifier, images, texts):
    """Share of images whose hair, and whose eyes, are seen in the colour that the text names: dict of floats in [0, 1].

    texts: [n, 24], each with exactly one hair and one eye colour. Chance is 1/12 and 1/11.
    """
    seen = predicted(classifier, images)
    named = {"hair": texts[:, HAIR].argmax(1), "eyes": texts[:, EYES].argmax(1)}
    return {part: float((seen[part] == named[part]).mean()) for part in named}
