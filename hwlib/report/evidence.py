"""How verdicts are shown in words. `forest` draws them, `cards` has all that is known of a claim."""

import json
from collections import Counter

import numpy as np

from hwlib.claims import measured, rule
from hwlib.experiments import looks
from hwlib.report import notebooks
from hwlib.report.forest import in_words
from hwlib.runs.seeds import seeds_of, together

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
        words = [named(one.measure)]
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
    told, reason, parts = judged.verdict, "", judged.parts
    if len(parts) == 1:
        told, reason = parts[0].verdict, parts[0].reason
    if told == "reproduced in part":
        reason = ", ".join(one.measure.called for one in parts if one.verdict == "reproduced")
    lines = [
        f"**{told}**{_with_reason('', reason)}",
        *findings_in_words(judged),
        _other_distance(judged),
        next((rule.scale(one) for one in judged.findings if one.profile), ""),
    ]
    return "<br>".join(line for line in lines if line)


def named(measure):
    """A measure's part of its claim, marked if it has no say."""
    return measure.called + " (beside)" * measure.beside


def _other_distance(judged):
    """Where the unbiased kernel distance of the same runs ends in another verdict than the Frechet distance."""
    frechet = {one.measure.runs: one for one in judged.findings if one.measure.function == "quality:distance"}
    kernel = [one for one in judged.findings if one.measure.function == "quality:kernel"]
    pairs = [(frechet[one.measure.runs], one) for one in kernel if one.measure.runs in frechet]
    told = [f"{a.measure.called}: by the kernel distance {b.verdict}" for a, b in pairs if a.verdict != b.verdict]
    return "; ".join(told)


def surviving(results):
    """How many verdicts survive the correction for all measures, and which do not: a sentence."""
    found = [(one.claim.id, finding) for one in results for finding in one.findings]
    tested = sum(one.p is not None for _, one in found)
    lost = [f"{claim} {one.measure.called}" for claim, one in found if one.survives is False]
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


def _with_reason(verdict, reason):
    return f"{verdict} ({reason})" if reason else verdict


def standing(claim, finding):
    """A row of a notebook's table: claim and part, units, effect with its interval, what the claim expects, verdict.

    A claim of the reports is linked to its card, which says what was measured.
    """
    effect = in_words(finding) if finding.value is not None else "–"
    name = f"[{claim.id}](08-claims.ipynb#{claim.id})" if claim in rule.load() else claim.id
    told = _with_reason(finding.verdict, finding.reason)
    return f"{name} {named(finding.measure)}", _units(finding), effect, allowed(finding.measure), told


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


def spreads(found, *names):
    """The same with, of several runs, the lowest and the highest: "0.151 (0.118 to 0.18)"."""
    for name in names:
        values = [one[name]["value"] for one in found]
        several = f" ({min(values):.3g} to {max(values):.3g})" if len(values) > 1 else ""
        yield f"{np.mean(values):.3g}{several}"


def failed(found):
    """Why runs failed, from what an `Evaluator` measured of each: "no faces (2 of 5)"; a dash if none did."""
    reasons = Counter(reason for one in found for reason in one.get("failed", ()))
    return ", ".join(f"{reason} ({n} of {len(found)})" for reason, n in sorted(reasons.items())) or "–"


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
    known = [one for one in judged.parts if one.value is not None]
    sides = {one.measure.allows[0] <= one.value <= one.measure.allows[1] for one in known}
    return LEANING[sides.pop()] if len(sides) == 1 else BOTH


def _short(finding):
    return f"{finding.measure.called} {finding.verdict if finding.value is None else in_words(finding)}"
