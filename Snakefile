"""The order of things: train -> notebook -> report. `make report` is its face; cluster executors are plug-ins.

On a cluster (`jobs` in the configuration: how many at once), each job reads this file anew: what it says must not
depend on what is finished meanwhile, nor on the machine.
"""

import shlex
import sys
from functools import cache
from pathlib import Path

from hwlib import data, experiments, paths
from hwlib.report import notebooks, play
from hwlib.runs import jobs, sources
from hwlib.runs.store import Run, variant
from hwlib.storage import not_ahead

# Looked at once here, not once for each of the runs, of which there may be thousands.
data.fingerprint, sources._read = cache(data.fingerprint), cache(sources._read)

PROFILE, DATA, SEED, SEEDS = config["profile"], config["data"], int(config["seed"]), int(config["seeds"])
JOBS = int(config.get("jobs", 0))
VARIANT = variant(PROFILE, DATA, SEED, SEEDS)
ON = f"--profile {shlex.quote(PROFILE)} --data {shlex.quote(DATA)}"
WHAT = f"{ON} --seed {SEED} --seeds {SEEDS}"
PYTHON = shlex.quote(sys.executable)

NOTEBOOKS = notebooks.names()
RUNS = {name: notebooks.runs_of(name, PROFILE, DATA, SEED, SEEDS) for name in NOTEBOOKS}
WANTED = [Run(*name.split(":")[:1], PROFILE, DATA, int(name.split(":")[1])) for name in config.get("runs", "").split()]
ASKED = WANTED or [run for runs in RUNS.values() for run in runs if notebooks.is_asked(run, SEED, SEEDS)]
BY_KEY = {run.key: run for run in ASKED}
AGAIN = JOBS and workflow.is_main_process  # what fails inside a job is sent again from outside
ALONE = len(BY_KEY) + len(NOTEBOOKS) <= JOBS  # each run has a job of its own, the seeds of a run are a job array
BATCHES = jobs.batches(BY_KEY.values())
WAITING = [] if JOBS else [batch for batch in BATCHES if not all(run.record for run in batch)]
EXECUTED = str(paths.BUILD / "notebooks" / VARIANT / "{notebook}.ipynb")
PAGES = [str(paths.REPORT / "html" / VARIANT / f"{notebook}.html") for notebook in NOTEBOOKS]
PDF = str(paths.REPORT / ("report.pdf" if VARIANT == "quick" else f"report-{VARIANT}.pdf"))
BOOK = [
    *expand(EXECUTED, notebook=NOTEBOOKS),
    *(str(paths.FRONT), str(paths.REPOSITORY / "report" / "references.bib")),
    *(str(paths.REPOSITORY / "hwlib" / "report" / name) for name in ("template.typ", "page.css", "page.js")),
    *map(str, sources.files(sources.depends_on({"hwlib.report.board", "hwlib.report.book"}))),
    *(str(path) for path in sorted(paths.FIGURES.glob("*/08-verdicts.json")) if path.parent.name != VARIANT),
]
HERE = "HWLIB_THREADS={threads} OPENBLAS_NUM_THREADS={threads} " if JOBS else ""
PLAYED = [run for run in play.runs(PROFILE, DATA, SEED) if run.key in BY_KEY]
PLAY = [str(play.place(PROFILE, DATA, SEED))] if PLAYED else []

if workflow.is_main_process:
    places = [paths.REPOSITORY / "hwlib", paths.REPOSITORY / "report", paths.NOTEBOOKS, paths.BUILD]
    places += [paths.FIGURES, paths.REPORT]
    files = [path for place in places for path in place.rglob("*")] + [*paths.RUNS.glob("*/record.json")]
    if ahead := not_ahead(files):
        print(f"{ahead} files were changed in the future, by this machine's clock: they count as changed now.")


