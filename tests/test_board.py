"""The page of findings: a line a claim, every setting that was judged, and no more than its files say."""

import json
import math
import re
import subprocess
from dataclasses import replace

import made_up_results
import pytest

from hwlib import paths
from hwlib.claims import rule
from hwlib.claims.rule import Finding, Judged
from hwlib.report import board, cards, evidence, gallery
from hwlib.storage import write_json

ABOUT = {"drawn": {"data": "avatars", "image_size": 32}, "course": {"data": "extra_data.zip", "image_size": 64}}


def judged(folder, data):
    """A folder as 08-claims leaves it, of made-up results."""
    made_up_results.leave(folder)
    write_json(folder / board.VERDICTS, rule.as_json(rule.judged(rule.load(), folder)))
    write_json(folder / "08-claims.json", {"data": ABOUT[data]})
    return folder


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    judged(folder / "study-extra_data-1a2b3c", "course")
    judged(folder / "quick", "drawn")
    return folder


def test_every_claim_has_a_line_with_a_verdict_in_each_setting(figures):
    found = board.settings(figures)
    heading, *rows = board.rows(found)
    assert heading == ["claim", "it says", "drawn 32", "course 64", "effect, drawn 32"]
    assert [row[0] for row in rows] == [claim.id for claim in rule.load()]
    told = {one.claim.id: one.verdict for one in rule.judged(rule.load(), figures / "quick")}
    assert all(row[3] in (row[2], board.NOT_OF_FACES) and row[2].rstrip(" †‡") == told[row[0]] for row in rows)
    assert {"reproduced", "open", "not run"} <= set(told.values())


def test_a_published_verdict_is_read_as_it_was_judged(figures):
    made = rule.judged(rule.load(), figures / "quick")
    read = rule.from_json(json.loads((figures / "quick" / board.VERDICTS).read_text()))
    assert [one.verdict for one in read] == [one.verdict for one in made]
    finite = [all(f.value != math.inf for f in one.findings) for one in made]  # no mean is kept that is not
    pairs = [(a, b) for a, b, known in zip(read, made, finite, strict=True) if known]
    assert len(pairs) > 10 and all(evidence.verdict_cell(a) == evidence.verdict_cell(b) for a, b in pairs)


def test_the_setting_of_the_report_comes_first_and_once(figures, tmp_path):
    own = judged(tmp_path / "study-extra_data-1a2b3c", "course")
    assert list(board.settings(figures, own)) == ["course 64", "drawn 32"]


def test_style_transfer_is_not_missing_where_only_faces_were_looked_at(tmp_path):
    judged(tmp_path / "quick-extra_data-1a2b3c", "course")
    ((title, rows),) = board.settings(tmp_path).items()
    assert title == "course 64"
    assert [name for name, row in rows.items() if row.verdict == board.NOT_OF_FACES] == ["B13", "B14", "B15"]
    assert ", 3 are not of faces." in next(board.told({title: rows}))


def test_what_needs_photographs_is_judged_beside_the_rest_of_its_setting(tmp_path):
    for name, verdicts in {
        "study-extra_data-1a2b3c": ["open", "not run"],
        "study-extra_data-1a2b3c-celeba-4d5e6f": ["not run", "reproduced"],
    }.items():
        rows = [{"id": id, "verdict": one, "measures": []} for id, one in zip(["A1", "A9"], verdicts, strict=True)]
        write_json(tmp_path / name / board.VERDICTS, rows)
        write_json(tmp_path / name / "08-claims.json", {"data": ABOUT["course"]})
    assert [*board.folders(tmp_path).values()] == [tmp_path / "study-extra_data-1a2b3c"]
    ((_, rows),) = board.settings(tmp_path).items()
    assert {name: row.verdict for name, row in rows.items()} == {"A1": "open", "A9": "reproduced"}


def test_settings_with_one_name_are_told_apart(figures, tmp_path):
    own = judged(tmp_path / "quick-seed3", "drawn")
    assert list(board.settings(figures, own)) == ["drawn 32, quick-seed3", "drawn 32, quick", "course 64"]


def part(name, verdict, value=None, high=math.inf, beside=False, **more):
    """What was found of a part of a claim; its effect is not known upwards."""
    measure = replace(made_up_results.measure(), name=name, beside=beside)
    return Finding(measure, verdict, "", value, value, high, **more)


def of(verdict, *findings, doubt=""):
    """A claim with that verdict."""
    return Judged(replace(rule.load()[0], doubt=doubt), verdict, findings)


def test_an_effect_is_one_that_agrees_with_the_verdict():
    parts = [part("beside", "reproduced", 0.3, beside=True), part("one", "open", 0.1), part("two", "reproduced", 0.2)]
    early = part("four", "too early")
    found = of("reproduced in part", *parts, early)
    assert board.effect(found) == "two: ≥+0.20 (0.20 to 1.00); open: one; too early: four"
    assert board.effect(found, others=False) == "two: ≥+0.20 (0.20 to 1.00)", "a page has no room for them"
    against = [parts[1], part("three", "contradicted: the opposite", -0.2), early]
    told = "one: ≥+0.10 (0.10 to 1.00); contradicted: three ≥−0.20 (−0.20 to 1.00)"
    assert board.effect(of("open", *against)) == told
    assert board.effect(of("open", parts[1])) == "≥+0.10 (0.10 to 1.00)"
    assert board.effect(of("not run")) == "–"
    unknown = replace(parts[1], low=-math.inf)
    assert board.effect(of("open", unknown)) == "+0.10 (−1.00 to 1.00)", "cut off on both sides"
    assert board.effect(of("open", replace(unknown, low=None, high=None))) == "+0.10", "of a single unit"


