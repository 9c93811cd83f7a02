"""The CycleGAN comes back to where it began, remembers old translations, and resumes to the same bits."""

import json

import numpy as np
import pytest
from conftest import Pictures
from PIL import Image

from hwlib import __main__, experiments
from hwlib.backend import keras, tf
from hwlib.data.split import held_out, spread, trained_on_and_held_out
from hwlib.data.tags import HAIR, encode
from hwlib.inference import translation
from hwlib.metrics import translations
from hwlib.models import cyclegan as networks
from hwlib.objectives import cycle
from hwlib.runs import store as runs
from hwlib.training import cyclegan
from hwlib.training.cyclegan import ConstantThenLinear, Settings
from hwlib.training.pool import ImagePool


def settings(name, **override):
    return experiments.resolve(name, "smoke")[1] | override


def built(name, steps=8, **override):
    return cyclegan.build(Settings(**settings(name, **override)), 16, steps, seed=0)


def batch(n=2, size=16, seed=0):
    rng = np.random.default_rng(seed)
    return {domain: keras.ops.convert_to_tensor(rng.random((n, size, size, 3), np.float32)) for domain in "ab"}


def arrays(model):
    return [np.array(v) for v in model.state]


def test_the_cycle_losses_are_those_of_numpy():
    x, y = np.random.default_rng(0).normal(size=(2, 3, 8, 8, 3)).astype(np.float32)
    assert float(cycle.absolute(x, y)) == pytest.approx(np.abs(x - y).mean(), rel=1e-5)
    assert float(cycle.root_mean_square(x, y)) == pytest.approx(np.sqrt(((x - y) ** 2).mean()), rel=1e-5)


def test_a_perfect_return_has_a_finite_gradient():
    x = tf.ones((1, 4, 4, 3))
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = cycle.root_mean_square(x, tf.ones((1, 4, 4, 3)))
    assert np.isfinite(tape.gradient(loss, x)).all()


@pytest.mark.parametrize("name", ["cyclegan", "cyclegan-report-a"])
def test_the_generators_loss_is_the_sum_that_the_paper_writes(name):
    model, data = built(name), batch()
    to_b, to_a = model.a_to_b(data["a"], training=True), model.b_to_a(data["b"], training=True)
    back_a, back_b = model.b_to_a(to_b, training=True), model.a_to_b(to_a, training=True)
    scores = [np.array(d(x, training=True)) for d, x in ((model.discriminator_a, to_a), (model.discriminator_b, to_b))]
    a, b, back_a, back_b = (np.array(x) for x in (data["a"], data["b"], back_a, back_b))
    if name == "cyclegan":
        same_a, same_b = (np.array(g(x)) for g, x in ((model.b_to_a, data["a"]), (model.a_to_b, data["b"])))
        adversarial = sum(((score - 1) ** 2).mean() for score in scores)
        cycles = np.abs(a - back_a).mean() + np.abs(b - back_b).mean()
        expected = adversarial + 10 * cycles + 5 * (np.abs(a - same_a).mean() + np.abs(b - same_b).mean())
    else:
        adversarial = sum(np.log1p(np.exp(-score)).mean() for score in scores)
        cycles = np.sqrt(((a - back_a) ** 2).mean()) + np.sqrt(((b - back_b) ** 2).mean())
        expected = adversarial + 10 * cycles
    *_, logs = model._update_generators(data["a"], data["b"])
    assert float(logs["g_loss"]) == pytest.approx(expected, rel=1e-4)
    assert float(logs["cycle"]) == pytest.approx(cycles, rel=1e-4)


def test_a_discriminator_update_leaves_the_generators_alone_and_the_other_way_round():
    model, data = built("cyclegan"), batch()
    n = len(model.a_to_b.variables) + len(model.b_to_a.variables)
    m = n + len(model.discriminator_a.variables) + len(model.discriminator_b.variables)
    before = arrays(model)
    fake_a, fake_b, _ = model._update_generators(data["a"], data["b"])
    between = arrays(model)
    assert not any(np.array_equal(x, y) for x, y in zip(before[:n:7], between[:n:7], strict=True))
    assert all(np.array_equal(x, y) for x, y in zip(before[n:m], between[n:m], strict=True))
    model._update_discriminators(data["a"], data["b"], fake_a, fake_b)
    after = arrays(model)
    assert all(np.array_equal(x, y) for x, y in zip(between[:n], after[:n], strict=True))
    assert not all(np.array_equal(x, y) for x, y in zip(between[n:m], after[n:m], strict=True))


