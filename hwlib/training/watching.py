"""What only watches a training run: its history and its progress. Nothing here counts in a run's key."""

import json
import os
import time

from hwlib.backend import keras
from hwlib.storage import read_json_lines, write_atomically


class History(keras.callbacks.Callback):
    """One JSON line per interval: step, images seen, seconds of training so far, and the mean logs."""

    def __init__(self, path, interval, images_per_step, first_step):
        super().__init__()
        self.path = path
        self.interval = interval
        self.images_per_step = images_per_step
        kept = [line for line in read_json_lines(path) if line["step"] <= first_step]
        write_atomically(path, lambda p: p.write_text("".join(json.dumps(line) + "\n" for line in kept)))
        self.seconds = kept[-1]["seconds"] if kept else 0.0

    def on_train_begin(self, logs=None):
        self.began = time.monotonic() - self.seconds

    def on_epoch_end(self, epoch, logs=None):
        step = (epoch + 1) * self.interval
        line = {"step": step, "images": step * self.images_per_step, "seconds": time.monotonic() - self.began}
        line |= {name: float(value) for name, value in (logs or {}).items()}
        with open(self.path, "a") as file:
            file.write(json.dumps(line) + "\n")


class Progress(keras.callbacks.Callback):
    """A line with speed and time left, at most every `every` seconds; none where HWLIB_QUIET is set (tests)."""

    def __init__(self, label, interval, first_step, every=10.0):
        super().__init__()
        self.label = label
        self.interval = interval
        self.first_step = first_step
        self.every = every

    def on_train_begin(self, logs=None):
        self.total = self.params["epochs"] * self.interval
        self.last = self.began = time.monotonic()
        if self.first_step and not os.environ.get("HWLIB_QUIET"):
            print(f"{self.label}: resumed at step {self.first_step:,} of {self.total:,}", flush=True)

    def on_epoch_end(self, epoch, logs=None):
        now, step = time.monotonic(), (epoch + 1) * self.interval
        if (now - self.last >= self.every or step == self.total) and not os.environ.get("HWLIB_QUIET"):
            self.last = now
            rate = (step - self.first_step) / (now - self.began)
            left = clock((self.total - step) / rate)
            print(f"{self.label}: step {step:,} of {self.total:,}, {rate:.3g} steps/s, {left} left", flush=True)


def clock(seconds):
    """Seconds as "45 s", "3 min 20 s" or "2 h 05 min"."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"
