"""Keras and TensorFlow, imported without the lines that TensorFlow writes to standard error.

Import `keras` and `tf` from here. `HWLIB_THREADS` limits the processor threads of one process, so that
several runs can share a machine.
"""

import contextlib
import os
import sys


@contextlib.contextmanager
def silent_stderr():
    """Send file descriptor 2 to nowhere: the C++ log lines obey no Python setting."""
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with open(os.devnull, "w") as null:
            os.dup2(null.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


with silent_stderr():
    import keras
    import tensorflow as tf

    if threads := os.environ.get("HWLIB_THREADS"):
        tf.config.threading.set_intra_op_parallelism_threads(int(threads))
        tf.config.threading.set_inter_op_parallelism_threads(int(threads))
    for _gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(_gpu, True)
    tf.config.experimental.enable_op_determinism()
    tf.get_logger().setLevel("ERROR")  # a warning about retracing for each model that a notebook loads
    tf.zeros(1) + 1.0  # the first operation writes lines of its own

if keras.config.backend() != "tensorflow":
    raise ImportError(
        f"hwlib trains with TensorFlow, but Keras uses '{keras.config.backend()}': set KERAS_BACKEND=tensorflow."
    )

__all__ = ["keras", "silent_stderr", "tf"]
