"""Every training run is kept under a key of all that decides it, and measured once.

Begin with `store`: whoever asks for a run gets it, loaded, resumed or trained. `sources` says which code a result
depends on, `evaluation` measures a run's images.
"""
