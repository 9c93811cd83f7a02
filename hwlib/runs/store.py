"""The run store: each run is trained once and kept in a folder named by its key.

The key covers all that decides the result: settings, seed, the data's fingerprint, the content of pretrained weights,
versions of packages, and the code that the run depends on (`hwlib.runs.sources`). Whoever asks for a run gets it:
loaded if it is finished, resumed if it was interrupted, trained if it is absent. Of two processes that ask for the same
run one trains and the other waits.
"""

import hashlib
import importlib
import json
import math
import os
import platform
import re
import sys
from dataclasses import dataclass, fields
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock, Timeout

from hwlib import data, experiments, paths
from hwlib.data import files, tags
from hwlib.models import weights
from hwlib.runs import sources
from hwlib.storage import read_json_lines, write_json

OBSERVERS = {"hwlib.training.watching", "hwlib.data.tags", "hwlib.paths", "hwlib.storage"}
"""Modules that place or watch a run and cannot change its result; of the tags, `texts` and the fingerprint tell."""

COMPUTING = ("keras", "tensorflow", "numpy", "scipy", "pillow")
DRAWING = ("dicebear-core", "dicebear-styles", "resvg-py")
PHOTOGRAPHS = ("scikit-image",)
"""Packages whose versions are in keys: of every run and measure, of runs on drawn faces, of runs without data."""


@dataclass(frozen=True)
class Run:
    """One experiment at one profile on one data set with one seed."""

    name: str
    profile: str = "quick"
    data: str = "avatars"
    seed: int = 0

    @cached_property
    def _resolved(self):
        return experiments.resolve(self.name, self.profile)

    @property
    def task(self):
        """What trains the run, "module:function"."""
        return self._resolved[0]

    @property
    def settings(self):
        """All settings that the run is trained with, as a dict."""
        return self._resolved[1]

    @property
    def sets(self):
        """Names of the data sets that the run is trained on: the one asked for, a pair of domains, none, or its own."""
        named = {"data": self.data, "other": other_domain(self.data)}
        return tuple(named.get(name, name) for name in self._resolved[2])

    @cached_property
    def images(self):
        """What the run is trained on: a `hwlib.data.ImageSet`, a tuple of two, or None for a run without data."""
        loaded = tuple(load_images(self.profile, name) for name in self.sets)
        return loaded if len(loaded) > 1 else loaded[0] if loaded else None

    @property
    def _named(self):
        """Modules of the functions and classes that the settings name."""
        return [v.partition(":")[0] for v in self.settings.values() if isinstance(v, str) and ":" in v]

    @cached_property
    def modules(self):
        """Modules whose code the result depends on."""
        task = self._resolved[0].partition(":")[0]
        return sources.depends_on({task, *self._named}, without=OBSERVERS)

    @cached_property
    def code(self):
        """Digest of the code that the result depends on."""
        return sources.digest(self.modules)

    @property
    def _versions(self):
        drawn = any(name in data.DRAWN for name in self.sets)
        return versions_of(*COMPUTING, *DRAWING * drawn, *PHOTOGRAPHS * (not self.sets))

    @cached_property
    def key(self):
        """Name of the run's folder."""
        what = {
            "task": self._resolved[0],
            "settings": self.settings,
            "seed": self.seed,
            "data": [data.fingerprint(**_data_arguments(self.profile, name)) for name in self.sets],
            "weights": "weights" in self.settings and weights.content(self.settings["weights"]),
            "texts": texts(),
            "versions": self._versions,
            "code": self.code,
        }
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def folder(self):
        return paths.RUNS / self.key

    @property
    def record(self):
        """What was run and what came of it, a dict; None while the run is not finished."""
        path = self.folder / "record.json"
        return json.loads(path.read_text()) if path.exists() else None

    @property
    def finished(self):
        """Whether there is a record; for it neither is the record read nor a data set prepared."""
        return self.prepared and (self.folder / "record.json").exists()

    @property
    def prepared(self):
        """Whether the data are there; without them `key` prepares them."""
        return all(data.prepared(**_data_arguments(self.profile, name)) for name in self.sets)

    @property
    def work(self):
        """About how long the run takes, in updates of one network; infinite where it is counted in epochs."""
        if not self.settings.get("steps"):
            return math.inf
        if "pairs" in self.settings:  # a style transfer, whose evaluations take longer
            return 10 * self.settings["steps"] * len(self.settings["pairs"])
        return self.settings["steps"] * (1 + self.settings.get("discriminator_steps", 1))

    @property
    def label(self):
        return f"{self.name} ({self.profile}, {Path(self.data).name}, seed {self.seed})"

    @property
    def command(self):
        """The command line that trains the run."""
        return f'.venv/bin/hwlib train {self.name}:{self.seed} --profile {self.profile} --data "{self.data}"'

    def train(self, extra_callbacks=()):
        """Train to the end, or resume; returns the record. KeyboardInterrupt leaves a run that can be resumed.

        ValueError for a setting that there is not, and where code was edited since this process began.
        """
        if self.record:
            return self.record
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock():
            if self.record:  # trained by the process that held the lock
                return self.record
            sources.refuse_edited(self.modules, self.label)
            for half_written in self.folder.glob(".[0-9]*.*"):  # by a process that was killed
                half_written.unlink()
            name, _, function = self._resolved[0].partition(":")
            module = importlib.import_module(name)
            known = [field.name for field in fields(module.Settings)]
            if unknown := sorted(set(self.settings) - set(known)):
                near = "".join(experiments.nearest(name, known) for name in unknown)
                told = f"there is no setting {', '.join(unknown)}.{near} There are: {', '.join(known)}."
                raise ValueError(f'experiment "{self.name}": {told}')
            train = getattr(module, function)
            result = train(self.settings, self.images, self.seed, self.folder, self.label, extra_callbacks)
            record = {
                "experiment": self.name,
                "profile": self.profile,
                "data": [described(load_images(self.profile, name)) for name in self.sets],
                "seed": self.seed,
                "settings": self.settings,
                "code": self.code,
                "versions": versions(),
                "result": result,
            }
            write_json(self.folder / "record.json", record)
        return self.record

    def _lock(self):
        lock = FileLock(self.folder / ".lock")
        try:
            return lock.acquire(timeout=0)
        except Timeout:
            if not os.environ.get("HWLIB_QUIET"):
                print(f"{self.label}: another process trains this run; waiting for it.", flush=True)
            return lock.acquire()

    @property
    def history(self):
        """Lines of the training history so far (see `hwlib.training.watching.History`)."""
        return read_json_lines(self.folder / "history.jsonl")

    def samples(self, raw=False):
        """Step -> uint8 [n, height, width, 3]: the fixed samples over training, of the averaged or raw generator.

        A CycleGAN keeps none of its raw generators.
        """
        import numpy as np

        found = sorted(self.folder.glob(f"samples-{'raw-' * raw}[0-9]*.npy"))
        return {int(path.stem.split("-")[-1]): np.load(path) for path in found}

    def model(self, name="generator", step=None, raw=False):
        """A trained network as a Keras model; the generator also as it was at a step that samples were kept of.

        Generators come with their averaged weights (`hwlib.training.averaging`), or `raw` with those of the last
        update; of other networks there are only these.
        """
        from hwlib.backend import keras

        for module in self._named:  # whose layers Keras finds once they are imported
            importlib.import_module(module)
        averaged = self.folder / f"{name}-averaged.keras"
        path = averaged if averaged.exists() and not raw else self.folder / f"{name}.keras"
        model = keras.models.load_model(path, compile=False)
        if step is not None:
            model.load_weights(self.folder / f"{name}-{'raw-' * raw}{step:07d}.weights.h5")
        return model

    def generate(self, texts, seed=0, step=None, raw=False):
        """New images of the generator (see `model`) for `texts` [n, text]: uint8 [n, height, width, 3]."""
        from hwlib.inference.generation import draw

        if (step, raw) not in self._drawing:  # one at a time: loading takes longer than drawing a few images
            self._drawing.clear()
            self._drawing[step, raw] = self.model(step=step, raw=raw)
        return draw(self._drawing[step, raw], self.settings, texts, seed)

    @cached_property
    def _drawing(self):
        """The generator that drew last, {(step, raw): Keras model}."""
        return {}


