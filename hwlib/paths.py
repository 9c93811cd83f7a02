"""Where the project keeps things; `HWLIB_HOME` moves all that is made, the repository stays where it is.

A report is a folder of numbered notebooks: `notebooks`, or one of your own beside it (`hwlib new`). Your own is the
folder that `HWLIB_REPORT` names, or without it the working directory if it is one: so its notebooks find their
experiments in Jupyter, too. What is made of it goes into it; runs and caches are shared.
"""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("HWLIB_HOME") or REPOSITORY).expanduser().resolve()

_here = Path.cwd()
_in_one = _here.parent == REPOSITORY and (_here / "experiments.toml").exists()
_name = os.environ.get("HWLIB_REPORT") or _here.name * _in_one
OWN = REPOSITORY / _name if _name else None
"""Folder of the report of one's own; None for the two course reports."""

NOTEBOOKS = OWN or REPOSITORY / "notebooks"
CACHE = HOME / "data" / "cache"
RUNS = HOME / "data" / "runs"
BUILD = HOME / "build" / OWN.name if OWN else HOME / "build"
FIGURES = HOME / OWN.name / "figures" if OWN else HOME / "figures"
REPORT = HOME / OWN.name if OWN else HOME / "report"
FRONT = OWN / "README.md" if OWN else REPOSITORY / "report" / "front.md"
