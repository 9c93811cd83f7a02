"""`python -m hwlib style`: any picture in the style of any other, in one command."""

import json
import sys
from pathlib import Path


def add_style_arguments(parser):
    """The arguments of the command, for an `argparse` parser."""
    parser.add_argument("content", help="picture to draw: a file, or landscape, astronaut, cat, coffee, rocket")
    parser.add_argument("style", help="picture whose style to use: a file, or strokes, mosaic, hatch, dots")
    parser.add_argument("out", help="PNG file to write")
    parser.add_argument("--size", type=int, default=256, help="longer side in pixels (default: 256)")
    parser.add_argument("--style-size", type=int, help="the same of the style: larger for larger strokes")
    parser.add_argument("--weight", type=float, default=1000, help="style against content (default: 1000, alike)")
    parser.add_argument("--steps", type=int, default=200, help="evaluations of the losses (default: 200)")
    parser.add_argument("--also", action="append", default=[], metavar="STYLE", help="one more style to blend in")
    parser.add_argument("--blend", type=float, nargs="+", default=[], metavar="W", help="weights of the styles")
    parser.add_argument("--start", default="content", help="content, white, noise, or a picture (default: content)")
    parser.add_argument("--colours", default="style", help="those of the style or of the content (default: style)")
    parser.add_argument("--scales", type=int, default=1, help="sizes worked through, small to large (default: 1)")
    parser.add_argument("--variation", type=float, default=0.0, help="weight of smoothness (default: 0)")
    parser.add_argument("--layers", default="paper", help='"paper", "first five", or a list: conv4_2/conv1_1,conv2_1')
    parser.add_argument("--optimizer", default="L-BFGS", help="L-BFGS or Adam (default: L-BFGS)")
    parser.add_argument("--pooling", default="average", help="average or max (default: average)")
    parser.add_argument("--network", default="any", help="vgg19, vgg16, random, a weight file, any (default: any)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, help="processor threads to use (default: all)")


def draw(options):
    """Draw the picture and keep it; Ctrl-C keeps the best so far. Raises ValueError or OSError, of one line."""
    out = Path(options.out).expanduser()
    if out.suffix.lower() != ".png":
        raise ValueError(f"{out.name}: the result is a PNG file, so its name ends in .png")
    if out.exists():
        raise ValueError(f"{out} exists already: name another file, nothing is overwritten")
    if not out.absolute().parent.is_dir():
        raise ValueError(f"there is no folder {out.absolute().parent}")
    if min(options.size, options.style_size or 1, options.steps) < 1:
        raise ValueError("size and steps are whole numbers above 0")

    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    from hwlib.backend import tf
    from hwlib.data.paintings import picture
    from hwlib.storage import write_atomically
    from hwlib.style.optimise import Best
    from hwlib.style.transfer import Settings, check, feature_maps, finished, stylise
    from hwlib.training.watching import Progress

    as_they_are = ("pooling", "variation", "start", "scales", "colours", "optimizer", "steps")
    named = {name: getattr(options, name) for name in as_they_are}
    named |= {"blend": tuple(options.blend), "weights": options.network, "ratio": options.weight}
    named["content_layers"], named["style_layers"] = _layers(options.layers)
    settings = Settings(pairs=(), **named)
    check(settings)
    content = picture(options.content, options.size, options.seed)
    names = [options.style, *options.also]
    styles = [picture(name, options.style_size or options.size, options.seed) for name in names]
    network, maps = feature_maps(settings)
    print(f"network: {network}")
    progress = Progress("style", 1, 0, every=5.0)
    progress.set_params({"epochs": options.steps})
    progress.on_train_begin()
    best, interrupted = Best(lambda line: progress.on_epoch_end(line["evaluation"] - 1)), False
    try:
        image = stylise(settings, content, styles, options.seed, best, maps)
    except KeyboardInterrupt:
        if best.picture is None:
            print("hwlib: interrupted before there was a picture; nothing is kept.", file=sys.stderr)
            raise SystemExit(130) from None
        image, interrupted = finished(best.picture, content), True
    except tf.errors.ResourceExhaustedError:
        raise ValueError(f"{options.size} pixels do not fit into the memory: choose a smaller --size") from None
    told = PngInfo()
    arguments = {name: value for name, value in vars(options).items() if name not in ("command", "out", "threads")}
    told.add_text("hwlib", json.dumps({"network": network} | arguments))
    write_atomically(out, lambda p: Image.fromarray(image).save(p, "PNG", pnginfo=told))
    last = best.lines[-1]
    print(
        f"{out}: {image.shape[1]}x{image.shape[0]} pixels after {len(best.lines)} evaluations, {last['seconds']:.0f} s"
    )
    if interrupted:
        print("hwlib: interrupted; the best picture so far is kept.", file=sys.stderr)
        raise SystemExit(130)


def _layers(text):
    from hwlib.style.losses import LAYERS

    if text in LAYERS:
        return LAYERS[text]
    content, slash, style = text.partition("/")
    if not slash:
        known = ", ".join(f'"{name}"' for name in LAYERS)
        raise ValueError(f'layers are {known}, or content and style layers as conv4_2/conv1_1,conv2_1: not "{text}"')
    return tuple(filter(None, content.split(","))), tuple(filter(None, style.split(",")))
