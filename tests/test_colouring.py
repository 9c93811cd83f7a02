"""The colouriser, on painted images: gray levels of their own, colours that only the text tells."""

import numpy as np
import pytest

from hwlib.backend import keras
from hwlib.training import colouring

SETTINGS = {"filters": 8, "batch_size": 16, "steps": 120, "interval": 40, "learning_rate": 3e-3}
RED, BLUE = (230, 60, 60), (60, 60, 230)


class Painted:
    """Squares of red or blue on gray ground; the text says which."""

    def __init__(self, n=128, seed=0):
        rng = np.random.default_rng(seed)
        which = rng.integers(2, size=n)
        self.images = np.empty((n, 16, 16, 3), np.uint8)
        self.images[:] = rng.integers(60, 200, n)[:, None, None, None]
        self.images[:, 4:12, 4:12] = np.array([RED, BLUE])[which][:, None, None]
        self.texts = np.eye(2, dtype=np.uint8)[which]

    def __len__(self):
        return len(self.images)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("colouriser")
    result = colouring.train(SETTINGS, Painted(), 0, folder)
    return result, folder, keras.models.load_model(folder / "colouriser.keras", compile=False)


def test_a_colouriser_learns_to_paint_what_the_text_names(trained):
    unseen = Painted(32, seed=1)
    painted = colouring.colour(trained[2], unseen.images, unseen.texts)
    square = painted[:, 6:10, 6:10].astype(float).mean((1, 2))
    is_red = square[:, 0] > square[:, 2] + 50
    is_blue = square[:, 2] > square[:, 0] + 50
    np.testing.assert_array_equal(is_red, unseen.texts[:, 0] == 1)
    np.testing.assert_array_equal(is_blue, unseen.texts[:, 1] == 1)


def test_a_face_takes_the_other_colour_when_the_other_is_asked_for(trained):
    unseen = Painted(32, seed=1)
    asked = colouring.colour(trained[2], unseen.images, 1 - unseen.texts)[:, 6:10, 6:10].astype(float).mean((1, 2))
    assert ((asked[:, 2] > asked[:, 0]) == (unseen.texts[:, 0] == 1)).all()


def test_only_the_luma_of_an_image_counts(trained):
    unseen = Painted(8, seed=1)
    as_gray = np.repeat(np.rint(colouring.gray(unseen.images) * 255).astype(np.uint8)[..., None], 3, -1)
    from_colour, from_gray = (colouring.colour(trained[2], x, unseen.texts) for x in (unseen.images, as_gray))
    np.testing.assert_allclose(from_colour.astype(int), from_gray.astype(int), atol=3)


@pytest.mark.parametrize("normalise", [False, True])
def test_normalising_makes_it_blind_to_brightness_and_contrast(normalise):
    keras.utils.set_random_seed(0)
    model = colouring.network(16, 2, filters=4, normalise=normalise)
    rng = np.random.default_rng(0)
    light, text = rng.uniform(0.4, 1, (4, 16, 16, 1)).astype(np.float32), np.eye(2, dtype=np.float32)[[0, 1, 0, 1]]
    dark = 0.5 * light - 0.1
    of_light, of_dark = (model.predict([x, text], verbose=0) for x in (light, dark))
    assert (np.abs(of_light - of_dark).max() < 0.02) == normalise


def test_a_run_says_how_long_it_was_and_what_it_saw(trained):
    result, folder, _ = trained
    assert (result["steps"], result["images_seen"], result["diverged_at"]) == (120, 120 * 16, None)
    assert result["seconds"] > 0 and (folder / "history.jsonl").read_text().count("\n") == 3


def test_an_interrupted_run_resumes_to_the_same_bits(tmp_path, killed, capsys):
    tiny = SETTINGS | {"filters": 2, "steps": 6, "interval": 2}
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    straight.mkdir(), broken.mkdir()
    colouring.train(tiny, Painted(), 0, straight)
    killed(lambda watching: colouring.train(tiny, Painted(), 0, broken, extra_callbacks=watching), at=2, kept=1)
    assert not (broken / "colouriser.keras").exists()
    with np.load(broken / "checkpoint.npz") as stored:
        assert stored["step"] == 2
    colouring.train(tiny, Painted(), 0, broken)
    assert "resumed at step 2" in capsys.readouterr().out
    weights = (
        keras.models.load_model(folder / "colouriser.keras", compile=False).get_weights()
        for folder in (straight, broken)
    )
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))
