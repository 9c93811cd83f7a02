"""All measures of one run: made once, against the right real images, with one definition of failure."""

import json
from types import SimpleNamespace

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

    def samples(self, raw=False):
        return {0: self.first, 10: self.images[: len(self.first)]}


def forget():
    evaluation._real.cache_clear()
    evaluation._real_features.cache_clear()


@pytest.fixture
def evaluator(home, monkeypatch):
    """Measures against 400 made-up images by their mean colours in the four quarters."""
    real = Pictures(400, size=16)
    level = np.random.default_rng(1).uniform(60, 190, (400, 1, 1, 3))
    noise = 30 * np.random.default_rng(2).standard_normal(real.images.shape)
    real.images = np.clip(level + noise, 0, 255).astype(np.uint8)
    inputs = keras.Input((16, 16, 3))
    pooled = keras.layers.Flatten()(keras.layers.AveragePooling2D(8)(keras.layers.Rescaling(1 / 255)(inputs)))
    net = FeatureNet("VGG made up", keras.Model(inputs, pooled), "made up")
    monkeypatch.setattr(evaluation, "load_images", lambda profile, data: real)
    monkeypatch.setattr(evaluation.features, "vgg_net", lambda size: net)
    monkeypatch.setitem(evaluation.PROFILES["smoke"], "measured", 150)
    forget()
    yield Evaluator("smoke", "made up")
    forget()


def test_a_run_is_measured_once(evaluator, tmp_path):
    run = Finished(tmp_path, evaluator.real(1))
    first = evaluator.run(run)
    assert evaluator.run(run) == first and run.drawn == 1
    (kept,) = tmp_path.glob("measures-*.json")
    assert json.loads(kept.read_text()) == first


CHANGES = {
    "features": lambda change: _edit(change, "hwlib.metrics.features"),
    "selection of real images": lambda change: _edit(change, "hwlib.runs.evaluation"),
    "drawing": lambda change: change.setattr(evaluation.Run, "generate", Finished.generate),
    "version": lambda change: change.setattr(evaluation, "versions_of", lambda *names: dict.fromkeys(names, "9.9.9")),
    "weights": lambda change: change.setitem(evaluation.features.vgg_net(0).__dict__, "key", "others"),
    "images": lambda change: change.setattr(evaluation.load_images(0, 0), "fingerprint", "others"),
    "number": lambda change: change.setitem(evaluation.PROFILES["smoke"], "measured", 151),
    "colours": lambda change: change.setattr(evaluation, "texts", lambda: "others"),
}


def _edit(change, module):
    read = evaluation.sources._read
    change.setattr(evaluation.sources, "_read", lambda name: read(name) + "\nEDITED = 1\n" * (name == module))


@pytest.mark.parametrize("what", CHANGES)
def test_what_changes_a_measure_is_in_its_key(evaluator, monkeypatch, what):
    before = evaluator.key
    CHANGES[what](monkeypatch)
    assert Evaluator("smoke", "made up").key != before


def test_the_classifier_that_judges_is_in_the_key(evaluator):
    def key(name):
        judged = Evaluator("smoke", "made up", SimpleNamespace(key=name))
        judged.__dict__["net"] = evaluator.net
        return judged.key

    assert key("one") == key("one") != key("other") and key("one") != evaluator.key


@pytest.mark.parametrize("what", ["features", "selection of real images", "version", "weights", "images"])
def test_features_of_real_images_are_kept_until_something_changes_them(evaluator, home, monkeypatch, what):
    def features():
        forget()
        found = evaluation._real_features(evaluation.features.vgg_net(0), "smoke", "made up", 150)
        return found, len(list((home / "data" / "cache" / "features").iterdir()))

    first, _ = features()
    again, files = features()
    assert files == 1 and np.array_equal(first, again)
    if what == "selection of real images":
        monkeypatch.setattr(evaluation.sources, "digest_of", lambda *functions: "others")
    else:
        CHANGES[what](monkeypatch)
    assert features()[1] == 2


def test_a_watching_callback_is_edited_and_nothing_is_measured_again(evaluator, monkeypatch):
    before = evaluator.key
    _edit(monkeypatch, "hwlib.training.watching")
    assert Evaluator("smoke", "made up").key == before


def test_measures_of_another_version_are_passed_over(evaluator, tmp_path):
    (tmp_path / "measures-end-0000000000.json").write_text("{")
    (tmp_path / "curve-0000000000.json").write_text("{")
    run = Finished(tmp_path, evaluator.real(1))
    assert evaluator.run(run)["n"] == 150 and list(evaluator.curve(run)) == [0, 10]


def test_a_run_that_diverged_is_measured_and_has_failed(evaluator, tmp_path):
    run = Finished(tmp_path, evaluator.real(1))
    run.record = {"result": {"diverged_at": 10, "good_at": 8}}
    assert "diverged" in evaluator.run(run)["failed"] and np.isfinite(evaluator.run(run)["frechet"]["value"])


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
    run = Finished(good, evaluator.real(1), noise)
    assert evaluator.run(run)["failed"] == [] and evaluator.run(run, step=0)["failed"] == ["no faces"]
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
