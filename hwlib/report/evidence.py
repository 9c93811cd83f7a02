"""How verdicts are shown: in words, and beside the figures that they rest on. `forest` draws them."""

import ast
import io
import json
import re
from collections import Counter

import numpy as np
from IPython.display import Image as Shown
from PIL import Image

from hwlib import paths
from hwlib.claims import measured, rule
from hwlib.experiments import looks
from hwlib.report import notebooks
from hwlib.report.forest import in_words
from hwlib.runs.seeds import seeds_of, together
from hwlib.storage import encoded

THUMBNAILS = (1050, 285)
"""Pixels, width and height, of a row of thumbnails."""

BOTH = "open, leaning both ways"
LEANING = {True: "open, leaning to the claim", False: "open, leaning against the claim"}
GROUPS = ["reproduced", "reproduced in part", "contradicted", LEANING[True], BOTH, LEANING[False]]
GROUPS += ["too early", "not run"]


def findings_in_words(judged):
    """One line a measure: name, effect, interval, how many units, and, if the claim has several, verdict."""
    alone = len(judged.findings) == 1
    for one in judged.findings:
        if alone and one.value is None:
            return
        words = [_named(one.measure)]
        if one.value is not None:
            words[0] += f" {in_words(one)}"
            words += [_units(one)] if len(one.units) > 1 else []
        if not alone:
            words.append(_with_reason(one.verdict, one.reason))
        if one.survives is False:
            words.append("not after the correction for all measures")
        yield ", ".join(words)


def verdict_cell(judged):
    """All that a verdict rests on, as Markdown: effects, intervals, units, profile and data."""
    told, reason, parts = judged.verdict, "", _parts(judged)
    if len(parts) == 1:
        told, reason = parts[0].verdict, parts[0].reason
    if told == "reproduced in part":
        reason = ", ".join(part(one.measure) for one in parts if one.verdict == "reproduced")
    lines = [
        f"**{told}**{_with_reason('', reason)}",
        *findings_in_words(judged),
        _other_distance(judged),
        next((rule.scale(one) for one in judged.findings if one.profile), ""),
    ]
    return "<br>".join(line for line in lines if line)


def _parts(judged):
    """The findings that have a say in a claim's verdict."""
    return [one for one in judged.findings if not one.measure.beside]


def _named(measure):
    return part(measure) + " (beside)" * measure.beside


def _other_distance(judged):
    """Where the unbiased kernel distance of the same runs ends in another verdict than the Frechet distance."""
    frechet = {one.measure.runs: one for one in judged.findings if one.measure.function == "quality:distance"}
    kernel = [one for one in judged.findings if one.measure.function == "quality:kernel"]
    pairs = [(frechet[one.measure.runs], one) for one in kernel if one.measure.runs in frechet]
    told = [f"{part(a.measure)}: by the kernel distance {b.verdict}" for a, b in pairs if a.verdict != b.verdict]
    return "; ".join(told)


def surviving(results):
    """How many verdicts survive the correction for all measures, and which do not: a sentence."""
    found = [(one.claim.id, finding) for one in results for finding in one.findings]
    tested = sum(one.p is not None for _, one in found)
    lost = [f"{claim} {part(one.measure)}" for claim, one in found if one.survives is False]
    decided = sum(one.survives is not None for _, one in found)
    rest = f"; {', '.join(lost)} {'does' if len(lost) == 1 else 'do'} not" if lost else ""
    return f"Of {tested} measures judged, {decided} are decided, and {decided - len(lost)} of these survive{rest}."


def allowed(measure):
    """What a claim expects of a measure, in words: "below ×0.82"."""
    start, end = measure.allows
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
    parts.append(verdict_cell(judged))
    measures = []
    for one in judged.findings:
        runs = f" Runs: {', '.join(f'`{name}`' for name in one.runs)}." if one.runs else ""
        expected = f"expected {allowed(one.measure)}, since {one.measure.why}"
        first = one.measure.first_seed(one.profile, one.data)
        since = f" Seeds count from {first} on." * bool(first)
        measures.append(f"- *{_named(one.measure)}*: {one.measure.what}; {expected}.{runs}{since}")
    parts.append("\n".join(measures))
    if changed := [*_changes(judged.findings)]:
        parts += ["Changed after the first runs:", "\n".join(changed)]
    links = [f"[{name}]({name}.ipynb{'#' * bool(anchor)}{anchor})" for name, anchor, _ in places(claim)]
    unmeasured = f" Not measured: {claim.unmeasured}." if claim.unmeasured else ""
    doubt = [f"Doubt (‡): {claim.doubt}"] if claim.doubt else []
    figures = ", ".join(_link(path.stem) for path in pictures(claim, folder))
    shown = f", shown in {figures}" if figures else ""
    return "\n\n".join([*parts, f"Measured in {' and '.join(links)}{shown}.{unmeasured}", *doubt])


