"""Notebooks in a real JupyterLab: captions under the figures, and references that a reader can read.

`EXECUTED=build/notebooks/quick pytest tests/test_jupyter.py` opens a folder's executed notebooks, too.
"""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from conftest import Pictures
from golden import NOTEBOOKS
from nbformat.sign import NotebookNotary
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from hwlib.report import section

EXECUTED = sorted(Path(os.environ["EXECUTED"]).glob("[0-9][0-9]-*.ipynb")) if "EXECUTED" in os.environ else []
SETTLED = """new Promise(done => {
    let before = '', same = 0
    const look = () => {
        const cells = [...document.querySelectorAll('.jp-Cell')]
        const page = cells.map(cell => cell.innerText).join() + document.images.length
        const ready = cells.length >= COUNT && !document.querySelector('.jp-Spinner')
        same = ready && page == before && [...document.images].every(image => image.complete) ? same + 1 : 0
        before = page
        same < 4 ? setTimeout(look, 250) : done()
    }
    look()
})"""
SHOWN = """[...document.querySelectorAll('.jp-OutputArea-child')].map(output => ({
    words: output.innerText.trim(),
    below: !!output.previousElementSibling?.querySelector('.jp-OutputArea-output :is(img, svg)'),
    above: !!output.nextElementSibling?.querySelector('.jp-OutputArea-output table')
}))"""
TEXT = "[...document.querySelectorAll('.jp-RenderedMarkdown')].map(text => text.innerText).join('\\n')"
BROKEN = "[...document.querySelectorAll('.jp-Cell img')].filter(i => !i.naturalWidth).map(i => i.src.slice(0, 80))"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab of its own, without a user's settings: its folder of notebooks, and its address."""
    home = tmp_path_factory.mktemp("jupyter")
    folder, runtime = home / "notebooks", home / "runtime"
    folder.mkdir()
    places = {"CONFIG": home / "config", "DATA": home / "data", "RUNTIME": runtime}
    env = os.environ | {f"JUPYTER_{name}_DIR": str(place) for name, place in places.items()}
    options = ["--no-browser", "--allow-root", "--ServerApp.port=0", f"--ServerApp.root_dir={folder}"]
    options += ["--IdentityProvider.token=", "--LabApp.news_url=None", "--LabApp.extension_manager=readonly"]
    options += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with open(home / "log", "w") as log:
        command = [sys.executable, "-m", "jupyter", "lab", *options]
        server = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        end = time.monotonic() + 180
        while not (found := [path for path in runtime.glob("jpserver-*.json") if path.stat().st_size]):
            assert time.monotonic() < end and server.poll() is None, (home / "log").read_text()
            time.sleep(0.2)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JUPYTER_DATA_DIR", str(places["DATA"]))
            yield folder, json.loads(found[0].read_text())["url"]
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


@pytest.fixture
def opened(lab, browser):
    """A function that opens a notebook as one whose outputs were made here, as tall as it is, without a kernel."""
    folder, address = lab

    def open_(notebook, name):
        notebook.metadata.pop("kernelspec", None)
        nbformat.write(notebook, folder / f"{name}.ipynb")
        NotebookNotary().sign(nbformat.read(folder / f"{name}.ipynb", 4))
        browser.errors.clear()
        browser.open(f"{address}doc/tree/{name}.ipynb?reset", (1200, 30_000))
        browser.run(SETTLED.replace("COUNT", str(len(notebook.cells))))
        return browser

    return open_


@pytest.fixture
def everything(home, monkeypatch):
    """The text of all notebooks, and one of each thing that a section shows, in one notebook."""
    outputs = []

    def display(data, metadata, raw):
        data = {kind: base64.b64encode(it).decode() if isinstance(it, bytes) else it for kind, it in data.items()}
        outputs.append(new_output("display_data", data, metadata=metadata))

    monkeypatch.setattr(section, "load_images", lambda profile, data: Pictures())
    monkeypatch.setattr(section, "display", display)
    part = section.Section("07-things", "smoke")
    plt.plot([1, 2])
    part.savefig("drawing", "A drawing with $\\lambda$.")
    plt.imshow(np.eye(3))
    part.savefig("picture", "A picture.")
    part.save_gif("moving", np.zeros((2, 30, 30, 3), np.uint8), "A moving picture.")
    part.table("numbers", "Numbers.", ["what", "n"], [["a", 1]])
    cells = [cell for path in NOTEBOOKS for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown"]
    for position, cell in enumerate(cells):
        cell.id = f"text-{position}"
    return new_notebook(cells=[*cells, new_code_cell("show()", outputs=outputs, execution_count=1)])


def captioned(notebook):
    """What the notebook's outputs say of themselves, and their data, as far as they are to have a caption."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [(it.metadata.hwlib, it.data) for it in outputs if "name" in it.get("metadata", {}).get("hwlib", {})]


def complaints(browser):
    """What the console told of pages and outputs; JupyterLab's requests, and leaving it unsaved, are its own affair."""
    its_own = ("network", "intervention")
    return [error for error in browser.errors if error.get("entry", {}).get("source") not in its_own]


def unread(text):
    return [sign for sign in ("@fig-", "@tbl-", "[@", "[-@", "](#", "](..") if sign in text]


@pytest.mark.parametrize("path", [None, *EXECUTED], ids=["everything", *(path.stem for path in EXECUTED)])
def test_figures_have_captions_and_references_are_words(opened, everything, path):
    notebook = nbformat.read(path, 4) if path else everything
    browser = opened(notebook, path.stem if path else "everything")
    shown, text = browser.run(SHOWN), browser.run(TEXT)
    words = {kind: [one["words"] for one in shown if one[kind]] for kind in ("above", "below")}
    for about, data in captioned(notebook):
        kind, place = ("Table", "above") if "text/markdown" in data else ("Figure", "below")
        assert [one for one in words[place] if one.startswith(f"{kind} {about['name']}. ")], f"no caption {place} it"
    assert unread(text) == [] and browser.run(BROKEN) == [] and complaints(browser) == []
    if not path:
        assert len(words["above"]) == 1 and len(words["below"]) == 3
        assert "Figure 03-distance is the comparison" in text and "(LeCun et al. 1998; Klambauer et al. 2017)" in text
        assert "A drawing with $" not in text
        browser.run("location.hash = 'fig-07-picture'")
        place = "document.getElementById('fig-07-picture').getBoundingClientRect().top / innerHeight"
        assert 0 < browser.run(place) < 1, "a link to a figure leads nowhere"


def test_the_browser_would_notice(opened):
    picture = new_output("display_data", {"image/png": base64.b64encode(b"no picture").decode()})
    cells = [new_markdown_cell("See @fig-01-networks [@reed2016]."), new_code_cell("f()", outputs=[picture])]
    browser = opened(new_notebook(cells=cells), "bad")
    assert not any(one["below"] for one in browser.run(SHOWN))
    assert unread(browser.run(TEXT)) == ["@fig-", "[@"] and len(browser.run(BROKEN)) == 1
