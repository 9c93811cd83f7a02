"""Report B's DCGAN, the objectives compared with it, and its text-to-image."""


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


def _penalties(base, also, weights):
    """A WGAN-GP with other weights of its penalty."""
    return {
        f"{base}-{weight:g}": {
            "base": base,
            "about": f"WGAN-GP with lambda {weight:g}{also}.",
            "objective_options": {"weight": weight},
        }
        for weight in weights
    }


RUNS = {
    "dcgan": {
        "task": "gan",
        "about": "Report B's DCGAN: the course's baseline, labels 1 and 0, tips 1, 3, 4 and 9, five discriminator "
        "updates to one.",
        "generator": "hwlib.models.report_b:generator",
        "discriminator": "hwlib.models.report_b:discriminator",
        "objective": "hwlib.objectives.standard:NonSaturating",
        "conditional": False,
        "latent_dim": 100,
        "value_range": (-1.0, 1.0),
        "optimizer_options": {"beta_1": 0.5},
        "batch_size": 128,
        "discriminator_steps": 5,
    },
    "dcgan-soft-labels": {
        "base": "dcgan",
        "about": "The same with tip 6, labels of 0.7 to 1.2 and 0 to 0.3: the report lists it, and writes 1 and 0.",
        "objective_options": {"real_label": (0.7, 1.2), "fake_label": (0.0, 0.3)},
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
        "about": "Report B's WGAN-GP: the DCGAN's networks, BatchNorm in the critic too, and the lambda of 0.1 that it "
        "found best.",
        "objective": "hwlib.objectives.wasserstein:WassersteinGradientPenalty",
        "objective_options": {"weight": 0.1},
    },
    **_penalties("wgan-gp", "", (1.0, 10.0)),
    "wgan-gp-paper": {
        "base": "wgan-gp",
        "about": "The WGAN-GP of its paper: lambda 10, the critic without a norm.",
        "objective_options": {"weight": 10.0},
        "discriminator_options": {"norm": None},
    },
    **_penalties("wgan-gp-paper", " and no norm in the critic", (0.1, 1.0)),
    "wgan-gp-layernorm": {
        "base": "wgan-gp-paper",
        "about": "The same with LayerNorm in the critic.",
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
    **_embeddings((256, 64, 32, 24, 16, 8)),  # the OR-ed text has 24 numbers
    **{
        f"{base}-normalised": {
            "base": base,
            "about": "The same, the embedding scaled to the length of the noise.",
            "generator_options": {"embedding_length": 100},
            "discriminator_options": {"embedding_length": 100},
        }
        for base in ("text-dcgan", "text-dcgan-32")
    },
    "text-dcgan-one-hot": {
        "base": "text-dcgan",
        "about": "Report A's OR-ed one-hot text as it is, without an embedding.",
        "generator_options": {"embedding": 0},
        "discriminator_options": {"embedding": 0},
    },
}
