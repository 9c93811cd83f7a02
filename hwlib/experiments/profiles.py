"""How large everything is drawn: the profiles that a report can be made at."""

from hwlib.experiments import pictures, search

SWEEP = tuple(f"report-a{basic}-{point}" for basic in ("", "-basic") for point in ("rate-5x", "rate-0.2x"))
WIDTHS = {
    f"report-a{basic}-{name}": factor for basic in ("", "-basic") for name, factor in (("narrow", 0.5), ("wide", 2))
}
PENALTIES = ("wgan-gp-1", "wgan-gp-10", "wgan-gp-paper-0.1", "wgan-gp-paper-1")
"""Of the sweeps over settings (A2) and over the weight of the penalty (B6)."""

VARIANTS = ("dcgan-soft-labels", "dcgan-strided", "wgan-rmsprop", "wgan-gp-layernorm", "lsgan-110", "hinge")
EMBEDDINGS = ("text-dcgan-256", "text-dcgan-16", "text-dcgan-8", "text-dcgan-32-normalised", "text-dcgan-24")
ONLY_SETTLED = [
    *(*SWEEP, *WIDTHS, *PENALTIES, *VARIANTS, *EMBEDDINGS),
    *("report-a-code", "report-a-course", "report-a-normal", "report-a-unscaled", "report-a-no-text"),
    *("dcgan-1to2", "wgan-gp-1to1", "wgan-gp-1to2", "text-dcgan-normalised"),
    *pictures.PAIRS,
]
"""What a report at a scaled-down profile does without, unless it has been trained: `train` does, and `settle` what
claims rest on."""


def _each(names, **settings):
    return {name: settings for name in names}


def _widths(width, **settings):
    """The sweep's networks, half and twice as wide as the profile's."""
    return {name: settings | {"width": by * width} for name, by in WIDTHS.items()}


LOOKS = (5, 8, 12, 20)
"""Numbers of seeds at which claims are judged where seeds are added until they are decided."""

