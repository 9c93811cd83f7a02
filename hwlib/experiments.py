"""Every training run of the project by name: a base and a small override.

`hwlib.training.Settings` (and `hwlib.metrics.colours.Settings` for classifiers) say what each setting means; what an
experiment does not name is as in report A.
"""

from pathlib import Path

from hwlib.profiles import PROFILES

TASKS = {
    "gan": "hwlib.training:train",
    "classifier": "hwlib.metrics.colours:train",
    "cyclegan": "hwlib.cyclegan:train",
    "domains": "hwlib.metrics.domains:train",
    "style": "hwlib.style.transfer:train",
}


def _embeddings(sizes):
    """Report B's sweep over the size of the embedding."""
    return {
        f"text-dcgan-{size}": {
            "base": "text-dcgan",
            "about": f"The same with an embedding of {size}.",
            "generator_options": {"embedding": size},
            "discriminator_options": {"embedding": size},
        }
        for size in sizes
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
    "text-dcgan": {
        "base": "dcgan",
        "about": "Report B's text-to-image DCGAN: an embedding of 128 numbers beside 100 of noise.",
        "conditional": True,
        "generator_options": {"embedding": 128},
        "discriminator_options": {"embedding": 128},
    },
    **_embeddings((256, 64, 32, 16, 8)),
    "text-dcgan-normalised": {
        "base": "text-dcgan",
        "about": "Embedding 128, scaled to the length of the noise.",
        "generator_options": {"embedding_length": 100},
        "discriminator_options": {"embedding_length": 100},
    },
    "text-dcgan-32-normalised": {
        "base": "text-dcgan-32",
        "about": "Embedding 32, scaled to the length of the noise.",
        "generator_options": {"embedding_length": 100},
        "discriminator_options": {"embedding_length": 100},
    },
    "text-dcgan-24": {
        "base": "text-dcgan",
        "about": "An embedding of as many numbers as the OR-ed text has.",
        "generator_options": {"embedding": 24},
        "discriminator_options": {"embedding": 24},
    },
    "text-dcgan-one-hot": {
        "base": "text-dcgan",
        "about": "Report A's OR-ed one-hot text as it is, without an embedding.",
        "generator_options": {"embedding": 0},
        "discriminator_options": {"embedding": 0},
    },
    "report-a-course": {
        "base": "report-a",
        "about": "Report A's model on drawn faces with the course's frequencies of colours.",
        "sets": ("avatars:course",),
    },
    "style": {
        "task": "style",
        "about": "Gatys's style transfer with the paper's layers, one content in three styles.",
        "sets": (),
        "pairs": (("landscape", "strokes"), ("landscape", "mosaic"), ("landscape", "hatch")),
    },
    "style-100": {"base": "style", "about": "The same with style and content weighted 100 to 1.", "ratio": 100.0},
    "style-10000": {"base": "style", "about": "The same with 10,000 to 1.", "ratio": 10_000.0},
    "style-first-five": {
        "base": "style",
        "about": "The other reading of report B's layers: the network's first five convolutions.",
        "content_layers": ("conv2_2",),
        "style_layers": ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"),
    },
    "style-one-layer": {"base": "style", "about": "A single style layer.", "style_layers": ("conv3_1",)},
    "style-deep-content": {"base": "style", "about": "Content from deeper in.", "content_layers": ("conv5_1",)},
    "style-white": {"base": "style", "about": "Started from a white picture.", "start": "white"},
    "style-noise": {"base": "style", "about": "Started from noise.", "start": "noise"},
    "style-adam": {
        "base": "style",
        "about": "Adam in place of L-BFGS, one style.",
        "pairs": (("landscape", "strokes"),),
        "optimizer": "Adam",
    },
    "style-max": {"base": "style", "about": "Max pooling, as the network was trained.", "pooling": "max"},
    "style-colours": {
        "base": "style",
        "about": "A photograph that keeps its own colours.",
        "pairs": (("cat", "strokes"),),
        "colours": "content",
    },
    "style-blend": {
        "base": "style",
        "about": "A photograph in two styles at once, small and then large.",
        "pairs": (("cat", "mosaic+strokes"),),
        "scales": 2,
    },
    "tags": {
        "task": "classifier",
        "about": "Hair and eye colour read from real images; measures whether a generator follows its tags.",
    },
    "cyclegan-report-a": {
        "task": "cyclegan",
        "about": "Report A's CycleGAN as its code had it: one score per image, cross-entropy, RMSE cycle loss.",
        "sets": ("data", "other"),
        "generator": "hwlib.models.cyclegan:report_a_generator",
        "discriminator": "hwlib.models.cyclegan:report_a_discriminator",
        "objective": "hwlib.objectives.standard:NonSaturating",
    },
    "cyclegan": {
        "base": "cyclegan-report-a",
        "about": "The published CycleGAN: ResNet, PatchGAN, LSGAN, L1 cycle and identity loss, pool of 50, decay.",
        "generator": "hwlib.models.cyclegan:resnet_generator",
        "discriminator": "hwlib.models.cyclegan:patchgan",
        "objective": "hwlib.objectives.least_squares:LeastSquares",
        "adversarial_weight": 2.0,
        "cycle_loss": "hwlib.objectives.cycle:absolute",
        "identity": 0.5,
        "pool": 50,
        "constant_share": 0.5,
        "value_range": (-1.0, 1.0),
        "flip": True,
        "batch_size": 1,
    },
    "domains": {
        "task": "domains",
        "about": "Which of the two domains an image is of; measures whether a translation arrives.",
        "sets": ("data", "other"),
    },
}

NOTEBOOKS = {
    "00-data": ["tags"],
    "01-model": ["report-a", "report-a-written", "tags"],
    "02-text-to-image": [
        *("report-a", "report-a-course", "text-dcgan", "text-dcgan-64", "text-dcgan-32", "text-dcgan-normalised"),
        *("text-dcgan-256", "text-dcgan-16", "text-dcgan-8", "text-dcgan-32-normalised"),
        *("text-dcgan-one-hot", "text-dcgan-24", "tags"),
    ],
    "03-gan-comparison": [
        *("dcgan", "wgan", "wgan-gp", "lsgan"),
        *("dcgan-strided", "wgan-rmsprop", "wgan-gp-1", "wgan-gp-0.1", "wgan-gp-batchnorm", "wgan-gp-layernorm"),
        *("lsgan-110", "hinge", "tags"),
    ],
    "05-dense-vs-conv": [
        *("report-a", "report-a-conv", "report-a-conv-even", "report-a-conv-resize"),
        *("report-a-glorot", "report-a-normal", "report-a-written", "tags"),
    ],
    "06-cyclegan": ["cyclegan-report-a", "cyclegan", "domains", "tags"],
    "07-style-transfer": [
        *("style", "style-100", "style-10000", "style-first-five", "style-one-layer", "style-deep-content"),
        *("style-white", "style-noise", "style-adam", "style-max", "style-colours", "style-blend"),
    ],
    "08-claims": [],
}
"""The runs that each notebook shows; the claims are judged by what the others leave, and come last."""

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
    translation between two domains, () for a run without data, or the name of a drawn set. Raises ValueError for
    unknown names.

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
