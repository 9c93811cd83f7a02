"""The files of the repository agree with each other."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from hwlib.runs import store

REPOSITORY = Path(__file__).resolve().parent.parent
PAGES = [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/*.md"), REPOSITORY / "data" / "README.md"]
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


def test_what_is_in_the_keys_of_results_has_one_version_for_all_pythons():
    lines = (REPOSITORY / "requirements.lock").read_text().splitlines()
    lines = [line for line in lines if not line.startswith("#")]
    for name in (*store.COMPUTING, *store.DRAWING, *store.PHOTOGRAPHS):
        (line,) = (line for line in lines if name_of(line) == name)
        assert re.fullmatch(rf"{name}==[\d.]+", line), "else published results count on some Pythons alone"


def test_the_lock_satisfies_the_dependencies():
    from packaging.requirements import Requirement

    for text in project()["dependencies"] + project()["optional-dependencies"]["dev"]:
        requirement = Requirement(text)
        version = re.search(r"==([^\s;]+)", locked()[name_of(text)])[1]
        assert requirement.specifier.contains(version), f"{text}, but the lock has {version}: run `make lock`"


def test_environment_yml_is_the_conda_face_of_the_lock():
    text = (REPOSITORY / "environment.yml").read_text()
    assert "- -r requirements.lock" in text and "- -e ." in text
    assert "- python=3.12\n" in text, "Binder reads the version in this form only"
    assert SpecifierSet(project()["requires-python"]).contains("3.12")


def test_every_notebook_is_in_the_readme():
    notebooks = sorted(path.stem for path in (REPOSITORY / "notebooks").glob("*.ipynb"))
    readme = (REPOSITORY / "README.md").read_text()
    assert all(f"notebooks/{name}.ipynb" in readme for name in notebooks)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_in_the_prose_lead_somewhere(page):
    for link, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text()):
        target = page.parent / link if link else page
        assert target.exists(), f"{page.name} links to {link}, which is not there"
        if anchor and target.suffix == ".md":
            headings = re.findall(r"(?m)^#+ (.+)$", target.read_text())
            anchors = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
            assert anchor in anchors, f"{page.name} links to #{anchor}, which {target.name} has not"


def test_every_page_of_the_documentation_is_linked_from_the_readme():
    readme = (REPOSITORY / "README.md").read_text()
    pages = {f"docs/{page.name}" for page in (REPOSITORY / "docs").glob("*.md")}
    assert pages <= set(re.findall(r"\]\(([^)#]+)", readme))


def test_the_workflow_publishes_what_the_report_makes():
    workflow = (REPOSITORY / ".github/workflows/pages.yml").read_text()
    made = (REPOSITORY / "Snakefile").read_text()
    assert "run: make report\n" in workflow and "branches: [main]" in workflow
    assert '"report.pdf" if VARIANT == "quick"' in made and "report/report.pdf" in workflow
    assert 'with_suffix(".html")' in made and "report/report.html" in workflow
    assert 'paths.REPORT / "html" / VARIANT' in made and "report/html/quick/*.html" in workflow


def test_a_development_container_is_set_up_by_the_makefile():
    container = json.loads((REPOSITORY / ".devcontainer/devcontainer.json").read_text())
    target = container["postCreateCommand"].removeprefix("make ")
    assert f"READY := {target}\n" in (REPOSITORY / "Makefile").read_text()
    version = re.search(r"python:1-(3\.\d+)", container["image"])[1]
    assert SpecifierSet(project()["requires-python"]).contains(version)


@pytest.mark.skipif(not HAS_GIT, reason="not a git checkout")
def test_no_data_weights_or_caches_are_tracked():
    tracked = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True).stdout.splitlines()
    assert tracked
    assert not [f for f in tracked if f.endswith((".keras", ".h5", ".npz", ".npy", ".zip", ".pdf"))]
    assert not [f for f in tracked if f.endswith((".jpg", ".png")) and "figures/" not in f]
    assert not [f for f in tracked if f.startswith(("build/", "data/cache/", "data/runs/"))]
    published = [REPOSITORY / f for f in tracked if f.startswith("figures/")]
    assert all(path.stat().st_size < 300_000 for path in published if path.exists())