def numbered(first, n):
    """Images [n, 1, 1, 1] that hold their own number."""
    return np.arange(first, first + n, dtype=np.float32).reshape(n, 1, 1, 1)


def test_the_pool_returns_new_images_until_it_is_full_and_then_old_ones_half_of_the_time():
    pool = ImagePool(50, 5, (1, 1, 1), keras.random.SeedGenerator(0))
    handed_back = tf.function(pool)
    for first in range(0, 50, 5):
        assert np.array_equal(handed_back(numbered(first, 5)), numbered(first, 5))
    ages = []
    for first in range(50, 3050, 5):
        new = numbered(first, 5)
        ages += [*(new - np.array(handed_back(new))).ravel()]
    ages = np.array(ages)
    assert (ages >= 0).all() and abs((ages > 0).mean() - 0.5) < 0.04
    # Of 50 images one is handed out every second step: an image waits 100 steps on average, and never comes back.
    assert 60 < ages[ages > 0][1000:].mean() < 140
    handed_out = (np.arange(50, 3050) - ages)[ages > 0]
    assert len(np.unique(handed_out)) == len(handed_out)
    assert len(np.unique(pool.images)) == 50


def test_a_pool_smaller_than_a_batch_is_refused():
    with pytest.raises(ValueError, match="3 images are fewer than 4"):
        ImagePool(3, 4, (1, 1, 1), keras.random.SeedGenerator(0))


def test_the_learning_rate_stays_and_then_falls_to_zero():
    schedule = ConstantThenLinear(2e-4, 1000, 0.5)
    rates = [float(schedule(step)) for step in (0, 499, 500, 750, 999, 1000)]
    assert rates == pytest.approx([2e-4, 2e-4, 2e-4, 1e-4, 4e-7, 0], rel=1e-4, abs=1e-12)
    constant = ConstantThenLinear(2e-4, 1000, 1.0)
    assert [float(constant(step)) for step in (0, 500, 999)] == pytest.approx([2e-4] * 3)


def test_report_as_variant_has_no_pool_no_identity_loss_and_no_decay():
    model = built("cyclegan-report-a")
    for _ in range(3):
        logs = model.train_step(batch())
    assert model.pools == [None, None] and "identity" not in logs
    assert float(logs["learning_rate"]) == pytest.approx(2e-4)
    full = Settings(**experiments.resolve("cyclegan-report-a", "paper")[1])
    assert (full.cycle_weight, full.batch_size, full.learning_rate, full.epochs) == (10, 8, 2e-4, 47)
    assert full.optimizer_options == {"beta_1": 0.5} and full.learning_rate_scale == 1 and full.width == 1


def test_the_published_variant_is_the_papers():
    full = Settings(**experiments.resolve("cyclegan", "paper")[1])
    assert (full.cycle_weight, full.identity, full.pool, full.batch_size) == (10, 0.5, 50, 1)
    assert (full.constant_share, full.learning_rate, full.learning_rate_scale) == (0.5, 2e-4, 1)
    model = built("cyclegan")
    assert {"identity"} <= model.train_step(batch()).keys() and int(model.pools[0].filled) == 2


def test_the_patchgan_sees_70_pixels_at_full_size_and_less_of_smaller_images():
    fields = {size: networks.receptive_field(networks.patchgan(size)) for size in (256, 128, 64, 32)}
    assert fields == {256: 70, 128: 70, 64: 34, 32: 16}  # 70 pixels: Zhu et al. 2017
    assert networks.patchgan(256).output.shape[1:] == (30, 30, 1)


def test_what_lies_outside_its_field_does_not_change_a_score():
    layers = networks.patchgan(64).layers[1:]
    image = score = keras.Input((64, 64, 3))
    for layer in (layer for layer in layers if "normalization" not in layer.name):
        score = layer(score)
    model = keras.Model(image, score)
    image = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
    place = model.output.shape[1] // 2
    score, seen = model(image)[0, place, place, 0], []
    for row in range(64):
        changed = image.copy()
        changed[:, row] += 1
        seen.append(not np.isclose(model(changed)[0, place, place, 0], score, rtol=0, atol=1e-9))
    assert sum(seen) == 34 == np.ptp(np.flatnonzero(seen)) + 1


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        # The authors' layers, with a scale and a shift in each norm and a bias only where no norm follows.
        (lambda: networks.resnet_generator(128), 7_841_411),
        (lambda: networks.resnet_generator(256, blocks=9), 11_383_427),
        (lambda: networks.patchgan(256), 2_765_633),
    ],
)
def test_full_size_networks_have_the_parameters_that_their_layers_add_up_to(model, parameters):
    assert model().count_params() == parameters


