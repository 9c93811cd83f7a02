"""A report of one's own: a folder beside `hwlib`, in which everything of it stands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hwlib import experiments, paths
from hwlib.claims import measured, table
from hwlib.claims.effects import Effect
from hwlib.experiments import own
from hwlib.report import new, notebooks

REPOSITORY = Path(__file__).resolve().parent.parent
FEW = '[few]\nbase = "report-a"\nabout = "Few."\nlatent_dim = 4\n'


@pytest.fixture
def report(tmp_path, monkeypatch):
    """The folder of a report, new."""
    monkeypatch.setattr(paths, "REPOSITORY", tmp_path)
    return new.create("my-report")


def test_a_new_report_has_a_notebook_an_experiment_and_a_claim_with_a_measure(report):
    assert {path.name for path in report.iterdir()} == {
        "README.md",
        "01-question.ipynb",
        "experiments.toml",
        "claims.toml",
    }
    (name,) = own.load(experiments.EXPERIMENTS, report)
    (claim,) = table.measured_here(report)
    assert [(one.notebook, name in one.runs) for one in claim.measures] == [("01-question", True)]
    assert callable(measured.function_of(claim.measures[0]))
    code = [text for kind, text in notebooks.cells_of(report / "01-question.ipynb") if kind == "code"]
    assert f'section.claim("{claim.id}")' in code[-1]


def test_a_report_carries_its_own_name(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "REPOSITORY", tmp_path)
    text = (new.create("small_latents") / "README.md").read_text()
    assert "title: Small latents" in text and "make report REPORT=small_latents" in text


@pytest.mark.parametrize("name", ["my-report", "a/b", "../x", ".hidden", "", "7"])
def test_what_is_there_already_or_is_no_name_is_refused_and_nothing_written(report, name):
    before = sorted(report.parent.rglob("*"))
    with pytest.raises(ValueError, match=r"there already|no name for a report"):
        new.create(name)
    assert sorted(report.parent.rglob("*")) == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("few =\n", "my-report/experiments.toml: .*line 1"),
        (FEW.replace("few", "report-a"), "report-a: there is an experiment of this name"),
        (FEW.replace('"report-a"', '"report-z"'), 'few: there is no experiment "report-z" to be its base'),
        (FEW.replace("about", "abuot"), "few: an experiment is a table"),
        ("few = 4", "few: an experiment is a table"),
        (FEW.replace("[few]", '["a few"]'), "a few: a name has letters, digits, dots, _ and - alone"),
        (FEW + "[few.profiles.quik]\nsteps = 1\n", 'few: there is no profile "quik"'),
    ],
)
def test_an_experiment_that_cannot_be_is_told_in_one_line(report, text, told):
    (report / "experiments.toml").write_text(text)
    with pytest.raises(ValueError, match=told) as error:
        own.load({"report-a": {}}, report)
    assert "\n" not in str(error.value)


def test_a_report_that_is_not_there_is_told_with_what_makes_one(tmp_path):
    command = [sys.executable, "-m", "hwlib", "list"]
    env = os.environ | {"HWLIB_REPORT": "no-report", "HWLIB_HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert "There is no report no-report" in done.stderr and "hwlib new" in done.stderr


def test_a_base_may_stand_above_and_a_profile_may_have_its_own_settings(report, monkeypatch):
    more = '[fewer]\nbase = "few"\nabout = "Fewer."\nlatent_dim = 2\n[fewer.profiles.quick]\nsteps = 7\n'
    (report / "experiments.toml").write_text(FEW + more)
    monkeypatch.setattr(experiments, "EXPERIMENTS", experiments.EXPERIMENTS | own.load(experiments.EXPERIMENTS, report))
    _, settings, _ = experiments.resolve("fewer", "quick")
    base = experiments.resolve("report-a", "quick")[1]
    assert settings == base | {"latent_dim": 2, "steps": 7}
    assert experiments.resolve("fewer", "smoke")[1]["steps"] == experiments.resolve("report-a", "smoke")[1]["steps"]


def test_a_measure_may_be_of_a_module_beside_the_notebooks(report, monkeypatch):
    (report / "my_measures.py").write_text("def size(evaluator, run):\n    return 3\n")
    monkeypatch.syspath_prepend(report)
    found = table.Measure("size", "s", "share", "w", "more", 0.1, runs=("report-a",), function="my_measures:size")
    assert measured.function_of(found)(None, None) == 3
    with pytest.raises(ValueError, match="size: a measure needs a function and runs"):
        measured.function_of(table.Measure("size", "s", "share", "w", "more", 0.1))


def test_raw_weights_move_an_effect_only_where_both_count(monkeypatch):
    import averaging

    def told(raw, averaged):
        monkeypatch.setattr(averaging, "with_raw_weights", lambda *_: raw)
        return averaging._moved(lambda *_: averaged, None, ())

    assert told(Effect(0.5), Effect(0.2)).value == pytest.approx(0.3)
    assert told(Effect(0.5), Effect(too_early="a blob")).too_early == "a blob"
    assert told(Effect(0.5, at_least=True), Effect(0.2)).too_early == "a run ended before it reached the level"
