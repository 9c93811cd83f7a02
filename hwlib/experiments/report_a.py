"""Report A's text-to-image WGAN-GP, its starts, initialisers and settings, and the basic GAN in its networks."""

NORMAL_002 = {"class_name": "RandomNormal", "config": {"stddev": 0.02}}


def _sweep(base, name):
    """The points of report A's "tolerates the choice of network" (A2); the profile says the widths."""
    return {
        f"{base}-rate-5x": {"base": base, "about": f"{name} at five times the learning rate.", "learning_rate": 1e-3},
        f"{base}-rate-0.2x": {"base": base, "about": f"{name} at a fifth of the learning rate.", "learning_rate": 4e-5},
        f"{base}-narrow": {"base": base, "about": f"{name} with half the filters."},
        f"{base}-wide": {"base": base, "about": f"{name} with twice the filters."},
    }


RUNS = {
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
        "about": "A control: the Conv start doubles its maps by 4x4 kernels, which the stride of 2 divides.",
        "generator_options": {"start_upsampling": "even"},
    },
    "report-a-conv-resize": {
        "base": "report-a-conv",
        "about": "A control: the Conv start doubles its maps by nearest neighbours and a convolution.",
        "generator_options": {"start_upsampling": "resize"},
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
    "report-a-no-text": {
        "base": "report-a",
        "about": "Report A's networks without a text: what colours a generator draws that is not told any.",
        "conditional": False,
    },
    "report-a-basic": {
        "base": "report-a",
        "about": "The basic GAN in report A's networks: cross-entropy instead of WGAN-GP.",
        "objective": "hwlib.objectives.standard:NonSaturating",
    },
    "report-a-course": {
        "base": "report-a",
        "about": "Report A's model on drawn faces with the course's frequencies of colours.",
        "sets": ("avatars:course",),
    },
    **_sweep("report-a", "WGAN-GP"),
    **_sweep("report-a-basic", "The basic GAN"),
}
