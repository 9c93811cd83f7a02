"""Generators, discriminators and critics. A module per report; builders return functional Keras models.

A conditional generator takes [latent, text], a conditional discriminator [image, text]; an unconditional one takes
latent or image alone.
"""
