"""Every training run of the project by name: a base and a small override. And the profiles: how large all is drawn.

`hwlib.training.Settings` (and `hwlib.metrics.colours.Settings` for classifiers) say what each setting means; what an
experiment does not name is as in report A.
"""

from pathlib import Path

TASKS = {
    "gan": "hwlib.training:train",
    "classifier": "hwlib.metrics.colours:train",
    "colouriser": "hwlib.colouring:train",
}

NORMAL_002 = {"class_name": "RandomNormal", "config": {"stddev": 0.02}}

EXPERIMENTS = {
    "report-a": {
        "task": "gan",
        "about": "Report A's text-to-image WGAN-GP with the Dense start, as its code in effect ran: without dropout.",
        "generator": "hwlib.models.report_a:generator",
        "discriminator": "hwlib.models.report_a:critic",
        "objective": "hwlib.objectives.wasserstein:WassersteinGradientPenalty",
    },
    "report-a-written": {
        "base": "report-a",
        "about": "The same with AlphaDropout acting in the critic, as the report writes.",
        "discriminator_options": {"dropout": 0.2},
    },
    "report-a-code": {
        "base": "report-a",
        "about": "Report A's published code: Conv2D at the generator's end, Keras's default initialiser in the "
        "critic's last two convolutions, one mix factor per batch, wrong texts drawn at random.",
        "generator_options": {"last_layers": "conv"},
        "discriminator_options": {"last_initializer": "glorot_uniform"},
        "objective_options": {"mix": "batch"},
        "wrong_text": "random",
    },
    "report-a-conv": {
        "base": "report-a",
        "about": "Report A's network with the Conv start of its section 3.",
        "generator_options": {"start": "conv"},
    },
    "report-a-conv-even": {
        "base": "report-a-conv",
        "about": "A control of the Conv start: 4x4 kernels, which the stride of 2 divides.",
        "generator_options": {"upsampling": "even"},
    },
    "report-a-conv-resize": {
        "base": "report-a-conv",
        "about": "A control of the Conv start: nearest neighbours and a convolution instead of transposed ones.",
        "generator_options": {"upsampling": "resize"},
    },
    "report-a-glorot": {
        "base": "report-a",
        "about": "Keras's default initialiser in both networks instead of lecun_normal.",
        "generator_options": {"kernel_initializer": "glorot_uniform"},
        "discriminator_options": {"kernel_initializer": "glorot_uniform"},
    },
    "report-a-normal": {
        "base": "report-a",
        "about": "The DCGAN paper's initialiser N(0, 0.02) in both networks.",
        "generator_options": {"kernel_initializer": NORMAL_002},
        "discriminator_options": {"kernel_initializer": NORMAL_002},
    },
    "report-a-unscaled": {
        "base": "report-a",
        "about": "Images from 0 to 255, not divided; the generator's sigmoid is scaled to match.",
        "value_range": (0.0, 255.0),
    },
    "report-a-basic": {
        "base": "report-a",
        "about": "The basic GAN in report A's networks: cross-entropy instead of WGAN-GP.",
        "objective": "hwlib.objectives.standard:NonSaturating",
    },
    "report-a-rate-5x": {
        "base": "report-a",
        "about": "WGAN-GP at five times the learning rate.",
        "learning_rate": 1e-3,
    },
    "report-a-rate-0.2x": {
        "base": "report-a",
        "about": "WGAN-GP at a fifth of the learning rate.",
        "learning_rate": 4e-5,
    },
    "report-a-narrow": {
        "base": "report-a",
        "about": "WGAN-GP with half the filters (the profile says the width).",
    },
    "report-a-wide": {
        "base": "report-a",
        "about": "WGAN-GP with twice the filters (the profile says the width).",
    },
    "report-a-basic-rate-5x": {
        "base": "report-a-basic",
        "about": "The basic GAN at five times the learning rate.",
        "learning_rate": 1e-3,
    },
    "report-a-basic-rate-0.2x": {
        "base": "report-a-basic",
        "about": "The basic GAN at a fifth of the learning rate.",
        "learning_rate": 4e-5,
    },
    "report-a-basic-narrow": {
        "base": "report-a-basic",
        "about": "The basic GAN with half the filters.",
    },
    "report-a-basic-wide": {
        "base": "report-a-basic",
        "about": "The basic GAN with twice the filters.",
    },
    "dcgan": {
        "task": "gan",
        "about": "Report B's DCGAN: the course's baseline, tips 1, 3, 4, 6, 9, five discriminator updates to one.",
        "generator": "hwlib.models.report_b:generator",
        "discriminator": "hwlib.models.report_b:discriminator",
        "objective": "hwlib.objectives.standard:NonSaturating",
        "objective_options": {"real_label": (0.7, 1.2), "fake_label": (0.0, 0.3)},
        "conditional": False,
        "latent_dim": 100,
        "value_range": (-1.0, 1.0),
        "optimizer_options": {"beta_1": 0.5},
        "batch_size": 128,
        "discriminator_steps": 5,
    },
    "dcgan-strided": {
        "base": "dcgan",
        "about": "The same with the strided generator of the DCGAN paper.",
        "generator": "hwlib.models.report_b:strided_generator",
    },
    "wgan": {
        "base": "dcgan",
        "about": "Report B's WGAN: no sigmoid, weights clipped to 0.01, Adam as before.",
        "objective": "hwlib.objectives.wasserstein:WassersteinClipped",
    },
    "wgan-rmsprop": {
        "base": "wgan",
        "about": "The WGAN paper's own optimiser, RMSProp with rate 5e-5.",
        "optimizer": "RMSprop",
        "learning_rate": 5e-5,
    },
    "wgan-gp": {
        "base": "dcgan",
        "about": "Report B's WGAN-GP with lambda 10, the critic without a norm.",
        "objective": "hwlib.objectives.wasserstein:WassersteinGradientPenalty",
        "discriminator_options": {"norm": None},
    },
    "wgan-gp-1": {
        "base": "wgan-gp",
        "about": "WGAN-GP with lambda 1.",
        "objective_options": {"weight": 1.0},
    },
    "wgan-gp-0.1": {
        "base": "wgan-gp",
        "about": "WGAN-GP with lambda 0.1, which report B found best.",
        "objective_options": {"weight": 0.1},
    },
    "wgan-gp-batchnorm": {
        "base": "wgan-gp",
        "about": "WGAN-GP with BatchNorm in the critic, as students had it: the gradient mixes the images of a batch.",
        "discriminator_options": {"norm": "batch"},
    },
    "wgan-gp-layernorm": {
        "base": "wgan-gp",
        "about": "WGAN-GP with LayerNorm in the critic.",
        "discriminator_options": {"norm": "layer"},
    },
    "lsgan": {
        "base": "dcgan",
        "about": "LSGAN with labels 0, 1, 1 for fake, real and the generator's aim.",
        "objective": "hwlib.objectives.least_squares:LeastSquares",
    },
    "lsgan-110": {
        "base": "lsgan",
        "about": "LSGAN with labels -1, 1, 0.",
        "objective_options": {"fake_label": -1.0, "real_label": 1.0, "generator_label": 0.0},
    },
    "hinge": {
        "base": "dcgan",
        "about": "An objective of one's own: hinge, one class and this entry.",
        "objective": "hwlib.objectives.hinge:Hinge",
    },
    "dcgan-uniform": {
        "base": "dcgan",
        "about": "The DCGAN without tip 3: latents uniform on [-1, 1].",
        "latent": "uniform",
    },
    "dcgan-gray": {
        "base": "dcgan",
        "about": "The DCGAN on gray images, the first half of report B's hybrid (tip 7).",
        "gray": True,
    },
    "dcgan-balanced": {
        "base": "dcgan",
        "about": "Tip 11 broken: one update a step, of D where G's loss is above D's, else of G.",
        "discriminator_steps": 1,
        "balanced": True,
    },
    "dcgan-1to1": {
        "base": "dcgan",
        "about": "One discriminator update to one of the generator.",
        "discriminator_steps": 1,
    },
    "dcgan-1to2": {
        "base": "dcgan",
        "about": "Two discriminator updates to one of the generator.",
        "discriminator_steps": 2,
    },
    "dcgan-1to10": {
        "base": "dcgan",
        "about": "Ten discriminator updates to one of the generator.",
        "discriminator_steps": 10,
    },
    "wgan-gp-1to1": {
        "base": "wgan-gp",
        "about": "WGAN-GP with one critic update to one of the generator.",
        "discriminator_steps": 1,
    },
    "simple": {
        "base": "dcgan",
        "about": "The simplest model, of the tips only Adam: sigmoid, minimax loss, uniform latents, no norm, ReLU, "
        "hard labels, one update each.",
        "generator_options": {"norm": None},
        "discriminator_options": {"norm": None, "activation": "relu"},
        "objective": "hwlib.objectives.standard:Saturating",
        "latent": "uniform",
        "value_range": (0.0, 1.0),
        "discriminator_steps": 1,
    },
    "tip-1": {
        "base": "simple",
        "about": "Images in [-1, 1], the generator ends in tanh.",
        "value_range": (-1.0, 1.0),
    },
    "tip-2": {
        "base": "simple",
        "about": "The generator maximises log D.",
        "objective": "hwlib.objectives.standard:NonSaturating",
    },
    "tip-3": {
        "base": "simple",
        "about": "Latents from a normal distribution.",
        "latent": "normal",
    },
    "tip-4": {
        "base": "simple",
        "about": "BatchNorm in both networks, real and generated images in batches of their own.",
        "generator_options": {"norm": "batch"},
        "discriminator_options": {"norm": "batch"},
    },
    "tip-4-mixed": {
        "base": "tip-4",
        "about": "BatchNorm as tip 4 warns against: real and generated images in one batch of the discriminator.",
        "passes": "joined",
    },
    "tip-5": {
        "base": "simple",
        "about": "LeakyReLU in both networks, transposed convolutions of stride 2 instead of up-sampling.",
        "generator": "hwlib.models.report_b:strided_generator",
        "generator_options": {"norm": None, "activation": "leaky_relu"},
        "discriminator_options": {"activation": "leaky_relu"},
    },
    "tip-6": {
        "base": "simple",
        "about": "Soft labels, 0.7 to 1.2 and 0 to 0.3, one in twenty swapped.",
        "objective_options": {"real_label": (0.7, 1.2), "fake_label": (0.0, 0.3), "label_noise": 0.05},
    },
    "tip-9-sgd": {
        "base": "simple",
        "about": "Tip 9 taken away: plain gradient descent, a hundred times Adam's rate.",
        "optimizer": "SGD",
        "learning_rate": 2e-2,
    },
    "tip-13": {
        "base": "simple",
        "about": "Normal noise of deviation 0.1 on all that the discriminator sees, decaying to nothing.",
        "input_noise": 0.1,
    },
    "tip-14": {
        "base": "simple",
        "about": "Five discriminator updates to one of the generator.",
        "discriminator_steps": 5,
    },
    "tip-17": {
        "base": "simple",
        "about": "Dropout 0.5 in the generator, when images are drawn, too.",
        "generator_options": {"dropout": 0.5},
    },
    "all-tips": {
        "base": "simple",
        "about": "All tips above together.",
        "value_range": (-1.0, 1.0),
        "objective": "hwlib.objectives.standard:NonSaturating",
        "objective_options": {"real_label": (0.7, 1.2), "fake_label": (0.0, 0.3), "label_noise": 0.05},
        "latent": "normal",
        "generator": "hwlib.models.dropout:strided_generator",
        "generator_options": {"norm": "batch", "activation": "leaky_relu", "dropout": 0.5},
        "discriminator_options": {"norm": "batch", "activation": "leaky_relu"},
        "input_noise": 0.1,
        "discriminator_steps": 5,
    },
    "all-but-14": {
        "base": "all-tips",
        "about": "All tips but 14: one discriminator update each, so that the generator gets as many as the simplest.",
        "discriminator_steps": 1,
    },
    "colouriser": {
        "task": "colouriser",
        "about": "Report B's colouring autoencoder (tip 7), trained on real faces and their gray versions.",
    },
    "colouriser-normalised": {
        "base": "colouriser",
        "about": "The same, mean and contrast of each gray image brought to 0 and 1 first; untried in the report.",
        "normalise": True,
    },
    "tags": {
        "task": "classifier",
        "about": "Hair and eye colour read from real images; measures whether a generator follows its tags.",
    },
}

