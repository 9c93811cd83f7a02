"""Speed of the training steps against their form at commit 9485741, at report A's full size and at `quick`, and of one
step of style transfer, against the network's own forward and backward; `make bench`.

All forms run in one process, alternating, so that a busy machine slows all; training steps are measured in processor
time, summed over threads, which does not count the time that others take. The older form has Keras's own ReLU in the
discriminators, whose second derivative is computed, and up-samples before it convolves. Work is counted from the
operations that the graph's results need, and compared with the rate of one large float32 matrix product.
"""

import argparse
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np

from hwlib.backend import keras, tf
from hwlib.experiments import resolve
from hwlib.training.gan import Settings, build

INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")
RUNS = (("report-a", "paper", 64), ("report-a", "quick", 32), ("dcgan", "quick", 32), ("wgan-gp", "quick", 32))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=6)
    rounds = parser.parse_args().rounds
    processor = Path("/proc/cpuinfo").read_text().split() if Path("/proc/cpuinfo").exists() else []
    has = [name for name in INSTRUCTIONS if name in processor]
    peak = matrix_product_rate()
    print(f"one float32 matrix product of 2048: {peak / 1e9:.0f} GFLOP/s; the processor has {', '.join(has) or '?'}")
    print(
        f"{'a step of':15} {'form':9} {'critic':>8} {'generator':>9} {'together':>8} {'GFLOP':>7} {'of old':>6} of rate"
    )
    for name, profile, size in RUNS:
        half = profile == "quick" or "avx512_bf16" in has or "amx_bf16" in has  # else minutes at full size
        training_steps(name, profile, size, half, rounds, peak)
    style_steps(rounds)


def training_steps(name, profile, size, half, rounds, peak):
    """Prints a line for each form of a run: milliseconds of one update each, and of a whole step of `fit`."""
    settings = Settings(**resolve(name, profile)[1])
    rng = np.random.default_rng(0)
    batch = {"image": tf.constant(rng.random((settings.batch_size, size, size, 3), dtype=np.float32))}
    if settings.conditional:
        text = np.eye(24, dtype=np.float32)[rng.integers(1, 24, (2, settings.batch_size))]
        batch |= {"text": tf.constant(text[0]), "wrong_text": tf.constant(text[1])}

    def updates(**override):
        model = build(Settings(**{**vars(settings), **override}), size, 24, 0)
        parts = (model._discriminator_update, model._generator_update)
        return [(tf.function(part), flops(part, batch)) for part in parts]

    layers = keras.layers

    def upsampled(filters, kernel, **options):
        return lambda x: layers.Conv2D(filters, kernel, padding="same", **options)(layers.UpSampling2D()(x))

    with (
        patch("hwlib.models.report_a.relu", layers.ReLU),
        patch.multiple("hwlib.models.report_b", relu=layers.ReLU, UpsampledConv2D=upsampled),
    ):
        forms = {"old": updates()}
    forms["now"] = updates()
    if half:
        forms["bfloat16"] = updates(precision="mixed_bfloat16")
    repeats, rounds = (5, rounds) if profile == "quick" else (1, max(1, rounds // 2))
    seconds = {(form, part): [] for form in forms for part in (0, 1)}
    for _ in range(rounds + 1):  # the first round traces the graphs
        for form, part in seconds:
            run = forms[form][part][0]
            seconds[form, part].append(np.mean([timed(run, batch, time.process_time) for _ in range(repeats)]))
    times = (settings.discriminator_steps, 1)
    old = None
    for form, parts in forms.items():
        each = [float(np.median(seconds[form, part][1:])) for part in (0, 1)]
        whole, work = np.dot(times, each), np.dot(times, [count for _, count in parts])
        old = old or whole
        print(
            f"{name + ', ' + profile:15} {form:9} {each[0] * 1e3:5.0f} ms {each[1] * 1e3:6.0f} ms "
            f"{whole * 1e3:5.0f} ms {work / 1e9:7.2f} {whole / old:6.2f} {work / whole / peak:7.2f}",
            flush=True,
        )


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


def timed(function, batch, clock=time.perf_counter):
    began = clock()
    logs = function(batch)
    float(next(iter(logs.values())))
    return clock() - began


def flops(function, batch):
    """Floating-point operations of the convolutions and matrix products that one call runs: what its results need."""
    graph = tf.function(function).get_concrete_function(batch).graph
    needed, waiting = set(), [*(tensor.op for tensor in graph.outputs), *graph.control_outputs]
    while waiting:
        op = waiting.pop()
        if op not in needed:
            needed.add(op)
            waiting += [*(tensor.op for tensor in op.inputs), *op.control_inputs]
    total = 0
    for op in needed:
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
    a = tf.random.stateless_normal((n, n), (0, 0))
    product = tf.function(lambda: tf.reduce_sum(a @ a))
    product()
    return max(2 * n**3 / timed(lambda _: {"": product()}, None, time.process_time) for _ in range(repeats))


if __name__ == "__main__":
    main()
