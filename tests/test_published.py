"""What was published under the same keys counts, wherever it was trained; under other keys it does not."""

import json
import os
from dataclasses import replace
from types import SimpleNamespace

import pytest
from conftest import Pictures

from hwlib import paths
from hwlib.claims import ledger, measured, rule, settle
from hwlib.claims import published as of_published
from hwlib.claims.effects import Effect, as_json
from hwlib.claims.table import Claim
from hwlib.report import notebooks, publishing, section
from hwlib.runs import seeds as seeds_module
from hwlib.runs import sources

SEEDS = rule.Measure(
    "sooner", "w", "log ratio", "y", "more", 0.2, notebook="03-a", runs=("a", "b"), function="quality:distance"
)
PAIRS = replace(SEEDS, name="style", runs=("a",), function="style:style_loss", units="pairs")
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

    for module in (measured, seeds_module):
        monkeypatch.setattr(module, "together", together)
    monkeypatch.setattr(measured, "evaluator", lambda profile, data: SimpleNamespace(key="judge"))
    monkeypatch.setattr(
        measured,
        "effects",
        lambda measure, profile, data, seeds: (
            {seed: Effect(2.0 + seed / 8) for seed in seeds}
            if measure is not PAIRS or not seeds
            else {("a", "x"): Effect(2.0)}
        ),
    )
    monkeypatch.setattr(Run, "here", ())
    seeds = as_json({seed: Effect(1.0 + seed) for seed in range(5)}) | {"keys": measured.keys(SEEDS, *WHERE, range(5))}
    pairs = as_json({("a", "x"): Effect(1.0), ("a", "y"): Effect(2.0)}) | {"keys": measured.keys(PAIRS, *WHERE, [0])}
    runs = {f"{name}, seed {seed}": {"key": f"{name}{seed}", "result": {}} for name in "ab" for seed in range(5)}
    path = home / "figures/quick/03-a.json"
    path.parent.mkdir(parents=True)
    whole = {"notebook": "03-a", "effects": {"X sooner": seeds, "X style": pairs}, "runs": runs, "tables": {}}
    path.write_text(json.dumps(whole))
    return path


def change(path, how):
    left = json.loads(path.read_text())
    how(left)
    path.write_text(json.dumps(left))


def test_a_published_seed_counts_without_its_runs(published):
    found = measured.sought("X sooner", SEEDS, *WHERE)
    assert found.here == [] and {seed: one.value for seed, one in found.published.items()} == {
        seed: 1.0 + seed for seed in range(5)
    }


def test_a_seed_whose_runs_are_here_or_wanted_is_measured_here(published, monkeypatch):
    monkeypatch.setattr(Run, "here", (0, 3, 5))
    assert measured.sought("X sooner", SEEDS, *WHERE).here == [0, 3, 5]
    found = measured.sought("X sooner", SEEDS, *WHERE, wanted=[1])
    assert found.here == [0, 1, 3, 5] and [*found.published] == [2, 4] and not found.stale


def test_pairs_are_taken_as_they_were_published(published, monkeypatch):
    found = measured.sought("X style", PAIRS, *WHERE)
    assert found.here == [] and [*found.published] == [("a", "x"), ("a", "y")]
    monkeypatch.setattr(Run, "here", (0,))
    assert measured.sought("X style", PAIRS, *WHERE) == measured.Sought([0], {}, [])


CHANGED = ({"date": "d", "reason": "r", "seen": {"profile": "quick", "data": "avatars", "seeds": 2}},)


@pytest.mark.parametrize("what", ["run", "measures of a run", "function"])
def test_under_another_key_nothing_that_was_published_counts(published, monkeypatch, what):
    measure = SEEDS
    if what == "run":
        monkeypatch.setattr(measured, "together", lambda names, profile, data, seed: [Run("changed", seed)])
    elif what == "measures of a run":
        monkeypatch.setattr(measured, "evaluator", lambda profile, data: SimpleNamespace(key="another judge"))
    else:
        measure = replace(SEEDS, function="quality:kernel")
    assert measured.sought("X sooner", measure, *WHERE) == measured.Sought([], {}, [0, 1, 2, 3, 4])


def test_of_seeds_after_one_that_is_missing_none_counts(published):
    change(published, lambda left: left["effects"]["X sooner"]["keys"].update({"2": "of older code"}))
    found = measured.sought("X sooner", SEEDS, *WHERE)
    assert [*found.published] == [0, 1] and found.stale == [2]


def test_after_a_change_the_seeds_that_count_are_enough(published):
    later = replace(SEEDS, changed=CHANGED)
    change(published, lambda left: [left["effects"]["X sooner"]["keys"].pop(seed) for seed in "01"])
    assert [*measured.sought("X sooner", later, *WHERE).published] == [2, 3, 4]


