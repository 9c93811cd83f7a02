"""`python -m hwlib settle`: train what open claims need next, look by look, until they are decided or time is out."""

import subprocess
import sys
import time

from hwlib.claims import measured, rule
from hwlib.experiments import search
from hwlib.runs.store import Run

AT_A_TIME = 2


def settle(profile, data, hours, command=(sys.executable, "-m", "hwlib")):
    """Train the most informative runs first, two at a time, and judge the claims anew whenever a look is reached.

    A run is worth the sum over the open measures that need it of one over the work that is left to their next look. It
    can be interrupted, and goes on where it was: what is trained is kept. Prints a line for each claim and look.
    """
    end = time.monotonic() + 3600 * hours
    working, told = {}, {}
    while True:
        state = {key: standing(measure, profile, data) for key, measure in measures()}
        _tell(state, told)
        queue = [run for run in wanted(state) if run not in working]
        while queue and len(working) < AT_A_TIME and time.monotonic() < end:
            run = queue.pop(0)
            words = [*command, "train", f"{run.name}:{run.seed}", "--profile", profile, "--data", data]
            working[run] = subprocess.Popen([*words, "--threads", "1", "--measure"], stdout=subprocess.DEVNULL)
        if not working:
            return state
        _wait(working)


def search_rates(profile, data):
    """Train the small search for learning rates (`hwlib.experiments.search`), the longest runs first, two at a time."""
    names = [search.name_of(arm, rate) for arm in search.ARMS for rate in search.RATES]
    runs = [Run(name, profile, data, seed) for name in names for seed in search.SEEDS]
    _train(sorted((run for run in runs if not run.finished), key=lambda run: run.work, reverse=True))


def measures():
    """The measures of all claims that name their function: pairs of "A4 lattice" and the measure."""
    return [(f"{c.id} {m.name}", m) for c in rule.load() for m in c.measures if m.function]


def standing(measure, profile, data):
    """A measure's finding with the seeds that there are, and the runs that its next look needs: (Finding, runs)."""
    there = measured.seeds(measure.runs, profile, data)
    finding = rule.judge(measure, measured.effects(measure, profile, data, there), rule.looks(measure, profile))
    if rule.decided(finding.verdict) or not (coming := [n for n in rule.looks(measure, profile) if n > len(there)]):
        return finding, []
    needed = [run for seed in range(coming[0]) for run in measured.arms(measure.runs, profile, data, seed)]
    return finding, [run for run in dict.fromkeys(needed) if not run.finished]


def wanted(state):
    """The runs that open measures need, the most informative for its work first."""
    worth = {}
    for _, needed in state.values():
        left = sum(run.work for run in needed)
        for run in needed:
            worth[run] = worth.get(run, 0.0) + 1 / left
    return sorted(worth, key=worth.get, reverse=True)


def _wait(working):
    while all(process.poll() is None for process in working.values()):
        time.sleep(1)
    for run in [run for run, process in working.items() if process.poll() is not None]:
        if working.pop(run).returncode:
            raise RuntimeError(f"{run.label}: the training failed; `hwlib train {run.name}:{run.seed}` tells why.")


def _tell(state, told):
    for key, (finding, needed) in state.items():
        units = f"{len(finding.of_units)} {finding.measure.units}"
        left = f", next look after {len(needed)} more runs" if needed else ""
        line = f"{key}: {units}, {finding.verdict}{left}"
        if told.get(key) != line:
            told[key] = line
            print(line, flush=True)
