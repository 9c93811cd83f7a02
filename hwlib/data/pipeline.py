"""Batches for adversarial training: a `tf.data` pipeline that is a pure function of seed and step.

Nothing in it has a state: the order of the images, their flips and the wrong texts follow from the seed and the step
alone. So a run that resumes at step k sees what an uninterrupted one would have seen.
"""

from functools import lru_cache

import numpy as np

from hwlib.backend import tf
from hwlib.data.pixels import LUMA


def batches(
    images,
    texts,
    batch_size,
    steps,
    first_step=0,
    seed=0,
    value_range=(0.0, 1.0),
    flip=True,
    wrong_text="different",
    gray=False,
):
    """Batches of steps `first_step` to `steps`, shuffled over the whole set, a new order each epoch.

    Args:
        images: uint8 [n, height, width, 3]; may be memory-mapped.
        texts: uint8 [n, text] (see `hwlib.data.tags`), or None for images alone.
        flip: mirror each image left to right with probability one half.
        value_range: (low, high) of the images given out: (0, 1) in report A, (-1, 1) in report B's tip 1.
        wrong_text: "different" draws a text that differs from the right one, as often as it occurs among the others;
            "random" draws any image's text, as report A's published code did, right ones among them.
        gray: give out luma (ITU-R BT.601) alone, one channel.

    Returns: `tf.data.Dataset` of dicts of float32: `image` [batch_size, height, width, 3, or 1 if `gray`] and, with
    texts, `text` and `wrong_text` [batch_size, text].

    Raises ValueError for an empty set, or when all texts are the same and a different one is asked for.
    """
    n = len(images)
    if not n:
        raise ValueError("The data set is empty: there is nothing to train on.")
    if wrong_text not in ("different", "random"):
        raise ValueError(f'wrong_text is "different" or "random", not {wrong_text!r}.')
    low, high = value_range
    if texts is not None:
        texts = np.asarray(texts)
        draw_wrong = (
            _different_texts(texts) if wrong_text == "different" else lambda row, rng: rng.integers(n, size=len(row))
        )
    shape = (*images.shape[1:3], 1) if gray else images.shape[1:]
    specification = {"image": tf.TensorSpec((batch_size, *shape), tf.float32)}
    if texts is not None:
        specification |= dict.fromkeys(("text", "wrong_text"), tf.TensorSpec((batch_size, texts.shape[1]), tf.float32))

    @lru_cache(maxsize=2)
    def order(epoch):
        return np.random.default_rng((seed, 0, epoch)).permutation(n)

    def batch(step):
        rng = np.random.default_rng((seed, 1, step))
        position = step * batch_size + np.arange(batch_size)
        row = np.array([order(epoch)[p] for epoch, p in zip(position // n, position % n, strict=True)])
        image = images[row]
        if flip:
            mirrored = rng.random(batch_size) < 0.5
            image[mirrored] = image[mirrored, :, ::-1]
        image = (image @ LUMA)[..., None] if gray else image
        out = [low + image.astype(np.float32) * np.float32((high - low) / 255)]
        if texts is not None:
            out += [texts[row].astype(np.float32), texts[draw_wrong(row, rng)].astype(np.float32)]
        return out

    def tensors(step):
        out = tf.numpy_function(batch, [step], [s.dtype for s in specification.values()], stateful=False)
        return {k: tf.ensure_shape(t, s.shape) for (k, s), t in zip(specification.items(), out, strict=True)}

    return tf.data.Dataset.range(first_step, steps).map(tensors).prefetch(2)


def _different_texts(texts):
    """A function (rows, generator) to rows with another text each, exact for any frequencies.

    Rows sorted by text form one block per text: a draw from the n - block others skips over the own block.
    """
    _, text, size = np.unique(texts, axis=0, return_inverse=True, return_counts=True)
    if len(size) < 2:
        raise ValueError("All images have the same text: there is no wrong text to learn from. Train unconditionally.")
    text = text.reshape(-1)
    by_text = np.argsort(text, kind="stable")
    start = np.cumsum(size) - size

    def draw(row, rng):
        own, first = size[text[row]], start[text[row]]
        drawn = rng.integers(len(texts) - own)
        return by_text[np.where(drawn >= first, drawn + own, drawn)]

    return draw
