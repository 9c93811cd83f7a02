"""Effects: what each unit says, how sure they are together, and how they are kept."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from hwlib.claims import effects, intervals
from hwlib.claims.effects import Effect


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((10, 10, 0, 10), (0.6075, 1.0)),
        ((10, 10, 0, 20), (0.6791, 1.0)),
    ],
)
def test_differences_of_shares_have_the_intervals_of_newcombes_table(counts, expected):
    assert intervals.newcombe(*counts) == pytest.approx(expected, abs=6e-5)


def test_a_share_has_wilsons_interval():
    assert intervals.wilson(50, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    low, high = intervals.wilson(50, 50)
    assert 0.9 < low < 1 and high == 1
    assert intervals.wilson(50, 100, 0.99)[0] < 0.4038


def test_the_interval_of_values_is_students():
    values = [0.2, 0.5, 0.3, 0.9]
    reference = stats.t.interval(0.9, 3, np.mean(values), stats.sem(values))
    assert intervals.interval([Effect(value) for value in values], 0.9) == pytest.approx(reference)
    wider = stats.t.interval(0.9, 7, np.mean(values), np.std(values, ddof=1) / math.sqrt(8))
    assert intervals.interval([Effect(value) for value in values], 0.9, n=8) == pytest.approx(wider)


def test_shares_are_pooled_and_scatter_between_units_is_not_forgotten():
    alike = [Effect(counts=(3, 6, 1, 6))] * 5
    assert intervals.mean(alike) == pytest.approx(1 / 3)
    assert intervals.interval(alike, 0.95) == intervals.newcombe(15, 30, 5, 30)
    assert intervals.interval([Effect(counts=(300, 1000))] * 5, 0.95) == intervals.wilson(1500, 5000)
    apart = [Effect(counts=(k, 1000)) for k in (200, 250, 300, 350, 400)]
    shares = [0.2, 0.25, 0.3, 0.35, 0.4]
    assert intervals.interval(apart, 0.95) == pytest.approx(stats.t.interval(0.95, 4, 0.3, stats.sem(shares)))
    assert intervals.interval([Effect(counts=(k, 3)) for k in (0, 3, 3)], 0.95)[1] == 1, "no share is above one"
    assert intervals.interval([Effect(counts=(k, 3)) for k in (0, 0, 3)], 0.95)[0] == 0, "none is below nothing"
    differ = [Effect(counts=counts) for counts in ((0, 3, 3, 3), (0, 3, 3, 3), (3, 3, 0, 3))]
    assert intervals.interval(differ, 0.95) == (-1, 1), "no two shares are further apart than one"
    assert intervals.interval(alike, 0.95, n=10) == intervals.newcombe(30, 60, 10, 60)


def test_a_value_that_was_cut_off_has_one_end():
    values = [Effect(1.0), Effect(2.0), Effect(1.5)]
    low, high = intervals.interval(values, 0.95)
    assert intervals.interval([Effect(1.0, at_least=True), *values[1:]], 0.95) == (low, math.inf)
    assert intervals.interval([Effect(1.0, at_most=True), *values[1:]], 0.95) == (-math.inf, high)
    assert intervals.point([Effect(1.0, at_least=True)]) == (1.0, math.inf)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"counts": (3, 2)}, "0 <= k <= n"),
        ({"counts": (0, 0)}, "0 <= k <= n"),
        ({"counts": (1, 2, 3)}, "counts are"),
        ({"counts": (1, 2), "at_least": True}, "counted to the end"),
    ],
)
def test_counts_that_cannot_be_are_refused(wrong, told):
    with pytest.raises(ValueError, match=told):
        Effect(**wrong)


@pytest.mark.parametrize(
    ("of_units", "unit"),
    [
        ({0: Effect(np.float32(0.5)), np.int64(1): Effect(1.0, at_least=True)}, "seed"),
        ({("house", "mosaic"): Effect(counts=(1, 2, 0, 2)), ("house", "hatch"): Effect(too_early="no")}, "pair"),
        ({}, "seed"),
    ],
)
def test_effects_come_back_from_json_as_they_were(of_units, unit):
    left = json.loads(json.dumps(effects.as_json(of_units)))
    assert left["unit"] == unit and effects.from_json(left) == of_units


def test_what_is_not_finite_becomes_null():
    assert effects.as_json({0: Effect(math.nan)})["of_units"][0]["value"] is None


def test_one_unit_cannot_stand_there_twice():
    left = effects.as_json({0: Effect(1.0)})
    left["of_units"] *= 3
    with pytest.raises(ValueError, match="0 are not 3 seeds"):
        effects.from_json(left)
