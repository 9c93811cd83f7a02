"""Hair and eye colours as text, and the vector that both reports condition on.

A text is 24 numbers: column 0 is reserved, columns 1-12 are the hair colours, columns 13-23 the eye colours; every
colour named sets its column to 1 (one-hot vectors, OR-ed). Report A's Keras tokenizer counted words from 1, so its
column 0 was never set; the column stays, so that the networks have the report's number of parameters.
"""

import csv
import os
import re
from functools import lru_cache

import numpy as np

HAIR = ("orange", "white", "aqua", "gray", "green", "red", "purple", "pink", "blue", "black", "brown", "blonde")
EYES = ("gray", "black", "orange", "pink", "yellow", "aqua", "purple", "green", "brown", "red", "blue")
TEXT_DIM = 1 + len(HAIR) + len(EYES)
HAIR_COLUMNS = slice(1, 1 + len(HAIR))
EYES_COLUMNS = slice(1 + len(HAIR), TEXT_DIM)

_COLUMNS = {
    "hair": {colour: 1 + i for i, colour in enumerate(HAIR)},
    "eyes": {colour: 1 + len(HAIR) + i for i, colour in enumerate(EYES)},
}
_SPELLINGS = {"grey": "gray", "blond": "blonde"}
_COUNTED = re.compile(r":\d+\s*(\t|$)")  # the 2017 form, `tag:count`
_ROW = "'id,<colour> hair <colour> eyes'"
_HEADINGS = ("tag", "tags", "text", "texts", "label", "labels", "caption", "captions")
ROWS = 1_000_000
"""A tag file of more rows is refused: it would take long, and memory."""


def one_line(text, limit=300):
    """`text` as one line that can be printed: what cannot be shown is escaped, too long a middle is left out."""
    text = str(text)
    text = text if len(text) <= 2 * limit else text[:limit] + text[-limit:]  # quick, however long it is
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return shown if len(shown) <= limit else f"{shown[: 2 * limit // 3 - 2]} … {shown[-limit // 3 + 1 :]}"


class DataError(ValueError):
    """Something about the data that the user can put right; the message is one line and says what and where."""

    def __init__(self, message):
        super().__init__(one_line(message))


def _column(part, colour):
    try:
        return _COLUMNS[part][_SPELLINGS.get(colour, colour)]
    except KeyError:
        allowed = " ".join(_COLUMNS[part])
        raise DataError(f"'{one_line(colour, 60)}' is no colour for {part}; allowed: {allowed}") from None


def encode(hair=(), eyes=()):
    """Vector of the given colours.

    hair, eyes: a colour name, or an iterable of names; none leaves that part zero. Returns uint8 [24] of 0 and 1.
    Raises DataError for a colour outside HAIR or EYES.
    """
    vector = np.zeros(TEXT_DIM, np.uint8)
    for part, colours in (("hair", hair), ("eyes", eyes)):
        for colour in (colours,) if isinstance(colours, str) else colours:
            vector[_column(part, colour)] = 1
    return vector


def decode(vector):
    """Colours set in a text vector [24] (anything above zero counts): (hair names, eye names), two tuples."""
    if np.shape(vector) != (TEXT_DIM,):
        raise DataError(f"a text vector has shape ({TEXT_DIM},), not {np.shape(vector)}")
    return tuple(
        tuple(colour for colour, column in columns.items() if vector[column] > 0) for columns in _COLUMNS.values()
    )


def grid():
    """All combinations in the order of report A's figure: uint8 [132, 24], 11 eye colours x 12 hair colours, by row."""
    return np.stack([encode(hair, eyes) for eyes in EYES for hair in HAIR])


def parse(text):
    """Vector of one text.

    Two forms are told apart by their content. `<colour> hair <colour> eyes` (2018, and both test texts): either part
    may be missing, their order is free, commas count as spaces, and a part may name several colours (`blue green
    hair`); an empty text is all zero. `tag:count<TAB>tag:count...` (2017): of these free tags `<known colour> hair` and
    `<known colour> eyes` count and all others are passed over. `grey` and `blond` are read as gray and blonde. Returns
    uint8 [24].
    Raises DataError where the first form names an unknown colour or something else.
    """
    return (_parse_counted(text) if _COUNTED.search(text) else _parse_named(text)).copy()


