"""One rule judges all claims, and it is right where the answer is known."""

import dataclasses
import json
import math
from itertools import product

import made_up_results
import numpy as np
import pytest
from made_up_results import measure, seeds
from scipy import stats

from hwlib import experiments
from hwlib.claims import effects
from hwlib.claims import rule as claims
from hwlib.claims.effects import Effect
from hwlib.claims.rule import NONE, OPPOSITE, judge
from hwlib.claims.table import REGIONS
from hwlib.report import evidence, forest

TABLE = claims.load()
MEASURES = [(claim, measure) for claim in TABLE for measure in claim.measures]


def verdict(of_units, looks=(5, 8, 12, 20), **options):
    return judge(measure(**options), of_units, looks).verdict


def test_a_true_effect_is_reproduced_and_its_contrary_contradicted():
    assert verdict(seeds(3.0)) == "reproduced"
    assert verdict(seeds(-3.0)) == OPPOSITE
    assert verdict(seeds(-3.0), direction="less") == "reproduced"
    assert verdict(seeds(3.0), direction="less") == OPPOSITE


def test_no_effect_contradicts_more_and_less_and_reproduces_alike():
    told = {direction: verdict(seeds(0.0), direction=direction) for direction in REGIONS}
    same = dict.fromkeys(("alike", "not more", "not less"), "reproduced")
    assert told == {"more": NONE, "less": NONE} | same
    assert verdict(seeds(3.0), direction="alike") == "contradicted"
    assert verdict(seeds(-3.0), direction="not more") == "reproduced"
    assert verdict(seeds(-3.0), direction="not less") == OPPOSITE


def test_an_effect_too_small_to_matter_is_not_reproduced():
    assert verdict(seeds(0.5)) == NONE
    assert verdict(seeds(0.5), smallest=0.1) == "reproduced"
    assert verdict(seeds(-1.0, scatter=0.1)) == "contradicted", "neither surely none nor surely the opposite"


def test_a_region_with_two_ends_of_its_own():
    some = {"region": (0.02, 0.5)}
    told = [verdict(seeds(value, scatter=0.001), **some) for value in (0.01, 0.2, 0.5, 0.93)]
    assert told == ["contradicted", "reproduced", "open", "contradicted"]
    assert verdict({seed: Effect(counts=(12, 12)) for seed in range(5)}, region=(0.5, 1)) == "reproduced"
    assert verdict({seed: Effect(counts=(5 + seed, 12)) for seed in range(5)}, region=(0.5, 1)) == "open"


@pytest.mark.parametrize("n", [1, 2])
def test_fewer_than_three_units_only_point_somewhere(n):
    for value, told in ((3.0, "reproduced"), (-3.0, OPPOSITE), (0.0, NONE)):
        found = judge(measure(), seeds(value, n))
        assert (found.verdict, found.decide, found.p) == ("open", 0, None)
        assert found.reason == f"{'one seed' if n == 1 else '2 seeds'}; points to {told}"
    assert judge(measure(), seeds(3.0, 1)).low is None
    assert judge(measure(), seeds(3.0, n), looks=(3,)).verdict == "open"


def test_between_two_looks_the_units_of_the_last_look_decide():
    assert judge(measure(), seeds(3.0, 4)).reason == "4 seeds; first look at 5, about 5 seeds to decide"
    assert judge(measure(), seeds(3.0, 4), looks=(3,)).verdict == "reproduced"
    against = seeds(3.0) | {seed: Effect(-50.0) for seed in (5, 6)}
    found = judge(measure(), against)
    assert (found.verdict, found.decide, len(found.units)) == ("reproduced", 5, 7)
    assert found.value == pytest.approx(3.0, abs=0.01)
    assert judge(measure(), against | {7: Effect(3.0)}).decide == 8
    late = dict(reversed(against.items()))
    assert judge(measure(), late) == found, "seeds are taken by number, in whatever order they were run"


