"""What each claim is measured by, on made-up runs whose answer is known."""

from types import SimpleNamespace

import numpy as np
import pytest

from hwlib.claims import failures, frequencies, hybrid, quality, speed, texts
from hwlib.claims.speed import images_until
from hwlib.report import curves

RINGS = ("detail_0", "detail_1", "detail_2", "detail_3")


class Run:
    """A finished run: at each step the images seen, its distance, and more if needed; faces are seen below 0.4."""

    name = "a run"

    def __init__(self, distances, per_step=10, seed=0, diverged_at=None, **measures):
        self.record = {"result": {"diverged_at": diverged_at}}
        self.seed, self.settings = seed, {}
        self.curve = {0: 1.0} | distances
        self.history = [{"step": step, "images": step * per_step} for step in distances]
        self.measures = measures

    def samples(self):
        return self.curve


class Evaluator:
    """Knows what the made-up runs have; real images have 1 of everything."""

    image_size = 16
    n = 4
    classifier = SimpleNamespace(record={"result": {"hair_accuracy": 0.9, "eyes_accuracy": 0.9}})

    def __init__(self):
        ones = ("diversity", "precision", "peak_2", "peak_4", "around_2", "around_4", *RINGS)
        self.of_real_images = {name: {"value": 1.0} for name in ones} | {"luminance": {"value": 0.6}}

    def levels(self, gray=False):
        return {"face": 40.0, "blobs": 60.0}

    def curve(self, run):
        return {step: {"value": 100 * share} for step, share in run.curve.items()}

    def colours(self, run):
        return {step: {"hair": share, "eyes": share / 2} for step, share in run.measures["hair"].items()}

    def at(self, run, step):
        return self.run(run) | {"frechet": {"value": 100 * run.curve[step]}, "kernel": {"value": run.curve[step] - 0.1}}

    def run(self, run):
        kept = {name: {"value": value} for name, value in run.measures.items() if isinstance(value, float)}
        return kept | {"failed": run.measures.get("failed", [])}


@pytest.fixture
def evaluator():
    return Evaluator()


def shares(*values):
    """A curve over the steps 1, 2, 4 ..."""
    return {2**i: value for i, value in enumerate(values)}


# How soon


def test_a_level_is_reached_where_the_curve_stays_below_it():
    assert images_until({10: 0.9, 20: 0.3, 40: 0.5, 80: 0.2}, 0.4) == (
        pytest.approx(40 * 2 ** (np.log(0.5 / 0.4) / np.log(0.5 / 0.2))),
        speed.EXACTLY,
    )
    assert images_until({10: 0.3, 20: 0.2}, 0.4) == (10, speed.AT_MOST)
    assert images_until({10: 0.9, 20: 0.41}, 0.4) == (20, speed.AT_LEAST)


def test_twice_as_many_images_are_a_log_ratio_of_log_2(evaluator):
    slow, fast = Run(shares(1.0, 0.8, 0.4, 0.2)), Run(shares(0.8, 0.4, 0.2, 0.1))
    effect = speed.images_to_face(evaluator, slow, fast)
    assert effect.value == pytest.approx(np.log(2)) and not effect.at_least and not effect.too_early


def test_a_run_that_never_gets_there_has_needed_at_least_what_it_saw(evaluator):
    fast, never = Run(shares(0.8, 0.4, 0.2, 0.1, 0.1, 0.1)), Run(shares(1.0, 0.9, 0.8, 0.7, 0.6, 0.5))
    effect = speed.images_to_face(evaluator, never, fast)
    assert effect.at_least and effect.value == pytest.approx(np.log(320 / 20))
    mirrored = speed.images_to_face(evaluator, fast, never)
    assert mirrored.at_most and mirrored.value == -effect.value


def test_a_run_that_was_there_at_the_first_moment_has_needed_at_most_what_it_saw_by_then(evaluator):
    at_once, later = Run(shares(0.3, 0.2, 0.2, 0.1)), Run(shares(0.9, 0.8, 0.4, 0.2))
    effect = speed.images_to_face(evaluator, later, at_once)
    assert effect.at_least and not effect.at_most and effect.value == pytest.approx(np.log(4))
    assert speed.images_to_face(evaluator, at_once, later).at_most
    assert "both were there" in speed.images_to_face(evaluator, at_once, at_once).too_early
    never = Run(shares(0.9, 0.9, 0.9, 0.9))
    assert speed.images_to_face(evaluator, never, at_once).at_least


