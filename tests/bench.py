"""Speed of one training step at report A's full size, against its plain form, and of one of style transfer, against
the network's own forward and backward; `make bench`.

Both forms run in one process, alternating, so that a busy machine slows both. The plain form calls the critic three
times (right, fake, wrong text), each call on its own. Work is counted from the operations of the graph and compared
with the rate of one large float32 matrix product.
"""

import argparse
import time

import numpy as np

from hwlib.backend import tf
from hwlib.experiments import resolve
from hwlib.training.gan import Settings, build


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=6)
    rounds = parser.parse_args().rounds
    settings = Settings(**resolve("report-a", "paper")[1])
    rng = np.random.default_rng(0)
    text = np.eye(24, dtype=np.float32)[rng.integers(1, 24, (2, settings.batch_size))]
    image = rng.random((settings.batch_size, 64, 64, 3), dtype=np.float32)
    batch = {"image": tf.constant(image), "text": tf.constant(text[0]), "wrong_text": tf.constant(text[1])}

    forms = {}
    for name, override in {
        "plain": {"passes": "separate"},
        "shared": {"passes": "shared"},
        "shared, bfloat16": {"passes": "shared", "precision": "mixed_bfloat16"},
    }.items():
        model = build(Settings(**{**vars(settings), **override}), 64, 24, 0)
        forms[name] = {
            "critic": (model._update_discriminator, flops(model._discriminator_update, batch)),
            "generator": (model._update_generator, flops(model._generator_update, batch)),
        }
    seconds = {(form, part): [] for form in forms for part in ("critic", "generator")}
    for _ in range(rounds + 1):  # the first round traces the graphs
        for form, part in seconds:
            seconds[form, part].append(timed(forms[form][part][0], batch))
    best = {key: float(np.median(values[1:])) for key, values in seconds.items()}

    peak = matrix_product_rate()
    print(f"one float32 matrix product of 2048: {peak / 1e9:.0f} GFLOP/s")
    print(f"{'form':18} {'critic':>10} {'generator':>10} {'together':>10} {'of plain':>9} {'GFLOP':>7} {'of rate':>8}")
    plain = best["plain", "critic"] + best["plain", "generator"]
    for form, parts in forms.items():
        critic, generator = best[form, "critic"], best[form, "generator"]
        work = sum(count for _, count in parts.values())
        print(
            f"{form:18} {critic * 1e3:7.0f} ms {generator * 1e3:7.0f} ms {(critic + generator) * 1e3:7.0f} ms "
            f"{(critic + generator) / plain:9.2f} {work / 1e9:7.0f} {work / (critic + generator) / peak:8.2f}"
        )
    style_steps(parser.parse_args().rounds)


def style_steps(rounds, size=256, steps=8):
    """Seconds of an L-BFGS step of style transfer at the paper's layers, and of VGG's forward and backward alone."""
    from hwlib.data.paintings import picture
    from hwlib.models.vgg import weights_of
    from hwlib.style.losses import LAYERS, FeatureMaps, Losses, Weighting, batch_of_one
    from hwlib.style.optimise import Best, optimise

    name, weights = weights_of("any")
    maps = FeatureMaps(weights, sum(LAYERS["paper"], ()))
    content = picture("landscape", size)
    losses, image = Losses(maps, content, [picture("strokes", size)], Weighting()), batch_of_one(content)

    @tf.function
    def network(image):
        with tf.GradientTape() as tape:
            tape.watch(image)
            deepest = maps(image)[maps.layers[-1]]
        return {"": tf.reduce_sum(tape.gradient(deepest, image))}

    whole, alone = [], []
    for _ in range(rounds + 1):
        best = Best()
        optimise(losses, content, steps, best=best)
        whole.append((best.lines[-1]["seconds"] - best.lines[0]["seconds"]) / (steps - 1))
        alone.append(np.median([timed(network, image) for _ in range(steps)]))
    whole, alone = np.median(whole[1:]), np.median(alone[1:])
    print(
        f"style transfer at {size} px, {name}: a step {whole * 1e3:.0f} ms, its network alone {alone * 1e3:.0f} ms, ",
        end="",
    )
    print(f"{whole / alone:.2f} times")


def timed(function, batch):
    began = time.perf_counter()
    logs = function(batch)
    float(next(iter(logs.values())))
    return time.perf_counter() - began


def flops(function, batch):
    """Floating-point operations of the convolutions and matrix products in one call."""
    graph = tf.function(function).get_concrete_function(batch).graph
    total = 0
    for op in graph.get_operations():
        if op.type == "MatMul":
            inner = op.inputs[0].shape[0 if op.get_attr("transpose_a") else 1]
            total += 2 * inner * np.prod(op.outputs[0].shape)
        elif op.type == "Conv2D":
            total += _convolution(op.outputs[0].shape, op.inputs[1].shape)
        elif op.type == "Conv2DBackpropInput":
            total += _convolution(op.inputs[2].shape, op.inputs[1].shape)
        elif op.type == "Conv2DBackpropFilter":
            total += _convolution(op.inputs[2].shape, op.outputs[0].shape)
    return float(total)


def _convolution(output, kernel):
    """Two operations for each kernel weight and place of the forward map `output`."""
    return 2 * np.prod(output[:3]) * np.prod(kernel)


def matrix_product_rate(n=2048, repeats=10):
    a = tf.random.normal((n, n))
    product = tf.function(lambda: tf.reduce_sum(a @ a))
    product()
    return max(2 * n**3 / timed(lambda _: {"": product()}, None) for _ in range(repeats))


if __name__ == "__main__":
    main()
