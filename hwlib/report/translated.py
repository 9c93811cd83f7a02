"""What is shown of translations between two domains: rows of images, and rows of tables."""

import numpy as np

from hwlib.metrics import translations
from hwlib.metrics.distances import frechet_distance
from hwlib.report import plots

WAYS = ("A→B", "B→A")
AROUND = ("A→B→A", "B→A→B")
ROWS = ["A", "B", *WAYS, *AROUND]
"""Of a CycleGAN's fixed samples, eight images each."""


def two_moments(samples):
    """Fixed samples at an eighth of the training and at its end, side by side with a gap, for a grid of 17 columns.

    samples: step -> uint8 [48, size, size, 3]. Returns the images, and which moments they are of, in words.
    """
    last = max(samples)
    early = max(step for step in samples if step <= last / 8)
    left, right = (_in_rows(samples[step]) for step in (early, last))
    gap = np.full_like(left[:, :1], 255)
    images = np.concatenate(np.concatenate([left, gap, right], axis=1))
    return images, f"step {early:,} (left) and step {last:,} (right)"


def through_training(samples, n=7):
    """Three faces of each domain translated, at `n` moments that several variants share, and what came back at the end.

    samples: variant -> its samples. Returns images for a grid of six columns a variant, and labels of its rows.
    """
    steps = shared(samples)
    steps = [steps[i] for i in np.unique(np.linspace(0, len(steps) - 1, n).astype(int))]
    rows = [_in_rows(kept[step])[2:4, :3] for step in steps for kept in samples.values()]
    rows += [_in_rows(kept[steps[-1]])[4:, :3] for kept in samples.values()]
    return np.concatenate(np.concatenate(rows)), [*(f"step {step:,}" for step in steps), "came back"]


def frames(samples):
    """A, A→B and A→B→A of four faces, variants side by side: a picture of each shared moment, uint8 [n, h, w, 3]."""
    of_steps = ([_in_rows(kept[step])[[0, 2, 4], :4] for kept in samples.values()] for step in shared(samples))
    return np.stack([plots.tiled(np.concatenate(np.concatenate(rows, axis=1)), 4 * len(samples)) for rows in of_steps])


def shared(samples):
    """The steps at which samples of all variants were kept, sorted."""
    return sorted(set.intersection(*map(set, samples.values())))


def _in_rows(images):
    return images.reshape(len(ROWS), -1, *images.shape[1:])


def arrived(shown, classifier, net, domains):
    """Rows of a table: share taken for the target, Frechet distance to it, diversity over the target's.

    Faces that were not translated and real images of the target come first, as a scale. shown: variant ->
    `Translations`; classifier: of the two domains; net: a `FeatureNet`; domains: the two data sets.
    """
    one = next(iter(shown.values()))
    real = net(one.a), net(one.b)
    others = [net(np.asarray(domain.images[: len(one.a)])) for domain in domains]
    for_b, for_a = (translations.taken_for_b(classifier, images).mean() for images in (one.a, one.b))
    mistaken, between = (for_b, 1 - for_a), frechet_distance(*real)["value"]
    for way, share in zip(WAYS, mistaken, strict=True):
        yield f"{way}, not translated", f"{share:.1%}", f"{between:.1f}", ""
    for target, i in (("B", 1), ("A", 0)):
        distance = frechet_distance(real[i], others[i])["value"]
        yield f"real images of {target}", f"{1 - mistaken[i]:.1%}", f"{distance:.1f}", "1.00"
    for label, each in shown.items():
        hits, against = translations.reached(each, classifier), translations.against_target(each, net, real)
        for way, hit, found in zip(WAYS, hits, against, strict=True):
            yield f"{way}, {label}", f"{hit.mean():.1%}", f"{found['frechet']:.1f}", f"{found['diversity']:.2f}"


def returned(shown):
    """Rows of a table: absolute difference of what came back, its PSNR, the difference over that of two faces."""
    for label, each in shown.items():
        for way, pair in zip(AROUND, each.pairs, strict=True):
            error, ratio = translations.absolute_error(*pair).mean(), translations.psnr(*pair).mean()
            relative = translations.relative_cycle_error(pair)["value"]
            yield f"{label}, {way}", f"{error:.3f}", f"{ratio:.1f} dB", f"{relative:.2f}"


def hair(shown, reader):
    """Rows of a table: share of faces whose hair is seen as labelled, and how many have a label.

    reader: the classifier of colours.
    """
    one = next(iter(shown.values()))
    cases = {"A itself": (one.a, one.texts_a), "real B, by its own labels": (one.b, one.texts_b)}
    for label, each in shown.items():
        cases |= {f"{label}, A→B": (each.a_to_b, one.texts_a), f"{label}, A→B→A": (each.a_to_b_to_a, one.texts_a)}
    for name, (images, texts) in cases.items():
        seen = translations.hair_seen(reader, images, texts)
        yield name, f"{seen.mean():.1%}" if len(seen) else "no labels", len(seen)