def test_the_slower_run_must_have_been_given_four_times_as_long(evaluator):
    fast, stopped = Run(shares(0.8, 0.4, 0.2)), Run(shares(1.0, 0.9, 0.8))
    assert "saw 2 times the images" in speed.images_to_face(evaluator, stopped, fast).too_early
    assert "neither" in speed.images_to_face(evaluator, stopped, stopped).too_early


def test_colours_are_learnt_at_half_of_the_hair_and_three_tenths_of_the_eyes(evaluator):
    one, other = (
        Run(shares(1, 1, 1, 1), hair=shares(0.1, 0.5, 0.9, 0.9)),
        Run(shares(1, 1, 1, 1), hair=shares(0.1, 0.1, 0.5, 0.9)),
    )
    assert speed.images_to_hair(evaluator, other, one).value == pytest.approx(np.log(2))
    assert speed.images_to_eyes(evaluator, other, one).value > 0
    effect = speed.hair_over_training(evaluator, one, other)
    assert effect.value == pytest.approx((0.4 + 0.4) / 4)


# How near


def test_distances_compare_at_equally_many_images_or_updates(evaluator):
    five, one = Run(shares(0.9, 0.4, 0.2), per_step=50), Run(shares(1.0, 0.8, 0.6, 0.5), per_step=25)
    assert quality.distance(evaluator, one, five).value == pytest.approx(np.log(0.5 / 0.2))
    assert quality.distance_at_equal_steps(evaluator, one, five).value == pytest.approx(np.log(0.6 / 0.2))
    assert quality.kernel(evaluator, one, five).value == pytest.approx(np.log(0.4 / 0.1))


def test_two_models_that_have_not_learned_cannot_be_compared(evaluator):
    bad, worse = Run(shares(0.9, 0.5)), Run(shares(0.9, 0.8))
    for measure in (quality.distance, frequencies.detail, frequencies.lattice, quality.stalls):
        assert "stands at 1.25 of the distance from which on faces" in measure(evaluator, bad, worse).too_early
    assert quality.early_diversity(evaluator, bad, worse).too_early
    assert quality.broken(evaluator, bad).too_early and quality.luminance(evaluator, bad).too_early


def test_runs_that_never_stand_alike_are_not_compared(evaluator):
    one, other = Run(shares(0.3, 0.2), per_step=10), Run(shares(0.3, 0.2), per_step=7)
    for measure in (quality.distance, quality.white, frequencies.lattice):
        assert "same number of images" in measure(evaluator, one, other).too_early


def test_a_run_stalls_that_improves_less_from_half_of_its_training_on(evaluator):
    stalled, improved = Run(shares(0.9, 0.3, 0.3)), Run(shares(0.9, 0.4, 0.2))
    assert quality.stalls(evaluator, stalled, improved).value == pytest.approx(np.log(2))
    still_learning = Run(shares(0.9, 0.8, 0.2))
    assert "at half of the training" in quality.stalls(evaluator, stalled, still_learning).too_early


def test_failed_runs_are_counted_to_be_pooled(evaluator):
    fine, bad = Run(shares(0.2)), Run(shares(0.9), failed=["no faces"])
    assert failures.failed(evaluator, fine, bad, fine, bad).counts == (2, 3)
    assert "the control, failed too" in failures.failed(evaluator, bad, bad, fine).too_early
    assert failures.fails_more(evaluator, bad, bad, fine, bad).counts == (2, 2, 1, 2)
    assert failures.initialisers_fail(evaluator, bad, fine, fine).counts == (1, 2, 0, 1)


def test_a_run_that_was_trained_longer_has_no_more_time_to_succeed(evaluator, monkeypatch):
    monkeypatch.setattr(evaluator, "at", lambda run, step: {"failed": ["no faces"] * (run.curve[step] > 0.6)})
    short, long = Run(shares(0.9, 0.8)), Run(shares(0.9, 0.8, 0.2))
    assert failures.fails_more(evaluator, short, long).counts == (1, 1, 1, 1)
    gone = Run(shares(0.9), diverged_at=1)
    assert failures.fails_more(evaluator, gone, Run(shares(0.9, 0.2))).counts == (1, 1, 0, 1)
    assert "equally many" in failures.failed(evaluator, short, Run({3: 0.9})).too_early


# How it looks


def test_noise_above_the_real_images_detail_counts_as_theirs(evaluator):
    rings = [dict(zip(RINGS, energy, strict=True)) for energy in ((1.7, 2.0, 3.0, 9.0), (0.5, 0.5, 0.5, 9.0))]
    noisy, blurred = (Run(shares(0.3), **one) for one in rings)
    assert frequencies.detail(evaluator, blurred, noisy).value == pytest.approx(3 * np.log(0.5) / 4)
    assert "noise" in frequencies.detail(evaluator, noisy, noisy).too_early


