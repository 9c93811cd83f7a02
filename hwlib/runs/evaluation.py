"""All measures of one set of generated images against real ones; those of a run are made once and kept beside it."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from hwlib import paths
from hwlib.data import tags
from hwlib.experiments import PROFILES
from hwlib.metrics import colours, distances, failure, features, pictures, spoilt
from hwlib.metrics.diversity import pairwise_distance
from hwlib.metrics.spoilt import in_gray
from hwlib.runs import sources
from hwlib.runs.store import COMPUTING, Run, get, load_images, texts, versions_of
from hwlib.storage import write_atomically, write_json

PER_IMAGE = {
    "lattice": pictures.lattice_energy,
    "sharpness": pictures.sharpness,
    "luminance": pictures.luminance,
    "saturation": pictures.saturation,
    "saturated": pictures.saturated_share,
    "white": pictures.white,
}
NOT_MEASURING = {
    "hwlib.data",
    "hwlib.data.tags",
    "hwlib.experiments",
    "hwlib.paths",
    "hwlib.runs.store",
    "hwlib.runs.sources",
    "hwlib.storage",
    "hwlib.training.watching",
}
"""Modules that say what is measured and where it is kept, not how: what else is in the keys tells the rest."""

GRID_REPEATS = 4
"""Faces for each of the 132 texts in a colour accuracy."""


@dataclass(frozen=True)
class Evaluator:
    """Measures images against the real ones of a data set.

    profile, data: as of `hwlib.runs.store.Run`; the profile's `measured` says how many images, the same number
    of real and of generated ones. classifier: the finished run of the tag classifier, None for data without tags.
    """

    profile: str
    data: str
    classifier: object = None

    @property
    def n(self):
        """Images in each set."""
        return PROFILES[self.profile]["measured"]

    @property
    def image_size(self):
        """Pixels, of a side."""
        return PROFILES[self.profile]["image_size"]

    @cached_property
    def net(self):
        """The `FeatureNet` of all distances: VGG at the size of the images, 64 pixels at most."""
        return features.vgg_net(min(64, self.image_size))

    def real(self, seed=0):
        """`n` real images drawn with `seed`: uint8 [n, s, s, 3]."""
        return _real(self.profile, self.data, self.n, seed)[0]

    @property
    def real_texts(self):
        """The texts of `real(seed=1)`, uint8 [n, text]."""
        return _real(self.profile, self.data, self.n, 1)[1]

    def images(self, generated, gray=False):
        """Measures of images uint8 [n, s, s, 3], against real ones or these in gray: dicts of `value` and `error`.

        `frechet`, `kernel`, `precision`, `recall`, `density`, `coverage` and `diversity` (mean pairwise distance) in
        VGG features; the means of PER_IMAGE; `peak_2` and `around_2`, `peak_4` ... (`pictures.lattice_peaks`),
        `detail_0` ... (`pictures.detail`).
        """
        seen = self.net(generated)
        found = distances.compare(self._real_features(gray=gray), seen, k=min(5, self.n - 1))
        found["diversity"] = pairwise_distance(seen)
        periods = pictures.doublings(generated.shape[1])
        for name, of_periods in zip(("peak", "around"), pictures.lattice_peaks(generated, periods), strict=True):
            found |= {f"{name}_{p}": distances.mean(one) for p, one in zip(periods, of_periods.T, strict=True)}
        found |= {f"detail_{i}": distances.mean(ring) for i, ring in enumerate(pictures.detail(generated).T)}
        return found | {name: distances.mean(measure(generated)) for name, measure in PER_IMAGE.items()}

    @property
    def of_real_images(self):
        """The same of other real images than those that are compared with: what a perfect generator would have."""
        return self.of_real()

    def of_real(self, gray=False):
        """`of_real_images`, or, of real images in gray, the same against others in gray."""

        def made():
            real = self.real(seed=1)
            return self.images(in_gray(real), gray=True) if gray else self.images(real)

        return self.kept(paths.CACHE / "features", f"real-{'gray-' * gray}{self._fingerprint}", made)

    def levels(self, gray=False):
        """Frechet distances that a run's `curve` is held against: of real images, spoilt (`hwlib.metrics.spoilt`).

        "face": nearer than these, faces are seen; "blobs": beyond these there is none. Of as many images as a run has
        fixed samples, and the same for every run on the data set.
        """

        def made():
            real = self.real(seed=1)[: len(tags.grid())]
            real = in_gray(real) if gray else real
            return {name: self._of_samples(spoilt.blurred(real, by), gray) for name, by in spoilt.LEVELS.items()}

        found = self.kept(paths.CACHE / "features", f"levels-{'gray-' * gray}{self._fingerprint}", made)
        return {name: one["value"] for name, one in found.items()}

    @cached_property
    def _fingerprint(self):
        return load_images(self.profile, self.data).fingerprint

    def run(self, run, step=None):
        """Measures of a run's generator, at the end or at a step that samples were kept of; computed once.

        Beside those of `images`: `hair` and `eyes`, the colour accuracy over the whole grid (conditional runs, with a
        classifier that can be trusted), `failed`, the reasons (`hwlib.metrics.failure`), and `features`, what measured.
        """
        name = f"measures-{'end' if step is None else f'{step:07d}'}"
        return self.kept(run.folder, name, lambda: self._measured(run, step))

    def at(self, run, step):
        """Measures of a run at a step; at its last they are those of `run(run)`."""
        return self.run(run, None if step == max(run.samples()) else step)

    def colours(self, run):
        """Colour accuracy of the fixed samples of a conditional run, one for every text of the grid; computed once.

        Step -> {"hair", "eyes"}, shares in [0, 1]; without a part that the classifier cannot be trusted with.
        """
        texts, samples = tags.grid(), run.samples()
        found = self.kept(run.folder, "colours", lambda: {s: self._right(x, texts) for s, x in samples.items()})
        return {int(step): {part: one["value"] for part, one in right.items()} for step, right in found.items()}

    def curve(self, run, raw=False):
        """Frechet distance over training, of the run's fixed samples against as many real images; computed once.

        raw: of the samples drawn with raw weights, not with averaged ones.
        Step -> dict of `value` and `error`, in VGG features. There are 132 samples: far above the values of `run`.
        """
        samples, name = run.samples(raw=raw), "curve" + "-raw" * raw
        made = self.kept(run.folder, name, lambda: {s: self._of_samples(x, is_gray(run)) for s, x in samples.items()})
        return {int(step): value for step, value in made.items()}

    def over_training(self, run):
        """`curve` beside what the run's history says of the kept steps after the start: a list of dicts.

        Keys: `step`, `images` (seen), `seconds` and `frechet`.
        """
        curve = self.curve(run)
        kept = [line for line in run.history if line["step"] in curve]
        keys = ("step", "images", "seconds")
        return [{key: line[key] for key in keys} | {"frechet": curve[line["step"]]["value"]} for line in kept]

    def kept(self, folder, name, make):
        """`make()`, a dict for JSON, from the file in `folder` that an earlier call left under the same key."""
        path = folder / f"{name}-{self.key}.json"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            write_json(path, make())
        return json.loads(path.read_text())

    def _of_samples(self, images, gray=False):
        return distances.frechet_distance(self._real_features(len(images), gray), self.net(images))

    def _real_features(self, n=None, gray=False):
        return _real_features(self.net, self.profile, self.data, n or self.n, gray)

    def _measured(self, run, step):
        found = self.images(run.generate(self.real_texts, seed=run.seed + 1, step=step), is_gray(run))
        if self.classifier:
            texts = np.repeat(tags.grid(), GRID_REPEATS, axis=0)
            found |= self._right(run.generate(texts, seed=run.seed + 2, step=step), texts)
        found["failed"] = list(self._failed(run, step, found))
        return found | {"features": self.net.name, "n": self.n}

    def _right(self, images, texts):
        """Share of images in the colours of their texts, of each part that the classifier can be trusted with."""
        seen, found = colours.predicted(self.network, images), {}
        for part, columns in (("hair", tags.HAIR_COLUMNS), ("eyes", tags.EYES_COLUMNS)):
            if colours.trusted(self.classifier.record["result"], part):
                found[part] = distances.mean(seen[part] == texts[:, columns].argmax(1))
        return found

    def _failed(self, run, step, found):
        """Reasons of failure; the distance is that of the fixed samples."""
        curve = self.curve(run)
        real = self.of_real(is_gray(run))
        return failure.reasons(
            diverged=run.record["result"]["diverged_at"] is not None,
            saturated=found["saturated"]["value"],
            saturated_real=real["saturated"]["value"],
            diversity=found["diversity"]["value"],
            diversity_real=real["diversity"]["value"],
            frechet=curve[max(curve) if step is None else step]["value"],
            frechet_blobs=self.levels(is_gray(run))["blobs"],
        )

    @property
    def network(self):
        """The classifier's Keras model."""
        return _classifier(self.classifier)

    @cached_property
    def key(self):
        """What measures depend on beside the images that are measured."""
        measured = self._fingerprint, self.n, self.net.key
        judge = self.classifier and self.classifier.key
        drawn = sources.digest_of(Run.model, Run.generate, Run.samples)
        return _key_of({"hwlib.runs.evaluation", "hwlib.inference.generation"}, *measured, judge, drawn)


