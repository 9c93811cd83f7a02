"""`make slurm`: the report on a Slurm of one node, where jobs are cancelled, killed and out of time.

Not in `make test`: it takes minutes, and Debian's slurm-wlm. `tests/slurm.sh` starts the daemons, as whoever calls.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PARTS = ("hwlib", "notebooks", "report", "cluster", "data/test-text.txt")
PARTS += ("Snakefile", "Makefile", "pyproject.toml", "requirements.lock")
CPUS = 2

if not shutil.which("slurmctld", path=os.environ["PATH"] + ":/usr/sbin"):
    pytest.skip("Debian's slurm-wlm is not installed", allow_module_level=True)


class Checkout:
    """A copy of the repository with the repository's environment, its own run store, and a Slurm of its own."""

    def __init__(self, folder):
        self.folder = folder / "checkout"
        self.folder.mkdir()
        for part in PARTS:
            source, place = REPOSITORY / part, self.folder / part
            place.parent.mkdir(exist_ok=True)
            shutil.copytree(source, place) if source.is_dir() else shutil.copy2(source, place)
        for tools in (".venv", ".tools"):
            (self.folder / tools).symlink_to(REPOSITORY / tools)
        self.edit(
            "cluster/slurm/config.yaml", "status-checks: 20", "status-checks: 5\nslurm-keep-successful-logs: true"
        )
        home = {"PYTHONPATH": str(self.folder), "HWLIB_HOME": str(self.folder)}
        self.env = os.environ | home
        self.report = None

    def edit(self, name, old, new):
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    def call(self, *words):
        done = subprocess.run(words, cwd=self.folder, env=self.env, capture_output=True, text=True, check=True)
        return done.stdout

    def make(self, jobs):
        """Start the report at `smoke` with two seeds."""
        words = ["make", "report", "PROFILE=smoke", "SEEDS=2", "EXECUTOR=slurm", f"JOBS={jobs}"]
        with open(self.folder / "told.txt", "w") as told:
            how = {"stdout": told, "stderr": subprocess.STDOUT, "start_new_session": True}
            self.report = subprocess.Popen(words, cwd=self.folder, env=self.env, **how)
        return self.report

    def settle(self, runs, env=None):
        """Train runs as `settle` does; returns what it said."""
        program = (
            "from hwlib.claims import settle; from hwlib.runs.store import Run; "
            f"settle.train([Run(*r) for r in {runs!r}], 'smoke', 'avatars', on=('slurm', 40))"
        )
        words = [str(self.folder / ".venv/bin/python"), "-c", program]
        return subprocess.run(words, cwd=self.folder, env=self.env | (env or {}), check=True)

    def jobs(self, *options):
        """Rule and state of Slurm's jobs, {"1" or "7_2": ("rule_train_3", "RUNNING")}."""
        lines = self.call("squeue", "--noheader", "--array", "--format=%i|%k|%T", *options).splitlines()
        return {job: (rule, state) for job, rule, state in (line.split("|") for line in lines)}

    def training(self):
        """Process ids of the trainings that run."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                words, env = (place / "cmdline").read_bytes(), (place / "environ").read_bytes()
            except OSError:
                continue
            ours = f"HWLIB_HOME={self.folder}".encode() in env and b"SLURM_JOB_ID=" in env
            if ours and b"\0-m\0hwlib\0train\0" in words and b"python" in words.split(b"\0")[0]:
                found.append(int(place.name))
        return found

    def histories(self):
        paths = (self.folder / "data/runs").glob("*/history.jsonl")
        return {
            path.parent.name: [json.loads(line)["step"] for line in path.read_text().splitlines()] for path in paths
        }

    def logs(self):
        return "\n".join(path.read_text() for path in (self.folder / ".snakemake/slurm_logs").rglob("*.log"))


@pytest.fixture(scope="module")
def checkout():
    folder = Path(tempfile.mkdtemp(prefix="hwlib-slurm-"))
    folder.chmod(0o755)
    subprocess.run([REPOSITORY / "tests/slurm.sh", "start", folder / "slurm", str(CPUS)], check=True)
    checkout = Checkout(folder)
    yield checkout
    if checkout.report and checkout.report.poll() is None:
        os.killpg(checkout.report.pid, signal.SIGINT)
        checkout.report.wait(60)
    subprocess.run([REPOSITORY / "tests/slurm.sh", "stop", folder / "slurm"], check=True)
    shutil.rmtree(folder, ignore_errors=True)


def wait_for(find, process, seconds=300):
    """What `find()` returns once it is something, while `process` lives."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if found := find():
            return found
        time.sleep(1)
    raise AssertionError(f"waited in vain for {find.__name__}")


