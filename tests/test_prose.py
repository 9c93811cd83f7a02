"""No result is typed by hand: the text holds settings and quotations, and numbers that were measured come from code."""

import ast
import re
from itertools import product
from pathlib import Path

import nbformat
import pypandoc
import pytest

from hwlib import experiments, paths
from hwlib.claims import rule as claims
from hwlib.report import board
from hwlib.report.exporter import BIBLIOGRAPHY

FRONT = paths.REPOSITORY / "report" / "front.md"
NOTEBOOKS = sorted(paths.NOTEBOOKS.glob("*.ipynb"))
KNOWN = {
    "48 %": "images of the course's set of 2017 without a colour tag: of its list, which nothing here can count",
    "34 %": "the same, with exactly one colour of hair and one of eyes",
}
"""What the text may say beside settings and claims, and why."""

NUMBER = r"(?<![\w.])\d+\.\d+(?:\s?%)?|(?<![\w.])\d+\s?%"
ELSEWHERE = (
    r"(?s)```.*?```|~~~.*?~~~",  # code
    r"`[^`]*`",
    r"(?s)\$\$.*?\$\$|\\begin\{(\w+\*?)\}.*?\\end\{\1\}",  # formulas
    r"\$[^$\n]+\$",
    r"(?m)^>.*$",  # quotations
    r"\]\([^)]*\)",  # targets of links
)


def settings():
    """All numbers that experiments and profiles set, and those that the claims quote, as texts."""

    def numbers(value):
        if isinstance(value, dict):
            value = value.values()
        if isinstance(value, (list, tuple)) or not isinstance(value, (str, int, float, type(None))):
            return {number for one in value for number in numbers(one)}
        return {f"{value:g}"} if isinstance(value, (int, float)) else set()

    quoted = re.findall(NUMBER, " ".join(one.statement for one in claims.load()))
    return numbers([experiments.EXPERIMENTS, experiments.PROFILES]) | {*quoted} | KNOWN.keys()


def typed(text):
    """Decimals and percentages of a Markdown text, outside formulas, code, quotations and links."""
    for pattern in ELSEWHERE:
        text = re.sub(pattern, " ", text)
    return re.findall(NUMBER, text)


def texts(notebook):
    """Markdown of a notebook, and the texts that its code gives to what shows or keeps results."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield cell.source
        if cell.cell_type != "code":
            continue
        code = "\n".join(line for line in cell.source.splitlines() if not line.startswith(("%", "!")))
        for node in ast.walk(ast.parse(code)):
            shows = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if shows and node.func.attr in ("savefig", "table", "number"):
                formats = {
                    id(part) for one in ast.walk(node) if isinstance(one, ast.FormattedValue) for part in ast.walk(one)
                }
                words = (one for one in ast.walk(node) if isinstance(one, ast.Constant) and id(one) not in formats)
                yield " ".join(one.value for one in words if isinstance(one.value, str))


@pytest.mark.parametrize("path", [*NOTEBOOKS, FRONT], ids=lambda path: path.stem)
def test_numbers_in_the_text_are_settings_or_quoted(path):
    parts = [path.read_text()] if path == FRONT else texts(nbformat.read(path, 4))
    by_hand = [number for text in parts for number in typed(text) if number not in settings()]
    told = "say it with section.number or a table, or, if it is a setting, write it as code or a formula"
    assert not by_hand, f"{path.name}: {by_hand}: {told}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("An accuracy of 0.93 is reached.", ["0.93"]),
        ("It is 12.5 % better, and 30% faster.", ["12.5 %", "30%"]),
        ("With $\\lambda = 0.37$ and `rate=0.37`.\n\n> 0.37 見\n\n[a](b-0.37.html)", []),
        ("Report A 3.1 has 64 filters, 16×16.", ["3.1"]),
        ("$$a = 0.37$$ \\begin{align}0.37\\end{align} 0.38", ["0.38"]),
    ],
)
def test_what_counts_as_typed(text, found):
    assert typed(text) == found


def test_a_citation_says_what_the_references_say():
    """`([Reed et al. 2016](….bib#reed2016))`: the words are those of citeproc, or the year alone."""
    texts = [cell.source for path in NOTEBOOKS for cell in nbformat.read(path, 4).cells if cell.cell_type != "code"]
    texts += [FRONT.read_text(), *(one.english for one in claims.load())]
    links = re.findall(r"\[([^\]]*)\]\([^)]*\.bib#(\w+)\)", "\n".join(texts))
    cited = sorted({(" ".join(words.split()), key) for words, key in links})
    options = ["--citeproc", "--wrap=none", "--metadata=suppress-bibliography", f"--bibliography={BIBLIOGRAPHY}"]
    lines = "\n\n".join(f"[@{key}]" for _, key in cited)
    right = pypandoc.convert_text(lines, "plain", "markdown", extra_args=options).replace("\u00a0", " ").split("\n\n")
    full = [words.strip().strip("()") for words in right]
    assert len(cited) > 20
    assert [(is_, said) for (is_, _), said in zip(cited, full, strict=True) if is_ not in (said, said[-4:])] == []


def test_no_reference_stands_in_a_syntax_that_only_pandoc_reads():
    written = [*NOTEBOOKS, FRONT, *paths.REPOSITORY.glob("report/claims/*.toml")]
    raw = {path.name: re.findall(r"@(?:fig|tbl)-|\[-?@\w+", path.read_text()) for path in written}
    assert {name: found for name, found in raw.items() if found} == {}


def test_a_caption_counts_as_text():
    code = 'x = 0.37\nsection.savefig("a", f"It is 0.38 of {x:.2f} and {0.37}.")\nprint("0.37")'
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    assert [number for text in texts(notebook) for number in typed(text)] == ["0.38"]


VERDICTS = ("reproduced", "contradicted", "too early", "not run")


def said(text):
    """(claim, verdict) of every sentence that names a claim by its id and a verdict, as pairs."""
    sentences = re.split(r"(?<=[.!?;])\s+|\n\n|\n(?=[|#-])", text)
    found = [[re.findall(p, one) for p in (r"\b[AB]\d{1,2}\b", rf"\b({'|'.join(VERDICTS)})\b")] for one in sentences]
    return [pair for claims_, verdicts in found for pair in product(claims_, verdicts)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_says_no_verdict_before_it_is_executed(path):
    assert [pair for text in texts(nbformat.read(path, 4)) for pair in said(text)] == []


@pytest.mark.parametrize("path", ["README.md", *(f"docs/{p.name}" for p in paths.REPOSITORY.glob("docs/*.md"))])
def test_a_verdict_in_the_text_is_one_that_was_published(path):
    text = (paths.REPOSITORY / path).read_text(encoding="utf-8")
    text = re.sub("(?s)" + ".*".join(map(re.escape, board.MARKS)), "", text)  # made from what is published
    published = {(claim, one.verdict) for found in board.settings().values() for claim, one in found.items()}
    assert [
        (claim, verdict)
        for claim, verdict in said(text)
        if not any(one == claim and known.startswith(verdict) for one, known in published)
    ] == []


def test_a_verdict_is_found_where_it_stands_with_a_claim():
    assert said("B13 and B15 are reproduced; A4 is open.") == [("B13", "reproduced"), ("B15", "reproduced")]
    assert said("The rule says when a claim is contradicted. A5 is another matter.") == []


def test_known_numbers_are_still_used():
    everything = "".join(path.read_text() for path in [*map(Path, NOTEBOOKS), FRONT])
    assert [number for number in KNOWN if number not in everything] == []
