"""A campaign of faults: `python tests/faults.py [--faults 200] [--seed 0]`; a short one is in `make test`.

A job (data, training, measures, publishing, typesetting, the whole `make report`) is done once undisturbed. Then it is
done again and again in an empty home, each time with one fault: killed at a moment drawn from those at which it writes,
on a disk too small, on a file system that becomes read-only, two at once, or with a clock that was set back meanwhile.
After each, the same job is called again and must end with the same bits; what was finished must not be made anew, and
nothing may be torn or left over.
"""

import argparse
import contextlib
import hashlib
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import file_events
import numpy as np
from filelock import FileLock
from PIL import Image

REPOSITORY = Path(__file__).resolve().parent.parent
PLACES = {"CACHE": "data/cache", "RUNS": "data/runs", "BUILD": "build", "FIGURES": "figures", "REPORT": "report"}
WEIGHTS = {"checkpoint": 3, "record": 3, "cache": 3, "published": 3, "report": 3}
"""How often a moment is drawn of a kind of file, against once of the others."""
TIMES = {"seconds", "training_seconds", "date_saved", "shared_object_id"}
"""What two undisturbed runs differ in: times, and where in memory something was."""


SMALL = {
    '"image_size": 32,\n        "avatars": 6000': '"image_size": 16,\n        "avatars": 96',
    '"classifier": {"epochs": 12}': '"classifier": {"epochs": 1}',
}
"""What makes a `quick` that takes seconds."""

HOOK = """import json, os, sys
sys.path.append({tests!r})
import file_events
fault = json.loads(os.environ["HWLIB_FAULT"])
if fault:
    file_events.watch(os.environ["HWLIB_HOME"], **fault)
""".format(tests=str(REPOSITORY / "tests"))
"""A module that Python imports when it starts."""

FAULT = {}
"""What the processes that this one starts are to watch for."""


# ---------------------------------------------------------------------- jobs


def prepare_data():
    from hwlib.runs.store import load_images

    load_images("smoke", "avatars")


def train():
    from hwlib.runs.store import Run
    from hwlib.training import callbacks

    callbacks.CHECKPOINT_SECONDS = 0.0
    Run("simple", "smoke").train()


def restyle():
    from hwlib.runs.store import Run

    Run("style", "smoke").train()


def measure():
    from hwlib.runs.evaluation import Evaluator
    from hwlib.runs.store import Run

    Evaluator("smoke", "avatars").run(Run("simple", "smoke"))


def publish():
    from hwlib import paths
    from hwlib.report import publishing

    for number in ("00", "03"):
        publishing.publish(number, "quick")
    assert paths.FIGURES.exists()


def typeset():
    import test_report

    from hwlib import paths
    from hwlib.report import book

    executed = [paths.HOME / "executed" / f"{name}.ipynb" for name in ("01-model", "02-tips")]
    about = test_report.CONDITIONS, test_report.FRONT
    book.build(executed, paths.REPORT / "report.pdf", *about)
    book.html(executed[0], paths.REPORT / "html" / "01-model.html")


def make_report():
    """`make report` of two notebooks at a `quick` that takes seconds; a fault reaches every process of it."""
    from hwlib import paths

    hook = paths.HOME / "hook"
    hook.mkdir(exist_ok=True)
    (hook / "sitecustomize.py").write_text(HOOK)
    here = {"PYTHONPATH": f"{hook}:{paths.HOME}", "HWLIB_HOME": str(paths.HOME), "HWLIB_FAULT": json.dumps(FAULT)}
    words = ["make", "--old-file=.venv/ready", "report", "JOBS=2"]
    subprocess.run(words, cwd=paths.HOME, env=os.environ | here, check=True)


def some_figures(home):
    """What notebooks left to be published: those of the repository, some of them already there in an older form."""
    for name in ("00", "03"):
        for path in (REPOSITORY / "figures" / "quick").glob(f"{name}-*"):
            for folder in ("build/figures/quick", "figures/quick"):
                (home / folder).mkdir(parents=True, exist_ok=True)
                shutil.copy(path, home / folder)
    for path in sorted((home / "figures/quick").iterdir())[::2]:
        path.unlink()


def two_notebooks(home):
    import test_report

    (home / "executed").mkdir()
    test_report.saved(home / "executed", **{"01-model": test_report.model(), "02-tips": test_report.tips()})


