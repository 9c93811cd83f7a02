"""Runs on other pictures than faces from noise: CycleGAN and style transfer."""

STYLES = ("strokes", "mosaic", "hatch", "dots")
LANDSCAPES = ("landscape", "landscape 1", "landscape 2")
PAPER = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")


def _pairs(*contents):
    return tuple((content, style) for content in contents for style in STYLES)


PAIRS = {
    "pairs": {
        "base": "style",
        "about": "Three contents in four styles, to judge the claims by: twelve pairs.",
        "pairs": _pairs("landscape", "astronaut", "coffee"),
    },
    "pairs-100": {"base": "pairs", "about": "The same with style and content weighted 100 to 1.", "ratio": 100.0},
    "pairs-10000": {"base": "pairs", "about": "The same with 10,000 to 1.", "ratio": 10_000.0},
    **{
        f"pairs-{layer}": {"base": "pairs", "about": f"Style from {layer} alone.", "style_layers": (layer,)}
        for layer in PAPER
    },
    "pairs-deep-content": {"base": "pairs", "about": "Content from deeper in.", "content_layers": ("conv5_1",)},
    "clouds": {
        "base": "style",
        "about": "Three landscapes with clouds in four styles, until little changes.",
        "pairs": _pairs(*LANDSCAPES),
    },
    "clouds-white": {"base": "clouds", "about": "The same, started from a white picture.", "start": "white"},
}
"""What claims about style transfer are judged by: too many pictures to be shown. `settle` and `train` make them."""

RUNS = {
    **PAIRS,
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
