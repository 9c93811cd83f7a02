"""What generators and discriminators are put together from."""

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
