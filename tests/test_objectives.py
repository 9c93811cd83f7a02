"""Objectives: the losses of the field, against values worked out by hand or by NumPy and SciPy."""

import numpy as np
import pytest
from scipy.special import log_expit
from scipy.stats import kstest

from hwlib.backend import keras, tf
from hwlib.objectives.least_squares import LeastSquares
from hwlib.objectives.standard import NonSaturating, Saturating
from hwlib.objectives.wasserstein import WassersteinClipped, WassersteinGradientPenalty, gradient_norm

OBJECTIVES = {
    "non-saturating": NonSaturating(),
    "saturating": Saturating(),
    "least squares": LeastSquares(),
    "clipped": WassersteinClipped(),
    "penalised": WassersteinGradientPenalty(),
}
every_objective = pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)

LOG_3 = np.log(3.0)  # a logit for which D = 3/4


def scores(*values):
    return tf.constant(values, tf.float32)[:, None]


def seeded(seed=0):
    return keras.random.SeedGenerator(seed)


def slope(cost, score):
    """Derivative of a cost at one score."""
    score = scores(score)
    with tf.GradientTape() as tape:
        tape.watch(score)
        value = cost(score)
    return tape.gradient(value, score).numpy().item()


def labels(cost, n=4000):
    """The labels behind a cross-entropy: it is log(1 + e) - label at a score of one."""
    return np.log(1 + np.e) - cost(tf.ones((n, 1))).numpy().ravel()


# Cross-entropy


def test_at_a_probability_of_three_quarters_the_costs_are_minus_log_of_3_4_and_1_4():
    np.testing.assert_allclose(NonSaturating().real(scores(LOG_3)), [[-np.log(0.75)]], rtol=1e-6)
    np.testing.assert_allclose(NonSaturating().fake(scores(LOG_3)), [[-np.log(0.25)]], rtol=1e-6)
    np.testing.assert_allclose(NonSaturating().generator(scores(LOG_3)), [[-np.log(0.75)]], rtol=1e-6)
    np.testing.assert_allclose(Saturating().generator(scores(LOG_3)), [[np.log(0.25)]], rtol=1e-6)


@pytest.mark.parametrize("objective", [NonSaturating(), Saturating()], ids=["non-saturating", "saturating"])
def test_cross_entropy_is_minus_the_log_sigmoid_of_the_score_or_of_its_negative(objective):
    s = np.linspace(-30, 30, 61)
    np.testing.assert_allclose(objective.real(scores(*s))[:, 0], -log_expit(s), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(objective.fake(scores(*s))[:, 0], -log_expit(-s), rtol=1e-4, atol=1e-6)


def test_the_saturating_generator_gets_no_gradient_from_a_sure_discriminator_and_the_other_does():
    sure_it_is_fake = -20.0
    assert abs(slope(Saturating().generator, sure_it_is_fake)) < 1e-8
    assert slope(NonSaturating().generator, sure_it_is_fake) == pytest.approx(-1.0)


def test_both_generators_want_a_higher_score_and_agree_where_the_discriminator_is_unsure():
    for score in (-2.0, 0.0, 2.0):
        assert slope(Saturating().generator, score) < 0
        assert slope(NonSaturating().generator, score) < 0
    assert slope(Saturating().generator, 0.0) == pytest.approx(slope(NonSaturating().generator, 0.0))


# Soft and noisy labels


def test_soft_labels_are_uniform_on_their_interval_and_drawn_for_each_image():
    objective = NonSaturating(real_label=(0.7, 1.0), fake_label=(0.1, 0.3))
    real = labels(lambda s: objective.real(s, seeded()))
    fake = labels(lambda s: objective.fake(s, seeded()))
    assert len(np.unique(real)) > 1000
    assert kstest(real, "uniform", (0.7, 0.3)).pvalue > 0.01
    assert kstest(fake, "uniform", (0.1, 0.2)).pvalue > 0.01
    assert real.min() >= 0.7 - 1e-6 and real.max() <= 1.0 + 1e-6
    assert fake.min() >= 0.1 - 1e-6 and fake.max() <= 0.3 + 1e-6


def test_a_soft_label_given_as_a_number_is_that_number():
    np.testing.assert_allclose(labels(NonSaturating(real_label=0.9).real), 0.9, atol=1e-5)


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_label_noise_swaps_the_stated_share_of_labels(share):
    objective = NonSaturating(label_noise=share)
    for cost, right in ((objective.real, 1.0), (objective.fake, 0.0)):
        drawn = labels(lambda s, cost=cost: cost(s, seeded()))
        swapped = np.isclose(drawn, 1 - right, atol=1e-5)
        assert np.all(swapped | np.isclose(drawn, right, atol=1e-5))
        assert swapped.mean() == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / len(drawn)))


