"""Adversarial training: which network sees what, when, and with which random numbers.

Most tests run TensorFlow's functions eagerly: a few steps of tiny networks take less time than tracing them.
"""

from collections import defaultdict

import numpy as np
import pytest
from scipy.stats import kstest

from hwlib.backend import keras, tf
from hwlib.data.pipeline import batches
from hwlib.models import cyclegan, report_a, report_b
from hwlib.models.parts import with_text
from hwlib.objectives.least_squares import LeastSquares
from hwlib.objectives.standard import NonSaturating
from hwlib.objectives.wasserstein import WassersteinClipped, WassersteinGradientPenalty
from hwlib.training.adversarial import Adversarial, fastest_exact_passes
from hwlib.training.averaging import copied

layers = keras.layers
TINY = {"image_size": 16, "width": 1 / 16}
SIZE, LATENT, TEXT = 4, 3, 2  # of the networks below, made of dense layers


@pytest.fixture(autouse=True)
def eager():
    """Functions run eagerly and weights start the same."""
    keras.utils.set_random_seed(0)
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


class Spy(layers.Layer):
    """Passes on what it gets, and keeps it in `seen` where it has values."""

    def __init__(self, **options):
        super().__init__(**options)
        self.seen = []

    def call(self, x):
        if not tf.is_symbolic_tensor(x):
            self.seen.append(x.numpy())
        return x


def small_generator(spy=None, conditional=True):
    latent, text = keras.Input((LATENT,)), keras.Input((TEXT,))
    x = spy(latent) if spy else latent
    x = layers.Concatenate()([x, text]) if conditional else x
    image = layers.Reshape((SIZE, SIZE, 3))(layers.Dense(SIZE * SIZE * 3, "sigmoid")(x))
    return keras.Model([latent, text] if conditional else latent, image)


def small_critic(spy=None, conditional=True, norm=False, features="tanh"):
    """A critic of few parts; `features=None` and no `norm` makes it linear."""
    image = keras.Input((SIZE, SIZE, 3))
    x = layers.Flatten()(spy(image) if spy else image)
    x = layers.BatchNormalization()(x) if norm else x
    x = layers.Dense(8, features)(x) if features else x

    def judgement(x, text):
        return layers.Dense(1)(x if text is None else layers.Concatenate()([x, text]))

    return with_text(image, x, TEXT if conditional else 0, judgement, "critic")


def data(n, conditional=True, seed=0, size=SIZE, text=TEXT, steps=1):
    rng = np.random.default_rng(seed)
    texts = rng.integers(0, 2, (n, text)).astype(np.float32)
    arrays = {"image": rng.random((n, size, size, 3), np.float32), "text": texts, "wrong_text": 1 - texts}
    return {name: tf.constant(x) for name, x in arrays.items() if conditional or name == "image"}


def adversarial(generator=None, critic=None, objective=None, rates=(0.1, 0.1), **options):
    """Compiled with plain gradient descent, so that an update of the weights is their gradient times a rate."""
    objective = objective or WassersteinGradientPenalty()
    model = Adversarial(generator or small_generator(), critic or small_critic(), objective, **options)
    model.compile(*(keras.optimizers.SGD(rate) for rate in rates))
    return model


def weights(network):
    return [v.numpy() for v in network.trainable_variables]


def changed(before, network):
    return any(np.any(b != a) for b, a in zip(before, weights(network), strict=True))


def stream(*steps):
    """A data set for `fit`: one dict of tensors a step."""
    return tf.data.Dataset.from_tensor_slices({name: tf.stack([s[name] for s in steps]) for name in steps[0]})


def fit(model, *steps, epochs=1, **options):
    return model.fit(stream(*steps), epochs=epochs, shuffle=False, verbose=0, **options).history


# Ways to call the discriminator


def one_step(make_critic, passes, objective, batch, conditional=True, size=16):
    """Logs of one step, and the weights after it, of networks that start the same."""
    keras.utils.set_random_seed(1)
    if size == 16:
        generator = report_a.generator(**TINY, latent_dim=LATENT, text_dim=TEXT * conditional)
    else:
        generator = small_generator(conditional=conditional)
    model = adversarial(generator, make_critic(), objective, passes=passes, seed=2)
    logs = model.train_step(batch)
    return {name: float(value) for name, value in logs.items()}, weights(model.discriminator), weights(generator)


