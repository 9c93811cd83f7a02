"""Drawing from a trained generator, and what the courses ask to hand in."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from hwlib.data import tags
from hwlib.data.tags import DataError
from hwlib.inference import coursework, generation


class Painter:
    """A finished run whose images show what was asked: hair in the first channel, latents not at all."""

    name = "painter"

    def __init__(self, conditional=True):
        self.settings = {"conditional": conditional}
        self.asked = []

    def generate(self, texts, seed=0, raw=False):
        self.asked.append(texts)
        return np.repeat(texts.argmax(1).astype(np.uint8), 16 * 16 * 3).reshape(-1, 16, 16, 3)


def test_the_great_circle_keeps_the_length_and_meets_both_ends():
    a, b = np.random.default_rng(0).standard_normal((2, 100))
    b *= np.linalg.norm(a) / np.linalg.norm(b)
    arc = generation.great_circle(a, b, 9)
    assert np.allclose(arc[[0, -1]], [a, b]) and np.allclose(np.linalg.norm(arc, axis=1), np.linalg.norm(a))
    angles = [np.arccos(np.clip(p @ q / (a @ a), -1, 1)) for p, q in pairwise(arc)]
    assert np.ptp(angles) < 1e-6, "the arc is walked in equal steps"


def test_between_a_latent_and_itself_there_is_nothing_else():
    a = np.arange(1.0, 6.0)
    assert np.allclose(generation.great_circle(a, a, 4), a)


def test_the_first_latents_do_not_depend_on_how_many_are_drawn():
    settings = {"generator": "g", "discriminator": "d", "objective": "o"}
    few, many = (generation.latents(settings, n, seed=3) for n in (4, 40))
    assert np.array_equal(few, many[:4]) and few.shape == (4, 40)


def test_in_2017_each_line_gives_five_named_jpegs_of_its_text(tmp_path):
    text = tmp_path / "test.txt"
    text.write_text("7,blue hair red eyes\n9,green eyes pink hair\n")
    run = Painter()
    paths = coursework.write_samples(run, text, tmp_path / "new" / "samples")
    assert [path.name for path in paths] == [f"sample_{name}_{k}.jpg" for name in (7, 9) for k in range(1, 6)]
    assert all(Image.open(path).format == "JPEG" for path in paths)
    assert (run.asked[0][5:] == tags.parse("pink hair green eyes")).all()


def test_two_lines_of_one_name_are_refused_before_one_replaces_the_other(tmp_path):
    text = tmp_path / "test.txt"
    text.write_text("7,blue hair red eyes\n7,green eyes pink hair\n")
    with pytest.raises(DataError, match="two lines have the id 7"):
        coursework.write_samples(Painter(), text, tmp_path / "samples")
    assert not (tmp_path / "samples").exists()


def test_in_2018_twenty_five_lines_give_one_grid_at_the_default_size(tmp_path):
    text = tmp_path / "tags.txt"
    text.write_text("".join(f"{i},blue hair\n" for i in range(25)))
    coursework.write_grid(Painter(), text, tmp_path / "samples" / "cgan.png")
    assert Image.open(tmp_path / "samples" / "cgan.png").size == (640, 480)


def test_without_texts_the_grid_shows_25_faces_from_noise_and_a_conditional_run_is_told_its_text_is_missing(tmp_path):
    run = Painter(conditional=False)
    coursework.write_grid_of_noise(run, tmp_path / "samples" / "gan.png")
    assert Image.open(tmp_path / "samples" / "gan.png").size == (640, 480) and len(run.asked[0]) == 25
    with pytest.raises(ValueError, match="give it a test text"):
        coursework.write_grid_of_noise(Painter(), tmp_path / "other.png")


def test_a_grid_of_other_than_25_lines_is_refused_and_nothing_is_written(tmp_path):
    text = tmp_path / "tags.txt"
    text.write_text("1,blue hair\n")
    with pytest.raises(DataError, match="25 texts, this file has 1 lines"):
        coursework.write_grid(Painter(), text, tmp_path / "cgan.png")
    assert not (tmp_path / "cgan.png").exists()


def test_a_run_without_texts_is_told_to_be_no_use(tmp_path):
    text = tmp_path / "tags.txt"
    text.write_text("1,blue hair\n")
    with pytest.raises(ValueError, match="draws no texts: give no test text"):
        coursework.write_samples(Painter(conditional=False), text, tmp_path)