def test_units_that_disagree_leave_it_open_and_how_many_would_decide_is_said():
    found = judge(measure(), seeds(3.0, 5, scatter=3.0))
    assert (found.verdict, found.reason, found.needed) == ("open", "about 20 seeds to decide", 20)
    assert judge(measure(), seeds(3.0, 8, scatter=8.0)).reason == "about 118 seeds to decide"
    assert judge(measure(), seeds(1.0, 8, scatter=8.0)).reason == "more than 1,000 seeds to decide"
    assert claims.needed(measure(), [Effect(3.0)]) is None


def test_three_are_a_look_where_a_profile_has_no_more():
    found = judge(measure(), {0: Effect(-3.0), 1: Effect(0.0), 2: Effect(3.0)}, (3,))
    assert (found.verdict, found.decide) == ("open", 3) and found.reason.endswith("seeds to decide")


def test_as_many_as_are_needed_do_decide():
    """At the mean and spread of those at hand: the number that is named decides, one less does not."""
    of_units, looks = seeds(3.0, 8, scatter=8.0), (5, 8)
    n = claims.needed(measure(), [*of_units.values()], looks)
    deviation = np.std([one.value for one in of_units.values()], ddof=1)
    low = [3.0 - stats.t.ppf(1 - 0.05 / 4, m - 1) * deviation / math.sqrt(m) for m in (n - 1, n)]
    assert low[0] < 1.0 <= low[1]


@pytest.mark.parametrize("bad", [math.nan, math.inf, None])
def test_what_is_not_finite_is_open_and_said(bad):
    found = judge(measure(), seeds(3.0) | {4: Effect(bad)})
    assert found.verdict == "open" and found.value is None
    assert found.reason == "not a finite number in 1 of 5 seeds"
    found = judge(measure(), {seed: Effect(counts=(3, 4)) for seed in range(4)} | {4: Effect(bad)})
    assert found.reason == "not a finite number in 1 of 5 seeds"
    with pytest.raises(ValueError, match="size: counts are for shares, in every unit"):
        judge(measure(), seeds(3.0) | {4: Effect(counts=(3, 4))})
    with pytest.raises(ValueError, match="its unit is 'brightness'"):
        judge(measure(unit="brightness"), {0: Effect(counts=(3, 4))})


def test_pairs_have_one_look_and_are_never_called_seeds():
    pairs = {f"house, style {i}": Effect(3.0 + 0.01 * (-1) ** i) for i in range(12)}
    found = judge(measure(units="pairs"), pairs)
    assert (found.verdict, found.decide) == ("reproduced", 12)
    few = judge(measure(units="pairs"), dict(list(pairs.items())[:5]))
    assert (few.verdict, few.reason) == ("open", "5 pairs; first look at 12, about 12 pairs to decide")
    with pytest.raises(ValueError, match="size: measured in pairs, and its units are seeds"):
        judge(measure(), pairs)
    with pytest.raises(ValueError, match="size: measured in seeds, and its units are pairs"):
        judge(measure(units="pairs"), seeds(3.0, 12))
    with pytest.raises(ValueError, match="mixed"):
        judge(measure(), pairs | seeds(3.0))


def test_the_measure_is_too_early_where_too_few_units_count():
    blob = Effect(3.0, too_early="the better arm stands at 0.61 of its untrained distance")
    found = judge(measure(), seeds(3.0) | {1: blob})
    assert found.verdict == "too early"
    assert found.reason == "the better arm stands at 0.61 of its untrained distance; 4 of 5 seeds count"
    found = judge(measure(), seeds(3.0, 6) | {1: blob})
    assert (found.verdict, found.decide) == ("reproduced", 5), "as many count as the look asks for"
    assert judge(measure(), {0: blob}).verdict == "too early"
    assert judge(measure(), seeds(3.0, 4) | {1: blob}).verdict == "open", "so few could decide nothing anyway"
    assert judge(measure(), {0: Effect(too_early="no face yet")}).reason == "no face yet; 0 of 1 seeds count"


