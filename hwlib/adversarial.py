"""Adversarial training as one `keras.Model`, driven by `fit`."""

from hwlib.backend import keras, tf

SHARED, JOINED, SEPARATE = "shared", "joined", "separate"


class Adversarial(keras.Model):
    """A generator and a discriminator that train each other.

    One step of `fit` is `discriminator_steps` updates of the discriminator, each on a batch of its own, then
    `generator_steps` updates of the generator, each on latents of its own. So the data set yields batches of
    `discriminator_steps` times the batch size (see `hwlib.data.pipeline.batches`).

    Args:
        generator, discriminator: Keras models (see `hwlib.models`), conditional both or neither.
        objective: a `hwlib.objectives.base.Objective`.
        latent: "normal" or "uniform" on [-1, 1].
        passes: how the discriminator is called on right, fake and wrong pairs. "separate": three calls, as with
            BatchNorm, where a real and a fake image must not meet in one batch (ganhacks tip 4). "joined": one call on
            all three. "shared": one call in which a true image's features are computed once for both of its texts
            (needs `hwlib.models.parts.with_text`; exact without dropout). None takes the fastest exact one.
        seed: of latents, mix factors and random labels.

    Scores and losses logged: `d_loss` (with penalty), `g_loss`, `right`, `fake`, `wrong`, `gradient_norm`; each is the
    mean over an epoch of `fit`.
    """

    def __init__(
        self,
        generator,
        discriminator,
        objective,
        latent="normal",
        discriminator_steps=1,
        generator_steps=1,
        passes=None,
        seed=0,
    ):
        super().__init__()
        if latent not in ("normal", "uniform"):
            raise ValueError(f'latent is "normal" or "uniform", not {latent!r}.')
        if passes not in (None, SHARED, JOINED, SEPARATE):
            raise ValueError(f'passes is "shared", "joined" or "separate", not {passes!r}.')
        if len(generator.inputs) != len(discriminator.inputs):
            raise ValueError("Of generator and discriminator one takes a text and the other does not.")
        if discriminator_steps < 1 or generator_steps < 1:
            raise ValueError("discriminator_steps and generator_steps are 1 or more.")
        self.generator = generator
        self.discriminator = discriminator
        self.objective = objective
        self.latent = latent
        self.discriminator_steps = discriminator_steps
        self.generator_steps = generator_steps
        self.conditional = len(discriminator.inputs) == 2
        self.passes = passes or fastest_exact_passes(discriminator)
        self.seeds = keras.random.SeedGenerator(seed)
        if self.conditional and self.passes == SHARED:
            self.image_features = discriminator.get_layer("image_features")
            self.judgement = discriminator.get_layer("judgement")
        names = ["d_loss", "g_loss", "right", "fake"]
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
            *self.discriminator.variables,
            *(v for optimizer in optimizers for v in optimizer.variables),
            self.seeds.state,
        ]

    def latents(self, n):
        """`n` latent vectors, float32 [n, latent_dim]."""
        draw = keras.random.normal if self.latent == "normal" else _uniform
        return draw((n, self.generator.inputs[0].shape[1]), seed=self.seeds)

    def train_step(self, data):
        for part in range(self.discriminator_steps):
            batch = {name: tf.split(x, self.discriminator_steps)[part] for name, x in data.items()}
            self._log(self._update_discriminator(batch))
        for _ in range(self.generator_steps):
            self._log(self._update_generator(batch))
        return {name: mean.result() for name, mean in self.means.items()}

    def _log(self, values):
        for name, value in values.items():
            self.means[name].update_state(value)

    def _discriminator_update(self, batch):
        real, text, wrong_text = batch["image"], batch.get("text"), batch.get("wrong_text")
        fake = self._generate(tf.shape(real)[0], text)
        with tf.GradientTape() as tape:
            scores = self._scores(real, fake, text, wrong_text)
            loss = self.objective.discriminator_loss(**scores, seed=self.seeds)
            logs = {name: tf.reduce_mean(score) for name, score in scores.items()}
            if self.objective.penalised:
                penalty, logs["gradient_norm"] = self._penalty(real, fake, text)
                loss += penalty
        variables = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(tape.gradient(loss, variables), variables)
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
        self.generator_optimizer.apply(tape.gradient(loss, [v.value for v in variables]), variables)
        return {"g_loss": loss}

    def _generate(self, n, text):
        latents = self.latents(n)
        return self.generator([latents, text] if self.conditional else latents, training=True)

    def _score(self, image, text):
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
            of_real, of_fake = tf.split(self.image_features(tf.concat([real, fake], 0), training=True), 2)
            scores = self.judgement([tf.concat([of_real, of_fake, of_real], 0), texts], training=True)
        return dict(zip(("right", "fake", "wrong"), tf.split(scores, 3), strict=True))

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
    kinds = {type(layer).__name__ for layer in discriminator._flatten_layers()}
    if any("Dropout" in kind or "Noise" in kind for kind in kinds):
        return JOINED
    return SHARED if "image_features" in {layer.name for layer in discriminator.layers} else JOINED


def _uniform(shape, seed):
    return keras.random.uniform(shape, -1.0, 1.0, seed=seed)
