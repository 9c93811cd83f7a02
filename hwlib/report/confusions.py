"""Which colours are seen in faces that were asked for others: matrices, and rows of tables."""

import numpy as np

from hwlib.data import tags
from hwlib.metrics import colours

COLUMNS = {"hair": tags.HAIR_COLUMNS, "eyes": tags.EYES_COLUMNS}


def of_run(run, classifier, texts, seed):
    """Shares of seen colours (columns) for each named one (rows): {"hair": float [12, 12], "eyes": float [11, 11]}.

    texts: [n, 24], each with one colour of either part; the run draws a face for each.
    """
    seen, found = colours.predicted(classifier, run.generate(texts, seed)), {}
    for part, columns in COLUMNS.items():
        counts = np.zeros((columns.stop - columns.start,) * 2)
        np.add.at(counts, (texts[:, columns].argmax(1), seen[part]), 1)
        found[part] = counts / counts.sum(1, keepdims=True)
    return found


def most(matrices, n=3):
    """The most frequent confusions of each part, `n` at most: rows of part, named, seen, share."""
    for part, matrix in matrices.items():
        names, wrong = getattr(tags, part.upper()), matrix - np.diag(np.diag(matrix))
        for place in np.argsort(-wrong, axis=None)[:n]:
            named, seen = np.unravel_index(place, wrong.shape)
            if wrong[named, seen]:
                yield part, names[named], names[seen], f"{wrong[named, seen]:.1%}"


def by_frequency(run, matrices):
    """Hair colours, the rarest in the run's data first: rows of data, colour, share of images, share seen as asked."""
    often = np.asarray(run.images.texts)[:, tags.HAIR_COLUMNS].mean(0)
    right, data = np.diag(matrices["hair"]), run.images.about["data"]
    return [(data, tags.HAIR[i], f"{often[i]:.1%}", f"{right[i]:.1%}") for i in np.argsort(often)]
