"""Train the runs of the reports, use them, write the reports, and make one of your own."""

import argparse
import math
import os
import signal
import sys
from functools import partial
from pathlib import Path

from hwlib import paths
from hwlib.inference.style import add_style_arguments


def main(arguments=None):
    """Run one command; returns the exit status. A mistake of the user's is told in one line."""
    options = _parser().parse_args(arguments)
    if getattr(options, "threads", None):
        os.environ["HWLIB_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(options.threads)
    for name in ("HWLIB_HOME", "HWLIB_PHOTOS", "HWLIB_VGG19", "HWLIB_CASCADE"):
        if place := os.environ.get(name):  # notebooks and trainings may run in a folder of their own
            os.environ[name] = str(Path(place).expanduser().absolute())
    if paths.OWN:  # also for what is started in another folder
        os.environ["HWLIB_REPORT"] = str(paths.OWN)
    try:
        COMMANDS[options.command](options)
        sys.stdout.flush()
    except BrokenPipeError:  # `hwlib list | head`: the reader has seen enough, and what was begun may not be finished
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except (ValueError, OSError, RuntimeError, ArithmeticError, MemoryError) as error:
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
    from hwlib.data import tags
    from hwlib.runs.store import load_images

    profile, data, _ = _what(options)
    images = load_images(profile, data)
    hair, eyes = (images.texts[:, part].sum(1) == 1 for part in (tags.HAIR_COLUMNS, tags.EYES_COLUMNS))
    if options.tagged and (count := (hair & eyes).sum()) < 20:
        raise ValueError(
            f"{images.about['data']}: the report needs 20 images whose tags name one hair and one eye colour, and "
            f"{count} do (tags.csv: data/README.md). A run without texts needs none: .venv/bin/hwlib train dcgan."
        )
    print(f"data: {images.about['data']}, {len(images):,} images, fingerprint {images.fingerprint}")


def train(options):
    """Train experiments one after the other, or resume them."""
    for run in [_run(name, options) for name in options.experiment]:
        if run.record:
            print(f"{run.label}: finished already, in {run.folder}")
            continue
        extra = []
        if options.tensorboard:
            from hwlib.backend import keras

            extra = [keras.callbacks.TensorBoard(run.folder / "tensorboard", write_graph=False)]
        result = run.train(extra)["result"]
        if options.measure:
            measure(run)
        numbers = (
            f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in result.items()
        )
        print(f"{run.label}: {', '.join(numbers)}", flush=True)


def measure(run):
    """Measure a finished GAN here, where TensorFlow is at hand already, so that no notebook has to."""
    from hwlib.runs.evaluation import evaluator

    if run.task == "hwlib.training.gan:train" and len(run.sets) == 1:
        judge = evaluator(run.profile, run.sets[0])
        judge.run(run)
        judge.colours(run)


def generate(options):
    """Draw the images that a course asks for with a trained run."""
    from hwlib.inference import coursework

    run = _run(options.experiment, options)
    if run.task != "hwlib.training.gan:train":
        raise ValueError(f"{run.name} draws no images; a GAN such as report-a or dcgan does.")
    if not run.finished:
        raise ValueError(f"{run.label} is not trained: {run.command}")
    folder = Path(options.output)
    if not options.test_text:
        coursework.write_grid_of_noise(run, folder / "gan.png", raw=options.raw)
        print(f"the 5x5 grid in {folder / 'gan.png'}")
        return
    paths = coursework.write_samples(run, options.test_text, folder, raw=options.raw)
    print(f"{len(paths)} images in {folder}")
    if len(paths) == coursework.GRID * coursework.SAMPLES:
        coursework.write_grid(run, options.test_text, folder / "cgan.png", raw=options.raw)
        print(f"the 5x5 grid in {folder / 'cgan.png'}")


def list_runs(options):
    """List all experiments and how far their runs are."""
    from hwlib.experiments import EXPERIMENTS
    from hwlib.runs.store import Run

    for name, experiment in EXPERIMENTS.items():
        run = Run(name, *_what(options))
        there = run.prepared  # else its key would draw or read them
        history = there and run.history
        state = f"at step {history[-1]['step']:,}" if history else "not begun" if there else "no data yet"
        state = "finished" if there and run.record else state
        print(f"{run.key if there else '–':16}  {state:16}  {name}: {experiment['about']}")


def execute(options):
    """Execute a notebook and publish its figures."""
    from hwlib.report import chain

    executed, figures = chain.execute(options.notebook, *_what(options), options.seeds)
    print(f"{options.notebook}: {executed}, figures in {figures}")


def report(options):
    """Write the report, PDF, HTML and pages, from the executed notebooks."""
    from hwlib.report import chain

    forms = (options.form,) if options.form else ("pdf", "html")
    print(f"report: {chain.report(*_what(options), options.seeds, forms)}")


def play(options):
    """Write one page in which to draw faces with the trained generators."""
    from hwlib.report import play as page

    path = page.write(*_what(options))
    print(f"play: {path} ({path.stat().st_size / 1e6:.1f} MB)")


def translate(options):
    """Translate pictures of one's own with a trained CycleGAN."""
    from hwlib.inference.translation import translate

    run = _run(options.run, options)
    written = translate(run, options.pictures, options.direction, options.out)
    print(f"{len(written)} translated by {run.label}, {options.direction}: {options.out}")


def style(options):
    """Draw a picture in the style of others, your own or drawn ones."""
    from hwlib.inference import style as command

    command.draw(options)


def settle(options):
    """Train what open claims need next, look by look, until they are decided."""
    from hwlib.claims import settle

    profile, data, _ = _what(options)
    on = (options.executor, options.jobs) if options.executor else None
    if options.search:
        settle.search_rates(profile, data, on)
    else:
        settle.settle(profile, data, options.hours, on=on)


def new(options):
    """Begin a report of your own: a folder with a notebook, an experiment and a claim."""
    from hwlib.report.new import create

    folder = create(options.name)
    files = ", ".join(sorted(path.name for path in folder.iterdir()))
    print(f"{folder.name}: {files}\nmake report REPORT={folder.name} trains, executes, judges and typesets it.")


def completion(options):
    """Print what completes this command in bash and zsh: source <(hwlib completion)."""
    from hwlib.experiments import EXPERIMENTS, PROFILES
    from hwlib.report import notebooks

    after = {"train": EXPERIMENTS, "generate": EXPERIMENTS, "execute": notebooks.names()}
    commands = next(one for one in _parser()._actions if one.dest == "command").choices
    cases = [
        f'{name}) words="{" ".join([*command._option_string_actions, *after.get(name, ())])}" ;;'
        for name, command in commands.items()
    ]
    print(COMPLETION.format(cases="\n    ".join(cases), commands=" ".join(commands), profiles=" ".join(PROFILES)))


COMPLETION = """\
[ -n "$ZSH_VERSION" ] && autoload -U +X bashcompinit && bashcompinit
_hwlib() {{
  local words
  case "${{COMP_WORDS[1]}}" in
    {cases}
  esac
  [ "$COMP_CWORD" = 1 ] && words="{commands}"
  [ "${{COMP_WORDS[COMP_CWORD-1]}}" = --profile ] && words="{profiles}"
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _hwlib hwlib"""

COMMANDS = {"data": prepare_data, "train": train, "list": list_runs}
COMMANDS |= {f.__name__: f for f in (generate, translate, execute, report, play, style, settle, new, completion)}

EXAMPLES = """\
examples:
  hwlib list                            what there is to train, and how far it is
  hwlib train report-a --profile smoke  one run, here in seconds
  hwlib generate report-a data/test-text.txt
  hwlib new my-report                   a report of your own

`hwlib COMMAND --help` says more of each; `make report` does all of it in order.
"""


def _parser():
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--profile", default="quick", help="smoke, quick, study, epoch-30 or paper (default: quick)")
    common.add_argument("--data", default="avatars", help="avatars, avatars:course, or a folder or zip of images")
    common.add_argument("--seed", type=_whole, default=0, help="the first seed (default: 0)")
    width = partial(argparse.RawDescriptionHelpFormatter, max_help_position=28, width=100)
    parser = argparse.ArgumentParser("hwlib", description=__doc__, epilog=EXAMPLES, formatter_class=width)
    commands = parser.add_subparsers(dest="command", required=True, title="commands", metavar="COMMAND")
    for name, f in COMMANDS.items():
        parents = [common] * (name not in ("style", "new", "completion"))
        told = {"help": f.__doc__[0].lower() + f.__doc__[1:].rstrip("."), "description": f.__doc__}
        commands.add_parser(name, parents=parents, formatter_class=width, **told)
    add_style_arguments(commands.choices["style"])
    add = {name: one.add_argument for name, one in commands.choices.items()}
    add["data"]("--tagged", action="store_true", help="refuse images with too few tags for the report")
    add["train"]("experiment", nargs="+", help="name in hwlib/experiments, or name:seed")
    add["train"]("--threads", type=int, help="processor threads to use (default: all)")
    add["train"]("--measure", action="store_true", help="measure each generator, too")
    add["train"]("--tensorboard", action="store_true", help="write TensorBoard logs into the run's folder")
    add["generate"]("experiment", help="a trained one, such as report-a, or name:seed")
    texts = "lines of `id,<hair> hair <eyes> eyes`; none for an experiment without texts"
    add["generate"]("test_text", nargs="?", help=texts)
    add["generate"]("--output", default="samples", help="folder (default: samples)")
    add["generate"]("--raw", action="store_true", help="weights of the last update, not their average")
    add["translate"]("pictures", nargs="+", help="picture files, or folders of them")
    add["translate"]("--run", default="cyclegan", help="a trained CycleGAN (default: cyclegan)")
    add["translate"]("--direction", default="a-to-b", help="a-to-b (default) or b-to-a")
    add["translate"]("--out", default="translated", help="folder for the PNG files")
    for name in ("execute", "report"):
        told = "how many seeds the notebooks use (default: as many as the profile says)"
        add[name]("--seeds", type=_whole, default=0, help=told)
    add["report"]("--form", choices=("pdf", "html"), help="one of the two alone")
    add["settle"]("--hours", type=float, default=math.inf, help="stop after so long (default: when done)")
    add["settle"]("--search", action="store_true", help="search for the profile's learning rates instead")
    add["settle"]("--executor", help="train on a cluster, by this executor plug-in, such as slurm")
    add["settle"]("--jobs", type=int, default=64, help="jobs on the cluster at once (default: 64)")
    add["execute"]("notebook", help='such as "01-model"')
    add["new"]("name", help="of the report's folder, beside hwlib")
    return parser


def _whole(text):
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 on")
    return int(text)


def _run(name, options):
    """The run of a name, or of name:seed."""
    from hwlib.runs.store import Run

    profile, data, seed = _what(options)
    name, colon, own = name.partition(":")
    if colon and not own.isdigit():
        raise ValueError(f"{name}: a seed is a whole number, as in {name}:3.")
    return Run(name, profile, data, int(own or seed))


def _what(options):
    from hwlib.data import DRAWN

    data = options.data if options.data in DRAWN else str(Path(options.data).expanduser().absolute())
    return options.profile, data, options.seed


if __name__ == "__main__":
    sys.exit(main())
