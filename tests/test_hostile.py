"""Whatever a folder or a zip holds, reading it ends in a set or in one clear line, soon and in little memory.

Each case is made in a folder of its own by one process and read by another, whose time and memory are limited.
`python tests/test_hostile.py` prints what came of each case; with `--pictures 1000 200000` it tells how memory grows.
"""

import argparse
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import numpy as np
import pytest
from hostile import encoded, folder_of, picture, zip_of
from hostile_sets import cases

from hwlib import experiments

REPOSITORY = Path(__file__).resolve().parent.parent
SIDE = 16
ADDRESS_SPACE = 3 << 30
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and measures as Linux has them")


def tree(folder):
    """All that is in a folder, the reader's own home apart: names and times of change."""
    found = []
    for place, folders, files, here in os.fwalk(folder):  # by handles: a path may be too long
        folders[:] = [name for name in folders if (place, name) != (str(folder), "home")]
        found += [(place, name, os.lstat(name, dir_fd=here).st_mtime_ns) for name in folders + files]
    return sorted(found)


def forked(function, seconds):
    """What `function` returns, by way of JSON, with the CPU seconds and MB it took, in a process of its own.

    It is ended after so many seconds by the clock: other processes may have the processor.
    """
    sys.stdout.flush()
    out, into = os.pipe()
    pid = os.fork()
    if not pid:
        signal.alarm(seconds)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            answer = function()
        except BaseException:  # a test that fails, and says why
            answer = {"raised": traceback.format_exc()}
        used = resource.getrusage(resource.RUSAGE_SELF)
        with open(into, "w") as stream:
            grown = {"seconds": used.ru_utime + used.ru_stime, "megabytes": (used.ru_maxrss - before) / 1024}
            json.dump(answer | grown, stream)
        os._exit(0)
    os.close(into)
    with open(out) as stream:
        answer = stream.read()
    _, status = os.waitpid(pid, 0)
    return json.loads(answer) if answer else {"raised": f"ended by signal {os.WTERMSIG(status)}"}


def read(path, home):
    """Load a data set as a user would: dict with what came of it."""
    from hwlib import paths
    from hwlib.data import DataError, load

    paths.CACHE = home / "home"
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    with open(home / "home.err", "w", errors="backslashreplace") as stream:
        os.dup2(stream.fileno(), 2)
    try:
        found = load(str(path), SIDE)
    except DataError as error:
        return {"images": 0, "told": str(error), "printed": (home / "home.err").read_text()}
    rows = found.images[:200, [0, -1]].astype(int)  # what is looked at is in memory, and would count
    return {
        "images": len(found),
        "told": "\n".join(found.about["notes"]),
        "printed": (home / "home.err").read_text(),
        "rows": rows.mean(axis=2).round().tolist(),
    }


def outcome(case, home):
    """Make a case and read it: dict with images, told, printed, rows, seconds, megabytes, and `raised` if it failed."""
    made = forked(lambda: {"path": str(case.make(home))}, seconds=120)
    if "raised" in made:
        return made
    before = tree(home)
    answer = forked(lambda: read(made["path"], home), seconds=120)
    (home / "home.err").unlink(missing_ok=True)
    return answer | {"changed": tree(home) != before}


def outcomes():
    """(case, outcome) of all cases; each has a folder of its own, which goes once it is judged."""
    import hwlib.data  # noqa: F401  once, for all the processes to come

    for case in cases():
        with tempfile.TemporaryDirectory() as home:
            yield case, outcome(case, Path(home).resolve())


