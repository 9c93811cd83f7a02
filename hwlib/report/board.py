"""The findings on one page: every claim in ten words, with its verdict in each setting that was run, and its effect.

`.venv/bin/python -m hwlib.report.board` writes README's findings anew from `figures/*/08-verdicts.json`,
`docs/claims.md` (`hwlib.report.cards`), where all stands that is known of each claim, and a page for each setting
(`hwlib.report.gallery`).
"""

import json
from dataclasses import replace
from pathlib import Path

from hwlib import experiments, paths
from hwlib.claims import rule, table
from hwlib.report.forest import in_words
from hwlib.storage import write_bytes

VERDICTS = "08-verdicts.json"
DATA = {"avatars": "drawn", "extra_data": "course", "extra_data.zip": "course"}
"""Names of data sets -> a word for a column."""

NOT_OF_FACES = "not of faces"
"""In place of *not run* where other data were looked at: a claim about pictures in which no data set has a part."""

MARKS = ("<!-- board -->", "<!-- end of board -->")
"""What README's findings stand between."""


def settings(figures=paths.FIGURES, own=None):
    """The settings whose claims were judged: {"drawn 32": {"A1": `Judged`}}, smallest images first.

    figures: folder with a folder for each setting. own: a setting's folder that is not there; it comes first.
    """
    return {title: _verdicts(folder) for title, folder in folders(figures, own).items()}


def folders(figures=paths.FIGURES, own=None):
    """Their folders, {"drawn 32": folder}, in the same order."""
    found = {path.parent.name: path.parent for path in figures.glob(f"*/{VERDICTS}")}
    found |= {own.name: own} if own and (own / VERDICTS).exists() else {}
    beside = {other for folder in found.values() for other in _with_photos(folder)}
    told = sorted((folder != own, *_told(folder), folder) for folder in found.values() if folder not in beside)
    titles = [title for *_, title, _ in told]
    return {title if titles.count(title) == 1 else f"{title}, {path.name}": path for *_, title, path in told}


def _about(folder):
    return json.loads((folder / "08-claims.json").read_text(encoding="utf-8"))


def _with_photos(folder):
    """Folders of the same setting with photographs as second domain: what needs these is judged there."""

    def setting(one):
        return [_about(one).get(what) for what in ("profile", "seed", "seeds", "data")]

    named = sorted(path.parent for path in folder.parent.glob(f"{folder.name}-*/{VERDICTS}"))
    return [other for other in named if setting(other) == setting(folder)]


def _told(folder):
    """What to sort a setting by, and its title."""
    about = _about(folder)
    name, size = about["data"]["data"], about["data"]["image_size"]
    word = DATA.get(name, Path(name).stem)
    return (size, word != "drawn", word), f"{word} {size}"


def _verdicts(folder):
    """A setting's verdicts by claim, with `NOT_OF_FACES`, and with those that need photographs."""
    found = _judged(folder)
    for other in _with_photos(folder):
        found |= {name: one for name, one in _judged(other).items() if found.get(name, one).verdict == "not run"}
    drawn = _told(folder)[1].startswith("drawn ")
    for name, one in found.items():
        if one.verdict == "not run" and not drawn and not _of_data(one):
            found[name] = replace(one, verdict=NOT_OF_FACES)
    return found


def _judged(folder):
    rows = json.loads((folder / VERDICTS).read_text(encoding="utf-8"))
    return {one.claim.id: one for one in rule.from_json(rows)}


def _of_data(judged):
    """Whether a claim's runs take a data set."""
    names = {name for one in judged.findings for name in one.measure.runs}
    return not names or any(experiments.resolve(name, "paper")[2] for name in names)


def decides(verdict):
    return verdict.startswith(("reproduced", "contradicted"))


def effect(judged, others=True):
    """What a claim's verdict rests on most, in words: of its parts the first that agrees with it, with its interval.

    Then the `others` that ended otherwise: what is contradicted, with its effects, and what of a claim reproduced in
    part is open or too early.
    """
    known = [one for one in judged.parts if one.value is not None]
    if not known:
        return "–"
    verdict = judged.verdict.removesuffix(" in part")
    first = next((one for one in known if one.kind == verdict), known[0])
    told = [f"{first.measure.called}: " * (len(judged.findings) > 1) + in_words(first)]
    for other in ("contradicted", *["open", "too early"] * (verdict == "reproduced")) if others else ():
        parts = [one for one in judged.parts if one.kind == other != verdict]
        words = [one.measure.called for one in parts]
        if other == "contradicted":
            words = [f"{name} {in_words(one)}{_lost(one)}" for name, one in zip(words, parts, strict=True)]
        told += [f"{other}: {' / '.join(words)}"] * bool(words)
    return "; ".join(told)