def test_a_swapped_soft_label_comes_from_the_other_interval():
    objective = NonSaturating(real_label=(0.8, 1.0), fake_label=(0.1, 0.4), label_noise=0.25)
    drawn = labels(lambda s: objective.real(s, seeded()))
    swapped = drawn < 0.5
    assert swapped.mean() == pytest.approx(0.25, abs=0.03)
    assert kstest(drawn[swapped], "uniform", (0.1, 0.3)).pvalue > 0.01
    assert kstest(drawn[~swapped], "uniform", (0.8, 0.2)).pvalue > 0.01


def test_random_labels_follow_the_seed_and_change_from_draw_to_draw():
    objective, one, ones = NonSaturating(real_label=(0.7, 1.0)), seeded(5), tf.ones((50, 1))
    first, second = objective.real(ones, one).numpy(), objective.real(ones, one).numpy()
    np.testing.assert_array_equal(first, objective.real(ones, seeded(5)))
    assert not np.array_equal(first, second)


def test_the_generator_is_never_told_soft_or_noisy_labels():
    noisy = NonSaturating(real_label=(0.1, 0.2), fake_label=0.4, label_noise=0.5)
    np.testing.assert_array_equal(noisy.generator(scores(-1.0, 2.0)), NonSaturating().generator(scores(-1.0, 2.0)))


# Least squares


@pytest.mark.parametrize(
    ("labels", "score", "real", "fake", "generator"),
    [
        ((0, 1, 1), 0.5, 0.125, 0.125, 0.125),
        ((0, 1, 1), 2.0, 0.5, 2.0, 0.5),
        ((0, 1, 1), -1.0, 2.0, 0.5, 2.0),
        ((-1, 1, 0), 0.5, 0.125, 1.125, 0.125),
        ((-1, 1, 0), 2.0, 0.5, 4.5, 2.0),
        ((-1, 1, 0), -1.0, 2.0, 0.0, 0.5),
    ],
)
def test_least_squares_by_hand(labels, score, real, fake, generator):
    objective = LeastSquares(*labels)
    assert objective.real(scores(score)).numpy().item() == real
    assert objective.fake(scores(score)).numpy().item() == fake
    assert objective.generator(scores(score)).numpy().item() == generator


def test_the_labels_of_least_squares_are_0_1_1_unless_others_are_given():
    objective = LeastSquares()
    assert objective.fake(scores(0.0)) == objective.real(scores(1.0)) == objective.generator(scores(1.0)) == 0


def test_with_labels_minus_1_1_0_the_best_discriminator_measures_a_pearson_divergence():
    real, fake = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.2, 0.7])  # two distributions over three images
    best = scores(*(real - fake) / (real + fake))
    objective = LeastSquares(-1, 1, 0)
    with tf.GradientTape() as tape:
        tape.watch(best)
        loss = tf.reduce_sum(real * objective.real(best)[:, 0] + fake * objective.fake(best)[:, 0])
    np.testing.assert_allclose(tape.gradient(loss, best), 0, atol=1e-6)
    cost = objective.generator(best).numpy()[:, 0]
    pearson = np.sum((2 * fake - (real + fake)) ** 2 / (real + fake))
    assert 2 * np.sum((real + fake) * cost) == pytest.approx(pearson, rel=1e-5)


# Wasserstein

wasserstein = pytest.mark.parametrize("objective", [WassersteinClipped(), WassersteinGradientPenalty()])


