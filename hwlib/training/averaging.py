"""Averaged generators: an exponential moving average of a generator's weights over its updates (Yazici et al. 2019).

A single generator swings from one update to the next; its average is steadier, and is what is measured and shown.
"""

from hwlib.backend import keras, tf

HALF_LIFE = 0.05
"""Of the average, as a share of the updates so far."""


def copied(network):
    """A network of the same layers, names and values, with variables of its own.

    Call it once all networks are built: new layers draw from the random numbers that initial weights come from.
    """
    copy = keras.models.clone_model(network)
    for variable, value in zip(copy.variables, network.variables, strict=True):
        variable.assign(value)
    return copy


def average(averaged, network, updates):
    """Move `averaged`, made by `copied`, towards `network` after its update number `updates` (a tensor or a number).

        averaged <- beta averaged + (1 - beta) network,    beta = 0.5 ** (1 / half-life),    half-life = 0.05 updates

    So the half-life is 5 % of the updates at the end of a run and rises to that in proportion, as StyleGAN's ramp-up
    has it (Karras et al. 2020): the first random weights are soon forgotten, and the average at a step is the one that
    a run of that many steps ends with. BatchNorm's moving statistics are averaged like the weights, as BigGAN does
    (Brock et al. 2019), not estimated anew. States of random numbers are left alone.
    """
    rest = 1 - 0.5 ** (1 / (HALF_LIFE * tf.cast(updates, tf.float32)))
    for mean, value in zip(averaged.variables, network.variables, strict=True):
        if keras.backend.is_float_dtype(mean.dtype):
            mean.assign_add(rest * (value - mean))
