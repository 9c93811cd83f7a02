"""Report B's training tips: the simplest model, each tip alone, the ratios of updates, the hybrid."""

RUNS = {
    "dcgan-gray": {
        "base": "dcgan",
        "about": "The DCGAN on gray images, the first half of report B's hybrid (tip 7).",
        "gray": True,
    },
    "dcgan-balanced": {
        "base": "dcgan",
        "about": "Tip 11 broken: one update a step, of D where G's loss is above the sum of D's two terms, else of G.",
        "discriminator_steps": 1,
        "balanced": "sum",
    },
    "dcgan-balanced-mean": {
        "base": "dcgan-balanced",
        "about": "The same with the mean of D's two terms.",
        "balanced": "mean",
    },
    **{
        f"{base}-1to{n}": {"base": base, "about": f"{n} discriminator updates to one of G.", "discriminator_steps": n}
        for base, n in (("dcgan", 1), ("dcgan", 2), ("dcgan", 10), ("wgan-gp", 1), ("wgan-gp", 2))
    },
    "simple": {
        "base": "dcgan",
        "about": "The simplest model, of the tips only Adam: sigmoid, minimax loss, uniform latents, no norm, ReLU, "
        "hard labels, one update each.",
        "generator_options": {"norm": None},
        "discriminator_options": {"norm": None},
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
        "generator": "hwlib.models.report_b:strided_generator",
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
}
