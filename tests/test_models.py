"""Report A's networks: what the report says of them, and what any generator and critic must do."""

import numpy as np
import pytest

from hwlib.backend import keras, tf
from hwlib.models import parts, report_b
from hwlib.models.report_a import critic, generator

TINY = {"image_size": 16, "width": 1 / 16}


def layers_of(model):
    """All layers in order, those of sub-models in the place of the sub-model."""
    found = []
    for layer in model.layers:
        found += layers_of(layer) if isinstance(layer, keras.Model) else [layer]
    return found


def weighted(model):
    return [layer for layer in layers_of(model) if layer.weights]


def kinds(model):
    return [type(layer).__name__ for layer in layers_of(model)]


def initializers(model):
    return [type(layer.kernel_initializer).__name__ for layer in weighted(model)]


def as_written(model):
    """Type, number of filters, kernel size and stride of every layer with weights."""
    return [
        (type(layer).__name__, layer.units)
        if isinstance(layer, keras.layers.Dense)
        else (type(layer).__name__, layer.filters, *layer.kernel_size, *layer.strides)
        for layer in weighted(model)
    ]


def tensor(values):
    return keras.ops.convert_to_tensor(values, "float32")


def latents_and_texts(n, seed=0):
    rng = np.random.default_rng(seed)
    return tensor(rng.standard_normal((n, 40))), tensor(rng.integers(0, 2, (n, 24)))


def images_and_texts(n, size=16, seed=0):
    rng = np.random.default_rng(seed)
    return tensor(rng.random((n, size, size, 3))), tensor(rng.integers(0, 2, (n, 24)))


@pytest.fixture(autouse=True)
def same_weights_each_time():
    keras.utils.set_random_seed(0)


@pytest.fixture(scope="module")
def full():
    """Both networks at the report's size."""
    keras.utils.set_random_seed(0)
    return {"generator": generator(), "critic": critic()}


@pytest.fixture(scope="module")
def tiny():
    keras.utils.set_random_seed(0)
    return {"generator": generator(**TINY), "critic": critic(**TINY)}


@pytest.fixture
def bfloat16():
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


# What the report says


def test_the_generator_has_4_471_459_parameters(full):
    dense = (40 + 24 + 1) * 65_536
    transposed = 256 * 64 * 9 + 64, 64 * 32 * 25 + 32, 32 * 16 * 25 + 16, 16 * 3 + 3
    assert full["generator"].count_params() == dense + sum(transposed) == 4_471_459


def test_the_critic_has_3_389_825_parameters(full):
    strided = 3 * 64 * 25 + 64, 64 * 128 * 25 + 128, 128 * 256 * 9 + 256, 256 * 256 * 9 + 256
    assert full["critic"].count_params() == sum(strided) + (256 + 24) * 512 * 16 + 512 + 513 == 3_389_825


def test_the_generator_is_a_dense_layer_and_four_transposed_convolutions(full):
    assert as_written(full["generator"]) == [
        ("Dense", 65_536),
        ("Conv2DTranspose", 64, 3, 3, 2, 2),
        ("Conv2DTranspose", 32, 5, 5, 2, 2),
        ("Conv2DTranspose", 16, 5, 5, 1, 1),
        ("Conv2DTranspose", 3, 1, 1, 1, 1),
    ]
    assert (None, 16, 16, 256) in [layer.output.shape for layer in layers_of(full["generator"])]


def test_the_critic_is_five_convolutions_and_a_dense_layer(full):
    assert as_written(full["critic"]) == [
        ("Conv2D", 64, 5, 5, 2, 2),
        ("Conv2D", 128, 5, 5, 2, 2),
        ("Conv2D", 256, 3, 3, 2, 2),
        ("Conv2D", 256, 3, 3, 2, 2),
        ("Conv2D", 512, 4, 4, 1, 1),
        ("Dense", 1),
    ]
    assert [layer.padding for layer in weighted(full["critic"])[:5]] == ["same"] * 4 + ["valid"]


def test_the_text_joins_the_critic_at_4x4_repeated_over_space(full):
    joined = next(layer for layer in layers_of(full["critic"]) if type(layer).__name__ == "Concatenate")
    assert joined.output.shape == (None, 4, 4, 256 + 24)
    text = np.arange(24, dtype=np.float32)[None]
    repeated = keras.Model(full["critic"].get_layer("judgement").inputs, joined.output)
    out = repeated([tensor(np.zeros((1, 4, 4, 256))), tensor(text)])
    np.testing.assert_array_equal(out[..., 256:], np.broadcast_to(text, (1, 4, 4, 24)))


