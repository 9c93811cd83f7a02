"""`python -m hwlib settle`: train what open claims need next, look by look, until they are decided or time is out."""

import os
import subprocess
import sys
import time

from hwlib import paths
from hwlib.claims import measured, rule, table
from hwlib.experiments import looks, search
from hwlib.runs.store import Run, seeds_of, together


def settle(profile, data, hours, say=print):
    """Train the runs that open measures need for their next look, the most informative look first.

    A look is worth the number of open measures that its runs serve over the work that is left to it. It can be
    interrupted, and goes on where it was: what is trained is kept. Says a line for each measure whose standing changes.
    Returns {"A4 lattice": Finding}.
    """
    end, told = time.monotonic() + 3600 * hours, {}
    while True:
        standing = {name: stand(measure, profile, data) for name, measure in measures()}
        for name, (finding, needed) in standing.items():
            if told.get(name) != (line := progress(name, finding, needed)):
                told[name] = line
                say(line)
        coming = [needed for _, needed in standing.values() if needed]
        if not coming or time.monotonic() > end:
            return {name: finding for name, (finding, _) in standing.items()}
        train(max(coming, key=lambda needed: worth(needed, coming)), profile, data, end - time.monotonic())


def measures():
    """The measures of all claims: pairs of "A4 lattice" and `Measure`."""
    return [(f"{claim.id} {one.name}", one) for claim in table.measured_here() for one in claim.measures]


def stand(measure, profile, data):
    """How a measure stands with the seeds that there are, and what its next look needs: (Finding, list of runs)."""
    there = seeds_of(measure.runs, profile, data)
    finding = rule.judge(measure, measured.effects(measure, profile, data, there), looks(profile))
    coming = [n for n in looks(profile) if n > len(there)]
    if measure.units == "pairs":  # of one seed
        coming = [1] if not there else []
    if finding.verdict.startswith(("reproduced", "contradicted")) or not coming:
        return finding, []
    arms = [run for seed in range(coming[0]) for run in together(measure.runs, profile, data, seed)]
    return finding, [run for run in dict.fromkeys(arms) if not run.finished]


def worth(needed, coming):
    """Open measures that the runs of a look serve, each by the share of its own missing runs, over the look's work."""
    runs = set(needed)
    served = sum(len(runs & set(others)) / len(others) for others in coming)
    return served / sum(run.work for run in needed)


def progress(name, finding, needed):
    """A line: "A4 lattice: 5 seeds, open, about 8 to decide; its next look needs 6 runs"."""
    about = f", about {finding.needed} to decide" if finding.needed else ""
    left = f"; its next look needs {len(needed)} runs" if needed else ""
    return f"{name}: {len(finding.units)} {finding.measure.units}, {finding.verdict}{about}{left}"


def search_rates(profile, data):
    """Train the small search for learning rates (`hwlib.experiments.search`)."""
    names = [search.name_of(arm, rate) for arm in search.ARMS for rate in search.RATES]
    train([Run(name, profile, data, seed) for name in names for seed in search.SEEDS], profile, data)


def train(runs, profile, data, seconds=None):
    """Train runs by the Snakefile, as `make report` does, or as far as they come in so many seconds."""
    wanted = " ".join(f"{run.name}:{run.seed}" for run in runs if not run.finished)
    if not wanted:
        return
    words = ["snakemake", "trained", "--snakefile", str(paths.REPOSITORY / "Snakefile"), "--directory", str(paths.HOME)]
    words += ["--cores", str(os.cpu_count()), "--nolock", "--rerun-incomplete", "--rerun-triggers", "mtime", "--quiet"]
    words += ["all", "--config", f"profile={profile}", f"data={data}", "seed=0", "seeds=0", f"runs={wanted}"]
    try:
        subprocess.run([sys.executable, "-m", *words], check=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        pass
    except subprocess.CalledProcessError:
        raise RuntimeError("A training failed; its message is above.") from None