def _changes(findings):
    """What of a claim's measures was changed after the first runs: a Markdown line a change, with those it is of."""
    found = {}
    for one in findings:
        for change in one.measure.changed:
            found.setdefault((change["date"], change["reason"]), []).append(_named(one.measure))
    for (date, reason), names in sorted(found.items()):
        of = "" if len(names) == len(findings) else f", {', '.join(names)}"
        yield f"- {date}{of}: {reason}."


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
    return Shown(encoded(sheet.quantize(256, dither=Image.Dither.NONE), "PNG", optimize=True))


def _with_reason(verdict, reason):
    return f"{verdict} ({reason})" if reason else verdict


def standing(claim, finding):
    """A row of a notebook's table: claim and part, units, effect with its interval, what the claim expects, verdict."""
    effect = in_words(finding) if finding.value is not None else "–"
    told = _with_reason(finding.verdict, finding.reason)
    return f"{claim.id} {_named(finding.measure)}", _units(finding), effect, allowed(finding.measure), told


def standings(section, ids, ways):
    """How the reports' claims `ids` stand by each way of measuring: rows of a table, as `standing` makes them.

    ways: name -> `way(function, evaluator, *runs)`, which returns the `Effect` of a seed. Of all seeds whose runs are
    here, also of those that do not count for the claim itself (`Measure.first_seed`).
    """
    rows = []
    for claim in (claim for claim in rule.load() if claim.id in ids):
        for measure in (one for one in claim.measures if not one.beside):
            function, runs = measured.function_of(measure), (measure.runs, section.profile, section.data)
            arms = {seed: together(*runs, seed) for seed in seeds_of(*runs, section.asked_seeds)}
            for name, way in ways.items():
                effects = {seed: way(function, section.evaluator, *both) for seed, both in arms.items()}
                rows.append((name, *standing(claim, rule.judge(measure, effects, looks(section.profile)))))
    return rows


def means(found, *names):
    """Mean of each named measure over what an `Evaluator` measured of several runs; a dash for what it did not."""
    return [np.mean([one[name]["value"] for one in found]) if name in found[0] else "–" for name in names]


def failed(found):
    """Why runs failed, from what an `Evaluator` measured of each: "no faces (2 of 5)"; a dash if none did."""
    reasons = Counter(reason for one in found for reason in one.get("failed", ()))
    return ", ".join(f"{reason} ({n} of {len(found)})" for reason, n in sorted(reasons.items())) or "–"


def part(measure):
    return measure.part or measure.name.replace("_", " ")


def _units(finding):
    """How many units a finding rests on: "5 seeds", "the first 5 of 7 seeds", "one pair"."""
    unit, early = finding.measure.units[:-1], sum(bool(row["too_early"]) for row in finding.units)
    n = len(finding.units) - early
    if early and not n:
        return f"{rule.number(early, unit)}, too early"
    text = rule.number(n, unit)
    if 0 < finding.decide < n:
        text = f"the first {finding.decide} of {text}"
    text = f"{text} ({early} more too early)" if early else text
    return f"{text}, {finding.published} as published" if finding.published else text


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
    if path.suffix == ".png":
        return Image.open(path).convert("RGB")
    import resvg_py

    drawn = resvg_py.svg_to_bytes(svg_string=path.read_text(), skip_system_fonts=True, dpi=200)
    return Image.open(io.BytesIO(bytes(drawn))).convert("RGB")


def summary(results):
    """Judged claims by what came of them, as Markdown: a paragraph a group, a line a claim with its effects."""
    lines = {group: [] for group in GROUPS}
    for one in results:
        told = f"{one.claim.english} *{'; '.join(map(_short, one.findings))}.*"
        lines[_group(one)].append(f"- [{one.claim.id}](#{one.claim.id}) {told}")
    parts = [(f"**{group.capitalize()}** ({len(of)} of {len(results)})\n", *of) for group, of in lines.items() if of]
    return "\n\n".join("\n".join(part) for part in parts)


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


def _group(judged):
    """A claim's verdict; of an open one, too, whether mean effects lie where the claim has them."""
    if judged.verdict != "open":
        return judged.verdict
    known = [one for one in _parts(judged) if one.value is not None]
    sides = {one.measure.allows[0] <= one.value <= one.measure.allows[1] for one in known}
    return LEANING[sides.pop()] if len(sides) == 1 else BOTH


def _short(finding):
    return f"{part(finding.measure)} {finding.verdict if finding.value is None else in_words(finding)}"
