"""Style transfer as a run: pairs of a content and a style, each optimised under the same settings."""

import json
from dataclasses import dataclass

import numpy as np
from PIL import Image

from hwlib.data.paintings import picture
from hwlib.models.vgg import weights_of
from hwlib.storage import read_json_lines, write_atomically
from hwlib.style.losses import LAYERS, FeatureMaps, Losses, Weighting, luminance
from hwlib.style.optimise import OPTIMIZERS, Best, optimise
from hwlib.training.watching import Progress

STARTS = ("content", "white", "noise")
COLOURS = ("style", "content")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What decides the pictures of a run, next to the seed. Pictures are named as in `hwlib.data.paintings.picture`."""

    pairs: tuple
    """(content, style) each; for a blend the styles are joined by "+", as "strokes+hatch"."""
    blend: tuple = ()
    """Weights of a blend's styles; equal if empty."""
    weights: str = "vgg19"
    """Of the network (see `hwlib.models.vgg.weights_of`)."""
    pooling: str = "average"
    content_layers: tuple = LAYERS["paper"][0]
    style_layers: tuple = LAYERS["paper"][1]
    ratio: float = 1000.0
    """W, weight of the style against the content."""
    variation: float = 0.0
    """Weight of the total variation."""
    size: int = 512
    """Of the longer side, in pixels."""
    style_size: int | None = None
    """The same of the styles; `size` if None. Strokes are as large in the result as they are in the style."""
    start: str = "content"
    """ "content", "white", "noise" (uniform, drawn from the seed), or a picture."""
    scales: int = 1
    """How many sizes are worked through, each half of the next; each starts from the one before."""
    colours: str = "style"
    """ "content": only the luminance is optimised, colours are kept (Gatys et al. 2017, colour control)."""
    optimizer: str = "L-BFGS"
    learning_rate: float = 5.0
    """Of Adam, in levels of 0 to 255."""
    steps: int = 500
    """Evaluations of losses and gradient for a picture, shared evenly among the scales."""


def stylise(settings, content, styles, seed=0, best=None, maps=None):
    """Draw a content in a style.

    Args:
        settings: `Settings`; its `pairs`, `size` and `style_size` do not count here.
        content, styles: uint8 [h, w, 3] and a list of such.
        best: a `Best`, which holds the evaluations and the last scale's best picture, also when this is interrupted.
        maps: `FeatureMaps` of `settings.weights`, where there are some already.

    Returns uint8 [h, w, 3], sized as the content. Raises ValueError for settings that do not fit.
    """
    check(settings)
    maps = maps or feature_maps(settings)[1]
    best = best or Best()
    gray = settings.colours == "content"
    weighting = Weighting(
        settings.ratio,
        tuple(settings.content_layers),
        tuple(settings.style_layers),
        settings.variation,
        tuple(settings.blend),
    )
    found, shares = None, np.diff(np.linspace(0, settings.steps, settings.scales + 1).round().astype(int))
    for scale, share in zip(range(settings.scales)[::-1], shares, strict=True):
        if settings.scales - scale < best.scale:  # finished before it was interrupted
            continue
        small, *small_styles = [resized(p, 2**-scale) for p in (content, *styles)]
        if gray:
            small_styles = [matched(style, small) for style in small_styles]
            losses = Losses(maps, _gray(small), [_gray(style) for style in small_styles], weighting)
        else:
            losses = Losses(maps, small, small_styles, weighting)
        if found is None:
            begin = start(settings.start, small, seed)
            begin = luminance(begin) if gray else begin
        else:
            begin = resized(found, shape=small.shape[:2])
        found = optimise(losses, begin, int(share), settings.optimizer, settings.learning_rate, best)
    return finished(found, content)


def finished(found, content):
    """The picture to keep, uint8 [h, w, 3], sized as the content: rounded, and a luminance with the content's colours.

    What is smaller, of a coarse scale that was interrupted, is enlarged.
    """
    found = resized(found, shape=content.shape[:2])
    if found.shape[-1] == 1:
        found = content.astype(np.float32) + found - luminance(content)
    return np.rint(np.clip(found, 0, 255)).astype(np.uint8)


def start(name, content, seed=0):
    """The picture that is optimised, as it begins: float32 [h, w, 3] of the content's shape; see `Settings.start`."""
    if name == "content":
        return content.astype(np.float32)
    if name == "white":
        return np.full(content.shape, 255, np.float32)
    if name == "noise":
        return np.random.default_rng((seed, 3)).uniform(0, 255, content.shape).astype(np.float32)
    return resized(picture(name, max(content.shape[:2]), seed), shape=content.shape[:2]).astype(np.float32)


def matched(style, content):
    """A style's luminance with the content's mean and spread, float32 [h, w, 3] (Gatys et al. 2017, colour control)."""
    y, target = luminance(style), luminance(content)
    return _gray(np.clip((y - y.mean()) * (target.std() / max(y.std(), 1e-3)) + target.mean(), 0, 255))


