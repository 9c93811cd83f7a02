"""Two course reports on image generation with GANs, reproduced (see README.md)."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Beside a training, two threads of NumPy's linear algebra wait for each other, 30 to 50 times as long (if it is not
# imported yet).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