@wasserstein
def test_the_critic_wants_real_scores_up_and_fake_ones_down_and_the_generator_wants_fake_ones_up(objective):
    assert slope(objective.real, 5.0) == -1
    assert slope(objective.fake, 5.0) == 1
    assert slope(objective.generator, 5.0) == -1


@wasserstein
def test_the_wasserstein_loss_is_a_difference_of_means_and_no_cross_entropy(objective):
    right, fake, wrong = scores(1.0, 4.0), scores(-2.0, 0.0), scores(3.0, 0.0)
    loss = objective.discriminator_loss(right, fake, wrong)
    assert loss.numpy() == -2.5 + 0.5 * -1.0 + 0.5 * 1.5
    assert objective.discriminator_loss(right + 100, fake + 100, wrong + 100) == loss
    assert objective.discriminator_loss(right * 8, fake * 8, wrong * 8) == 8 * loss
    assert objective.generator_loss(fake).numpy() == 1.0


def test_only_the_clipped_critic_is_clipped_and_only_the_penalised_one_penalised():
    assert [o.clip for o in OBJECTIVES.values()] == [None, None, None, 0.01, None]
    assert [o.penalised for o in OBJECTIVES.values()] == [False, False, False, False, True]
    assert WassersteinClipped(clip=0.5).clip == 0.5


# All objectives


@every_objective
def test_a_fake_image_and_a_wrong_text_weigh_one_half_each(objective):
    right, fake, wrong = scores(0.3, 1.2), scores(-0.7, 0.1), scores(0.9, -2.0)
    real = np.mean(objective.real(right))
    false = [np.mean(objective.fake(fake)), np.mean(objective.fake(wrong))]
    assert abs(false[0] - false[1]) > 0.1
    loss = objective.discriminator_loss(right, fake, wrong).numpy()
    assert loss == pytest.approx(real + sum(false) / 2, rel=1e-5)
    assert objective.discriminator_loss(right, wrong, fake).numpy() == pytest.approx(loss, rel=1e-5)


@every_objective
def test_without_texts_a_fake_image_weighs_as_much_as_a_real_one(objective):
    right, fake = scores(0.3, 1.2), scores(-0.7, 0.1)
    expected = np.mean(objective.real(right)) + np.mean(objective.fake(fake))
    assert objective.discriminator_loss(right, fake).numpy() == pytest.approx(expected, rel=1e-6)


@every_objective
def test_losses_are_means_so_that_the_batch_size_does_not_matter(objective):
    right, fake, wrong = scores(0.3, 1.2), scores(-0.7, 0.1), scores(0.9, -2.0)
    doubled = [tf.concat([s, s], 0) for s in (right, fake, wrong)]
    once, twice = objective.discriminator_loss(right, fake, wrong), objective.discriminator_loss(*doubled)
    assert once.shape == ()
    np.testing.assert_allclose(once, twice, rtol=1e-5)
    np.testing.assert_allclose(objective.generator_loss(fake), objective.generator_loss(doubled[1]), rtol=1e-5)


@every_objective
@pytest.mark.parametrize("score", [-1e4, 1e4])
def test_large_scores_give_finite_losses_and_gradients(objective, score):
    for cost in (objective.real, objective.fake, objective.generator):
        assert np.isfinite(cost(scores(score)).numpy()).all()
        assert np.isfinite(slope(cost, score))


# Where the penalty is measured


def factors(objective, n=2000, seed=0):
    """Mix factors: real images are one and fake ones zero everywhere."""
    return objective.penalty_point(tf.ones((n, 2, 3, 3)), tf.zeros((n, 2, 3, 3)), seeded(seed)).numpy()


def test_each_sample_has_a_mix_factor_of_its_own_the_same_for_all_pixels_and_channels():
    mix = factors(WassersteinGradientPenalty())
    assert np.ptp(mix, axis=(1, 2, 3)).max() == 0
    assert len(np.unique(mix[:, 0, 0, 0])) > 1900


def test_mix_factors_are_uniform_from_zero_to_one_and_not_normal():
    mix = factors(WassersteinGradientPenalty())[:, 0, 0, 0]
    assert mix.min() >= 0 and mix.max() <= 1
    assert kstest(mix, "uniform").pvalue > 0.01


