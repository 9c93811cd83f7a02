"""`hwlib new my-report`: a report of one's own, a folder beside `hwlib` with all that `make report` needs."""

import re
import tempfile
from pathlib import Path

from hwlib import paths

STARTER = Path(__file__).with_name("starter")


def create(name):
    """Copy the starter to a new folder of that name, which its files then carry; returns the folder.

    Raises ValueError for a name that is no plain folder name, and where there is something of that name already.
    """
    if not re.fullmatch(r"[A-Za-z][\w-]*", name):
        raise ValueError(f'"{name}" is no name for a report: letters, digits, "-" and "_", a letter first.')
    if (folder := paths.REPOSITORY / name) == paths.BUILD:
        raise ValueError(f"{folder} is where results are made; choose another name.")
    if folder.exists():
        raise ValueError(f"{folder} is there already; nothing was written.")
    title = name.replace("-", " ").replace("_", " ").capitalize()
    with tempfile.TemporaryDirectory(dir=paths.REPOSITORY) as draft:
        whole = Path(draft, name)
        whole.mkdir()
        for source in (path for path in STARTER.iterdir() if path.is_file()):
            text = source.read_text(encoding="utf-8").replace("my-report", name).replace("My report", title)
            (whole / source.name).write_text(text, encoding="utf-8")
        whole.rename(folder)
    return folder