@pytest.mark.parametrize(
    "text", ["<<<<<<< ours", "[]", "{}", '{"effects": {"X sooner": {"of_units": [{"unit": 0, "old": 1}]}}}']
)
def test_what_cannot_be_read_does_not_count_and_stops_nobody(published, text, capsys):
    published.write_text(text)
    assert measured.sought("X sooner", SEEDS, *WHERE).published == {}
    assert ("cannot be read" in capsys.readouterr().err) == text.startswith(("<", "["))


def test_an_edit_beside_a_function_of_ones_own_changes_its_key(home, monkeypatch):
    monkeypatch.setattr(paths, "NOTEBOOKS", home)
    monkeypatch.syspath_prepend(home)
    (home / "own_measure.py").write_text("import own_helper\n\n\ndef f(judge, run):\n    return own_helper.x\n")
    codes = []
    for x in (1, 2):
        sources.file_of.cache_clear()
        (home / "own_helper.py").write_text(f"x = {x}\n")
        codes.append(measured._code(replace(SEEDS, function="own_measure:f")))
    assert codes[0] != codes[1]


def test_settle_trains_what_is_neither_here_nor_published(published, monkeypatch):
    monkeypatch.setattr(settle, "together", measured.together)
    found, needed = settle.stand("X sooner", SEEDS, *WHERE)
    assert len(found.units) == 5 and {run.seed for run in needed} <= {5, 6, 7}
    change(published, lambda left: left["effects"]["X sooner"]["keys"].update({"3": "of older code"}))
    found, needed = settle.stand("X sooner", SEEDS, *WHERE)
    assert len(found.units) == 3 and {run.seed for run in needed} == {3, 4}


def test_a_notebook_shows_all_runs_that_are_here(published, monkeypatch):
    monkeypatch.setattr(Run, "here", (0, 5, 7))
    monkeypatch.setattr(notebooks, "Run", lambda name, profile, data, seed: Run(name, seed))
    monkeypatch.setattr(notebooks, "asked", lambda name: ["report-a", "tags"])
    shown = [(run.name, run.seed) for run in notebooks.runs_of("03-a")]
    assert shown == [("report-a", 0), ("report-a", 5), ("report-a", 7), ("tags", 0)], "of what judges there is one"


def test_a_notebook_keeps_what_was_published_with_its_runs_and_says_so(published, monkeypatch):
    monkeypatch.setattr(section.table, "measured_here", lambda: [Claim("X", "s", "03-a", (SEEDS, PAIRS))])
    monkeypatch.setattr(section, "together", measured.together)
    monkeypatch.setattr(section, "load_images", lambda profile, data: Pictures())
    shown, trained = [], []
    monkeypatch.setattr(section, "display", lambda data, **more: shown.append(data["text/plain"]))
    monkeypatch.setattr(section.Section, "run", lambda self, name, seed: trained.append((name, seed)))
    before = json.loads(published.read_text())
    for _ in range(2):  # as often as it is executed
        section.Section("03-a").claim("X")
        publishing.publish("03-a", "quick")
        left = json.loads(published.read_text())
        kept, was = left["effects"]["X sooner"], before["effects"]["X sooner"]
        assert kept["keys"] == was["keys"] and kept["of_units"][1:] == was["of_units"][1:]
        assert kept["of_units"][0]["value"] == 2.0 and kept["published"] == [1, 2, 3, 4]
        assert {"a, seed 1", "b, seed 4"} <= {*left["runs"]}
    assert {*trained} == {("a", 0), ("b", 0)}
    caption, table = shown[:2]
    assert "As published: trained elsewhere, under the same keys." in caption and "do not count" not in caption
    assert "5 seeds, 4 as published" in table


def test_a_notebook_says_where_published_seeds_do_not_count(published, monkeypatch):
    monkeypatch.setattr(section.table, "measured_here", lambda: [Claim("X", "s", "03-a", (SEEDS,))])
    monkeypatch.setattr(section, "together", measured.together)
    monkeypatch.setattr(section, "load_images", lambda profile, data: Pictures())
    monkeypatch.setattr(section.Section, "run", lambda self, name, seed: None)
    monkeypatch.setattr(measured, "evaluator", lambda profile, data: SimpleNamespace(key="another judge"))
    shown = []
    monkeypatch.setattr(section, "display", lambda data, **more: shown.append(data["text/plain"]))
    section.Section("03-a").claim("X")
    assert "of other code, settings or versions, and do not count" in shown[0] and "one seed" in shown[1]