def a_small_checkout(home):
    for part in ("hwlib", "notebooks", "report", "Snakefile", "Makefile", "pyproject.toml", "requirements.lock"):
        source = REPOSITORY / part
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, home / part)
    (home / ".venv").symlink_to(Path(sys.prefix))
    for notebook in (home / "notebooks").glob("0[1-79]-*.ipynb"):
        notebook.unlink()
    profiles = home / "hwlib/experiments/profiles.py"
    text = profiles.read_text()
    for old, new in SMALL.items():
        assert old in text
        text = text.replace(old, new, 1)
    profiles.write_text(text)


def a_trained_run(home):
    train()


JOBS = {
    "data": (prepare_data, None),
    "training": (train, None),
    "style": (restyle, None),
    "measures": (measure, a_trained_run),
    "publishing": (publish, some_figures),
    "typesetting": (typeset, two_notebooks),
    "report": (make_report, a_small_checkout),
}
"""Name -> what is done, and what makes its home ready (None: nothing)."""


def in_child(action, home, counts=None, **fault):
    """Do an action in a process of its own under a home, forked from here; returns (status, what it said).

    Here TensorFlow is imported, which takes seconds, and not started, which no fork survives.
    """
    with tempfile.TemporaryFile("w+") as told:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.setsid()
                for stream in (1, 2):
                    os.dup2(told.fileno(), stream)
                _live_in(home)
                if counts:
                    FAULT.update(fault, counts=str(counts), session=os.getpid())
                    file_events.watch(home, counts, **fault)
                action()
                status = 0
            except BaseException:
                traceback.print_exc()
                sys.stderr.flush()
            finally:
                sys.stdout.flush()
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        told.seek(0)
        return status, told.read()


def _live_in(home):
    from hwlib import paths

    os.environ["HWLIB_HOME"] = str(home)
    paths.HOME = home
    for name, place in PLACES.items():
        setattr(paths, name, home / place)


# --------------------------------------------------------------- what is left

MADE = re.compile(r"(data/(runs|cache/(?!digests))|build/figures|figures|report/(report\.pdf|html/0)).*(?<!\.lock)$")
"""What is compared. Of what `make report` typesets only that it is whole: it says how long the training took."""


def contents(home):
    """All that a home holds: {path: what must be the same each time}; without locks and logs."""
    return {
        str(path.relative_to(home)): _content(path)
        for path in sorted(home.rglob("*"))
        if path.is_file() and MADE.match(str(path.relative_to(home)))
    }


def _content(path):
    """A file's content without times; of an archive that of its members."""
    data = path.read_bytes()
    if path.suffix in (".npz", ".keras"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: _member(name, archive.read(name)) for name in archive.namelist()}
    if path.suffix in (".json", ".jsonl", ".ipynb") and not path.name.startswith("."):
        return [_timeless(json.loads(part)) for part in ([data] if path.suffix != ".jsonl" else data.splitlines())]
    return hashlib.sha256(_arrays(data) if path.suffix == ".h5" else data).hexdigest()


def _member(name, data):
    if name.endswith(".json"):
        return _timeless(json.loads(data))
    return hashlib.sha256(_arrays(data) if name.endswith(".h5") else data).hexdigest()


def _arrays(data):
    """The arrays of an HDF5 file, one after another: the file itself has times in it."""
    import h5py

    found = []
    with h5py.File(io.BytesIO(data)) as file:
        file.visititems(lambda name, one: found.append((name, np.asarray(one))) if hasattr(one, "shape") else None)
    return b"".join(name.encode() + array.tobytes() for name, array in found)


def _timeless(value):
    if isinstance(value, dict):
        return {k: _timeless(v) for k, v in value.items() if k not in TIMES and "execut" not in k and k != "papermill"}
    return [_timeless(v) for v in value] if isinstance(value, list) else value


def torn(home):
    """Files that carry their final name and are not whole."""
    return [str(path.relative_to(home)) for path in home.rglob("[!.]*") if path.is_file() and not _whole(path)]


def _whole(path):
    if ".tmp" in str(path.parent) or path.suffix == ".jsonl":  # a history's last line may be cut: it is left out
        return True
    try:
        data = path.read_bytes()
        if path.suffix in (".json", ".ipynb"):
            json.loads(data)
        elif path.suffix == ".svg":
            ElementTree.fromstring(data)
        elif path.suffix in (".png", ".jpg", ".gif"):
            Image.open(io.BytesIO(data)).load()
        elif path.suffix in (".npz", ".keras"):
            zipfile.ZipFile(io.BytesIO(data)).testzip()
        elif path.suffix == ".npy":
            np.load(io.BytesIO(data))
        elif path.suffix == ".pdf":
            return data.rstrip().endswith(b"%%EOF")
        elif path.suffix == ".html":
            return data.rstrip().endswith(b"</html>")
    except Exception:
        return False
    return True


