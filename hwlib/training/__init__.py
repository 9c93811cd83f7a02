"""Networks trained from settings by Keras's `fit`: GANs, the CycleGAN, the colouriser, two classifiers.

Each task has a `Settings` and a `train`. Begin with `gan`, whose step is in `adversarial`; `fitting` is the loop that
all share, with checkpoints and samples (`callbacks`), history and progress (`watching`).
"""
