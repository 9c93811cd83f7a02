"""Effects: how far two measured numbers are apart, and how sure that is."""

import math

import numpy as np
import pytest

from hwlib.claims import effects


def measured(values):
    return {"value": values.mean(), "error": values.std(ddof=1) / np.sqrt(len(values))}


def coverage(effect, truth, draw, rounds=600):
    """How often the interval of an effect holds the truth."""
    rng = np.random.default_rng(0)
    found = [effect(*(measured(one) for one in draw(rng))) for _ in range(rounds)]
    return np.mean([one["low"] <= truth <= one["high"] for one in found])


def test_the_interval_of_a_difference_holds_the_truth_95_times_of_100():
    held = coverage(effects.difference, 1.0, lambda rng: (rng.normal(3, 2, 200), rng.normal(2, 1, 100)))
    assert held == pytest.approx(0.95, abs=0.03)


def test_the_interval_of_a_log_ratio_holds_the_truth_95_times_of_100():
    held = coverage(effects.log_ratio, math.log(1.5), lambda rng: (rng.normal(6, 2, 200), rng.normal(4, 2, 300)))
    assert held == pytest.approx(0.95, abs=0.03)


def test_a_log_ratio_changes_its_sign_with_the_order():
    a, b = {"value": 2.0, "error": 0.1}, {"value": 3.0, "error": 0.2}
    one, other = effects.log_ratio(a, b), effects.log_ratio(b, a)
    assert one["value"] == pytest.approx(-other["value"]) and one["low"] == pytest.approx(-other["high"])


def test_there_is_no_log_ratio_of_nothing():
    assert math.isnan(effects.log_ratio({"value": 0.0, "error": 0.1}, {"value": 1.0, "error": 0.1})["value"])


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((56, 70, 48, 80), (0.2, 0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.6, 0.1705, 0.8090)),
        ((10, 10, 0, 10), (1.0, 0.6075, 1.0)),
    ],
)
def test_differences_of_shares_have_the_intervals_of_newcombes_table(counts, expected):
    found = effects.difference_of_shares(*counts)
    assert (found["value"], found["low"], found["high"]) == pytest.approx(expected, abs=5e-4)


def test_a_number_less_a_constant_keeps_its_spread():
    assert effects.plain({"value": 5.0, "error": 1.0}, 2.0) == pytest.approx(
        {"value": 3.0, "low": 1.04, "high": 4.96}, abs=1e-3
    )


def test_the_logarithm_of_a_ratio_keeps_its_ends_and_refuses_zero():
    found = effects.logarithm({"value": 1.0, "low": 0.5, "high": math.e})
    assert found == pytest.approx({"value": 0.0, "low": -math.log(2), "high": 1.0})
    assert math.isnan(effects.logarithm({"value": 1.0, "low": 0.0, "high": 2.0})["low"])


def test_the_average_of_two_is_known_better_than_each():
    one = effects.average({"value": 1.0, "error": 0.3}, {"value": 2.0, "error": 0.4})
    assert one == pytest.approx({"value": 1.5, "error": 0.25})
