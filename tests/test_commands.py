"""The command line, as a shell sees it."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from hwlib.__main__ import main


@pytest.fixture(scope="module")
def script():
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert main(["completion"]) == 0
    return printed.getvalue()


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        (["sett"], {"settle"}),
        (["train", "report-a-conv-"], {"report-a-conv-even", "report-a-conv-resize"}),
        (["train", "dcgan", "--profile", "ep"], {"epoch-30"}),
        (["execute", "09"], {"09-your-turn"}),
        (["settle", "--ho"], {"--hours"}),
        (["style", "report"], set()),
    ],
)
def test_bash_completes_commands_runs_profiles_notebooks_and_options(script, typed, completed):
    words = f"COMP_WORDS=(hwlib {' '.join(typed)}) COMP_CWORD={len(typed)}"
    bash = subprocess.run(
        ["bash", "-c", f'{script}\n{words}\n_hwlib\nprintf "%s\\n" "${{COMPREPLY[@]}}"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert {*bash.stdout.split()} == completed


def test_a_reader_that_has_seen_enough_ends_a_command_without_a_word():
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run([sys.executable, "-m", "hwlib", "completion"], stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (141, b""), "as a shell says of what SIGPIPE ended"


def test_what_is_not_there_is_told_with_the_command_that_makes_it(home, capsys):
    assert main(["list", "--profile", "smoke"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("no data yet" in line for line in lines) and not any("finished" in line for line in lines)
    for named in (["dcgan", "--seed", "3"], ["dcgan:3"]):
        assert main(["generate", *named, "--profile", "smoke"]) == 2
        assert "hwlib train dcgan:3 --profile smoke" in capsys.readouterr().err
    assert not [*home.rglob("images.npy")], "it drew faces to say that nothing is trained"
    assert main(["report", "--profile", "smoke"]) == 2
    assert "00-data: no executed notebook" in capsys.readouterr().err
    assert main(["generate", "tags", "--profile", "smoke"]) == 2
    assert "tags draws no images; a GAN such as report-a or dcgan does" in capsys.readouterr().err


def test_pictures_without_tags_can_be_trained_on_but_make_no_report(home, tmp_path, capsys):
    for i in range(20):
        Image.new("RGB", (20, 20), (10 * i, 0, 0)).save(tmp_path / f"{i}.png")
    command = ["data", "--profile", "smoke", "--data", str(tmp_path)]
    assert main(command) == 0
    capsys.readouterr()
    assert main([*command, "--tagged"]) == 2
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert "needs 20 images whose tags name one hair and one eye colour, and 0 do (tags.csv: data/README.md)" in told
    lines = "".join(f"{i},blue hair green eyes\n" for i in range(20))
    (tmp_path / "tags.csv").write_text(lines)
    assert main([*command, "--tagged"]) == 0


@pytest.mark.parametrize("number", ["-1", "two", "1.5"])
def test_seeds_are_whole_numbers_from_0_on(number, capsys):
    with pytest.raises(SystemExit):
        main(["list", "--seed", number])
    assert f"{number!r} is no whole number from 0 on" in capsys.readouterr().err


def test_places_that_the_environment_names_are_the_same_from_every_folder(home, monkeypatch):
    for name in ("HWLIB_HOME", "HWLIB_PHOTOS", "HWLIB_VGG19", "HWLIB_CASCADE"):
        monkeypatch.setenv(name, "some/place")
    with contextlib.redirect_stdout(io.StringIO()):
        main(["completion"])
    for name in ("HWLIB_HOME", "HWLIB_PHOTOS", "HWLIB_VGG19", "HWLIB_CASCADE"):
        assert os.environ[name] == str(Path.cwd() / "some/place")