def left_over(home):
    """Half-written files, unfinished folders, and locks that somebody holds."""
    found = [str(path.relative_to(home)) for path in home.rglob("*") if re.match(r"\.\d+[.@]|.*\.tmp$", path.name)]
    for path in home.rglob("*.lock"):
        with contextlib.suppress(Exception), FileLock(path, timeout=0):
            continue
        found.append(str(path.relative_to(home)))
    return found


def records(home):
    """Of finished runs what their records say; the seconds are others where one is trained again."""
    return {path.parent.name: path.read_bytes() for path in (home / "data/runs").glob("*/record.json")}


# -------------------------------------------------------------------- faults


@dataclass
class Fault:
    """One fault and what came of it; `wrong` is empty where all is as it should be."""

    job: str
    kind: str
    at: str
    wrong: list

    def line(self):
        return f"{self.job:<12} {self.kind:<10} {self.at:<22} {'; '.join(map(str, self.wrong)) or 'as undisturbed'}"


class Campaign:
    """Jobs done undisturbed, against which those with a fault are held.

    folder: where homes are made.
    """

    def __init__(self, folder, jobs=JOBS):
        self.folder, self.jobs = Path(folder), jobs
        self.undisturbed, self.moments, self.sizes, self.homes = {}, {}, {}, 0

    def new_home(self, job):
        self.homes += 1
        home, made_ready = self.folder / f"home-{self.homes}", self.folder / f"ready-{job}"
        if not made_ready.exists():
            made_ready.mkdir()
            if ready := self.jobs[job][1]:
                status, told = in_child(lambda: ready(made_ready), made_ready)
                assert status == 0, told
        return shutil.copytree(made_ready, home, symlinks=True)

    def do(self, job, home, counts=None, **fault):
        return in_child(self.jobs[job][0], home, counts, **fault)

    def learn(self, job):
        """Do a job undisturbed: what it leaves, when it writes, and how large it is."""
        if job in self.undisturbed:
            return
        home, counts = self.new_home(job), self.folder / f"moments-{job}"
        before = _room(home)
        counts.mkdir()
        status, told = self.do(job, home, counts)
        assert status == 0, told
        self.moments[job] = {path.name: path.stat().st_size for path in counts.iterdir()}
        self.undisturbed[job] = contents(home)
        self.sizes[job] = before, _room(home)
        shutil.rmtree(home)

    def moment(self, job, rng):
        """A kind of file that the job writes, and at which of its writings: the dangerous kinds more often."""
        kinds = sorted(self.moments[job])
        kind = rng.choices(kinds, [WEIGHTS.get(kind, 1) for kind in kinds])[0]
        return kind, rng.randint(1, self.moments[job][kind])

    def fault(self, job, kind, rng):
        """Let one fault happen, call the same job again, and say what is wrong then."""
        self.learn(job)
        home = self.new_home(job)
        try:
            with _on_disk(home, self.sizes[job], rng) if kind == "full disk" else contextlib.nullcontext() as disk:
                where, at, status, told = getattr(self, kind.replace(" ", "_").replace("-", "_"))(job, home, rng)
                wrong = [f"torn: {name}" for name in torn(home)]
                if (
                    kind == "full disk"
                    and status != 0
                    and not re.search(r"disk is full|are missing|No space left", told)
                ):
                    wrong.append(f"not told of the full disk: {told[-300:]}")
                before = records(home)
                if disk:
                    disk.grow()
                status, told = self.do(job, home)
                if status != 0:
                    wrong.append(f"the same command fails: {told[-600:]}")
                wrong += [f"trained again: {key}" for key, said in before.items() if records(home).get(key) != said]
                wrong += [f"left over: {name}" for name in left_over(home)]
                wrong += _differing(self.undisturbed[job], contents(home))
        finally:
            shutil.rmtree(home, ignore_errors=True)
        return Fault(job, kind, f"{where} {at}".strip(), wrong)

    def kill(self, job, home, rng):
        where, number = self.moment(job, rng)
        delay = rng.choice((0.0, 0.0, 0.001, 0.01, 0.1))
        return where, number, *self._with(job, home, kind=where, number=number, fault="kill", delay=delay)

    def read_only(self, job, home, rng):
        where, number = self.moment(job, rng)
        return where, number, *self._with(job, home, kind=where, number=number, fault="read-only")

    def full_disk(self, job, home, rng):
        return "", "", *self.do(job, home)

    def clock_set_back(self, job, home, rng):
        """Killed; then all that is there comes from the next day."""
        found = self.kill(job, home, rng)
        tomorrow = time.time() + 86_400
        for path in home.rglob("*"):
            os.utime(path, (tomorrow, tomorrow))
        return found

    def two_at_once(self, job, home, rng):
        child = os.fork()
        if child == 0:
            os._exit(self.do(job, home)[0] != 0)
        status, told = self.do(job, home)
        other = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return "", "", status or other, told

    def _with(self, job, home, **fault):
        with tempfile.TemporaryDirectory() as counts:
            return self.do(job, home, counts, **fault)