def test_a_lattice_counts_as_far_as_it_is_above_real_images(evaluator):
    plain = {"peak_2": 0.5, "peak_4": 1.0, "around_2": 1.0, "around_4": 1.0}
    lattice, clean = Run(shares(0.3), **plain | {"peak_2": 4.0}), Run(shares(0.3), **plain)
    assert frequencies.lattice(evaluator, clean, lattice).value == pytest.approx(-np.log(4) / 2)
    assert frequencies.strongest_lattice(evaluator, clean, lattice).value == pytest.approx(-np.log(4))
    noise = Run(shares(0.3), **dict.fromkeys(plain, 8.0))
    assert frequencies.lattice(evaluator, clean, noise).value == 0


def test_diversity_is_taken_when_the_first_of_the_two_shows_faces(evaluator):
    evaluator.of_real_images["diversity"] = {"value": 4.0}
    early, late = Run(shares(0.9, 0.3, 0.2), diversity=2.0), Run(shares(0.9, 0.8, 0.3), diversity=12.0)
    assert quality.early_diversity(evaluator, early, late).value == pytest.approx(np.log(0.5))
    assert quality.early_distance(evaluator, early, late).value == pytest.approx(np.log(0.3 / 0.8))


def test_broken_dark_and_white_images_are_set_against_real_ones(evaluator):
    run, plain = Run(shares(0.3), precision=0.7, luminance=0.5, white=0.9), Run(shares(0.3), white=0.1)
    assert quality.broken(evaluator, run).value == pytest.approx(0.3)
    assert quality.luminance(evaluator, run).value == pytest.approx(-0.1)
    assert quality.white(evaluator, run, plain).counts == (1, 1, 0, 1)


# What texts and noise do


def test_colours_asked_for_are_compared_where_one_arm_has_three_times_chance(evaluator):
    told, untold = Run(shares(0.3), hair=0.8, eyes=0.2), Run(shares(0.3), hair=0.1, eyes=0.1)
    assert texts.hair(evaluator, told, untold).value == -texts.hair(evaluator, untold, told).value == pytest.approx(0.7)
    assert "0.20 of the eyes right; chance is 0.09" in texts.eyes(evaluator, told, untold).too_early


def test_an_untrusted_classifier_says_nothing(evaluator):
    evaluator.classifier = SimpleNamespace(record={"result": {"hair_accuracy": 0.5, "eyes_accuracy": 0.9}})
    run = Run(shares(0.3), hair=0.8, eyes=0.8)
    for measure in (texts.hair, speed.images_to_hair, speed.hair_over_training, hybrid.dark_hair):
        assert "no classifier of hair" in measure(evaluator, run, run).too_early


def test_texts_are_drawn_anew_in_each_unit(evaluator, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        texts, "diversity", lambda generate, asked, *_: drawn.append(asked) or {"ratio": {"value": 0.5}}
    )
    evaluator.net = None
    evaluator.kept = lambda folder, name, make: make()
    for seed in (0, 0, 1):
        run = Run(shares(0.3), seed=seed)
        run.generate, run.folder = None, None
        assert texts.noise_over_texts_of(evaluator, run) == 0.5
    assert np.array_equal(drawn[0], drawn[1]) and not np.array_equal(drawn[0], drawn[2])


def test_light_colours_are_those_that_are_drawn_light():
    assert "white" in hybrid.light_colours("hair") and "black" not in hybrid.light_colours("hair")
    assert "yellow" in hybrid.light_colours("eyes") and len(hybrid.light_colours("eyes")) == hybrid.LIGHT


def test_what_noise_and_text_move_is_not_compared_where_no_face_is_seen(evaluator):
    assert "faces are seen" in texts.noise_over_texts(evaluator, Run(shares(0.9)), Run(shares(0.8))).too_early


def test_lines_count_images_and_leave_out_the_untrained_network(evaluator):
    slow, fast = Run({1: 0.9, 2: 0.5, 4: 0.3}), Run({2: 0.8, 4: 0.2}, per_step=100)
    assert curves.steps(slow, fast) == [0, 2, 4]
    np.testing.assert_array_equal(curves.over_images(fast, {0: 7, 2: 8, 4: 9}), [[200, 400], [8, 9]])
    doubled = curves.of_samples(slow, lambda share, by: np.array([share * by]), 2)
    np.testing.assert_array_equal(doubled, [[10, 20, 40], [1.8, 1.0, 0.6]])
    assert curves.left(evaluator, [slow, fast]) == pytest.approx((30 / 40 + 20 / 40) / 2)
