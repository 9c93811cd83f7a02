"""Runs as jobs: which share a process, and what a job asks of a cluster: threads, memory, time, a GPU.

What is asked for follows from the run alone, never from the machine that submits, so that a job that is sent again, and
what runs inside it, has the same numbers. The constants are measured (docs/scale.md says where), on the slower of two
machines; what is faster ends earlier.
"""

import importlib.util
import math
import os
from functools import cache

from hwlib import experiments
from hwlib.runs.store import load_images

RUNS_A_PROCESS, WORK_A_PROCESS = 6, 6000
MEASURING = 500
"""Updates that take about as long as measuring a generator does."""

START_UP = 15
"""Minutes that a job gets beside its training: imports on a slow file system, and measuring its runs."""
GPU_FROM = 60
"""Minutes of training on a processor from which a run is worth a GPU."""


def batches(runs):
    """Runs put together into lists that one process each trains, the longest first.

    TensorFlow's import takes as long as a short run, so a process trains a few, of `WORK_A_PROCESS` updates together.
    Long ones come first, so that none is left alone at the end while other processors have nothing to do.
    """
    found, left = [], 0
    for run in sorted(runs, key=lambda run: run.work, reverse=True):
        if not found or run.work + MEASURING > left or len(found[-1]) == RUNS_A_PROCESS:
            found, left = [*found, []], WORK_A_PROCESS
        found[-1].append(run)
        left -= run.work + MEASURING
    return found


def threads(runs):
    """Processor threads of a job that trains `runs`: 1 for small networks, which gain little from a second one."""
    longest = max(_seconds_an_update(run) for run in runs)
    return 1 if longest < 1 else 2 if longest < 4 else 8


def minutes(runs):
    """Time of a job that trains `runs`, on one thread of a slow processor and half as much again, in whole minutes."""
    return START_UP + math.ceil(1.5 / 60 * sum(map(seconds, runs)))


def seconds(run):
    """Time of a run's training on one thread of a slow processor."""
    return _seconds_an_update(run) * _updates(run)


def needs(runs):
    """What a job that trains `runs` asks for, as Snakemake's resources.

    mem_mb: of memory. runtime: minutes, at most those of HWLIB_LIMIT, the longest that the cluster lets a job run (24
    hours if it is not set); a longer run is sent again (`retries`) and goes on from its checkpoint. gpu: 1 for a run of
    more than an hour where the environment has CUDA (the extra `cuda`), else 0.
    """
    asked, gpu = minutes(runs), bool(importlib.util.find_spec("nvidia")) and minutes(runs) > GPU_FROM
    return {"mem_mb": max(map(_megabytes, runs)), "runtime": min(asked, limit()), "gpu": int(gpu)}


def retries(runs):
    """How often a job is sent again: as often as its runs need for their length, and three times for bad luck."""
    return math.ceil(minutes(runs) / limit()) + 2


def limit():
    """Minutes that the cluster lets a job run, from HWLIB_LIMIT; ValueError for what is no such number."""
    told = os.environ.get("HWLIB_LIMIT") or "1440"
    if not told.isdigit() or not int(told):
        raise ValueError(f"HWLIB_LIMIT is {told!r}: say in whole minutes how long a job may run, as HWLIB_LIMIT=240.")
    return int(told)


@cache
def _images(profile, data):
    return len(load_images(profile, data))


def _area(run):
    """Pixels of an image, in those of 64x64."""
    return (experiments.PROFILES[run.profile]["image_size"] / 64) ** 2


def _task(run):
    return run.task.partition(":")[0].rpartition(".")[2]


def _batch_size(run):
    """Images of a data set in a batch, where the settings do not say as many as the training has without them."""
    return run.settings.get("batch_size", {"cyclegan": 8, "domain_classifier": 32}.get(_task(run), 64))


def _updates(run):
    """Updates of one network, evaluations of a style transfer, or batches of a classifier."""
    settings, task = run.settings, _task(run)
    if task == "transfer":
        return settings.get("steps", 500) * len(settings["pairs"])
    critic = settings.get("discriminator_steps", 1) if task == "gan" else 0
    a_batch = _batch_size(run) * max(1, critic)
    if not (steps := settings.get("steps")):
        steps = settings["epochs"] * max(1, max(_images(run.profile, one) for one in run.sets) // a_batch)
    return steps * (critic + 1)


def _seconds_an_update(run):
    """Seconds of one of `_updates`, on one thread of the slower machine."""
    settings, area = run.settings, _area(run)
    size = area * settings.get("width", 1.0) ** 2
    match _task(run):
        case "gan":
            return _batch_size(run) * (0.0009 + 0.082 * size)
        case "cyclegan":  # a batch of 8 of report A's takes no longer than one image of the published one's
            return 0.05 + 4.8 * size
        case "transfer":
            return 0.17 * (settings.get("size", 512) / 64) ** 2
        case _:  # a classifier's or the colouriser's batch of 64, with 32 filters
            return 1.0 * area


def _megabytes(run):
    """Memory of one run, in MB: TensorFlow and a data set, and the activations of a batch."""
    settings, area = run.settings, _area(run)
    if _task(run) == "transfer":
        return 2000 + round(1600 * (settings.get("size", 512) / 512) ** 2)
    return 2000 + round(20 * _batch_size(run) * area * settings.get("width", 1.0))