def _lost(finding):
    """A mark where a measure's verdict does not survive the correction for all measures."""
    return " †" * (finding.survives is False)


def marked(judged):
    """A claim's verdict, with † where a part that it rests on does not survive the correction for all measures, and ‡
    where a doubt stands against it (`Claim.doubt`)."""
    if not decides(judged.verdict):
        return judged.verdict
    marks = "†" * any(map(_lost, judged.parts)) + "‡" * bool(judged.claim.doubt)
    return f"{judged.verdict} {marks}".rstrip()


def rows(found, others=True):
    """The board's heading and its rows, lists of texts: id, sentence, a verdict a setting, effect in the first."""
    first = next(iter(found))
    yield ["claim", "it says", *found, f"effect, {first}"]
    for claim in table.load():
        each = [of.get(claim.id, rule.Judged(claim, "not run", ())) for of in found.values()]
        yield [claim.id, claim.short, *map(marked, each), effect(each[0], others)]


def markdown(found, link="{}", others=True):
    """The board as a Markdown table; `link` is what an id and its small letters become, `others` as of `effect`.

    What decides is bold.
    """

    def strong(verdict):
        return f"**{verdict}**" if decides(verdict) else verdict

    heading, *body = rows(found, others)
    lines = [heading, [":---"] * len(heading)]
    lines += [
        [link.format(name, name.lower()), text, *map(strong, verdicts), last] for name, text, *verdicts, last in body
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def told(found):
    """What came of the claims, a text for each setting, which names those that are decided."""
    for title, each in found.items():
        groups = {}
        for name, one in each.items():
            groups.setdefault(one.verdict, []).append(name)
        counts = [
            f"{len(ids)} {'is' if len(ids) == 1 else 'are'} {verdict}" + f" ({', '.join(ids)})" * decides(verdict)
            for verdict, ids in sorted(groups.items(), key=lambda one: [*rule.VERDICTS, NOT_OF_FACES].index(one[0]))
        ]
        in_part = groups.get("reproduced in part", ())
        *others, last = [name for name in in_part if "contradicted" in [one.kind for one in each[name].parts]] or [""]
        mixed = f"{', '.join(others)} and {last}" if others else last
        yield f"Of the {len(each)} claims, in the setting *{title}*: {', '.join(counts)}." + (
            f" Of {mixed} another part is contradicted." if mixed else ""
        )


def page(found):
    """The page of findings that a report begins with, as Markdown."""
    first, *others = found
    older = (
        f" Only *{first}* is of this report; the others are as they were published, maybe by older code."
        if others
        else ""
    )
    return f"""# Findings {{.unnumbered}}

{" ".join(told(found))} A verdict holds for its setting alone. Effects are means, ratios as factors (×), with their
interval where there are several seeds or pairs. †: a part of it does not survive the correction for all measures. ‡: it
would not stand, or not whole, by a stricter reading. [The claims' section](08-claims.ipynb) says what each is measured
by, how it is judged, and what the doubt is.{older}

{markdown(found, "[{0}](08-claims.ipynb#{0})", others=False)}
"""


def in_readme(text, found):
    """README's text with what was found, in sentences and as a table, made anew."""
    start, end = MARKS
    before, _, rest = text.partition(start)
    _, found_end, after = rest.partition(end)
    if not found_end:
        raise ValueError(f"README.md has no {start} ... {end}")
    made = "\n\n".join([*told(found), markdown(found, "[{0}](docs/claims.md#{1})")])
    return f"{before}{start}\n{made}\n{end}{after}"


if __name__ == "__main__":
    from hwlib.report import cards, gallery

    figures = paths.REPOSITORY / "figures"
    if not (judged := settings(figures)):
        raise SystemExit(f"There are no verdicts in {figures}/*/{VERDICTS}: make report, or restore them with git.")
    readme = paths.REPOSITORY / "README.md"
    pages = {readme: in_readme(readme.read_text(encoding="utf-8"), judged)}
    pages[paths.REPOSITORY / "docs" / "claims.md"] = cards.page(figures)
    pages |= {folder / "README.md": gallery.page(folder) for folder in gallery.folders(figures)}
    for path, text in pages.items():
        write_bytes(path, text.encode())
