"""Decoded data sets on disk: written once, complete or not at all, then memory-mapped.

A cached set is the folder `CACHE/<key>` with `images.npy` (uint8 [n, size, size, 3]), `texts.npy` (uint8 [n, 24]),
`names.json` and `meta.json`. It is built as `<key>.tmp` under a lock and renamed in one step: of two processes the
second waits and then loads, and what a killed one left is removed by the next.
"""

import hashlib
import json
import os
import shutil
import sys
import time

import numpy as np
from filelock import FileLock, Timeout

from hwlib import paths
from hwlib.data.tags import TEXT_DIM, DataError, one_line
from hwlib.storage import told_if_full


def processors():
    """Processors to use: HWLIB_THREADS if it is set, else all."""
    return int(os.environ.get("HWLIB_THREADS") or os.cpu_count() or 1)


def say(line):
    print(one_line(line), file=sys.stderr, flush=True)


def _counted(items, total, label, every=3.0):
    """Pass the items on; every few seconds say how many there were and how long the rest will take."""
    start = last = None
    for done, item in enumerate(items):
        now = time.monotonic()
        if start is None:
            start = last = now  # the first item took the start-up of its makers
        elif now - last > every:
            last = now
            say(f"{label}: {done} of {total} images, {(now - start) / done * (total - done):.0f} s left")
        yield item


def some(names, limit=3):
    """A few of the names, for a message: `a, b, c and 7 more`; a long one without its middle."""
    names = [*map(str, names)]
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(one_line(name, 90) for name in names[:limit]) + more


def place(settings):
    """Folder of the cached set that these settings describe, whether it is there or not."""
    return paths.CACHE / hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


def stored(settings, build):
    """Folder of the cached set that these settings describe; where there is none, `build(folder)` writes it first.

    settings: dict for JSON that holds all that the content depends on; its hash is the key.
    """
    folder = place(settings)
    unfinished = folder.with_name(f"{folder.name}.tmp")
    if folder.exists():
        return folder
    paths.CACHE.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.with_name(f"{folder.name}.lock"))
    try:
        lock.acquire(timeout=1)
    except Timeout:
        say("another process is preparing this data set: waiting for it")
        lock.acquire()
    try:
        if not folder.exists():
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            build(unfinished)
            unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        lock.release()
    return folder


def write(folder, items, total, image_size, about, progress):
    """Write a set into `folder`.

    items: iterable of (name, picture, text): picture uint8 [size, size, 3], or the exception that says why it could
    not be read, which becomes a note; text uint8 [24]. total: how many items at most. about: dict with `data` and
    `notes`; goes to meta.json with `n`, `image_size` and `fingerprint`.
    Raises DataError if the disk has no room or no picture could be read.
    """
    need, free = total * image_size**2 * 3 + (16 << 20), shutil.disk_usage(folder).free
    if need > free:
        raise DataError(
            f"{about['data']}: the cache needs {need >> 20} MB but the disk has {free >> 20} MB free: "
            f"{need - free >> 20} MB are missing. Make room and give the same command again, choose a smaller count or "
            "image_size, or set HWLIB_HOME to a folder on another disk"
        )
    with told_if_full(folder / "images.npy", folder / "images.npy", need):
        _write(folder, _counted(items, total, about["data"]) if progress else items, total, image_size, about)


def _write(folder, items, total, image_size, about):
    digest, names, texts, broken = hashlib.sha256(), [], np.zeros((total, TEXT_DIM), np.uint8), []
    with open(folder / "images.npy", "wb") as file:

        def header(n):
            layout = {"descr": "|u1", "fortran_order": False, "shape": (n, image_size, image_size, 3)}
            np.lib.format.write_array_header_1_0(file, layout)

        header(total)
        for name, picture, text in items:
            if isinstance(picture, Exception):
                broken.append(f"{one_line(name, 60)} ({one_line(picture, 60) or type(picture).__name__})")
                continue
            pixels = picture.tobytes()
            digest.update(pixels)
            file.write(pixels)
            texts[len(names)] = text
            names.append(name)
        file.seek(0)
        header(len(names))  # NumPy pads the header, so that a smaller number fits in place
    if not names:
        raise DataError(f"{about['data']}: no picture could be read: {some(broken)}")
    texts = texts[: len(names)]
    digest.update(texts.tobytes())
    np.save(folder / "texts.npy", texts)
    (folder / "names.json").write_text(json.dumps(names), encoding="utf-8")
    notes = about["notes"] + ([f"{len(broken)} unreadable, left out: {some(broken)}"] if broken else [])
    for note in notes:
        say(f"{about['data']}: {note}")
    meta = {**about, "notes": notes, "n": len(names), "image_size": image_size, "fingerprint": digest.hexdigest()[:16]}
    (folder / "meta.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")
