"""Colour accuracy: does a generated face have the hair and the eyes that its text names?"""

import numpy as np

from hwlib.data.tags import EYES_COLUMNS, HAIR_COLUMNS

LEAST_ACCURACY = 0.7
"""Held-out accuracy below which a classifier is no judge of generated images."""


def trusted(result, part):
    """Whether a classifier's result (of `hwlib.training.tag_classifier`) allows to judge `part`, "hair" or "eyes"."""
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
    named = {"hair": texts[:, HAIR_COLUMNS].argmax(1), "eyes": texts[:, EYES_COLUMNS].argmax(1)}
    return {part: float((seen[part] == named[part]).mean()) for part in named}