def made_from(notebook):
    """A notebook, the runs that it shows, the modules that it imports and what it uses beside it; for one that judges,
    the two reports' claims and what all others left."""
    made = {
        "notebook": str(paths.NOTEBOOKS / f"{notebook}.ipynb"),
        "runs": [str(run.folder / "record.json") for run in RUNS[notebook]],
        "modules": [str(path) for path in sources.files(notebooks.modules(notebook))],
        "beside": [str(path) for path in notebooks.beside(notebook)],
    }
    if notebooks.judges(notebook):
        made["claims"] = str(paths.REPOSITORY / "report" / "claims" / "claims.toml")
        made["others"] = [EXECUTED.format(notebook=name) for name in NOTEBOOKS if not notebooks.judges(name)]
    return made


def named(runs):
    return " ".join(f"{run.name}:{run.seed}" for run in runs)


rule report:
    input:
        PDF,
        PAGES,
        PLAY,


rule trained:
    input:
        [str(run.folder / "record.json") for run in WANTED],


for number, batch in enumerate([] if ALONE else BATCHES):

    rule:
        name:
            f"train_{number}"
        output:
            [update(str(run.folder / "record.json")) for run in batch],
        params:
            runs=named(batch),
        priority: len(BATCHES) - number
        threads: jobs.threads(batch) if JOBS else max(1, workflow.cores // max(1, len(WAITING)))
        resources:
            **(jobs.needs(batch) if JOBS else {}),
        retries: jobs.retries(batch) if AGAIN else 0
        shell:
            "{PYTHON} -m hwlib train {params.runs} {ON} --threads {threads} --measure"


for name in dict.fromkeys(run.name for run in BY_KEY.values()) if ALONE else []:
    seeds = [run for run in BY_KEY.values() if run.name == name]

    rule:
        name:
            f"train_{name}"
        output:
            update(str(paths.RUNS / "{key}" / "record.json")),
        wildcard_constraints:
            key="|".join(run.key for run in seeds),
        params:
            runs=lambda wildcards: named([BY_KEY[wildcards.key]]),
        threads: jobs.threads(seeds[:1])
        resources:
            **jobs.needs(seeds[:1]),
        retries: jobs.retries(seeds[:1]) if AGAIN else 0
        shell:
            "{PYTHON} -m hwlib train {params.runs} {ON} --threads {threads} --measure"


for notebook in NOTEBOOKS:

    rule:
        name:
            f"notebook_{notebook}"
        input:
            unpack(lambda wildcards, name=notebook: made_from(name)),
        output:
            EXECUTED.format(notebook=notebook),
        params:
            name=notebook,
        priority: 2 * len(BATCHES)
        resources:
            **({"mem_mb": 4000, "runtime": 120} if JOBS else {}),
        retries: 2 if AGAIN else 0
        shell:
            HERE + "{PYTHON} -m hwlib execute {params.name} {WHAT}"


rule pdf:
    input:
        BOOK,
    output:
        PDF,
    resources:
        **({"mem_mb": 2000, "runtime": 30} if JOBS else {}),
    retries: 2 if AGAIN else 0
    shell:
        HERE + "{PYTHON} -m hwlib report {WHAT} --form pdf"


rule html:
    input:
        BOOK,
        PLAY,
    output:
        str(Path(PDF).with_suffix(".html")),
        PAGES,
    resources:
        **({"mem_mb": 2000, "runtime": 30} if JOBS else {}),
    retries: 2 if AGAIN else 0
    shell:
        HERE + "{PYTHON} -m hwlib report {WHAT} --form html"


if PLAY:

    rule play:
        input:
            [str(run.folder / "record.json") for run in PLAYED],
            *map(str, play.PARTS),
            *map(str, sources.files(sources.depends_on({"hwlib.report.play"}))),
        output:
            PLAY,
        resources:
            **({"mem_mb": 2000, "runtime": 30} if JOBS else {}),
        retries: 2 if AGAIN else 0
        shell:
            HERE + "{PYTHON} -m hwlib play {ON} --seed {SEED}"