def test_report_as_generator_has_its_eight_convolutions():
    layers = [x for x in networks.report_a_generator().layers if hasattr(x, "filters")]
    assert [x.filters for x in layers] == [32, 64, 128, 256, 128, 64, 32, 3]
    assert {x.kernel_size for x in layers} == {(4, 4)}
    assert networks.report_a_discriminator().output.shape == (None, 1)


@pytest.mark.parametrize("builder", [networks.report_a_generator, networks.resnet_generator])
def test_generators_keep_the_size_and_refuse_what_does_not_fit(builder):
    assert builder(32, 1 / 16).output.shape == (None, 32, 32, 3)
    with pytest.raises(ValueError, match="image_size is a multiple of"):
        builder(34)


def test_an_instance_norm_sees_one_image_alone():
    model = networks.resnet_generator(16, 1 / 16)
    images = np.random.default_rng(0).random((4, 16, 16, 3), np.float32)
    assert np.allclose(model(images)[:1], model(images[:1]), atol=1e-5)


@pytest.fixture(scope="module")
def domains():
    return Pictures(40, 16, seed=0), Pictures(24, 16, seed=1)


SMALL = {name: f"hwlib.models.cyclegan:report_a_{name}" for name in ("generator", "discriminator")}
SHORT = settings("cyclegan", steps=12, interval=2, pool=4, **SMALL, generator_options={}, value_range=(0.0, 1.0))
"""The published objective in report A's networks, which take less time."""


@pytest.fixture(scope="module")
def straight(tmp_path_factory, domains):
    """The folder of a run that nothing disturbed, and its result."""
    folder = tmp_path_factory.mktemp("straight")
    return folder, cyclegan.train(SHORT, domains, 0, folder)


def test_a_run_resumes_to_the_same_bits_averages_pool_and_learning_rate_included(tmp_path, domains, straight, killed):
    folders = straight[0], tmp_path
    killed(lambda watching: cyclegan.train(SHORT, domains, 0, folders[1], "", watching), at=5, kept=4)
    with np.load(folders[1] / "checkpoint.npz") as stopped:
        assert int(stopped["step"]) == 8, "stopped while the pool was full and the rate falling"
    assert json.loads(folders[1].joinpath("history.jsonl").read_text().splitlines()[-1])["step"] == 10
    cyclegan.train(SHORT, domains, 0, folders[1])
    stored = [np.load(folder / "checkpoint.npz") for folder in folders]
    assert all(np.array_equal(stored[0][name], stored[1][name]) for name in stored[0].files)
    samples = [np.load(folder / "samples-0000012.npy") for folder in folders]
    assert np.array_equal(*samples)
    lines = [[json.loads(line) for line in (folder / "history.jsonl").open()] for folder in folders]
    rates = [[line["learning_rate"] for line in run] for run in lines]
    assert rates[0] == rates[1] and rates[0][0] == pytest.approx(2e-4) and rates[0][-1] < 6e-5


@pytest.mark.parametrize("name", ["cyclegan", "cyclegan-report-a"])
def test_both_averages_are_numpys_of_weights_and_moving_statistics(name):
    model = built(name, learning_rate=1e-2)
    generators = model.a_to_b, model.b_to_a
    expected = [[np.array(v) for v in network.variables] for network in generators]
    for update in range(1, 4):
        model.train_step(batch(seed=update))
        beta = 0.5 ** (1 / (0.05 * update))
        for means, network in zip(expected, generators, strict=True):
            means[:] = [beta * m + (1 - beta) * np.array(v) for m, v in zip(means, network.variables, strict=True)]
    for means, averaged, raw in zip(expected, model.averaged, generators, strict=True):
        assert ("moving_mean" in {v.name for v in averaged.variables}) == (name == "cyclegan-report-a")
        for mean, variable in zip(means, averaged.variables, strict=True):
            np.testing.assert_allclose(np.array(variable), mean, rtol=1e-4, atol=1e-6, err_msg=variable.path)
        kernels = averaged.variables[0], raw.variables[0]
        assert np.abs(np.array(kernels[0]) - np.array(kernels[1])).max() > 1e-4


