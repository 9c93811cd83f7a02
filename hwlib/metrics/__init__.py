"""What is measured of images: arrays in, numbers with their errors out; nothing here knows of runs.

Begin with `distances` (between two sets of images) and `pictures` (on the pixels themselves).
"""
