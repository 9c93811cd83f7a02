"""README and docs/: what was measured stands in the JSON of a figure that the same paragraph links to."""

import json
import re

import pytest
from test_prose import typed

from hwlib import paths
from hwlib.report import board

TIMES = "scale.md"
"""Times, sizes and costs, measured by hand: no figure's JSON holds them."""
MADE = "claims.md"
"""Of what is published (test_board)."""

PAGES = [paths.REPOSITORY / "README.md", *sorted((paths.REPOSITORY / "docs").glob("*.md"))]
PAGES = [page for page in PAGES if page.name not in (TIMES, MADE)]
KNOWN = {
    r"3\.1[1-4]": "versions of Python",
    r"1\.0|4\.0": "versions of licences",
    r"5 %": "a setting: the half-life of the averaged weights",
    r"0\.[3789]": "GB of memory, seen by hand on one machine",
    r"98\.75 %|95 %": "levels of intervals, set by the rule",
}
"""What may stand there beside, as patterns, and why."""


def numbers(value):
    """All numbers in what a JSON file holds, those in texts included: the cells of tables are texts."""
    if isinstance(value, (dict, list)):
        return {n for one in (value.values() if isinstance(value, dict) else value) for n in numbers(one)}
    if isinstance(value, (bool, type(None))):
        return set()
    return {float(n) for n in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", str(value))}


def shows(words, measured):
    """Whether a text such as "0.30" or "94 %" is one of the numbers, rounded."""
    text = words.removesuffix("%").strip()
    digits, factors = len(text.partition(".")[2]), (1, 100) if "%" in words else (1,)
    return any(f"{abs(factor * one):.{digits}f}" == text for one in measured for factor in factors)


def untold(paragraph, folder):
    """Decimals and percentages of a paragraph that no linked figure's JSON holds."""
    links = [(folder / link).with_suffix(".json") for link in re.findall(r"\]\(([^)#]*figures/[^)#]+)", paragraph)]
    measured = {n for path in links if path.exists() for n in numbers(json.loads(path.read_text(encoding="utf-8")))}
    known = re.compile("|".join(KNOWN))
    return [words for words in typed(paragraph) if not known.fullmatch(words) and not shows(words, measured)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_number_in_the_documentation_is_in_a_linked_figures_json(page):
    made = ".*".join(map(re.escape, board.MARKS))  # see test_board
    text = re.sub(f"(?s){made}", "", page.read_text(encoding="utf-8"))
    found = [words for paragraph in re.split(r"\n\n+", text) for words in untold(paragraph, page.parent)]
    assert found == [], "link the JSON file that holds them, or take them out"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is 0.55 and 12 % ([numbers](figures/x.json)).", []),
        ("It is 0.56 ([numbers](figures/x.json)).", ["0.56"]),
        ("It is 0.55.", ["0.55"]),
        ("It is 2.4, as table and [figure](figures/x.svg) say.", []),
    ],
)
def test_what_is_not_measured_would_be_noticed(tmp_path, text, found):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "x.json").write_text('{"a": {"value": 0.5512}, "rows": [["WGAN", "2.41"], [0.118]]}')
    assert untold(text, tmp_path) == found