def test_the_state_holds_every_variable_of_the_model(domains):
    model = built("cyclegan")
    model.train_step(batch())
    kept = {id(v) for v in model.state}
    metrics = {id(v) for mean in model.means.values() for v in mean.variables}
    assert {v.path for v in model.variables if id(v) not in kept | metrics} == set()
    assert len(kept) == len(model.state)


def test_neither_domain_is_trained_on_what_is_held_out(domains):
    (a, held_out), (b, _) = map(trained_on_and_held_out, domains)
    assert (len(a), len(held_out), len(b)) == (30, 10, 14)
    chosen = Settings(**settings("cyclegan-report-a", batch_size=10))
    seen = np.concatenate([x["a"].numpy() for x in cyclegan.unpaired(a, b, chosen, 3)])
    as_seen = {image.tobytes() for image in np.rint(seen * 255).astype(np.uint8)}
    assert as_seen == {image.tobytes() for image in a}
    with pytest.raises(ValueError, match="has 12 images; a domain needs 20"):
        trained_on_and_held_out(Pictures(12))


def test_of_a_set_that_is_sorted_every_kind_is_trained_on_and_held_out():
    kinds = np.repeat(np.arange(12), 50)
    kept_back = held_out(len(kinds))
    assert len(kept_back) == 60 and set(np.bincount(kinds[kept_back], minlength=12)) <= {4, 5, 6}
    assert len(set(held_out(23))) == 10


def test_the_domains_are_seen_in_different_orders():
    same = np.arange(40, dtype=np.uint8)[:, None, None, None] * np.ones((1, 16, 16, 3), np.uint8)
    chosen = Settings(**settings("cyclegan-report-a", batch_size=8))
    pairs = [(x["a"], x["b"]) for x in cyclegan.unpaired(same, same, chosen, 5)]
    assert np.mean([np.array(a)[:, 0, 0, 0] == np.array(b)[:, 0, 0, 0] for a, b in pairs]) < 0.2


def test_a_run_leaves_six_rows_of_eight(domains, straight):
    folder, result = straight
    assert (result["steps"], result["images_seen"], result["diverged_at"]) == (12, 24, None)
    rows = np.load(folder / "samples-0000012.npy")
    assert rows.shape == (48, 16, 16, 3) and rows.dtype == np.uint8
    parts = [trained_on_and_held_out(domain)[1] for domain in domains]
    assert np.array_equal(rows[:16], np.concatenate([part[spread(8, 10)] for part in parts]))
    to_b, to_a = (
        keras.models.load_model(folder / f"{name}-averaged.keras", compile=False) for name in ("a_to_b", "b_to_a")
    )
    assert np.array_equal(rows, cyclegan.six_rows(to_b, to_a, rows[:8], rows[8:16], (0.0, 1.0)))


def test_moments_lie_further_and_further_apart():
    steps = cyclegan.moments(4000, 100)
    assert steps[:3] == [0, 100, 200] and steps[-1] == 4000
    assert len(steps) <= 21 and (np.diff(np.diff(steps[1:])) >= -100).all()
    assert cyclegan.moments(4, 2) == [0, 2, 4]


def test_the_measures_know_their_ends():
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3), dtype=np.uint8)
    assert translations.relative_cycle_error((images, images))["value"] == 0
    other = translations.relative_cycle_error((images, np.roll(images, 1, axis=0)))
    assert other["low"] < 1 < other["high"] and other["high"] - other["low"] < 0.1
    assert translations.psnr(images, images) == pytest.approx(20 * np.log10(255))
    half = np.full((1, 8, 8, 3), 100, np.uint8), np.full((1, 8, 8, 3), 151, np.uint8)
    assert translations.absolute_error(*half) == pytest.approx(0.2)
    assert translations.psnr(*half) == pytest.approx(-20 * np.log10(0.2), rel=1e-5)


def test_hair_counts_only_where_one_colour_is_named():
    class SeesRed:
        def predict(self, images, **_):
            return {"hair": np.eye(12)[np.full(len(images), HAIR.index("red"))]}

    texts = np.stack([encode("red"), encode("blue"), encode(("red", "blue")), encode(eyes="red")])
    images = np.zeros((4, 16, 16, 3), np.uint8)
    assert translations.hair_seen(SeesRed(), images, texts).tolist() == [1, 0]
    assert len(translations.hair_seen(SeesRed(), images[3:], texts[3:])) == 0


