"""The notebooks of the report: found in their folder, in the order of their numbers, each with the runs it asks for."""

import ast
from functools import cache

import nbformat

from hwlib import experiments, paths
from hwlib.runs.store import Run


def names():
    """The notebooks in the report's order: "00-data", "01-model" ..."""
    return sorted(path.stem for path in paths.NOTEBOOKS.glob("[0-9][0-9]-*.ipynb"))


def code_of(name):
    """The notebook's code cells, strings of Python; none where there is no such notebook."""
    path = paths.NOTEBOOKS / f"{name}.ipynb"
    cells = nbformat.read(path, 4).cells if path.exists() else []
    return [python(cell.source) for cell in cells if cell.cell_type == "code"]


def python(code):
    """A cell's code without magics and shell commands."""
    return "\n".join(line for line in code.splitlines() if not line.startswith(("%", "!")))


@cache
def asked(name):
    """Names of the experiments that a notebook asks for, as they stand in its code, in the order of `EXPERIMENTS`.

    Whoever uses `section.evaluator` asks for the tag classifier, too.
    """
    found = set()
    for node in (node for code in code_of(name) for node in ast.walk(ast.parse(code))):
        found |= {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()
        found |= {"tags"} if isinstance(node, ast.Attribute) and node.attr == "evaluator" else set()
    return [name for name in experiments.EXPERIMENTS if name in found]


def runs_of(name, profile="quick", data="avatars", seed=0, seeds=0):
    """The runs that a notebook shows, with all their seeds: a list, none of them trained by this call."""
    shown = [one for one in asked(name) if one not in experiments.left_out(profile)]
    wanted = experiments.seeds(profile, seed, seeds)
    return [Run(one, profile, data, s) for one in shown for s in ([0] if one in experiments.JUDGES else wanted)]
