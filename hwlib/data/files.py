"""Pictures in a folder or a zip, with or without a file of tags: the course's data of either year, CelebA, one's own.

The format is recognised by content. A zip is read where it lies, never unpacked, and a folder is never changed. No name
in either becomes a path that is written to. What could keep the reader for ever, or take all memory, is not read.
"""

import contextlib
import hashlib
import os
import re
import stat
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

import numpy as np

from hwlib import paths
from hwlib.data import images, tags
from hwlib.data.cache import processors, some
from hwlib.data.tags import TEXT_DIM, DataError, one_line
from hwlib.storage import write_bytes

PICTURE_BYTES = 160 << 20
"""A larger picture file is left out; 50 million pixels (`images.PIXELS`) of a BMP file take 143 MB."""
SHEET_BYTES = 32 << 20
"""A larger tag file is refused; the courses' have 2 MB."""

TAG_FILES = ("tags_clean.csv", "tags.csv")  # the course's names of 2017 and 2018, preferred to any other *.csv
CELEBA = re.compile(r"list_(\w+_celeba|eval_partition)\.csv")  # these come with it, and hold no hair and eye colours


def _hidden(part):
    return part == "__MACOSX" or (part.startswith(".") and part not in (".", ".."))


def _wanted(name):
    """Whether the reader looks at a file: pictures and CSV files that are not hidden."""
    parts = name.split("/")
    return parts[-1].lower().endswith((*images.SUFFIXES, ".csv")) and not any(map(_hidden, parts))


def _scan(folder):
    """What the reader looks at in a folder, sorted relative names, and what it does not read.

    Only regular files are read, and links to those that stay inside; of anything else the notes say `name (why)`.
    """
    root, found, unread, unseen = Path(folder).resolve(), [], [], [("", folder)]
    while unseen:
        prefix, place = unseen.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    name = prefix + entry.name
                    if _hidden(entry.name):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        unseen.append((f"{name}/", entry.path))
                    elif why := _unfit(entry, root):
                        unread.append(f"{one_line(name, 60)} ({why})")
                    elif _wanted(name):
                        found.append(name)
        except OSError as error:
            unread.append(f"{one_line(prefix or '.', 60)} ({error.strerror})")
    return sorted(found), sorted(unread)


def _unfit(entry, root):
    """Why a directory entry is not read, or None: a link that leaves the set or may go round, a pipe without end."""
    if entry.is_symlink():
        try:
            target = Path(entry.path).resolve(strict=True)
        except (OSError, RuntimeError):  # of a loop
            return "a link to nowhere"
        if target.is_dir():
            return "a link to a folder"
        if not target.is_relative_to(root):
            return "a link out of the set"
    return _unusual(entry.stat().st_mode)


def _unusual(mode):
    """What a file is that is not a regular one, else None."""
    kinds = {stat.S_IFREG: None, stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def digest(path):
    """SHA-256 over the content of a file, or of a folder's names and files.

    It is remembered by name, size and time of change: asking again takes 1 ms for a zip, 0.2 s for 36,740 files.
    Raises DataError for what is neither a folder nor a zip.
    """
    if path.is_dir():
        found, unread = _scan(path)
    else:
        _check_zip(path)
        found, unread = [""], []
    place = hashlib.sha256(repr((str(path.resolve()), *unread)).encode())
    for name in found:
        about = os.stat(os.path.join(path, name) if name else path)
        place.update(repr((name, about.st_size, about.st_mtime_ns)).encode())
    known = paths.CACHE / "digests" / place.hexdigest()[:32]
    if not known.exists():
        content = hashlib.sha256("\n".join(unread).encode())
        for name in found:
            file = os.path.join(path, name) if name else path
            line = f"{name}\0{_file_digest(file, PICTURE_BYTES if name else None)}\n"
            content.update(line.encode("utf-8", "surrogateescape"))
        write_bytes(known, content.hexdigest().encode())
    return known.read_text()


def _file_digest(path, limit):
    """SHA-256 of a file; of one that cannot or will not be read what stands in for it."""
    try:
        if limit and (size := os.stat(path).st_size) > limit:
            return f"{size} bytes"
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return error.strerror


def _check_zip(path):
    """Raise DataError for what is no zip, before a long file is read that is none, or a pipe that never ends."""
    if kind := _unusual(path.stat().st_mode):
        raise DataError(f"{path.name} is {kind}: give a folder or a .zip")
    try:
        with open(path, "rb") as file:
            if zipfile.is_zipfile(file):
                return
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}") from None
    raise DataError(f"{path.name} is no zip, or not a whole one: fetch it again, or give a folder")