@pytest.fixture(scope="module")
def home_with_run(tmp_path_factory):
    """A home in which the smoke run is trained on drawn faces."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setattr("hwlib.paths.CACHE", home / "cache")
        patch.setattr("hwlib.paths.RUNS", home / "runs")
        yield runs.get("cyclegan-report-a", "smoke")


def test_translations_are_those_of_the_averaged_generators(home_with_run):
    for name in ("a_to_b", "b_to_a"):
        averaged, raw = home_with_run.model(name), home_with_run.model(name, raw=True)
        kept = keras.models.load_model(home_with_run.folder / f"{name}-averaged.keras", compile=False)
        assert all(np.array_equal(*pair) for pair in zip(averaged.get_weights(), kept.get_weights(), strict=True))
        assert not np.array_equal(averaged.get_weights()[0], raw.get_weights()[0])


def test_own_pictures_are_translated_by_one_command(home_with_run, tmp_path, capsys):
    pictures = tmp_path / "mine"
    pictures.mkdir()
    for name, size in (("one.png", (40, 30)), ("two.jpg", (16, 16))):
        Image.fromarray(np.full((*size, 3), 90, np.uint8)).save(pictures / name)
    (pictures / "notes.txt").write_text("no picture")
    out = tmp_path / "out"
    command = ["translate", str(pictures), "--run", "cyclegan-report-a", "--profile", "smoke", "--out", str(out)]
    assert __main__.main(command) == 0 and "2 translated by cyclegan-report-a" in capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir()) == ["one.png", "two.png"]
    assert Image.open(out / "one.png").size == (16, 16)
    forth = (out / "two.png").read_bytes()
    assert __main__.main(command) == 2 and "one.png is there already" in capsys.readouterr().err
    translation.translate(home_with_run, [pictures / "two.jpg"], "b-to-a", tmp_path / "back")
    assert (tmp_path / "back" / "two.png").read_bytes() != forth == (out / "two.png").read_bytes()


def test_interrupted_translations_leave_nothing_and_the_same_command_goes_again(home_with_run, tmp_path, monkeypatch):
    pictures, out = tmp_path / "mine", tmp_path / "out"
    pictures.mkdir()
    for name in ("one.png", "two.png"):
        Image.new("RGB", (16, 16)).save(pictures / name)
    written = []

    def full(path, content):
        written.append(path)
        if len(written) == 2:
            raise OSError("the disk is full")
        path.write_bytes(content)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="full"):
        patch.setattr(translation, "write_bytes", full)
        translation.translate(home_with_run, [pictures], folder=out)
    assert len(written) == 2 and [*out.iterdir()] == []
    assert len(translation.translate(home_with_run, [pictures], folder=out)) == 2


def test_a_mistake_with_own_pictures_is_told_in_one_line(home_with_run, tmp_path):
    broken, empty = tmp_path / "broken.png", tmp_path / "empty"
    broken.write_bytes(b"no picture at all")
    empty.mkdir()
    for pictures, direction, told in (
        ([broken], "a-to-b", "broken.png cannot be read as a picture"),
        ([tmp_path / "gone.png"], "a-to-b", "no picture .*gone.png"),
        ([empty], "a-to-b", "empty holds no picture"),
        ([broken], "to-b", 'The direction is a-to-b or b-to-a, not "to-b"'),
        ([broken, broken], "a-to-b", "Two of the pictures have one name"),
    ):
        with pytest.raises(ValueError, match=told):
            translation.translate(home_with_run, pictures, direction, tmp_path / "out")
    for name, told in (
        ("cyclegan", "is not trained: .venv/bin/hwlib train cyclegan:0 --profile smoke"),
        ("tags", "translates no images"),
    ):
        with pytest.raises(ValueError, match=told):
            translation.translate(runs.Run(name, "smoke"), [broken], folder=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_classifier_tells_two_plain_domains_apart(tmp_path):
    from hwlib.training import domain_classifier as domains

    dark, light = Pictures(60, seed=0), Pictures(60, seed=1)
    dark.images //= 3
    chosen = experiments.resolve("domains", "smoke")[1] | {"epochs": 30, "batch_size": 16}
    result = domains.train(chosen, (dark, light), 0, tmp_path)
    assert result["accuracy"] > translations.TRUSTED and result["held_out_a"] == 10
    classifier = keras.models.load_model(tmp_path / "classifier.keras", compile=False)
    assert translations.taken_for_b(classifier, light.images).mean() > 0.9
    assert translations.taken_for_b(classifier, dark.images).mean() < 0.1