def test_a_run_that_was_cut_off_may_reproduce_slower_and_never_contradicts_it():
    cut = {"at_least": True}
    assert verdict(seeds(3.0, **cut)) == "reproduced"
    for around in (0.0, -3.0):
        found = judge(measure(), seeds(3.0) | {2: Effect(around, **cut)})
        assert found.verdict == "open" and found.high == math.inf
        assert verdict(seeds(around, **cut)) == "open"
    assert verdict(seeds(3.0, **cut), direction="less") == OPPOSITE
    for direction in ("less", "alike", "not more"):
        told = {verdict(seeds(around, **cut), direction=direction) for around in (-3.0, 0.0, 3.0)}
        assert "reproduced" not in told
    assert judge(measure(), seeds(0.0, 1, **cut)).reason == "one seed; points to neither"


def test_the_other_arm_cut_off_is_the_mirror_image():
    cut = {"at_most": True}
    assert verdict(seeds(-3.0, **cut)) == OPPOSITE and verdict(seeds(-3.0, **cut), direction="less") == "reproduced"
    assert verdict(seeds(3.0, **cut)) == "open" and verdict(seeds(3.0, **cut), direction="less") == "open"


def test_units_of_one_value_say_nothing_of_their_scatter():
    """A measure that is capped may give its cap each time, until it does not."""
    found = judge(measure(), {seed: Effect(3.0) for seed in range(5)})
    assert found.verdict == "open" and found.reason == "all 5 are equal, and how they scatter is not known"
    assert judge(measure(), {seed: Effect(3.0 + (seed == 4)) for seed in range(5)}).verdict == "reproduced"


def test_units_cut_off_on_both_sides_are_said_to_decide_nothing():
    found = judge(measure(), seeds(3.0) | {0: Effect(1.0, at_least=True), 1: Effect(1.0, at_most=True)})
    assert found.verdict == "open" and found.reason == "cut off on both sides: more seeds decide nothing"
    apart = {seed: Effect(0.5 * seed) for seed in range(4)}
    for end in ("at_least", "at_most"):
        assert "cut off" not in judge(measure(), apart | {4: Effect(1.0, **{end: True})}).reason


def test_the_interval_is_students_at_the_level_of_the_look():
    values = [0.2, 0.5, 0.3, 0.9, 0.4]
    of_units = {seed: Effect(value) for seed, value in enumerate(values)}
    for looks, level in (((5, 8, 12, 20), 0.9875), ((5,), 0.95)):
        found = judge(measure(), of_units, looks)
        reference = stats.t.interval(level, len(values) - 1, np.mean(values), stats.sem(values))
        np.testing.assert_allclose((found.value, found.low, found.high), (np.mean(values), *reference))


def test_the_p_value_is_that_of_the_t_test_against_the_nearest_end_paid_for_all_looks():
    values = [1.2, 1.5, 1.3, 1.9, 1.4]
    found = judge(measure(), {seed: Effect(value) for seed, value in enumerate(values)}, (5,))
    assert found.p == pytest.approx(stats.ttest_1samp(values, 1.0).pvalue, rel=2e-3)
    values = [-0.2, 0.1, 0.05, 0.3, 0.0]
    found = judge(measure(), {seed: Effect(value) for seed, value in enumerate(values)})
    assert found.verdict == NONE and found.p == pytest.approx(4 * stats.ttest_1samp(values, 1.0).pvalue, rel=2e-3)


@pytest.mark.parametrize(
    ("of_parts", "told"),
    [
        (["reproduced", "reproduced"], "reproduced"),
        (["reproduced", OPPOSITE], "reproduced in part"),
        (["reproduced", "open"], "reproduced in part"),
        (["reproduced", "not run"], "reproduced in part"),
        ([OPPOSITE, NONE], "contradicted"),
        (["contradicted"], "contradicted"),
        ([OPPOSITE, "open"], "open"),
        ([NONE, "not run"], "open"),
        ([NONE, "too early"], "open"),
        (["open", "not run"], "open"),
        (["too early", "open"], "open"),
        (["too early", "not run"], "too early"),
        (["not run", "not run"], "not run"),
    ],
)
def test_a_claim_has_the_verdict_of_its_parts(of_parts, told):
    assert claims.verdict([claims.Finding(measure(), one) for one in of_parts]) == told