def test_every_hidden_layer_ends_in_relu_the_generator_in_sigmoid_the_critic_in_nothing(full):
    assert all(layer.activation is keras.activations.linear for net in full.values() for layer in weighted(net))
    assert [k for k in kinds(full["generator"]) if k in ("Dense", "Conv2DTranspose", "ReLU", "Activation")] == [
        *["Dense", "ReLU"],
        *["Conv2DTranspose", "ReLU"] * 3,
        *["Conv2DTranspose", "Activation"],
    ]
    assert layers_of(full["generator"])[-1].activation is keras.activations.sigmoid
    judging = [k for k in kinds(full["critic"]) if k in ("Dense", "Conv2D", "ReLU", "Activation")]
    assert judging == ["Conv2D", "ReLU"] * 5 + ["Dense"]


def test_every_kernel_starts_lecun_normal_and_every_bias_at_zero(full):
    for model in full.values():
        assert set(initializers(model)) == {"LecunNormal"}
        assert not any(np.any(layer.bias.numpy()) for layer in weighted(model))


def test_as_written_the_critic_drops_a_fifth_after_each_relu():
    written = critic(**TINY, dropout=0.2)
    dropouts = [layer for layer in layers_of(written) if isinstance(layer, keras.layers.AlphaDropout)]
    assert [layer.rate for layer in dropouts] == [0.2] * 5
    pairs = [k for k in kinds(written) if k in ("Conv2D", "Dense", "ReLU", "AlphaDropout")]
    assert pairs == ["Conv2D", "ReLU", "AlphaDropout"] * 5 + ["Dense"]
    inputs = images_and_texts(4)
    assert not np.allclose(written(inputs, training=True), written(inputs, training=True))
    np.testing.assert_array_equal(written(inputs, training=False), written(inputs, training=False))


def test_as_its_code_ran_the_critic_drops_nothing(tiny):
    assert "AlphaDropout" not in kinds(tiny["critic"])
    inputs = images_and_texts(4)
    np.testing.assert_array_equal(tiny["critic"](inputs, training=True), tiny["critic"](inputs, training=False))


def test_the_published_code_ended_the_generator_with_two_plain_convolutions():
    published = generator(**TINY, last_layers="conv")
    assert as_written(published)[1:] == [
        ("Conv2DTranspose", 4, 3, 3, 2, 2),
        ("Conv2DTranspose", 2, 5, 5, 2, 2),
        ("Conv2D", 1, 5, 5, 1, 1),
        ("Conv2D", 3, 1, 1, 1, 1),
    ]
    assert set(initializers(published)) == {"LecunNormal"}
    assert published.output_shape == (None, 16, 16, 3)


def test_the_published_code_left_the_last_two_convolutions_of_the_critic_at_the_default():
    published = critic(**TINY, last_initializer="glorot_uniform")
    assert initializers(published) == ["LecunNormal"] * 3 + ["GlorotUniform"] * 2 + ["LecunNormal"]


def test_another_initialiser_reaches_every_kernel():
    for model in (generator(**TINY, kernel_initializer="he_normal"), critic(**TINY, kernel_initializer="he_normal")):
        assert set(initializers(model)) == {"HeNormal"}


def test_a_conv_start_has_no_dense_layer_and_begins_with_a_valid_transposed_convolution_to_4x4():
    model = generator(image_size=64, width=1 / 16, start="conv")
    assert "Dense" not in kinds(model)
    first = weighted(model)[0]
    assert (type(first).__name__, first.padding, first.output.shape) == ("Conv2DTranspose", "valid", (None, 4, 4, 16))
    assert (None, 16, 16, 16) in [layer.output.shape for layer in layers_of(model)]


def test_dense_and_conv_start_differ_in_the_start_alone():
    dense, conv = (as_written(generator(image_size=32, width=1 / 16, start=start)) for start in ("dense", "conv"))
    assert dense[-4:] == conv[-4:]
    assert dense[:-4] == [("Dense", 8 * 8 * 16)]
    assert conv[:-4] == [("Conv2DTranspose", 16, 4, 4, 1, 1), ("Conv2DTranspose", 16, 3, 3, 2, 2)]


