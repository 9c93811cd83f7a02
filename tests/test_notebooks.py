"""Every notebook runs at the smoke profile, shows what its golden copy shows, and becomes a PDF and a page."""

import os
import subprocess
import sys

import nbformat
import pytest
from golden import GOLDEN, NOTEBOOKS, REPOSITORY, at_smoke, home_of, prepare
from nbconvert.exporters import get_exporter

from hwlib.report import book

names = [path.name for path in NOTEBOOKS]


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory):
    """One home for all workers: a run that two notebooks show is trained once."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "notebooks-home"
    prepare(folder)
    return folder


def test_notebooks_are_stored_without_outputs():
    stored = [*NOTEBOOKS, REPOSITORY / "hwlib/report/starter/01-question.ipynb"]
    for path in stored:
        nbformat.validate(nbformat.read(path, 4))
    command = [sys.executable, "-m", "nbstripout", "--verify", "--keep-id", *stored]
    verdict = subprocess.run(command, capture_output=True, text=True)
    assert verdict.returncode == 0, f"there are outputs, `nbstripout --keep-id` removes them: {verdict.stdout}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_the_golden_copy_is_of_this_notebook(path):
    golden = nbformat.read(GOLDEN / path.name, 4)
    told = "the notebook changed: look at the difference, then `make golden`"
    assert [c.source for c in golden.cells] == [c.source for c in at_smoke(path).cells], told


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_a_notebook_shows_what_its_golden_copy_shows(path, nb_regression, shared_home, tmp_path):
    nb_regression.exec_env = {"HWLIB_HOME": str(home_of(path, shared_home)), "HWLIB_QUIET": "1"}
    nb_regression.exec_cwd = str(REPOSITORY / "notebooks")
    try:
        result = nb_regression.check(str(GOLDEN / path.name))
    except RuntimeError as error:  # of two kernels that start at once, both may pick one port
        if "Kernel died before replying" not in str(error):
            raise
        result = nb_regression.check(str(GOLDEN / path.name))
    pictures = [
        data.get("image/png") or data.get("image/svg+xml")
        for cell in result.nb_final.cells
        for data in (output.get("data", {}) for output in cell.get("outputs", []))
        if "image/png" in data or "image/svg+xml" in data
    ]
    assert pictures and all(len(picture) > 500 for picture in pictures)
    assert not (shared_home / "figures").exists(), "a smoke run published figures"
    executed = tmp_path / path.name
    nbformat.write(result.nb_final, executed)
    pdf, resources = get_exporter("hwreport")().from_filename(str(executed))
    assert pdf.startswith(b"%PDF") and resources["output_extension"] == ".pdf"
    assert book.html(executed, tmp_path / "page.html").stat().st_size > 10_000
