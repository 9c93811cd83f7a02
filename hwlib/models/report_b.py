"""Report B's networks: the course's baseline of 2018, and the strided DCGAN.

The report's model pictures are lost; it names the course's baseline and the training tips. Tip 4 is `norm="batch"`, tip
5 (no sparse gradients) is `activation="leaky_relu"` and strided instead of up-sampling layers, tip 17 is `dropout` in
the generator. With a text, both networks embed it (`embedding`, `embedding_length`: see `parts.embedded`).
"""

from hwlib.backend import keras
from hwlib.models.parts import AlwaysDropout, embedded, relu, to_range, with_text

layers = keras.layers

NORMS = (None, "batch", "layer")
ACTIVATIONS = ("relu", "leaky_relu")


def generator(
    image_size=64,
    latent_dim=100,
    text_dim=0,
    width=1.0,
    channels=3,
    value_range=(-1.0, 1.0),
    norm="batch",
    activation="relu",
    dropout=0.0,
    embedding=0,
    embedding_length=None,
):
    """Latents [batch, latent_dim] (and texts) to images [batch, size, size, channels] in `value_range`.

    The course's baseline: Dense to a map of size/4 with 128 filters, twice an up-sampling with a 4x4 convolution (128
    and 64 filters), a 4x4 convolution with tanh. `image_size` is a multiple of 4. `dropout` is the rate after both
    up-sampled convolutions; it acts when images are drawn, too (ganhacks tip 17; Isola et al. 2017, section 3.2).
    """
    side, filters = image_size // 4, _scaled(128, width)
    latent, text, x = _generator_input(latent_dim, text_dim, embedding, embedding_length)
    x = layers.Dense(side * side * filters, use_bias=norm is None)(x)
    x = _after(layers.Reshape((side, side, filters))(x), norm, activation)
    for n in (128, 64):
        x = layers.UpSampling2D()(x)
        x = layers.Conv2D(_scaled(n, width), 4, padding="same", use_bias=norm is None)(x)
        x = _after(x, norm, activation)
        x = AlwaysDropout(dropout, seed=n)(x) if dropout else x
    image = to_range(layers.Conv2D(channels, 4, padding="same")(x), value_range)
    return keras.Model([latent, text] if text_dim else latent, image, name="generator")


def discriminator(
    image_size=64,
    text_dim=0,
    width=1.0,
    channels=3,
    norm="batch",
    activation="relu",
    dropout=0.0,
    embedding=0,
    embedding_length=None,
):
    """Images [batch, size, size, channels] (and texts) to scores (logits) float32 [batch, 1].

    The course's baseline: four 4x4 convolutions of stride 2 with 32, 64, 128, 256 filters and ReLU, then a Dense layer.
    Its sigmoid belongs to the objective. No norm follows the first convolution (Radford et al. 2016, section 3).
    "layer" normalises each image by itself, as a gradient penalty needs (Gulrajani et al. 2017, section 4).
    """
    x = image = keras.Input((image_size, image_size, channels), name="image")
    for i, n in enumerate((32, 64, 128, 256)):
        normed = norm if i else None
        x = layers.Conv2D(_scaled(n, width), 4, strides=2, padding="same", use_bias=normed is None)(x)
        x = _after(x, normed, activation)
        x = layers.Dropout(dropout)(x) if dropout else x
    return with_text(
        image, x, text_dim, _judgement(text_dim, activation, embedding, embedding_length), name="discriminator"
    )


def strided_generator(
    image_size=64,
    latent_dim=100,
    text_dim=0,
    width=1.0,
    channels=3,
    value_range=(-1.0, 1.0),
    norm="batch",
    activation="relu",
    dropout=0.0,
    embedding=0,
    embedding_length=None,
):
    """The generator of Radford et al. 2016, figure 1, at half its filters: 4x4 transposed convolutions of stride 2.

    From 4x4 with 512 filters, halved at each doubling, to images [batch, size, size, channels] in `value_range`.
    `image_size` is a power of two, 16 at least; the rest is as of `generator`.
    """
    latent, text, x = _generator_input(latent_dim, text_dim, embedding, embedding_length)
    filters = 512
    x = layers.Dense(16 * _scaled(filters, width), use_bias=norm is None)(x)
    x = _after(layers.Reshape((4, 4, _scaled(filters, width)))(x), norm, activation)
    while 2 * x.shape[1] < image_size:
        filters //= 2
        x = layers.Conv2DTranspose(_scaled(filters, width), 4, strides=2, padding="same", use_bias=norm is None)(x)
        x = _after(x, norm, activation)
        x = AlwaysDropout(dropout, seed=filters)(x) if dropout else x
    image = to_range(layers.Conv2DTranspose(channels, 4, strides=2, padding="same")(x), value_range)
    return keras.Model([latent, text] if text_dim else latent, image, name="generator")


def _generator_input(latent_dim, text_dim, embedding, embedding_length):
    latent = keras.Input((latent_dim,), name="latent")
    if not text_dim:
        return latent, None, latent
    text = keras.Input((text_dim,), name="text")
    x = embedded(text, embedding, embedding_length)
    return latent, text, layers.Concatenate(name="latent_and_text")([latent, x])


def _judgement(text_dim, activation, embedding, embedding_length):
    """The end of a discriminator: the text repeated over the map and mixed in by a 1x1 convolution, then the score."""

    def judgement(x, text):
        if text is not None:
            side, filters = x.shape[1], x.shape[-1]
            text = embedded(text, embedding, embedding_length)
            repeated = layers.UpSampling2D(side)(layers.Reshape((1, 1, embedding or text_dim))(text))
            x = layers.Concatenate(name="features_and_text")([x, repeated])
            x = _after(layers.Conv2D(filters, 1)(x), None, activation)
        return layers.Dense(1, dtype="float32", name="score")(layers.Flatten()(x))

    return judgement


def _after(x, norm, activation):
    """Norm and activation after a layer; ValueError for unknown names."""
    if norm not in NORMS or activation not in ACTIVATIONS:
        raise ValueError(
            f"norm is one of {NORMS} and activation one of {ACTIVATIONS}, not {norm!r} and {activation!r}."
        )
    if norm == "batch":
        x = layers.BatchNormalization(momentum=0.9)(x)
    elif norm == "layer":
        x = layers.LayerNormalization(axis=[1, 2, 3])(x)
    return relu(negative_slope=0.0 if activation == "relu" else 0.2)(x)


def _scaled(filters, width):
    return max(1, round(filters * width))