def test_the_critic_judges_each_image_by_itself(tiny):
    images, texts = images_and_texts(5)
    together = tiny["critic"]([images, texts], training=True)
    alone = [tiny["critic"]([images[i : i + 1], texts[i : i + 1]], training=True)[0] for i in range(5)]
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-5)


# What any generator and critic must do


def strides_and_kernels(model):
    return [(layer.strides[0], layer.kernel_size[0]) for layer in weighted(model) if hasattr(layer, "strides")]


def test_the_controls_of_the_conv_start_change_how_it_doubles_its_maps_and_nothing_else():
    report, even, resize = (generator(start="conv", start_upsampling=kind) for kind in ("report", "even", "resize"))
    shared = [(2, 3), (2, 5), (1, 5), (1, 1)]
    assert strides_and_kernels(generator())[-4:] == shared
    assert strides_and_kernels(report) == [(1, 4), (2, 3), (2, 3), *shared]
    assert strides_and_kernels(even) == [(1, 4), (2, 4), (2, 4), *shared]
    assert strides_and_kernels(resize) == [(1, 4), (1, 3), (1, 3), *shared]
    assert kinds(resize).count("UpSampling2D") == 2 and "UpSampling2D" not in kinds(report)


def test_kernels_that_the_stride_divides_cover_every_pixel_equally_often():
    for upsampling, uneven in (("report", True), ("even", False), ("resize", False)):
        model = generator(start="conv", start_upsampling=upsampling, latent_dim=2, text_dim=0, width=1 / 16)
        for layer in weighted(model):
            layer.set_weights([np.ones_like(layer.kernel), np.zeros_like(layer.bias)])
        doubled = keras.Model(model.input, [x.output for x in model.layers if x.name.startswith("re_lu")][2])
        inside = doubled(np.ones((1, 2), np.float32)).numpy()[0, 4:-4, 4:-4, 0]
        assert (inside.std() > 1e-3 * inside.mean()) == uneven, upsampling


@pytest.mark.parametrize("build", [generator, report_b.generator, report_b.strided_generator])
@pytest.mark.parametrize("value_range", [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)])
def test_generators_draw_within_the_range_of_their_data(build, value_range):
    model = build(image_size=16, latent_dim=4, width=1, text_dim=0, channels=1, value_range=value_range)
    low, high = value_range
    images = model(1e3 * np.random.default_rng(0).standard_normal((64, 4)).astype(np.float32)).numpy()
    assert images.shape[1:] == (16, 16, 1) and low <= images.min() < images.max() <= high
    assert images.max() - images.min() > 0.5 * (high - low)


@pytest.mark.parametrize("size", [8, 128])
def test_a_normalised_embedding_is_as_long_as_the_noise_whatever_its_size(size):
    model = report_b.generator(image_size=16, text_dim=24, width=1 / 16, embedding=size, embedding_length=100)
    seen = keras.Model(model.inputs, model.get_layer("latent_and_text").output)
    text = np.eye(24, dtype=np.float32)
    text[0] = 0
    lengths = np.linalg.norm(seen([np.zeros((24, 100), np.float32), text]).numpy(), axis=1)
    assert lengths[1:] == pytest.approx(10, rel=1e-3) and lengths[0] == 0


def test_an_embedding_as_learned_grows_with_its_size():
    model = report_b.generator(image_size=16, text_dim=24, width=1 / 16, embedding=400)
    text = keras.Model(model.inputs, model.get_layer("embedding").output)
    lengths = np.linalg.norm(text([np.zeros((24, 100), np.float32), np.eye(24, dtype=np.float32)]).numpy(), axis=1)
    assert lengths.mean() == pytest.approx(20, rel=0.05)


def test_dropout_in_the_generator_acts_when_images_are_drawn():
    latents = np.ones((1, 100), np.float32)
    for dropout, differ in ((0.5, True), (0.0, False)):
        model = report_b.generator(image_size=16, width=1 / 4, dropout=dropout)
        one, other = (model.predict(latents, verbose=0) for _ in range(2))
        assert (np.abs(one - other).max() > 1e-4) == differ


@pytest.mark.parametrize("size", [16, 32, 64])
@pytest.mark.parametrize("start", ["dense", "conv"])
def test_generators_of_each_size_draw_images_from_zero_to_one(size, start):
    model = generator(image_size=size, width=1 / 4, start=start)
    latents, texts = latents_and_texts(2)
    images = np.asarray(model([1000 * latents, texts]))
    assert (images.shape, images.dtype) == ((2, size, size, 3), np.float32)
    assert images.min() >= 0 and images.max() <= 1
    assert images.max() - images.min() > 0.5