def test_a_report_survives_a_cancelled_and_a_killed_job_and_trains_no_run_twice(checkout):
    report = checkout.make(jobs=4)
    began = time.monotonic()

    def running():
        return [job for job, told in checkout.jobs().items() if re.fullmatch(r"rule_train_\d+RUNNING", "".join(told))]

    cancelled = wait_for(running, report)[0]
    wait_for(checkout.training, report)
    checkout.call("scancel", cancelled)
    time.sleep(15)  # until Slurm has ended it
    killed = wait_for(checkout.training, report)[0]
    os.kill(killed, signal.SIGKILL)
    status = report.wait(3600)
    told = (checkout.folder / "told.txt").read_text()
    assert status == 0, told
    print(f"the report took {(time.monotonic() - began) / 60:.1f} minutes on {CPUS} processors")

    assert all(told.count(f"SLURM status is: '{state}'") == 1 for state in ("CANCELLED", "FAILED")), told
    assert told.count("Trying to restart job") == 2, told
    runs = [*(checkout.folder / "data/runs").iterdir()]
    assert len(runs) > 50 and all((run / "record.json").exists() for run in runs)
    line = re.compile(
        r"^(\S+ \(smoke, avatars, seed \d\)): (?!finished already|resumed |step |another process)", re.MULTILINE
    )
    ended = line.findall(checkout.logs())
    assert len(ended) > 50 and max(Counter(ended).values()) == 1
    assert all(steps == sorted(set(steps)) for steps in checkout.histories().values())
    assert (checkout.folder / "report/report-smoke-2seeds.pdf").exists()
    assert checkout.make(jobs=4).wait(300) == 0
    assert "Nothing to be done" in (checkout.folder / "told.txt").read_text()


def test_the_seeds_of_a_look_are_a_job_array(checkout):
    checkout.settle([("report-a-narrow", "smoke", "avatars", seed) for seed in (5, 6, 7)])
    jobs = [job for job, (rule, _) in checkout.jobs("--states=all").items() if "rule_train_report-a-narrow" in rule]
    assert len(jobs) == 3 and len({job.partition("_")[0] for job in jobs}) == 1
    assert {job.partition("_")[2] for job in jobs} == {"1", "2", "3"}


def test_a_run_longer_than_the_time_limit_goes_on_from_its_checkpoint(checkout):
    checkout.edit("hwlib/experiments/profiles.py", '{"steps": 10, "interval": 5}', '{"steps": 300, "interval": 2}')
    checkout.edit("hwlib/training/callbacks.py", "CHECKPOINT_SECONDS = 120.0", "CHECKPOINT_SECONDS = 5.0")
    stopped = "        if self.model.stop_training:  # diverged"
    checkout.edit("hwlib/training/callbacks.py", stopped, f"        time.sleep(1)\n{stopped}")
    before = set(checkout.histories())
    checkout.settle([("simple", "smoke", "avatars", 5)], {"HWLIB_LIMIT": "2"})  # 150 intervals of a second and more
    states = [state for rule, state in checkout.jobs("--states=all").values() if "rule_train_simple" in rule]
    assert "TIMEOUT" in states and states.count("COMPLETED") == 1
    [(key, steps)] = [(key, steps) for key, steps in checkout.histories().items() if key not in before]
    assert steps == [*range(2, 301, 2)] and (checkout.folder / "data/runs" / key / "record.json").exists()
