"""Golden copies of the notebooks: executed at profile smoke, without pictures. `make golden` records them anew."""

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import made_up_results
import nbformat
from nbclient import NotebookClient
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook
from pytest_notebook.notebook import regex_replace_nb

REPOSITORY = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
GOLDEN = REPOSITORY / "tests" / "golden"
PICTURES = ("image/gif", "image/png", "image/svg+xml")
SETTINGS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
MASKS = tuple(tuple(line.split()) for line in SETTINGS["nb_diff_replace"])


def at_smoke(path):
    """A notebook with the parameters of the smoke profile put in, as papermill does."""
    notebook = parameterize_notebook(load_notebook_node(str(path)), {"profile": "smoke"})
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected"
            cell.source = cell.source.rstrip("\n")
    return notebook


def prepare(home):
    """Draw the faces of the smoke profile, so that no notebook shows the progress of it."""
    for data in ("avatars", "adventurer"):
        command = [sys.executable, "-m", "hwlib", "data", "--profile", "smoke", "--data", data]
        env = os.environ | {"HWLIB_HOME": str(home)}
        subprocess.run(command, env=env, cwd=REPOSITORY, check=True, capture_output=True)


def home_of(path, home):
    """Where a notebook is executed: notebook 08 shows what all others left, so it has a home with made-up results."""
    if path.stem != "08-claims":
        return home
    own = home / "claims"
    if not own.exists():
        own.mkdir()
        (own / "data").symlink_to(home / "data")
        made_up_results.leave(own / "build" / "figures" / "smoke")
    return own


def record(names=()):
    """Execute notebooks (all of them, or those named) at the smoke profile and write their golden copies."""
    GOLDEN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        prepare(home)
        for path in NOTEBOOKS:
            if names and path.stem not in names:
                continue
            print(f"recording {path.name}", flush=True)
            os.environ |= {"HWLIB_HOME": str(home_of(path, Path(home))), "HWLIB_QUIET": "1"}
            notebook = at_smoke(path)
            NotebookClient(notebook, timeout=600, coalesce_streams=True).execute(cwd=str(path.parent))
            for cell in notebook.cells:
                cell.metadata.pop("execution", None)
                for output in cell.get("outputs", []):
                    output.get("data", {}).update({kind: "" for kind in PICTURES if kind in output.get("data", {})})
            notebook.metadata = {"kernelspec": notebook.metadata.kernelspec}
            notebook = regex_replace_nb(notebook, MASKS)
            nbformat.write(notebook, GOLDEN / path.name)


if __name__ == "__main__":
    record(sys.argv[1:])
