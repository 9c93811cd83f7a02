"""CycleGAN (Zhu et al. 2017): translation between two sets of images, A and B, without pairs; driven by `fit`.

Report A's own (its section 4) is the same class with other settings: no image pool, no identity loss, no decay.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from hwlib.backend import keras, tf
from hwlib.data.pipeline import batches
from hwlib.data.pixels import to_uint8
from hwlib.data.split import spread, trained_on_and_held_out
from hwlib.training import callbacks
from hwlib.training.averaging import average, copied
from hwlib.training.fitting import fit
from hwlib.training.gan import find, total_steps
from hwlib.training.pool import ImagePool

OTHER_ORDER = 1_000_003
"""Added to the seed for the order of domain B: pairs of a batch have nothing to do with each other."""

COLUMNS = 8
"""Of the sample rows, as in report A's figure."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What decides the result of a run, next to data and seed. The defaults are report A's (its code's).

    Functions and classes are named "module:name". Builders of networks get `image_size`, `width` and their `*_options`.
    """

    generator: str
    generator_options: dict = field(default_factory=dict)
    discriminator: str
    discriminator_options: dict = field(default_factory=dict)
    width: float = 1.0
    value_range: tuple = (0.0, 1.0)
    flip: bool = False

    objective: str
    objective_options: dict = field(default_factory=dict)
    adversarial_weight: float = 1.0
    """2 with `LeastSquares`, which halves the squares that Zhu et al. 2017 take whole for the generators."""
    cycle_loss: str = "hwlib.objectives.cycle:root_mean_square"
    cycle_weight: float = 10.0
    identity: float = 0.0
    """Weight of the identity loss as a share of `cycle_weight`."""
    pool: int = 0
    """Translations kept for the discriminators, of each domain."""

    optimizer_options: dict = field(default_factory=lambda: {"beta_1": 0.5})
    learning_rate: float = 2e-4
    learning_rate_scale: float = 1.0
    """Of a profile: narrow networks on a short budget bear larger steps."""
    constant_share: float = 1.0
    """Share of the steps before the learning rate falls linearly to 0."""

    batch_size: int = 8
    epochs: int | None = None
    """Times that the larger set is seen; used where `steps` is None."""
    steps: int | None = None
    interval: int = 50
    """Steps between lines of history; the number of steps is rounded up to whole intervals."""
    precision: str = "float32"
    discriminator_steps: ClassVar[int] = 1


class ConstantThenLinear(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that stays for a share of the steps and then falls linearly to 0 (Zhu et al. 2017, section 4)."""

    def __init__(self, rate, steps, constant_share):
        self.rate = rate
        self.steps = steps
        self.constant_share = constant_share

    def __call__(self, step):
        left = (self.steps - keras.ops.cast(step, "float32")) / max(1.0, self.steps * (1 - self.constant_share))
        return self.rate * keras.ops.clip(left, 0.0, 1.0)

    def get_config(self):
        return {"rate": self.rate, "steps": self.steps, "constant_share": self.constant_share}


class CycleGAN(keras.Model):
    """Two generators, A to B and B to A, and a discriminator of each domain.

    `averaged` holds both generators with their weights averaged over the steps (see `hwlib.training.averaging`).

    One step of `fit` on a batch `{"a": images, "b": images}` updates both generators, then both discriminators. The
    generators minimise (Zhu et al. 2017, equations 3 and 5.2)

        adversarial_weight * (adversarial loss of A->B and of B->A)
        + cycle_weight * (cycle_loss(a, A->B->A) + cycle_loss(b, B->A->B))
        + identity * cycle_weight * (cycle_loss(b, A->B of b) + cycle_loss(a, B->A of a))

    Args:
        settings: `Settings`.
        build_generator, build_discriminator: functions without arguments that return a new network.
        seed: of the pools and of random labels.

    Logged: `d_loss` (mean of both discriminators), `g_loss` (all of the generators'), `adversarial`, `cycle`,
    `identity` (each the sum over both directions, without weight) and `learning_rate`.
    """

    def __init__(self, settings, build_generator, build_discriminator, seed=0):
        super().__init__()
        self.settings = settings
        self.objective = find(settings.objective)(**settings.objective_options)
        self.cycle_loss = find(settings.cycle_loss)
        self.a_to_b, self.b_to_a = build_generator(), build_generator()
        self.discriminator_a, self.discriminator_b = build_discriminator(), build_discriminator()
        self.averaged = copied(self.a_to_b), copied(self.b_to_a)
        self.seeds = keras.random.SeedGenerator(seed)
        shape = self.a_to_b.output.shape[1:]
        pools = [ImagePool(settings.pool, settings.batch_size, shape, self.seeds) for _ in "ab" if settings.pool]
        self.pools = pools or [None, None]
        names = ["d_loss", "g_loss", "adversarial", "cycle", *["identity"] * bool(settings.identity), "learning_rate"]
        self.means = {name: keras.metrics.Mean(name) for name in names}

    def compile(self, steps):
        """An optimiser for the pair of generators and one for the pair of discriminators, built at once."""
        super().compile(jit_compile=False)
        rate = self.settings.learning_rate * self.settings.learning_rate_scale
        pairs = (self.a_to_b, self.b_to_a), (self.discriminator_a, self.discriminator_b)
        self.optimizers = []
        for pair in pairs:
            schedule = ConstantThenLinear(rate, steps, self.settings.constant_share)
            optimizer = keras.optimizers.Adam(schedule, **self.settings.optimizer_options)
            optimizer.build([v for network in pair for v in network.trainable_variables])
            self.optimizers.append(optimizer)

    @property
    def networks(self):
        """File name -> network."""
        names = ("a_to_b", "b_to_a", "discriminator_a", "discriminator_b")
        averaged = dict(zip(("a_to_b-averaged", "b_to_a-averaged"), self.averaged, strict=True))
        return {name: getattr(self, name) for name in names} | averaged

    @property
    def state(self):
        """Every variable that the next step depends on: weights, optimisers, pools, random state; in a fixed order."""
        owners = (*self.networks.values(), *self.optimizers)
        pools = [v for pool in self.pools if pool for v in (pool.images, pool.filled)]
        return [*(v for owner in owners for v in owner.variables), *pools, self.seeds.state]

    def train_step(self, batch):
        a, b = batch["a"], batch["b"]
        logs = {"learning_rate": self.optimizers[0].learning_rate}
        fake_a, fake_b, of_generators = self._update_generators(a, b)
        if self.settings.pool:
            fake_a, fake_b = self.pools[0](fake_a), self.pools[1](fake_b)
        logs |= of_generators | {"d_loss": self._update_discriminators(a, b, fake_a, fake_b)}
        for name, value in logs.items():
            self.means[name].update_state(value)
        return {name: mean.result() for name, mean in self.means.items()}

    def _update_generators(self, a, b):
        settings, distance = self.settings, self.cycle_loss
        variables = [v.value for net in (self.a_to_b, self.b_to_a) for v in net.trainable_variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            fake_b, same_b = self._translated(self.a_to_b, a, b)
            fake_a, same_a = self._translated(self.b_to_a, b, a)
            judged = self.discriminator_a(fake_a, training=True), self.discriminator_b(fake_b, training=True)
            back_a, back_b = self.b_to_a(fake_b, training=True), self.a_to_b(fake_a, training=True)
            logs = {
                "adversarial": sum(self.objective.generator_loss(score) for score in judged),
                "cycle": distance(a, back_a) + distance(b, back_b),
            }
            loss = settings.adversarial_weight * logs["adversarial"] + settings.cycle_weight * logs["cycle"]
            if settings.identity:
                logs["identity"] = distance(a, same_a) + distance(b, same_b)
                loss += settings.identity * settings.cycle_weight * logs["identity"]
        self.optimizers[0].apply(tape.gradient(loss, variables))
        for averaged, network in zip(self.averaged, (self.a_to_b, self.b_to_a), strict=True):
            average(averaged, network, self.optimizers[0].iterations)
        return fake_a, fake_b, logs | {"g_loss": loss}

    def _translated(self, generator, images, of_target):
        """Translations, and what becomes of images that are of the target domain already (None without identity loss).

        One call on both: an instance norm sees each image alone.
        """
        if not self.settings.identity:
            return generator(images, training=True), None
        return tf.split(generator(tf.concat([images, of_target], 0), training=True), 2)

    def _update_discriminators(self, a, b, fake_a, fake_b):
        pairs = (self.discriminator_a, a, fake_a), (self.discriminator_b, b, fake_b)
        variables = [v for net, _, _ in pairs for v in net.trainable_variables]
        with tf.GradientTape() as tape:
            loss = 0.0
            for discriminator, real, fake in pairs:
                scores = discriminator(real, training=True), discriminator(fake, training=True)
                loss += self.objective.discriminator_loss(*scores, seed=self.seeds)
        self.optimizers[1].apply(tape.gradient(loss, variables))
        return loss / 2


def build(settings, image_size, steps, seed):
    """A `CycleGAN`, compiled for so many steps, its weights drawn from `seed`."""
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(settings.precision)
    shape = {"image_size": image_size, "width": settings.width}
    try:
        model = CycleGAN(
            settings,
            lambda: find(settings.generator)(**shape, **settings.generator_options),
            lambda: find(settings.discriminator)(**shape, **settings.discriminator_options),
            seed,
        )
        model.compile(steps)
    finally:
        keras.config.set_dtype_policy("float32")
    return model


def train(settings, images, seed, folder, label="cyclegan", extra_callbacks=()):
    """Train to the end in `folder`, from its checkpoint if there is one; a tenth of either set is held out.

    Args:
        settings: dict of `Settings`' fields.
        images: a pair of `hwlib.data.ImageSet`, A and B, of one image size.

    Leaves `a_to_b.keras`, `b_to_a.keras`, `discriminator_a.keras`, `discriminator_b.keras`, the averaged generators
    `a_to_b-averaged.keras` and `b_to_a-averaged.keras`, `history.jsonl` and `samples-<step>.npy`, drawn by those (see
    `six_rows`). Returns what `hwlib.training.fitting.fit` does; `images_seen` is of each domain.
    """
    settings = Settings(**settings)
    (a, held_out_a), (b, held_out_b) = (trained_on_and_held_out(domain) for domain in images)
    steps, interval = total_steps(settings, max(len(a), len(b))), settings.interval
    model = build(settings, a.shape[1], steps, seed)

    shown = [part[spread(COLUMNS, len(part))] for part in (held_out_a, held_out_b)]

    def rows():
        return six_rows(*model.averaged, *shown, settings.value_range)

    return fit(
        model,
        lambda first_step: unpaired(a, b, settings, steps, first_step, seed),
        model.networks,
        steps=steps,
        interval=interval,
        images_per_step=settings.batch_size,
        folder=folder,
        label=label,
        kept=callbacks.Drawn(folder, interval, moments(steps, interval), rows),
        watching=extra_callbacks,
    )


def unpaired(a, b, settings, steps, first_step=0, seed=0):
    """Batches `{"a": ..., "b": ...}` of uint8 images a and b, each set in an order of its own (a `tf.data.Dataset`)."""
    streams = [
        batches(x, None, settings.batch_size, steps, first_step, order, settings.value_range, settings.flip)
        for x, order in ((a, seed), (b, seed + OTHER_ORDER))
    ]
    return tf.data.Dataset.zip(*streams).map(lambda x, y: {"a": x["image"], "b": y["image"]})


def moments(steps, interval, n=20):
    """Steps at which samples are kept: 0, about `n` more that lie further and further apart, and the last."""
    intervals = np.unique(np.geomspace(1, steps // interval, n).round().astype(int))
    return [0, *(int(i) * interval for i in intervals)]


def six_rows(a_to_b, b_to_a, a, b, value_range):
    """Report A's figure: rows A, B, A->B, B->A, A->B->A and B->A->B of uint8 images, [6 n, size, size, 3]."""
    to_b, to_a = translated(a_to_b, a, value_range), translated(b_to_a, b, value_range)
    back = translated(b_to_a, to_b, value_range), translated(a_to_b, to_a, value_range)
    return np.concatenate([a, b, to_b, to_a, *back])


def translated(generator, images, value_range):
    """Images uint8 [n, size, size, 3] as a generator translates them, in the same form."""
    low, high = value_range
    scaled = low + images.astype(np.float32) * np.float32((high - low) / 255)
    return to_uint8(generator.predict(scaled, batch_size=64, verbose=0), value_range)
