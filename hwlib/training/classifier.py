"""What the two small classifiers share: their convolutions and the loop that trains them."""

from hwlib.backend import keras
from hwlib.storage import write_atomically
from hwlib.training.watching import Progress


def convolutions(image, filters):
    """Feature maps [batch, size/8, size/8, 4 filters] of an input [batch, size, size, 3] in [0, 1]."""
    layers = keras.layers
    x = image
    for n in (filters, 2 * filters, 4 * filters):
        x = layers.Conv2D(n, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        x = layers.MaxPooling2D()(x)
    return x


def fit(model, stream, loss, accuracy, settings, steps, folder, label, extra_callbacks):
    """Train for `settings.epochs` times `steps` batches of a `tf.data.Dataset`; leaves `classifier.keras` in `folder`.

    The learning rate falls from `settings.learning_rate` to 0 as half a cosine. `loss`, `accuracy`: as Keras takes
    them, one of each output. An interrupted training begins anew: it takes seconds.
    """
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.epochs * steps)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=accuracy, jit_compile=False)
    watching = [Progress(label, steps, 0), *extra_callbacks]
    model.fit(stream, epochs=settings.epochs, steps_per_epoch=steps, shuffle=False, verbose=0, callbacks=watching)
    write_atomically(folder / "classifier.keras", model.save)