RATES = ("report-a-rate-5x", "report-a-rate-0.2x", "report-a-basic-rate-5x", "report-a-basic-rate-0.2x")

PROFILES = {
    "smoke": {
        "about": "tests: seconds, nothing to see",
        "seeds": 1,
        "headline_seeds": 2,
        "image_size": 16,
        "avatars": 96,
        "files": 96,
        "measured": 24,
        "gan": {"width": 1 / 16, "batch_size": 8, "steps": 8, "interval": 2},
        "classifier": {"epochs": 1},
        "experiments": {
            "simple": {"steps": 10, "interval": 5},
            "tip-14": {"steps": 2, "interval": 1},
            "all-tips": {"steps": 2, "interval": 1},
            "all-but-14": {"steps": 10, "interval": 5},
            "report-a-narrow": {"width": 1 / 32},
            "report-a-basic-narrow": {"width": 1 / 32},
            "report-a-wide": {"width": 1 / 8},
            "report-a-basic-wide": {"width": 1 / 8},
        },
        "colouriser": {"filters": 4, "batch_size": 8, "steps": 4, "interval": 2},
        "left_out": [
            *("dcgan-1to2", "report-a-rate-0.2x", "report-a-basic-rate-0.2x", "report-a-wide", "report-a-basic-wide"),
            *("report-a-narrow", "report-a-basic-narrow"),
            *("tip-1", "tip-2", "tip-3", "tip-6", "tip-9-sgd", "tip-13", "tip-14", "all-but-14"),
        ],
    },
    "quick": {
        "about": "default: 32x32 pixels, a quarter of the width, minutes on two cores",
        "seeds": 1,
        "headline_seeds": 2,
        "image_size": 32,
        "avatars": 6000,
        "files": 6000,
        "measured": 500,
        "gan": {"width": 0.25, "batch_size": 32, "steps": 6000, "interval": 250, "learning_rate_scale": 5.0},
        "classifier": {"epochs": 12},
        "colouriser": {"filters": 16, "batch_size": 32, "steps": 400, "interval": 50},
        "experiments": {
            "report-a-written": {"steps": 2000},
            "report-a-conv": {"steps": 1000},
            "report-a-glorot": {"steps": 1000},
            "report-a-normal": {"steps": 1000},
            "report-a-unscaled": {"steps": 250},
            "report-a-basic": {"steps": 500},
            **{name: {"steps": 250} for name in RATES},
            "report-a-narrow": {"steps": 250, "width": 0.125},
            "report-a-basic-narrow": {"steps": 250, "width": 0.125},
            "report-a-wide": {"steps": 250, "width": 0.5},
            "report-a-basic-wide": {"steps": 250, "width": 0.5},
            "dcgan": {"steps": 320, "interval": 40, "learning_rate_scale": 10.0},
            "dcgan-uniform": {"steps": 160},
            "dcgan-balanced": {"steps": 640},
            "dcgan-1to1": {"steps": 960},
            "dcgan-1to10": {"steps": 160},
            "wgan-gp-1to1": {"steps": 320},
            "simple": {"steps": 240, "interval": 30},
            "tip-14": {"steps": 48, "interval": 6},
            "all-tips": {"steps": 48, "interval": 6},
            "all-but-14": {"steps": 240, "interval": 30},
        },
        "left_out": [
            *("report-a-normal", "dcgan-strided", "wgan-rmsprop", "wgan-gp-1", "wgan-gp-batchnorm"),
            *("wgan-gp-layernorm", "lsgan-110", "hinge"),
            *("dcgan-1to2", "report-a-rate-0.2x", "report-a-wide"),
            *("report-a-basic-rate-0.2x", "report-a-basic-wide"),
        ],
    },
    "study": {
        "about": "64x64 pixels, half the width, hours on two cores",
        "seeds": 1,
        "headline_seeds": 1,
        "image_size": 64,
        "avatars": 33_431,
        "files": None,
        "measured": 1000,
        "gan": {
            "width": 0.5,
            "batch_size": 64,
            "steps": 10_000,
            "interval": 100,
            "learning_rate_scale": 2.5,
            "precision": "mixed_bfloat16",
        },
        "classifier": {"epochs": 2},
        "colouriser": {"steps": 2000, "interval": 100},
        "experiments": {
            "report-a-written": {"steps": 800},
            "report-a-basic": {"steps": 1600},
            "report-a-unscaled": {"steps": 1600},
            **{name: {"steps": 400} for name in RATES},
            "report-a-narrow": {"steps": 400, "width": 0.25},
            "report-a-basic-narrow": {"steps": 400, "width": 0.25},
            "report-a-wide": {"steps": 400, "width": 1.0},
            "report-a-basic-wide": {"steps": 400, "width": 1.0},
            "dcgan-uniform": {"steps": 1600},
            "dcgan-gray": {"steps": 1600},
            "dcgan-balanced": {"steps": 3200},
            "dcgan-1to1": {"steps": 4800},
            "dcgan-1to2": {"steps": 3200},
            "dcgan-1to10": {"steps": 1600},
            "wgan-gp-1to1": {"steps": 1600},
            "simple": {"steps": 1000},
            "tip-14": {"steps": 200, "interval": 20},
            "all-tips": {"steps": 200, "interval": 20},
            "all-but-14": {"steps": 1000, "interval": 100},
        },
    },
    "paper": {
        "about": "the reports' own settings and sizes: days on a processor, for a GPU",
        "seeds": 3,
        "headline_seeds": 3,
        "image_size": 64,
        "avatars": 33_431,
        "files": None,
        "measured": 2000,
        "gan": {"epochs": 970},
        "colouriser": {"steps": 100_000, "interval": 500},
        "experiments": {
            "dcgan": {"epochs": 500},
            "report-a-narrow": {"width": 0.5},
            "report-a-basic-narrow": {"width": 0.5},
            "report-a-wide": {"width": 2.0},
            "report-a-basic-wide": {"width": 2.0},
        },
        "classifier": {"epochs": 12},
    },
}
"""`seeds` is how many seeds each run is made with, `headline_seeds` how many those of HEADLINE are. `measured` is how
many images a measure takes. `avatars` is how many faces are drawn, `files` how many of a user's images are used at
most (None: all); the course's set of 2017 has 33,431. `gan`, `classifier` and `colouriser` override the settings of
all such runs, `experiments` those of one."""

