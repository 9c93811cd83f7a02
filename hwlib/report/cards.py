"""Every claim with all that is known of it: the report's words, verdicts, measures, changes, figures, doubts.

Notebook 08 shows the cards of its setting; `page` puts those of all settings into one document.
"""

import ast
import io
import re
from dataclasses import replace

from IPython.display import Image as Shown
from PIL import Image

from hwlib import paths
from hwlib.claims import rule
from hwlib.report import board, notebooks
from hwlib.report.evidence import allowed, named, verdict_cell
from hwlib.storage import encoded

THUMBNAILS = (1050, 285)
"""Pixels, width and height, of a row of thumbnails."""

NOT_RUN = ("not run", board.NOT_OF_FACES)

HEAD = """# Claim by claim

What each sentence says, what came of it in each setting in which it was run, how it is measured, and what speaks
against it. A unit is a seed or a pair of pictures; × is a ratio, and its measure says of what over what. How verdicts
are reached is explained in [08-claims](../notebooks/08-claims.ipynb), the words in [the glossary](glossary.md). All
measures on drawn faces with their intervals are in [one figure](../figures/quick/08-forest.svg). This page is made of
what is published, by
`.venv/bin/python -m hwlib.report.board`."""


def page(figures=paths.FIGURES):
    """The cards of all claims with their verdicts in every setting that was judged, as a document for `docs/`."""
    settings = board.folders(figures)
    judged, folder, cards = board.settings(figures), next(iter(settings.values())), [HEAD]
    for claim in rule.load():
        found = [(title, each[claim.id]) for title, each in judged.items() if claim.id in each]
        run = [(title, one) for title, one in found if one.verdict not in NOT_RUN]
        rows = [f"| {title} | {verdict_cell(_counted_here(one))} |" for title, one in run]
        if found:
            text = card(found[0][1], folder, "\n".join(["| in | verdict |", "| :--- | :--- |", *rows]))
            cards.append(_linked_from_docs(text, folder))
    return "\n\n".join(cards).replace("\n### ", "\n## ") + "\n"


def _counted_here(judged):
    """The same without how many units were taken as published: on this page all are."""
    return replace(judged, findings=tuple(replace(one, published=0) for one in judged.findings))


def _linked_from_docs(text, folder):
    """Links to notebooks and figures as a page in `docs/` has them: to the stored notebook, the published file."""
    for figure in re.findall(r"\([\w.-]+#fig-([\w-]+)\)", text):
        (path,) = folder.glob(f"{figure}.[pjs][npv]g")
        text = re.sub(rf"\([\w.-]+#fig-{figure}\)", f"(../figures/{folder.name}/{path.name})", text)
    return re.sub(r"\((\d\d-[\w-]+\.ipynb)(#[^)]*)?\)", r"(../notebooks/\1)", text)


def card(judged, folder, verdicts=""):
    """A claim as Markdown under a heading of its own: the report's words, the verdict, how it was measured, where.

    Figures that are in `folder` are linked. verdicts: Markdown in place of the claim's own verdict.
    """
    claim = judged.claim
    parts = [f"### {claim.id}", f"> {claim.statement}", f"{claim.english} (Report {claim.section})"]
    parts.append(verdicts or verdict_cell(judged))
    parts.append("\n".join(map(_measure, judged.findings)))
    if changed := [*_changes(judged.findings)]:
        parts += ["Changed after the first runs:", "\n".join(changed)]
    links = [f"[{name}]({name}.ipynb{'#' * bool(anchor)}{anchor})" for name, anchor, _ in places(claim)]
    unmeasured = f" Not measured: {claim.unmeasured}." if claim.unmeasured else ""
    doubt = [f"Doubt (‡): {claim.doubt}"] if claim.doubt else []
    figures = ", ".join(_link(path.stem) for path in pictures(claim, folder))
    shown = f", shown in {figures}" if figures else ""
    return "\n\n".join([*parts, f"Measured in {' and '.join(links)}{shown}.{unmeasured}", *doubt])


