"""Command line: prepare data, train and list runs, execute notebooks, write the report."""

import argparse
import os
import sys
from pathlib import Path

from hwlib.style.command import add_style_arguments


def main(arguments=None):
    """Run one command; returns the exit status. A mistake of the user's is told in one line."""
    options = _parser().parse_args(arguments)
    if getattr(options, "threads", None):
        os.environ["HWLIB_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(options.threads)
    try:
        COMMANDS[options.command](options)
    except (ValueError, OSError, RuntimeError) as error:
        if os.environ.get("HWLIB_DEBUG"):
            raise
        print(f"hwlib: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nhwlib: interrupted; the same command goes on from the last checkpoint.", file=sys.stderr)
        return 130
    return 0


def prepare_data(options):
    """Prepare the data set of a profile."""
    from hwlib.runs import load_images

    profile, data, *_ = _what(options)
    images = load_images(profile, data)
    print(f"data: {images.about['data']}, {len(images):,} images, fingerprint {images.fingerprint}")


def train(options):
    """Train an experiment, or resume it."""
    from hwlib.runs import Run

    run = Run(options.experiment, *_what(options)[:3])
    if run.record:
        print(f"{run.label}: finished already, in data/runs/{run.key}")
        return
    extra = []
    if options.tensorboard:
        from hwlib.backend import keras

        extra = [keras.callbacks.TensorBoard(run.folder / "tensorboard", write_graph=False)]
    result = run.train(extra)["result"]
    numbers = (
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in result.items()
    )
    print(f"{run.label}: {', '.join(numbers)}")


def list_runs(options):
    """List all experiments and how far their runs are."""
    from hwlib.experiments import EXPERIMENTS
    from hwlib.runs import Run

    for name, experiment in EXPERIMENTS.items():
        run = Run(name, *_what(options)[:3])
        history = run.history
        state = "finished" if run.record else f"at step {history[-1]['step']:,}" if history else "not begun"
        print(f"{run.key}  {state:16}  {name}: {experiment['about']}")


def execute(options):
    """Execute a notebook and publish its figures."""
    from hwlib import chain

    chain.execute(options.notebook, *_what(options))


def report(options):
    """Write the PDF from the executed notebooks."""
    from hwlib import chain

    print(f"report: {chain.report(*_what(options))}")


def page(options):
    """Write the HTML page of an executed notebook."""
    from hwlib import chain

    chain.page(options.notebook, *_what(options))


def style(options):
    """Draw a picture in the style of others, your own or drawn ones."""
    from hwlib.style import command

    command.draw(options)


COMMANDS = {
    "data": prepare_data,
    "train": train,
    "list": list_runs,
    "execute": execute,
    "report": report,
    "page": page,
    "style": style,
}


def _parser():
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--profile", default="quick", help="smoke, quick, study or paper (default: quick)")
    common.add_argument("--data", default="avatars", help="avatars, avatars:course, or a folder or zip of images")
    common.add_argument("--seed", type=int, default=0)
    common.add_argument("--seeds", type=int, default=0, help="how many seeds notebooks use (0: as the profile says)")
    parser = argparse.ArgumentParser(prog="python -m hwlib", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    added = {
        name: commands.add_parser(name, parents=[common] * (name != "style"), help=f.__doc__)
        for name, f in COMMANDS.items()
    }
    add_style_arguments(added["style"])
    added["train"].add_argument("experiment", help="name in hwlib/experiments.py")
    added["train"].add_argument("--threads", type=int, help="processor threads to use (default: all)")
    added["train"].add_argument(
        "--tensorboard", action="store_true", help="write TensorBoard logs into the run's folder"
    )
    for name in ("execute", "page"):
        added[name].add_argument("notebook", help='such as "01-model"')
    return parser


def _what(options):
    from hwlib.data import DRAWN

    data = options.data if options.data in DRAWN else str(Path(options.data).expanduser().absolute())
    return options.profile, data, options.seed, options.seeds


if __name__ == "__main__":
    sys.exit(main())
