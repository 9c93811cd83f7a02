"""The steps of `make report` after the training: execute a notebook, publish what it made, write the report."""

import subprocess

import nbformat
import papermill
from filelock import FileLock
from nbformat.sign import NotebookNotary
from papermill.exceptions import PapermillExecutionError

from hwlib import experiments, paths
from hwlib.report import gallery, notebooks, publishing
from hwlib.runs.store import load_images, variant, versions
from hwlib.storage import write_bytes


def execute(notebook, profile, data, seed, seeds=0):
    """Run a notebook through papermill and publish its figures; the executed copy goes to `build/notebooks/<variant>`.

    It begins without the files of earlier executions: only what this one makes is published, at `smoke` nothing.
    Returns the executed copy and the folder of the figures, as paths. Raises ValueError where a cell fails: the copy
    with the error stays beside the old one as `<notebook>.failed.ipynb`, and what was published before stays as it was.
    Also where there is no such notebook, or its process ends.
    """
    experiments.known(notebook, dict.fromkeys(notebooks.names()), "notebook")
    name = variant(profile, data, seed, seeds)
    folder = paths.BUILD / "notebooks" / name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f".{notebook}.lock"):  # two at once would take each other's figures
        return _execute(notebook, profile, data, seed, seeds, name, folder)


def _execute(notebook, profile, data, seed, seeds, name, folder):
    draft = folder / f"{notebook}.failed.ipynb"
    publishing.clear(notebook, name)
    for other in notebooks.names() if notebooks.judges(notebook) else ():
        if other != notebook and name == variant(profile, data):
            publishing.stand_in(other, profile, data, name)
    for again in (True, False):
        try:
            papermill.execute_notebook(
                paths.NOTEBOOKS / f"{notebook}.ipynb",
                draft,
                parameters={"profile": profile, "data": data, "seed": seed, "seeds": seeds},
                kernel_name="python3",  # of this environment, whatever the notebook was last saved with
                cwd=paths.NOTEBOOKS,
                progress_bar=False,
                extra_arguments=["--log-level=50"],  # the kernel's start-up remarks are not the notebook's
            )
            break
        except PapermillExecutionError as error:
            raise ValueError(
                f"notebook {notebook} failed in cell {error.exec_count}: {error.ename}: {error.evalue} "
                f"(executed copy with the error: {draft.relative_to(paths.HOME)})"
            ) from None
        except RuntimeError as error:
            if again and "died before replying" in str(error):
                continue  # of two kernels that start at once, both may pick one port
            raise ValueError(
                f"notebook {notebook}: its process ended ({error}), often for lack of memory; try again with JOBS=1."
            ) from None
    shown = paths.BUILD / "figures" / name
    if profile != "smoke":
        publishing.publish(notebook, name)
        shown = paths.FIGURES / name
        if not paths.OWN:
            write_bytes(shown / "README.md", gallery.page(shown).encode())
    executed = draft.replace(folder / f"{notebook}.ipynb")
    NotebookNotary().sign(nbformat.read(executed, 4))  # without it JupyterLab shows no SVG of a notebook from elsewhere
    return executed, shown


def conditions(profile, data, seed, seeds=0):
    """What the report's first page says of how it was made: profile, data, seed, commit, versions, training time."""
    runs = {run.key: run for name in notebooks.names() for run in notebooks.runs_of(name, profile, data, seed, seeds)}
    images, records = load_images(profile, data), [run.record for run in runs.values() if run.finished]
    return {
        "profile": profile,
        "data": {
            "name": images.about["data"],
            "images": len(images),
            "size": images.about["image_size"],
            "fingerprint": images.fingerprint,
        },
        "seed": seed,
        "seeds": len({run.seed for run in runs.values()}),
        "commit": _commit(),
        "versions": versions(),
        "training_seconds": sum(record["result"].get("seconds", 0) for record in records),
    }


def report(profile, data, seed, seeds=0, forms=("pdf", "html")):
    """Write the executed notebooks as one PDF, and as one HTML document beside it with a page for each.

    The pages go to `report/html/<variant>`. Returns the path of the last form that was written.
    """
    from hwlib.report import board, book, play

    name = variant(profile, data, seed, seeds)
    executed = [paths.BUILD / "notebooks" / name / f"{notebook}.ipynb" for notebook in notebooks.names()]
    path = paths.REPORT / ("report.pdf" if name == "quick" else f"report-{name}.pdf")
    found = board.settings(paths.FIGURES, paths.BUILD / "figures" / name)
    what = conditions(profile, data, seed, seeds), paths.FRONT, board.page(found) if found else ""
    if "pdf" in forms:
        book.build(executed, path, *what)
    if "html" in forms:
        numbers = book.numbers(executed)
        for one in executed:
            book.html(one, paths.REPORT / "html" / name / f"{one.stem}.html", elsewhere=numbers)
        path = book.document(executed, path.with_suffix(".html"), *what, play=play.linked(profile, data, seed))
    return path


def _commit():
    """The checkout's commit, and whether it has changes other than new figures; "unknown" without git or checkout."""

    def git(*words):
        return subprocess.check_output(["git", "-C", paths.REPOSITORY, *words], stderr=subprocess.DEVNULL, text=True)

    try:
        changes = git("status", "--porcelain", "--", ".", ":!figures", ":!*/figures")
        return git("rev-parse", "--short=10", "HEAD").strip() + " + uncommitted changes" * bool(changes)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return "unknown"
