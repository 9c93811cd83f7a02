"""What several test modules share."""

import os
from math import inf
from pathlib import Path

import numpy as np
import pytest
from browser import BROWSER, Browser

from hwlib import paths

REAL = Path(os.environ["HWLIB_TEST_DATA"]) if "HWLIB_TEST_DATA" in os.environ else None
real = pytest.mark.skipif(REAL is None, reason="HWLIB_TEST_DATA is not set")


class Pictures:
    """A small made-up data set, in the form of `hwlib.data.ImageSet`."""

    def __init__(self, n=48, size=16, seed=0):
        rng = np.random.default_rng(seed)
        self.images = rng.integers(0, 256, (n, size, size, 3), dtype=np.uint8)
        self.texts = np.zeros((n, 24), np.uint8)
        self.texts[np.arange(n), rng.integers(1, 13, n)] = 1
        self.texts[np.arange(n), rng.integers(13, 24, n)] = 1
        self.fingerprint = "made up"
        self.about = {"data": "made up", "n": n, "image_size": size, "notes": []}

    def __len__(self):
        return len(self.images)


def toy_weights(sizes, seed=0):
    """A narrow VGG, {layer: (kernel, bias)}, drawn at random; sizes: {layer: filters}."""
    rng, weights, channels = np.random.default_rng(seed), {}, 3
    for layer, filters in sizes.items():
        kernel = rng.normal(0, (2 / 9 / channels) ** 0.5, (3, 3, channels, filters)).astype(np.float32)
        weights[layer], channels = (kernel, rng.normal(0, 0.1, filters).astype(np.float32)), filters
    return weights


def save_weights(path, weights):
    """Keep weights as an .npz file; returns its path as text."""
    kernels = {f"{layer}/kernel": kernel for layer, (kernel, _) in weights.items()}
    np.savez(path, **kernels, **{f"{layer}/bias": bias for layer, (_, bias) in weights.items()})
    return str(path)


@pytest.fixture
def pictures():
    return Pictures()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home: no cache, no runs, no figures."""
    places = {"CACHE": "data/cache", "RUNS": "data/runs", "BUILD": "build", "FIGURES": "figures", "REPORT": "report"}
    for name, place in places.items():
        monkeypatch.setattr(paths, name, tmp_path / place)
    monkeypatch.setenv("HWLIB_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def killed(monkeypatch):
    """Function that has `train(extra_callbacks)` killed once interval `at` (of 1, 2 ...) has left its line and samples;
    the last checkpoint is that of interval `kept`."""
    from hwlib.backend import keras
    from hwlib.training import callbacks

    def run(train, at, kept):
        def end(epoch, logs):
            monkeypatch.setattr(callbacks, "CHECKPOINT_SECONDS", 0.0 if epoch + 1 < kept else inf)
            if epoch + 1 == at:
                raise KeyboardInterrupt

        monkeypatch.setattr(callbacks, "CHECKPOINT_SECONDS", 0.0 if kept else inf)
        with pytest.raises(KeyboardInterrupt):
            train([keras.callbacks.LambdaCallback(on_epoch_end=end)])

    return run


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if not BROWSER:
        pytest.skip("no Chromium or Chrome on the path")
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


def pytest_itemcollected(item):
    """For `--dist loadgroup`: a module's tests run in one process, and share its fixtures; notebooks go one by one."""
    module = item.path.stem
    item.add_marker(pytest.mark.xdist_group(item.name if module == "test_notebooks" else module))
