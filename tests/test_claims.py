"""The table of claims is whole, one rule judges all, and the rule is right where the answer is known."""

import ast
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
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image
from scipy import stats

from hwlib import experiments, paths
from hwlib.claims import rule as claims
from hwlib.claims.rule import Measure, judge
from hwlib.report import evidence, notebooks

IDS = [f"A{i}" for i in range(1, 10)] + [f"B{i}" for i in range(1, 16)]
TABLE = claims.load()
MEASURES = [(claim, measure) for claim in TABLE for measure in claim.measures]
NAMED = sorted({measure.notebook for _, measure in MEASURES})
ENTRY = """
[[claim]]
id = "A1"
section = "A 1"
statement = "說"
english = "Says."
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


def measure(direction="more", smallest=1.0, unit="share"):
    return Measure("size", "size of things", unit, direction, smallest, "one sees it", notebook="05-things")


def seeds(*values, reach=0.1):
    return [{"value": value, "low": value - reach, "high": value + reach} for value in values]


def verdict(of_seeds, **options):
    return judge(measure(**options), of_seeds).verdict


def written(path):
    return [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]


# The table


def test_every_claim_stands_there_in_the_reports_words_and_in_english():
    assert [claim.id for claim in TABLE] == IDS
    assert all(claim.statement and claim.english.endswith((".", "].", ")")) for claim in TABLE)
    without = [claim.id for claim in TABLE if not re.search(r"[\u4e00-\u9fff]|Cycle GAN", claim.statement)]
    assert without == ["B7"], "only LSGAN has no sentence in the report, just a title"
    assert all(claim.section.startswith(claim.id[0]) for claim in TABLE)


def test_every_run_that_a_claim_rests_on_is_an_experiment():
    assert {name for _, measure in MEASURES for name in measure.runs} <= experiments.EXPERIMENTS.keys()


def test_a_claim_without_a_measure_is_refused(tmp_path):
    path = tmp_path / "claims.toml"
    path.write_text(ENTRY)
    with pytest.raises(ValueError, match=r"claims\.toml: A1: no measure says how it is measured"):
        claims.load(path)
    path.write_text(ENTRY + MEASURED)
    (claim,) = claims.load(path)
    assert claim.measures[0].notebook == "05-things" and claim.measures[0].region == (0.1, math.inf)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('direction = "more"', 'direction = "better"', "'better'"),
        ("smallest = 0.1", "smallest = -0.1", "-0.1"),
        ('unit = "share"', 'unit = "miles"', "'miles'"),
        ('why = "seen"', "", "A1: why: missing"),
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


# The rule


def test_a_slip_of_the_pen_in_the_table_is_told_with_its_line(tmp_path):
    (tmp_path / "claims.toml").write_text("# A claim:\nid; section\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"^claims\.toml: .*line 2"):
        claims.load(tmp_path / "claims.toml")


def test_a_true_effect_is_reproduced_and_its_contrary_contradicted():
    assert verdict(seeds(3.0, 3.02)) == "reproduced"
    assert verdict(seeds(-3.0, -3.02)) == "contradicted"
    assert verdict(seeds(-3.0, -3.02), direction="less") == "reproduced"
    assert verdict(seeds(3.0, 3.02), direction="less") == "contradicted"


def test_no_effect_contradicts_more_and_less_and_reproduces_alike():
    none = seeds(0.0, 0.02)
    told = {direction: verdict(none, direction=direction) for direction in claims.REGIONS}
    assert told == {
        "more": "contradicted",
        "less": "contradicted",
        "alike": "reproduced",
        "not more": "reproduced",
        "not less": "reproduced",
    }
    assert verdict(seeds(3.0, 3.02), direction="alike") == "contradicted"
    assert verdict(seeds(-3.0, -3.02), direction="not more") == "reproduced"
    assert verdict(seeds(-3.0, -3.02), direction="not less") == "contradicted"


def test_an_effect_too_small_to_matter_is_not_reproduced():
    assert verdict(seeds(0.5, 0.52)) == "contradicted"
    assert verdict(seeds(0.5, 0.52), smallest=0.1) == "reproduced"


def test_one_seed_is_never_more_than_inconclusive():
    for value, told in ((3.0, "reproduced"), (-3.0, "contradicted"), (1.0, "neither")):
        found = judge(measure(), seeds(value))
        assert found.verdict == "inconclusive" and found.reason == f"one seed; points to {told}"


def test_seeds_that_disagree_or_are_unsure_leave_it_open():
    assert verdict(seeds(3.0, -1.0)) == "inconclusive"
    assert verdict(seeds(1.5, 4.0)) == "inconclusive", "two seeds, both above, far apart"
    assert verdict(seeds(3.0, 3.02, reach=2.5)) == "inconclusive"
    assert verdict(seeds(3.0, 3.1, 2.9, 3.05)) == "reproduced"


@pytest.mark.parametrize("bad", [math.nan, math.inf, None])
def test_what_is_not_finite_is_inconclusive_and_said(bad):
    found = judge(measure(), [*seeds(3.0), {"value": bad, "low": 2.0, "high": 3.0}])
    assert found.verdict == "inconclusive" and found.value is None
    assert found.reason == "not a finite number in 1 of 2 seeds"


def test_the_interval_is_students_and_holds_every_seeds_own():
    values = [0.2, 0.5, 0.3, 0.9]
    mean, low, high = claims.interval(seeds(*values, reach=0.01))
    reference = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    np.testing.assert_allclose((mean, low, high), (np.mean(values), *reference))
    _, low, high = claims.interval(seeds(*values, reach=5.0))
    assert (low, high) == (0.2 - 5.0, 0.9 + 5.0)
    assert claims.interval([{"value": 1.0, "low": 0.5, "high": 1.25}]) == (1.0, 0.5, 1.25)


@pytest.mark.parametrize("n", [2, 3, 6])
def test_chance_alone_seldom_reproduces_a_claim(n):
    """Without an effect, and seeds that scatter by twice what matters: less than one claim in forty."""
    values = np.random.default_rng(n).normal(0.0, 2.0, (4000, n))
    reproduced = np.mean([verdict(seeds(*row)) == "reproduced" for row in values])
    assert reproduced < 0.025


def test_a_plain_effect_is_mostly_found():
    values = np.random.default_rng(0).normal(4.0, 0.5, (1000, 4))
    assert np.mean([verdict(seeds(*row)) == "reproduced" for row in values]) > 0.95


@pytest.mark.parametrize(
    ("of_measures", "told"),
    [
        (["reproduced", "reproduced"], "reproduced"),
        (["reproduced", "contradicted"], "contradicted"),
        (["contradicted", "inconclusive"], "contradicted"),
        (["contradicted", "not run"], "contradicted"),
        (["reproduced", "inconclusive"], "inconclusive"),
        (["reproduced", "not run"], "inconclusive"),
        (["inconclusive", "not run"], "inconclusive"),
        (["not run", "not run"], "not run"),
    ],
)
def test_a_claim_says_that_all_of_its_measures_hold(of_measures, told):
    assert claims.verdict([claims.Finding(measure(), one) for one in of_measures]) == told


# Made-up measurements of the real claims


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("reproduced", "reproduced"),
        ("contradicted", "contradicted"),
        ("one seed", "inconclusive"),
        ("wide", "inconclusive"),
        ("infinite", "inconclusive"),
        ("left out", "not run"),
    ],
)
def test_every_measure_gets_the_verdict_that_is_known(kind, told):
    found = {f"{c.id} {m.name}": judge(m, made_up_results.effect(m, kind)).verdict for c, m in MEASURES}
    assert found == dict.fromkeys(found, told)


def test_missing_runs_are_said(tmp_path):
    assert {one.verdict for one in claims.judged(TABLE, tmp_path)} == {"not run"}
    made_up_results.leave(tmp_path, "quick")
    found = {one.claim.id: one for one in claims.judged(TABLE, tmp_path)}
    assert found["B13"].findings[0].reason == "07-style-transfer has not been run"
    assert found["A4"].verdict == "reproduced"
    path = tmp_path / "05-dense-vs-conv.json"
    left = json.loads(path.read_text())
    left["effects"].pop("A4 lattice")
    left["effects"]["A6 sharpness"] = {"seeds": [], "meaning": "left out: too long for this machine"}
    path.write_text(json.dumps(left))
    found = {one.claim.id: one for one in claims.judged(TABLE, tmp_path)}
    assert (found["A4"].verdict, found["A4"].findings[0].reason) == ("not run", "left out at profile quick")
    assert found["A6"].findings[0].reason == "left out: too long for this machine"


def test_verdicts_are_readable_by_machines(tmp_path):
    made_up_results.leave(tmp_path)

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    text = json.dumps(claims.as_json(claims.judged(TABLE, tmp_path)))
    rows = json.loads(text, parse_constant=refuse)
    assert [row["id"] for row in rows] == IDS and {row["verdict"] for row in rows} == set(claims.VERDICTS)
    (finding,) = rows[IDS.index("A4")]["measures"]
    assert finding["low"] < finding["value"] < finding["high"] and finding["profile"] == "smoke"
    assert finding["measure"]["smallest"] == 0.2 and len(finding["seeds"]) == 2
    assert finding["runs"] == ["report-a", "report-a-conv"]


def test_a_scaled_down_profile_is_named_beside_the_verdict(tmp_path):
    for profile, data, told in (
        ("quick", "avatars", "profile quick (scaled down), drawn faces"),
        ("paper", "extra_data", "profile paper, extra_data"),
    ):
        made_up_results.leave(tmp_path, profile, data)
        cells = [evidence.verdict_cell(one) for one in claims.judged(TABLE, tmp_path) if one.verdict != "not run"]
        assert cells and all(cell.endswith(told) for cell in cells)


# What is shown


def found_once(direction, value, unit="share"):
    m = measure(direction, 0.2, unit)
    return claims.Judged(TABLE[0], "reproduced", (judge(m, seeds(value, value, reach=0.1)),))


def test_log_ratios_are_shown_as_factors():
    assert evidence.in_words(found_once("less", math.log(0.5), "log ratio").findings[0]) == "×0.50 (0.45 to 0.55)"
    assert evidence.in_words(found_once("more", 0.5).findings[0]) == "+0.50 (0.40 to 0.60)"
    assert evidence.in_words(found_once("less", -0.5).findings[0]) == "−0.50 (−0.60 to −0.40)"
    assert evidence.allowed(measure("less", math.log(2), "log ratio")) == "below ×0.50"
    assert evidence.allowed(measure("alike", 0.2)) == "between −0.2 and 0.2"


@pytest.mark.parametrize("direction", claims.REGIONS)
def test_the_forest_plot_has_the_claims_side_on_the_right(direction):
    """A reproduced line lies in the shaded region, which is right of the middle or around it."""
    value = {"more": 0.6, "less": -0.6, "alike": 0.0, "not more": -0.6, "not less": 0.6}[direction]
    one = found_once(direction, value)
    assert one.findings[0].verdict == "reproduced"
    figure = evidence.forest([one])
    (region,) = figure.axes[0].patches
    line = figure.axes[0].lines[0].get_xdata()
    left, right = region.get_x(), region.get_x() + region.get_width()
    assert left < min(line) and max(line) < right
    assert left + right >= 0
    plt.close(figure)


def test_the_forest_plot_has_a_row_for_every_measure_even_of_nothing(tmp_path):
    for _ in range(2):
        figure = evidence.forest(claims.judged(TABLE, tmp_path))
        assert len(figure.axes[0].get_yticklabels()) == len(MEASURES)
        figure.canvas.draw()
        plt.close(figure)
        made_up_results.leave(tmp_path)


def test_a_claim_leads_to_the_heading_and_the_figures_of_its_measurement(tmp_path):
    cells = [
        new_markdown_cell("# Two starts\n\nText."),
        new_code_cell('section.savefig("first", "Elsewhere.")'),
        new_markdown_cell("## The lattice: how it's measured\n\nText."),
        new_code_cell('%matplotlib inline\nsection.effect("A4", "lattice", effects, "energy")'),
        new_code_cell('section.savefig(\n    "energy",\n    "Energy.",\n)'),
        new_markdown_cell("## More"),
        new_code_cell('section.savefig("last", "Elsewhere.")'),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "05-dense-vs-conv.ipynb")
    claim = TABLE[IDS.index("A4")]
    assert evidence.places(claim, tmp_path) == [("05-dense-vs-conv", "the-lattice-how-its-measured", ["05-energy"])]
    assert evidence.places(TABLE[IDS.index("A5")], tmp_path) == [("05-dense-vs-conv", "", [])]
    assert "[05-dense-vs-conv](05-dense-vs-conv.ipynb" in evidence.card(claims.judged([claim], tmp_path)[0], tmp_path)


def test_a_card_refers_to_the_figures_that_are_there(tmp_path):
    (tmp_path / "05-energy.svg").touch()
    shown = dataclasses.replace(TABLE[0], figures=("05-energy", "05-not-drawn"))
    assert evidence.pictures(shown, tmp_path) == [tmp_path / "05-energy.svg"]
    text = evidence.card(claims.judged([shown], tmp_path)[0], tmp_path)
    assert "shown in [Figure 05-energy](05-dense-vs-conv.ipynb#fig-05-energy)." in text
    assert shown.statement in text and "expected below ×0.82" in text


def test_the_summary_sorts_every_claim_by_what_came_of_it(tmp_path):
    made_up_results.leave(tmp_path)
    results = claims.judged(TABLE, tmp_path)
    text = evidence.summary(results)
    assert sorted(re.findall(r"^- \[(\w+)\]", text, re.MULTILINE)) == sorted(IDS)
    assert all(
        f"- [{one.claim.id}]" in text.split("**Contradicted**")[0] for one in results if one.verdict == "reproduced"
    )


@pytest.mark.parametrize(("mean", "group"), [(3, "Leaning to the claim"), (-3, "Leaning against the claim")])
def test_one_seed_leans_to_one_side(mean, group):
    claim = dataclasses.replace(TABLE[0], measures=(measure(),))
    found = judge(measure(), seeds(mean))
    assert f"**{group}** (1 of 1)" in evidence.summary([claims.Judged(claim, found.verdict, (found,))])


def test_measures_that_disagree_lean_both_ways():
    found = tuple(judge(measure(), seeds(mean)) for mean in (3, -3))
    assert "**Leaning both ways** (1 of 1)" in evidence.summary([claims.Judged(TABLE[0], "inconclusive", found)])


def test_budgets_are_told_in_passes_over_the_data(tmp_path):
    result = {"steps": 10, "images_seen": 12_000, "seconds": 90.0}
    left = {"data": {"n": 6000}, "runs": {"dcgan": {"result": result}}}
    (tmp_path / "03-gan-comparison.json").write_text(json.dumps(left))
    rows = evidence.budgets({"dcgan": 500, "wgan": 500}, tmp_path)
    assert rows == [("dcgan", "12,000", "2.0", 500, "1.5 min"), ("wgan", "not run", "–", 500, "–")]


def test_pictures_and_drawings_stand_in_one_row(tmp_path):
    Image.new("RGB", (300, 200), "red").save(tmp_path / "a.png")
    svg = (  # with its size in points, as matplotlib writes it
        '<svg xmlns="http://www.w3.org/2000/svg" width="90pt" height="30pt" viewBox="0 0 90 30">'
        '<path d="M0 0h90v30h-90z" fill="#00f"/></svg>'
    )
    (tmp_path / "b.svg").write_text(svg)
    shown = evidence.row([tmp_path / "a.png", tmp_path / "b.svg"])
    (tmp_path / "row.png").write_bytes(shown.data)
    row = np.asarray(Image.open(tmp_path / "row.png").convert("RGB"))
    height = (evidence.THUMBNAILS[0] - 20) / (1.5 + 3)
    assert row.shape[1] == evidence.THUMBNAILS[0] and abs(row.shape[0] - height) < 5
    assert (row[5, 5] == (255, 0, 0)).all() and (row[5, -50] == (0, 0, 255)).all()


# The notebooks and the table agree


def effects_in(path):
    """Patterns of the claim and measure that a notebook's calls of `effect` name: what is computed matches anything."""

    def pattern(node):
        if isinstance(node, ast.Constant):
            return re.escape(str(node.value))
        if isinstance(node, ast.JoinedStr):
            return "".join(pattern(part) for part in node.values)
        return ".+"

    for code in written(path):
        lines = [line for line in code.splitlines() if not line.startswith(("%", "!"))]
        for node in ast.walk(ast.parse("\n".join(lines))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "effect":
                assert len(node.args) == 4, f"{path.stem}: effect(claim, measure, of_seeds, meaning), in this order"
                yield f"{pattern(node.args[0])} {pattern(node.args[1])}"


@pytest.mark.parametrize("name", NAMED)
def test_the_notebook_measures_what_the_table_says(name):
    path = paths.NOTEBOOKS / f"{name}.ipynb"
    if not path.exists():
        pytest.skip(f"{name} is not written yet")
    wanted = {f"{claim.id} {measure.name}" for claim, measure in MEASURES if measure.notebook == name}
    patterns = list(effects_in(path))
    unmeasured = [one for one in wanted if not any(re.fullmatch(p, one) for p in patterns)]
    unclaimed = [p for p in patterns if not any(re.fullmatch(p, one) for one in wanted)]
    assert not unmeasured and not unclaimed
    runs = {run for _, measure in MEASURES if measure.notebook == name for run in measure.runs}
    assert runs <= set(notebooks.asked(name)), "the table names runs that the notebook does not show"


def test_no_other_notebook_keeps_effects():
    others = [path for path in sorted(paths.NOTEBOOKS.glob("*.ipynb")) if path.stem not in NAMED]
    assert not {path.stem: found for path in others if (found := list(effects_in(path)))}


def test_figures_that_a_claim_names_are_drawn():
    for claim in TABLE:
        for name in claim.figures:
            (path,) = paths.NOTEBOOKS.glob(f"{name[:2]}-*.ipynb")
            assert f'"{name[3:]}"' in "\n".join(written(Path(path))), f"{claim.id} shows {name}, which nothing draws"
