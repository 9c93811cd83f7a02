"""What can be measured of a translation between two domains: does it arrive, does it come back, what does it keep?

All images are uint8 [n, size, size, 3]: what is measured has been rounded to pictures first, as a viewer sees them.
"""

from dataclasses import dataclass

import numpy as np

from hwlib.data.split import held_out, spread, trained_on_and_held_out
from hwlib.data.tags import HAIR_COLUMNS
from hwlib.metrics import distances
from hwlib.metrics.colours import predicted
from hwlib.metrics.diversity import pairwise_distance
from hwlib.training.cyclegan import Settings, six_rows

TRUSTED = 0.9
"""Held-out accuracy below which what the domain classifier says of translations means little; guessing gives 0.5."""


@dataclass(frozen=True)
class Translations:
    """Held-out images of both domains with their texts, and what a trained pair of generators makes of them."""

    a: np.ndarray
    b: np.ndarray
    a_to_b: np.ndarray
    b_to_a: np.ndarray
    a_to_b_to_a: np.ndarray
    b_to_a_to_b: np.ndarray
    texts_a: np.ndarray
    texts_b: np.ndarray

    @property
    def pairs(self):
        """Images and what came back of them, for both domains."""
        return (self.a, self.a_to_b_to_a), (self.b, self.b_to_a_to_b)


def of_run(run, n=400):
    """`Translations` of a run's (`hwlib.runs.store.Run`) held-out images, at most `n`, as many of either domain."""
    parts = [trained_on_and_held_out(domain)[1] for domain in run.images]
    n = min(n, *map(len, parts))
    chosen = [spread(n, len(part)) for part in parts]
    a, b = (part[rows] for part, rows in zip(parts, chosen, strict=True))
    rows = six_rows(run.model("a_to_b"), run.model("b_to_a"), a, b, Settings(**run.settings).value_range)
    texts = [
        np.asarray(domain.texts)[held_out(len(domain))][rows] for domain, rows in zip(run.images, chosen, strict=True)
    ]
    return Translations(a, b, *(rows[i * n : (i + 1) * n] for i in range(2, 6)), *texts)


def taken_for_b(classifier, images):
    """Which uint8 images [n, size, size, 3] the classifier takes for domain B: float [n] of 0 and 1."""
    logits = classifier.predict(np.asarray(images, np.float32) / 255, batch_size=256, verbose=0)
    return (logits[:, 0] > 0).astype(float)


def reached(translations, classifier):
    """Which translations a classifier (`hwlib.training.domain_classifier`) takes for their target.

    0 or 1, A to B and B to A."""
    return taken_for_b(classifier, translations.a_to_b), 1 - taken_for_b(classifier, translations.b_to_a)


def against_target(translations, net, real):
    """Frechet distance to the real images of the target, and the diversity of translations over that of the target.

    net: a `hwlib.metrics.features.FeatureNet`; real: its features of A and of B. Returns two dicts, A to B and B to A:
    `frechet`, its `error`, and `diversity` (1: as different from each other as real images; 0: all alike).
    """
    measured = []
    for images, target in ((translations.a_to_b, real[1]), (translations.b_to_a, real[0])):
        features = net(images)
        spread = pairwise_distance(features)["value"] / pairwise_distance(target)["value"]
        distance = distances.frechet_distance(target, features)
        measured.append({"frechet": distance["value"], "error": distance["error"], "diversity": spread})
    return measured


def hair_seen(classifier, images, texts):
    """Is the hair seen in the colour that the text names? 0 or 1 for the images whose text names one colour, float [k].

    classifier: of `hwlib.training.tag_classifier`; texts: [n, 24]. For a translation give the text of the original.
    """
    named = np.asarray(texts)[:, HAIR_COLUMNS]
    one = named.sum(1) == 1
    if not one.any():
        return np.zeros(0)
    return (predicted(classifier, images[one])["hair"] == named[one].argmax(1)).astype(float)


def absolute_error(images, others):
    """Mean absolute difference of each image to its counterpart, float [n], in units of the range: 0 to 1."""
    return np.abs(images.astype(np.float32) - others).mean((1, 2, 3)) / 255


def psnr(images, others):
    """Peak signal-to-noise ratio of each image to its counterpart, float [n], in dB; at most 48, the error of rounding.

    Two equal images would have an infinite one: no error counts as less than one level in all pixels.
    """
    squared = (np.square(images.astype(np.float32) - others) / 255**2).mean((1, 2, 3))
    return -10 * np.log10(np.maximum(squared, 1 / 255**2))


def relative_cycle_error(*pairs, n=200, seed=0):
    """Absolute error of what came back, over that of two different images: 0 is an exact return, 1 any other image.

    pairs: of each domain its images and what came back of them. A dict: `value`, `low` and `high` (its 95 % interval,
    bootstrap over images).
    """
    rng, errors = np.random.default_rng(seed), []
    for images, back in pairs:
        other = rng.permutation(len(images))
        partner = np.empty_like(other)
        partner[other] = np.roll(other, 1)  # no image is its own partner
        errors.append(np.stack([absolute_error(images, back), absolute_error(images, images[partner])], axis=1))
    return distances.bootstrap(lambda e: e[:, 0].mean() / e[:, 1].mean(), np.concatenate(errors), n=n, seed=seed)
