"""Images that neither a translation nor a classifier of domains is trained on."""

SHARE = 0.1
LEAST = 10


def trained_on_and_held_out(images):
    """The images of a set (`hwlib.data.ImageSet`) in two parts, uint8 [n, size, size, 3]; the last tenth is held out.

    Raises ValueError for a set of fewer than 20 images.
    """
    if len(images) < 2 * LEAST:
        raise ValueError(
            f"{images.about['data']} has {len(images)} images; a domain needs {2 * LEAST}: {LEAST} are held out."
        )
    first = len(images) - held_out(images)
    return images.images[:first], images.images[first:]


def held_out(images):
    """How many images of a set are held out."""
    return max(LEAST, int(SHARE * len(images)))
