"""`make report` does what has changed, and nothing else; what fails leaves the old results alone."""

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
    """A copy of the repository, and what Snakemake does in it."""

    def __init__(self, folder):
        self.folder = folder
        for part in PARTS:
            source = REPOSITORY / part
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, folder / part)
        self.executed = folder / "build/notebooks/quick/00-data.ipynb"

    def make(self, *words, config=()):
        """Make the report; returns the finished process."""
        command = [sys.executable, "-m", "snakemake", "--cores", "2", "--nolock", "--rerun-incomplete"]
        command += [
            "--rerun-triggers",
            "mtime",
            "input",
            "params",
            "--config",
            "profile=quick",
            "data=avatars",
            "seed=0",
            "seeds=0",
            *config,
        ]
        env = os.environ | {"PYTHONPATH": str(self.folder), "HWLIB_HOME": str(self.folder)}
        return subprocess.run([*command, *words], cwd=self.folder, env=env, capture_output=True, text=True)

    def plan(self):
        """Names of the rules that would run."""
        said = self.make("--dry-run").stdout
        rules = [line.split()[1].rstrip(":") for line in said.splitlines() if line.startswith(("rule ", "localrule "))]
        return {name.partition("_")[0] for name in rules}

    def executions(self):
        """Names of the notebooks that would be executed."""
        return set(re.findall(r"^rule notebook_([\w-]+):", self.make("--dry-run").stdout, re.MULTILINE))

    def edit(self, name, old, new):
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout with two notebooks, a profile `quick` that takes seconds, and the report made once."""
    checkout = Checkout(tmp_path_factory.mktemp("checkout"))
    checkout.edit(
        "hwlib/experiments/profiles.py",
        '"image_size": 32,\n        "avatars": 6000',
        '"image_size": 16,\n        "avatars": 96',
    )
    checkout.edit("hwlib/experiments/profiles.py", '"classifier": {"epochs": 12}', '"classifier": {"epochs": 1}')
    for notebook in (checkout.folder / "notebooks").glob("0[1-79]-*.ipynb"):
        notebook.unlink()
    done = checkout.make()
    assert done.returncode == 0, done.stderr
    return checkout


def test_a_finished_notebook_is_published(checkout):
    published = {path.name for path in (checkout.folder / "figures/quick").iterdir()}
    assert {"00-faces.png", "00-faces.json", "00-labels.svg", "00-data.json"} <= published
    numbers = json.loads((checkout.folder / "figures/quick/00-data.json").read_text())
    assert numbers["profile"] == "quick" and numbers["runs"]["tags"]["settings"]["epochs"] == 1
    assert 0 <= numbers["numbers"]["hair_held_out"]["value"] <= 1


def test_the_report_is_a_pdf_a_document_and_a_page_for_each_notebook(checkout):
    assert (checkout.folder / "report/report.pdf").read_bytes().startswith(b"%PDF")
    assert "A1" in (checkout.folder / "report/report.html").read_text()
    page = (checkout.folder / "report/html/quick/00-data.html").read_text()
    assert page.count("<figure") >= 2 and "drawn faces" in page


def test_claims_are_judged_after_all_others_and_what_is_missing_is_not_run(checkout):
    left = [checkout.folder / f"build/figures/quick/{name}.json" for name in ("00-data", "08-claims")]
    assert left[0].stat().st_mtime < left[1].stat().st_mtime
    verdicts = json.loads((checkout.folder / "figures/quick/08-verdicts.json").read_text())
    assert {row["verdict"] for row in verdicts} == {"not run"} and len(verdicts) == 24


def test_then_there_is_nothing_to_do(checkout):
    assert "Nothing to be done" in checkout.make().stderr


def test_prose_is_executed_again_and_trains_nothing(checkout):
    checkout.edit("notebooks/00-data.ipynb", "# The data", "# All the data")
    assert checkout.plan() == AFTER_A_NOTEBOOK
    assert checkout.make().returncode == 0
    assert checkout.plan() == set()


def test_a_changed_claim_is_judged_again_and_nothing_else(checkout):
    checkout.edit("report/claims/claims.toml", "A Dense start of the generator", "The Dense start of the generator")
    assert checkout.executions() == {"08-claims"}


def test_on_a_cluster_a_job_asks_for_the_same_from_any_machine(checkout):
    asked = []
    for cores in ("1", "7"):
        said = checkout.make("--dry-run", "--forceall", "--cores", cores, config=["jobs=64"]).stdout
        asked.append(re.findall(r"^rule (.+?):.*?resources: tmpdir=\S+, (.*?)$", said, re.DOTALL | re.MULTILINE))
    assert asked[0] == asked[1]
    told = dict(asked[0])
    assert set(told) == {"train_tags", "notebook_00-data", "notebook_08-claims", "pdf", "html"}
    assert all("mem_mb=" in resources and "runtime=" in resources for resources in told.values())


def test_a_comment_in_a_networks_code_trains_nothing(checkout):
    checkout.edit("hwlib/training/classifier.py", "    layers = keras.layers\n", "    layers = keras.layers  # short\n")
    assert "train" not in checkout.plan()


def test_a_changed_network_trains_what_depends_on_it(checkout):
    checkout.edit("hwlib/models/report_a.py", "CONVOLUTIONS = ((64, 5),", "CONVOLUTIONS = ((60, 5),")
    assert "train" not in checkout.plan(), "the classifier does not use this network"
    checkout.edit("hwlib/training/classifier.py", "2 * filters", "3 * filters")
    assert checkout.plan() == {"train"} | AFTER_A_NOTEBOOK
    checkout.edit("hwlib/training/classifier.py", "3 * filters", "2 * filters")


def test_a_failed_notebook_leaves_its_copy_and_the_old_figures(checkout):
    figure = checkout.folder / "figures/quick/00-labels.svg"
    before = figure.read_bytes()
    checkout.edit("notebooks/00-data.ipynb", "texts = np.asarray(images.texts)", "1 / 0")
    done = checkout.make()
    assert done.returncode != 0
    assert "notebook 00-data failed in cell" in done.stderr and "ZeroDivisionError" in done.stderr
    failed = checkout.executed.with_name("00-data.failed.ipynb")
    assert "ZeroDivisionError" in failed.read_text()
    assert figure.read_bytes() == before


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
        chain.execute("07-things", "quick", "avatars", 0)
        return {path.name for path in published.iterdir()}

    return execute


def test_only_what_this_execution_made_is_published(executed, home):
    assert executed("07-one.svg", "07-two.svg", "08-other.svg") == {"07-one.svg", "07-two.svg"}
    assert executed("07-one.svg") == {"07-one.svg"}
    assert {path.name for path in (home / "build/figures/quick").iterdir()} == {"07-one.svg", "08-other.svg"}


def test_an_interrupted_execution_leaves_what_is_published(executed, home):
    executed("07-one.svg", "07-two.svg")
    with pytest.raises(KeyboardInterrupt):
        executed("07-one.svg", error=KeyboardInterrupt())
    assert {path.name for path in (home / "figures/quick").iterdir()} == {"07-one.svg", "07-two.svg"}