@pytest.mark.parametrize("size", [16, 32, 64])
def test_critics_of_each_size_give_one_unbounded_score_an_image(size):
    model = critic(image_size=size, width=1 / 4)
    images, texts = images_and_texts(3, size)
    score, larger = model([images, texts]), model([1e4 * images, texts])
    assert (score.shape, score.dtype) == ((3, 1), "float32")
    assert np.abs(larger).min() > 10


def test_both_text_and_latent_change_the_image(tiny):
    latents, texts = latents_and_texts(2)
    image = np.asarray(tiny["generator"]([latents, texts]))
    assert np.abs(image - tiny["generator"]([latents, 1 - texts])).max() > 0.01
    assert np.abs(image - tiny["generator"]([-latents, texts])).max() > 0.01


def test_both_text_and_image_change_the_score(tiny):
    images, texts = images_and_texts(2)
    score = np.asarray(tiny["critic"]([images, texts]))
    assert np.abs(score - tiny["critic"]([images, 1 - texts])).min() > 1e-3
    assert np.abs(score - tiny["critic"]([1 - images, texts])).min() > 1e-3


def test_an_images_features_can_be_judged_with_another_text_later(tiny):
    images, texts = images_and_texts(4)
    whole = tiny["critic"]([images, texts])
    parts = tiny["critic"].get_layer("image_features"), tiny["critic"].get_layer("judgement")
    np.testing.assert_array_equal(parts[1]([parts[0](images), texts]), whole)
    assert sum(part.count_params() for part in parts) == tiny["critic"].count_params()


def test_without_texts_the_networks_take_a_latent_and_an_image_alone():
    drawing, judging = generator(**TINY, text_dim=0), critic(**TINY, text_dim=0)
    images = drawing(latents_and_texts(2)[0])
    assert len(drawing.inputs) == len(judging.inputs) == 1
    assert images.shape == (2, 16, 16, 3)
    assert judging(images).shape == (2, 1)
    assert weighted(drawing)[0].kernel.shape[0] == 40
    assert weighted(judging)[-2].kernel.shape[2] == 16


def test_width_scales_every_number_of_filters_but_the_last():
    for build, kept in ((generator, ("Conv2DTranspose", 3, 1, 1, 1, 1)), (critic, ("Dense", 1))):
        whole, half = as_written(build(image_size=16)), as_written(build(image_size=16, width=0.5))
        assert whole[-1] == half[-1] == kept
        assert [row[1] for row in half[:-1]] == [row[1] // 2 for row in whole[:-1]]
        assert [row[2:] for row in half] == [row[2:] for row in whole]


def test_the_narrowest_network_keeps_one_filter_a_layer():
    assert [row[1] for row in as_written(critic(image_size=16, width=1e-6))] == [1] * 6


def test_at_half_precision_images_scores_and_weights_stay_in_single_precision(bfloat16):
    drawing, judging = generator(**TINY), critic(**TINY)
    images = drawing(latents_and_texts(2))
    assert weighted(drawing)[1].compute_dtype == "bfloat16"
    assert images.dtype == "float32"
    assert judging([images, latents_and_texts(2)[1]]).dtype == "float32"
    assert {str(v.dtype) for v in drawing.variables + judging.variables} == {"float32"}


@pytest.mark.parametrize("build", [generator, critic])
@pytest.mark.parametrize("size", [0, -16, 8, 48, 65])
def test_an_image_size_that_cannot_be_drawn_is_refused(build, size):
    with pytest.raises(ValueError, match=f"power of two, 16 or more, not {size}"):
        build(image_size=size)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": "deconv"}, '"dense" or "conv", not \'deconv\''),
        ({"last_layers": "upsampling"}, '"transposed" or "conv", not \'upsampling\''),
    ],
)
def test_unknown_choices_are_refused_and_the_known_ones_named(options, message):
    with pytest.raises(ValueError, match=message):
        generator(**TINY, **options)


def test_the_courses_baseline_has_the_parameters_counted_by_hand():
    norm = 4  # weights of BatchNorm per filter, two of them trained
    dense = 100 * 16 * 16 * 128 + norm * 128
    convolutions = 4 * 4 * 128 * 128 + norm * 128 + 4 * 4 * 128 * 64 + norm * 64 + 4 * 4 * 64 * 3 + 3
    assert report_b.generator().count_params() == dense + convolutions
    first = 4 * 4 * 3 * 32 + 32
    others = sum(4 * 4 * n * 2 * n + norm * 2 * n for n in (32, 64, 128))
    assert report_b.discriminator().count_params() == first + others + 4 * 4 * 256 + 1


