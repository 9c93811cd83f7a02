"""What was published under the same keys counts, wherever it was trained; under other keys it does not."""

import json
from types import SimpleNamespace

import pytest
from conftest import Pictures

from hwlib.claims import measured, rule
from hwlib.claims.effects import Effect, as_json
from hwlib.claims.table import Claim
from hwlib.report import section
from hwlib.runs import store

SEEDS = rule.Measure(
    "sooner", "w", "log ratio", "y", "more", 0.2, notebook="03-a", runs=("a", "b"), function="comparisons:distance"
)
PAIRS = rule.Measure(
    "style",
    "w",
    "log ratio",
    "y",
    "more",
    0.2,
    notebook="03-a",
    runs=("a",),
    function="style:style_loss",
    units="pairs",
)
WHERE = "quick", "avatars"


class Run:
    """A run with a key, finished where it says so."""

    here = ()

    def __init__(self, name, seed):
        self.name, self.seed, self.key = name, seed, f"{name}{seed}"

    @property
    def finished(self):
        return self.seed in self.here


@pytest.fixture
def published(home, monkeypatch):
    """Publishes effects of seeds 0 to 4, or of two pairs, and returns their file."""

    def together(names, profile, data, seed):
        return [Run(name, seed) for name in names]

    for module in (measured, store):
        monkeypatch.setattr(module, "together", together)
    monkeypatch.setattr(measured, "evaluator", lambda profile, data: SimpleNamespace(key="judge"))
    monkeypatch.setattr(measured, "effects", lambda measure, profile, data, seeds: {s: Effect(2.0) for s in seeds})
    monkeypatch.setattr(Run, "here", ())
    seeds = as_json({seed: Effect(1.0 + seed) for seed in range(5)}) | {"keys": measured.keys(SEEDS, *WHERE, range(5))}
    pairs = as_json({("a", "x"): Effect(1.0), ("a", "y"): Effect(2.0)}) | {"keys": measured.keys(PAIRS, *WHERE, [0])}
    runs = {f"{name}, seed {seed}": {"key": f"{name}{seed}", "result": {}} for name in "ab" for seed in range(5)}
    path = home / "figures/quick/03-a.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"effects": {"X sooner": seeds, "X style": pairs}, "runs": runs}))
    return path


def test_a_published_seed_counts_without_its_runs(published):
    here, known = measured.sought("X sooner", SEEDS, *WHERE)
    assert here == [] and {seed: one.value for seed, one in known.items()} == {s: 1.0 + s for s in range(5)}


def test_a_seed_whose_runs_are_here_or_wanted_is_measured_here(published, monkeypatch):
    monkeypatch.setattr(Run, "here", (0, 5))
    assert measured.sought("X sooner", SEEDS, *WHERE)[0] == [0, 5]
    here, known = measured.sought("X sooner", SEEDS, *WHERE, wanted=[1])
    assert here == [0, 1, 5] and [*known] == [2, 3, 4]


def test_pairs_are_taken_as_they_were_published(published, monkeypatch):
    here, known = measured.sought("X style", PAIRS, *WHERE)
    assert here == [] and [*known] == [("a", "x"), ("a", "y")]
    monkeypatch.setattr(Run, "here", (0,))
    assert measured.sought("X style", PAIRS, *WHERE) == ([0], {})


@pytest.mark.parametrize("what", ["run", "measures of a run", "function"])
def test_under_another_key_nothing_that_was_published_counts(published, monkeypatch, what):
    measure = SEEDS
    if what == "run":
        monkeypatch.setattr(measured, "together", lambda names, profile, data, seed: [Run("changed", seed)])
    elif what == "measures of a run":
        monkeypatch.setattr(measured, "evaluator", lambda profile, data: SimpleNamespace(key="another judge"))
    else:
        measure = rule.Measure(**SEEDS.__dict__ | {"function": "comparisons:kernel"})
    assert measured.sought("X sooner", measure, *WHERE) == ([], {})


def test_of_seeds_after_one_that_is_missing_none_counts(published):
    left = json.loads(published.read_text())
    left["effects"]["X sooner"]["keys"]["2"] = "of older code"
    published.write_text(json.dumps(left))
    assert [*measured.sought("X sooner", SEEDS, *WHERE)[1]] == [0, 1]


def test_a_notebook_keeps_what_was_published_with_its_runs_and_says_so(published, monkeypatch):
    claim = Claim("X", "s", "03-a", (SEEDS,))
    monkeypatch.setattr(section.table, "measured_here", lambda: [claim])
    monkeypatch.setattr(section, "together", measured.together)
    monkeypatch.setattr(section, "load_images", lambda profile, data: Pictures())
    shown = []
    monkeypatch.setattr(section, "display", lambda data, **more: shown.append(data["text/plain"]))
    trained = []
    monkeypatch.setattr(section.Section, "run", lambda self, name, seed: trained.append((name, seed)))
    part = section.Section("03-a")
    part.claim("X")
    assert trained == [("a", 0), ("b", 0)]
    left, before = (json.loads(path.read_text()) for path in (part.out / "03-a.json", published))
    kept, was = left["effects"]["X sooner"], before["effects"]["X sooner"]
    assert kept["keys"] == was["keys"] and kept["of_units"][1:] == was["of_units"][1:]
    assert kept["of_units"][0]["value"] == 2.0 and "a, seed 1" in left["runs"] and "a, seed 0" not in left["runs"]
    assert "as published under the same keys: seeds 1, 2, 3, 4." in shown[0] and "5 seeds" in shown[1]