@contextlib.contextmanager
def _opened(path):
    """The names of a data set's files, a function (name, limit) that reads one of them, and what is not read.

    Threads may share the function. It raises ValueError for more than `limit` bytes.
    """
    if path.is_dir():
        found, unread = _scan(path)

        def read_file(name, limit):
            with open(os.path.join(path, name), "rb") as file:
                _check_size(os.fstat(file.fileno()).st_size, limit)
                return file.read(limit)

        yield found, read_file, unread
        return
    try:
        archive = zipfile.ZipFile(path)
        members = {info.filename.replace("\\", "/"): info for info in archive.infolist() if not info.is_dir()}
    except Exception as error:  # a damaged directory fails in many ways
        raise DataError(f"{path.name} is no zip, or not a whole one ({error}): fetch it again") from None

    def read_member(name, limit):
        info = members[name]
        _check_size(info.file_size, limit)
        if info.flag_bits & 1:
            raise ValueError("encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("neither stored nor deflated")  # zipfile unpacks the others without a limit
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ValueError("a link")
        with archive.open(info) as member:
            return member.read(info.file_size)  # no more is unpacked, whatever there is; the CRC tells

    with archive:
        yield [name for name in members if _wanted(name)], read_member, []


def _check_size(size, limit):
    if size > limit:
        raise ValueError(f"{size >> 20:,} MB, more than the {limit >> 20} MB that are read")


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
        lines = read(sheet, SHEET_BYTES).decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise DataError(f"{sheet} cannot be read as UTF-8 text ({error}): save it as CSV in UTF-8") from None
    except Exception as error:  # damaged in the zip in one of many ways
        raise DataError(f"{sheet} cannot be read: {error}") from None
    rows = tags.read_tags_csv(lines, sheet)
    named, alike = {}, {}
    for picture in pictures:
        for key in (PurePosixPath(picture).stem, PurePosixPath(picture).name):
            if named.setdefault(key, picture) != picture:
                alike.setdefault(key, [named[key]]).append(picture)
    texts, strays = {}, []
    for key, vector in rows.items():
        if key in alike:
            told = f"row '{key}' of {sheet} fits {len(alike[key])} pictures, {some(alike[key])}"
            raise DataError(f"{told}: rename all but one")
        if picture := named.get(key):
            texts[picture] = texts[picture] | vector if picture in texts else vector
        else:
            strays.append(key)
    if not texts:
        raise DataError(f"no row of {sheet} names a picture: the ids are {some(rows)}, the pictures {some(pictures)}")
    return texts, strays


@contextlib.contextmanager
def pictures(path, image_size, count=None):
    """Open a data set: (number of pictures, notes, items) with items as `hwlib.data.cache.write` takes them.

    The pictures come in a random order that is always the same, at most `count` of them: the course's are sorted by
    their tags, and the first thousands have four colours of hair. A row of tags belongs to the picture whose file name,
    with or without suffix, is the row's id; a picture without a row has a text of zeros.
    Raises DataError if there is no picture, or for a tag file that cannot be read or matched.
    """
    with _opened(path) as (names, read, unread):
        not_read = [f"{len(unread)} not read: {some(unread)}"] if unread else []
        found = sorted(name for name in names if not name.lower().endswith(".csv"))
        if not found:
            raise DataError("; ".join([f"{path.name} holds no picture ({' '.join(images.SUFFIXES)})", *not_read]))
        chosen = [found[i] for i in np.random.default_rng(0).permutation(len(found))[:count]]
        texts, notes = {}, not_read
        if sheet := _tag_file(names, path.name):
            texts, strays = _texts(sheet, read, found)
            if bare := sorted({*chosen} - {*texts}):
                notes.append(f"{len(bare)} without a row in {sheet}, their text is zero: {some(bare)}")
            if strays:
                notes.append(f"{len(strays)} rows of {sheet} name no picture: {some(strays)}")
        else:
            notes.append("no tag file, every text is zero")

        def decode(name):
            try:
                return images.square(read(name, PICTURE_BYTES), image_size)
            except Exception as error:  # a broken file can fail in any way, and must not stop the others
                return error

        step, none = min(1024, 1 + (64 << 20) // (3 * image_size**2)), np.zeros(TEXT_DIM, np.uint8)  # 64 MB a block

        def items():
            with ThreadPoolExecutor(processors()) as pool:
                for start in range(0, len(chosen), step):
                    block = chosen[start : start + step]
                    for name, picture in zip(block, pool.map(decode, block), strict=True):
                        yield name, picture, texts.get(name, none)

        yield len(chosen), notes, items()
