"""A face for chosen colours, in a running notebook."""

import os

import matplotlib.pyplot as plt

from hwlib import data
from hwlib.data import tags


def explorer(run):
    """Menus for hair and eyes and a number for the latent; shows the face of a finished conditional run.

    Returns an ipywidgets widget; None where nobody is there to use it (papermill, tests) or ipywidgets is missing
    (`pip install 'hwlib[explore]'`).
    """
    if "JPY_SESSION_NAME" not in os.environ:  # set by Jupyter for a notebook that a person has open
        return None
    try:
        import ipywidgets
    except ImportError:
        print("The menus need ipywidgets: install 'hwlib[explore]'.")
        return None
    generator = run.model()

    def show(hair, eyes, latent):
        from hwlib.inference.generation import draw

        figure, axes = plt.subplots(figsize=(2, 2))
        axes.imshow(draw(generator, run.settings, tags.encode(hair, eyes)[None], latent)[0])
        axes.axis("off")
        plt.show(figure)

    return ipywidgets.interactive(show, hair=data.HAIR, eyes=data.EYES, latent=(0, 99))