def test_one_more_part_never_makes_a_claim_contradicted():
    for both in product(forest.COLOURS, repeat=2):
        parts = [claims.Finding(measure(), one) for one in both]
        assert claims.verdict(parts) != "contradicted" or claims.verdict(parts[:1]) == "contradicted"


# Made-up measurements of the real claims


@pytest.mark.parametrize(("kind", "told"), made_up_results.KINDS.items())
def test_every_measure_gets_the_verdict_that_is_known(kind, told):
    found = {f"{c.id} {m.name}": judge(m, made_up_results.effect(m, kind)).verdict for c, m in MEASURES}
    assert {name: one.split(":")[0] for name, one in found.items()} == dict.fromkeys(found, told)


def test_missing_runs_are_said(tmp_path):
    assert {one.verdict for one in claims.judged(TABLE, tmp_path)} == {"not run"}
    made_up_results.leave(tmp_path, "quick")
    found = {one.claim.id: one for one in claims.judged(TABLE, tmp_path)}
    assert found["B13"].findings[0].reason == "07-style-transfer has not been run"
    path, table = in_a_notebook(tmp_path, {seed: Effect(3.0 + 0.01 * seed) for seed in range(5)})
    assert claims.judged(table, tmp_path)[0].verdict == "reproduced"
    left = json.loads(path.read_text())
    left["effects"] = {}
    path.write_text(json.dumps(left))
    (found,) = claims.judged(table, tmp_path)[0].findings
    assert (found.verdict, found.reason) == ("not run", "its runs have not been trained")
    for name, told in (("report-a", "its runs have not been trained"), ("wgan-rmsprop", "left out at profile quick")):
        assert claims.why_not_run(dataclasses.replace(found.measure, runs=(name,)), "quick", "avatars").endswith(told)


def in_a_notebook(folder, of_units, profile="quick", units="seeds"):
    """The JSON file of a notebook that measured one claim, and a table of this claim."""
    effect = {"meaning": "size"} | effects.as_json(of_units)
    left = {"notebook": "05-things", "profile": profile, "seed": 0, "seeds": 5, "data": {"data": "avatars"}, "runs": {}}
    path = folder / "05-things.json"
    path.write_text(json.dumps(left | {"effects": {"A1 size": effect}}))
    return path, [dataclasses.replace(TABLE[0], measures=(measure(units=units),))]


def test_of_speed_all_units_must_count_or_the_slower_ones_would_be_left_out():
    units = seeds(3.0, 8) | {5: Effect(too_early="the slower run saw 2 times the images")}
    assert judge(measure(), units).verdict == "reproduced"
    found = judge(measure(gate="speed"), units)
    assert (found.verdict, found.reason) == (
        "too early",
        "the slower run saw 2 times the images; 7 of 8 seeds count, and all would have to",
    )


def test_of_speed_too_a_seed_beyond_the_last_look_changes_nothing():
    five, too_early = seeds(3.0), Effect(too_early="the slower run saw 2 times the images")
    found = judge(measure(gate="speed"), five | {5: too_early})
    alone = judge(measure(gate="speed"), five)
    assert (found.verdict, found.low, found.decide) == ("reproduced", alone.low, 5) and len(found.units) == 6
    assert judge(measure(gate="speed"), five | {3: too_early}).verdict == "too early"
    assert judge(measure(gate="speed"), five | {3: too_early, 5: five[0]}).verdict == "too early", "nor fills a gap"


