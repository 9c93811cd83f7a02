"""`settle` trains what open claims need next, and no more."""

import signal
import time
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from hwlib.claims import measured, rule, settle
from hwlib.claims.effects import Effect


class Run:
    """A run that takes so much work, finished once it has been trained."""

    done: ClassVar = set()

    def __init__(self, name, seed, work=1.0):
        self.name, self.seed, self.work = name, seed, work

    @property
    def finished(self):
        return (self.name, self.seed) in self.done

    def __hash__(self):
        return hash((self.name, self.seed))

    def __eq__(self, other):
        return (self.name, self.seed) == (other.name, other.seed)


PLAIN = rule.Measure("plain", "w", "log ratio", "y", "more", 0.2, runs=("a", "b"), function="f")


@pytest.fixture
def world(monkeypatch):
    """Two measures on made-up runs: what is plain and what is not; returns the rounds of training."""
    Run.done, rounds = set(), []
    open_ = rule.Measure("open", "w", "log ratio", "y", "more", 0.2, runs=("a", "c"), function="g")
    work = {"a": 1.0, "b": 1.0, "c": 50.0}

    def together(names, profile, data, seed):
        return [Run(name, seed, work[name]) for name in names]

    def seeds_of(names, profile, data, wanted=()):
        return [seed for seed in range(20) if all(run.finished for run in together(names, profile, data, seed))]

    def effects(measure, profile, data, seeds):
        return {seed: Effect(1.0 + 0.01 * seed if measure.name == "plain" else (-1.0) ** seed) for seed in seeds}

    def train(runs, profile, data, seconds=None, on=None):
        rounds.append(sorted({run.name for run in runs}))
        Run.done |= {(run.name, run.seed) for run in runs}

    monkeypatch.setattr(settle, "measures", lambda: [("X plain", PLAIN), ("X open", open_)])

    def sought(name, measure, profile, data):
        there, first = seeds_of(measure.runs, profile, data), measure.first_seed(profile, data)
        here = [seed for seed in there if seed >= first and seed not in published]
        return measured.Sought(here, {seed: Effect(1.0 + 0.01 * seed) for seed in published}, [])

    published = set()
    monkeypatch.setattr(settle, "published", published, raising=False)
    monkeypatch.setattr(settle, "together", together)
    monkeypatch.setattr(settle, "measured", SimpleNamespace(effects=effects, sought=sought))
    monkeypatch.setattr(settle, "train", train)
    monkeypatch.setattr(settle, "ledger", SimpleNamespace(leave=lambda *what: None))
    monkeypatch.setattr(settle, "lasting", lambda runs, profile, data, at_once: sum(run.work for run in runs))
    monkeypatch.setattr(settle.jobs, "seconds", lambda run: run.work)
    monkeypatch.setattr(settle.os, "cpu_count", lambda: 1)
    return rounds


def test_the_cheap_look_comes_first_and_a_decided_claim_gets_no_more_runs(world):
    found = settle.settle("quick", "avatars", 1.0)
    assert world[0] == ["a", "b"]
    assert world[1:] == [["c"], ["a", "c"], ["a", "c"], ["a", "c"]]
    assert found["X plain"].verdict == "reproduced" and len(found["X plain"].units) == 5
    assert found["X open"].verdict == "open" and len(found["X open"].units) == 20


def test_looks_are_taken_together_until_all_processors_have_work(world):
    settle.settle("quick", "avatars", 1.0, on=("slurm", 3))
    assert world[0] == ["a", "b", "c"]


def test_what_no_new_run_touches_is_not_judged_again(world, monkeypatch):
    stand, judged = settle.stand, []
    monkeypatch.setattr(settle, "stand", lambda name, *what: judged.append(name[2:]) or stand(name, *what))
    settle.settle("quick", "avatars", 1.0)
    assert judged == ["plain", "open", "plain", "open", "open", *["plain", "open"] * 3]


def test_published_seeds_are_not_trained_again(world, monkeypatch):
    settle.published |= {1, 2, 3}
    monkeypatch.setattr(settle, "measures", lambda: [("X plain", PLAIN)])
    found = settle.settle("quick", "avatars", 1.0)
    assert Run.done == {(name, seed) for name in "ab" for seed in (0, 4)} and len(found["X plain"].units) == 5


def test_after_a_change_the_first_look_is_at_seeds_that_nobody_has_seen(world, monkeypatch):
    changed = ({"date": "d", "reason": "r", "seen": {"profile": "quick", "data": "avatars", "seeds": 2}},)
    plain = rule.Measure("plain", "w", "log ratio", "y", "more", 0.2, runs=("a", "b"), function="f", changed=changed)
    monkeypatch.setattr(settle, "measures", lambda: [("X plain", plain)])
    found = settle.settle("quick", "avatars", 1.0)
    assert [row["unit"] for row in found["X plain"].units] == [2, 3, 4, 5, 6] and found[
        "X plain"
    ].verdict == "reproduced"


