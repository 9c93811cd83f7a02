"""All measures of one set of generated images against real ones; those of a run are made once and kept beside it."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from hwlib import paths
from hwlib.data import tags
from hwlib.experiments import PROFILES
from hwlib.metrics import colours, distances, failure, features, pictures
from hwlib.metrics.diversity import pairwise_distance
from hwlib.runs import sources
from hwlib.runs.store import COMPUTING, Run, load_images, texts, versions_of
from hwlib.storage import write_atomically, write_json

PER_IMAGE = {
    "lattice": pictures.lattice_energy,
    "sharpness": pictures.sharpness,
    "luminance": pictures.luminance,
    "saturation": pictures.saturation,
    "saturated": pictures.saturated_share,
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

    @cached_property
    def nets(self):
        """Feature nets by name: "vgg" at the size of the images, 64 pixels at most, and "tags" with a classifier."""
        nets = {"vgg": features.vgg_net(min(64, PROFILES[self.profile]["image_size"]))}
        if self.classifier:
            nets["tags"] = features.net("tags", self.network)
        return nets

    def real(self, seed=0):
        """`n` real images drawn with `seed`: uint8 [n, s, s, 3]."""
        return _real(self.profile, self.data, self.n, seed)[0]

    def images(self, generated):
        """Measures of images uint8 [n, s, s, 3]: a dict of dicts with `value` and `error`.

        `frechet`, `kernel`, `precision`, `recall`, `density`, `coverage` in VGG features and `frechet_tags`,
        `kernel_tags` in the classifier's; `diversity` (mean pairwise distance in VGG features); the means of PER_IMAGE.
        """
        found = {}
        for name, net in self.nets.items():
            real = _real_features(net, self.profile, self.data, self.n)
            seen = net(generated)
            compared = distances.compare(net, real, seen, k=min(5, self.n - 1))
            if name == "vgg":
                found |= {key: value for key, value in compared.items() if key != "features"}
                found["diversity"] = pairwise_distance(seen)
            else:
                found |= {f"{key}_{name}": compared[key] for key in ("frechet", "kernel")}
        return found | {name: distances.mean(measure(generated)) for name, measure in PER_IMAGE.items()}

    def run(self, run, step=None):
        """Measures of a run's generator, at the end or at a step that samples were kept of; computed once.

        Beside those of `images`: `hair` and `eyes`, the colour accuracy over the whole grid (conditional runs, with a
        classifier that can be trusted), `failed`, the reasons (`hwlib.metrics.failure`), and `features`, what measured.
        """
        path = run.folder / f"measures-{'end' if step is None else f'{step:07d}'}-{self._key}.json"
        if not path.exists():
            write_json(path, self._measured(run, step))
        return json.loads(path.read_text())

    def diversity(self, images):
        """Mean pairwise distance of images uint8 [n, s, s, 3] in VGG features: a dict of `value` and `error`."""
        return pairwise_distance(self.nets["vgg"](images))

    def curve(self, run):
        """Frechet distance over training, of the run's fixed samples against as many real images; computed once.

        Step -> dict of `value` and `error`, in VGG features. There are 132 samples: far above the values of `run`.
        """
        path = run.folder / f"curve-{self._key}.json"
        if not path.exists():
            write_json(path, {step: self._of_samples(images) for step, images in run.samples().items()})
        return {int(step): value for step, value in json.loads(path.read_text()).items()}

    def _of_samples(self, images):
        net = self.nets["vgg"]
        return distances.frechet_distance(_real_features(net, self.profile, self.data, len(images)), net(images))

    def _measured(self, run, step):
        texts = _real(self.profile, self.data, self.n, seed=1)[1]
        generated = run.generate(texts, seed=run.seed + 1, step=step)
        found = self.images(generated)
        if run.settings.get("conditional", True):
            found |= self._colour_accuracy(run, step)
        found["failed"] = list(self._failed(run, step, found))
        return found | {"features": {name: net.name for name, net in self.nets.items()}, "n": self.n}

    def _colour_accuracy(self, run, step):
        if not self.classifier:
            return {}
        texts = np.repeat(tags.grid(), GRID_REPEATS, axis=0)
        seen = colours.predicted(self.network, run.generate(texts, seed=run.seed + 2, step=step))
        found = {}
        for part, columns in (("hair", tags.HAIR_COLUMNS), ("eyes", tags.EYES_COLUMNS)):
            if colours.trusted(self.classifier.record["result"], part):
                found[part] = distances.mean(seen[part] == texts[:, columns].argmax(1))
        return found

    def _failed(self, run, step, found):
        """Reasons of failure; what was gained is measured on the fixed samples, before and after the training."""
        samples = run.samples()
        last = max(samples) if step is None else step
        of_real = _real_features(self.nets["vgg"], self.profile, self.data, self.n)
        return failure.reasons(
            diverged=run.record["result"]["diverged_at"] is not None,
            saturated=found["saturated"]["value"],
            saturated_real=float(pictures.saturated_share(self.real()).mean()),
            diversity=found["diversity"]["value"],
            diversity_real=pairwise_distance(of_real)["value"],
            frechet=self._of_samples(samples[last])["value"],
            frechet_untrained=self._of_samples(samples[0])["value"],
        )

    @property
    def network(self):
        """The classifier's Keras model."""
        return _classifier(self.classifier)

    @cached_property
    def _key(self):
        measured = load_images(self.profile, self.data).fingerprint, self.n, self.nets["vgg"].key
        judge = self.classifier and self.classifier.key
        drawn = sources.digest_of(Run.model, Run.generate, Run.samples)
        return _key_of({"hwlib.runs.evaluation", "hwlib.inference.generation"}, *measured, judge, drawn)


def _key_of(modules, *what):
    """Short key of what is measured by the code of modules, from `what` (values for JSON)."""
    code = sources.digest(sources.depends_on(modules, without=NOT_MEASURING))
    whole = [*what, code, texts(), versions_of(*COMPUTING)]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:10]


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
def _real_features(net, profile, data, n):
    """Features of the real sample; a VGG's are kept in the cache, the classifier's depend on its training."""
    images = _real(profile, data, n, 0)[0]
    if not net.key:
        return net(images)
    chosen = load_images(profile, data).fingerprint, n, sources.digest_of(_real)
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
