"""Files that are there as a whole or not at all."""

import errno
import io
import json
import os
import platform
import time
from bisect import bisect_right
from contextlib import contextmanager, suppress
from glob import escape


def write_atomically(path, write):
    """Call `write(temporary path)`, then put the file in place in one step: a kill leaves the old file or the new.

    What killed processes of this machine left of the same file is removed.
    """
    # With this machine's name: on a shared file system no other may remove what is being written.
    name = f"{platform.node().replace('/', '') or 'here'}.{path.name}"
    temporary = path.with_name(f".{os.getpid()}.{name}")
    for left in path.parent.glob(f".[0-9]*.{escape(name)}"):
        if not _lives(left.name.split(".")[1]):
            left.unlink(missing_ok=True)
    try:
        with told_if_full(temporary, path, path.stat().st_size if path.exists() else 0):
            write(temporary)
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def told_if_full(written, path, size):
    """Where the disk is full, say so in one line instead: an OSError that names the file and the room it lacks.

    written: the file as far as it came. path: the name it should get. size: how large it gets in bytes, or about.
    """
    try:
        yield
    except OSError as error:
        cut_short = error.errno is None and " requested and " in str(error)  # as NumPy says it
        if error.errno not in (errno.ENOSPC, errno.EDQUOT) and not cut_short:
            raise
        so_far = written.stat().st_size if written.exists() else 0
        lacks = f"{_mb(size - so_far)} are missing" if size > so_far else f"it takes more than {_mb(so_far)}"
        told = f"the disk is full, {path} is not written: {lacks}. Make room; the same command goes on."
        raise OSError(told) from None


def not_ahead(files):
    """Move times of change that lie ahead back to now, in their order; returns how many.

    The clock was set back, or another machine's is fast: whatever is made now would be older than what it is made from.
    """
    times, moved = {}, 0
    for path in files:
        with suppress(OSError):  # another process works here, too
            times[path] = path.stat().st_mtime
    now = time.time()
    ahead = sorted(changed for changed in times.values() if changed > now + 1)
    for path in (path for path, changed in times.items() if changed > now + 1):
        with suppress(OSError):
            then = now - 1 + bisect_right(ahead, times[path]) / len(ahead)
            os.utime(path, (then, then))
            moved += 1
    return moved


def _lives(process):
    """Whether there is a process of this number, or what should be its number is none."""
    try:
        with suppress(PermissionError, ValueError, OverflowError):  # somebody else's, or no name of ours
            os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    return True


def _mb(size):
    """Bytes in MB, rounded up: 0.1 MB, 12 MB."""
    return f"{max(1, -(-size * 10 >> 20)) / 10:.1f} MB" if size < 10 << 20 else f"{-(-size >> 20):,} MB"


def write_bytes(path, content):
    """Write bytes in one step, in a folder that is made if it is missing; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lambda temporary: temporary.write_bytes(content))
    return path


def write_json(path, content):
    """Write `content` as indented JSON in the same way; returns nothing."""
    write_bytes(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())


def encoded(image, form, **options):
    """A PIL image as the bytes of a file: form "PNG", "JPEG" ...; options are those of its `save`."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def read_json_lines(path):
    """The lines of a file as dicts, none where there is no file; a last line cut short by a kill is left out."""
    rows = []
    with suppress(json.JSONDecodeError):
        for line in path.read_text().splitlines() if path.exists() else ():
            rows.append(json.loads(line))
    return rows
