"""The table of claims is whole, one rule judges all, and the rule is right where the answer is known."""

import dataclasses
import json
import math
import re
from pathlib import Path

import made_up_results
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from made_up_results import measure, seeds
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image
from scipy import stats

from hwlib import experiments, paths
from hwlib.claims import rule as claims
from hwlib.claims.effects import Effect
from hwlib.claims.measured import function_of
from hwlib.claims.rule import judge
from hwlib.claims.table import FILE, REGIONS, measured_here
from hwlib.report import cards, evidence, forest, notebooks

IDS = [f"A{i}" for i in range(1, 10)] + [f"B{i}" for i in range(1, 16)]
TABLE = claims.load()
MEASURES = [(claim, measure) for claim in TABLE for measure in claim.measures]
HERE = [(claim, measure) for claim in measured_here() for measure in claim.measures]
NAMED = sorted({measure.notebook for _, measure in HERE})
ENTRY = """
[[claim]]
id = "A1"
section = "A 1"
statement = "說"
english = "Says."
short = "Says."
notebook = "05-things"
"""
MEASURED = """
[[claim.measure]]
name = "size"
what = "size"
unit = "share"
direction = "more"
smallest = 0.1
why = "seen"
"""


def written(path):
    return [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]


# The table


def test_every_claim_stands_there_in_the_reports_words_and_in_english():
    assert [claim.id for claim in TABLE] == IDS
    assert all(claim.statement and claim.english.endswith((".", "].", ")")) for claim in TABLE)
    assert all(0 < len(claim.short.split()) <= 10 and claim.short.endswith(".") for claim in TABLE)
    without = [claim.id for claim in TABLE if not re.search(r"[\u4e00-\u9fff]|Cycle GAN", claim.statement)]
    assert without == ["B7"], "only LSGAN has no sentence in the report, just a title"
    assert all(claim.section.startswith(claim.id[0]) for claim in TABLE)


def test_a_claim_without_a_measure_is_refused(tmp_path):
    path = tmp_path / "claims.toml"
    path.write_text(ENTRY)
    with pytest.raises(ValueError, match=r"claims\.toml: A1: no measure says how it is measured"):
        claims.load(path)
    path.write_text(ENTRY + MEASURED)
    (claim,) = claims.load(path)
    assert claim.measures[0].notebook == "05-things" and claim.measures[0].allows == (0.1, math.inf)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('direction = "more"', 'direction = "better"', "'better'"),
        ("smallest = 0.1", "smallest = -0.1", "-0.1"),
        ('unit = "share"', 'unit = "miles"', "'miles'"),
        ('why = "seen"', 'why = "seen"\nunits = "texts"', "units is one of seeds, pairs, not 'texts'"),
        ('why = "seen"', 'why = "seen"\ngate = "hope"', "'hope'"),
        ('why = "seen"', 'why = "seen"\nregion = [0.1, 0.2]', "in place of direction and smallest"),
        ('direction = "more"\nsmallest = 0.1', "region = [0.5, 0.5]", "low below high"),
        ('direction = "more"\nsmallest = 0.1', "region = [0.5, 0.2]", "low below high"),
        ('direction = "more"\nsmallest = 0.1', "region = [0.5]", "[low, high]"),
        ('direction = "more"\nsmallest = 0.1', "", "direction is one of"),
        ('why = "seen"', 'why = "seen"\nchanged = [{date = "2026-11-24"}]', "a date and a reason"),
        ('why = "seen"', 'why = "seen"\nchanged = [{date = "d", reason = "r", sen = 5}]', "a date and a reason"),
        (
            'why = "seen"',
            'why = "seen"\nchanged = [{date = "d", reason = "r", seen = 5}]',
            "seen has a profile",
        ),
        (
            'why = "seen"',
            'why = "seen"\nchanged = [{date = "d", reason = "r", seen = {profile = "q", data = "avatars", seeds = 5}}]',
            "seen has a profile",
        ),
        ('why = "seen"', 'why = "seen"\nchanged = ["unheard"]', "or its name in [changes]; it is ['unheard']"),
        ('why = "seen"', "", "A1: why: missing"),
        ('why = "seen"', 'why = "seen"\nruns = "report-a"', "A1: runs is 'report-a'; it should be a list"),
        ("smallest = 0.1", 'smallest = "0.1"', "A1: smallest is '0.1'; it should be a number"),
        ('why = "seen"', 'why = "seen"\nreason = "x"', "A1: reason: missing, empty or unknown"),
        ('statement = "說"', 'statement = ""', "A1: statement: missing, empty"),
        ('why = "seen"', 'why = "seen"' + MEASURED, "stands there twice"),
        ('why = "seen"', 'why = "seen"' + ENTRY + MEASURED, "A1 stands there twice"),
    ],
)
def test_a_claim_that_cannot_be_judged_is_refused_in_one_line(tmp_path, old, new, told):
    path = tmp_path / "claims.toml"
    path.write_text((ENTRY + MEASURED).replace(old, new))
    with pytest.raises(ValueError, match=re.escape(told)) as error:
        claims.load(path)
    assert "\n" not in str(error.value)


