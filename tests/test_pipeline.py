"""Batches: what a training sees at each step, and that nothing of it depends on anything but seed and step."""

import numpy as np
import pytest
from scipy.stats import chisquare

from hwlib.data.pipeline import batches


def numbered(n):
    """Images that are all of one brightness: their number."""
    return np.broadcast_to(np.arange(n, dtype=np.uint8)[:, None, None, None], (n, 2, 2, 3)).copy()


def texts_of(*counts):
    """One-hot texts of 0 and 1, each kind as often as said, in a mixed order."""
    kind = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    return np.eye(len(counts), dtype=np.uint8)[kind]


def seen(*args, **options):
    """Everything that a pipeline gives out, joined along the batch: dict of arrays."""
    out = list(batches(*args, **options).as_numpy_iterator())
    return {name: np.concatenate([batch[name] for batch in out]) for name in out[0]}


def numbers(*args, **options):
    """Numbers of `numbered` images in the order in which they are shown."""
    return np.rint(seen(*args, **options)["image"][:, 0, 0, 0] * 255).astype(int)


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


# Order


def test_each_epoch_shows_every_image_once_and_in_another_order():
    shown = numbers(numbered(10), None, 4, 10).reshape(4, 10)  # ten steps of four: four epochs of ten
    np.testing.assert_array_equal(np.sort(shown), [range(10)] * 4)
    assert len({tuple(order) for order in [*shown, range(10)]}) == 5


def test_image_and_text_stay_together():
    texts = texts_of(1, 1, 1, 1, 1, 1, 1)
    out = seen(numbered(7), texts, 3, 9)
    np.testing.assert_array_equal(out["text"], texts[np.rint(out["image"][:, 0, 0, 0] * 255).astype(int)])


def test_a_batch_may_be_larger_than_the_set():
    shown = numbers(numbered(3), None, 8, 3)
    assert len(shown) == 24
    np.testing.assert_array_equal(np.sort(shown.reshape(8, 3)), [range(3)] * 8)


def test_the_shapes_are_known_before_the_first_batch():
    specification = batches(numbered(10), texts_of(5, 5), 4, 6).element_spec
    assert {name: (s.shape, s.dtype) for name, s in specification.items()} == {
        "image": ((4, 2, 2, 3), "float32"),
        "text": ((4, 2), "float32"),
        "wrong_text": ((4, 2), "float32"),
    }


# A pure function of seed and step

NOISE = np.random.default_rng(0).integers(0, 256, (20, 4, 4, 3), np.uint8)


@pytest.mark.parametrize("first", [1, 7, 11])
@pytest.mark.parametrize("wrong_text", ["different", "random"])
def test_a_stream_that_starts_later_is_the_tail_of_the_whole_one_bit_for_bit(first, wrong_text):
    options = {"seed": 3, "wrong_text": wrong_text, "value_range": (-1, 1)}
    whole = seen(NOISE, texts_of(9, 6, 5), 6, 12, **options)
    tail = seen(NOISE, texts_of(9, 6, 5), 6, 12, first_step=first, **options)
    assert_same(tail, {name: x[6 * first :] for name, x in whole.items()})


def test_the_same_seed_gives_the_same_stream_however_often_it_is_read():
    stream = batches(NOISE, texts_of(9, 6, 5), 6, 8, seed=3)
    for one, other in zip(stream.as_numpy_iterator(), stream.as_numpy_iterator(), strict=True):
        assert_same(one, other)
    assert_same(seen(NOISE, texts_of(9, 6, 5), 6, 8, seed=3), seen(NOISE, texts_of(9, 6, 5), 6, 8, seed=3))


def test_another_seed_gives_another_order_other_flips_and_other_wrong_texts():
    one, other = (seen(NOISE, texts_of(9, 6, 5), 20, 5, seed=seed) for seed in (0, 1))
    assert not np.array_equal(one["text"], other["text"])
    flips = [mirrored(20, 2, seed=seed) for seed in (0, 1)]
    assert not np.array_equal(*flips)
    alone = [seen(numbered(20), texts_of(9, 6, 5), 20, 1, seed=seed, flip=False) for seed in (0, 1)]
    by_image = [out["wrong_text"][np.argsort(out["image"][:, 0, 0, 0])] for out in alone]
    assert not np.array_equal(*by_image)


# Wrong texts

UNBALANCED = texts_of(50, 30, 15, 5)


def test_a_wrong_text_is_never_the_right_one():
    out = seen(NOISE[np.arange(100) % 20], UNBALANCED, 1000, 10)
    assert not np.any(np.all(out["text"] == out["wrong_text"], axis=1))


