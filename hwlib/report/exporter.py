"""One executed notebook to PDF: `jupyter nbconvert --to hwreport notebook.ipynb`.

What a notebook may use, beside ordinary Jupyter Markdown:

- an image or table output with the metadata `{"hwlib": {"name": "01-samples", "caption": "Markdown, $math$",
  "width": 0.9}}` is numbered and captioned; an output with `{"hwlib": {"caption_of": "01-samples"}}` shows that caption
  to readers of the notebook and is left out here;
- it is numbered with the notebook, "Figure 3.2" for the second one of 03-gan-comparison, so that a notebook alone and
  the whole report have the same numbers;
- `[Figure 01-samples](#fig-01-samples)` and `[Table 01-layers](#tbl-01-layers)` refer to them, and read so in Jupyter
  and on a code host; from another notebook write `01-model.ipynb#fig-01-samples`. Here the words of the link become
  "Figure 1.3";
- `([Reed et al. 2016](../report/references.bib#reed2016))` cites an entry of the BibTeX file: its words stay, and the
  entry stands in the references at the end;
- the cell tag `show` prints a cell's text output, `hide` leaves the cell out.
"""

import json
import re
import tempfile
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

import pypandoc
import typst
from nbconvert.exporters import Exporter
from nbconvert.filters import strip_ansi
from pandocfilters import Cite, LineBreak, Math, Para, Plain, RawBlock, walk
from traitlets import Bool
from traitlets.config import Config

from hwlib.data import DRAWN
from hwlib.paths import REPOSITORY
from hwlib.report import lighter
from hwlib.report.numbering import Part, ReportError, link

TEMPLATE = Path(__file__).with_name("template.typ")
BIBLIOGRAPHY = REPOSITORY / "report" / "references.bib"
CHINESE_FONT = "Noto Serif TC"

# Jupyter's Markdown, with pandoc's citations, footnotes and captions. What Jupyter would show as plain text and pandoc
# as something else (a list from "a)", a subscript from two "~", a table from dashes) is off.
READER = (
    "markdown+lists_without_preceding_blankline+autolink_bare_uris+east_asian_line_breaks+table_attributes"
    "-blank_before_header-blank_before_blockquote-yaml_metadata_block-pandoc_title_block-line_blocks-simple_tables"
    "-multiline_tables-grid_tables-definition_lists-example_lists-fancy_lists-subscript-superscript"
)

# Of several forms of one output the first is shown; HTML never is.
SHOWN = ("text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/latex", "text/plain")


CITATION = {"citationMode": {"t": "NormalCitation"}, "citationNoteNum": 0, "citationHash": 0}
CITATION |= {"citationPrefix": [], "citationSuffix": []}


class ReportExporter(Exporter):
    """Notebook to PDF; `--ReportExporter.show_code=True` prints the code too."""

    export_from_notebook = "Report (PDF)"
    output_mimetype = "application/pdf"
    file_extension = ".pdf"
    show_code = Bool(False, help="Print the code of the cells.").tag(config=True)
    printed = Bool(True, help="Enlarge pictures for print.").tag(config=True)

    @property
    def default_config(self):
        hidden = {"hide", "parameters", "injected-parameters"}
        return Config(
            TagRemovePreprocessor={"enabled": True, "remove_cell_tags": hidden},
            ExtractOutputPreprocessor={"enabled": True},
            ExtractAttachmentsPreprocessor={"enabled": True},
        )

    def section(self, notebook, name, folder):
        """Return the notebook node as a `Part`; `folder` is where its Markdown looks for images.

        Raises ReportError if a cell was not executed or ended in an error, or an image is missing.
        """
        check_executed(notebook, name)
        notebook = lighter.pictures(notebook, self.printed)
        notebook, resources = super().from_notebook_node(notebook, {"unique_key": name})
        markdown = "\n\n".join(cell_markdown(cell, self.show_code) for cell in notebook.cells)
        return read_section(name, markdown, dict(resources["outputs"]), Path(folder))

    def from_notebook_node(self, nb, resources=None, **kwargs):
        """Return the PDF's bytes and nbconvert's resources. Raises ReportError."""
        resources = self._init_resources(resources)
        name, folder = resources["metadata"]["name"], resources["metadata"].get("path") or "."
        section = self.section(nb, name, folder)
        link([section])
        settings = {"short": name, **run_settings(nb.metadata.get("papermill", {}).get("parameters", {}))}
        return typeset([section], settings), resources


