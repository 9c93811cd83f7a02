"""Numbers of headings, figures and tables, and links between notebooks, in pandoc's document trees."""

import io
import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pandocfilters import RawBlock, Space, Span, Str, Strong, walk
from PIL import Image

# What is small stays in its place, close to its text. What is larger floats, so that no page has a hole; a longer table
# may break over pages instead.
FLOATING_ROWS = range(5, 16)
FLOATING_HEIGHT = 0.26  # of the text's width
ALONE_HEIGHT = 1.2  # below it there would be room for a line or two: it has the page to itself


class ReportError(RuntimeError):
    """The report cannot be made; the message is one line that names the notebook and what to do."""


@dataclass
class Part:
    """A notebook: its text as pandoc's document tree, the images it shows, and the anchors of its headings."""

    name: str
    document: dict
    images: dict[str, bytes]
    anchors: dict[str, str]


def chapter(section):
    """Return the number of a section's notebook, "3" for 03-gan-comparison; "" for text that is no numbered notebook.

    A copy under another name is known by the names of its figures and tables.
    """
    names = [section.name, *re.findall(r'"(?:fig|tbl)-([^"]+)"', json.dumps(section.document))]
    found = next(filter(None, (re.match(r"(\d\d)-", name) for name in names)), None)
    return str(int(found[1])) if found else ""


def height(figure, images):
    """Return how high a figure's picture is on the page, as a share of the text's width."""
    attributes, _, (name, _) = figure[2][0]["c"][0]["c"]
    share = float(dict(attributes[2]).get("width", "100%").rstrip("%")) / 100
    if name.endswith(".svg"):
        box = re.search(rb'viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"', images[name])
        return share * float(box[2]) / float(box[1]) if box else share
    try:
        width, tall = Image.open(io.BytesIO(images[name])).size
    except OSError:  # typst says what is wrong with it
        return share
    return share * tall / width


def link(sections, whole=False, elsewhere=None):
    """Number headings, figures and tables of all sections in place, and resolve references and links.

    A reference or a link to what is not here becomes plain text; in a `whole` book such a reference, or two figures of
    one name, raises ReportError. With `elsewhere`, the numbers of other notebooks, these are linked as HTML pages, and
    a reference into one reads as it says. Returns the numbers of figures and tables, {"fig-01-samples": "Figure 1.3"}.
    """
    labels, counts = {}, Counter()
    chapters = {section.name: chapter(section) for section in sections}
    anchors = {section.name: section.anchors for section in sections}

    def counted(section, kind, level=1):
        """The next number of its kind, "3.2"; of headings those of deeper levels begin anew."""
        own = chapters[section.name]
        counts[own, kind, level] += 1
        for deeper in range(level + 1, 7):
            counts[own, kind, deeper] = 0
        return ".".join([own] * bool(own) + [str(counts[own, kind, one]) for one in range(1, level + 1)])

    def number(section, key, value, *_):
        if key == "Header" and whole and chapters[section.name] and "unnumbered" not in value[1][1]:
            words = chapters[section.name] if value[0] == 1 else counted(section, key, value[0] - 1)
            value[2][:0] = [Span(["", ["number"], []], [Str(words)]), Str("\u2002")]
        if key not in ("Figure", "Table") or not value[1][1]:
            return None
        label, words = value[0][0], f"{key}\u00a0{counted(section, key)}"
        if label and label in labels:
            raise ReportError(f"{section.name}: a second figure or table is named {label[4:]}; names must differ.")
        if label:
            labels[label] = words
        value[1][1][0]["c"][:0] = [Strong([Str(f"{words}.")]), Space()]
        tall = height(value, section.images) if key == "Figure" else 0
        rows = sum(len(body[3]) for body in value[4]) if key == "Table" else 0
        if tall <= FLOATING_HEIGHT and rows not in FLOATING_ROWS:
            return None
        room = "\n#show figure: set place(clearance: 60mm)" * (tall > ALONE_HEIGHT)
        floating = RawBlock("typst", f"#[#set figure(placement: top){room}")
        return [floating, {"t": key, "c": value}, RawBlock("typst", "]")]

    def resolve(section, key, value, *_):
        if key != "Link" or (url := urlsplit(value[2][0])).scheme or url.netloc:
            return None
        fragment = unquote(url.fragment)
        if url.path.endswith(".bib"):
            value[2][0] = f"#ref-{fragment}"
            return None
        if fragment in labels:
            value[1:] = [Str(labels[fragment])], [f"#{fragment}", ""]
            return None
        numbered = fragment.startswith(("fig-", "tbl-"))
        if fragment in (elsewhere or {}):
            value[1] = [Str(elsewhere[fragment])]
        if numbered and whole:
            raise ReportError(f"{section.name}: #{fragment} refers to nothing; is it drawn, under this name?")
        stem = Path(unquote(url.path)).stem if url.path.endswith(".ipynb") else None
        target = anchors.get(stem if url.path else section.name, {}).get(fragment.lower())
        if not target and (elsewhere is None or not stem):
            return Span(["", [], []], value[1])
        value[2][0] = f"#{target}" if target else f"{stem}.html" + f"#{fragment}" * numbered
        return None

    for action in (number, resolve):
        for section in sections:
            section.document = walk(section.document, partial(action, section), "", {})
    return labels
