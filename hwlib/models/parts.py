"""What discriminators are put together from."""

import keras


def with_text(image, features, text_dim, judgement, name):
    """A discriminator that sees the image first and the text later.

    Args:
        image: the Keras input; features: what the network makes of it, before it sees a text.
        judgement: function (features, text) to the score; `text` is None where `text_dim` is 0.

    Returns a model of [image, text] with the sub-models `image_features` and `judgement`, so that training can compute
    a real image's features once and judge them with two texts; a model of the image alone where `text_dim` is 0.
    """
    if not text_dim:
        return keras.Model(image, judgement(features, None), name=name)
    seen = keras.Model(image, features, name="image_features")
    text = keras.Input((text_dim,), name="text")
    features = keras.Input(seen.output.shape[1:], name="features")
    judge = keras.Model([features, text], judgement(features, text), name="judgement")
    image = keras.Input(image.shape[1:], name="image")
    text = keras.Input((text_dim,), name="text")
    return keras.Model([image, text], judge([seen(image), text]), name=name)