def cell_markdown(cell, show_code):
    """Return a cell as Markdown: its text, or its code if asked for and its outputs."""
    if cell.cell_type != "code":
        return cell.source if cell.cell_type == "markdown" else ""
    show_text = "show" in cell.metadata.get("tags", [])
    parts = [output_markdown(output, show_text) for output in cell.outputs]
    return "\n\n".join([code_block(cell.source, "python .cell"), *parts] if show_code else parts)


def output_markdown(output, show_text):
    """Return an output as Markdown: an image or a table with the caption and label that its metadata give."""
    if output.output_type == "stream":
        return code_block(output.text, "output") if show_text and output.name == "stdout" else ""
    kind = next((kind for kind in SHOWN if kind in output.data), None)
    about = output.metadata.get("hwlib", {})
    if "caption_of" in about:
        return ""
    name, caption = about.get("name"), " ".join(about.get("caption", "").split())
    if kind and kind.startswith("image/"):
        width = f"{{width={100 * about['width']:g}%}}" if about.get("width") else ""
        image = f"![](<{output.metadata['filenames'][kind]}>){width}"
        return f"::::: {{.figure #fig-{name}}}\n{image}\n\n{caption or name}\n:::::" if name else image
    if kind == "text/markdown":
        label = f"\n\n: {caption or name} {{#tbl-{name}}}" if name else ""
        return output.data[kind].strip() + label
    if kind == "text/plain":
        return code_block(output.data[kind], "output") if show_text else ""
    return output.data.get(kind, "")


def code_block(text, classes):
    """Return `text` as a Markdown code block, and nothing for an empty one."""
    return f"~~~~~~~~~~ {{.{classes}}}\n{strip_ansi(text).rstrip()}\n~~~~~~~~~~" if text.strip() else ""


def check_executed(notebook, name):
    """Raise ReportError unless every code cell ran without an error."""
    for position, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        for output in cell.outputs:
            if output.output_type == "error":
                failure = f"{output.ename}: {output.evalue}"
                raise ReportError(f"{name}: cell {position} ended in {failure}; repair it and run the notebook again.")
        if cell.execution_count is None and "skip-execution" not in cell.metadata.get("tags", []):
            raise ReportError(f"{name}: cell {position} was never executed; run the notebook with papermill first.")


def run_settings(conditions):
    """Return a run's profile, and the notice that says how far it is from the reports' own (None for these)."""
    data = conditions.get("data")
    scaled = conditions.get("profile", "paper") != "paper"
    drawn = (data.get("name") if isinstance(data, dict) else data) in DRAWN
    what = ["scaled-down profile"] * scaled + ["drawn faces"] * drawn
    notice = f"{' on '.join(what).capitalize()}: these are not the reports’ results." if what else None
    return {"profile": conditions.get("profile"), "notice": notice}


def pandoc(source, reader, writer, *options):
    """Return `source` converted by pandoc. Raises ReportError with pandoc's message; its warnings count as errors."""
    options = ["--fail-if-warnings", "--wrap=preserve", *options]
    try:
        return pypandoc.convert_text(source, writer, reader, extra_args=options, verify_format=False)
    except (RuntimeError, OSError) as error:
        message = str(error).split("conversion: ")[-1].removeprefix("[WARNING] ")
        message = re.split(", rendering as TeX|Failing because", message)[0]
        raise ReportError(f"{' '.join(message.split())}.") from None


def read_section(name, markdown, images, folder, reader=READER):
    """Return Markdown as a `Part`; raises ReportError for an image that is neither in `images` nor in `folder`."""

    def tidy(key, value, *_):
        if key in ("RawBlock", "RawInline"):
            return tidy_raw(name, key, *value)
        if key == "Div" and "figure" in value[0][1]:
            # Between brackets, as pandoc writes a caption, a lone bracket in it would spoil the figure.
            (image,), caption = value[1][0]["c"], value[1][1]["c"]
            image["c"][1] = caption
            return {"t": "Figure", "c": [[value[0][0], [], []], [None, [Plain(caption)]], [Plain([image])]]}
        if key == "Header":
            anchor = value[1][0]
            value[1][0] = section.anchors[anchor] = f"{name}:{anchor}" if section.anchors else name
            section.anchors.setdefault("", name)
        if key == "Image" and (target := unquote(value[2][0])) not in images:
            if not (folder / target).is_file():
                raise ReportError(f"{name}: no image {target}; draw it in the notebook, or correct the path.")
            value[2][0] = f"{name}-{len(images)}-{Path(target).name}"
            images[value[2][0]] = (folder / target).read_bytes()
        if key == "Para" and [inline["t"] for inline in value] == ["Image"]:
            return [RawBlock("typst", "#align(center)["), Para(value), RawBlock("typst", "]")]
        return None

    # Columns: a pipe table with a line longer than this would get column widths from its dashes.
    document = json.loads(pandoc(markdown, reader, "json", "--columns=100000"))
    section = Part(name, document, images, {})
    section.document = walk(document, tidy, "", {})
    return section


