"""Images that neither a translation nor a classifier of domains is trained on."""

import numpy as np

EVERY = 10
LEAST = 10


class Part:
    """Some rows of an array, read when they are asked for: a memory-mapped set stays on disk."""

    def __init__(self, array, rows):
        self.array, self.rows = array, rows
        self.shape = (len(rows), *array.shape[1:])

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, rows):
        return self.array[self.rows[rows]]


def trained_on_and_held_out(images):
    """The images of a set (`hwlib.data.ImageSet`) in two parts, uint8 [n, size, size, 3]: a `Part` and an array.

    Raises ValueError for a set of fewer than 20 images.
    """
    if len(images) < 2 * LEAST:
        raise ValueError(
            f"{images.about['data']} has {len(images)} images; a domain needs {2 * LEAST}: {LEAST} are held out."
        )
    rows = held_out(len(images))
    return Part(images.images, np.delete(np.arange(len(images)), rows)), images.images[rows]


def held_out(n):
    """The rows of `n` that are held out, int [k]: every tenth, or ten of a small set."""
    return spread(max(LEAST, n // EVERY), n)


def spread(k, n):
    """`k` of `n` rows, as far apart as can be: of a set that is sorted, by colour say, a fair part."""
    return np.arange(k) * n // k