def test_seeds_seen_before_a_measure_was_changed_have_no_say_wherever_they_were_left(tmp_path):
    path, table = in_a_notebook(tmp_path, seeds(-3.0) | {seed: Effect(3.0 + 0.01 * seed) for seed in range(5, 10)})
    seen = {"date": "d", "reason": "r", "seen": {"profile": "quick", "data": "avatars", "seeds": 5}}
    (one,) = table[0].measures
    table = [dataclasses.replace(table[0], measures=(dataclasses.replace(one, changed=(seen,)),))]
    (found,) = claims.judged(table, tmp_path)[0].findings
    assert (found.verdict, [row["unit"] for row in found.units]) == ("reproduced", [5, 6, 7, 8, 9])
    path.write_text(path.read_text().replace('"quick"', '"study"'))
    (found,) = claims.judged(table, tmp_path)[0].findings
    assert len(found.units) == 10, "there, nobody has seen them"


def test_seeds_count_that_were_trained_beyond_those_that_the_report_asks_for(tmp_path):
    _, table = in_a_notebook(tmp_path, seeds(3.0, 8))
    (found,) = claims.judged(table, tmp_path)[0].findings
    assert (found.verdict, found.decide, len(found.units)) == ("reproduced", 8, 8)


def test_effects_that_are_not_what_they_are_called_are_refused_in_one_line(tmp_path):
    path, table = in_a_notebook(tmp_path, seeds(3.0), units="pairs")
    with pytest.raises(ValueError, match="A1: size: measured in seeds, and its units are pairs"):
        claims.judged(table, tmp_path)
    path.write_text(path.read_text().replace('"unit": "seed"', '"unit": "pair"'))
    with pytest.raises(ValueError, match="0, 1, 2, 3, 4 are not 5 pairs"):
        claims.judged(table, tmp_path)


def test_the_page_says_which_verdicts_survive_the_correction_for_all_measures(tmp_path):
    """A clear effect and one that is just decided, among 18 that are open."""
    of = [seeds(3.0), seeds(1.4, scatter=0.15), *[seeds(1.0, scatter=2.0)] * 18]
    path, (claim,) = in_a_notebook(tmp_path, {})
    left = json.loads(path.read_text())
    left["effects"] = {f"A1 {i}": {"meaning": "size"} | effects.as_json(one) for i, one in enumerate(of)}
    path.write_text(json.dumps(left))
    measures = tuple(dataclasses.replace(measure(), name=str(i)) for i in range(20))
    results = claims.judged([dataclasses.replace(claim, measures=measures)], tmp_path)
    assert [one.verdict for one in results[0].findings] == ["reproduced"] * 2 + ["open"] * 18
    assert [one.survives for one in results[0].findings] == [True, False] + [None] * 18
    assert evidence.surviving(results) == "Of 20 measures judged, 2 are decided, and 1 of these survive; A1 1 does not."
    assert "not after the correction for all measures" in evidence.verdict_cell(results[0])


def test_verdicts_are_readable_by_machines(tmp_path):
    made_up_results.leave(tmp_path)

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    text = json.dumps(claims.as_json(claims.judged(TABLE, tmp_path)))
    rows = json.loads(text, parse_constant=refuse)
    assert [row["id"] for row in rows] == [claim.id for claim in TABLE] and {row["verdict"] for row in rows} <= {
        *claims.VERDICTS
    }
    found = next(one for row in rows for one in row["measures"] if one["verdict"] == "reproduced")
    assert found["low"] < found["value"] < found["high"] and found["profile"] == "smoke"
    assert found["measure"]["smallest"] > 0 and len(found["units"]) == 5 and found["survives"] is True
    assert set(found["measure"]["runs"]) <= experiments.EXPERIMENTS.keys()


def test_a_scaled_down_profile_is_named_beside_the_verdict(tmp_path):
    for profile, data, told in (
        ("quick", "avatars", "profile quick (scaled down), drawn faces"),
        ("paper", "extra_data", "profile paper, extra_data"),
    ):
        made_up_results.leave(tmp_path, profile, data)
        cells = [evidence.verdict_cell(one) for one in claims.judged(TABLE, tmp_path) if one.verdict != "not run"]
        assert cells and all(cell.endswith(told) for cell in cells)