def measured_anew(published, monkeypatch, here=(5, 6)):
    """Seeds are trained here and measured by `settle`; returns what is published then."""
    monkeypatch.setattr(Run, "here", here)
    for module in (settle, ledger):
        monkeypatch.setattr(module, "together", measured.together)
    monkeypatch.setattr(Run, "record", {"settings": {}, "data": [], "result": {}, "versions": {}}, raising=False)
    monkeypatch.setattr(ledger, "load_images", lambda profile, data: Pictures())
    settle.stand("X sooner", SEEDS, *WHERE)
    return json.loads(published.read_text())


def test_a_run_states_its_data_and_versions_where_they_are_not_the_files_own(published):
    own = {"data": [{"n": 48}], "versions": {"keras": "3"}}
    runs = {"a": {"key": "a0"} | own, "b": {"key": "b0"} | own | {"versions": {"keras": "2"}}}
    change(published, lambda left: left.update(data={"n": 48}, versions={"keras": "3"}, runs=runs))
    whole = of_published.left("03-a", *WHERE)
    short = of_published.shortly(whole)
    assert whole["runs"] == runs and short["runs"] == {
        "a": {"key": "a0"},
        "b": {"key": "b0", "versions": {"keras": "2"}},
    }
    published.write_text(json.dumps(short))
    assert of_published.left("03-a", *WHERE) == whole


def test_what_settle_measured_counts_on_another_machine(published, monkeypatch):
    change(published, lambda left: left.update(tables={"03-losses": {"rows": ["5 seeds"]}}, numbers={"n": 1}))
    before, left = json.loads(published.read_text()), measured_anew(published, monkeypatch)
    rows = left["effects"]["X sooner"]["of_units"]
    assert [row["unit"] for row in rows] == [*range(7)] and rows[:5] == before["effects"]["X sooner"]["of_units"]
    assert (
        left["tables"] == before["tables"]
        and left["numbers"] == {"n": 1}
        and left["effects"]["X style"] == before["effects"]["X style"]
    )
    assert {*left["runs"]} - {*before["runs"]} == {"a, seed 5", "a, seed 6", "b, seed 5", "b, seed 6"}
    monkeypatch.setattr(Run, "here", ())
    assert [*measured.sought("X sooner", SEEDS, *WHERE).published] == [*range(7)]


def test_settle_leaves_a_file_that_says_no_less_alone(published, monkeypatch):
    measured_anew(published, monkeypatch)
    published.chmod(0o444)
    before = published.stat()
    settle.stand("X sooner", SEEDS, *WHERE)
    monkeypatch.setattr(Run, "here", ())
    settle.stand("X sooner", SEEDS, *WHERE)
    assert published.stat().st_ino == before.st_ino and published.stat().st_mtime_ns == before.st_mtime_ns


def test_settle_does_not_replace_a_file_that_it_cannot_read(published, monkeypatch):
    monkeypatch.setattr(Run, "here", (0, 1))
    monkeypatch.setattr(settle, "together", measured.together)
    published.write_text("<<<<<<< ours")
    settle.stand("X sooner", SEEDS, *WHERE)
    assert published.read_text() == "<<<<<<< ours"


def test_where_nothing_was_published_settle_leaves_effects_that_can_be_judged(published, monkeypatch):
    published.unlink()
    measured_anew(published, monkeypatch, here=(0, 1, 2, 3, 4))
    (judged,) = rule.judged([Claim("X", "s", "03-a", (SEEDS,))], published.parent)
    assert judged.verdict == "reproduced" and len(judged.findings[0].units) == 5


def test_a_notebook_that_judges_finds_no_seeds_that_had_been_seen(published, monkeypatch):
    later = replace(SEEDS, changed=CHANGED)
    monkeypatch.setattr(ledger.table, "measured_here", lambda: [Claim("X", "s", "03-a", (later,))])
    effects = ledger.counting("03-a", *WHERE)["effects"]
    assert [row["unit"] for row in effects["X sooner"]["of_units"]] == [2, 3, 4]


def test_of_older_code_nothing_counts_where_its_runs_are_here(published, monkeypatch):
    monkeypatch.setattr(Run, "here", (0, 1, 2, 3, 4))
    monkeypatch.setattr(ledger.table, "measured_here", lambda: [Claim("X", "s", "03-a", (SEEDS, PAIRS))])
    change(published, lambda left: left["effects"]["X sooner"]["keys"].update({"3": "of older code"}))
    change(published, lambda left: left["effects"]["X style"]["keys"].update({"0": "of older code"}))
    effects = ledger.counting("03-a", *WHERE)["effects"]
    assert [row["unit"] for row in effects["X sooner"]["of_units"]] == [0, 1, 2, 4]
    assert effects["X style"]["of_units"] == []


