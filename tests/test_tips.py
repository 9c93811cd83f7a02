"""The runs of the tips' notebook: each tip is the simplest model but for what it says, and the sweeps are fair."""

import subprocess
import sys

import numpy as np
import pytest

from hwlib.backend import keras
from hwlib.experiments import PROFILES, resolve
from hwlib.models import report_b
from hwlib.runs.store import Run
from hwlib.training.gan import Settings, build

LENGTHS = {"steps", "interval"}
SOFT = {"real_label": (0.7, 1.2), "fake_label": (0.0, 0.3), "label_noise": 0.05}
TIPS = {
    "tip-1": {"value_range": (-1.0, 1.0)},
    "tip-2": {"objective": "hwlib.objectives.standard:NonSaturating"},
    "tip-3": {"latent": "normal"},
    "tip-4": {"generator_options": {"norm": "batch"}, "discriminator_options": {"norm": "batch"}},
    "tip-5": {
        "generator": "hwlib.models.report_b:strided_generator",
        "generator_options": {"norm": None, "activation": "leaky_relu"},
        "discriminator_options": {"norm": None, "activation": "leaky_relu"},
    },
    "tip-6": {"objective_options": SOFT},
    "tip-9-sgd": {"optimizer": "SGD", "optimizer_options": {}, "learning_rate": 2e-2},
    "tip-13": {"input_noise": 0.1},
    "tip-14": {"discriminator_steps": 5},
    "tip-17": {"generator_options": {"norm": None, "dropout": 0.5}},
}


def settings(name, profile="quick"):
    """All settings of an experiment, the unnamed ones at their defaults, without how long it is trained."""
    found = vars(Settings(**resolve(name, profile)[1]))
    return {key: value for key, value in found.items() if key not in LENGTHS}


def changed(name, base):
    before, after = settings(base), settings(name)
    return {key: value for key, value in after.items() if value != before[key]}


def test_the_simplest_model_has_none_of_the_tips():
    simple = settings("simple")
    assert simple["value_range"] == (0.0, 1.0) and simple["latent"] == "uniform" and simple["input_noise"] == 0
    assert simple["objective"].endswith(":Saturating") and simple["objective_options"] == {}
    assert simple["generator_options"] == {"norm": None}
    assert simple["discriminator_options"] == {"norm": None}
    assert simple["discriminator_steps"] == 1


@pytest.mark.parametrize("name", TIPS)
def test_a_tip_changes_what_it_says_and_nothing_else(name):
    assert changed(name, "simple") == TIPS[name]


def test_mixed_batches_are_tip_4_but_for_the_mixing():
    assert changed("tip-4-mixed", "tip-4") == {"passes": "joined"}


def test_all_tips_together_are_every_tip_at_once():
    together = changed("all-tips", "simple")
    for name in TIPS.keys() - {"tip-9-sgd", "tip-4", "tip-5", "tip-17"}:
        assert {key: together.pop(key) for key in TIPS[name]} == TIPS[name]
    assert together.pop("generator_options") == {"norm": "batch", "activation": "leaky_relu", "dropout": 0.5}
    assert together.pop("discriminator_options") == {"norm": "batch", "activation": "leaky_relu"}
    assert together.pop("generator").endswith(":strided_generator") and not together
    assert changed("all-but-14", "all-tips") == {"discriminator_steps": 1}


@pytest.mark.parametrize("profile", PROFILES)
def test_all_tips_see_equally_many_images(profile):
    seen = set()
    for name in ["simple", *TIPS, "tip-4-mixed", "all-tips", "all-but-14"]:
        scaled = Settings(**resolve(name, profile)[1])
        if scaled.steps is None:
            seen.add(f"{scaled.epochs} epochs")
        else:
            steps = -(-scaled.steps // scaled.interval) * scaled.interval
            seen.add(steps * scaled.batch_size * scaled.discriminator_steps)
    assert len(seen) == 1


@pytest.mark.parametrize("profile", PROFILES)
def test_a_point_of_the_sweep_differs_between_the_two_objectives_in_the_objective_alone(profile):
    for point in ("", "-rate-5x", "-rate-0.2x", "-narrow", "-wide"):
        pair = [settings(f"report-a{basic}{point}", profile) for basic in ("", "-basic")]
        assert {key for key in pair[0] if pair[0][key] != pair[1][key]} == {"objective"}
    widths = [settings(f"report-a{point}", profile)["width"] for point in ("-narrow", "", "-wide")]
    assert widths[1] == 2 * widths[0] and widths[2] == 2 * widths[1]


@pytest.mark.parametrize("name", ["tip-5", "all-tips", "dcgan-gray"])
def test_the_changed_networks_can_be_built(name):
    model = build(Settings(**resolve(name, "smoke")[1]), 16, 24, 0, 10)
    assert model.generator.output_shape == (None, 16, 16, 1 if name == "dcgan-gray" else 3)


def test_dropout_is_put_after_all_but_the_first_and_the_last_layer_and_changes_no_weight():
    options = {"image_size": 16, "width": 1 / 16, "latent_dim": 5}
    keras.utils.set_random_seed(0)
    plain = report_b.strided_generator(**options)
    keras.utils.set_random_seed(0)
    dropping = report_b.strided_generator(dropout=0.5, **options)
    assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), dropping.get_weights(), strict=False))
    kinds = [type(layer).__name__ for layer in dropping.layers]
    assert kinds.count("AlwaysDropout") == kinds.count("Conv2DTranspose") - 1
    latent = np.ones((1, 5), np.float32)
    assert not np.array_equal(dropping.predict(latent, verbose=0), dropping.predict(latent, verbose=0))


def test_a_saved_generator_with_dropout_loads_in_a_new_process(home):
    run = Run("tip-17", "smoke")
    run.folder.mkdir(parents=True)
    build(Settings(**run.settings), 16, 24, 0, 10).generator.save(run.folder / "generator.keras")
    program = "from hwlib.runs.store import Run; print(Run('tip-17', 'smoke').model().name)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "generator\n", done.stderr
