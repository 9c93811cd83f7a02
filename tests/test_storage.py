"""What is written is whole, and what was cut short is passed over."""

import os
import platform
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from hwlib.storage import not_ahead, read_json_lines, write_atomically, write_json
from hwlib.training import callbacks, watching


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail(temporary):
        temporary.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, fail)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_of_a_file_goes_when_it_is_written_and_another_machines_stays(tmp_path):
    path = tmp_path / "a [1].txt"
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    killed, parent = (tmp_path / f".{pid}.{platform.node()}.{path.name}" for pid in (int(ended.stdout), os.getppid()))
    elsewhere = tmp_path / f".{int(ended.stdout)}.another.{path.name}"
    nobodys = [tmp_path / f".{number}.{platform.node()}.{path.name}" for number in ("1x", 10**30)]
    for left in (killed, parent, elsewhere, *nobodys):
        left.write_text("half")
    write_atomically(path, lambda temporary: temporary.write_text("whole"))
    assert path.read_text() == "whole" and {*tmp_path.iterdir()} == {path, parent, elsewhere, *nobodys}


def _cut_short():
    """What NumPy raises where an array's last bytes find no room."""
    with open("/dev/full", "wb") as full:
        np.zeros(1 << 16).tofile(full)


def test_a_full_disk_is_told_with_the_file_and_what_it_lacks(tmp_path):
    path = tmp_path / "a.npz"

    def write(temporary):
        temporary.symlink_to("/dev/full")
        temporary.write_bytes(bytes(9))

    with pytest.raises(OSError, match=r"a\.npz is not written: it takes more than .* MB\. Make room; the same command"):
        write_atomically(path, write)
    with pytest.raises(OSError, match=r"a\.npz is not written: it takes more than"):
        write_atomically(path, lambda temporary: _cut_short())
    path.write_bytes(bytes(3 << 20))
    with pytest.raises(
        OSError, match=r"a\.npz is not written: 3\.0 MB are missing\. Make room; the same command goes on"
    ):
        write_atomically(path, write)
    assert path.stat().st_size == 3 << 20 and list(tmp_path.iterdir()) == [path]


def test_a_last_line_cut_short_is_left_out(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text('{"step": 1}\n{"step": 2}\n{"st')
    assert read_json_lines(path) == [{"step": 1}, {"step": 2}]
    assert read_json_lines(tmp_path / "none.jsonl") == []


def test_json_keeps_characters(tmp_path):
    write_json(tmp_path / "a.json", {"caption": "16×16 髮"})
    assert "16×16 髮" in (tmp_path / "a.json").read_text(encoding="utf-8")


def test_history_goes_on_where_the_checkpoint_stands(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text('{"step": 5, "seconds": 1.5}\n{"step": 10, "seconds": 3.0}\n')
    history = watching.History(path, interval=5, images_per_step=8, first_step=5)
    assert read_json_lines(path) == [{"step": 5, "seconds": 1.5}] and history.seconds == 1.5
    history.on_train_begin()
    history.on_epoch_end(1, {"d_loss": np.float32(0.25)})
    line = read_json_lines(path)[-1]
    assert (line["step"], line["images"], line["d_loss"]) == (10, 80, 0.25) and line["seconds"] >= 1.5


def test_a_checkpoint_that_cannot_be_read_is_no_checkpoint(tmp_path, capsys):
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(b"PK\x03\x04 cut short")
    assert callbacks.Checkpoint(path, 5).restore(model=None) == 0
    assert "cannot be read" in capsys.readouterr().out


def test_a_checkpoint_is_written_every_two_minutes_and_at_the_end_but_never_after_a_divergence(tmp_path, monkeypatch):
    model, clock = SimpleNamespace(state=[np.zeros(2)], stop_training=False), SimpleNamespace(now=1000.0)
    monkeypatch.setattr(callbacks, "time", SimpleNamespace(monotonic=lambda: clock.now))
    checkpoint = callbacks.Checkpoint(tmp_path / "checkpoint.npz", interval=5)
    checkpoint.set_model(model)
    checkpoint.set_params({"epochs": 9})
    checkpoint.on_train_begin()
    kept = []
    for epoch, seconds in enumerate((50, 50, 50, 50, 90, 119, 2, 500, 1)):
        clock.now += seconds
        model.stop_training = epoch == 7
        checkpoint.on_epoch_end(epoch)
        kept.append(checkpoint.path.exists() and int(np.load(checkpoint.path)["step"]))
    assert kept == [False, False, 15, 15, 25, 25, 35, 35, 45]


@pytest.mark.parametrize(("seconds", "text"), [(45.4, "45 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")])
def test_time_left_is_readable(seconds, text):
    assert watching.clock(seconds) == text


def test_what_is_not_a_number_becomes_black():
    images = np.array([[np.nan, -1.0, 0.0, 1.0, 7.0]])
    assert callbacks.to_uint8(images, (-1, 1)).tolist() == [[0, 0, 128, 255, 255]]


def test_files_from_the_future_are_of_now_in_their_order_and_others_stay(tmp_path):
    now = time.time()
    made = {"old": now - 100, "made of it": now + 5, "second": now + 3_600, "alike": now + 3_600, "last": now + 86_400}
    for name, changed in made.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (changed, changed))
    assert not_ahead([*tmp_path.iterdir(), tmp_path / "gone"]) == 4 and not_ahead(tmp_path.iterdir()) == 0
    old, first, second, alike, last = ((tmp_path / name).stat().st_mtime for name in made)
    assert old == pytest.approx(now - 100) and now - 1 < first < second == alike < last <= time.time()
