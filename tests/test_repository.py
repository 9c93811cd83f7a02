"""The files of the repository agree with each other."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
HAS_GIT = shutil.which("git") and (REPOSITORY / ".git").exists()


def project():
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]


def name_of(requirement):
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")


def locked():
    lines = (REPOSITORY / "requirements.lock").read_text().splitlines()
    return {name_of(line): line for line in lines if line and not line.startswith("#")}


def test_the_lock_pins_every_dependency_and_names_no_address():
    wanted = project()["dependencies"] + project()["optional-dependencies"]["dev"]
    assert {name_of(r) for r in wanted} <= locked().keys()
    assert all("==" in line for line in locked().values())
    assert not re.search(r"https?://|--(extra-)?index|--find-links", (REPOSITORY / "requirements.lock").read_text())


def test_the_lock_satisfies_the_dependencies():
    from packaging.requirements import Requirement

    for text in project()["dependencies"] + project()["optional-dependencies"]["dev"]:
        requirement = Requirement(text)
        version = re.search(r"==([^\s;]+)", locked()[name_of(text)])[1]
        assert requirement.specifier.contains(version), f"{text}, but the lock has {version}: run `make lock`"


def test_environment_yml_is_the_conda_face_of_the_lock():
    text = (REPOSITORY / "environment.yml").read_text()
    assert "- -r requirements.lock" in text and "- -e ." in text
    low, high = re.search(r"python>=(3\.\d+),<(3\.\d+)", text).groups()
    assert project()["requires-python"] == f">={low},<{high}"


def test_every_notebook_is_in_the_readme():
    notebooks = sorted(path.stem for path in (REPOSITORY / "notebooks").glob("*.ipynb"))
    readme = (REPOSITORY / "README.md").read_text()
    assert all(f"notebooks/{name}.ipynb" in readme for name in notebooks)


def test_links_in_the_readmes_lead_somewhere():
    for readme in ("README.md", "data/README.md", "docs/exercises.md"):
        folder = (REPOSITORY / readme).parent
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", (REPOSITORY / readme).read_text()):
            assert (folder / link).exists(), f"{readme} links to {link}, which is not there"


@pytest.mark.skipif(not HAS_GIT, reason="not a git checkout")
def test_no_data_weights_or_caches_are_tracked():
    tracked = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True).stdout.splitlines()
    assert tracked
    assert not [f for f in tracked if f.endswith((".keras", ".h5", ".npz", ".npy", ".zip", ".pdf"))]
    assert not [f for f in tracked if f.endswith((".jpg", ".png")) and "figures/" not in f]
    assert not [f for f in tracked if f.startswith(("build/", "data/cache/", "data/runs/"))]
    published = [REPOSITORY / f for f in tracked if f.startswith("figures/")]
    assert all(path.stat().st_size < 300_000 for path in published if path.exists())
