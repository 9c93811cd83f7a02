"""Measures of report B's hybrid (tip 7, claims B8 and B9): a gray GAN, and what colouring does to its faces."""

import numpy as np

from hwlib.claims.arms import end_too_early, log_ratio, untold
from hwlib.claims.effects import Effect
from hwlib.claims.frequencies import fine_detail
from hwlib.claims.texts import difference
from hwlib.data import tags
from hwlib.data.avatars import EYES_RGB, HAIR_RGB
from hwlib.data.pixels import LUMA
from hwlib.metrics import colours, distances, pictures
from hwlib.metrics.spoilt import in_gray
from hwlib.training import colouring

LIGHT = 4
"""How many of the colours count as light: those with the highest luminance."""


def gray_distance(evaluator, gray_gan, colour_gan):
    """Log ratio of the Frechet distances, gray GAN over colour GAN, both and the real images in gray."""
    if reason := end_too_early(evaluator, gray_gan, colour_gan):
        return Effect(too_early=reason)
    real = evaluator.net(in_gray(evaluator.real()))
    seen = [evaluator.net(in_gray(faces(evaluator, run))) for run in (gray_gan, colour_gan)]
    return Effect(log_ratio(*(distances.frechet_distance(real, one)["value"] for one in seen)))


def colouring_blurs(evaluator, gray_gan, colouriser):
    """Log ratio of fine detail (`frequencies.fine_detail`), after over before colouring, of faces of the gray GAN."""
    if reason := end_too_early(evaluator, gray_gan):
        return Effect(too_early=reason)
    return blur(evaluator, faces(evaluator, gray_gan), colouriser)


def colouring_blurs_real(evaluator, colouriser):
    """The same of real images: what the colouriser loses by itself."""
    return blur(evaluator, in_gray(evaluator.real(seed=1)), colouriser)


def dark_hair(evaluator, gray_gan, colouriser):
    """Share of light hair that is drawn as asked, on the darkest third of the gray faces minus on the lightest."""
    return _light(evaluator, gray_gan, colouriser, "hair")


def dark_eyes(evaluator, gray_gan, colouriser):
    """The same of light eyes."""
    return _light(evaluator, gray_gan, colouriser, "eyes")


def normalising_helps(evaluator, gray_gan, colouriser, normalised):
    """Share of light hair drawn as asked on the darkest third, with minus without normalising the gray image."""
    if reason := untold(evaluator, "hair") or end_too_early(evaluator, gray_gan):
        return Effect(too_early=reason)
    drawn = [light_colours_drawn(evaluator, gray_gan, one)["hair"]["dark"] for one in (normalised, colouriser)]
    return difference(*drawn, "hair")


def faces(evaluator, run):
    """New faces of an unconditional generator, uint8 [n, s, s, 3]."""
    return run.generate(np.zeros((evaluator.n, tags.TEXT_DIM)), seed=run.seed + 3)


def blur(evaluator, gray, colouriser):
    """The effect on fine detail in the luminance, after over before colouring, log ratio."""
    coloured = colouring.colour(colouriser.model("colouriser"), gray, evaluator.real_texts)
    seen = [pictures.detail(images).mean(0) for images in (coloured, gray)]
    return fine_detail(evaluator, *seen)


def light_colours(part):
    """Names of the lightest colours of "hair" or "eyes", by the luminance of the colour that they are drawn in."""
    drawn = {"hair": HAIR_RGB, "eyes": EYES_RGB}[part]
    return sorted(drawn, key=lambda name: np.asarray(drawn[name]) @ LUMA)[-LIGHT:]


def light_colours_drawn(evaluator, gray_gan, colouriser):
    """How often light colours are drawn as asked on the darkest and on the lightest third of a GAN's gray faces.

    Returns {"hair": {"dark": share, "light": share}, "eyes": ...}.
    """

    def made():
        drawn = faces(evaluator, gray_gan)
        order, third = np.argsort(pictures.luminance(drawn)), len(drawn) // 3
        model, rng = colouriser.model("colouriser"), np.random.default_rng(gray_gan.seed)
        wanted = {part: rng.choice(light_colours(part), third) for part in ("hair", "eyes")}
        asked = np.stack([tags.encode(*both) for both in zip(wanted["hair"], wanted["eyes"], strict=True)])
        found = {"hair": {}, "eyes": {}}
        for third_of, chosen in (("dark", order[:third]), ("light", order[-third:])):
            right = colours.colour_accuracy(evaluator.network, colouring.colour(model, drawn[chosen], asked), asked)
            for part, share in right.items():
                found[part][third_of] = share
        return found

    return evaluator.kept(gray_gan.folder, f"light-colours-{colouriser.key}", made)


def _light(evaluator, gray_gan, colouriser, part):
    if reason := untold(evaluator, part) or end_too_early(evaluator, gray_gan):
        return Effect(too_early=reason)
    shares = light_colours_drawn(evaluator, gray_gan, colouriser)[part]
    return difference(shares["dark"], shares["light"], part)
