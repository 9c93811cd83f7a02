"""Two course reports on image generation with GANs, reproduced (see README.md)."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Two threads of NumPy's linear algebra wait for each other where a training runs beside them: fifty times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
