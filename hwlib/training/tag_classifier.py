"""A small classifier of hair and eye colour, by which a generator is judged: does it draw what its text names?

It is trained on real images that name exactly one hair and one eye colour, a fifth of them held out. Its accuracy on
those is the ceiling of what it can say of generated ones.
"""

from dataclasses import dataclass

import numpy as np

from hwlib.backend import keras
from hwlib.data import tags
from hwlib.data.pipeline import batches
from hwlib.training import classifier

PARTS = {"hair": tags.HAIR_COLUMNS, "eyes": tags.EYES_COLUMNS}


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
    x = layers.Dropout(0.3)(layers.Flatten()(classifier.convolutions(image, filters)))
    heads = {part: layers.Dense(columns.stop - columns.start, name=part)(x) for part, columns in PARTS.items()}
    return keras.Model(image, heads, name="tags")


def train(settings, images, seed, folder, label="tags", extra_callbacks=()):
    """Train the classifier and leave `classifier.keras` in `folder`; see `hwlib.training.gan.train` for the arguments.

    Returns a dict: held-out accuracies `hair_accuracy` and `eyes_accuracy` in [0, 1], `trained_on`, `held_out`.
    Raises ValueError where too few images name one hair and one eye colour.
    """
    settings = Settings(**settings)
    keras.utils.set_random_seed(seed)
    texts = np.asarray(images.texts)
    usable = np.flatnonzero(np.all([texts[:, columns].sum(1) == 1 for columns in PARTS.values()], axis=0))
    if len(usable) < 20:
        raise ValueError(
            f"{label}: only {len(usable)} images name exactly one hair and one eye colour; "
            "a classifier needs 20 or more."
        )
    usable = np.random.default_rng(seed).permutation(usable)
    n_held_out = max(1, int(settings.held_out * len(usable)))
    held_out, used = np.sort(usable[:n_held_out]), np.sort(usable[n_held_out:])
    pixels = images.images[used]
    batch_size = min(settings.batch_size, len(used))
    steps = max(1, len(used) // batch_size)
    total = settings.epochs * steps
    stream = batches(pixels, texts[used], batch_size, total, seed=seed, flip=True, wrong_text="random")
    model = network(pixels.shape[1], settings.filters)
    loss = dict.fromkeys(PARTS, keras.losses.CategoricalCrossentropy(from_logits=True))
    accuracy = dict.fromkeys(PARTS, "categorical_accuracy")
    targets = stream.map(lambda batch: (batch["image"], {p: batch["text"][:, c] for p, c in PARTS.items()}))
    classifier.fit(model, targets, loss, accuracy, settings, steps, folder, label, extra_callbacks)
    unseen = images.images[held_out].astype(np.float32) / 255
    named = {part: texts[held_out][:, columns] for part, columns in PARTS.items()}
    found = model.evaluate(unseen, named, batch_size=256, verbose=0, return_dict=True)
    accuracies = {f"{part}_accuracy": float(found[f"{part}_categorical_accuracy"]) for part in PARTS}
    return accuracies | {"trained_on": len(used), "held_out": n_held_out}
