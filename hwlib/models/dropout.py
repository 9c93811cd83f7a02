"""Dropout put into a generator that has none: ganhacks tip 17, where images are drawn, too."""

import keras

from hwlib.models import report_b
from hwlib.models.parts import AlwaysDropout


def strided_generator(dropout=0.5, **options):
    """`report_b.strided_generator` with dropout after every transposed convolution but the last, always acting."""
    generator = report_b.strided_generator(**options)
    after = []  # ReLUs of transposed convolutions: the first one follows the Dense layer

    def call(layer, *inputs, **arguments):
        x = layer(*inputs, **arguments)
        if isinstance(layer, (keras.layers.ReLU, keras.layers.LeakyReLU)):
            after.append(layer.name)
            x = AlwaysDropout(dropout, seed=len(after))(x) if len(after) > 1 else x
        return x

    return keras.models.clone_model(generator, call_function=call, clone_function=lambda layer: layer)
