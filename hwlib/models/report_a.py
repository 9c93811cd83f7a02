"""Report A's networks (section 1 "Model description").

At full size (64x64, width 1) the generator has 4,471,459 parameters and the critic 3,389,825.
"""

from hwlib.backend import keras
from hwlib.models.parts import relu, to_range, with_text

layers = keras.layers

CONVOLUTIONS = ((64, 5), (128, 5), (256, 3), (256, 3))
"""Filters and kernel size of the critic's four strided convolutions."""


def generator(
    image_size=64,
    latent_dim=40,
    text_dim=24,
    width=1.0,
    channels=3,
    value_range=(0.0, 1.0),
    start="dense",
    start_upsampling="report",
    last_layers="transposed",
    kernel_initializer="lecun_normal",
):
    """Latent [batch, latent_dim] and text [batch, text_dim] to images [batch, size, size, channels] in `value_range`.

    `image_size` is a power of two, 16 at least. `width` scales every number of filters but the last.
    `kernel_initializer` is anything that Keras takes: a name, or a dict of `class_name` and `config`.

    `start` is how a vector becomes a map of size/4 with 256 filters: "dense" is the report's Dense layer; "conv" is the
    start that section 3 compares it with. The report's code of that one is lost: here a 'valid' transposed convolution
    takes 1x1 to 4x4, and 3x3 transposed convolutions of stride 2 double it up to size/4. `start_upsampling` is how that
    start doubles its maps: "report" as said, with kernels that overlap unevenly; "even", the same with 4x4 kernels,
    which the stride divides; "resize", nearest neighbours and a convolution (Odena et al. 2016). The last two doublings
    are the report's, whatever the start.

    `last_layers` is "transposed" as the report writes, or "conv" as its published code had the last two layers.

    Raises ValueError for other choices.
    """
    size = _checked_size(image_size)
    if start not in ("dense", "conv"):
        raise ValueError(f'start is "dense" or "conv", not {start!r}.')
    if start_upsampling not in ("report", "even", "resize"):
        raise ValueError(f'start_upsampling is "report", "even" or "resize", not {start_upsampling!r}.')
    if last_layers not in ("transposed", "conv"):
        raise ValueError(f'last_layers is "transposed" or "conv", not {last_layers!r}.')
    options = {"padding": "same", "kernel_initializer": kernel_initializer}
    last = layers.Conv2DTranspose if last_layers == "transposed" else layers.Conv2D
    filters = _scaled(256, width)

    def doubled(x, filters, kernel, upsampling="report"):
        if upsampling == "resize":
            x = layers.Conv2D(filters, kernel, **options)(layers.UpSampling2D()(x))
        else:
            kernel = 4 if upsampling == "even" else kernel
            x = layers.Conv2DTranspose(filters, kernel, strides=2, **options)(x)
        return layers.ReLU()(x)

    latent = keras.Input((latent_dim,), name="latent")
    text = keras.Input((text_dim,), name="text") if text_dim else None
    x = layers.Concatenate(name="latent_and_text")([latent, text]) if text_dim else latent
    if start == "dense":
        x = layers.Dense(size // 4 * (size // 4) * filters, kernel_initializer=kernel_initializer)(x)
        x = layers.ReLU()(x)
        x = layers.Reshape((size // 4, size // 4, filters))(x)
    else:
        x = layers.Reshape((1, 1, latent_dim + text_dim))(x)
        x = layers.Conv2DTranspose(filters, 4, padding="valid", kernel_initializer=kernel_initializer)(x)
        x = layers.ReLU()(x)
        while x.shape[1] < size // 4:
            x = doubled(x, filters, 3, start_upsampling)
    for n, kernel in ((64, 3), (32, 5)):
        x = doubled(x, _scaled(n, width), kernel)
    x = layers.ReLU()(last(_scaled(16, width), 5, **options)(x))
    image = to_range(last(channels, 1, **options)(x), value_range)
    return keras.Model([latent, text] if text_dim else latent, image, name="generator")


def critic(
    image_size=64,
    text_dim=24,
    width=1.0,
    channels=3,
    dropout=0.0,
    kernel_initializer="lecun_normal",
    last_initializer=None,
):
    """Images [batch, size, size, channels] and texts [batch, text_dim] to scores float32 [batch, 1].

    `dropout` is the rate of the AlphaDropout after each ReLU: 0.2 as the report writes, 0 as its code in effect ran.
    `last_initializer` is that of the last two convolutions, `kernel_initializer` where None; the published code left
    them at Keras's default, "glorot_uniform". The last convolution covers the whole map of size/16.
    """
    size = _checked_size(image_size)
    last_initializer = last_initializer or kernel_initializer

    def block(x, filters, kernel, initializer, **options):
        x = layers.Conv2D(_scaled(filters, width), kernel, kernel_initializer=initializer, **options)(x)
        x = relu()(x)
        return layers.AlphaDropout(dropout)(x) if dropout else x

    def judgement(features, text):
        x = features
        if text is not None:
            repeated = layers.Reshape((1, 1, text_dim))(text)
            repeated = layers.UpSampling2D(size // 16, name="repeated_text")(repeated)
            x = layers.Concatenate(name="features_and_text")([features, repeated])
        x = block(x, 512, size // 16, last_initializer, padding="valid")
        x = layers.Flatten()(x)
        return layers.Dense(1, kernel_initializer=kernel_initializer, dtype="float32", name="score")(x)

    x = image = keras.Input((size, size, channels), name="image")
    for i, (filters, kernel) in enumerate(CONVOLUTIONS):
        initializer = last_initializer if i == len(CONVOLUTIONS) - 1 else kernel_initializer
        x = block(x, filters, kernel, initializer, strides=2, padding="same")
    return with_text(image, x, text_dim, judgement, name="critic")


def _scaled(filters, width):
    return max(1, round(filters * width))


def _checked_size(size):
    if size < 16 or size & (size - 1):
        raise ValueError(f"image_size is a power of two, 16 or more, not {size}.")
    return size