def resized(image, factor=None, shape=None):
    """An image [h, w, c] scaled by `factor`, or to `shape` (h, w), by Lanczos; of its own type, float stays float."""
    height, width = shape or (max(1, round(side * factor)) for side in image.shape[:2])
    if (height, width) == image.shape[:2]:
        return image
    channels = [
        Image.fromarray(np.ascontiguousarray(image[..., i], np.float32)).resize(
            (width, height), Image.Resampling.LANCZOS
        )
        for i in range(image.shape[-1])
    ]
    large = np.clip(np.stack(channels, axis=-1), 0, 255)
    return np.rint(large).astype(np.uint8) if image.dtype == np.uint8 else large


def feature_maps(settings):
    """Name of the network, and its `FeatureMaps` at the layers of the settings."""
    name, weights = weights_of(settings.weights)
    layers = (*settings.content_layers, *settings.style_layers)
    return f"{name}, {settings.pooling} pooling", FeatureMaps(weights, layers, settings.pooling)


def train(settings, images, seed, folder, label="style", extra_callbacks=()):
    """Draw all pairs into `folder`; those that are finished there stay, one that was interrupted goes on.

    Args:
        settings: dict of `Settings`' fields. images: not used; None.

    Leaves `<content>-<style>.png` (`.npz` while it is drawn), and `history.jsonl` with a line per evaluation: `step`
    over all pairs, `pair`, and what `Best` keeps. Returns a dict: `steps`, `images_seen` 0, `seconds`, `diverged_at`
    None, and `network`, its name and that of its weights.
    """
    settings = Settings(**settings)
    network, maps = feature_maps(settings)
    history = folder / "history.jsonl"
    done = [line for line in read_json_lines(history) if (folder / f"{line['pair']}.png").exists()]
    finished_pairs = {line["pair"] for line in done}
    progress = Progress(label, 1, len(done))
    progress.set_params({"epochs": settings.steps * len(settings.pairs)})
    progress.on_train_begin()
    for content_name, style_names in settings.pairs:
        pair, before = f"{content_name}-{style_names}", len(done)
        unfinished = folder / f"{pair}.npz"
        if pair in finished_pairs:
            unfinished.unlink(missing_ok=True)
            continue
        content = picture(content_name, settings.size, seed)
        styles = [picture(name, settings.style_size or settings.size, seed) for name in style_names.split("+")]
        best = Best(lambda line, before=before: progress.on_epoch_end(before + line["evaluation"] - 1), unfinished)
        image = stylise(settings, content, styles, seed, best, maps)
        write_atomically(folder / f"{pair}.png", lambda p, image=image: Image.fromarray(image).save(p, "PNG"))
        done += [{"step": before + line["evaluation"], "pair": pair, **line} for line in best.lines]
        text = "".join(json.dumps(line) + "\n" for line in done)
        write_atomically(history, lambda p, text=text: p.write_text(text))
        unfinished.unlink(missing_ok=True)
    seconds = sum({line["pair"]: line["seconds"] for line in done}.values())
    return {
        "steps": len(done),
        "images_seen": 0,
        "seconds": seconds,
        "diverged_at": None,
        "network": network,
    }


def pictures(run):
    """The pictures of a finished run (`hwlib.runs.store.Run`): (content, style) -> uint8 [h, w, 3]."""
    return {tuple(pair): np.asarray(Image.open(run.folder / f"{'-'.join(pair)}.png")) for pair in run.settings["pairs"]}


def lines_of(run, pair):
    """The lines of a run's history that belong to one pair."""
    return [line for line in run.history if line["pair"] == "-".join(pair)]


def ends(run):
    """The line of each of a run's pictures at the lowest total, where it was kept: "content-style" -> dict."""
    return {"-".join(pair): min(lines_of(run, pair), key=lambda line: line["total"]) for pair in run.settings["pairs"]}


def _gray(image):
    """Luminance repeated in three channels; what has one channel, as it is but for that."""
    y = luminance(image) if image.shape[-1] == 3 else image
    return np.repeat(y, 3, axis=-1)


def check(settings):
    """Raise ValueError for settings that no picture can be drawn with, before anything is loaded."""
    if settings.colours not in COLOURS:
        raise ValueError(f'Colours are those of the {" or the ".join(COLOURS)}, not "{settings.colours}".')
    if settings.optimizer not in OPTIMIZERS:
        raise ValueError(f'There is no optimiser "{settings.optimizer}": it is {" or ".join(OPTIMIZERS)}.')
    if settings.steps < settings.scales or settings.scales < 1:
        raise ValueError(f"{settings.steps} steps are too few for {settings.scales} scales.")
    if not 0 <= settings.ratio < float("inf") or settings.variation < 0:
        raise ValueError("The weights of style and variation are numbers from 0 on.")