def test_one_mix_factor_per_batch_is_an_option_and_changes_from_batch_to_batch():
    objective, seed = WassersteinGradientPenalty(mix="batch"), seeded()
    ones, zeros = tf.ones((5, 2, 2, 3)), tf.zeros((5, 2, 2, 3))
    mix = np.stack([objective.penalty_point(ones, zeros, seed) for _ in range(400)])
    assert np.ptp(mix, axis=(1, 2, 3, 4)).max() == 0
    assert kstest(mix[:, 0, 0, 0, 0], "uniform").pvalue > 0.01


def test_the_penalty_is_measured_on_the_line_between_a_real_image_and_a_fake_one():
    rng = np.random.default_rng(0)
    real, fake = rng.random((2, 6, 4, 4, 3), np.float32)
    point = WassersteinGradientPenalty().penalty_point(tf.constant(real), tf.constant(fake), seeded()).numpy()
    mix = np.sum((point - fake) * (real - fake), (1, 2, 3)) / np.sum((real - fake) ** 2, (1, 2, 3))
    np.testing.assert_allclose(point, fake + mix[:, None, None, None] * (real - fake), atol=1e-6)


# The penalty


def linear_critic(norm_of_image, norm_of_text, seed=0):
    """Weights of a critic <w, image> + <v, text> whose gradients have the lengths given."""
    rng = np.random.default_rng(seed)
    w, v = rng.standard_normal((4, 4, 3)), rng.standard_normal(7)
    w, v = w * norm_of_image / np.linalg.norm(w), v * norm_of_text / np.linalg.norm(v)
    return tf.constant(w, tf.float32), tf.constant(v, tf.float32)


def gradients(score, *inputs):
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = score(*inputs)
    return tape.gradient(value, inputs)


@pytest.mark.parametrize("weight", [10.0, 0.1])
@pytest.mark.parametrize("norm", [0.25, 1.0, 3.0])
def test_the_penalty_of_a_linear_critic_is_lambda_times_norm_minus_one_squared(norm, weight):
    w, _ = linear_critic(norm, 1.0)
    images = tf.random.stateless_uniform((5, 4, 4, 3), (0, 1))
    found = gradients(lambda x: tf.reduce_sum(w * x, (1, 2, 3)), images)
    penalty, mean_norm = WassersteinGradientPenalty(weight=weight).penalty(found)
    assert mean_norm.numpy() == pytest.approx(norm, rel=1e-5)
    assert penalty.numpy() == pytest.approx(weight * (norm - 1) ** 2, rel=1e-4, abs=1e-9)


def test_over_image_and_text_together_the_norm_is_the_root_of_both_squares():
    w, v = linear_critic(3.0, 4.0)
    images, texts = tf.random.stateless_uniform((5, 4, 4, 3), (0, 1)), tf.random.stateless_uniform((5, 7), (0, 2))
    found = gradients(lambda x, t: tf.reduce_sum(w * x, (1, 2, 3)) + tf.linalg.matvec(t, v), images, texts)
    penalty, mean_norm = WassersteinGradientPenalty(weight=10.0).penalty(found)
    assert mean_norm.numpy() == pytest.approx(5.0, rel=1e-5)
    assert penalty.numpy() == pytest.approx(160.0, rel=1e-4)


def test_the_norm_of_each_sample_is_taken_over_all_pixels_and_channels():
    rng = np.random.default_rng(0)
    image, text = rng.standard_normal((3, 4, 5, 3)), rng.standard_normal((3, 7))
    both = np.concatenate([image.reshape(3, -1), text], 1)
    found = gradient_norm([tf.constant(image, tf.float32), tf.constant(text, tf.float32)])
    np.testing.assert_allclose(found, [np.linalg.norm(row) for row in both], rtol=1e-5)


