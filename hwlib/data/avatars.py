"""Faces drawn by DiceBear, so that everything runs with no download: every hair and eye colour can be seen and named.

`lorelei` (CC0) is the default; `adventurer` (CC BY 4.0) is a second domain for the CycleGAN. Both are by Lisa
Wischofsky. Image i depends on the seed and i alone, so a larger set begins with the smaller one.

Drawn at twice the size, softened and halved: `dcgan` at `quick` then stands after 320 steps at 0.27 of its untrained
Frechet distance, with hard lines at 0.44 (one seed each; what else was tried is in data/README.md).
"""

import contextlib
import functools
import io
import json
import os
import subprocess
import sys
from importlib import metadata, resources

import numpy as np
from PIL import Image, ImageFilter

from hwlib import paths
from hwlib.data.cache import processors
from hwlib.data.tags import EYES, HAIR, encode

SEED = 0
VERSION = 2  # part of the cache key: raise it when the same settings would give other pixels or texts
COUNT = 6000

# fmt: off
HAIR_RGB = dict(
    orange=(242, 128, 30), white=(244, 244, 244), aqua=(60, 214, 214), gray=(138, 140, 146), green=(48, 168, 70),
    red=(206, 28, 40), purple=(134, 62, 176), pink=(255, 140, 190), blue=(40, 84, 214), black=(30, 26, 34),
    brown=(110, 62, 28), blonde=(248, 220, 104),
)
EYES_RGB = dict(
    gray=(140, 146, 154), black=(24, 22, 26), orange=(255, 130, 20), pink=(255, 120, 184), yellow=(255, 222, 30),
    aqua=(40, 216, 216), purple=(140, 60, 196), green=(40, 166, 60), brown=(112, 58, 22), red=(216, 28, 36),
    blue=(36, 92, 230),
)
SKIN = ("#ffe8d6", "#ffdbc0", "#f4c7a1", "#d9a57e")
BACKGROUND = ("#cfe4f2", "#f2dccf", "#d9efd0", "#e6d9f2", "#f2efc9", "#c9ccd6")

# "avatars:course": how often a colour occurs. The counts are those of the course's 2018 tags.csv (36,736 rows, no gray
# eyes); the shares of texts are those of its 2017 set, where 48 % of images have no colour tag and 34 % exactly one
# hair and one eye colour. The other 18 % are taken as half hair alone, half eyes alone.
COURSE_HAIR = dict(
    orange=1944, white=2496, aqua=1786, gray=3868, green=3930, red=3514, purple=3422, pink=4006, blue=3788, black=3612,
    brown=2382, blonde=1988,
)
COURSE_EYES = dict(
    gray=0, black=2890, orange=3702, pink=3414, yellow=3718, aqua=3720, purple=3478, green=3958, brown=3590, red=4128,
    blue=4138,
)
COURSE_TEXT = dict(none=48, both=34, hair=9, eyes=9)

# Only hair that covers a fifth of the picture and no eye, and only open eyes, enlarged so that an iris is 4 to 5 pixels
# wide at 64 and 2 at 32; nothing that hides a colour.
_LORELEI_HAIR = (4, 5, 6, 7, 8, *range(10, 21), 23, 24, *range(29, 34), 35, 37, 42, 43, 46, 48)
_LONG_HAIR = (1, 2, 4, 5, 6, 7, *range(9, 18), 19, 21, 22, 23)
_SHORT_HAIR = (1, 2, 3, 5, 7, 8, 9, 10, 16, 17, 18)
_STYLES = {
    "lorelei": dict(
        scale=1.5,
        hairVariant=[f"variant{k:02}" for k in _LORELEI_HAIR],
        eyesVariant=[f"variant{k:02}" for k in (2, 4, 9, 10, 14, 20, 21, 23, 24)],
    ),
    "adventurer": dict(
        scale=1.3, translateY=-4,
        hairVariant=[f"long{k:02}" for k in _LONG_HAIR] + [f"short{k:02}" for k in _SHORT_HAIR],
        eyesVariant=[f"variant{k:02}" for k in (1, 2, 3, 5, 11, 12, 15, 23, 24, 25, 26)],
    ),
}
_HIDING = ("glasses", "beard", "earrings", "hairAccessories", "freckles", "details")
_EYE_SCALE = {"lorelei": 1.3, "adventurer": 1.15}
_BLUR = 0.6  # standard deviation in pixels of the finished picture
# fmt: on


@functools.cache
def _style(name):
    from dicebear import Style

    definition = json.loads(resources.files("dicebear_styles").joinpath(f"{name}.json").read_text("utf-8"))
    definition["components"]["eyes"]["scale"] = dict.fromkeys(("min", "max"), _EYE_SCALE[name])
    return Style(definition)


def licence(style):
    """Title, author and licence of the style, in the words of its own package."""
    return _style(style).meta().license().text()


