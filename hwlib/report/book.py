"""Several executed notebooks to one PDF and one HTML document, and each notebook to an HTML page of its own."""

import base64
import datetime
import html as markup
import io
import re
import tempfile
from pathlib import Path

import nbformat
from fontTools.subset import Subsetter
from fontTools.ttLib import TTFont
from pandocfilters import Div, LineBreak, Para, RawBlock, RawInline, Str, Strong, stringify

from hwlib.report.exporter import READER, ReportExporter, font_folders, read_section, run_settings, typeset, write
from hwlib.report.numbering import ReportError, link
from hwlib.report.play import frame
from hwlib.storage import write_bytes

STYLE = Path(__file__).with_name("page.css")
SCRIPT = Path(__file__).with_name("page.js")
PLAY = '<div id="play"></div>'
ZOOM = '<label class="zoom"><input type="checkbox" aria-label="Enlarge the figure">'


def build(notebooks, output_pdf, conditions, front, findings=""):
    """Write the report: title page, findings, contents, the text of `front`, a section per notebook, references.

    notebooks: executed notebooks, in order. front: Markdown; its metadata block holds title, subtitle and short title
    (the running header), its text before the first heading goes on the title page. conditions: what `condition_rows`
    takes. findings: Markdown of a page (`hwlib.report.board.page`); without it there is none.
    Returns output_pdf, which is replaced only by a complete file.
    Raises ReportError for a notebook that is missing, was not executed or failed, and for whatever it cannot typeset.
    """
    sections, abstract, board = read_all(notebooks, front, findings, ReportExporter())
    title = {"title": "Report", **{key: stringify(value) for key, value in sections[0].document["meta"].items()}}
    before = [RawBlock("typst", "#title-page["), *abstract, RawBlock("typst", "]")]
    before += [RawBlock("typst", "#findings["), *board, RawBlock("typst", "]")] if board else []
    sections[0].document["blocks"][:0] = [*before, RawBlock("typst", "#contents")]
    settings = {"short": title["title"], **title, **run_settings(conditions)}
    settings["conditions"] = condition_rows(conditions)
    return write_bytes(Path(output_pdf), typeset(sections, settings))


def document(notebooks, output, conditions, front, findings="", play=None):
    """Write the report as one HTML document that refers to no other file; arguments and errors as of `build`.

    play: a page to draw faces in, a path in the same folder; it is linked, and lies folded in the document, too.
    Figures open at a click, and the code of each is one click away. Returns output.
    """
    sections, abstract, board = read_all(notebooks, front, findings, on_screen())
    notice = run_settings(conditions)["notice"]
    above = [Div(["", ["notice"], []], [Para([Strong([Str(notice)])])])] if notice else []
    rows = "".join(
        f"<tr><th>{markup.escape(label)}</th><td>{markup.escape(value)}</td></tr>"
        for label, value in condition_rows(conditions)
    )
    below = [RawBlock("html", PLAY)] if play else []
    below += [RawBlock("html", f'<table class="conditions"><tbody>{rows}</tbody></table>')]
    below += [Div(["board", [], []], page_blocks(board))] if board else []
    sections[0].document["meta"]["abstract"] = {"t": "MetaBlocks", "c": [*above, *abstract, *below]}
    for section in sections:
        section.document["blocks"] = page_blocks(section.document["blocks"])
    options = ["--toc", "--toc-depth=2", "--metadata=toc-title:Contents"]
    page = in_html(sections, *options)
    page = page.replace(PLAY.encode(), _folded(play).encode()) if play else page
    page = page.replace(b"</body>", b"<script>" + SCRIPT.read_bytes() + b"</script>\n</body>")
    return write_bytes(Path(output), page)


def _folded(play):
    """A link to the page, and the page itself in a frame that opens at a click."""
    linked = f'<p class="play"><a href="{play.name}">Draw faces yourself</a>: the trained generators in a page.</p>'
    return f'{linked}\n<details class="play"><summary>Or here</summary>{frame(play)}</details>'


def html(notebook, output, elsewhere=None):
    """Write an executed notebook as one HTML page that refers to no other file; the code is one click away.

    Figures have the report's numbers; `elsewhere` are those of other notebooks (`numbers`), whose pages are linked in
    the same folder. Returns output. Raises ReportError, as `build` does.
    """
    path = Path(notebook)
    node = read_notebook(path)
    section = on_screen().section(node, path.stem, path.parent)
    link([section], elsewhere=elsewhere or {})
    blocks = section.document["blocks"]
    title = next((stringify(block["c"][2]) for block in blocks if block["t"] == "Header"), path.stem)
    parameters = node.metadata.get("papermill", {}).get("parameters", {})
    section.document["blocks"] = [*page_top(parameters), *page_blocks(blocks)]
    return write_bytes(Path(output), in_html([section], f"--metadata=pagetitle:{title}"))


def numbers(notebooks):
    """Return the numbers of all figures and tables of executed notebooks, {"fig-01-samples": "Figure 1.3"}."""
    return link([on_screen().section(read_notebook(path), path.stem, path.parent) for path in map(Path, notebooks)])


