"""One GAN trained from settings: networks, data, objective, optimisers, `fit`."""

import importlib
from dataclasses import dataclass, field

import numpy as np

from hwlib.backend import keras
from hwlib.data import tags
from hwlib.data.pipeline import batches
from hwlib.training import callbacks
from hwlib.training.adversarial import Adversarial
from hwlib.training.fitting import fit, whole_intervals


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What decides the result of a run, next to data and seed. The defaults of the rest are report A's.

    Functions and classes are named "module:name". Builders of networks get `image_size`, `width`, `channels` (1 if
    `gray`), `text_dim` (0 if not `conditional`), for the generator `latent_dim` and `value_range`, and their
    `*_options`.
    """

    generator: str
    generator_options: dict = field(default_factory=dict)
    discriminator: str
    discriminator_options: dict = field(default_factory=dict)
    width: float = 1.0
    conditional: bool = True
    latent: str = "normal"
    latent_dim: int = 40

    objective: str
    objective_options: dict = field(default_factory=dict)
    passes: str | None = None
    balanced: str | None = None
    """See `Adversarial`."""
    input_noise: float = 0.0
    """Standard deviation at the start; it reaches 0 at the end of the run."""

    value_range: tuple = (0.0, 1.0)
    gray: bool = False
    wrong_text: str = "different"

    optimizer: str = "Adam"
    optimizer_options: dict = field(default_factory=lambda: {"beta_1": 0.0, "beta_2": 0.9})
    learning_rate: float = 2e-4
    learning_rate_scale: float = 1.0
    """Of a profile: narrow networks on a short budget bear larger steps."""

    batch_size: int = 64
    discriminator_steps: int = 1
    epochs: int | None = None
    """Times that the whole set is seen; used where `steps` is None."""
    steps: int | None = None
    """Steps of `fit`: one update of the generator each."""
    interval: int = 50
    """Steps between lines of history; the number of steps is rounded up to whole intervals."""
    moments: tuple = ()
    """Epochs after which samples are kept, beside those of `sample_steps`: the reports' own."""
    precision: str = "float32"


def total_steps(settings, n_images):
    """Steps of the whole run, a multiple of `interval`."""
    if (settings.steps is None) == (settings.epochs is None):
        raise ValueError("Say how long to train: either `steps` or `epochs`.")
    steps = settings.steps or settings.epochs * steps_an_epoch(settings, n_images)
    return whole_intervals(steps, settings.interval)


def steps_an_epoch(settings, n_images):
    """Steps in which every image is seen once, rounded down."""
    return max(1, n_images // (settings.batch_size * settings.discriminator_steps))


def sample_steps(settings, steps, n_images):
    """Steps at which samples are kept: 0; 1, 2, 3, 4, 6, 8, 12 ... intervals; the last; and `settings.moments`."""
    thirds = {settings.interval * n for i in range(64) for n in (2**i, 3 * 2**i)}
    epoch = steps_an_epoch(settings, n_images)
    moments = {whole_intervals(n * epoch, settings.interval) for n in settings.moments}
    return sorted({0, steps} | {step for step in thirds | moments if step < steps})


def draw_latents(settings, n, rng):
    """`n` latents of a NumPy generator `rng`, float32 [n, latent_dim]."""
    shape = (n, settings.latent_dim)
    latents = rng.standard_normal(shape) if settings.latent == "normal" else rng.uniform(-1, 1, shape)
    return latents.astype(np.float32)


def sample_inputs(settings, seed):
    """Inputs of the fixed samples: one latent for each of the 12 x 11 texts, in the order of report A's figure."""
    texts = tags.grid().astype(np.float32)
    latents = draw_latents(settings, len(texts), np.random.default_rng((seed, 2)))
    return [latents, texts] if settings.conditional else latents


def build(settings, image_size, text_dim, seed, steps=None):
    """An `Adversarial` model, compiled, its weights drawn from `seed`; `steps` of training, where noise decays."""
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(settings.precision)
    shape = {"image_size": image_size, "width": settings.width, "channels": 1 if settings.gray else 3}
    shape["text_dim"] = text_dim * settings.conditional
    from_latents = {"latent_dim": settings.latent_dim, "value_range": tuple(settings.value_range)}
    noise = (settings.input_noise, steps * settings.discriminator_steps) if settings.input_noise else None
    try:
        model = Adversarial(
            find(settings.generator)(**from_latents, **shape, **settings.generator_options),
            find(settings.discriminator)(**shape, **settings.discriminator_options),
            find(settings.objective)(**settings.objective_options),
            latent=settings.latent,
            discriminator_steps=settings.discriminator_steps,
            passes=settings.passes,
            balanced=settings.balanced,
            input_noise=noise,
            seed=seed,
        )
        model.compile(_optimizer(settings), _optimizer(settings))
    finally:
        keras.config.set_dtype_policy("float32")
    return model


def train(settings, images, seed, folder, label="training", extra_callbacks=()):
    """Train to the end in `folder`, from its checkpoint if there is one.

    Args:
        settings: dict of `Settings`' fields.
        images: a `hwlib.data.ImageSet`.

    Leaves `generator.keras`, `generator-averaged.keras` (see `hwlib.training.averaging`), `discriminator.keras`,
    `history.jsonl` and samples (see `hwlib.training.callbacks`). Returns what `hwlib.training.fitting.fit` does.
    """
    settings = Settings(**settings)
    steps, interval = total_steps(settings, len(images)), settings.interval
    model = build(settings, images.images.shape[1], images.texts.shape[1], seed, steps)
    per_step = settings.batch_size * settings.discriminator_steps
    inputs, shown_at = sample_inputs(settings, seed), sample_steps(settings, steps, len(images))

    def stream(first_step):
        texts = images.texts if settings.conditional else None
        shown = {"value_range": settings.value_range, "wrong_text": settings.wrong_text, "gray": settings.gray}
        return batches(images.images, texts, per_step, steps, first_step, seed, flip=False, **shown)

    return fit(
        model,
        stream,
        {"generator": model.generator, "generator-averaged": model.averaged, "discriminator": model.discriminator},
        steps=steps,
        interval=interval,
        images_per_step=per_step,
        folder=folder,
        label=label,
        kept=callbacks.Samples(folder, interval, shown_at, inputs, settings.value_range),
        watching=extra_callbacks,
    )


def find(name):
    """The function or class called "module:name"; ValueError where there is none."""
    module, _, attribute = name.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ValueError(f'There is no "{name}": a setting names a function or class as "module:name".') from error


def _optimizer(settings):
    rate = settings.learning_rate * settings.learning_rate_scale
    return getattr(keras.optimizers, settings.optimizer)(rate, **settings.optimizer_options)