def _room(home):
    """Bytes that a home's files take on a disk: whole pages."""
    return sum(-(-path.lstat().st_size // 4096) * 4096 for path in home.rglob("*") if path.is_file())


def _mounts(folder):
    """Whether a disk may be mounted here: by root, outside of an ordinary container."""
    place = Path(folder) / "mounted"
    place.mkdir(exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place]
    may = subprocess.run(words, capture_output=True).returncode == 0
    if may:
        subprocess.run(["umount", place], check=True)
    return may


class _on_disk:
    """A home on a disk of its own, that holds some of what the job makes; nothing else than root may mount it."""

    def __init__(self, home, sizes, rng):
        before, after = sizes
        self.home, self.room = home, int(before + rng.uniform(0.02, 1.0) * (after - before)) + 65_536

    def __enter__(self):
        kept = self.home.with_name(f"{self.home.name}-kept")
        shutil.copytree(self.home, kept, symlinks=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.room}", "tmpfs", self.home], check=True)
        shutil.copytree(kept, self.home, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(kept)
        return self

    def grow(self):
        subprocess.run(["mount", "-o", "remount,size=2g", self.home], check=True)

    def __exit__(self, *_):
        subprocess.run(["umount", "--lazy", self.home], check=True)


def _differing(expected, found):
    names = sorted({*expected} ^ {*found} | {name for name in {*expected} & {*found} if expected[name] != found[name]})
    return [f"differs: {name}" for name in names]


KINDS = {"kill": 12, "read-only": 3, "full disk": 3, "two at once": 1, "clock set back": 1}
"""Fault -> how often, of twenty."""


def faults(n, seed, folder, jobs=JOBS):
    """So many faults over the jobs, in turn; yields each `Fault`."""
    rng = random.Random(seed)
    kinds = [kind for kind, often in KINDS.items() for _ in range(often) if kind != "full disk" or _mounts(folder)]
    campaign = Campaign(folder, jobs)
    for i in range(n):
        yield campaign.fault([*jobs][i % len(jobs)], rng.choice(kinds), rng)


def main():
    words = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    words.add_argument("--faults", type=int, default=200)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--jobs", nargs="+", choices=JOBS, default=[*JOBS], metavar="JOB", help=f"of {', '.join(JOBS)}")
    chosen = words.parse_args()
    jobs = {name: JOBS[name] for name in chosen.jobs}
    import keras  # noqa: F401 (for all children)

    done = []
    with tempfile.TemporaryDirectory(prefix="hwlib-faults-") as folder:
        for fault in faults(chosen.faults, chosen.seed, folder, jobs):
            done.append(fault)
            print(f"{len(done):>4} {fault.line()}", flush=True)
    table = Counter((fault.job, fault.kind) for fault in done)
    wrong = Counter((fault.job, fault.kind) for fault in done if fault.wrong)
    print("| job | " + " | ".join(KINDS) + " |\n| :-- |" + " --: |" * len(KINDS))
    for job in jobs:
        print(f"| {job} | " + " | ".join(f"{table[job, k] - wrong[job, k]} of {table[job, k]}" for k in KINDS) + " |")
    return bool(wrong)


if __name__ == "__main__":
    os.environ |= {"HWLIB_THREADS": "1", "HWLIB_QUIET": "1"}
    sys.exit(main())