def test_lengths_that_are_right_only_on_average_are_penalised():
    lengths = np.array([0.5, 1.5], np.float32)  # of a quadratic critic, whose gradient is the image itself
    images = tf.constant(lengths[:, None, None, None] * np.ones((2, 4, 4, 3), np.float32) / np.sqrt(48))
    penalty, mean_norm = WassersteinGradientPenalty(weight=10.0).penalty(
        gradients(lambda x: 0.5 * tf.reduce_sum(x**2, (1, 2, 3)), images)
    )
    assert mean_norm.numpy() == pytest.approx(1.0, rel=1e-5)
    assert penalty.numpy() == pytest.approx(10 * 0.25, rel=1e-4)


def test_the_penalised_loss_has_the_gradient_that_finite_differences_find():
    """A critic a . tanh(W image + U text), once in TensorFlow and once derived by hand, in double precision."""
    rng = np.random.default_rng(1)
    real, fake = rng.random((2, 5, 2, 2, 3), np.float32)
    text, wrong = rng.integers(0, 2, (2, 5, 4)).astype(np.float32)
    weights = [rng.standard_normal(shape) * 0.4 for shape in ((12, 6), (4, 6), (6,))]
    objective = WassersteinGradientPenalty(weight=3.0)
    point = objective.penalty_point(tf.constant(real), tf.constant(fake), seeded(4))

    def loss_by_hand(w, u, a):
        def hidden(image, text):
            return np.tanh(image.reshape(5, 12).astype(float) @ w + text @ u)

        scores = [hidden(x, t) @ a for x, t in ((real, text), (fake, text), (real, wrong))]
        outer = (1 - hidden(point.numpy(), text) ** 2) * a
        norm = np.sqrt(np.sum((outer @ w.T) ** 2, 1) + np.sum((outer @ u.T) ** 2, 1))
        return np.mean(scores[1]) / 2 + np.mean(scores[2]) / 2 - np.mean(scores[0]) + 3 * np.mean((norm - 1) ** 2)

    by_differences = []
    for i, weight in enumerate(weights):
        found = np.zeros_like(weight)
        for place in np.ndindex(weight.shape):
            step = np.zeros_like(weight)
            step[place] = 1e-5
            up, down = ([w + s * step if i == j else w for j, w in enumerate(weights)] for s in (1, -1))
            found[place] = (loss_by_hand(*up) - loss_by_hand(*down)) / 2e-5
        by_differences.append(found)

    variables = w, u, a = [tf.Variable(weight, dtype=tf.float32) for weight in weights]

    def score(image, text):
        return tf.linalg.matvec(tf.tanh(tf.reshape(image, (-1, 12)) @ w + text @ u), a)[:, None]

    with tf.GradientTape() as tape:
        judged = [score(x, t) for x, t in ((real, text), (fake, text), (real, wrong))]
        penalty, _ = objective.penalty(gradients(score, point, tf.constant(text)))
        loss = objective.discriminator_loss(*judged) + penalty
    assert loss.numpy() == pytest.approx(loss_by_hand(*weights), rel=1e-5)
    for found, expected in zip(tape.gradient(loss, variables), by_differences, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_a_critic_without_a_gradient_has_a_finite_penalty_with_finite_derivatives():
    w, images = tf.Variable(tf.zeros((4, 4, 3))), tf.random.stateless_uniform((3, 4, 4, 3), (0, 1))
    with tf.GradientTape() as tape:
        penalty, mean_norm = WassersteinGradientPenalty(weight=10.0).penalty(
            gradients(lambda x: tf.reduce_sum(w * x, (1, 2, 3)), images)
        )
    assert mean_norm.numpy() == pytest.approx(0.0, abs=1e-4)
    assert penalty.numpy() == pytest.approx(10.0, rel=1e-4)
    assert np.isfinite(tape.gradient(penalty, w)).all()


def test_the_penalty_of_half_precision_gradients_is_computed_in_single_precision():
    norm = gradient_norm([tf.fill((2, 64, 64, 3), tf.constant(1e-3, tf.float16))])
    assert norm.dtype == tf.float32
    np.testing.assert_allclose(norm, 1e-3 * np.sqrt(64 * 64 * 3), rtol=1e-2)


def test_a_mix_of_an_unknown_kind_is_refused_and_the_known_kinds_are_named():
    with pytest.raises(ValueError, match='"sample" or "batch", not \'pixel\''):
        WassersteinGradientPenalty(mix="pixel")