def test_a_verdict_with_a_part_that_does_not_survive_the_correction_has_a_dagger():
    lost = part("one", "reproduced", 0.2, survives=False)
    assert board.marked(of("reproduced", lost)) == "reproduced †"
    assert board.marked(of("reproduced", replace(lost, survives=True))) == "reproduced"
    assert board.marked(of("reproduced", part("one", "reproduced", beside=True, survives=False))) == "reproduced"
    assert board.marked(of("open", lost, doubt="Who knows?")) == "open"


def test_a_verdict_that_is_in_doubt_has_a_double_dagger():
    assert board.marked(of("contradicted", doubt="Who knows?")) == "contradicted ‡"


def test_parts_that_disagree_are_told():
    parts = [part(verdict, verdict) for verdict in ("reproduced", "contradicted: the opposite")]
    found = {"drawn 32": {"A9": of("reproduced in part", *parts)}}
    assert next(board.told(found)).endswith(" Of A9 another part is contradicted.")


def test_what_decides_is_bold_and_counts_add_up(figures):
    found = board.settings(figures)
    text = board.page(found)
    decided = [one for one in found["drawn 32"].values() if board.decides(one.verdict)]
    assert len(decided) > 3 and all(f"**{board.marked(one)}**" in text for one in decided)
    assert "**open**" not in text and "](08-claims.ipynb#A1)" in text
    first = next(board.told(found))
    assert sum(map(int, re.findall(r"(\d+) (?:is|are) ", first))) == len(rule.load())
    reproduced = [name for name, one in found["drawn 32"].items() if one.verdict == "reproduced"]
    assert f"reproduced ({', '.join(reproduced)})" in first


@pytest.fixture
def published():
    words = ["git", "-C", paths.REPOSITORY, "status", "--porcelain", "--", "figures"]
    if subprocess.run(words, capture_output=True, text=True).stdout:
        pytest.skip("figures made here are not published yet: hwlib.report.board puts their verdicts into README")
    return paths.REPOSITORY / "figures"


def test_readme_has_the_board_of_what_is_published(published):
    text = (paths.REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert text == board.in_readme(text, board.settings(published)), (
        "verdicts changed: .venv/bin/python -m hwlib.report.board"
    )


def test_a_page_has_the_card_of_every_claim_with_all_that_is_published(published):
    text = (paths.REPOSITORY / "docs" / "claims.md").read_text(encoding="utf-8")
    assert text == cards.page(published), "claims or verdicts changed: .venv/bin/python -m hwlib.report.board"
    readme = (paths.REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert all(f"](docs/claims.md#{one.id.lower()})" in readme and f"\n## {one.id}\n" in text for one in rule.load())
    assert all(claim.doubt in text for claim in rule.load())
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert links and all((paths.REPOSITORY / "docs" / link).exists() for link in links)


def test_a_setting_that_was_judged_before_a_claim_was_added_keeps_its_verdicts(tmp_path):
    for name, data in (("quick", "drawn"), ("study-extra_data-1a2b3c", "course")):
        judged(tmp_path / name, data)
    path = tmp_path / "quick" / board.VERDICTS
    rows = json.loads(path.read_text())
    assert rows.pop(1)["id"] == "A2"
    rows[0]["measures"][0]["of_yore"] = 1
    write_json(path, rows)
    text = cards.page(tmp_path)
    of_a2 = text[text.index("## A2\n") : text.index("## A3\n")]
    assert "| course 64 |" in of_a2 and "| drawn 32 |" not in of_a2 and text.count("| drawn 32 |") > 10


def test_every_setting_has_a_page_of_all_that_is_published(published):
    folders = gallery.folders(published)
    assert {path.parent for path in published.glob("*/[0-9]*.json")} == {*folders}
    for folder in folders:
        text = (folder / "README.md").read_text(encoding="utf-8")
        assert text == gallery.page(folder), "figures or tables changed: .venv/bin/python -m hwlib.report.board"
        pictures = [path for path in folder.glob("[0-9]*") if path.suffix != ".json"]
        assert all(f"]({path.name})" in text for path in pictures)


def test_figures_and_tables_stand_in_the_order_of_the_notebook(tmp_path):
    write_json(tmp_path / "03-losses.json", {"caption": "Losses.", "profile": "quick", "data": {"data": "a"}})
    write_json(tmp_path / "03-samples.json", {"caption": "Samples."})
    table = {"caption": "All.", "header": ["a", "b"], "rows": [["x\\|y", "1"]]}
    write_json(tmp_path / "03-gan-comparison.json", {"tables": {"03-measures": table}})
    for name in ("03-losses.svg", "03-samples.png"):
        (tmp_path / name).write_bytes(b"")
    text = gallery.page(tmp_path)
    places = [
        text.index(words) for words in ("Figure 03-samples. Samples.", "Figure 03-losses. Losses.", "| x\\|y | 1 |")
    ]
    assert places == sorted(places) and "![03-losses](03-losses.svg)" in text


def test_a_readme_without_a_place_for_it_is_refused(figures):
    with pytest.raises(ValueError, match="board"):
        board.in_readme("# hwlib", board.settings(figures))