def _measure(finding):
    """A Markdown line: what was measured, what was expected and why, of which runs, and which seeds count."""
    measure = finding.measure
    runs = f" Runs: {', '.join(f'`{name}`' for name in measure.runs)}." if measure.runs else ""
    first = measure.first_seed(finding.profile, finding.data)
    since = f" On drawn faces seeds count from {first} on." * bool(first)
    return f"- *{named(measure)}*: {measure.what}; expected {allowed(measure)}, since {measure.why}.{runs}{since}"


def _changes(findings):
    """What of a claim's measures was changed after the first runs: a Markdown line a change, with those it is of."""
    found = {}
    for one in findings:
        for change in one.measure.changed:
            found.setdefault((change["date"], change["reason"]), []).append(named(one.measure))
    for (date, reason), names in sorted(found.items()):
        of = "" if len(names) == len(findings) else f", {', '.join(names)}"
        yield f"- {date}{of}: {reason}."


def _link(figure):
    notebook = next(name for name in notebooks.names() if name[:2] == figure[:2])
    return f"[Figure {figure}]({notebook}.ipynb#fig-{figure})"


def pictures(claim, folder):
    """Files of the figures that show a claim, as far as they are in `folder`: a list of paths."""
    names = claim.figures or [name for *_, figures in places(claim) for name in figures]
    found = (next(folder.glob(f"{name}.[pjs][npv]g"), None) for name in dict.fromkeys(names))
    return [path for path in found if path]


def row(files):
    """Up to three pictures (paths of PNG, JPEG or SVG files) side by side, as an image for `display`."""
    width, height = THUMBNAILS
    thumbnails = [_opened(path) for path in files[:3]]
    room = width - 20 * (len(thumbnails) - 1)
    height = int(min(height, room / sum(one.width / one.height for one in thumbnails)))
    sheet, left = Image.new("RGB", (width, height), "white"), 0
    for one in thumbnails:
        small = one.resize((int(height * one.width / one.height), height), Image.Resampling.LANCZOS)
        sheet.paste(small, (left, 0))
        left += small.width + 20
    return Shown(encoded(sheet.quantize(256, dither=Image.Dither.NONE), "PNG", optimize=True))


def places(claim, folder=paths.NOTEBOOKS):
    """Where a claim is measured: of each of its notebooks the name, the heading's anchor ("" for none), and the names
    of the figures drawn under it."""
    found = []
    for name in dict.fromkeys(measure.notebook for measure in claim.measures):
        path, parts, anchor, figures = folder / f"{name}.ipynb", [], "", []
        for kind, text in notebooks.cells_of(path):
            if kind == "markdown" and (heading := re.search(r"^##+ (.+)$", text, re.MULTILINE)):
                words = re.sub(r"[^\w\s.-]", "", heading[1].lower()).split()
                anchor, figures = "-".join(words), []
            for method, *texts in called(text) if kind == "code" else ():
                if method == "savefig" and texts:
                    figures.append(f"{name[:2]}-{texts[0]}")
                if method == "claim" and claim.id in texts:
                    parts.append((anchor, figures))
        drawn = dict.fromkeys(figure for _, figures in parts for figure in figures)
        found.append((name, parts[0][0] if parts else "", list(drawn)))
    return found


def called(code):
    """Methods that a cell calls, each with those of its leading arguments that are written as texts."""
    for node in ast.walk(ast.parse(notebooks.python(code))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            texts = [getattr(argument, "value", None) for argument in node.args]
            end = next((i for i, text in enumerate(texts) if not isinstance(text, str)), len(texts))
            yield node.func.attr, *texts[:end]


def _opened(path):
    if path.suffix != ".svg":
        return Image.open(path).convert("RGB")
    import resvg_py

    drawn = resvg_py.svg_to_bytes(svg_string=path.read_text(), skip_system_fonts=True, dpi=200)
    return Image.open(io.BytesIO(bytes(drawn))).convert("RGB")