PROFILES = {
    "smoke": {
        # tests: seconds, nothing to see
        "seeds": 1,
        "looks": LOOKS,
        "image_size": 16,
        "avatars": 96,
        "files": 96,
        "measured": 24,
        "gan": {"width": 1 / 16, "batch_size": 8, "steps": 8, "interval": 4},
        "classifier": {"epochs": 1},
        "cyclegan": {"width": 1 / 16, "batch_size": 2, "steps": 4, "interval": 2},
        "domains": {"epochs": 1},
        "colouriser": {"filters": 4, "batch_size": 8, "steps": 4, "interval": 2},
        "style": {"weights": "vgg16", "size": 64, "steps": 3},
        "experiments": {
            "cyclegan": {"generator_options": {"blocks": 1}},
            "simple": {"steps": 10, "interval": 5},
            "tip-14": {"steps": 2, "interval": 1},
            "all-tips": {"steps": 2, "interval": 1},
            "all-but-14": {"steps": 10, "interval": 5},
            **_widths(1 / 16),
            **search.scaled(),
        },
        "left_out": [
            *ONLY_SETTLED,
            *("tip-1", "tip-2", "tip-4", "tip-4-mixed", "tip-5", "tip-6", "tip-9-sgd", "tip-13", "tip-14", "tip-17"),
            *("all-but-14", "dcgan-balanced-mean", "dcgan-1to10", "text-dcgan-32", "wgan-gp-paper"),
            *("report-a-conv-resize", "style-deep-content", "style-noise"),
        ],
    },
    "quick": {
        # default: 32x32 pixels, a quarter of the width, minutes on two cores
        "seeds": 1,
        "looks": LOOKS,
        "image_size": 32,
        "avatars": 6000,
        "files": 6000,
        "measured": 1000,
        "gan": {"width": 0.25, "batch_size": 32, "steps": 5000, "interval": 250, "learning_rate_scale": 10.0},
        "classifier": {"epochs": 12},
        "cyclegan": {"width": 0.25, "steps": 2400, "interval": 100, "learning_rate_scale": 2.5},
        "domains": {"epochs": 2},
        "colouriser": {"filters": 16, "batch_size": 32, "steps": 300, "interval": 50},
        "style": {"weights": "vgg16", "size": 128, "style_size": 256, "steps": 32},
        "experiments": {
            **_each(("report-a-written", "report-a-code"), steps=2000),
            **_each(("report-a-conv-even", "report-a-conv-resize"), steps=2000),
            # At ten times the rate, the search's choice by distance, one of five seeds had half of its hair right after
            # 5,000 steps; at five times both of the search's seeds had.
            "report-a": {"learning_rate_scale": 5.0},
            "report-a-unscaled": {"steps": 2000},
            **_each(SWEEP, steps=2000),
            **_widths(0.25, steps=2000),
            "dcgan": {"steps": 640, "interval": 40},
            # A clipped weight moves by a fiftieth of its bound, as in the report. Four times as long as the DCGAN, so
            # that "slower" can be told (`hwlib.claims.speed.PATIENCE`).
            "wgan": {"steps": 2560, "learning_rate_scale": 1.0},
            "lsgan": {"learning_rate_scale": 3.0},
            "dcgan-1to1": {"steps": 1600},
            "dcgan-1to2": {"steps": 800},
            "dcgan-1to10": {"steps": 320},
            "dcgan-balanced": {"steps": 3200},
            "wgan-gp-1to1": {"steps": 1600},
            "wgan-gp-1to2": {"steps": 800},
            "text-dcgan": {"steps": 240, "interval": 30},
            "simple": {"steps": 1200, "interval": 60},
            "tip-14": {"steps": 240, "interval": 12},
            "all-tips": {"steps": 240, "interval": 12},
            "all-but-14": {"steps": 1200, "interval": 60},
            "cyclegan": {"learning_rate_scale": 5.0, "generator_options": {"blocks": 3}},
            "style-white": {"steps": 100},
            "clouds": {"steps": 200},
            "clouds-white": {"steps": 300},
            **search.scaled(320, {"report-a": 1000, "report-a-basic": 1000, "simple": 600}),
        },
        "left_out": [
            *ONLY_SETTLED,
            *("report-a-glorot", "report-a-conv-even", "report-a-conv-resize", "text-dcgan-64", "wgan-gp-paper"),
            *("tip-1", "tip-2", "tip-4", "tip-4-mixed", "tip-5", "tip-6", "tip-9-sgd", "tip-13", "tip-17"),
            *("all-tips", "all-but-14", "dcgan-1to10", "dcgan-balanced-mean", "style-deep-content", "style-noise"),
        ],
    },
    "study": {
        # 64x64 pixels, half the width, hours on two cores
        "seeds": 1,
        "looks": (3,),
        "image_size": 64,
        "avatars": 33_431,
        "files": None,
        "measured": 1000,
        "gan": {
            "width": 0.5,
            "batch_size": 64,
            "steps": 6_400,
            "interval": 100,
            "learning_rate_scale": 2.5,
            "precision": "mixed_bfloat16",
        },
        "classifier": {"epochs": 2},
        "cyclegan": {
            "width": 0.5,
            "steps": 20_000,
            "interval": 200,
            "learning_rate_scale": 2.5,
            "precision": "mixed_bfloat16",
        },
        "domains": {"epochs": 1},
        "colouriser": {"steps": 2000, "interval": 100},
        "style": {"weights": "vgg16", "size": 256, "style_size": 384, "steps": 200},
        "experiments": {
            **_each(("report-a-written", "report-a-code", "report-a-unscaled"), steps=800),
            **_each(("report-a-conv-even", "report-a-conv-resize", "report-a-no-text"), steps=800),
            **_each(("report-a-glorot", "report-a-normal"), steps=1600),
            **_each(SWEEP, steps=1600),
            **_widths(0.5, steps=1600),
            "dcgan": {"steps": 800, "interval": 50, "learning_rate_scale": 5.0},
            "wgan": {"learning_rate_scale": 1.0},
            "lsgan": {"learning_rate_scale": 1.5},  # three tenths of DCGAN's, as the search chose at `quick`
            **_each(("dcgan-1to1", "wgan-gp-1to1", "dcgan-balanced"), steps=4000),
            **_each(("dcgan-1to2", "wgan-gp-1to2"), steps=2000),
            "dcgan-1to10": {"steps": 400},
            "text-dcgan": {"steps": 400},
            "simple": {"steps": 2000, "interval": 200},
            "tip-14": {"steps": 400, "interval": 40},
            "all-tips": {"steps": 400, "interval": 40},
            "all-but-14": {"steps": 2000, "interval": 200},
            **search.scaled(),
        },
        "left_out": ONLY_SETTLED,
    },
    "paper": {
        # the reports' own settings and sizes: days on a processor, for a GPU
        "seeds": 3,
        "looks": (3,),
        "image_size": 64,
        "avatars": 33_431,
        "files": None,
        "measured": 2000,
        "gan": {"epochs": 970, "moments": (30, 500)},
        "classifier": {"epochs": 12},
        "cyclegan": {"epochs": 47, "interval": 500},
        "domains": {"epochs": 2},
        "colouriser": {"steps": 100_000, "interval": 500},
        "style": {"weights": "vgg19"},
        "experiments": {
            "dcgan": {"epochs": 500, "moments": (1, 100, 500)},
            "text-dcgan": {"epochs": 200},
            "cyclegan": {"epochs": None, "steps": 240_000},
            **_widths(1.0),
        },
    },
}
"""`seeds` is how many seeds each run is made with, `looks` the numbers of seeds at which claims are judged (see
`hwlib.claims.rule`), `measured` how many images a measure takes. `avatars` is how many faces are drawn, `files` how
many of a user's images are used at most, the first of a random order that is always the same (None: all); the course's
set of 2017 has 33,431. `gan`, `classifier`, `cyclegan` ... override the settings of all runs of that task,
`experiments` those of one; `left_out` are experiments that the profile's report does without unless they have been
trained; `only` are those that it trains, where these are few."""

PROFILES["epoch-30"] = PROFILES["paper"] | {  # report A's own figure: two to six hours a start on two cores
    "seeds": 1,
    "gan": {"epochs": 30, "precision": "mixed_bfloat16"},
    "only": ("report-a", "tags", "domains"),
}