def assert_alike(one, other):
    assert one[0] == pytest.approx(other[0], rel=1e-5, abs=1e-6)
    for a, b in zip(one[1] + one[2], other[1] + other[2], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_shared_joined_and_separate_passes_give_the_same_losses_and_the_same_updates():
    def critic():
        return report_a.critic(**TINY, text_dim=TEXT)

    batch = data(4, size=16)
    before = weights(critic())
    separate, joined, shared = (
        one_step(critic, p, WassersteinGradientPenalty(), batch) for p in ("separate", "joined", "shared")
    )
    assert max(np.abs(b - a).max() for b, a in zip(before, separate[1], strict=True)) > 1e-3
    assert_alike(joined, separate)
    assert_alike(shared, separate)


def test_without_texts_joined_and_separate_passes_give_the_same_updates():
    def critic():
        return small_critic(conditional=False)

    batch = data(4, conditional=False)
    separate, joined = (
        one_step(critic, p, WassersteinGradientPenalty(), batch, False, SIZE) for p in ("separate", "joined")
    )
    assert_alike(joined, separate)


def test_with_batch_norm_joined_passes_would_not_be_exact():
    def critic():
        return small_critic(norm=True)

    separate, joined = (one_step(critic, p, NonSaturating(), data(4), size=SIZE) for p in ("separate", "joined"))
    assert abs(separate[0]["d_loss"] - joined[0]["d_loss"]) > 1e-3


def test_the_fastest_exact_way_is_separate_with_batch_norm_joined_with_dropout_else_shared():
    assert fastest_exact_passes(report_a.critic(**TINY)) == "shared"
    assert fastest_exact_passes(report_a.critic(**TINY, dropout=0.2)) == "joined"
    assert fastest_exact_passes(report_a.critic(**TINY, text_dim=0)) == "joined"
    assert fastest_exact_passes(small_critic(norm=True)) == "separate"
    assert fastest_exact_passes(small_critic(norm=True, conditional=False)) == "separate"
    noisy = keras.Sequential([keras.Input((SIZE, SIZE, 3)), layers.GaussianNoise(0.1), layers.Flatten()])
    assert fastest_exact_passes(noisy) == "joined"


@pytest.mark.parametrize("conditional", [True, False])
def test_real_and_fake_images_never_meet_in_one_batch_of_batch_norm(conditional):
    spy = Spy()
    critic = small_critic(spy, conditional, norm=True)
    model = adversarial(small_generator(conditional=conditional), critic, NonSaturating())
    batch = data(4, conditional)
    batch["image"] += 2.0  # brighter than any image of the generator
    model.train_step(batch)
    real = [np.unique(x > 1.5).tolist() for x in spy.seen]
    # right, fake and wrong pairs for the discriminator, then the generator's own
    assert real == ([[True], [False], [True], [False]] if conditional else [[True], [False], [False]])


# Losses


@pytest.mark.parametrize("text_gradient", [True, False])
def test_a_linear_critic_pays_its_closed_form(text_gradient):
    critic, generator = small_critic(features=None), small_generator()
    objective = WassersteinGradientPenalty(weight=3.0, text_gradient=text_gradient)
    model, batch = adversarial(generator, critic, objective, rates=(0.0, 0.0)), data(4)
    logs = {name: float(value) for name, value in model.train_step(batch).items()}

    slopes = critic.get_layer("judgement").trainable_variables[0].numpy()[:, 0]
    image_slopes, text_slopes = slopes[: SIZE * SIZE * 3], slopes[SIZE * SIZE * 3 :]
    norm = np.linalg.norm(slopes if text_gradient else image_slopes)
    of_image = batch["image"].numpy().reshape(4, -1) @ image_slopes
    right, wrong = (np.mean(of_image + batch[name].numpy() @ text_slopes) for name in ("text", "wrong_text"))
    assert logs["right"] == pytest.approx(right, rel=1e-4, abs=1e-5)
    assert logs["wrong"] == pytest.approx(wrong, rel=1e-4, abs=1e-5)
    assert logs["gradient_norm"] == pytest.approx(norm, rel=1e-4)
    expected = -right + wrong / 2 + logs["fake"] / 2 + 3 * (norm - 1) ** 2
    assert logs["d_loss"] == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_each_image_is_judged_under_its_text_and_the_penalty_measured_under_the_right_one():
    of_image, of_text, of_generator = Spy(), Spy(), Spy()
    image, text, latent = keras.Input((SIZE, SIZE, 3)), keras.Input((TEXT,)), keras.Input((LATENT,))
    seen = layers.Concatenate()([layers.Flatten()(of_image(image)), of_text(text)])
    critic = keras.Model([image, text], layers.Dense(1)(seen))
    drawing = small_generator()
    generator = keras.Model([latent, text], drawing([latent, of_generator(text)]))
    batch = data(4)
    batch["text"], batch["wrong_text"] = tf.reshape(tf.range(8.0), (4, 2)), tf.reshape(tf.range(8.0, 16.0), (4, 2))
    adversarial(generator, critic, passes="separate").train_step(batch)

    right, wrong = batch["text"].numpy(), batch["wrong_text"].numpy()
    np.testing.assert_array_equal(of_text.seen, [right, right, wrong, right, right])
    np.testing.assert_array_equal(of_generator.seen, [right, right])
    real, fake, again, mixed, _ = of_image.seen
    np.testing.assert_array_equal(real, batch["image"])
    np.testing.assert_array_equal(again, batch["image"])
    assert np.all((mixed - real) * (mixed - fake) <= 1e-6)  # between the two


@pytest.mark.parametrize(("conditional", "objective"), [(True, LeastSquares()), (False, WassersteinGradientPenalty())])
def test_every_score_and_loss_is_logged_and_finite(conditional, objective):
    model = adversarial(small_generator(conditional=conditional), small_critic(conditional=conditional), objective)
    history = fit(model, data(4, conditional), data(4, conditional, seed=1), epochs=2)
    expected = {"d_loss", "g_loss", "d_gradient", "g_gradient", "right", "fake"} | ({"wrong"} if conditional else set())
    assert set(history) == expected | ({"gradient_norm"} if objective.penalised else set())
    assert np.isfinite([*history.values()]).all()


def test_what_is_logged_is_the_mean_over_one_epoch():
    critic = small_critic(features=None)
    model = adversarial(critic=critic, rates=(0.0, 0.0))
    steps = [data(4, seed=seed) for seed in range(4)]
    history = fit(model, *steps, epochs=2, steps_per_epoch=2)
    right = [float(tf.reduce_mean(critic([s["image"], s["text"]]))) for s in steps]
    np.testing.assert_allclose(history["right"], [np.mean(right[:2]), np.mean(right[2:])], rtol=1e-4, atol=1e-6)


# Who is updated, how often, and on what


def test_each_update_leaves_the_other_network_alone():
    model, batch = adversarial(), data(4)
    generator, critic = weights(model.generator), weights(model.discriminator)
    model._update_discriminator(batch)
    assert changed(critic, model.discriminator) and not changed(generator, model.generator)
    critic = weights(model.discriminator)
    model._update_generator(batch)
    assert changed(generator, model.generator) and not changed(critic, model.discriminator)


def test_the_discriminator_learns_to_tell_right_from_fake_and_wrong():
    model, batch = adversarial(rates=(0.0, 0.1), objective=LeastSquares()), data(8)
    batch["image"] += 0.5
    batch["text"] = tf.one_hot([0] * 8, TEXT)
    batch["wrong_text"] = tf.one_hot([1] * 8, TEXT)
    logs = [model._update_discriminator(batch) for _ in range(40)]
    before, after = ({name: float(log[name]) for name in log} for log in (logs[0], logs[-1]))
    assert after["d_loss"] < before["d_loss"] / 2
    assert after["right"] > max(after["fake"], after["wrong"]) + 0.3


def test_the_generator_learns_to_raise_the_score_of_its_images():
    model, batch = adversarial(rates=(1.0, 0.0)), data(8)
    losses = [float(model._update_generator(batch)["g_loss"]) for _ in range(20)]
    assert losses[-1] < losses[0] - 0.2


def test_the_ratio_of_updates_is_that_of_the_steps_asked_for():
    model = adversarial(discriminator_steps=3)
    fit(model, data(6), data(6, seed=1))
    assert model.discriminator_optimizer.iterations.numpy() == 2 * 3
    assert model.generator_optimizer.iterations.numpy() == 2


def test_each_update_of_the_discriminator_within_a_step_sees_images_of_its_own():
    spy = Spy()
    model = adversarial(
        critic=small_critic(spy), objective=WassersteinClipped(), discriminator_steps=3, passes="separate"
    )
    batch = data(6)
    batch["image"] = tf.range(10.0, 16.0)[:, None, None, None] * tf.ones((6, SIZE, SIZE, 3))
    model.train_step(batch)
    real = [x[:, 0, 0, 0].tolist() for x in spy.seen if x.min() > 1]
    assert real == [[10, 11], [10, 11], [12, 13], [12, 13], [14, 15], [14, 15]]  # each for a right and a wrong text


def test_image_and_texts_are_parted_alike_into_the_updates_of_a_step():
    numbers = tf.range(1.0, 7.0)
    batch = data(6)
    batch["image"] = numbers[:, None, None, None] * tf.ones((6, SIZE, SIZE, 3))
    batch["text"], batch["wrong_text"] = numbers[:, None] * tf.ones((6, TEXT)), -numbers[:, None] * tf.ones((6, TEXT))
    model = adversarial(discriminator_steps=2)
    seen = defaultdict(list)
    model._update_discriminator = lambda part: [seen[name].append(x.numpy()) for name, x in part.items()] and {}
    model.train_step(batch)
    for name, sign in (("image", 1), ("text", 1), ("wrong_text", -1)):
        parts = [sign * part.reshape(3, -1)[:, 0] for part in seen[name]]
        np.testing.assert_array_equal(parts, [[1, 2, 3], [4, 5, 6]])


def test_every_update_draws_latents_of_its_own_and_the_generator_never_gets_the_critics():
    spy = Spy()
    model = adversarial(small_generator(spy), discriminator_steps=2)
    for _ in range(2):
        model.train_step(data(8))
    assert [x.shape for x in spy.seen] == [(4, LATENT)] * 2 * (2 + 1)
    assert len(np.unique(np.concatenate(spy.seen)[:, 0])) == 4 * 2 * (2 + 1)


def test_a_balanced_step_trains_the_discriminator_only_where_the_generator_loses_more():
    for real_label, of_generator in ((1.0, 50.0), (50.0, 0.0)):  # whose loss is the larger one
        objective = LeastSquares(real_label=real_label, generator_label=of_generator)
        model = adversarial(objective=objective, balanced="sum")
        before = weights(model.generator), weights(model.discriminator)
        model.train_step(data(4))
        assert changed(before[1], model.discriminator) == (of_generator > real_label)
        assert changed(before[0], model.generator) == (of_generator < real_label)


def test_input_noise_falls_linearly_to_nothing():
    model = adversarial(input_noise=(2.0, 4))
    images, deviations = tf.zeros((500, SIZE, SIZE, 3)), []
    for _ in range(5):
        deviations.append(float(tf.math.reduce_std(model._noisy(images))))
        model.discriminator_optimizer.iterations.assign_add(1)
    assert deviations == pytest.approx([2.0, 1.5, 1.0, 0.5, 0.0], rel=0.02)


def test_the_discriminator_sees_noise_on_real_and_on_generated_images():
    spy = Spy()
    model = adversarial(critic=small_critic(spy), input_noise=(1.0, 100))
    model._discriminator_update({name: tf.zeros_like(x) for name, x in data(64).items()})
    assert np.concatenate(spy.seen).std() > 0.1


def test_latents_are_standard_normal_or_uniform_from_minus_one_to_one():
    normal, uniform = (adversarial(latent=latent).latents(1000).numpy().ravel() for latent in ("normal", "uniform"))
    assert kstest(normal, "norm").pvalue > 0.01
    assert kstest(uniform, "uniform", (-1, 2)).pvalue > 0.01


def test_latents_follow_the_seed():
    one, same, other = (adversarial(seed=seed).latents(5).numpy() for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_random_labels_follow_the_models_seed_and_nothing_else():
    losses = []
    for global_seed in (1, 2):
        keras.utils.set_random_seed(0)
        model = adversarial(objective=NonSaturating(real_label=(0.0, 1.0)))
        keras.utils.set_random_seed(global_seed)
        losses.append(float(model.train_step(data(4))["d_loss"]))
    assert losses[0] == losses[1]


def test_clipping_bounds_every_weight_of_the_critic_and_none_of_the_generator():
    model = adversarial(objective=WassersteinClipped(clip=0.02))
    for variable in model.discriminator.trainable_variables:
        variable.assign(np.sign(np.random.default_rng(0).normal(size=variable.shape)))
    fit(model, data(4))
    for bounded in weights(model.discriminator):
        np.testing.assert_allclose(np.abs(bounded), 0.02)
    assert max(np.abs(w).max() for w in weights(model.generator)) > 0.1


def test_without_clipping_weights_are_not_bounded():
    model = adversarial(objective=LeastSquares())
    fit(model, data(4))
    assert max(np.abs(w).max() for w in weights(model.discriminator)) > 0.1


# The averaged generator


def normed_generator():
    """A generator with BatchNorm, whose moving statistics are slow enough to be told apart."""
    x = latent = keras.Input((LATENT,))
    x = layers.BatchNormalization(momentum=0.8)(layers.Dense(8)(x))
    return keras.Model(latent, layers.Reshape((SIZE, SIZE, 3))(layers.Dense(SIZE * SIZE * 3, "sigmoid")(x)))


def values(network):
    return [v.numpy() for v in network.variables]


def test_the_average_is_numpys_of_weights_and_moving_statistics_after_each_update_of_the_generator():
    model, batch = adversarial(normed_generator(), small_critic(conditional=False)), data(8, conditional=False)
    first = expected = values(model.generator)
    for update in range(1, 41):
        model._update_discriminator(batch)  # moves BatchNorm's statistics, and no average
        model._update_generator(batch)
        beta = 0.5 ** (1 / (0.05 * update))
        expected = [beta * mean + (1 - beta) * v for mean, v in zip(expected, values(model.generator), strict=True)]
        for mean, variable in zip(expected, model.averaged.variables, strict=True):
            np.testing.assert_allclose(variable.numpy(), mean, rtol=1e-4, atol=1e-6, err_msg=variable.path)
    apart = {
        v.path.split("/")[-1]: np.abs(v.numpy() - raw).max()
        for v, raw in zip(model.averaged.variables, values(model.generator), strict=True)
    }
    assert min(apart[name] for name in ("kernel", "gamma", "moving_mean", "moving_variance")) > 1e-5
    latents = tf.random.stateless_normal((5, LATENT), (0, 1))
    alike, others = normed_generator(), normed_generator()
    alike.set_weights(expected)
    parts = zip(alike.variables, first, expected, strict=True)
    others.set_weights([old if "moving" in v.path else new for v, old, new in parts])
    drawn = model.averaged(latents).numpy()
    np.testing.assert_allclose(drawn, alike(latents), atol=1e-5)
    assert np.abs(drawn - others(latents)).max() > 1e-3, "its image does not depend on the averaged statistics"


def test_a_balanced_step_averages_only_where_the_generator_was_updated():
    for of_generator, averaged in ((50.0, False), (0.0, True)):
        model = adversarial(objective=LeastSquares(real_label=20.0, generator_label=of_generator), balanced="sum")
        before = values(model.averaged)
        model.train_step(data(4))
        assert all(np.array_equal(*pair) for pair in zip(before, values(model.averaged), strict=True)) != averaged


@pytest.mark.parametrize(
    "build",
    [
        lambda: report_a.generator(**TINY, start="conv", start_upsampling="resize"),
        lambda: report_b.generator(**TINY, text_dim=TEXT, embedding=4, embedding_length=8, dropout=0.5),
        lambda: report_b.strided_generator(**TINY, norm="layer", value_range=(-2.0, 1.0)),
        lambda: cyclegan.report_a_generator(16, 1 / 16),
        lambda: cyclegan.resnet_generator(16, 1 / 16, blocks=1),
    ],
)
def test_a_copy_draws_the_same_with_variables_of_its_own(build):
    network = build()
    copy = copied(network)
    assert [v.path for v in copy.weights] == [v.path for v in network.weights]
    assert not {id(v) for v in copy.variables} & {id(v) for v in network.variables}
    inputs = [np.random.default_rng(0).random((2, *x.shape[1:]), np.float32) for x in network.inputs]
    inputs = inputs if len(inputs) > 1 else inputs[0]
    np.testing.assert_array_equal(copy(inputs).numpy(), network(inputs).numpy())


# Mistakes


def test_one_optimiser_for_two_networks_is_refused():
    model, optimizer = Adversarial(small_generator(), small_critic(), LeastSquares()), keras.optimizers.Adam()
    with pytest.raises(ValueError, match="an optimiser each"):
        model.compile(optimizer, optimizer)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"latent": "gauss"}, '"normal" or "uniform", not \'gauss\''),
        ({"discriminator_steps": 0}, "1 or more"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        adversarial(**options)


# Whole trainings


def test_mixed_precision_trains_and_keeps_its_variables_in_single_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        networks = report_a.generator(**TINY), report_a.critic(**TINY)
        model = adversarial(*networks)
        before = weights(networks[0]), weights(networks[1])
        history = fit(model, data(4, size=16, text=24))
    finally:
        keras.config.set_dtype_policy("float32")
    assert networks[1].get_layer("image_features").layers[1].compute_dtype == "bfloat16"
    assert np.isfinite([*history.values()]).all()
    assert changed(before[0], networks[0]) and changed(before[1], networks[1])
    floating = [v for v in model.state if "int" not in str(v.dtype)]
    assert {str(v.dtype) for v in floating} == {"float32"}


COLOURS = np.array([[0.85, 0.2, 0.2], [0.2, 0.2, 0.85]])


def painter():
    """A generator of 16x16 images of one colour each; it starts at a mid gray."""
    latent, text = keras.Input((LATENT,)), keras.Input((TEXT,))
    start = keras.initializers.RandomNormal(stddev=0.02)
    colour = layers.Dense(3, "sigmoid", kernel_initializer=start)(layers.Concatenate()([latent, text]))
    return keras.Model([latent, text], layers.UpSampling2D(16)(layers.Reshape((1, 1, 3))(colour)))


def judge():
    image = keras.Input((16, 16, 3))

    def judgement(x, text):
        return layers.Dense(1)(layers.Dense(32, "leaky_relu")(layers.Concatenate()([x, text])))

    return with_text(image, layers.GlobalAveragePooling2D()(image), TEXT, judgement, "critic")


def test_two_hundred_steps_teach_a_generator_which_colour_its_text_names():
    """On images of two colours, with some noise; functions are graphs, as in a real training."""
    tf.config.run_functions_eagerly(False)
    kind = np.arange(64) % len(COLOURS)
    noisy = np.clip(COLOURS[kind] + np.random.default_rng(0).normal(0, 0.05, (64, 3)), 0, 1)
    images = np.broadcast_to(np.rint(255 * noisy)[:, None, None], (64, 16, 16, 3)).astype(np.uint8)
    model = Adversarial(painter(), judge(), WassersteinGradientPenalty(), discriminator_steps=2)
    model.compile(*(keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.9) for rate in (0.01, 0.02)))
    latents = tf.random.stateless_normal((100, LATENT), (0, 1))

    def off():
        """Largest distance of a mean colour drawn from the one that its text names."""
        texts = [tf.one_hot([text] * 100, TEXT) for text in range(len(COLOURS))]
        drawn = [model.generator([latents, text]).numpy().mean((0, 1, 2)) for text in texts]
        return np.abs(drawn - COLOURS).max()

    assert off() > 0.3
    shown = batches(images, np.eye(TEXT, dtype=np.uint8)[kind], 32, 200, seed=1)
    model.fit(shown, epochs=2, steps_per_epoch=100, shuffle=False, verbose=0)
    assert off() < 0.1


# The state of a training


def adam(seed):
    """Report A's networks with dropout, which has random numbers of its own, and optimisers with moments."""
    keras.utils.set_random_seed(seed)
    networks = report_a.generator(**TINY, text_dim=TEXT), report_a.critic(**TINY, text_dim=TEXT, dropout=0.2)
    model = Adversarial(*networks, WassersteinGradientPenalty(), seed=seed)
    model.compile(keras.optimizers.Adam(1e-2), keras.optimizers.Adam(1e-3))
    return model


def test_the_state_holds_weights_moments_steps_learning_rates_and_random_numbers():
    model = adam(seed=0)
    held = {id(v) for v in model.state}
    assert len(held) == len(model.state)
    for variables in (model.generator.variables, model.averaged.variables, model.discriminator.variables):
        assert held >= {id(v) for v in variables}
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        assert held >= {id(v) for v in [*optimizer.variables, optimizer.iterations, optimizer._learning_rate]}
        assert len(optimizer.variables) >= 2 + 2 * 10  # two moments for each of at least ten weights
    random = [v for v in model.state if v.path.endswith("seed_generator_state")]
    assert len(random) == 1 + 5  # of the latents, and of each of five dropout layers
