"""`make report` does what has changed, and nothing else; what fails leaves the old results alone."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from hwlib.report import chain

REPOSITORY = Path(__file__).resolve().parent.parent
AFTER_A_NOTEBOOK = {"notebook", "pdf", "html", "report"}
PARTS = ("hwlib", "notebooks", "report", "Snakefile", "pyproject.toml")


class Checkout:
    """A copy of the repository with a report of one's own, two course notebooks, and a `quick` that takes seconds."""

    def __init__(self, folder):
        self.folder = folder
        for part in PARTS:
            (shutil.copytree if (REPOSITORY / part).is_dir() else shutil.copy)(REPOSITORY / part, folder / part)
        for notebook in (folder / "notebooks").glob("0[1-79]-*.ipynb"):
            notebook.unlink()
        profiles = folder / "hwlib/experiments/profiles.py"
        text = profiles.read_text()
        smoke, quick = (text.index(f'    "{name}": {{\n') for name in ("smoke", "quick"))
        profiles.write_text(
            text[:quick]
            + '    "quick": {'
            + text[smoke:quick].partition("{")[2]
            + text[quick:].replace("quick", "slow", 1)
        )
        self.code = self._code()
        self.run("hwlib", "new", "my-report")
        self.own = folder / "my-report"

    def _code(self):
        return {path: path.read_bytes() for path in self.folder.rglob("hwlib/**/*.py")}

    @property
    def untouched(self):
        """Whether nothing of the package was changed."""
        return self._code() == self.code

    def run(self, module, *words, **env):
        here = os.environ | {"PYTHONPATH": str(self.folder), "HWLIB_HOME": str(self.folder)} | env
        command = [sys.executable, "-m", module, *words]
        return subprocess.run(command, cwd=self.folder, env=here, capture_output=True, text=True)

    def make(self, *words, config=(), report="my-report"):
        """Make a report as `make report REPORT=my-report` does; returns the finished process."""
        options = ["--cores", "2", "--nolock", "--rerun-incomplete", "--rerun-triggers", "mtime", "input", "params"]
        config = ["--config", "profile=quick", "data=avatars", "seed=0", "seeds=0", *config]
        return self.run("snakemake", *options, *words, *config, HWLIB_REPORT=report)

    def plan(self):
        """Names of the rules that would run."""
        said = self.make("--dry-run").stdout
        rules = re.findall(r"^(?:local)?rule ([^:]+):", said, re.MULTILINE)
        return {name.partition("_")[0] for name in rules}

    @contextlib.contextmanager
    def edited(self, name, old, new):
        """A file with a passage replaced; afterwards it is as old as it was."""
        path = self.folder / name
        text, before = path.read_text(), path.stat()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        yield
        path.write_text(text)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout whose own report was made once."""
    checkout = Checkout(tmp_path_factory.mktemp("checkout"))
    done = checkout.make()
    assert done.returncode == 0, done.stderr
    return checkout


def test_a_finished_notebook_is_published(checkout):
    published = {path.name for path in (checkout.own / "figures/quick").iterdir()}
    assert published == {"01-faces.png", "01-faces.json", "01-question.json"}
    left = json.loads((checkout.own / "figures/quick/01-question.json").read_text())
    assert left["profile"] == "quick" and {"report-a", "four-numbers"} <= left["runs"].keys()
    assert left["runs"]["four-numbers"]["settings"]["latent_dim"] == 4 and "C1 diversity" in left["effects"]


def test_the_report_is_a_pdf_a_document_and_a_page_for_each_notebook_under_its_own_title(checkout):
    assert (checkout.own / "report.pdf").read_bytes().startswith(b"%PDF")
    document = (checkout.own / "report.html").read_text()
    assert "<title>My report</title>" in document and "Drawing Anime Faces" not in document and "C1" in document
    page = (checkout.own / "html/quick/01-question.html").read_text()
    assert page.count("<figure") == 2 and "drawn faces" in page
    assert "How many random numbers does a face need?" in page


def test_nothing_of_hwlib_is_edited_and_nothing_of_the_course_reports_is_made(checkout):
    assert checkout.untouched
    assert not list(checkout.folder.glob("report/*.pdf")) and not (checkout.folder / "build/notebooks").exists()


def test_then_there_is_nothing_to_do(checkout):
    assert "Nothing to be done" in checkout.make().stderr


def test_prose_or_a_claim_is_executed_again_and_trains_nothing(checkout):
    for name, old, new in (
        ("my-report/01-question.ipynb", "## Both models", "## The models"),
        ("my-report/claims.toml", "smallest = 0.1", "smallest = 0.2"),
    ):
        with checkout.edited(name, old, new):
            assert checkout.plan() == AFTER_A_NOTEBOOK, name
    assert checkout.plan() == set()


def test_a_changed_run_is_trained_again(checkout):
    with checkout.edited("my-report/experiments.toml", "latent_dim = 4", "latent_dim = 3"):
        assert checkout.plan() == {"train", "play"} | AFTER_A_NOTEBOOK  # report-a's batch counts as new


def test_a_changed_network_trains_what_depends_on_it_and_a_comment_or_another_network_does_not(checkout):
    a, b = (
        ("hwlib/models/report_a.py", "CONVOLUTIONS = ((64, 5),"),
        ("hwlib/models/report_b.py", "Conv2D(_scaled(n, width), 4,"),
    )
    with (
        checkout.edited(*a, "CONVOLUTIONS = ((64, 5),  # the first\n   "),
        checkout.edited(*b, "Conv2D(_scaled(n, width), 5,"),
    ):
        assert "train" not in checkout.plan()
    with checkout.edited(*a, "CONVOLUTIONS = ((60, 5),"):
        assert "train" in checkout.plan()


def test_on_a_cluster_a_job_asks_for_the_same_from_any_machine(checkout):
    asked = []
    for cores in ("1", "7"):
        said = checkout.make("--dry-run", "--forceall", "--cores", cores, config=["jobs=64"]).stdout
        found = re.findall(r"^rule (.+?):.*?resources: tmpdir=\S+, (.*?)$", said, re.DOTALL | re.MULTILINE)
        asked.append(sorted(found))  # those that wait for nothing of each other come in any order
    assert asked[0] == asked[1]
    told = dict(asked[0])
    assert set(told) == {"train_report-a", "train_four-numbers", "notebook_01-question", "pdf", "html", "play"}
    assert all("mem_mb=" in resources and "runtime=" in resources for resources in told.values())


def test_claims_of_the_course_reports_are_judged_after_all_other_notebooks(checkout):
    drawn = checkout.make("--rulegraph", report="").stdout
    number = dict(re.findall(r'(\d+)\[label = "([^"\\]+)', drawn))
    edges = {(number[a], number[b]) for a, b in re.findall(r"(\d+) -> (\d+)", drawn)}
    assert ("notebook_00-data", "notebook_08-claims") in edges


def test_a_failed_notebook_leaves_its_copy_and_the_old_figures(checkout):
    figure = checkout.own / "figures/quick/01-faces.png"
    before = figure.read_bytes()
    with checkout.edited("my-report/01-question.ipynb", "diagonal = [11 * i", "diagonal = [11 / 0"):
        done = checkout.make()
    assert done.returncode != 0
    assert "notebook 01-question failed in cell" in done.stderr and "ZeroDivisionError" in done.stderr
    (failed,) = checkout.folder.glob("build/my-report/notebooks/quick/01-question.failed.ipynb")
    assert "ZeroDivisionError" in failed.read_text()
    assert figure.read_bytes() == before


def test_in_its_folder_it_is_the_report_at_hand(checkout):
    command = [sys.executable, "-c", "from hwlib import paths, experiments as e; print(paths.OWN, *e.EXPERIMENTS)"]
    env = os.environ | {"PYTHONPATH": str(checkout.folder), "HWLIB_HOME": str(checkout.folder), "HWLIB_REPORT": ""}
    said = subprocess.run(command, cwd=checkout.own, env=env, capture_output=True, text=True).stdout
    assert said.startswith(str(checkout.own)) and said.split()[-1] == "four-numbers"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["PYTHON=/nowhere/python3"], "/nowhere/python3"),
        (["PYTHON="], "needs Python 3.11, 3.12 or 3.13 and found none"),
    ],
)
def test_set_up_without_a_python_says_so_in_one_line(tmp_path, arguments, told):
    for part in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(REPOSITORY / part, tmp_path)
    done = subprocess.run(["make", "report", *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0 and told in done.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("words", ["SEEDS=many", "JOBS=2 2", "SEEDS="])
def test_how_many_is_asked_before_anything_is_installed(tmp_path, words):
    shutil.copy(REPOSITORY / "Makefile", tmp_path)
    done = subprocess.run(["make", "report", words], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0 and "say how many" in done.stderr and not (tmp_path / ".tools").exists()


def test_a_python_of_another_version_is_refused_by_name(tmp_path):
    for part in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(REPOSITORY / part, tmp_path)
    old = tmp_path / "python3.9"
    old.write_text(
        f'#!/bin/sh\nexec {sys.executable} -c "import sys; sys.version_info = (3, 9, 1); exec(sys.argv[2])" "$@"\n'
    )
    old.chmod(0o755)
    done = subprocess.run(["make", "report", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0 and "python3.9 is 3.9" in done.stderr and "Traceback" not in done.stderr


def test_make_hands_jobs_to_this_machine_or_to_an_executor():
    def said(*words):
        done = subprocess.run(["make", "-n", "report", *words], cwd=REPOSITORY, capture_output=True, text=True)
        return " ".join(done.stdout.split())

    assert "snakemake --cores 3 --quiet rules host reason --nolock" in said("JOBS=3") and "jobs=" not in said("JOBS=3")
    cluster = said("JOBS=64", "EXECUTOR=slurm")
    assert (
        "snakemake --executor slurm --jobs 64 --profile cluster/slurm --quiet host reason --nolock" in cluster
        and 'jobs="64"' in cluster
    )
    assert "--executor lsf --jobs 8 --quiet host reason --nolock" in said("JOBS=8", "EXECUTOR=lsf")


def test_the_command_line_tells_a_mistake_in_one_line():
    for words, told in {
        ("train", "report-z"): 'There is no experiment "report-z"',
        ("train", "report-a", "--profile", "huge"): 'There is no profile "huge"',
        ("data", "--data", "/nowhere/faces.zip"): "faces.zip",
    }.items():
        command = [sys.executable, "-m", "hwlib", *words]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
        assert done.returncode == 2
        assert told in done.stderr and len(done.stderr.strip().splitlines()) == 1, done.stderr


@pytest.fixture
def executed(home, monkeypatch):
    """Execute a notebook that leaves these files and then maybe fails; returns what is published of it afterwards."""
    made, published = home / "build/figures/quick", home / "figures/quick"

    def execute(*names, error=None):
        def leave(source, draft, **_):
            made.mkdir(parents=True, exist_ok=True)
            for name in names:
                (made / name).write_text(name)
            nbformat.write(nbformat.v4.new_notebook(), draft)
            if error:
                raise error

        monkeypatch.setattr(chain.papermill, "execute_notebook", leave)
        monkeypatch.setattr(chain.notebooks, "names", lambda: ["07-things"])
        chain.execute("07-things", "quick", "avatars", 0)
        return {path.name for path in published.iterdir()} - {"README.md"}

    return execute


def test_only_what_this_execution_made_is_published(executed, home):
    assert executed("07-one.svg", "07-two.svg", "08-other.svg") == {"07-one.svg", "07-two.svg"}
    assert executed("07-one.svg") == {"07-one.svg"}
    assert {path.name for path in (home / "build/figures/quick").glob("[0-9]*")} == {"07-one.svg", "08-other.svg"}


def test_an_interrupted_execution_leaves_what_is_published(executed, home):
    executed("07-one.svg", "07-two.svg")
    with pytest.raises(KeyboardInterrupt):
        executed("07-one.svg", error=KeyboardInterrupt())
    assert {path.name for path in (home / "figures/quick").iterdir()} == {"07-one.svg", "07-two.svg", "README.md"}


def test_a_notebook_that_there_is_not_costs_no_other_its_figures(executed, home):
    executed("07-one.svg")
    with pytest.raises(ValueError, match=r'There is no notebook "07-thigns".*mean "07-things"'):
        chain.execute("07-thigns", "quick", "avatars", 0)
    assert (home / "build/figures/quick/07-one.svg").exists()


def test_a_notebook_whose_process_ends_is_named(executed):
    with pytest.raises(ValueError, match=r"notebook 07-things: its process ended.*JOBS=1"):
        executed(error=RuntimeError("Kernel died"))


def test_a_kernel_that_dies_as_it_starts_is_started_again(executed, monkeypatch):
    tried = []

    def leave(source, draft, **_):
        tried.append(draft)
        if len(tried) == 1:
            raise RuntimeError("Kernel died before replying to kernel_info")
        nbformat.write(nbformat.v4.new_notebook(), draft)

    executed("07-one.svg")
    monkeypatch.setattr(chain.papermill, "execute_notebook", leave)
    chain.execute("07-things", "quick", "avatars", 0)
    assert len(tried) == 2
