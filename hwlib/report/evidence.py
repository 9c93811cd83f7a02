"""How verdicts are shown: in words, as a forest plot, and beside the figures that they rest on."""

import ast
import io
import json
import re

import matplotlib.pyplot as plt
import nbformat
import numpy as np
from IPython.display import Image as Shown
from matplotlib.patches import Rectangle
from PIL import Image

from hwlib import paths
from hwlib.claims.rule import scale
from hwlib.report import notebooks
from hwlib.report.plots import WIDTH

COLOURS = {"reproduced": "#009E73", "contradicted": "#D55E00", "inconclusive": "#6b6b6b", "not run": "#bbbbbb"}
THUMBNAILS = (1400, 380)
"""Pixels, width and height, of a row of thumbnails."""

GROUPS = {
    "Reproduced": lambda one: one.verdict == "reproduced",
    "Contradicted": lambda one: one.verdict == "contradicted",
    "Leaning to the claim": lambda one: one.verdict == "inconclusive" and _leaning(one) == {True},
    "Leaning both ways": lambda one: one.verdict == "inconclusive" and len(_leaning(one)) != 1,
    "Leaning against the claim": lambda one: one.verdict == "inconclusive" and _leaning(one) == {False},
    "Not run": lambda one: one.verdict == "not run",
}


def in_words(finding):
    """An effect and its interval: "×0.62 (0.50 to 0.75)" for a log ratio, as a factor; "+0.12 (0.08 to 0.16)"."""
    values = np.array([finding.value, finding.low, finding.high])
    factor = finding.measure.unit == "log ratio"
    sign = "×" if factor else "+" if values[0] > 0 else ""
    mean, low, high = (f"{v:.2f}".replace("-", "−") for v in (np.exp(values) if factor else values))
    return f"{sign}{mean} ({low} to {high})"


def findings_in_words(judged):
    """One line a measure: name, effect, interval, seeds and, if the claim has several measures, verdict."""
    alone = len(judged.findings) == 1
    for one in judged.findings:
        if alone and one.value is None:
            return
        words = [one.measure.name.replace("_", " ")]
        if one.value is not None:
            words[0] += f" {in_words(one)}"
            words += [f"{len(one.seeds)} seeds"] if len(one.seeds) > 1 else []
        if not alone:
            words.append(_with_reason(one.verdict, one.reason))
        yield ", ".join(words)


def verdict_cell(judged):
    """All that a verdict rests on, as Markdown: effects, intervals, seeds, profile and data."""
    reason = judged.findings[0].reason if len(judged.findings) == 1 else ""
    lines = [f"**{judged.verdict}**{_with_reason('', reason)}", *findings_in_words(judged), _scale(judged)]
    return "<br>".join(line for line in lines if line)


def allowed(measure):
    """What a claim expects of a measure, in words: "below ×0.82"."""
    start, end = measure.region
    factor = measure.unit == "log ratio"
    low, high = (f"×{np.exp(v):.2f}" if factor else f"{v:g}".replace("-", "−") for v in (start, end))
    if np.isfinite(start) and np.isfinite(end):
        return f"between {low} and {high}"
    return f"above {low}" if np.isfinite(start) else f"below {high}"


def card(judged, folder):
    """A claim as Markdown under a heading of its own: the report's words, the verdict, how it was measured, where.

    Figures that are in `folder` are linked.
    """
    claim = judged.claim
    parts = [f"### {claim.id}", f"> {claim.statement}", f"{claim.english} (Report {claim.section})"]
    parts += [f"{verdict_cell(judged)}"]
    measures = []
    for one in judged.findings:
        runs = f" Runs: {', '.join(f'`{name}`' for name in one.runs)}." if one.runs else ""
        expected = f"expected {allowed(one.measure)}, since {one.measure.why}"
        measures.append(f"- *{one.measure.name.replace('_', ' ')}*: {one.measure.what}; {expected}.{runs}")
    parts.append("\n".join(measures))
    links = [f"[{name}]({name}.ipynb{'#' * bool(anchor)}{anchor})" for name, anchor, _ in places(claim)]
    unmeasured = f" Not measured: {claim.unmeasured}." if claim.unmeasured else ""
    figures = ", ".join(_link(path.stem) for path in pictures(claim, folder))
    shown = f", shown in {figures}" if figures else ""
    return "\n\n".join([*parts, f"Measured in {' and '.join(links)}{shown}.{unmeasured}"])