def test_wrong_texts_are_as_frequent_as_they_are_among_the_others():
    out = seen(NOISE[np.arange(100) % 20], UNBALANCED, 1000, 30)
    right, wrong = out["text"].argmax(1), out["wrong_text"].argmax(1)
    frequency = UNBALANCED.sum(0)
    for text in range(4):
        others = np.arange(4) != text
        drawn = np.bincount(wrong[right == text], minlength=4)[others]
        expected = frequency[others] / frequency[others].sum()
        assert chisquare(drawn, expected * drawn.sum()).pvalue > 0.001


def test_a_text_that_shares_a_colour_with_the_right_one_is_still_a_wrong_one():
    texts = np.array([[1, 0, 0, 1], [1, 0, 1, 0], [1, 0, 1, 0]], np.uint8)
    out = seen(numbered(3), texts, 300, 1)
    first = np.all(out["text"] == texts[0], axis=1)
    np.testing.assert_array_equal(out["wrong_text"][first], np.tile(texts[1], (100, 1)))
    np.testing.assert_array_equal(out["wrong_text"][~first], np.tile(texts[0], (200, 1)))


def test_a_random_wrong_text_is_the_right_one_as_often_as_chance_has_it():
    out = seen(NOISE[np.arange(100) % 20], UNBALANCED, 1000, 20, wrong_text="random")
    equal = np.all(out["text"] == out["wrong_text"], axis=1).mean()
    chance = 0.5**2 + 0.3**2 + 0.15**2 + 0.05**2
    assert equal == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / 20_000))


def test_wrong_texts_do_not_follow_the_order_of_the_images():
    out = seen(numbered(4), texts_of(1, 1, 1, 1), 4, 50)
    pairs = {(tuple(r), tuple(w)) for r, w in zip(out["text"], out["wrong_text"], strict=True)}
    assert len(pairs) == 12  # each of four texts with each of three others


def test_a_single_text_leaves_no_wrong_one_and_the_error_says_what_to_do():
    with pytest.raises(ValueError, match=r"All images have the same text.*Train unconditionally"):
        batches(numbered(5), texts_of(5), 2, 1)


# Flips


def mirrored(n, steps=1, **options):
    """Which of n half-black, half-white images come out mirrored; the rest must be unchanged."""
    image = np.zeros((n, 4, 6, 3), np.uint8)
    image[:, :2, :3] = 255  # the upper left quarter
    out = seen(image, None, n, steps, **options)["image"]
    same, flipped = (np.all(out == x, axis=(1, 2, 3)) for x in (image[0] / 255.0, image[0, :, ::-1] / 255.0))
    assert np.all(same ^ flipped)
    return flipped


def test_about_half_of_the_images_are_mirrored_left_to_right():
    assert mirrored(4000).mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(4000))


def test_an_image_is_not_always_mirrored_nor_never():
    assert 0 < mirrored(1, steps=40).sum() < 40


def test_without_flips_no_image_is_mirrored():
    assert not mirrored(500, flip=False).any()


# Values


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (0.0, 255.0)])
def test_black_and_white_are_exactly_the_ends_of_the_value_range(low, high):
    every = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)
    image = seen(every, None, 1, 1, value_range=(low, high), flip=False)["image"].ravel()
    assert image[0] == low and image[-1] == high
    np.testing.assert_allclose(image, np.linspace(low, high, 256).repeat(3), rtol=1e-5, atol=1e-6)


def test_without_texts_there_are_images_alone():
    assert seen(numbered(5), None, 2, 2).keys() == {"image"}


def test_gray_gives_out_the_luminance_alone():
    colours = np.array([[[[255, 0, 0]]], [[[0, 255, 0]]], [[[0, 0, 255]]], [[[255, 255, 255]]]], np.uint8)
    out = next(iter(batches(colours, None, 4, 1, flip=False, gray=True)))["image"].numpy()
    assert out.shape == (4, 1, 1, 1)
    assert sorted(out.ravel()) == pytest.approx([0.114, 0.299, 0.587, 1.0])


def test_images_mapped_read_only_can_be_trained_on_and_stay_as_they_are(tmp_path):
    file = tmp_path / "images.bin"
    file.write_bytes(NOISE.tobytes())
    mapped = np.memmap(file, np.uint8, "r", shape=NOISE.shape)
    assert_same(seen(mapped, None, 50, 2), seen(NOISE, None, 50, 2))
    assert file.read_bytes() == NOISE.tobytes()
    np.testing.assert_array_equal(mapped, NOISE)


def test_images_in_memory_stay_as_they_are():
    images = NOISE.copy()
    seen(images, None, len(images), 3)
    np.testing.assert_array_equal(images, NOISE)


# Mistakes


def test_an_empty_set_is_refused():
    with pytest.raises(ValueError, match="empty"):
        batches(numbered(0), None, 2, 1)


def test_an_unknown_kind_of_wrong_text_is_refused_and_the_known_kinds_are_named():
    with pytest.raises(ValueError, match='"different" or "random", not \'shuffled\''):
        batches(numbered(5), texts_of(3, 2), 2, 1, wrong_text="shuffled")