def test_a_slip_of_the_pen_in_the_table_is_told_with_its_line(tmp_path):
    (tmp_path / "claims.toml").write_text("# A claim:\nid; section\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"^claims\.toml: .*line 2"):
        claims.load(tmp_path / "claims.toml")


# What is shown


def found_once(direction, value, unit="share"):
    """Mean and interval are value and value -+ 0.1."""
    scatter = 0.1 / stats.t.ppf(1 - 0.05 / 8, 4) * math.sqrt(5 / 1.2)  # of +-+-+, whose mean is a fifth
    of_units = seeds(value - scatter / 5, scatter=scatter)
    return claims.Judged(TABLE[0], "reproduced", (judge(measure(direction, 0.2, unit), of_units),))


def test_log_ratios_are_shown_as_factors():
    assert forest.in_words(found_once("less", math.log(0.5), "log ratio").findings[0]) == "×0.50 (0.45 to 0.55)"
    assert forest.in_words(found_once("more", 0.5).findings[0]) == "+0.50 (0.40 to 0.60)"
    assert forest.in_words(found_once("less", -0.5).findings[0]) == "−0.50 (−0.60 to −0.40)"
    assert forest.in_words(judge(measure(), seeds(0.5, 1))) == "+0.51"
    of_two = judge(measure("more", 0.2, "log ratio"), seeds(0.5, 2, scatter=1.0))
    assert forest.in_words(of_two).endswith("to over 1,000)"), "two units say next to nothing"
    cut_off = forest.in_words(judge(measure("more", 0.2, "log ratio"), seeds(0.5, at_least=True)))
    assert cut_off.startswith("≥×1.") and cut_off.endswith("to ∞)"), "of lower bounds the mean is one, too"
    counted = judge(measure(region=(0.5, 1)), {seed: Effect(counts=(9, 10)) for seed in range(5)})
    assert forest.in_words(counted) == "0.90 (0.75 to 0.96)", "a share is no difference: no sign"
    nearly_all = judge(measure(region=(0.5, 2)), seeds(0.99, scatter=0.05))
    assert forest.in_words(nearly_all).endswith("to 1.00)"), "no share is more than all"
    assert evidence.allowed(measure("less", math.log(2), "log ratio")) == "below ×0.50"
    assert evidence.allowed(measure("alike", 0.2)) == "between −0.2 and 0.2"
    assert evidence.allowed(measure(region=(0.02, 0.5))) == "between 0.02 and 0.5"


def beside_one(kernel):
    """A claim with one part, reproduced, and the kernel distance beside it, with this effect."""
    runs = ("dcgan", "wgan")
    part_ = dataclasses.replace(measure("less", 0.2), name="distance", runs=runs, function="quality:distance")
    beside = dataclasses.replace(part_, name="kernel", function="quality:kernel", beside=True)
    found = judge(part_, seeds(-0.5, scatter=0.01)), judge(beside, seeds(kernel, scatter=0.01))
    return claims.Judged(TABLE[0], claims.verdict(found), found)


def test_what_is_measured_beside_has_no_say_and_is_named_so():
    told = evidence.verdict_cell(beside_one(0.5))
    assert told.startswith("**reproduced**") and "kernel (beside) +0.50" in told
    assert "distance: by the kernel distance contradicted: the opposite" in told
    assert "by the kernel distance" not in evidence.verdict_cell(beside_one(-0.5))
    assert "*kernel (beside)*" in cards.card(beside_one(0.5), Path())
    kernel = beside_one(0.5).findings[1]
    alone = claims.Judged(TABLE[0], kernel.verdict, (kernel,))
    assert "by the kernel distance" not in evidence.verdict_cell(alone), "there is no other to differ from"


def test_a_measure_of_the_kernel_distance_is_called_so():
    named = [measure for _, measure in MEASURES if measure.function == "quality:kernel"]
    assert len(named) > 5 and all("kernel distance" in measure.what for measure in named)


@pytest.mark.parametrize("direction", REGIONS)
def test_the_forest_plot_has_the_claims_side_on_the_right(direction):
    """A reproduced line lies in the shaded region, which is right of the middle or around it."""
    value = {"more": 0.6, "less": -0.6, "alike": 0.0, "not more": -0.6, "not less": 0.6}[direction]
    one = found_once(direction, value)
    assert one.findings[0].verdict == "reproduced"
    figure = forest.draw([one])
    (region,) = figure.axes[0].patches
    line = figure.axes[0].lines[0].get_xdata()
    left, right = region.get_x(), region.get_x() + region.get_width()
    assert left < min(line) and max(line) < right
    assert left + right >= 0
    plt.close(figure)


def test_a_region_with_two_ends_and_a_run_that_was_cut_off_are_drawn():
    share = judge(measure(region=(0.02, 0.5)), {seed: Effect(counts=(26, 100)) for seed in range(5)})
    cut = judge(measure(), seeds(3.0, at_least=True))
    figure = forest.draw([claims.Judged(TABLE[0], "reproduced", (share, cut))])
    (around, above), lines = figure.axes[0].patches, figure.axes[0].lines
    assert (around.get_x(), around.get_x() + around.get_width()) == pytest.approx((-1, 1))
    assert lines[2].get_xdata()[0] == pytest.approx(0), "26 of 100 lie in the middle of 2 and 50 %"
    assert max(lines[3].get_xdata()) == figure.axes[0].get_xlim()[1] > above.get_x()
    plt.close(figure)


def test_the_forest_plot_has_a_row_for_every_measure_even_of_nothing(tmp_path):
    for _ in range(2):
        figure = forest.draw(claims.judged(TABLE, tmp_path))
        assert len(figure.axes[0].get_yticklabels()) == len(MEASURES)
        assert figure.get_figheight() <= 9, "a page has no more"
        end = figure.axes[0].get_xlim()[1]
        assert all(np.abs(line.get_xdata()[0]) <= end for line in figure.axes[0].lines if line.get_marker() == "o")
        figure.canvas.draw()
        plt.close(figure)
        made_up_results.leave(tmp_path)


def test_a_claim_leads_to_the_heading_and_the_figures_of_its_measurement(tmp_path):
    cells = [
        new_markdown_cell("# Two starts\n\nText."),
        new_code_cell('section.savefig("first", "Elsewhere.")'),
        new_markdown_cell("## The lattice: how it's measured\n\nText."),
        new_code_cell('%matplotlib inline\nsection.claim("A3", "A4")'),
        new_code_cell('section.savefig(\n    "energy",\n    "Energy.",\n)'),
        new_markdown_cell("## More"),
        new_code_cell('section.savefig("last", "Elsewhere.")'),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "05-dense-vs-conv.ipynb")
    claim = TABLE[IDS.index("A4")]
    assert cards.places(claim, tmp_path) == [("05-dense-vs-conv", "the-lattice-how-its-measured", ["05-energy"])]
    assert cards.places(TABLE[IDS.index("A5")], tmp_path) == [("05-dense-vs-conv", "", [])]
    assert "[05-dense-vs-conv](05-dense-vs-conv.ipynb" in cards.card(claims.judged([claim], tmp_path)[0], tmp_path)


def test_a_card_refers_to_the_figures_that_are_there(tmp_path):
    (tmp_path / "05-energy.svg").touch()
    shown = dataclasses.replace(TABLE[0], figures=("05-energy", "05-not-drawn"))
    assert cards.pictures(shown, tmp_path) == [tmp_path / "05-energy.svg"]
    text = cards.card(claims.judged([shown], tmp_path)[0], tmp_path)
    assert "shown in [Figure 05-energy](05-dense-vs-conv.ipynb#fig-05-energy)." in text
    assert shown.statement in text and "expected above ×1.22" in text


def test_the_summary_sorts_every_claim_by_what_came_of_it(tmp_path):
    made_up_results.leave(tmp_path)
    results = claims.judged(TABLE, tmp_path)
    text = evidence.summary(results)
    assert sorted(re.findall(r"^- \[(\w+)\]", text, re.MULTILINE)) == sorted(IDS)
    assert all(
        f"- [{one.claim.id}]" in text.split("**Contradicted**")[0] for one in results if one.verdict == "reproduced"
    )


@pytest.mark.parametrize(("mean", "side"), [(3, "to"), (-3, "against")])
def test_one_seed_leans_to_one_side(mean, side):
    found = judge(measure(), seeds(mean, 1))
    text = evidence.summary([claims.Judged(TABLE[0], found.verdict, (found,))])
    assert f"**Open, leaning {side} the claim** (1 of 1)" in text


def test_measures_that_disagree_lean_both_ways():
    found = tuple(judge(measure(), seeds(mean, 1)) for mean in (3, -3))
    assert "**Open, leaning both ways** (1 of 1)" in evidence.summary([claims.Judged(TABLE[0], "open", found)])


def test_a_claim_reproduced_in_part_says_which_part_and_what_was_changed_when():
    changed = ({"date": "2026-11-24", "reason": "a finer grid"},)
    m = measure(part="there and back", changed=changed)
    found = judge(m, seeds(3.0, 7)), judge(measure(), seeds(-3.0) | {0: Effect(too_early="a blob")})
    one = claims.Judged(dataclasses.replace(TABLE[0], measures=(m,)), claims.verdict(found), found)
    assert evidence.verdict_cell(one).split("<br>") == [
        "**reproduced in part** (there and back)",
        f"there and back {forest.in_words(found[0])}, the first 5 of 7 seeds, reproduced",
        "size, too early (a blob; 4 of 5 seeds count)",
    ]
    assert "- 2026-11-24, there and back: a finer grid.\n" in cards.card(one, paths.NOTEBOOKS)


def test_seeds_seen_before_a_measure_was_changed_do_not_count_and_the_card_says_so():
    seen = {"profile": "quick", "data": "avatars", "seeds": 5}
    changed = ({"date": "2026-11-24", "reason": "a finer grid"}, {"date": "2026-12-01", "reason": "all", "seen": seen})
    m = measure(changed=changed)
    assert m.first_seed("quick", "avatars") == 5 and measure().first_seed("quick", "avatars") == 0
    assert m.first_seed("quick", "photos.zip") == m.first_seed("study", "avatars") == 0, "there, nobody has seen them"
    found = dataclasses.replace(judge(m, {}), profile="quick", data="avatars")
    one = claims.Judged(dataclasses.replace(TABLE[0], measures=(m,)), "not run", [found])
    assert "On drawn faces seeds count from 5 on." in cards.card(one, paths.NOTEBOOKS)
    with pytest.raises(ValueError, match="pairs were seen before a change"):
        measure(changed=changed, units="pairs")


def test_budgets_are_told_in_passes_over_the_data(tmp_path):
    result = {"steps": 10, "images_seen": 12_000, "seconds": 90.0}
    left = {"data": {"n": 6000}, "runs": {"dcgan": {"result": result}}}
    (tmp_path / "03-gan-comparison.json").write_text(json.dumps(left))
    rows = evidence.budgets({"dcgan": 500, "wgan": 500}, tmp_path)
    assert rows == [("dcgan", "12,000", "2.0", 500, "1.5 min"), ("wgan", "not run", "–", 500, "–")]


@pytest.mark.parametrize("form", ["png", "jpg"])
def test_pictures_and_drawings_stand_in_one_row(tmp_path, form):
    Image.new("RGB", (300, 200), "red").save(tmp_path / f"a.{form}")
    svg = (  # with its size in points, as matplotlib writes it
        '<svg xmlns="http://www.w3.org/2000/svg" width="90pt" height="30pt" viewBox="0 0 90 30">'
        '<path d="M0 0h90v30h-90z" fill="#00f"/></svg>'
    )
    (tmp_path / "b.svg").write_text(svg)
    shown = cards.row([tmp_path / f"a.{form}", tmp_path / "b.svg"])
    (tmp_path / "row.png").write_bytes(shown.data)
    row = np.asarray(Image.open(tmp_path / "row.png").convert("RGB"))
    height = (cards.THUMBNAILS[0] - 20) / (1.5 + 3)
    assert row.shape[1] == cards.THUMBNAILS[0] and abs(row.shape[0] - height) < 5
    assert np.allclose(row[5, 5], (255, 0, 0), atol=2) and (row[5, -50] == (0, 0, 255)).all()


# The notebooks and the table agree


def measured_in(path):
    """The ids of the claims that a notebook measures."""
    calls = (call for code in written(path) for call in cards.called(code))
    return {claim for method, *ids in calls if method == "claim" for claim in ids}


@pytest.mark.parametrize("name", NAMED)
def test_the_notebook_measures_what_the_table_says(name):
    path = paths.NOTEBOOKS / f"{name}.ipynb"
    assert measured_in(path) == {claim.id for claim, measure in HERE if measure.notebook == name}
    runs = {run for _, measure in HERE if measure.notebook == name for run in measure.runs}
    assert runs <= set(notebooks.asked(name)), "the report would not train what the claims rest on"


@pytest.mark.parametrize("name", NAMED)
def test_a_notebook_is_executed_anew_after_an_edit_of_what_measures_its_claims(name):
    measuring = {function_of(measure).__module__ for _, measure in HERE if measure.notebook == name}
    assert {one for one in measuring if one.startswith("hwlib.")} <= {*notebooks.modules(name)}
    assert FILE in notebooks.beside(name), "09 shows how A1 and A5 stand"
    if name == "09-your-turn":  # what averaging.py measures with
        assert "hwlib.claims.speed" in notebooks.modules(name) and paths.NOTEBOOKS / "claims.toml" in notebooks.beside(
            name
        )


def test_two_notebooks_of_one_number_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    for name in ("01-question", "01-more"):
        (tmp_path / f"{name}.ipynb").touch()
    with pytest.raises(ValueError, match="01-more and 01-question have the same number"):
        notebooks.names()


def cells(path, *codes):
    """Write a notebook with these code cells."""
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": code} for code in codes]}))


def test_what_ipython_alone_understands_stops_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    cells(
        tmp_path / "01-own.ipynb",
        *(
            "%%bash\ncd x && make",
            "if True:\n    !ls",
            "section?",
            "x = !ls\ny = %sx ls",
            "%matplotlib inline\nz = 5 % 3",
        ),
        'runs = section.run("report-a")',
    )
    assert notebooks.asked.__wrapped__("01-own") == ["report-a"]


def test_a_cell_that_is_no_python_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    cells(tmp_path / "01-own.ipynb", "x = 1", "y = 1\nz = (")
    with pytest.raises(ValueError, match=r"01-own.ipynb: cell 2, line 2: '.' was never closed"):
        notebooks.code_of("01-own")
    (tmp_path / "01-own.ipynb").write_text("<<<<<<< ours")
    with pytest.raises(ValueError, match=r"01-own.ipynb is no notebook .*: restore it with git"):
        notebooks.code_of("01-own")


def test_no_other_notebook_measures_claims():
    others = [path for path in sorted(paths.NOTEBOOKS.glob("*.ipynb")) if path.stem not in NAMED]
    assert not {path.stem: found for path in others if (found := measured_in(path))}


def test_claims_of_ones_own_are_no_claims_of_the_reports():
    assert {claim.id for claim, _ in HERE} - {*IDS} == {"C1"}
    assert [name for name in notebooks.names() if notebooks.judges(name)] == ["08-claims"]


@pytest.mark.parametrize(("claim", "measure"), HERE, ids=lambda one: getattr(one, "id", getattr(one, "name", "")))
def test_a_measure_names_a_function_and_runs_that_there_are(claim, measure):
    assert callable(function_of(measure))
    assert set(measure.runs) <= set(experiments.EXPERIMENTS)


def test_figures_that_a_claim_names_are_drawn():
    for claim in TABLE:
        for name in claim.figures:
            (path,) = paths.NOTEBOOKS.glob(f"{name[:2]}-*.ipynb")
            assert f'"{name[3:]}"' in "\n".join(written(Path(path))), f"{claim.id} shows {name}, which nothing draws"
