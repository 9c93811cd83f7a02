"""The loop that all trainings share: Keras `fit` in intervals, with checkpoint, history, samples and progress."""

from hwlib.storage import read_json_lines, write_atomically
from hwlib.training import callbacks
from hwlib.training.watching import History, Progress


def whole_intervals(steps, interval):
    """`steps` rounded up to a multiple of `interval`."""
    return -(-steps // interval) * interval


def fit(model, stream, networks, *, steps, interval, images_per_step, folder, label, watching=(), kept=None):
    """Train a compiled model to the end in `folder`, from its checkpoint if there is one, and save its networks there.

    Args:
        model: a Keras model with a `state`: every variable that the next step depends on, in a fixed order.
        stream: function of the first step that returns the batches from there on (a `tf.data.Dataset`).
        networks: file name -> Keras model, saved as `<name>.keras` at the end.
        steps: a multiple of `interval`, after which a line of history is written and, every few minutes, the
            checkpoint (`callbacks.Checkpoint`).
        images_per_step: real images that one step sees.
        label: what lines of progress begin with.
        watching: further callbacks.
        kept: a callback that keeps samples (`callbacks.Samples`, `callbacks.Drawn`), or None.

    Returns a dict: `steps`, `images_seen`, `seconds` of training, `diverged_at` (a step, or None), and `good_at`, the
    step whose state the saved networks have: the last, of a run that diverged the last good one (0 if untrained).
    """
    checkpoint = callbacks.Checkpoint(folder / "checkpoint.npz", interval)
    first_step = checkpoint.restore(model)
    history = History(folder / "history.jsonl", interval, images_per_step, first_step)
    stop = callbacks.StopOnNaN(label, interval, first_step)
    progress = Progress(label, interval, first_step)
    if first_step < steps:
        model.fit(
            stream(first_step),
            epochs=steps // interval,
            initial_epoch=first_step // interval,
            steps_per_epoch=interval,
            shuffle=False,
            verbose=0,
            callbacks=[history, stop, *([kept] if kept else []), checkpoint, progress, *watching],
        )
    for name, network in networks.items():
        write_atomically(folder / f"{name}.keras", network.save)
    ended = stop.diverged_at or steps
    return {
        "steps": ended,
        "images_seen": ended * images_per_step,
        "seconds": read_json_lines(folder / "history.jsonl")[-1]["seconds"],
        "diverged_at": stop.diverged_at,
        "good_at": stop.good_at,
    }
