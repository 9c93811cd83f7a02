"""What generators and discriminators are put together from."""

import numpy as np

from hwlib.backend import keras, tf

layers, ops = keras.layers, keras.ops


def to_range(x, value_range):
    """The last activation of a generator: a sigmoid for images in [0, 1], a tanh for [-1, 1], else a scaled sigmoid."""
    low, high = value_range
    if (low, high) == (-1, 1):
        return layers.Activation("tanh", dtype="float32", name="image")(x)
    if (low, high) == (0, 1):
        return layers.Activation("sigmoid", dtype="float32", name="image")(x)
    x = layers.Activation("sigmoid", dtype="float32")(x)
    return layers.Rescaling(high - low, low, dtype="float32", name="image")(x)


def relu(negative_slope=0.0):
    """A Keras ReLU layer (with `negative_slope` LeakyReLU), the same values and gradients, for what a penalty sees.

    A gradient penalty needs a gradient of second order. Keras's layer sends zeros, its own second derivative, back
    through all that lies below it; this one sends nothing. It is saved, and loaded again, as Keras's own.
    """
    layer = layers.ReLU(negative_slope=negative_slope)
    plain = layer.call

    @tf.custom_gradient
    def call(x):
        y = plain(x)
        features = tf.stop_gradient(y)
        return y, lambda g: tf.raw_ops.LeakyReluGrad(gradients=g, features=features, alpha=negative_slope)

    layer.call = call
    return layer


@keras.saving.register_keras_serializable("hwlib")
class UpsampledConv2D(layers.Conv2D):
    """Nearest-neighbour up-sampling by two and a "same" convolution with a kernel of 3 to 5, up to rounding, in one.

    Maps [batch, height, width, channels] to [batch, 2 height, 2 width, filters]. The four pixels that come of one see
    3x3 of the small map: a 3x3 convolution of it, whose weights are sums of the kernel's, gives all four at once (Shi
    et al. 2016, section 3.2). For a 4x4 kernel that is 0.56 of the operations, and wider ones, which run faster.
    """

    def __init__(self, filters, kernel_size, padding="same", **options):
        super().__init__(filters, kernel_size, padding=padding, **options)
        size = self.kernel_size[0]
        if self.kernel_size != (size, size) or size not in (3, 4, 5) or padding != "same":
            raise ValueError(f'kernel_size is 3, 4 or 5, and padding "same", not {kernel_size} and {padding!r}.')
        of_small = [[(phase + tap - (size - 1) // 2) // 2 + 1 for tap in range(size)] for phase in (0, 1)]
        self.sums = np.eye(3, dtype=np.float32)[of_small]  # [phase, tap, pixel of the small map]

    def call(self, x):
        sums = ops.cast(self.sums, self.compute_dtype)
        kernel = ops.einsum("psa,qtb,stio->abipqo", sums, sums, self.kernel)
        kernel = ops.reshape(kernel, (3, 3, x.shape[-1], 4 * self.filters))
        x = ops.depth_to_space(ops.conv(x, kernel, padding="same"), 2)
        return self.activation(x + self.bias if self.use_bias else x)

    def compute_output_shape(self, input_shape):
        n, height, width, _ = input_shape
        return n, height and 2 * height, width and 2 * width, self.filters


@keras.saving.register_keras_serializable("hwlib")
class FixedLength(layers.Layer):
    """Vectors [batch, n] scaled to the length sqrt(`length`), whatever n is: that of `length` standard normal numbers.

    A vector of zeros stays what it is.
    """

    def __init__(self, length, **options):
        super().__init__(**options)
        self.length = length

    def call(self, x):
        squares = ops.sum(ops.square(x), axis=-1, keepdims=True)
        return x * ops.rsqrt(squares / self.length + 1e-8)

    def get_config(self):
        return super().get_config() | {"length": self.length}


@keras.saving.register_keras_serializable("hwlib")
class AlwaysDropout(layers.Dropout):
    """Dropout that acts outside of training, too."""

    def call(self, x, training=None):
        return super().call(x, training=True)


def embedded(text, size, length=None):
    """A text [batch, text_dim] as the sum of its colours' embeddings [batch, size], learned, standard normal at first.

    With `length` scaled to the length of so many standard normal numbers. `size` 0 gives the text itself.
    """
    if not size:
        return text
    initializer = keras.initializers.RandomNormal(stddev=1.0)
    x = layers.Dense(size, use_bias=False, kernel_initializer=initializer, name="embedding")(text)
    return FixedLength(length, name="normalised_embedding")(x) if length else x


def with_text(image, features, text_dim, judgement, name):
    """A discriminator that sees the image first and the text later.

    Args:
        image: the Keras input; features: what the network makes of it, before it sees a text.
        judgement: function (features, text) to the score; `text` is None where `text_dim` is 0.

    Returns a model of [image, text] with the sub-models `image_features` and `judgement`, so that training can compute
    a real image's features once and judge them with two texts; a model of the image alone where `text_dim` is 0.
    """
    if not text_dim:
        return keras.Model(image, judgement(features, None), name=name)
    seen = keras.Model(image, features, name="image_features")
    text = keras.Input((text_dim,), name="text")
    features = keras.Input(seen.output.shape[1:], name="features")
    judge = keras.Model([features, text], judgement(features, text), name="judgement")
    image = keras.Input(image.shape[1:], name="image")
    text = keras.Input((text_dim,), name="text")
    return keras.Model([image, text], judge([seen(image), text]), name=name)