def tidy_raw(name, key, language, text):
    """Return TeX environments as formulas and HTML as nothing; raises ReportError for what would be lost."""
    if text.startswith("\\begin{"):
        formula = Math({"t": "DisplayMath"}, text)
        return Para([formula]) if key == "RawBlock" else formula
    if key == "RawInline" and language == "tex":
        # Jupyter reads 16$\times$16 as a formula, pandoc does not: no digit may follow the closing dollar.
        raise ReportError(f"{name}: {text.strip()} stands outside a formula; write $16 \\times 16$, not 16$\\times$16.")
    if "<img" in text:
        raise ReportError(f"{name}: an HTML image in a Markdown cell; write ![caption](file) instead.")
    return LineBreak() if text.startswith("<br") else []


def write(sections, writer, *options):
    """Return linked sections as text in pandoc's format `writer`, with the references at the end.

    Raises ReportError for an unknown citation or a formula that pandoc cannot read.
    """
    options += ("--citeproc", "--metadata=reference-section-title:References", f"--bibliography={BIBLIOGRAPHY}")

    def convert(part):
        blocks = []
        for section in part:
            blocks += [RawBlock("typst", f"// {section.name}"), *section.document["blocks"]]
        document = part[0].document | {"blocks": blocks}
        cited = sorted(set(re.findall(r'"#ref-([^"]*)"', json.dumps(document))))  # the abstract is in "meta"
        cites = [Cite([CITATION | {"citationId": key}], []) for key in cited]
        document["meta"] = document["meta"] | {"nocite": {"t": "MetaInlines", "c": cites}}
        return pandoc(json.dumps(document), "json", writer, *options)

    try:
        return convert(sections)
    except ReportError:
        for section in sections:  # whose fault was it?
            try:
                convert([section])
            except ReportError as error:
                raise ReportError(f"{section.name}: {error}") from None
        raise


def font_folders():
    """Return the folders of the Chinese font; raises ReportError if it is not installed."""
    fonts = find_spec("pylopdf_fonts_zh_tw")
    folders = list(fonts.submodule_search_locations) if fonts else []
    if CHINESE_FONT not in typst.Fonts(include_system_fonts=False, font_paths=folders).families():
        raise ReportError(f"the font {CHINESE_FONT} is missing; install the package pylopdf-fonts-zh-tw.")
    return folders


def typeset(sections, settings):
    """Return linked sections as the bytes of a PDF; equal input gives equal bytes.

    `settings` are what template.typ reads: title, subtitle, short (title), profile, notice, conditions (rows of two).
    Raises ReportError.
    """
    folders = font_folders()
    text = '#import "template.typ": *\n#show: report\n' + write(sections, "typst")
    files = {"main.typ": text.encode(), "settings.json": json.dumps(settings).encode()}
    files["template.typ"] = TEMPLATE.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        for name, data in [*files.items(), *(image for section in sections for image in section.images.items())]:
            Path(folder, name).write_bytes(data)
        main = Path(folder, "main.typ")
        try:
            fonts = {"font_paths": folders, "ignore_system_fonts": True}
            return typst.compile(main, root=folder, **fonts, timestamp=0, pdf_tags=False)  # tags: a sixth of the file
        except typst.TypstError as error:
            line = re.search(r"main\.typ:(\d+)", error.diagnostic or "")
            before = text.splitlines()[: int(line[1])] if line else []
            names = ["report", *(line[3:] for line in before if line.startswith("// "))]
            raise ReportError(f"{names[-1]}: typst: {error.message}") from None