@functools.cache
def versions():
    """Versions of all that decides a pixel, for the cache key."""
    packages = ("dicebear-core", "dicebear-styles", "resvg-py")
    return {package: metadata.version(package) for package in packages} | {"avatars": VERSION}


def _describe(i, labels):
    """Hair colour and eye colour of face i, its text, and the generator for all else about it."""
    rng = np.random.default_rng([SEED, i])
    if labels == "course":
        tables = (COURSE_HAIR, COURSE_EYES, COURSE_TEXT)
        hair, eyes, said = (rng.choice(list(t), p=np.array(list(t.values())) / sum(t.values())) for t in tables)
    else:
        hair, eyes, said = rng.choice(HAIR), rng.choice(EYES), "both"
    return hair, eyes, encode(hair if said in ("both", "hair") else (), eyes if said in ("both", "eyes") else ()), rng


def _hex(rgb):
    return "#{:02x}{:02x}{:02x}".format(*np.clip(rgb, 0, 255).astype(int))


def face(i, image_size, style="lorelei", labels="uniform"):
    """Draw face i, at twice the size, softened and halved: uint8 [image_size, image_size, 3]."""
    import resvg_py
    from dicebear import Avatar

    hair, eyes, _, rng = _describe(i, labels)
    hair, eyes = (  # a shade of its own: up to 12 lighter or darker, and a slight tint
        np.array(colour) + rng.uniform(-12, 12) + rng.uniform(-5, 5, 3) for colour in (HAIR_RGB[hair], EYES_RGB[eyes])
    )
    options = _STYLES[style] | {
        **{f"{part}Probability": 0 for part in _HIDING},
        "seed": f"{SEED}-{i}",
        "hairColor": _hex(hair),
        "eyesColor": _hex(eyes),
        "skinColor": str(rng.choice(SKIN)),
        "backgroundColor": str(rng.choice(BACKGROUND)),
    }
    outlines = None  # adventurer has its own
    if style == "lorelei":
        options["eyebrowsColor"] = _hex(0.5 * hair)
        outlines = (
            f'[fill="{_hex(eyes)}"] {{stroke: #1a1a1a; stroke-width: 10; paint-order: stroke}}'
            f'[fill="{_hex(hair)}"] {{stroke: {_hex(0.5 * hair)}; stroke-width: 6}}'
        )
    svg, size = str(Avatar(_style(style), options)), {"width": 2 * image_size, "height": 2 * image_size}
    png = resvg_py.svg_to_bytes(svg_string=svg, style_sheet=outlines, skip_system_fonts=True, **size)
    drawn = Image.open(io.BytesIO(png)).convert("RGB")
    return np.asarray(drawn.filter(ImageFilter.GaussianBlur(2 * _BLUR)).reduce(2))


def faces(count, image_size, style="lorelei", labels="uniform"):
    """Draw faces 0 to count - 1 on all processors (see HWLIB_THREADS), about 150 a second each.

    style: "lorelei" or "adventurer". labels: "uniform", every combination of hair and eyes equally often, or "course",
    with the frequencies of the course's data; an untagged face has colours all the same, only its text is zero.
    Yields (name, picture uint8 [image_size, image_size, 3], text uint8 [24]) in order.
    """
    workers = min(processors(), 1 + count // 300)
    with contextlib.ExitStack() as stack:
        pictures = []
        for first in range(workers if workers > 1 else 0):
            arguments = json.dumps([first, count, workers, image_size, style, labels])
            command = [sys.executable, "-c", "from hwlib.data import avatars; avatars.draw_to_stdout()", arguments]
            # Not multiprocessing: it would fork TensorFlow's threads, or import the caller's script once more.
            options = dict(pipesize=1 << 20, cwd=paths.REPOSITORY, start_new_session=True)
            worker = subprocess.Popen(command, stdout=subprocess.PIPE, **options)
            stack.enter_context(worker)
            stack.callback(worker.kill)
            pictures.append(worker.stdout)
        for i in range(count):
            if pictures:
                pixels = pictures[i % workers].read(image_size**2 * 3)
                if len(pixels) < image_size**2 * 3:
                    raise RuntimeError(f"the process that draws the faces ended at face {i}; its message is above")
                picture = np.frombuffer(pixels, np.uint8).reshape(image_size, image_size, 3)
            else:
                picture = face(i, image_size, style, labels)
            yield f"{style}-{i}", picture, _describe(i, labels)[2]


def draw_to_stdout():
    """A worker of `faces`: draws every n-th face, as raw bytes."""
    first, count, step, *rest = json.loads(sys.argv[1])
    try:
        for i in range(first, count, step):
            sys.stdout.buffer.write(face(i, *rest).tobytes())
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # whoever asked is gone: end without a word
        os._exit(1)
