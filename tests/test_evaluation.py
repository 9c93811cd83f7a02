"""All measures of one run: made once, against the right real images, with one definition of failure."""

import json

import numpy as np
import pytest
from conftest import Pictures

from hwlib.backend import keras
from hwlib.metrics.features import FeatureNet
from hwlib.runs import evaluation
from hwlib.runs.evaluation import Evaluator


class Finished:
    """A run that draws given images and has kept them as samples."""

    def __init__(self, folder, images, untrained=None):
        self.folder, self.images, self.seed, self.drawn = folder, images, 0, 0
        self.settings = {"conditional": False}
        self.record = {"result": {"diverged_at": None}}
        self.first = images[:132] if untrained is None else untrained

    def generate(self, texts, seed=0, step=None):
        self.drawn += 1
        return self.images[: len(texts)]

    def samples(self):
        return {0: self.first, 10: self.images[: len(self.first)]}


@pytest.fixture
def evaluator(home, monkeypatch):
    """Measures against 400 made-up images by their mean colours in the four quarters."""
    real = Pictures(400, size=16)
    level = np.random.default_rng(1).uniform(60, 190, (400, 1, 1, 3))
    noise = 30 * np.random.default_rng(2).standard_normal(real.images.shape)
    real.images = np.clip(level + noise, 0, 255).astype(np.uint8)
    inputs = keras.Input((16, 16, 3))
    pooled = keras.layers.Flatten()(keras.layers.AveragePooling2D(8)(keras.layers.Rescaling(1 / 255)(inputs)))
    net = FeatureNet("VGG made up", keras.Model(inputs, pooled))
    monkeypatch.setattr(evaluation, "load_images", lambda profile, data: real)
    monkeypatch.setattr(evaluation.features, "vgg_net", lambda size: net)
    monkeypatch.setitem(evaluation.PROFILES["smoke"], "measured", 150)
    evaluation._real.cache_clear()
    yield Evaluator("smoke", "made up")
    evaluation._real.cache_clear()


def test_a_run_is_measured_once(evaluator, tmp_path):
    run = Finished(tmp_path, evaluator.real(1))
    first = evaluator.run(run)
    assert evaluator.run(run) == first and run.drawn == 1
    (kept,) = tmp_path.glob("measures-*.json")
    assert json.loads(kept.read_text()) == first


def test_two_real_samples_share_no_image_and_are_closer_than_noise(evaluator, tmp_path):
    one, other = evaluator.real(0), evaluator.real(1)
    assert not {x.tobytes() for x in one} & {x.tobytes() for x in other}
    noise = np.random.default_rng(0).integers(0, 256, one.shape, dtype=np.uint8)
    of_real, of_noise = (evaluator.images(x)["frechet"]["value"] for x in (other, noise))
    assert of_real < of_noise / 3


def test_good_images_have_not_failed_and_one_image_repeated_has_no_diversity(evaluator, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (132, 16, 16, 3), dtype=np.uint8)
    good, same = tmp_path / "good", tmp_path / "same"
    good.mkdir(), same.mkdir()
    assert evaluator.run(Finished(good, evaluator.real(1), noise))["failed"] == []
    repeated = np.repeat(evaluator.real(1)[:1], 150, axis=0)
    assert "no diversity" in evaluator.run(Finished(same, repeated, noise))["failed"]


def test_white_images_are_a_failed_run_with_its_reason(evaluator, tmp_path):
    white = np.full((150, 16, 16, 3), 255, np.uint8)
    assert "saturated pixels" in evaluator.run(Finished(tmp_path, white))["failed"]


def test_without_a_classifier_there_is_no_colour_accuracy(evaluator, tmp_path):
    run = Finished(tmp_path, evaluator.real(1))
    run.settings = {"conditional": True}
    assert "hair" not in evaluator.run(run)


def test_the_curve_has_a_distance_for_each_kept_step_and_falls_for_a_run_that_learns(evaluator, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (132, 16, 16, 3), dtype=np.uint8)
    curve = evaluator.curve(Finished(tmp_path, evaluator.real(1), noise))
    assert list(curve) == [0, 10] and curve[10]["value"] < curve[0]["value"]
