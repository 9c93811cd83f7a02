"""The command line, as a shell sees it."""

import contextlib
import io
import os
import subprocess
import sys

import pytest

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
