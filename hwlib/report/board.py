"""The findings on one page: every claim in ten words, with its verdict in each setting that was run, and its effect.

`python -m hwlib.report.board` writes README's beginning anew from `figures/*/08-verdicts.json`.
"""

import json
from math import inf
from pathlib import Path
from types import SimpleNamespace

from hwlib import paths
from hwlib.claims import rule, table
from hwlib.report.forest import in_words

VERDICTS = "08-verdicts.json"
DATA = {"avatars": "drawn", "extra_data": "course"}
"""Names of data sets -> a word for a column."""

MARKS = "<!-- board -->", "<!-- end of board -->"
"""What README's findings stand between."""


def settings(figures=paths.FIGURES, own=None):
    """The settings whose claims were judged: {"drawn 32": {"A1": row of 08-verdicts.json}}, smallest images first.

    figures: folder with a folder for each setting. own: a setting's folder that is not there; it comes first.
    """
    if not own or not (own / VERDICTS).exists():
        own = None
    published = [path.parent for path in sorted(figures.glob(f"*/{VERDICTS}"))]
    if own:
        published = [path for path in published if path.name != own.name]
    found = [(path == own, *_told(path)) for path in [*published, *([own] if own else [])]]
    found.sort(key=lambda one: (not one[0], one[2], one[1]))
    titles = [title for _, title, *_ in found]
    return {title if titles.count(title) == 1 else f"{title}, {name}": rows for _, title, _, name, rows in found}


def _told(folder):
    """A setting's title, what to sort by, its folder's name, and its verdicts by claim."""
    about = json.loads((folder / "08-claims.json").read_text(encoding="utf-8"))
    name, size = Path(about["data"]["data"]).stem, about["data"]["image_size"]
    rows = json.loads((folder / VERDICTS).read_text(encoding="utf-8"))
    word = DATA.get(name, name)
    return f"{word} {size}", (size, word != "drawn", word), folder.name, {row["id"]: row for row in rows}


def decides(verdict):
    return verdict.startswith(("reproduced", "contradicted"))


def effect(row, others=True):
    """What a claim's verdict rests on most, in words: of its parts the first that agrees with it, with its interval.

    Then the `others` that ended otherwise: what is contradicted, and what is open of a claim reproduced in part.
    """
    known = [one for one in row["measures"] if one["value"] is not None and not one["measure"].get("beside")]
    if not known:
        return "–"
    verdict = row["verdict"].removesuffix(" in part")
    one = next((one for one in known if one["verdict"].split(":")[0] == verdict), known[0])
    low, high = one["low"], one["high"]
    if low is not None or high is not None:
        low, high = -inf if low is None else low, inf if high is None else high
    words = in_words(SimpleNamespace(measure=SimpleNamespace(**one["measure"]), value=one["value"], low=low, high=high))
    told = [words if len(row["measures"]) == 1 else f"{_part(one)}: {words}"]
    for other in ("contradicted", *["open"] * (verdict == "reproduced")) if others else ():
        parts = [_part(each) for each in known if each["verdict"].split(":")[0] == other != verdict]
        told += [f"{other}: {' / '.join(parts)}"] if parts else []
    return "; ".join(told)


def _part(one):
    return one["measure"].get("part") or one["measure"]["name"].replace("_", " ")


def marked(row):
    """A claim's verdict, with a dagger where a part that it rests on does not survive the correction for all."""
    lost = [one for one in row["measures"] if one.get("survives") is False and not one["measure"].get("beside")]
    return row["verdict"] + " †" * bool(lost and decides(row["verdict"]))


def rows(found, others=True):
    """The board's heading and its rows, lists of texts: id, sentence, a verdict a setting, effect in the first."""
    first = next(iter(found))
    yield ["claim", "it says", *found, f"effect, {first}"]
    for claim in table.load():
        nothing = {"verdict": "not run", "measures": []}
        verdicts = [marked(each.get(claim.id, nothing)) for each in found.values()]
        row = found[first].get(claim.id, nothing)
        yield [claim.id, claim.short, *verdicts, effect(row, others)]


def markdown(found, link="{}", others=True):
    """The board as a Markdown table; `link` is what an id becomes, `others` as of `effect`. What decides is bold."""

    def strong(verdict):
        return f"**{verdict}**" if decides(verdict) else verdict

    heading, *body = rows(found, others)
    lines = [heading, [":---"] * len(heading)]
    lines += [[link.format(name), text, *map(strong, verdicts), last] for name, text, *verdicts, last in body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def told(found):
    """What came of the claims in each setting: a sentence each, which names those that are decided."""
    for title, each in found.items():
        groups = {}
        for row in each.values():
            groups.setdefault(row["verdict"], []).append(row["id"])
        counts = [
            f"{len(ids)} {'is' if len(ids) == 1 else 'are'} {verdict}" + f" ({', '.join(ids)})" * decides(verdict)
            for verdict, ids in sorted(groups.items(), key=lambda one: rule.VERDICTS.index(one[0]))
        ]
        yield f"Of the reports' {len(each)} claims, in the setting *{title}*: {', '.join(counts)}."


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
interval where there are several seeds or pairs. †: a part of it does not survive the correction for all measures. [The
claims' section](08-claims.ipynb) says what each is measured by, and how it is judged.{older}

{markdown(found, "[{0}](08-claims.ipynb#{0})", others=False)}
"""


def in_readme(text, found):
    """README's text with what was found, in sentences and as a table, made anew."""
    start, end = MARKS
    before, _, rest = text.partition(start)
    _, found_end, after = rest.partition(end)
    if not found_end:
        raise ValueError(f"README.md has no {start} ... {end}")
    return f"{before}{start}\n{' '.join(told(found))}\n\n{markdown(found)}\n{end}{after}"


if __name__ == "__main__":
    readme = paths.REPOSITORY / "README.md"
    readme.write_text(in_readme(readme.read_text(encoding="utf-8"), settings()), encoding="utf-8")
