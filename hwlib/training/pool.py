"""A pool of earlier images, for a discriminator that shall not forget them."""

from hwlib.backend import keras, tf


class ImagePool(keras.layers.Layer):
    """The last translations, so that a discriminator also judges older ones (Shrivastava et al. 2017, section 2.3).

    Called with new images [batch, size, size, 3] it gives as many back. Until it is full it keeps and returns the new
    ones. From then on each is returned with probability one half; else an image of the pool is, and the new one takes
    its place. Its images are variables, so that a checkpoint holds them. Raises ValueError for a pool smaller
    than a batch.
    """

    def __init__(self, size, batch_size, image_shape, seeds):
        super().__init__(dtype="float32", trainable=False)
        if size < batch_size:
            raise ValueError(f"A pool holds a batch at least: {size} images are fewer than {batch_size}.")
        self.size = size
        self.batch_size = batch_size
        self.seeds = seeds
        self.images = self.add_weight(shape=(size, *image_shape), initializer="zeros", trainable=False, name="images")
        self.filled = self.add_weight(shape=(), initializer="zeros", dtype="int32", trainable=False, name="filled")
        self.built = True

    def call(self, new):
        n = self.batch_size
        full = self.filled >= self.size
        shuffled = tf.argsort(keras.random.uniform((self.size,), seed=self.seeds))[:n]
        slots = tf.where(full, shuffled, (self.filled + tf.range(n)) % self.size)
        older = tf.gather(self.images.value, slots)
        swapped = full & (keras.random.uniform((n,), seed=self.seeds) < 0.5)
        swapped = tf.reshape(swapped, (n, 1, 1, 1))
        kept = tf.where(swapped | ~full, new, older)
        self.images.assign(tf.tensor_scatter_nd_update(self.images.value, slots[:, None], kept))
        self.filled.assign(tf.minimum(self.filled + n, self.size))
        return tf.where(swapped, older, new)
