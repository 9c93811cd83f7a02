"""Colour accuracy: a classifier of hair and eyes, on images whose colours are known because they were painted."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest

from hwlib.backend import keras
from hwlib.data.tags import EYES, HAIR, encode
from hwlib.metrics import colours
from hwlib.training import tag_classifier

PALETTE = np.array(list(product((0, 128, 255), repeat=3)), np.uint8)
HAIR_RGB, EYES_RGB = PALETTE[: len(HAIR)], PALETTE[len(HAIR) : len(HAIR) + len(EYES)]


@dataclass
class Painted:
    """What `hwlib.data.ImageSet` is to a classifier."""

    images: np.ndarray
    texts: np.ndarray

    def __len__(self):
        return len(self.images)


def painted(hair, eyes):
    """16x16 images: the upper half in the colour of the hair, the lower half in that of the eyes; and their texts."""
    images = np.empty((len(hair), 16, 16, 3), np.uint8)
    images[:, :8], images[:, 8:] = HAIR_RGB[hair][:, None, None], EYES_RGB[eyes][:, None, None]
    return Painted(images, np.stack([encode(HAIR[h], EYES[e]) for h, e in zip(hair, eyes, strict=True)]))


def drawn(n, seed=0):
    rng = np.random.default_rng(seed)
    return painted(rng.integers(len(HAIR), size=n), rng.integers(len(EYES), size=n))


class Seer:
    """A classifier that knows the palette: it reads the colour of one pixel of either half."""

    def predict(self, images, **_):
        assert images.dtype == np.float32 and images.max() <= 1
        return {
            part: -np.abs(images[:, row, :1] * 255 - rgb).sum(2)
            for part, row, rgb in (("hair", 3, HAIR_RGB), ("eyes", 12, EYES_RGB))
        }


# Accuracy


def test_seen_colours_are_places_in_the_lists_of_hair_and_eye_colours():
    seen = colours.predicted(Seer(), painted([0, 4, 11], [10, 0, 3]).images)
    np.testing.assert_array_equal(seen["hair"], [0, 4, 11])
    np.testing.assert_array_equal(seen["eyes"], [10, 0, 3])


def test_accuracy_is_the_share_of_images_in_the_colour_that_the_text_names():
    faces, asked = painted(range(10), range(10)), painted([0, 1, 2, 3, 4, 5, 6, 0, 0, 0], [0, 1, 2, 3] + [10] * 6)
    accuracy = colours.colour_accuracy(Seer(), faces.images, asked.texts)
    assert accuracy == {"hair": 0.7, "eyes": 0.4}


def test_every_hair_and_every_eye_colour_counts():
    pairs = np.array(list(product(range(len(HAIR)), range(len(EYES)))))
    grid = painted(*pairs.T)
    assert colours.colour_accuracy(Seer(), grid.images, grid.texts) == {"hair": 1.0, "eyes": 1.0}
    turned = painted((pairs[:, 0] + 1) % len(HAIR), (pairs[:, 1] + 1) % len(EYES))
    assert colours.colour_accuracy(Seer(), grid.images, turned.texts) == {"hair": 0.0, "eyes": 0.0}


# Training


@pytest.mark.parametrize("named", [0, 19])
def test_too_few_images_with_one_hair_and_one_eye_colour_are_refused_with_their_number(tmp_path, named):
    faces = drawn(60)
    useless = np.stack([encode("red"), encode(("red", "blue"), "green"), encode()])
    faces.texts[named:] = np.resize(useless, (60 - named, 24))
    with pytest.raises(ValueError, match=f"my faces: only {named} images name exactly one .* needs 20 or more"):
        tag_classifier.train({"epochs": 1}, faces, 0, tmp_path, label="my faces")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A classifier of 600 painted images, and its folder; 60 more name two hair colours or none."""
    folder, faces = tmp_path_factory.mktemp("classifier"), drawn(660)
    faces.texts[:60:2], faces.texts[1:60:2] = encode(("red", "blue"), "green"), encode((), "green")
    settings = {"epochs": 12, "filters": 8, "batch_size": 32, "learning_rate": 5e-3}
    result = tag_classifier.train(settings, faces, 0, folder)
    return folder, result


def test_a_classifier_learns_the_colours_of_images_that_it_has_not_seen(trained):
    _, result = trained
    assert result["hair_accuracy"] > 0.9
    assert result["eyes_accuracy"] > 0.9


def test_a_fifth_is_held_out_of_the_images_that_name_one_hair_and_one_eye_colour(trained):
    _, result = trained
    assert (result["trained_on"], result["held_out"]) == (480, 120)


def test_the_classifier_is_kept_and_judges_new_images_as_well(trained):
    folder, _ = trained
    classifier, fresh = keras.models.load_model(folder / "classifier.keras"), drawn(100, seed=1)
    accuracy = colours.colour_accuracy(classifier, fresh.images, fresh.texts)
    assert min(accuracy.values()) > 0.9


def test_shuffled_labels_cannot_be_learnt(tmp_path):
    faces = drawn(600)
    np.random.default_rng(0).shuffle(faces.texts)
    settings = {"epochs": 4, "filters": 8, "batch_size": 32, "learning_rate": 5e-3}
    result = tag_classifier.train(settings, faces, 0, tmp_path)
    assert result["hair_accuracy"] < 0.25  # of 120 images; chance is 0.08
    assert result["eyes_accuracy"] < 0.25