@pytest.mark.parametrize("gate", ["", "speed"])
def test_where_no_seed_of_the_first_look_counts_no_more_are_trained(world, monkeypatch, gate):
    m = rule.Measure("plain", "w", "log ratio", "y", "more", 0.2, runs=("a", "b"), function="f", gate=gate)
    counts = () if gate == "" else (0, 1, 2, 3)  # of speed one that does not count is enough

    def effects(measure, profile, data, seeds):
        return {seed: Effect(1.0, too_early="" if seed in counts else "a blob") for seed in seeds}

    monkeypatch.setattr(settle, "measures", lambda: [("X plain", m)])
    monkeypatch.setattr(settle.measured, "effects", effects)
    found = settle.settle("quick", "avatars", 1.0)
    assert (found["X plain"].verdict, len(found["X plain"].units)) == ("too early", 5)


def test_each_change_of_standing_is_said_once(world, capsys):
    settle.settle("quick", "avatars", 1.0)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "X plain: 0 seeds, not run; its next look needs 10 runs, about 10 min"
    assert len(said) == len(set(said))
    assert any(line.startswith("X plain: 5 seeds, reproduced") for line in said)


def test_out_of_time_nothing_is_trained(world):
    found = settle.settle("quick", "avatars", -1.0)
    assert world == [] and found["X open"].verdict == "not run"


def test_at_study_the_number_of_seeds_is_fixed_beforehand(world):
    found = settle.settle("study", "avatars", 1.0)
    assert len(found["X open"].units) == 3


def test_a_run_lasts_as_long_as_one_of_the_same_experiment_did(monkeypatch):
    records = {"a": {"result": {"seconds": 600}}, "judge": {"result": {"accuracy": 1.0}}, "judge to come": None}
    monkeypatch.setattr(settle, "Run", lambda name, *_: SimpleNamespace(record=records[name]))
    monkeypatch.setattr(settle, "seeds_of", lambda names, profile, data: [0] if names[0] in records else [])
    monkeypatch.setattr(settle, "jobs", SimpleNamespace(START_UP=15, minutes=lambda runs: 15 + 7))
    assert settle.lasting([Run("a", 3), Run("b", 3)], "quick", "avatars", 2) == pytest.approx((10 + 7) / 2)
    judges = [
        Run("judge", 0),
        Run("judge to come", 0),
    ]  # classifiers note no seconds, and are known before they are made
    assert settle.lasting(judges, "quick", "avatars", 2) == pytest.approx((7 + 7) / 2)


def test_no_more_seeds_are_trained_where_some_are_cut_off_above_and_others_below(world, monkeypatch):
    ends = {0: {"at_least": True}, 1: {"at_most": True}}

    def effects(measure, profile, data, seeds):
        return {seed: Effect(0.1, **ends.get(seed, {})) for seed in seeds}

    monkeypatch.setattr(settle.measured, "effects", effects)
    found = settle.settle("quick", "avatars", 1)
    assert {len(one.units) for one in found.values()} == {5}
    assert all("more seeds decide nothing" in one.reason for one in found.values())


def test_the_seeds_of_a_look_are_those_with_the_lowest_numbers(world, monkeypatch):
    """One of two that are cut off lies beyond the look, though it was published before the others were run."""
    settle.published |= {5, 6, 7, 8, 9}
    ends = {8: {"at_least": True}, 9: {"at_most": True}}
    found = {seed: Effect(0.1 + (-1) ** seed, **ends.get(seed, {})) for seed in (*range(5, 10), *range(5))}
    sought = measured.Sought([0], found, [])
    monkeypatch.setattr(settle, "measured", SimpleNamespace(effects=lambda *what: {}, sought=lambda *what: sought))
    _, needed = settle.stand("X plain", PLAIN, "quick", "avatars")
    assert needed, "of the first eight none is cut off below"


@pytest.fixture
def snakemake(tmp_path, monkeypatch):
    """Stand-in for Snakemake that notes its words and trains for a minute; returns the notes, a path."""
    program = tmp_path / "snakemake.py"
    program.write_text(
        "import subprocess, sys\n"
        "training = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(tmp_path / 'notes')!r}, 'w').write(' '.join([str(training.pid), *sys.argv[1:]]))\n"
        "try: training.wait()\n"
        "except KeyboardInterrupt: training.wait()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    handlers = {ending: signal.getsignal(ending) for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield tmp_path / "notes"
    for ending, handler in handlers.items():
        signal.signal(ending, handler)


def test_out_of_time_the_training_is_ended_too(snakemake):
    Run.done = set()
    begun = time.monotonic()
    settle.train([Run("a", 3), Run("b", 3)], "quick", "avatars", 5.0)
    assert time.monotonic() - begun < 30
    training, *words = snakemake.read_text().split()
    assert not Path("/proc", training).exists()
    assert "runs=a:3 b:3" in " ".join(words) and "--cores" in words and "--executor" not in words


def test_a_look_goes_to_the_cluster_with_its_profile(snakemake):
    Run.done, program = set(), snakemake.with_name("snakemake.py")
    program.write_text(program.read_text().replace("'60'", "'0'"))
    settle.train([Run("a", 3)], "quick", "avatars", on=("slurm", 64))
    words = " ".join(snakemake.read_text().split()[1:])
    assert "--executor slurm --jobs 64" in words and "cluster/slurm" in words and "jobs=64" in words
    assert "--cores" not in words


def test_where_the_reports_own_rates_are_used_there_is_no_search():
    with pytest.raises(ValueError, match="Profile paper trains at the reports' own learning rates"):
        settle.search_rates("paper", "avatars")