NOTEBOOKS = {
    "00-data": ["tags"],
    "01-model": ["report-a", "report-a-written", "tags"],
    "03-gan-comparison": [
        *("dcgan", "wgan", "wgan-gp", "lsgan"),
        *("dcgan-strided", "wgan-rmsprop", "wgan-gp-1", "wgan-gp-0.1", "wgan-gp-batchnorm", "wgan-gp-layernorm"),
        *("lsgan-110", "hinge", "tags"),
    ],
    "04-training-tips": [
        *("simple", "tip-1", "tip-2", "tip-3", "tip-4", "tip-4-mixed", "tip-5", "tip-6", "tip-9-sgd", "tip-13"),
        *("tip-14", "tip-17", "all-tips", "all-but-14"),
        *("dcgan", "dcgan-uniform", "dcgan-gray", "colouriser", "colouriser-normalised"),
        *("dcgan-balanced", "dcgan-1to1", "dcgan-1to2", "dcgan-1to10", "wgan-gp", "wgan-gp-1to1"),
        *("report-a", "report-a-basic", "report-a-unscaled"),
        *("report-a-rate-5x", "report-a-basic-rate-5x", "report-a-rate-0.2x", "report-a-basic-rate-0.2x"),
        *("report-a-narrow", "report-a-basic-narrow", "report-a-wide", "report-a-basic-wide", "tags"),
    ],
    "05-dense-vs-conv": [
        *("report-a", "report-a-conv", "report-a-conv-even", "report-a-conv-resize"),
        *("report-a-glorot", "report-a-normal", "report-a-written", "tags"),
    ],
}
"""The runs that each notebook shows."""