def in_html(sections, *options):
    """Return linked sections as the bytes of one HTML file with all that it needs."""
    options += ("--standalone", "--embed-resources", "--mathml", f"--css={STYLE}", "--metadata=lang:en-GB")
    with tempfile.TemporaryDirectory() as folder:
        for name, data in [image for section in sections for image in section.images.items()]:
            Path(folder, name).write_bytes(data)
        page = write(sections, "html5", *options, f"--resource-path={folder}")
    return page.replace("</head>", f"{chinese_font(page)}</head>", 1).encode()


def chinese_font(text):
    """Return a style element with the Chinese characters of a page as a font: not every reader's machine has one."""
    characters = "".join(sorted(set(re.findall(r"[\u2e80-\u9fff\uff00-\uffef]", text))))
    if not characters:
        return ""
    file = next(path for folder in font_folders() for path in Path(folder).rglob("NotoSerifTC-*.otf"))
    font, packed = TTFont(file, recalcTimestamp=False), io.BytesIO()
    subset = Subsetter()
    subset.populate(text=characters)
    subset.subset(font)
    font.flavor = "woff"
    font.save(packed)
    source = f"url(data:font/woff;base64,{base64.b64encode(packed.getvalue()).decode()})"
    return f'<style>@font-face {{ font-family: "Noto Serif TC"; src: {source}; }}</style>'


def page_top(parameters):
    """Return the block above a page's text: how far the run is from the reports, and how it was made."""
    parameters = parameters | {"data": Path(parameters.get("data", "avatars")).name}
    shown = [f"{key} {parameters[key]}" for key in ("profile", "data", "seed") if key in parameters]
    notice = run_settings(parameters)["notice"]
    lines = [Strong([Str(notice)]), LineBreak()] if notice else []
    return [Div(["", ["notice"], []], [Para([*lines, Str(f"This run: {', '.join(shown)}.")])])] if shown else []


def page_blocks(blocks):
    """Return blocks for a page: code folded away, figures that open at a click, each table in a box that scrolls under
    its caption."""
    page = []
    for block in blocks:
        if block["t"] == "CodeBlock" and "cell" in block["c"][0][1]:
            block = [RawBlock("html", "<details><summary>Code</summary>"), block, RawBlock("html", "</details>")]
        elif block["t"] == "Figure":
            (picture,) = block["c"][2]
            picture["c"] = [RawInline("html", ZOOM), *picture["c"], RawInline("html", "</label>")]
        elif block["t"] == "Table":
            caption, block["c"][1][1] = block["c"][1][1], []
            opening, closing = RawBlock("html", "<figure><figcaption>"), RawBlock("html", "</figcaption>")
            above = [opening, *caption, closing] if caption else [RawBlock("html", "<figure>")]
            block = [*above, Div(["", ["scroll"], []], [block]), RawBlock("html", "</figure>")]
        page += block if isinstance(block, list) else [block]
    return page


def condition_rows(conditions):
    """Return the conditions of a run as rows of label and text, in their order.

    Keys: profile, data (a dict with name, images, size, fingerprint), seed, seeds (how many), commit, versions (a
    dict), training_seconds.
    """
    rows = []
    for key, value in conditions.items():
        if key == "seeds":
            value = f"up to {value} a run" if value > 1 else "one a run"
        elif key == "training_seconds":
            key, value = "training time", f"{datetime.timedelta(seconds=round(value))} (h:min:s)"
        elif isinstance(value, dict):
            value = ", ".join(str(v) if k == "name" else f"{k}\u00a0{v}" for k, v in value.items())
        rows.append([key.replace("_", " ").capitalize(), str(value)])
    return rows


def read_notebook(path):
    """Return the notebook node; raises ReportError if the file is missing or no notebook."""
    try:
        return nbformat.read(path, as_version=4)
    except (FileNotFoundError, nbformat.reader.NotJSONError) as error:
        what = "no executed notebook at" if isinstance(error, FileNotFoundError) else "no notebook in"
        raise ReportError(f"{path.stem}: {what} {path}; run it with papermill first.") from None


def on_screen():
    """Return the exporter of what is read on a screen: with code, and with pictures that are not enlarged for print."""
    return ReportExporter(show_code=True, printed=False)


def read_all(notebooks, front, findings, exporter):
    """Return the front text and the notebooks as linked sections, and apart from them, as blocks, what stands before
    the front's first heading and the findings."""
    if not (front := Path(front)).is_file():
        raise ReportError(f"front: no text at {front}; it holds the title and the introduction.")
    text, reader = front.read_text(encoding="utf-8"), READER.replace("-yaml_metadata_block", "")
    board = read_section("findings", findings, {}, front.parent)
    sections = [read_section("front", text, {}, front.parent, reader), board]
    for path in map(Path, notebooks):
        sections.append(exporter.section(read_notebook(path), path.stem, path.parent))
    link(sections, whole=True)
    blocks = sections[0].document["blocks"]
    end = next((place for place, block in enumerate(blocks) if block["t"] == "Header"), len(blocks))
    abstract, blocks[:end] = blocks[:end], []
    sections.remove(board)
    return sections, abstract, board.document["blocks"]
