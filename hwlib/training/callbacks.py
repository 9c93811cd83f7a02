"""What a training run leaves beside its networks: checkpoints, samples, and how it ends where it diverges.

An epoch of `fit` is here an interval of a fixed number of steps: these callbacks act at its end. What they do is part
of a result, so their code counts in a run's key; what only watches is in `hwlib.training.watching`.
"""

import time
import zipfile

import numpy as np

from hwlib.backend import keras
from hwlib.data.pixels import to_uint8
from hwlib.storage import write_atomically

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


class StopOnNaN(keras.callbacks.Callback):
    """Ends a run whose losses or state are no numbers any more, says so, and puts the last good state back.

    The state is looked at, and kept in memory, after each interval: what is saved and drawn after a divergence has the
    state of the last interval that ended well, of the untrained networks if there was none. `diverged_at` is a step, or
    None; `good_at` is the step of the state that the model has.
    """

    def __init__(self, label, interval, first_step):
        super().__init__()
        self.label = label
        self.interval = interval
        self.good_at = first_step
        self.diverged_at = None

    def on_train_begin(self, logs=None):
        self.good = self._state()

    def on_epoch_end(self, epoch, logs=None):
        step, state = (epoch + 1) * self.interval, self._state()
        bad = sorted(name for name, value in (logs or {}).items() if not np.isfinite(value))
        if not all(np.isfinite(array).all() for array in state):
            bad.append("the networks")
        if not bad:
            self.good, self.good_at = state, step
            return
        self.diverged_at = step
        self.model.stop_training = True
        for variable, array in zip(self.model.state, self.good, strict=True):
            variable.assign(array)
        print(
            f"{self.label}: diverged, {', '.join(bad)} not finite at step {step:,}. A lower learning rate or another "
            f"objective may help; the run is kept as failed, with its networks as at step {self.good_at:,}.",
            flush=True,
        )

    def _state(self):
        return [np.asarray(v).copy() for v in self.model.state]
