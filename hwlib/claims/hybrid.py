"""Measures of report B's hybrid (tip 7, claims B8 and B9): a gray GAN, and what colouring does to its faces."""

import numpy as np

from hwlib.claims.comparisons import FACE, gained, log_ratio, untold
from hwlib.claims.effects import Effect
from hwlib.data import tags
from hwlib.metrics import colours, distances, pictures
from hwlib.training import colouring

LIGHT = 4
"""How many of the colours count as light: those whose real images have the highest mean luminance."""


def gray_distance(evaluator, gray_gan, colour_gan):
    """Log ratio of the Frechet distances, gray GAN over colour GAN, both and the real images in gray."""
    if reason := _too_early(evaluator, gray_gan, colour_gan):
        return Effect(too_early=reason)
    real = evaluator.net(in_gray(evaluator.real()))
    seen = [evaluator.net(in_gray(faces(evaluator, run))) for run in (gray_gan, colour_gan)]
    return Effect(log_ratio(*(distances.frechet_distance(real, one)["value"] for one in seen)))


def colouring_blurs(evaluator, gray_gan, colouriser):
    """Log ratio of fine detail, after over before colouring, of faces of the gray GAN; each capped at real images'."""
    if reason := _too_early(evaluator, gray_gan):
        return Effect(too_early=reason)
    return Effect(blur(evaluator, faces(evaluator, gray_gan), colouriser))


def colouring_blurs_real(evaluator, colouriser):
    """The same of real images: what the colouriser loses by itself."""
    return Effect(blur(evaluator, in_gray(evaluator.real(seed=1)), colouriser))


def dark_hair(evaluator, gray_gan, colouriser):
    """Share of light hair that is drawn as asked, on the darkest third of the gray faces minus on the lightest."""
    return _light(evaluator, gray_gan, colouriser, "hair")


def dark_eyes(evaluator, gray_gan, colouriser):
    """The same of light eyes."""
    return _light(evaluator, gray_gan, colouriser, "eyes")


def normalising_helps(evaluator, gray_gan, colouriser, normalised):
    """Share of light hair drawn as asked on the darkest third, with minus without normalising the gray image."""
    if reason := untold(evaluator, "hair"):
        return Effect(too_early=reason)
    drawn = [light_colours_drawn(evaluator, gray_gan, one)["hair"]["dark"] for one in (normalised, colouriser)]
    return Effect(drawn[0] - drawn[1])


def faces(evaluator, run):
    """New faces of an unconditional generator, uint8 [n, s, s, 3]."""
    return run.generate(np.zeros((evaluator.n, tags.TEXT_DIM)), seed=run.seed + 3)


def in_gray(images):
    """Luma of uint8 images in all three channels."""
    return np.repeat(np.rint(255 * colouring.gray(images)).astype(np.uint8)[..., None], 3, axis=-1)


def blur(evaluator, gray, colouriser):
    """Log ratio of fine detail in the luminance, after over before colouring, capped at the real images'."""
    coloured = colouring.colour(colouriser.model("colouriser"), gray, evaluator.real_texts)
    real = evaluator.of_real_images["sharpness"]["value"]
    return log_ratio(*(min(real, float(pictures.sharpness(images).mean())) for images in (coloured, gray)))


def light_colours(evaluator, part):
    """Names of the lightest colours of hair or eyes by the luminance of real images that name one."""
    names, columns = (tags.HAIR, tags.HAIR_COLUMNS) if part == "hair" else (tags.EYES, tags.EYES_COLUMNS)
    named, brightness = np.asarray(evaluator.real_texts)[:, columns], pictures.luminance(evaluator.real(seed=1))
    mean = [brightness[named[:, i] > 0].mean() if named[:, i].any() else 0 for i in range(len(names))]
    return [names[i] for i in np.argsort(mean)[-LIGHT:]]


def light_colours_drawn(evaluator, gray_gan, colouriser):
    """How often light colours are drawn as asked on the darkest and on the lightest third of a GAN's gray faces.

    Returns {"hair": {"dark": share, "light": share}, "eyes": ...}.
    """

    def made():
        drawn = faces(evaluator, gray_gan)
        order, third = np.argsort(pictures.luminance(drawn)), len(drawn) // 3
        model, rng = colouriser.model("colouriser"), np.random.default_rng(gray_gan.seed)
        wanted = {part: rng.choice(light_colours(evaluator, part), third) for part in ("hair", "eyes")}
        asked = np.stack([tags.encode(*both) for both in zip(wanted["hair"], wanted["eyes"], strict=True)])
        found = {"hair": {}, "eyes": {}}
        for third_of, chosen in (("dark", order[:third]), ("light", order[-third:])):
            right = colours.colour_accuracy(evaluator.network, colouring.colour(model, drawn[chosen], asked), asked)
            for part, share in right.items():
                found[part][third_of] = share
        return found

    return evaluator.kept(gray_gan.folder, f"light-{colouriser.key}", made)


def _light(evaluator, gray_gan, colouriser, part):
    if reason := untold(evaluator, part):
        return Effect(too_early=reason)
    shares = light_colours_drawn(evaluator, gray_gan, colouriser)[part]
    return Effect(shares["dark"] - shares["light"])


def _too_early(evaluator, *runs):
    best = min(list(gained(evaluator, run).values())[-1] for run in runs)
    return f"the better arm stands at {best:.2f} of its untrained distance" if best > FACE else ""
