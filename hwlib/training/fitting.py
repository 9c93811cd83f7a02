"""The loop that all trainings share: Keras `fit` in intervals, with checkpoint, history, samples and progress."""

from hwlib.storage import read_json_lines, write_atomically
from hwlib.training import callbacks


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

    Returns a dict: `steps`, `images_seen`, `seconds` of training, `diverged_at` (a step, or None).
    """
    checkpoint = callbacks.Checkpoint(folder / "checkpoint.npz", interval)
    first_step = checkpoint.restore(model)
    history = callbacks.History(folder / "history.jsonl", interval, images_per_step, first_step)
    stop = callbacks.StopOnNaN(label, interval)
    progress = callbacks.Progress(label, interval, first_step)
    if first_step < steps:
        model.fit(
            stream(first_step),
            epochs=steps // interval,
            initial_epoch=first_step // interval,
            steps_per_epoch=interval,
            shuffle=False,
            verbose=0,
            callbacks=[history, *([kept] if kept else []), stop, checkpoint, progress, *watching],
        )
    for name, network in networks.items():
        write_atomically(folder / f"{name}.keras", network.save)
    last = read_json_lines(folder / "history.jsonl")[-1]
    return {
        "steps": last["step"],
        "images_seen": last["images"],
        "seconds": last["seconds"],
        "diverged_at": stop.diverged_at,
    }
