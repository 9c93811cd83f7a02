"""What watches a training run: history, samples, checkpoints, progress, a stop on NaN.

An epoch of `fit` is here an interval of a fixed number of steps: these callbacks act at its end. None of them changes
what a run computes, so none belongs to the code that its key covers (see `hwlib.runs.store`).
"""

import json
import os
import time
import zipfile

import numpy as np

from hwlib.backend import keras
from hwlib.data.images import to_uint8
from hwlib.storage import read_json_lines, write_atomically

CHECKPOINT_SECONDS = 120.0
"""Of training between two checkpoints, at least: what a kill can cost."""


class Checkpoint(keras.callbacks.Callback):
    """The model's `state` and the number of finished steps, written to `path`.

    Written after the last interval, and after any that ends `CHECKPOINT_SECONDS` or more after the last writing. The
    lines and samples that intervals in between leave are made again by a resumed run, the same to the bit.
    """

    def __init__(self, path, interval):
        super().__init__()
        self.path = path
        self.interval = interval

    def restore(self, model):
        """Put the state into `model`; returns the finished steps, 0 where there is no readable checkpoint."""
        try:
            with np.load(self.path) as stored:
                arrays = [stored[f"v{i}"] for i in range(len(stored.files) - 1)]
                step = int(stored["step"])
        except FileNotFoundError:
            return 0
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            print(f"The checkpoint {self.path.name} cannot be read: training starts again.")
            return 0
        for variable, array in zip(model.state, arrays, strict=True):
            variable.assign(array)
        return step

    def on_train_begin(self, logs=None):
        self.written = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        if self.model.stop_training:  # diverged: the last good state stays
            return
        if epoch + 1 < self.params["epochs"] and time.monotonic() - self.written < CHECKPOINT_SECONDS:
            return
        arrays = {f"v{i}": np.asarray(v) for i, v in enumerate(self.model.state)}
        write_atomically(self.path, lambda p: np.savez(p, step=(epoch + 1) * self.interval, **arrays))
        self.written = time.monotonic()


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


class Samples(keras.callbacks.Callback):
    """Images of fixed latents and texts, and the generator itself, at chosen steps: averaged, and raw.

    Writes `samples-<step>.npy` (uint8 [n, height, width, 3]) and `generator-<step>.weights.h5` of the averaged
    generator into `folder`, and of the raw one `samples-raw-<step>.npy` and `generator-raw-<step>.weights.h5`.
    """

    def __init__(self, folder, interval, steps, inputs, value_range):
        super().__init__()
        self.folder = folder
        self.interval = interval
        self.steps = set(steps)
        self.inputs = inputs
        self.value_range = value_range

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 0:
            self._keep(0)

    def on_epoch_end(self, epoch, logs=None):
        self._keep((epoch + 1) * self.interval)

    def _keep(self, step):
        if step not in self.steps:
            return
        for generator, kind in ((self.model.generator, "raw-"), (self.model.averaged, "")):
            drawn = to_uint8(generator.predict(self.inputs, batch_size=66, verbose=0), self.value_range)
            write_atomically(self.folder / f"generator-{kind}{step:07d}.weights.h5", generator.save_weights)
            write_atomically(self.folder / f"samples-{kind}{step:07d}.npy", lambda p, drawn=drawn: np.save(p, drawn))


class Drawn(keras.callbacks.Callback):
    """What `draw()` returns (an array) at chosen steps, as `samples-<step>.npy` in `folder`."""

    def __init__(self, folder, interval, steps, draw):
        super().__init__()
        self.folder = folder
        self.interval = interval
        self.steps = set(steps)
        self.draw = draw

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 0:
            self._keep(0)

    def on_epoch_end(self, epoch, logs=None):
        self._keep((epoch + 1) * self.interval)

    def _keep(self, step):
        if step in self.steps:
            drawn = self.draw()
            write_atomically(self.folder / f"samples-{step:07d}.npy", lambda p: np.save(p, drawn))


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


class StopOnNaN(keras.callbacks.Callback):
    """Ends a run whose losses are no numbers any more, and says so; `diverged_at` is the step, or None."""

    def __init__(self, label, interval):
        super().__init__()
        self.label = label
        self.interval = interval
        self.diverged_at = None

    def on_epoch_end(self, epoch, logs=None):
        bad = sorted(name for name, value in (logs or {}).items() if not np.isfinite(value))
        if bad:
            self.diverged_at = (epoch + 1) * self.interval
            self.model.stop_training = True
            print(
                f"{self.label}: diverged, {', '.join(bad)} not finite at step {self.diverged_at:,}. "
                "A lower learning rate or another objective may help; the run is kept as failed.",
                flush=True,
            )
