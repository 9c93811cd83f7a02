"""The commands of the exercises run, and print what their answers say."""

import contextlib
import io
import shlex
import shutil

import nbformat
import pytest
from exercises import REPOSITORY, cell, read

from hwlib import paths
from hwlib.__main__ import main
from hwlib.report import notebooks

EXERCISES = read()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A home that all commands share, with report A's model trained in it; they work there as in the repository."""
    folder = tmp_path_factory.mktemp("exercises")
    shutil.copytree(REPOSITORY / "data", folder / "data", ignore=lambda *_: ["cache", "runs"])
    with pytest.MonkeyPatch.context() as patch:
        for name, place in {"CACHE": "data/cache", "RUNS": "data/runs", "BUILD": "build"}.items():
            patch.setattr(paths, name, folder / place)
        patch.setenv("HWLIB_HOME", str(folder))
        patch.chdir(folder)
        assert main(["train", "report-a", "--profile", "smoke"]) == 0
        yield folder


def printed(command):
    """What a command prints at profile smoke, run in this process."""
    program, *words = shlex.split(command)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        if program == ".venv/bin/python":
            option, code = words
            assert option == "-c"
            exec(code.replace("'quick'", "'smoke'"), {})
        else:
            assert program == ".venv/bin/hwlib"
            small = ["--size", "64", "--steps", "2"] if words[0] == "style" else ["--profile", "smoke"]
            assert main([*words, *small]) == 0
    return out.getvalue().strip()


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda one: f"{one.notebook}: {one.question[:40]}")
def test_a_command_does_what_its_answer_says(exercise, folder):
    _, *words = shlex.split(exercise.command)
    if words[0] == "train":  # one was trained for all; of the others it is enough that the notebook shows them
        assert words[1] in notebooks.asked(exercise.notebook)
        return
    said = printed(exercise.command)
    assert exercise.printed in ("", said)
    pictures = [word for word in words if word.endswith(".png")]
    assert said or pictures or "save(" in exercise.command
    assert all((folder / name).exists() for name in pictures)


@pytest.mark.parametrize("path", sorted(REPOSITORY.glob("notebooks/*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_ends_with_its_exercises(path):
    assert 2 <= sum(one.notebook == path.stem for one in EXERCISES) <= 3
    told = "after a change of docs/exercises.md: python tests/exercises.py"
    assert nbformat.read(path, 4).cells[-1].source == cell(path.stem), told


def test_no_exercise_is_missed():
    text = (REPOSITORY / "docs" / "exercises.md").read_text()
    assert len(EXERCISES) == text.count(".venv/bin/") - text.count("`.venv/bin/") == 20
