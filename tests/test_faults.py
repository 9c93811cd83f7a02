"""After a kill, a full disk or whatever else, the same command goes on and ends with the same bits (`faults.py`)."""

import os
import random
import subprocess
import sys

import faults
import file_events
import pytest

from hwlib.storage import write_atomically, write_json


def test_a_short_campaign_of_faults():
    words = [sys.executable, faults.__file__, "--faults", "6", "--jobs", "data", "training", "publishing"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.count("as undisturbed") == 6, done.stdout + done.stderr


def two_files(write):
    """A job that publishes two JSON files, the second of which says what is in the first."""

    def job():
        from hwlib import paths

        paths.FIGURES.mkdir(parents=True, exist_ok=True)
        for number in (1, 2):
            write(paths.FIGURES / f"0{number}.json", {"seen": [path.name for path in paths.FIGURES.glob("0*")]})

    return job


def careless(path, content):
    """Empties the file before it has what it writes."""
    with open(path, "w"), open(path.with_name("log"), "a"):
        path.write_text(str(content).replace("'", '"'))


def forgetful(path, content):
    """Leaves half-written files where they are."""
    half = path.with_name(f".{os.getpid()}.here.{path.name}")
    half.write_text("{")
    write_json(path, content)
    half.unlink()


def by_chance(path, content):
    write_json(path, {"drawn": random.SystemRandom().random()})


def again(path, content):
    """Makes anew what is there."""
    record = path.parent.parent / "data/runs/0/record.json"
    record.parent.mkdir(parents=True, exist_ok=True)
    write_json(record, {"seconds": random.SystemRandom().random()})
    write_atomically(path, lambda temporary: temporary.write_text("{}"))


@pytest.mark.parametrize(
    ("write", "found"), [(careless, "torn"), (forgetful, "left over"), (by_chance, "differs"), (again, "trained again")]
)
def test_a_campaign_finds_who_is(tmp_path, write, found):
    jobs = {"two files": (two_files(write), None)}
    wrong = [fault.wrong for fault in faults.faults(20, 0, tmp_path, jobs)]
    assert any(found in line for lines in wrong for line in lines), wrong


def test_a_campaign_finds_nothing_where_files_are_there_as_a_whole_or_not_at_all(tmp_path):
    def careful(path, content):
        if not path.exists():
            write_json(path, {})

    jobs = {"two files": (two_files(careful), None)}
    assert [fault.wrong for fault in faults.faults(20, 0, tmp_path, jobs)] == [[]] * 20


def test_each_kind_of_file_is_known_by_its_place(tmp_path):
    places = {
        "data/runs/0a/.12.host.checkpoint.npz": "checkpoint",
        "data/runs/0a/record.json": "record",
        "data/runs/0a/generator-0000005.weights.h5": "networks",
        "data/cache/0a.tmp/images.npy": "cache",
        "figures/quick/.12.host.00-faces.png": "published",
        "report/report.pdf": "report",
    }
    assert {place: file_events.kind_of(place) for place in places} == places
    assert file_events.kind_of("notebooks/00-data.ipynb") is None