def faults(case, found):
    """What is wrong with an outcome, a list of lines."""
    if "raised" in found:
        return [found["raised"]]
    wrong = []
    if found["images"] != case.images:
        wrong.append(f"{found['images']} pictures, not {case.images}")
    if not re.search(case.told, found["told"]):
        wrong.append(f"told is not {case.told}")
    if case.images and not case.told and found["told"] not in ("", "no tag file, every text is zero"):
        wrong.append("told too much")
    lines = found["told"].split("\n")
    wrong += [f"a line of {len(line)} characters" for line in lines if len(line) > 300]
    wrong += [f"not printable: {line!r}" for line in lines if not line.isprintable()]
    printed = len(found["printed"].splitlines())
    if printed != (len(lines) if case.images and found["told"] else 0):
        wrong.append(f"{printed} lines were printed: {found['printed'][:300]}")
    if found["images"] and np.abs(np.array(found["rows"]) - case.colours).max() > 20:
        wrong.append(f"the colours are {found['rows']}")
    wrong += [f"{what}: {found[what]:.1f}" for what in ("seconds", "megabytes") if found[what] > getattr(case, what)]
    return wrong + ["the set was changed, or something was written beside it"] * found["changed"]


@pytest.fixture(scope="module")
def found():
    """Name -> outcome, from a process without TensorFlow, which is quick to fork."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "HWLIB_THREADS": "2", "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, __file__]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=3600)
    assert told.returncode == 0, told.stderr
    return dict(json.loads(line) for line in told.stdout.splitlines())


CASES = cases()


def test_the_cases_are_many_and_each_has_a_name_of_its_own():
    assert len({case.name for case in CASES}) == len(CASES) >= 150


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hostile_set_ends_in_pictures_or_in_one_clear_line(case, found):
    assert not faults(case, found[case.name]), found[case.name]


def pictures_of(home, kind, n):
    """A set of `n` pictures with a row for each."""
    one = encoded(picture(8))
    files = {f"images/{i}.png": one for i in range(n)} | {"tags.csv": "".join(f"{i},blue hair\n" for i in range(n))}
    return folder_of(home / "set", files) if kind == "folder" else zip_of(home / "set.zip", files)


def growth(kind, sizes):
    """(pictures, MB, seconds) of sets of these sizes, each read by a process of its own."""
    import hwlib.data  # noqa: F401

    for n in sizes:
        with tempfile.TemporaryDirectory() as home:
            home = Path(home)
            path = forked(lambda home=home, n=n: {"path": str(pictures_of(home, kind, n))}, seconds=3600)["path"]
            answer = forked(lambda home=home, path=path: read(path, home), seconds=3600)
            assert answer.get("images") == n, answer
            yield n, answer["megabytes"], answer["seconds"]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_memory_hardly_grows_with_the_number_of_pictures(kind):
    command = [sys.executable, __file__, "--kind", kind, "--pictures", "500", "4000"]
    told = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert float(re.search(r"([\d,]+) bytes a picture", told.stdout)[1].replace(",", "")) < 1_500, told.stdout


@pytest.mark.parametrize(
    ("name", "profile", "told"),
    [
        ("report-a", "quik", r'There is no profile "quik". Did you mean "quick"\? There are: '),
        ("reprot-a", "quick", r'There is no experiment "reprot-a". Did you mean "report-a"\? There are: '),
        ("report-a", "xyz", r'There is no profile "xyz". There are: [^.]*\.$'),
    ],
)
def test_a_misspelt_name_is_told_with_the_nearest_known_one(name, profile, told):
    with pytest.raises(ValueError, match=told):
        experiments.resolve(name, profile)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, nargs="+", help="how memory grows over sets of these sizes")
    parser.add_argument("--kind", choices=["folder", "zip"], default="folder", help="of the sets of --pictures")
    options = parser.parse_args()
    if options.pictures:
        rows = list(growth(options.kind, options.pictures))
        for n, megabytes, seconds in rows:
            print(f"{options.kind} of {n:,} pictures: {megabytes:.0f} MB, {seconds:.1f} s")
        (few, low, _), (many, high, _) = rows[0], rows[-1]
        print(f"{(high - low) * 2**20 / max(1, many - few):,.0f} bytes a picture")
        return
    for case, found in outcomes():
        print(json.dumps([case.name, found]))


if __name__ == "__main__":
    main()
