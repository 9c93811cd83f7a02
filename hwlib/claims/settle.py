"""`python -m hwlib settle`: train what open claims need next, look by look, until they are decided or time is out."""

import json
import os
import signal
import subprocess
import sys
import time

from hwlib import paths
from hwlib.claims import ledger, measured, rule
from hwlib.claims.table import measures
from hwlib.experiments import looks, resolve, search
from hwlib.runs import jobs
from hwlib.runs.seeds import seeds_of, together
from hwlib.runs.store import Run


def settle(profile, data, hours, on=None):
    """Train the runs that open measures need for their next look, the most informative look first.

    A look is worth the number of open measures that its runs serve over the work that is left to it; as many are taken
    together as keep all processors at work. It can be interrupted, and goes on where it was: what is trained is kept.
    What it measured is left in `figures/` after each look (`ledger`), where it counts on any machine.
    Says a line for each measure whose standing changes. `on`: of a cluster its executor and jobs at once, as
    ("slurm", 64). Returns {"A4 lattice": Finding}.
    """
    end, told, standing, look = time.monotonic() + 3600 * hours, {}, {}, []
    at_once = on[1] if on else os.cpu_count()
    while True:
        new = {run.name for run in look}
        for name, measure in measures():
            if not look or new & set(measure.runs):
                standing[name] = stand(name, measure, profile, data)
        for name, (finding, needed) in standing.items():
            minutes = lasting(needed, profile, data, at_once)
            if told.get(name) != (line := progress(name, finding, needed, minutes)):
                told[name] = line
                print(line, flush=True)
        coming = [needed for _, needed in standing.values() if needed]
        if not coming or time.monotonic() > end:
            return {name: finding for name, (finding, _) in standing.items()}
        look = together_at_work(coming, at_once)
        train(look, profile, data, end - time.monotonic(), on)


def stand(name, measure, profile, data):
    """How a measure stands with the seeds that there are, and what its next look needs: (Finding, list of runs).

    What was measured here is left in `figures/`, but at `smoke`, of which nothing is published.
    """
    found = measured.sought(name, measure, profile, data)
    units = found.published | measured.effects(measure, profile, data, found.here)
    if profile != "smoke":
        ledger.leave(name, measure, found, units, profile, data)
    finding = rule.judge(measure, units, looks(profile))
    steps = [1] if measure.units == "pairs" else looks(profile)  # all pairs are of one seed
    coming = [n for n in steps if n > len(units)]
    none_counts = measure.gate == "speed" or all(row["too_early"] for row in finding.units)
    hopeless = finding.verdict == "too early" and len(units) >= looks(profile)[0] and none_counts
    hopeless |= rule.cut_off([one for _, one in sorted(units.items()) if not one.too_early][: finding.decide])
    if finding.verdict.startswith(("reproduced", "contradicted")) or hopeless or not coming:
        return finding, []
    first = measure.first_seed(profile, data)
    missing = [seed for seed in range(first, first + coming[0]) if seed not in found.published]
    arms = [run for seed in missing for run in together(measure.runs, profile, data, seed)]
    return finding, [run for run in dict.fromkeys(arms) if not run.finished]


def together_at_work(coming, at_once):
    """The runs of the look that is worth most, and of the next ones until there is work for `at_once` processes."""
    look = []
    for needed in sorted(coming, key=lambda needed: worth(needed, coming), reverse=True):
        look += [run for run in needed if run not in look]
        if len(jobs.batches(look)) >= at_once:
            break
    return look


def worth(needed, coming):
    """Open measures that the runs of a look serve, each by the share of its own missing runs, over the look's work."""
    runs = set(needed)
    served = sum(len(runs & set(others)) / len(others) for others in coming)
    return served / sum(jobs.seconds(run) for run in needed)


def progress(name, finding, needed, minutes):
    """A line: "A4 lattice: 5 seeds, open, about 8 to decide; its next look needs 6 runs, about 14 min"."""
    about = f", about {finding.needed} to decide" if finding.needed else ""
    left = f"; its next look needs {len(needed)} runs, about {max(1, round(minutes))} min" if needed else ""
    return f"{name}: {len(finding.units)} {finding.measure.units}, {finding.verdict}{about}{left}"


def lasting(runs, profile, data, at_once):
    """Minutes that runs take, so many at once: as long as finished ones of the same experiments, else as `jobs.minutes`
    guesses."""
    minutes = 0.0
    for run in runs:
        others = [Run(run.name, profile, data, seed).record for seed in seeds_of([run.name], profile, data)[:1]]
        seconds = [one["result"]["seconds"] for one in others if one and "seconds" in one["result"]]
        minutes += seconds[0] / 60 if seconds else jobs.minutes([run]) - jobs.START_UP
    return minutes / at_once


def search_rates(profile, data, on=None):
    """Train the small search for learning rates (`hwlib.experiments.search`); ValueError where a profile has none."""
    names = [search.name_of(arm, rate) for arm in search.ARMS for rate in search.RATES]
    if "learning_rate_scale" not in resolve(names[0], profile)[1]:
        raise ValueError(f"Profile {profile} trains at the reports' own learning rates: there is none to search for.")
    train([Run(name, profile, data, seed) for name in names for seed in search.SEEDS], profile, data, on=on)


def train(runs, profile, data, seconds=None, on=None):
    """Train runs by the Snakefile, as `make report` does, or as far as they come in so many seconds.

    Out of time, Snakemake is interrupted, and ends what it has started: here, or what waits and runs on the cluster.
    """
    wanted = " ".join(f"{run.name}:{run.seed}" for run in runs if not run.finished)
    if not wanted:
        return
    words = ["snakemake", "trained", "--snakefile", str(paths.REPOSITORY / "Snakefile"), "--directory", str(paths.HOME)]
    words += ["--nolock", "--rerun-incomplete", "--rerun-triggers", "mtime"]
    words += cluster(*on) if on else ["--cores", str(os.cpu_count()), "--quiet", "all"]
    words += ["--config", f"profile={profile}", f"data={json.dumps(data)}", "seed=0", "seeds=0", f"runs={wanted}"]
    words += [f"jobs={on[1]}"] if on else []
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a session of its own hears of none of them
        if ending == signal.SIGINT or signal.getsignal(ending) == signal.SIG_DFL:
            signal.signal(ending, signal.default_int_handler)
    with subprocess.Popen([sys.executable, "-m", *words], start_new_session=True) as snakemake:
        try:
            failed = snakemake.wait(seconds)
        except (subprocess.TimeoutExpired, KeyboardInterrupt) as reason:
            os.killpg(snakemake.pid, signal.SIGINT)  # with its trainings
            snakemake.wait()
            if isinstance(reason, KeyboardInterrupt):
                raise
            return
    if failed:
        raise RuntimeError(f"Snakemake ended with status {failed}: what failed is told above.")


def cluster(executor, jobs):
    """Snakemake's words for an executor plug-in, with its profile in the repository if there is one."""
    profile = paths.REPOSITORY / "cluster" / executor
    words = ["--executor", executor, "--jobs", str(jobs), "--quiet", "host", "reason", "progress"]
    return words + (["--profile", str(profile)] if profile.exists() else [])