def _link(figure):
    notebook = next(name for name in notebooks.names() if name[:2] == figure[:2])
    return f"[Figure {figure}]({notebook}.ipynb#fig-{figure})"


def pictures(claim, folder):
    """Files of the figures that show a claim, as far as they are in `folder`: a list of paths."""
    names = claim.figures or [name for *_, figures in places(claim) for name in figures]
    found = (next(folder.glob(f"{name}.[ps][nv]g"), None) for name in dict.fromkeys(names))
    return [path for path in found if path]


def row(files):
    """Up to three pictures (paths of PNG or SVG files) side by side, as an image for `display`."""
    width, height = THUMBNAILS
    thumbnails = [_opened(path) for path in files[:3]]
    room = width - 20 * (len(thumbnails) - 1)
    height = int(min(height, room / sum(one.width / one.height for one in thumbnails)))
    sheet, left = Image.new("RGB", (width, height), "white"), 0
    for one in thumbnails:
        small = one.resize((int(height * one.width / one.height), height), Image.Resampling.LANCZOS)
        sheet.paste(small, (left, 0))
        left += small.width + 20
    buffer = io.BytesIO()
    sheet.quantize(256, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return Shown(buffer.getvalue())


def forest(results):
    """Effects and intervals of judged claims in units of the smallest effect that matters, in a figure.

    Turned so that the right is where the claim expects the effect; the region that it allows is shaded.
    """
    found = [(one.claim, finding) for one in results for finding in one.findings]
    figure, axes = plt.subplots(figsize=(WIDTH, 0.175 * len(found) + 0.7))
    ends = [abs(v) / f.measure.smallest for _, f in found if f.value is not None for v in (f.low, f.high)]
    limit = 1.3 * max([5.0, *ends])
    for y, (_, finding) in enumerate(found):
        _forest_row(axes, y, finding, limit)
    for y in [y for y, (claim, _) in enumerate(found) if y and claim.id != found[y - 1][0].id]:
        axes.axhline(y - 0.5, color="#e3e3e3", lw=0.6)
    labels = [f"{claim.id}  {finding.measure.name.replace('_', ' ')}" for claim, finding in found]
    axes.set_yticks(range(len(found)), labels)
    right = axes.secondary_yaxis("right")
    right.set_yticks(range(len(found)), [in_words(f) if f.value is not None else _left(f) for _, f in found])
    right.tick_params(length=0)
    right.spines[:].set_visible(False)
    for label, (_, finding) in zip(right.get_yticklabels(), found, strict=True):
        label.set_color(COLOURS[finding.verdict])
    axes.set_xscale("symlog", linthresh=1)
    ticks = [t for t in (1, 3, 10, 30, 100, 300) if t < limit]
    ticks = [*(-t for t in ticks[::-1]), 0, *ticks]
    axes.set_xticks(ticks, [f"{t:g}".replace("-", "−") for t in ticks])
    axes.minorticks_off()
    axes.set(xlim=(-limit, limit), ylim=(len(found) - 0.5, -0.5))
    axes.set_xlabel("against the claim  ←  effect in units of the smallest that matters  →  for the claim")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    handles = [plt.Line2D([], [], color=colour, marker="o", ms=3, label=name) for name, colour in COLOURS.items()]
    handles.append(Rectangle((0, 0), 1, 1, color="#dcebf5", label="what the claim allows"))
    figure.legend(handles=handles, loc="outside upper center", ncols=5)
    return figure


def _left(finding):
    return finding.verdict if finding.verdict == "not run" else "not finite"


def _scale(judged):
    return next((scale(one) for one in judged.findings if one.profile), "")


def _with_reason(verdict, reason):
    return f"{verdict} ({reason})" if reason else verdict


def _forest_row(axes, y, finding, limit):
    measure = finding.measure
    turned = (-1 if np.isneginf(measure.region[0]) and np.isfinite(measure.region[1]) else 1) / measure.smallest
    start, end = sorted(np.clip(turned * np.array(measure.region), -limit, limit))
    axes.add_patch(Rectangle((start, y - 0.5), end - start, 1, color="#dcebf5", lw=0, zorder=0))
    if finding.value is None:
        return
    colour = COLOURS[finding.verdict]
    axes.plot(turned * np.array([finding.low, finding.high]), [y, y], color=colour, lw=1.4, solid_capstyle="butt")
    seeds = [turned * seed["value"] for seed in finding.seeds]
    axes.plot(seeds, [y] * len(seeds), "|", color=colour, ms=5, mew=0.8)
    axes.plot(turned * finding.value, y, "o", color=colour, ms=3.2)


def places(claim, folder=paths.NOTEBOOKS):
    """Where a claim is measured: of each of its notebooks the name, the heading's anchor ("" for none), and the names
    of the figures drawn under it."""
    found = []
    for name in dict.fromkeys(measure.notebook for measure in claim.measures):
        path, parts, anchor, figures = folder / f"{name}.ipynb", [], "", []
        for cell in nbformat.read(path, 4).cells if path.exists() else []:
            if cell.cell_type == "markdown" and (heading := re.search(r"^##+ (.+)$", cell.source, re.MULTILINE)):
                words = re.sub(r"[^\w\s.-]", "", heading[1].lower()).split()
                anchor, figures = "-".join(words), []
            for method, *texts in called(cell.source) if cell.cell_type == "code" else ():
                if method == "savefig" and texts:
                    figures.append(f"{name[:2]}-{texts[0]}")
                if method == "effect" and texts[:1] == [claim.id]:
                    parts.append((anchor, figures))
        drawn = dict.fromkeys(figure for _, figures in parts for figure in figures)
        found.append((name, parts[0][0] if parts else "", list(drawn)))
    return found


def called(code):
    """Methods that a cell calls, each with those of its leading arguments that are written as texts."""
    lines = (line for line in code.splitlines() if not line.startswith(("%", "!")))
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            texts = [getattr(argument, "value", None) for argument in node.args]
            end = next((i for i, text in enumerate(texts) if not isinstance(text, str)), len(texts))
            yield node.func.attr, *texts[:end]


def _opened(path):
    if path.suffix == ".png":
        return Image.open(path).convert("RGB")
    import resvg_py

    drawn = resvg_py.svg_to_bytes(svg_string=path.read_text(), skip_system_fonts=True, dpi=200)
    return Image.open(io.BytesIO(bytes(drawn))).convert("RGB")


def summary(results):
    """Judged claims by what came of them, as Markdown: a paragraph a group, a line a claim with its effects."""
    parts = []
    for title, belongs in GROUPS.items():
        lines = [
            f"- [{one.claim.id}](#{one.claim.id}) {one.claim.english} *{'; '.join(map(_short, one.findings))}.*"
            for one in results
            if belongs(one)
        ]
        if lines:
            parts.append(f"**{title}** ({len(lines)} of {len(results)})\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def budgets(reported, folder):
    """How long runs were trained, first seed, from the JSON files that the notebooks left in `folder`: rows of a table.

    reported: name of a run -> passes over the data in the report. A run that was not made has a row that says so.
    """
    made = {}
    for path in (folder / f"{name}.json" for name in notebooks.names()):
        left = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"data": {}}
        images = left["data"].get("n")
        made |= {name: (run["result"], images) for name, run in left.get("runs", {}).items()}
    rows = []
    for name, passes in reported.items():
        result, images = made.get(name, ({}, None))
        if seen := result.get("images_seen"):
            rows.append((name, f"{seen:,}", f"{seen / images:.1f}", passes, f"{result['seconds'] / 60:.1f} min"))
        else:
            rows.append((name, "not run", "–", passes, "–"))
    return rows


def _leaning(judged):
    """Whether mean effects lie where the claim has them: a set of truth values, one for each measure that has one."""
    known = [one for one in judged.findings if one.value is not None]
    return {one.measure.region[0] < one.value < one.measure.region[1] for one in known}


def _short(finding):
    name = finding.measure.name.replace("_", " ")
    return f"{name} {in_words(finding)}" if finding.value is not None else f"{name} {finding.verdict}"
