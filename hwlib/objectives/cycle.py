"""How far an image is from what came back of it: cycle losses of the CycleGAN, scalars over a whole batch."""

from hwlib.backend import keras

ops = keras.ops


def absolute(image, back):
    """Mean absolute difference (Zhu et al. 2017, equation 2: L1). Images float [batch, size, size, 3] of any range."""
    return ops.mean(ops.abs(image - back))


def root_mean_square(image, back, epsilon=1e-12):
    """Root of the mean squared difference, as in report A's code; `epsilon` keeps the root's derivative finite at 0."""
    return ops.sqrt(ops.mean(ops.square(image - back)) + epsilon)