def is_gray(run):
    """Whether a run draws gray faces, which are compared with real ones in gray."""
    return bool(run.settings.get("gray"))


def _key_of(modules, *what):
    """Short key of what is measured by the code of modules, from `what` (values for JSON)."""
    code = sources.digest(sources.depends_on(modules, without=NOT_MEASURING))
    whole = [*what, code, texts(), versions_of(*COMPUTING)]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:10]


@lru_cache(maxsize=2)
def evaluator(profile, data):
    """The `Evaluator` of a data set, with the tag classifier, trained if need be, where its images have texts."""
    named = np.asarray(load_images(profile, data).texts).any()
    return Evaluator(profile, data, get("tags", profile, data) if named else None)


@lru_cache(maxsize=2)
def _classifier(run):
    return run.model("classifier")


@lru_cache(maxsize=4)
def _real(profile, data, n, seed):
    """Images and texts of a sample; samples of two seeds have no image in common where the set is large enough."""
    whole = load_images(profile, data)
    order = np.random.default_rng(7).permutation(len(whole))
    chosen = np.sort(np.take(order, np.arange(seed * n, (seed + 1) * n), mode="wrap"))
    return whole.images[chosen], np.asarray(whole.texts)[chosen]


@lru_cache(maxsize=8)
def _real_features(net, profile, data, n, gray=False):
    """Features of the real sample, or of it in gray, kept in the cache."""
    images = _real(profile, data, n, 0)[0]
    images = in_gray(images) if gray else images
    chosen = load_images(profile, data).fingerprint, n, gray, sources.digest_of(_real, in_gray)
    key = _key_of({"hwlib.metrics.features"}, *chosen, net.key)
    path = paths.CACHE / "features" / f"{key}.npy"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        found = net(images)
        write_atomically(path, lambda temporary: _save(temporary, found))
    return np.load(path)


def _save(path, array):
    with open(path, "wb") as file:
        np.save(file, array)
