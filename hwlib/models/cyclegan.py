"""Networks of the CycleGAN: report A's (section 4, as its published code had them) and those of Zhu et al. 2017.

Generators take images [batch, size, size, 3] of one domain to images of the other; discriminators say how much an image
looks like their domain, as scores (logits). Instance norm is GroupNormalization with a group per channel.
"""

from hwlib.backend import keras

layers, ops = keras.layers, keras.ops


def report_a_generator(image_size=64, width=1.0):
    """Report A's generator, images in [0, 1] to images in [0, 1].

    4x4 convolutions with 32, 64, 128, 256, 128, 64, 32 and 3 filters, LeakyReLU, BatchNorm, sigmoid. Known are these
    numbers; that the first four have stride 2 and the last four are transposed, of stride 2, is our reading.
    `image_size` is a multiple of 16.
    """
    x = image = keras.Input((_checked(image_size, 16), image_size, 3), name="image")
    for n in (32, 64, 128, 256):
        x = layers.Conv2D(_scaled(n, width), 4, strides=2, padding="same", use_bias=False)(x)
        x = _leaky(layers.BatchNormalization(momentum=0.9)(x))
    for n in (128, 64, 32):
        x = layers.Conv2DTranspose(_scaled(n, width), 4, strides=2, padding="same", use_bias=False)(x)
        x = _leaky(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Conv2DTranspose(3, 4, strides=2, padding="same")(x)
    output = layers.Activation("sigmoid", dtype="float32", name="translation")(x)
    return keras.Model(image, output, name="generator")


def report_a_discriminator(image_size=64, width=1.0):
    """Report A's discriminator: one score per image, float32 [batch, 1].

    Known is the one score. The layers are our reading: the first half of the generator and a Dense layer.
    """
    x = image = keras.Input((_checked(image_size, 16), image_size, 3), name="image")
    for i, n in enumerate((32, 64, 128, 256)):
        x = layers.Conv2D(_scaled(n, width), 4, strides=2, padding="same", use_bias=not i)(x)
        x = _leaky(layers.BatchNormalization(momentum=0.9)(x) if i else x)
    score = layers.Dense(1, dtype="float32", name="score")(layers.Flatten()(x))
    return keras.Model(image, score, name="discriminator")


def resnet_generator(image_size=128, width=1.0, blocks=6):
    """The generator of Zhu et al. 2017 (appendix 7.2), images in [-1, 1] to images in [-1, 1].

    c7s1-64, d128, d256, R256 `blocks` times (6 up to 128 pixels, 9 above), u128, u64, c7s1-3; instance norm and ReLU;
    reflected borders; weights from N(0, 0.02). `image_size` is a multiple of 4. 7.8 million parameters with 6 blocks.
    """
    x = image = keras.Input((_checked(image_size, 4), image_size, 3), name="image")
    first, second, third = (_scaled(n, width) for n in (64, 128, 256))
    x = _normed(_convolution(_reflected(x, 3), first, 7))
    for n in (second, third):
        x = _normed(_convolution(x, n, 3, strides=2, padding="same"))
    for _ in range(blocks):
        y = _normed(_convolution(_reflected(x, 1), third, 3))
        x = layers.Add()([x, _normed(_convolution(_reflected(y, 1), third, 3), "linear")])
    for n in (second, first):
        x = _normed(layers.Conv2DTranspose(n, 3, strides=2, padding="same", **_weights(), use_bias=False)(x))
    x = layers.Conv2D(3, 7, **_weights())(_reflected(x, 3))
    output = layers.Activation("tanh", dtype="float32", name="translation")(x)
    return keras.Model(image, output, name="generator")


def patchgan(image_size=128, width=1.0, strided=None):
    """The PatchGAN of Zhu et al. 2017 (appendix 7.2): a score for each patch, float32 [batch, h, w, 1].

    C64-C128-C256-C512 and a convolution to one channel, all 4x4; instance norm but in the first, LeakyReLU 0.2. The
    first `strided` convolutions have stride 2: 3 give the paper's receptive field of 70 pixels, 2 give 34, 1 gives 16.
    None scales it to the image: 70 pixels from 128 pixels on, 34 at 64, 16 below.
    """
    strided = strided or min(3, max(1, image_size.bit_length() - 5))
    x = image = keras.Input((_checked(image_size, 4), image_size, 3), name="image")
    for i in range(strided + 1):
        n = _scaled(64 * 2**i, width)
        x = layers.ZeroPadding2D(1)(x)
        x = layers.Conv2D(n, 4, strides=2 if i < strided else 1, use_bias=not i, **_weights())(x)
        x = _leaky(_instance_norm(x) if i else x)
    score = layers.Conv2D(1, 4, dtype="float32", name="score", **_weights())(layers.ZeroPadding2D(1)(x))
    return keras.Model(image, score, name="discriminator")


def receptive_field(model):
    """Side in pixels of what one output of a chain of convolutions sees (Zhu et al. 2017: 70)."""
    side = 1
    for layer in reversed(model.layers):
        if hasattr(layer, "kernel_size"):
            side = layer.strides[0] * (side - 1) + layer.kernel_size[0]
    return side


def _normed(x, activation="relu"):
    return layers.Activation(activation)(_instance_norm(x))


def _instance_norm(x):
    return layers.GroupNormalization(groups=-1, epsilon=1e-5)(x)


def _convolution(x, filters, kernel, **options):
    return layers.Conv2D(filters, kernel, use_bias=False, **_weights(), **options)(x)


def _weights():
    return {"kernel_initializer": keras.initializers.RandomNormal(0.0, 0.02)}


def _reflected(x, n):
    return ops.pad(x, ((0, 0), (n, n), (n, n), (0, 0)), mode="reflect")


def _leaky(x):
    return layers.LeakyReLU(negative_slope=0.2)(x)


def _scaled(filters, width):
    return max(1, round(filters * width))


def _checked(size, unit):
    if size < 16 or size % unit:
        raise ValueError(f"image_size is a multiple of {unit}, 16 or more, not {size}.")
    return size
