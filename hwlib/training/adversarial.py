"""Adversarial training as one `keras.Model`, driven by `fit`."""

from hwlib.backend import keras, tf
from hwlib.training.averaging import average, copied

SHARED, JOINED, SEPARATE = "shared", "joined", "separate"


class Adversarial(keras.Model):
    """A generator and a discriminator that train each other.

    One step of `fit` is `discriminator_steps` updates of the discriminator, each on a batch of its own, then one of the
    generator, on the last of these. So the data set yields batches of `discriminator_steps` times the batch size (see
    `hwlib.data.pipeline.batches`). `averaged` is the generator with its weights averaged over its updates (see
    `hwlib.training.averaging`).

    Args:
        generator, discriminator: Keras models (see `hwlib.models`), conditional both or neither.
        objective: a `hwlib.objectives.base.Objective`.
        latent: "normal" or "uniform" on [-1, 1].
        passes: how the discriminator is called on right, fake and wrong pairs. "separate": three calls, as with
            BatchNorm, where a real and a fake image must not meet in one batch (ganhacks tip 4). "joined": one call on
            all three. "shared": one call in which a true image's features are computed once for both of its texts
            (needs `hwlib.models.parts.with_text`; exact without dropout). None takes the fastest exact one.
        balanced: None, "sum" or "mean": one update per step, of the discriminator where the generator's loss is above
            the discriminator's, of the generator otherwise (report B, tip 11; what ganhacks advises against). The
            discriminator's loss has two terms, of true and of false pairs, and the report does not say whether it
            compares their sum or their mean.
        input_noise: None, or (standard deviation, updates): normal noise on all that the discriminator sees, falling
            linearly to nothing over so many of its updates (ganhacks tip 13; Arjovsky and Bottou 2017).
        seed: of latents, mix factors, noise and random labels.

    Scores and losses logged: `d_loss` (with penalty), `g_loss`, `right`, `fake`, `wrong`, `gradient_norm` (the
    penalty's); `d_gradient` and `g_gradient`, the norms of the updates' gradients; each is the mean over an epoch of
    `fit`.
    """

    def __init__(
        self,
        generator,
        discriminator,
        objective,
        latent="normal",
        discriminator_steps=1,
        passes=None,
        balanced=None,
        input_noise=None,
        seed=0,
    ):
        super().__init__()
        if latent not in ("normal", "uniform"):
            raise ValueError(f'latent is "normal" or "uniform", not {latent!r}.')
        if passes not in (None, SHARED, JOINED, SEPARATE):
            raise ValueError(f'passes is "shared", "joined" or "separate", not {passes!r}.')
        if len(generator.inputs) != len(discriminator.inputs):
            raise ValueError("Of generator and discriminator one takes a text and the other does not.")
        if balanced not in (None, "sum", "mean"):
            raise ValueError(f'balanced is None, "sum" or "mean", not {balanced!r}.')
        if discriminator_steps < 1:
            raise ValueError("discriminator_steps is 1 or more.")
        if balanced and discriminator_steps != 1:
            raise ValueError("A balanced training makes one update a step: discriminator_steps is 1.")
        self.generator = generator
        self.averaged = copied(generator)
        self.discriminator = discriminator
        self.objective = objective
        self.latent = latent
        self.discriminator_steps = discriminator_steps
        self.conditional = len(discriminator.inputs) == 2
        self.passes = passes or fastest_exact_passes(discriminator)
        self.balanced = balanced
        self.input_noise = input_noise
        self.seeds = keras.random.SeedGenerator(seed)
        if self.conditional and self.passes == SHARED:
            self.image_features = discriminator.get_layer("image_features")
            self.judgement = discriminator.get_layer("judgement")
        names = ["d_loss", "g_loss", "d_gradient", "g_gradient", "right", "fake"]
        names += ["wrong"] if self.conditional else []
        names += ["gradient_norm"] if objective.penalised else []
        self.means = {name: keras.metrics.Mean(name) for name in names}

    def compile(self, generator_optimizer, discriminator_optimizer):
        """Optimisers are built at once, so that a checkpoint can be restored before the first step."""
        super().compile(jit_compile=False)  # on a processor XLA takes longer than plain graphs
        if generator_optimizer is discriminator_optimizer:
            raise ValueError("Generator and discriminator need an optimiser each: Adam keeps state per network.")
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        generator_optimizer.build(self.generator.trainable_variables)
        discriminator_optimizer.build(self.discriminator.trainable_variables)
        self._update_discriminator = tf.function(self._discriminator_update)
        self._update_generator = tf.function(self._generator_update)

    @property
    def state(self):
        """Every variable that the next step depends on: weights, optimisers, random states; in a fixed order."""
        optimizers = (self.generator_optimizer, self.discriminator_optimizer)
        return [
            *self.generator.variables,
            *self.averaged.variables,
            *self.discriminator.variables,
            *(v for optimizer in optimizers for v in optimizer.variables),
            self.seeds.state,
        ]

    def latents(self, n):
        """`n` latent vectors, float32 [n, latent_dim]."""
        draw = keras.random.normal if self.latent == "normal" else _uniform
        return draw((n, self.generator.inputs[0].shape[1]), seed=self.seeds)

    def train_step(self, data):
        if self.balanced:
            self._balanced_update(data)
            return {name: mean.result() for name, mean in self.means.items()}
        for part in range(self.discriminator_steps):
            batch = {name: tf.split(x, self.discriminator_steps)[part] for name, x in data.items()}
            self._log(self._update_discriminator(batch))
        self._log(self._update_generator(batch))
        return {name: mean.result() for name, mean in self.means.items()}

    def _log(self, values):
        for name, value in values.items():
            self.means[name].update_state(value)

    def _balanced_update(self, batch):
        fake = self._generate(tf.shape(batch["image"])[0], batch.get("text"))
        d_loss = self._discriminator_loss(batch, fake)[0] / (2 if self.balanced == "mean" else 1)
        g_loss = self.objective.generator_loss(self._score(fake, batch.get("text")))

        def update(part):
            self._log(part(batch))
            return True

        tf.cond(
            g_loss > d_loss,
            lambda: update(self._update_discriminator),
            lambda: update(self._update_generator),
        )

    def _discriminator_loss(self, batch, fake):
        """Loss and logs of the discriminator on a batch and generated images."""
        real, text = batch["image"], batch.get("text")
        scores = self._scores(real, fake, text, batch.get("wrong_text"))
        loss = self.objective.discriminator_loss(**scores, seed=self.seeds)
        logs = {name: tf.reduce_mean(score) for name, score in scores.items()}
        if self.objective.penalised:
            penalty, logs["gradient_norm"] = self._penalty(real, fake, text)
            loss += penalty
        return loss, logs

    def _discriminator_update(self, batch):
        fake = self._generate(tf.shape(batch["image"])[0], batch.get("text"))
        variables = self.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            loss, logs = self._discriminator_loss(batch, fake)
        gradients = tape.gradient(loss, variables)
        logs["d_gradient"] = tf.linalg.global_norm(gradients)
        self.discriminator_optimizer.apply(gradients, variables)
        if self.objective.clip is not None:
            for variable in variables:
                variable.assign(tf.clip_by_value(variable, -self.objective.clip, self.objective.clip))
        return {"d_loss": loss, **logs}

    def _generator_update(self, batch):
        text = batch.get("text")
        variables = self.generator.trainable_variables
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in variables])
            fake = self._generate(tf.shape(batch["image"])[0], text)
            loss = self.objective.generator_loss(self._score(fake, text))
        gradients = tape.gradient(loss, [v.value for v in variables])
        self.generator_optimizer.apply(gradients, variables)
        average(self.averaged, self.generator, self.generator_optimizer.iterations)
        return {"g_loss": loss, "g_gradient": tf.linalg.global_norm(gradients)}

    def _generate(self, n, text):
        latents = self.latents(n)
        return self.generator([latents, text] if self.conditional else latents, training=True)

    def _score(self, image, text):
        image = self._noisy(image)
        return self.discriminator([image, text] if self.conditional else image, training=True)

    def _scores(self, real, fake, text, wrong_text):
        """Scores of right and fake pairs and, where there are texts, of real images under wrong texts."""
        if not self.conditional:
            if self.passes == SEPARATE:
                return {"right": self._score(real, None), "fake": self._score(fake, None)}
            right, fake = tf.split(self._score(tf.concat([real, fake], 0), None), 2)
            return {"right": right, "fake": fake}
        if self.passes == SEPARATE:
            right, fake = self._score(real, text), self._score(fake, text)
            return {"right": right, "fake": fake, "wrong": self._score(real, wrong_text)}
        texts = tf.concat([text, text, wrong_text], 0)
        if self.passes == JOINED:
            scores = self._score(tf.concat([real, fake, real], 0), texts)
        else:
            seen = self._noisy(tf.concat([real, fake], 0))
            of_real, of_fake = tf.split(self.image_features(seen, training=True), 2)
            scores = self.judgement([tf.concat([of_real, of_fake, of_real], 0), texts], training=True)
        return dict(zip(("right", "fake", "wrong"), tf.split(scores, 3), strict=True))

    def _noisy(self, image):
        if self.input_noise is None:
            return image
        deviation, updates = self.input_noise
        left = 1 - tf.cast(self.discriminator_optimizer.iterations, tf.float32) / updates
        return image + deviation * tf.maximum(left, 0.0) * keras.random.normal(tf.shape(image), seed=self.seeds)

    def _penalty(self, real, fake, text):
        point = self.objective.penalty_point(real, fake, seed=self.seeds)
        inputs = [point, text] if self.conditional and self.objective.text_gradient else [point]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(inputs)
            score = self._score(point, text)
        return self.objective.penalty(tape.gradient(score, inputs))


def fastest_exact_passes(discriminator):
    """The fastest of the three `passes` that gives what three calls would give.

    "separate" where layers keep a state over calls (BatchNorm, spectral norm), "joined" with dropout or noise, else
    "shared" where the image's features can be had alone.
    """
    if discriminator.non_trainable_weights:
        return SEPARATE
    if any("Dropout" in kind or "Noise" in kind for kind in _kinds(discriminator)):
        return JOINED
    return SHARED if "image_features" in {layer.name for layer in discriminator.layers} else JOINED


def _kinds(model):
    """Names of the classes of all layers, sub-models opened."""
    for layer in model.layers:
        yield from _kinds(layer) if hasattr(layer, "layers") else [type(layer).__name__]


def _uniform(shape, seed):
    return keras.random.uniform(shape, -1.0, 1.0, seed=seed)
