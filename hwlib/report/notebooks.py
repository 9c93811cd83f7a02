"""The notebooks of the report: found in their folder, in the order of their numbers, each with the runs it asks for."""

import ast
import json
import re
from functools import cache
from itertools import pairwise

from hwlib import experiments, paths
from hwlib.claims import table
from hwlib.runs import sources
from hwlib.runs.seeds import seeds_of, seeds_shown
from hwlib.runs.store import Run


def names():
    """The notebooks in the report's order: "00-data", "01-model" ...

    ValueError where two have one number: their figures would replace each other's.
    """
    found = sorted(path.stem for path in paths.NOTEBOOKS.glob("[0-9][0-9]-*.ipynb"))
    if twice := [(one, other) for one, other in pairwise(found) if one[:2] == other[:2]]:
        raise ValueError("{} and {} have the same number: give one of them another.".format(*twice[0]))
    return found


def cells_of(path):
    """A notebook's cells as pairs of kind, "code" or "markdown", and text; none where there is no such file.

    Read as JSON: nbformat takes longer to import than everything else here. ValueError, one line, where it is none.
    """
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"] if path.exists() else []
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name} is no notebook ({error}): restore it with git.") from None
    return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]


def code_of(name):
    """The notebook's code cells, strings of Python; none where there is no such notebook.

    ValueError, one line, for a cell that is no Python.
    """
    found = []
    for number, (kind, text) in enumerate(cells_of(paths.NOTEBOOKS / f"{name}.ipynb"), 1):
        if kind == "code":
            found.append(python(text))
            try:
                ast.parse(found[-1])
            except SyntaxError as error:
                raise ValueError(f"{name}.ipynb: cell {number}, line {error.lineno}: {error.msg}.") from None
    return found


def python(code):
    """A cell's code, with magics and shell commands as the calls that IPython makes of them."""
    if not re.search(r"(?m)^\s*[%!?]|[=]\s*[%!]|\?\s*$", code):
        return code
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager().transform_cell(code)


def beside(name):
    """Files that a notebook rests on: modules in its folder, and the tables of the claims that it measures or shows."""
    tables = [path for path in (table.FILE, paths.NOTEBOOKS / "claims.toml") if path.exists()]
    used = [path for path in tables if any(m.notebook == name for one in table.load(path) for m in one.measures)]
    used += [table.FILE] * _calls(name, "standings")
    return [*sorted(paths.NOTEBOOKS.glob("*.py")), *dict.fromkeys(used)]


def modules(name):
    """Modules of the package that a notebook rests on: what it and the modules in its folder import, and what measures
    its claims."""
    measuring = {f"hwlib.claims.{m.function.partition(':')[0]}" for _, m in table.measures() if m.notebook == name}
    beside = [path.read_text(encoding="utf-8") for path in paths.NOTEBOOKS.glob("*.py")]
    return sources.depends_on({*sources.imported_by([*code_of(name), *beside]), *filter(sources.is_module, measuring)})


def judges(name):
    """Whether a notebook judges what all others left (it calls `rule.judged`), and so comes after them."""
    return _calls(name, "judged")


def _calls(name, function):
    return any(isinstance(node, ast.Attribute) and node.attr == function for node in _nodes(name))


def _nodes(name):
    return [node for code in code_of(name) for node in ast.walk(ast.parse(code))]


ASKING = {"run", "repeated", "trained", "claim", "evaluator"}
"""What a `Section` has that leads to runs."""


@cache
def asked(name):
    """Names of the experiments that a notebook asks for, in the order of `EXPERIMENTS`.

    Those that stand in its code, those that the claims which it measures rest on, and the tag classifier where it uses
    `section.evaluator`. A notebook without any of `section`'s `ASKING` asks for nothing, whatever it names.
    """
    nodes = _nodes(name)
    used = {
        node.attr for node in nodes if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "section"
    }
    if not used & ASKING:
        return []
    words = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    words |= {"tags"} if "evaluator" in used else set()
    found = set()
    for claim in (claim for claim in table.measured_here() if claim.id in words):
        found |= {run for measure in claim.measures if measure.notebook == name for run in measure.runs}
    return [one for one in experiments.EXPERIMENTS if one in words | found]


def runs_of(name, profile="quick", data="avatars", seed=0, seeds=0):
    """The runs that a notebook shows, a list: with the seeds that are asked for, and whichever are finished beside.

    Style transfers, which learn from no data, are made with one seed: no chance enters them.
    """
    wanted = experiments.seeds(profile, seed, seeds)

    def of(one):
        if not experiments.resolve(one, profile)[2]:
            return {seed} & {*seeds_of([one], profile, data, [seed])}
        return seeds_shown(one, profile, data, wanted)

    return [Run(one, profile, data, s) for one in asked(name) for s in of(one)]


def is_asked(run, seed=0, seeds=0):
    """Whether a run of `runs_of` is one that is asked for, and not shown only because it is finished."""
    trained = run.name not in experiments.left_out(run.profile)
    asked_for = trained and run.seed in experiments.seeds(run.profile, seed, seeds)
    return asked_for or run.name in experiments.JUDGES