def _parse_counted(text):
    vector = np.zeros(TEXT_DIM, np.uint8)
    for tag in text.lower().split("\t"):
        colour, _, part = tag.rpartition(":")[0].strip().partition(" ")
        column = _COLUMNS.get(part, {}).get(_SPELLINGS.get(colour, colour))
        if column:
            vector[column] = 1
    return vector


@lru_cache(4096)  # a file has many rows and few texts: rows share their vectors, which saves time and memory
def _parse_named(text):
    colours, named = {"hair": [], "eyes": []}, []
    for word in text.lower().replace(",", " ").split():
        if word not in colours:
            named.append(word)
        elif named:
            colours[word] += named
            named = []
        else:
            raise DataError(f"no colour before '{word}' in '{one_line(text.strip(), 60)}'")
    if named:
        rest, text = one_line(" ".join(named), 60), one_line(text.strip(), 60)
        raise DataError(f"'{rest}' is followed by neither 'hair' nor 'eyes' in '{text}'")
    vector = encode(**colours)
    vector.flags.writeable = False
    return vector


def _cells(line, counted):
    """Id and text of a row; either may be in quotes, as spreadsheets and pandas write cells that hold a comma."""
    key, comma, text = (part.strip() for part in line.partition(","))
    if '"' in (key[:1], text[:1]):
        try:
            key, *cells = next(csv.reader([line], strict=True, skipinitialspace=True))
            key, comma, text = key.strip(), "," if cells else "", ",".join(cells).strip()
        except csv.Error:
            if not counted:  # of the free tags of 2017 one may begin with a quote
                raise DataError(f"'{line[:60]}' has a quote that is not closed, or goes on after it") from None
    if not key or not comma:
        raise DataError(f"'{line[:60]}' is not of the form {_ROW} (id, comma, tags)")
    return key, text


def _rows(lines, name, counted=False):
    """(id, vector) of every line that is neither blank nor the heading."""
    first, rows = True, 0
    for number, line in enumerate(lines, 1):
        if not (line := line.removeprefix("\ufeff").strip()):
            continue
        try:
            if "\r" in line:
                raise DataError("lone CR as the end of a line: save the file with line ends LF or CRLF")
            if "\0" in line:
                raise DataError("NUL bytes, as of UTF-16 or no text at all: save the file as CSV in UTF-8")
            if first and line.rpartition(",")[2].strip(' "').lower() in _HEADINGS:
                continue
            key, text = _cells(line, counted)
            yield key, _parse_counted(text) if counted else _parse_named(text)
        except DataError as error:
            raise DataError(f"{name}, line {number}: {error}") from None
        finally:
            first = False
        if (rows := rows + 1) > ROWS:
            raise DataError(f"{name} has more than {ROWS:,} rows: leave those that name a picture")
    if not rows:
        raise DataError(f"{name} is empty: every line should read {_ROW}")


def read_tags_csv(lines, name):
    """Texts of a tag file of either course: 2017 `tags_clean.csv` or 2018 `tags.csv`, recognised by content.

    lines: list of str (a byte order mark, CRLF, blank lines, quoted cells and a heading such as `id,tags` do no harm);
    name: what error messages call the file. Returns dict id -> uint8 [24], read-only; an id given twice gets the
    colours of both rows. Raises DataError with the line number for a row that `parse` does not understand or that has
    no comma, for a file without rows and for one of more than ROWS.
    """
    texts = {}
    for key, vector in _rows(lines, name, counted=any(map(_COUNTED.search, lines))):
        texts[key] = texts[key] | vector if key in texts else vector
    return texts


def read_test_text(path):
    """A course's test text, one `id,<colour> hair <colour> eyes` a line: list of (id, uint8 [24]) in file order.

    Raises DataError for what is no such file, and for an id that cannot be part of a file's name, which it becomes.
    """
    try:
        if not os.path.isfile(path):
            raise OSError("there is none" if not os.path.exists(path) else "it is no regular file")
        with open(path, encoding="utf-8") as lines:
            rows = list(_rows(lines, str(path)))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read the test text '{path}': {error}") from None
    for key, _ in rows:
        if not key.isprintable() or set(key) & set("/\\:") or len(key) > 100:
            raise DataError(f"{path}: the id '{key}' cannot be part of a file's name: give a short one without / \\ :")
    return rows