def get(name, profile="quick", data="avatars", seed=0):
    """The finished run of that name: loaded, resumed or trained."""
    run = Run(name, profile, data, seed)
    run.train()
    return run


def load_images(profile="quick", data_name="avatars"):
    """The data set (`hwlib.data.ImageSet`) that runs at a profile are trained on."""
    return data.load(**_data_arguments(profile, data_name))


def other_domain(data_name):
    """The second domain of an image translation: `adventurer` for drawn faces, and for a user's images those that the
    environment variable HWLIB_PHOTOS names (a folder or a zip), if it is set."""
    photos = os.environ.get("HWLIB_PHOTOS")
    return photos if photos and data_name not in data.DRAWN else "adventurer"


def described(images):
    """What is kept of a data set beside results: dict of its `about` and `fingerprint`."""
    return images.about | {"fingerprint": images.fingerprint}


def _data_arguments(profile, data_name):
    scale = experiments.known(profile, experiments.PROFILES, "profile")
    count = scale["avatars" if data_name in data.DRAWN else "files"]
    return {"data": data_name, "image_size": scale["image_size"], "count": count}


@cache
def texts():
    """Digest of the colours and of what they are encoded as: all that a run takes from `hwlib.data.tags`."""
    return hashlib.sha256(repr((tags.HAIR, tags.EYES)).encode() + tags.grid().tobytes()).hexdigest()[:16]


@cache
def versions_of(*packages):
    """Package -> version, down to the patch."""
    return {package: version(package) for package in packages}


def versions():
    """Versions of Python and of the packages that results depend on."""
    machine = {"python": platform.python_version(), "platform": sys.platform}
    return machine | versions_of(*COMPUTING, *DRAWING, *PHOTOGRAPHS)


def variant(profile="quick", data_name="avatars", seed=0, seeds=0):
    """Folder name of one choice of the notebooks' parameters: "quick", "quick-avatars-course", "quick-seed3-3seeds" ...

    A user's files add their stem and six digits of their content, "study-extra_data-1b9d04", and so do the photos that
    are the second domain then (`other_domain`): two data sets never share a folder, whatever they are called.
    """
    named = [] if data_name == "avatars" else [data_name]
    if data_name not in data.DRAWN and (other := other_domain(data_name)) not in data.DRAWN:
        named.append(other)
    parts = [profile, *map(_folder_name, named)]
    return "-".join(parts + [f"seed{seed}"] * bool(seed) + [f"{seeds}seeds"] * bool(seeds))


def _folder_name(data_name):
    if data_name in data.DRAWN:
        return data_name.replace(":", "-")
    path = Path(data_name).expanduser()
    if not path.exists():
        raise data.DataError(f"no data set '{data_name}': give {', '.join(data.DRAWN)}, or a folder or a .zip")
    stem = re.sub(r"[^\w.-]+", "-", path.stem)
    return f"{stem}-{files.digest(path)[:6]}"
