"""The order of things: train -> notebook -> report. `make report` is its face; cluster executors are plug-ins."""

import sys
from pathlib import Path

import nbformat

from hwlib import experiments, paths, sources
from hwlib.runs import Run

PROFILE, DATA, SEED = config["profile"], config["data"], int(config["seed"])
VARIANT = experiments.variant(PROFILE, DATA, SEED)
WHAT = f'--profile "{PROFILE}" --data "{DATA}" --seed {SEED}'
PYTHON = f'"{sys.executable}"'

RUNS = {name: Run(name, PROFILE, DATA, SEED) for names in experiments.NOTEBOOKS.values() for name in names}
NAME = {run.key: name for name, run in RUNS.items()}
WAITING = [run for run in RUNS.values() if not run.record]
EXECUTED = str(paths.BUILD / "notebooks" / VARIANT / "{notebook}.ipynb")
PAGE = str(paths.REPORT / "html" / VARIANT / "{notebook}.html")
PDF = str(paths.REPORT / ("report.pdf" if VARIANT == "quick" else f"report-{VARIANT}.pdf"))


def made_from(wildcards):
    """A notebook, the runs that it shows and the modules that it imports."""
    notebook = paths.NOTEBOOKS / f"{wildcards.notebook}.ipynb"
    cells = [cell.source for cell in nbformat.read(notebook, 4).cells if cell.cell_type == "code"]
    return {
        "notebook": str(notebook),
        "runs": [str(RUNS[name].folder / "record.json") for name in experiments.NOTEBOOKS[wildcards.notebook]],
        "modules": [str(path) for path in sources.files(sources.notebook_modules(cells))],
    }


rule report:
    input:
        PDF,
        expand(PAGE, notebook=experiments.NOTEBOOKS),


rule train:
    output:
        str(paths.RUNS / "{key}" / "record.json"),
    params:
        name=lambda wildcards: NAME[wildcards.key],
    threads: max(1, workflow.cores // max(1, len(WAITING)))
    shell:
        "{PYTHON} -m hwlib train {params.name} {WHAT} --threads {threads}"


rule notebook:
    input:
        unpack(made_from),
    output:
        EXECUTED,
    shell:
        "{PYTHON} -m hwlib execute {wildcards.notebook} {WHAT}"


rule pdf:
    input:
        notebooks=expand(EXECUTED, notebook=experiments.NOTEBOOKS),
        text=[str(paths.REPOSITORY / "report" / name) for name in ("front.md", "references.bib")],
        template=str(paths.REPOSITORY / "hwlib" / "report" / "template.typ"),
        modules=[str(p) for p in sources.files(sources.depends_on({"hwlib.report.book", "hwlib.report.exporter"}))],
    output:
        PDF,
    shell:
        "{PYTHON} -m hwlib report {WHAT}"


rule page:
    input:
        EXECUTED,
    output:
        PAGE,
    shell:
        "{PYTHON} -m hwlib page {wildcards.notebook} {WHAT}"
