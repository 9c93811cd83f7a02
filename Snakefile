"""The order of things: train -> notebook -> report. `make report` is its face; cluster executors are plug-ins."""

import sys
from pathlib import Path

from hwlib import paths
from hwlib.runs import sources
from hwlib.runs.store import Run, variant
from hwlib.report.chain import batches
from hwlib.report import notebooks

PROFILE, DATA, SEED, SEEDS = config["profile"], config["data"], int(config["seed"]), int(config["seeds"])
VARIANT = variant(PROFILE, DATA, SEED, SEEDS)
ON = f'--profile "{PROFILE}" --data "{DATA}"'
WHAT = f"{ON} --seed {SEED} --seeds {SEEDS}"
PYTHON = f'"{sys.executable}"'

NOTEBOOKS = notebooks.names()
RUNS = {name: notebooks.runs_of(name, PROFILE, DATA, SEED, SEEDS) for name in NOTEBOOKS}
WANTED = [Run(*name.split(":")[:1], PROFILE, DATA, int(name.split(":")[1])) for name in config.get("runs", "").split()]
BY_KEY = {run.key: run for run in WANTED or [run for runs in RUNS.values() for run in runs]}
BATCHES = batches(BY_KEY.values())
WAITING = [batch for batch in BATCHES if not all(run.record for run in batch)]
EXECUTED = str(paths.BUILD / "notebooks" / VARIANT / "{notebook}.ipynb")
PAGES = [str(paths.REPORT / "html" / VARIANT / f"{notebook}.html") for notebook in NOTEBOOKS]
PDF = str(paths.REPORT / ("report.pdf" if VARIANT == "quick" else f"report-{VARIANT}.pdf"))
BOOK = [
    *expand(EXECUTED, notebook=NOTEBOOKS),
    *(str(paths.FRONT), str(paths.REPOSITORY / "report" / "references.bib")),
    *(str(paths.REPOSITORY / "hwlib" / "report" / name) for name in ("template.typ", "page.css")),
    *map(str, sources.files(sources.depends_on({"hwlib.report.book", "hwlib.report.exporter"}))),
]


def made_from(wildcards):
    """A notebook, the runs that it shows, the modules that it imports and what it uses beside it; for one that judges,
    the two reports' claims and what all others left."""
    made = {
        "notebook": str(paths.NOTEBOOKS / f"{wildcards.notebook}.ipynb"),
        "runs": [str(run.folder / "record.json") for run in RUNS[wildcards.notebook]],
        "modules": [str(path) for path in sources.files(sources.imported_by(notebooks.code_of(wildcards.notebook)))],
        "beside": [str(path) for path in notebooks.beside(wildcards.notebook)],
    }
    if notebooks.judges(wildcards.notebook):
        made["claims"] = str(paths.REPOSITORY / "report" / "claims" / "claims.toml")
        made["others"] = [EXECUTED.format(notebook=name) for name in NOTEBOOKS if not notebooks.judges(name)]
    return made


rule report:
    input:
        PDF,
        PAGES,


rule trained:
    input:
        [str(run.folder / "record.json") for run in WANTED],


for number, batch in enumerate(BATCHES):

    rule:
        name:
            f"train_{number}"
        output:
            [update(str(run.folder / "record.json")) for run in batch],
        params:
            runs=" ".join(f"{run.name}:{run.seed}" for run in batch),
        priority: len(BATCHES) - number
        threads: max(1, workflow.cores // max(1, len(WAITING)))
        shell:
            "{PYTHON} -m hwlib train {params.runs} {ON} --threads {threads} --measure"


rule notebook:
    input:
        unpack(made_from),
    output:
        EXECUTED,
    priority: 2 * len(BATCHES)
    shell:
        "{PYTHON} -m hwlib execute {wildcards.notebook} {WHAT}"


rule pdf:
    input:
        BOOK,
    output:
        PDF,
    shell:
        "{PYTHON} -m hwlib report {WHAT} --form pdf"


rule html:
    input:
        BOOK,
    output:
        str(Path(PDF).with_suffix(".html")),
        PAGES,
    shell:
        "{PYTHON} -m hwlib report {WHAT} --form html"
