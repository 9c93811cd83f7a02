"""What a run asks of a cluster follows from the run, and runs that are short share a process."""

from math import inf
from types import SimpleNamespace

import pytest

from hwlib.runs import jobs
from hwlib.runs.store import Run

TWO_CORES = {  # seconds on one core of the faster machine, at commit 9485741, and of how many steps: (name, profile)
    ("report-a", "quick"): (183, 5000),
    ("dcgan", "quick"): (32, 320),
    ("cyclegan", "quick"): (80, 2400),
    ("report-a", "study"): (2795, 6400),
    ("dcgan", "study"): (1662, 1000),
    ("wgan-gp", "study"): (1596, 1000),
    ("cyclegan", "study"): (3998, 20_000),
}


def works(*amounts):
    return [SimpleNamespace(work=amount) for amount in amounts]


def test_the_longest_runs_come_first_and_short_ones_share_a_process():
    found = jobs.batches(works(100, 5000, 200, inf, 9000, 300))
    assert [[run.work for run in batch] for batch in found] == [[inf], [9000], [5000], [300, 200, 100]]


def test_no_process_trains_more_than_six_runs():
    assert [len(batch) for batch in jobs.batches(works(*[1] * 8))] == [6, 2]


@pytest.fixture(autouse=True)
def no_limit(monkeypatch):
    monkeypatch.setenv("HWLIB_LIMIT", "100000000")
    monkeypatch.setattr(jobs, "_images", lambda profile, data: 33_431)


@pytest.mark.parametrize(("name", "profile"), TWO_CORES)
def test_the_time_asked_for_is_enough_on_a_processor_several_times_slower(name, profile):
    run, (seconds, steps) = Run(name, profile), TWO_CORES[name, profile]
    training = 60 * (jobs.minutes([run]) - jobs.START_UP)
    assert 4 <= training / (seconds * run.settings["steps"] / steps) <= 10


def test_a_slow_processors_steps_are_those_measured_on_it():
    for name, profile, seconds in (
        ("report-a", "paper", 10.6),
        ("report-a", "quick", 0.138),
        ("dcgan", "quick", 0.426),
    ):
        run = Run(name, profile)
        updates = 1 + run.settings.get("discriminator_steps", 1)
        assert updates * jobs._seconds_an_update(run) == pytest.approx(seconds, rel=0.1)


def test_epochs_are_counted_in_the_batches_that_a_training_takes():
    """33,431 images: eight at a time for report A's CycleGAN (less a tenth that is held out), 64 for its GAN."""
    assert jobs._updates(Run("cyclegan-report-a", "paper")) == 47 * (33_431 // 8)
    assert jobs._updates(Run("report-a", "paper")) == 2 * 970 * (33_431 // 64)


def test_of_two_domains_the_larger_says_how_long_an_epoch_is(monkeypatch):
    monkeypatch.setattr(jobs, "_images", lambda profile, data: 800 if data == "adventurer" else 320)
    assert jobs._updates(Run("cyclegan-report-a", "paper")) == 47 * 800 // 8
    assert jobs._updates(Run("domains", "study")) == 800 // 32


def test_memory_is_above_what_was_measured():
    for name, profile, peak in (("report-a", "paper", 1064), ("dcgan", "paper", 1916), ("dcgan", "quick", 842)):
        assert jobs.needs([Run(name, profile)])["mem_mb"] > 1.5 * peak


def test_seeds_of_a_run_ask_for_the_same_and_wide_networks_for_more_threads():
    asked = [
        {"threads": jobs.threads([run]), **jobs.needs([run])}
        for run in (Run("report-a", "study", seed=s) for s in (0, 7))
    ]
    assert asked[0] == asked[1]
    assert [jobs.threads([Run("report-a", profile)]) for profile in ("quick", "study", "paper")] == [1, 2, 8]


def test_runs_that_share_a_job_ask_for_the_time_of_all_and_the_memory_of_one():
    alone, together = jobs.needs([Run("dcgan")]), jobs.needs([Run("dcgan"), Run("dcgan", seed=1)])
    assert together["runtime"] > alone["runtime"] and together["mem_mb"] == alone["mem_mb"]


def test_a_run_longer_than_the_limit_is_sent_again_as_often_as_it_needs(monkeypatch):
    run = Run("report-a", "study")
    monkeypatch.setenv("HWLIB_LIMIT", "60")
    assert jobs.needs([run])["runtime"] == 60
    assert jobs.retries([run]) * 60 >= jobs.minutes([run])


def test_a_limit_that_is_no_number_is_told_in_one_line(monkeypatch):
    monkeypatch.setenv("HWLIB_LIMIT", "4h")
    with pytest.raises(ValueError, match="HWLIB_LIMIT is '4h': say in whole minutes"):
        jobs.limit()


def test_only_long_runs_want_a_gpu_and_only_where_the_environment_has_cuda(monkeypatch):
    runs = [Run("report-a", "quick"), Run("report-a", "study")]
    assert [jobs.needs([run])["gpu"] for run in runs] == [0, 0]
    monkeypatch.setattr(jobs.importlib.util, "find_spec", lambda name: object())
    assert [jobs.needs([run])["gpu"] for run in runs] == [0, 1]
