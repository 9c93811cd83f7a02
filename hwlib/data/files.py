"""Pictures in a folder or a zip, with or without a file of tags: the course's data of either year, CelebA, one's own.

The format is recognised by content. A zip is read where it lies, never unpacked, and a folder is never changed.
"""

import contextlib
import hashlib
import os
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

import numpy as np

from hwlib import paths
from hwlib.data import images, tags
from hwlib.data.cache import processors, some
from hwlib.data.tags import TEXT_DIM, DataError

TAG_FILES = ("tags_clean.csv", "tags.csv")  # the course's names of 2017 and 2018, preferred to any other *.csv
CELEBA = re.compile(r"list_(\w+_celeba|eval_partition)\.csv")  # these come with it, and hold no hair and eye colours


def _wanted(name):
    """Whether the reader looks at a file: pictures and CSV files that are not hidden."""
    parts = name.split("/")
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return not hidden and parts[-1].lower().endswith((*images.SUFFIXES, ".csv"))


def _scan(folder, prefix=""):
    """(relative name, directory entry) of the files in a folder that the reader looks at."""
    for entry in os.scandir(folder):
        name = prefix + entry.name
        if entry.is_dir():
            yield from _scan(entry.path, f"{name}/")
        elif _wanted(name):
            yield name, entry


def digest(path):
    """SHA-256 over the content of a file, or of a folder's names and files.

    It is remembered by name, size and time of change: asking again takes 1 ms for a zip, 0.2 s for 36,740 files.
    """
    found = sorted(_scan(path)) if path.is_dir() else [("", path)]
    state = [(name, entry.stat().st_size, entry.stat().st_mtime_ns) for name, entry in found]
    known = paths.CACHE / "digests" / hashlib.sha256(repr((str(path.resolve()), state)).encode()).hexdigest()[:32]
    if not known.exists():
        content = hashlib.sha256()
        for name, entry in found:
            with open(entry, "rb") as file:
                content.update(f"{name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
        known.parent.mkdir(parents=True, exist_ok=True)
        fresh = known.with_suffix(f".{os.getpid()}")
        fresh.write_text(content.hexdigest())
        fresh.replace(known)
    return known.read_text()


@contextlib.contextmanager
def _opened(path):
    """The names of a data set's files, and a function that reads one of them; threads may share it."""
    if path.is_dir():
        entries = dict(_scan(path))
        yield list(entries), lambda name: Path(entries[name]).read_bytes()
        return
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise DataError(f"{path.name} is no zip, or not a whole one ({error}): fetch it again") from None
    with archive:
        members = {info.filename.replace("\\", "/"): info for info in archive.infolist() if not info.is_dir()}
        yield [name for name in members if _wanted(name)], lambda name: archive.read(members[name])


def _tag_file(names, data):
    """The one tag file among the names, or None."""
    sheets = [name for name in names if name.lower().endswith(".csv") and not CELEBA.search(name)]
    for preferred in (*TAG_FILES, None):
        found = [name for name in sheets if preferred in (None, PurePosixPath(name).name)]
        if len(found) > 1:
            raise DataError(f"{data} holds {len(found)} tag files, {some(found)}: leave one, or name one tags.csv")
        if found:
            return found[0]
    return None


def _texts(sheet, read, pictures):
    """Picture name -> text vector by the rows of the tag file, and the ids of rows that fit no picture."""
    try:
        lines = read(sheet).decode("utf-8").split("\n")
    except Exception as error:  # not UTF-8, or damaged in the zip in one of many ways
        raise DataError(f"{sheet} cannot be read as UTF-8 text: {error}") from None
    rows = tags.read_tags_csv(lines, sheet)
    named = {}
    for picture in pictures:
        for key in (PurePosixPath(picture).stem, PurePosixPath(picture).name):
            named.setdefault(key, []).append(picture)
    texts, strays = {}, []
    for key, vector in rows.items():
        fitting = named.get(key, [])
        if len(fitting) > 1:
            raise DataError(f"row '{key}' of {sheet} fits {len(fitting)} pictures, {some(fitting)}: rename all but one")
        if fitting:
            texts[fitting[0]] = texts.get(fitting[0], 0) | vector
        else:
            strays.append(key)
    if not texts:
        raise DataError(f"no row of {sheet} names a picture: the ids are {some(rows)}, the pictures {some(pictures)}")
    return texts, strays


def _natural(name):
    """Sort key that puts 2.jpg before 10.jpg."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


@contextlib.contextmanager
def pictures(path, image_size, count=None):
    """Open a data set: (number of pictures, notes, items) with items as `hwlib.data.cache.write` takes them.

    The pictures come in natural order of their names, at most `count`. A row of tags belongs to the picture whose file
    name, with or without suffix, is the row's id; a picture without a row has a text of zeros.
    Raises DataError if there is no picture, or for a tag file that cannot be read or matched.
    """
    with _opened(path) as (names, read):
        found = sorted((name for name in names if not name.lower().endswith(".csv")), key=_natural)
        if not found:
            raise DataError(f"{path.name} holds no picture ({' '.join(images.SUFFIXES)})")
        chosen, texts, notes = found[:count], {}, []
        if sheet := _tag_file(names, path.name):
            texts, strays = _texts(sheet, read, found)
            if bare := [name for name in chosen if name not in texts]:
                notes.append(f"{len(bare)} without a row in {sheet}, their text is zero: {some(bare)}")
            if strays:
                notes.append(f"{len(strays)} rows of {sheet} name no picture: {some(strays)}")
        else:
            notes.append("no tag file, every text is zero")

        def decode(name):
            try:
                return images.square(read(name), image_size)
            except Exception as error:  # a broken file can fail in any way, and must not stop the others
                return error

        def items():
            with ThreadPoolExecutor(processors()) as pool:
                for start in range(0, len(chosen), 1024):  # in blocks, so that memory stays small
                    block = chosen[start : start + 1024]
                    for name, picture in zip(block, pool.map(decode, block), strict=True):
                        yield name, picture, texts.get(name, np.zeros(TEXT_DIM, np.uint8))

        yield len(chosen), notes, items()