def test_a_notebook_that_judges_finds_what_was_published_and_still_counts(published, monkeypatch):
    monkeypatch.setattr(ledger.table, "measured_here", lambda: [Claim("X", "s", "03-a", (SEEDS, PAIRS))])
    change(published, lambda left: left["effects"]["X sooner"]["keys"].update({"3": "of older code"}))
    publishing.stand_in("03-a", *WHERE, "quick")
    here = paths.BUILD / "figures/quick/03-a.json"
    left = json.loads(here.read_text())["effects"]
    assert [row["unit"] for row in left["X sooner"]["of_units"]] == [0, 1, 2], "none behind a gap"
    assert len(left["X style"]["of_units"]) == 2
    here.unlink()
    killed = OSError("killed")
    monkeypatch.setattr(ledger, "counting", lambda *what: (_ for _ in ()).throw(killed))
    with pytest.raises(OSError, match="killed"):
        publishing.stand_in("03-a", *WHERE, "quick")
    assert not here.exists(), "half done, nothing stands there that does not count"


def test_what_was_executed_here_stays_but_for_effects_that_count_no_more(published, monkeypatch):
    monkeypatch.setattr(ledger.table, "measured_here", lambda: [Claim("X", "s", "03-a", (SEEDS, PAIRS))])
    here = paths.BUILD / "figures/quick/03-a.json"
    here.parent.mkdir(parents=True)
    here.write_text(published.read_text())
    change(here, lambda left: left.update(tables={"03-table": "made here"}))
    change(here, lambda left: left["effects"]["X sooner"]["keys"].update({"3": "of older code"}))
    change(published, lambda left: left["effects"]["X sooner"]["keys"].update({"3": "of older code"}))
    (published.parent / "03-figure.png").write_bytes(b"published")
    executed = paths.BUILD / "notebooks/quick/03-a.ipynb"
    executed.parent.mkdir(parents=True)
    executed.touch()
    os.utime(here, (1, 1))  # as after `git checkout figures`
    publishing.stand_in("03-a", *WHERE, "quick")
    left = json.loads(here.read_text())
    assert left["tables"] == {"03-table": "made here"} and not here.with_name("03-figure.png").exists()
    executed.unlink()
    publishing.stand_in("03-a", *WHERE, "quick")
    left = json.loads(here.read_text())
    assert "03-table" not in left["tables"] and here.with_name("03-figure.png").exists(), "not executed here"
    assert [row["unit"] for row in left["effects"]["X sooner"]["of_units"]] == [0, 1, 2]


def test_a_published_file_that_cannot_be_read_stands_in_for_nothing(published, capsys):
    published.write_text("<<<<<<< HEAD\n")
    publishing.stand_in("03-a", *WHERE, "quick")
    assert not (paths.BUILD / "figures/quick/03-a.json").exists() and "cannot be read" in capsys.readouterr().err


def test_what_was_measured_here_still_counts_after_newer_effects_are_published(published, monkeypatch):
    """As after `git pull` or `git checkout figures`: the published file is the newer one."""
    monkeypatch.setattr(ledger.table, "measured_here", lambda: [Claim("X", "s", "03-a", (SEEDS,))])
    monkeypatch.setattr(Run, "here", (4, 5, 6))
    effects = as_json({4: Effect(9.0), 5: Effect(9.0), 6: Effect(9.0)}) | {
        "keys": measured.keys(SEEDS, *WHERE, (4, 5, 6))
    }
    effects["keys"]["6"] = "of older code"
    here = paths.BUILD / "figures/quick/03-a.json"
    here.parent.mkdir(parents=True)
    here.write_text(json.dumps({"notebook": "03-a", "effects": {"X sooner": effects}, "runs": {}}))
    os.utime(here, (1, 1))
    publishing.stand_in("03-a", *WHERE, "quick")
    rows = json.loads(here.read_text())["effects"]["X sooner"]["of_units"]
    assert {row["unit"]: row["value"] for row in rows} == {0: 1.0, 1: 2.0, 2: 3.0, 3: 4.0, 4: 5.0, 5: 9.0}


def test_pairs_keep_the_order_in_which_they_were_published_and_what_has_no_keys_does_not_count(published, monkeypatch):
    monkeypatch.setattr(ledger.table, "measured_here", lambda: [Claim("X", "s", "03-a", (SEEDS, PAIRS))])
    change(published, lambda left: left["effects"]["X style"]["of_units"].reverse())
    change(published, lambda left: left["effects"]["X sooner"].pop("keys"))
    effects = ledger.counting("03-a", *WHERE)["effects"]
    assert [row["unit"] for row in effects["X style"]["of_units"]] == [["a", "y"], ["a", "x"]]
    assert effects["X sooner"]["of_units"] == []
