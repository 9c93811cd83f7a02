"""A run is trained once, survives being killed, and is known by all that decides its result."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from hwlib import __main__, experiments
from hwlib.runs import sources
from hwlib.runs import store as runs
from hwlib.runs.store import Run
from hwlib.storage import read_json_lines
from hwlib.training import gan

LONG = {"gan": {"width": 1 / 16, "batch_size": 8, "steps": 60, "interval": 4}}
"""Long enough to be killed in the middle."""


def train_in_a_process(home, name="report-a-written", profile=LONG, checkpoint_seconds=0.0):
    """Train at a smoke profile with other settings, in a process of its own; its output is piped."""
    program = f"""
        from hwlib import experiments
        from hwlib.runs.store import Run
        from hwlib.training import callbacks
        callbacks.CHECKPOINT_SECONDS = {checkpoint_seconds}
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


def test_a_killed_run_resumes_to_the_same_bits_and_two_processes_train_once(tmp_path):
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    whole = train_in_a_process(straight)
    assert "trained 60" in whole.communicate(timeout=300)[0]
    (key,) = [path.name for path in (straight / "data" / "runs").iterdir()]
    history = broken / "data" / "runs" / key / "history.jsonl"
    for lines, checkpoint_seconds in ((2, 0.0), (7, 1000.0)):
        process = train_in_a_process(broken, checkpoint_seconds=checkpoint_seconds)
        wait_for(history, lines, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not history.with_name("record.json").exists(), "killed too late to show anything"
    both = [train_in_a_process(broken), train_in_a_process(broken)]
    outputs = [process.communicate(timeout=300)[0] for process in both]
    assert all("trained 60" in output for output in outputs), outputs
    assert sum("resumed at step" in output for output in outputs) == 1, outputs

    expected, found = weights(straight / "data" / "runs" / key), weights(broken / "data" / "runs" / key)
    assert expected.keys() == found.keys()
    assert all(np.array_equal(expected[name], found[name]) for name in expected)
    lines = [json.loads(line) for line in history.read_text().splitlines()]
    assert [line["step"] for line in lines] == list(range(4, 61, 4))
    last = {k: v for k, v in lines[-1].items() if k != "seconds"}
    straight_lines = (straight / "data" / "runs" / key / "history.jsonl").read_text().splitlines()
    assert last == {k: v for k, v in json.loads(straight_lines[-1]).items() if k != "seconds"}


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
    assert samples == sorted(f"samples-{raw}{step:07d}.npy" for raw in ("", "raw-") for step in (0, 2, 4, 8, 12))
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
    assert list(samples) == [0, 2, 4, 8]
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
    assert list(averaged) == list(raw) == [0, 2, 4, 8]
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
        command = ["generate", "report-a", str(text), str(tmp_path / folder), "--profile", "smoke", *kind]
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


def test_a_classifier_does_not_depend_on_the_code_of_gans(trained):
    assert "hwlib.training.adversarial" in Run("report-a", "smoke").modules
    assert "hwlib.training.adversarial" not in Run("tags", "smoke").modules
    assert not {"hwlib.report.plots", "hwlib.training.callbacks"} & set(Run("report-a", "smoke").modules)


def test_a_run_that_diverges_is_a_result(home, monkeypatch, capsys):
    monkeypatch.setitem(experiments.PROFILES["smoke"]["gan"], "learning_rate_scale", 1e30)
    run = runs.get("report-a", "smoke")
    assert run.record["result"]["diverged_at"] == run.record["result"]["steps"] == 2
    assert "diverged" in capsys.readouterr().out
    assert run.model().count_params() > 0
    (run.folder / "record.json").unlink()  # as if it had been killed before it was written
    assert runs.get("report-a", "smoke").record["result"]["diverged_at"] == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("report-z", "smoke"), 'There is no experiment "report-z". There are: report-a'),
        (("report-a", "huge"), 'There is no profile "huge". There are: smoke, quick'),
    ],
)
def test_an_unknown_name_is_told_with_the_known_ones(arguments, told):
    with pytest.raises(ValueError, match=told):
        Run(*arguments).settings  # noqa: B018


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
    with pytest.raises(ValueError, match=r"no setting learnig_rate\. There are: .*learning_rate"):
        run.train()


def test_a_users_own_photos_are_the_second_domain_of_their_own_images(monkeypatch):
    monkeypatch.setenv("HWLIB_PHOTOS", "photos.zip")
    assert runs.other_domain("faces.zip") == "photos.zip" and runs.other_domain("avatars") == "adventurer"
    monkeypatch.delenv("HWLIB_PHOTOS")
    assert runs.other_domain("faces.zip") == "adventurer"