@pytest.mark.parametrize("build", [report_b.generator, report_b.strided_generator])
@pytest.mark.parametrize("text_dim", [0, 24])
def test_report_bs_generators_end_in_tanh_at_the_asked_size(build, text_dim):
    model = build(image_size=16, latent_dim=10, text_dim=text_dim, width=1 / 16)
    assert model.output_shape == (None, 16, 16, 3) and len(model.inputs) == 1 + bool(text_dim)
    assert model.layers[-1].activation.__name__ == "tanh"


def test_a_penalised_critic_can_be_had_without_batch_norm():
    kinds = {
        norm: {type(layer).__name__ for layer in report_b.discriminator(16, width=1 / 16, norm=norm).layers}
        for norm in report_b.NORMS
    }
    assert [norm for norm, found in kinds.items() if "BatchNormalization" in found] == ["batch"]
    assert "LayerNormalization" in kinds["layer"]


def test_an_unknown_norm_is_told_with_the_known_ones():
    with pytest.raises(ValueError, match="norm is one of"):
        report_b.discriminator(16, width=1 / 16, norm="group")


@pytest.mark.parametrize(("slope", "reference"), [(0.0, keras.layers.ReLU()), (0.2, keras.layers.LeakyReLU(0.2))])
def test_the_relu_of_a_penalised_critic_has_the_values_and_both_gradients_of_keras(slope, reference):
    x = tensor(np.random.default_rng(0).standard_normal((5, 7)))
    x = tf.concat([x, tf.zeros((1, 7))], 0)
    weights = tensor(np.random.default_rng(1).standard_normal((7, 7)))

    @tf.function
    def derivatives(layer):
        with tf.GradientTape() as outer:
            outer.watch([x, weights])
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = layer(x @ weights) ** 2
            first = inner.gradient(y, x)
            norm = tf.reduce_sum(first**2)
        return y, first, *outer.gradient(norm, [x, weights])

    ours, theirs = derivatives(parts.relu(slope)), derivatives(reference)
    assert all(np.abs(value).max() > 0.1 for value in theirs)
    for value, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("build", [critic, report_b.discriminator])
def test_a_gradient_of_second_order_sends_nothing_back_through_the_critics_forward_pass(build):
    model = build(image_size=16, width=1 / 16, text_dim=0, **({"norm": None} if build is not critic else {}))
    image = tensor(np.random.default_rng(0).random((2, 16, 16, 3)))

    def penalty(image):
        with tf.GradientTape() as outer:
            with tf.GradientTape(watch_accessed_variables=False) as inner:
                inner.watch(image)
                score = model(image)
            norm = tf.reduce_sum(inner.gradient(score, image) ** 2)
        return outer.gradient(norm, model.trainable_variables)

    operations = tf.function(penalty).get_concrete_function(image).graph.get_operations()
    convolutions = len([layer for layer in weighted(model) if isinstance(layer, keras.layers.Conv2D)])
    assert [op.type for op in operations].count("Conv2DBackpropInput") == convolutions


@pytest.mark.parametrize("size", [3, 4, 5])
def test_an_upsampled_convolution_is_an_upsampling_and_a_convolution(size, tmp_path):
    x = tensor(np.random.default_rng(0).standard_normal((2, 5, 6, 3)))
    image = keras.Input((5, 6, 3))
    one = keras.Model(image, parts.UpsampledConv2D(4, size, bias_initializer="normal")(image))
    two = keras.Sequential([keras.layers.UpSampling2D(), keras.layers.Conv2D(4, size, padding="same")])
    assert two(x).shape == (2, 10, 12, 4) and one.output_shape == (None, 10, 12, 4)
    two.set_weights(one.get_weights())
    results = []
    for model in (one, two):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = model(x)
            loss = tf.reduce_sum(y**2)
        results.append([y, *tape.gradient(loss, [x, *model.trainable_variables])])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)
    one.save(tmp_path / "one.keras")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "one.keras")(x), one(x))


def test_an_upsampled_convolution_of_another_form_is_refused():
    with pytest.raises(ValueError, match="kernel_size is 3, 4 or 5"):
        parts.UpsampledConv2D(4, 7)