HEADLINE = ("dcgan", "wgan", "wgan-gp", "lsgan")
"""The comparison that both reports are about: trained with more than one seed wherever the time allows."""


def left_out(profile):
    """Experiments that a profile's time does not allow: notebooks name them, and do without."""
    return known(profile, PROFILES, "profile").get("left_out", [])


def seeds(name, profile, seed=0, count=0):
    """The seeds that an experiment is trained with: `count` from `seed` on; 0 for as many as the profile has."""
    scale = known(profile, PROFILES, "profile")
    return range(seed, seed + (count or scale["headline_seeds" if name in HEADLINE else "seeds"]))


def resolve(name, profile):
    """Task ("module:function"), settings (dict) and data sets of an experiment at a profile.

    The sets are ("data",), the one that the user names, unless the experiment says otherwise: ("data", "other") for a
    translation between two domains, () for a run without data. Raises ValueError for unknown names.

    Laid over each other: the experiment's bases and itself, the profile's settings for its task, the profile's settings
    for the bases and for the experiment.
    """
    scale = known(profile, PROFILES, "profile")
    line = _line_of(name)
    settings = {}
    for ancestor in line:
        settings = _merged(settings, EXPERIMENTS[ancestor])
    task = settings.pop("task")
    settings = _merged(settings, scale.get(task, {}))
    for ancestor in line:
        settings = _merged(settings, scale.get("experiments", {}).get(ancestor, {}))
    sets = settings.pop("sets", ("data",))
    return TASKS[task], {key: value for key, value in settings.items() if key not in ("about", "base")}, sets


def variant(profile="quick", data="avatars", seed=0, seeds=0):
    """Folder name of one choice of the notebooks' parameters: "quick", "study-extra_data", "quick-seed3-3seeds" ..."""
    name = profile if data == "avatars" else f"{profile}-{Path(data).stem.replace(':', '-')}"
    return name + (f"-seed{seed}" if seed else "") + (f"-{seeds}seeds" if seeds else "")


def _line_of(name):
    """An experiment and its bases, the oldest first."""
    base = known(name, EXPERIMENTS, "experiment").get("base")
    return [*(_line_of(base) if base else []), name]


def _merged(base, override):
    """`override` laid over `base`. Options are merged, but those of something that is replaced go with it."""
    merged = {**base, **override}
    for key, value in merged.items():
        owner = key.removesuffix("_options")
        replaced = owner in override and override[owner] != base.get(owner)
        if owner != key and replaced:
            merged[key] = override.get(key, {})
        elif isinstance(value, dict) and key in override:
            merged[key] = {**base.get(key, {}), **value}
    return merged


def known(name, table, what):
    """`table[name]`; ValueError that names the known ones where there is none."""
    if name not in table:
        raise ValueError(f'There is no {what} "{name}". There are: {", ".join(table)}.')
    return table[name]
