"""What a process writes, seen by an audit hook: a fault can be put at exactly the third checkpoint, and only there.

`watch` counts the writing events of all processes under one home by the kind of file, and at the one that was asked for
kills the process group or makes every later writing fail as on a file system that is read-only. C libraries that write
by themselves are not seen; all of this project's files get their names by a rename, which is.
"""

import errno
import os
import re
import signal
import sys
import threading
import time
from pathlib import Path

KINDS = {
    r"data/runs/[^/]+/\.?[^/]*checkpoint": "checkpoint",
    r"data/runs/[^/]+/\.?[^/]*record": "record",
    r"data/runs/[^/]+/\.?[^/]*history": "history",
    r"data/runs/[^/]+/[^/]*(measures|curve|colours)": "measures",
    r"data/runs/[^/]+/[^/]*(samples|generator|discriminator|classifier)": "networks",
    r"data/cache/": "cache",
    r"build/": "build",
    r"figures/": "published",
    r"report/": "report",
}
"""Regular expression of a path under the home -> the kind of file."""

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CHANGES = {"os.rename": 1, "os.remove": 0, "os.mkdir": 0, "os.rmdir": 0, "os.truncate": 0, "shutil.rmtree": 0}
"""Audit event -> which of its arguments is the file."""


def watch(home, counts, kind="", number=0, fault="", delay=0.0, session=None):
    """From now on count this process's writings, and at `number` (of 1, 2 ...) of a kind let the fault happen.

    counts: an empty folder that all processes share. fault: "kill", so many seconds after the event (0: before it), or
    "read-only". session: whose process group is killed; None for this process's.
    """
    home, counts = Path(home).resolve(), Path(counts)

    def happened(event, arguments):
        path = _written(event, arguments)
        if path is None or not (inside := _inside(home, path)):
            return
        found = kind_of(inside)
        here = found and _count(counts / found) == number and found == kind
        if here and fault == "read-only":
            (counts / "read-only").touch()
        if (counts / "read-only").exists():
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        if here and fault == "kill":
            _kill(session or os.getpgid(0), delay)

    sys.addaudithook(happened)


def _written(event, arguments):
    """The file that an audit event writes, None if it does not."""
    if event == "open":
        path, mode, flags = arguments
        if not isinstance(path, str | bytes | os.PathLike):
            return None
        writes = any(letter in mode for letter in "wax+") if isinstance(mode, str) else (flags or 0) & WRITING
        return os.fsdecode(path) if writes else None
    path = arguments[CHANGES[event]] if event in CHANGES else None
    return os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else None


def kind_of(inside):
    """Kind of a file by its path from the home on; None for one that is not made."""
    return next((kind for pattern, kind in KINDS.items() if re.match(pattern, inside)), None)


def _inside(home, path):
    """The path from the home on, "" outside of it."""
    relative = os.path.relpath(os.path.abspath(path), home)
    return "" if relative.startswith("..") else relative


def _count(path):
    """Add one event; returns how many there are."""
    with open(path, "ab") as file:
        file.write(b".")
        file.flush()
        return os.fstat(file.fileno()).st_size


def _kill(group, delay):
    if not delay:
        os.killpg(group, signal.SIGKILL)

    def later():
        time.sleep(delay)
        os.killpg(group, signal.SIGKILL)

    threading.Thread(target=later, daemon=True).start()
