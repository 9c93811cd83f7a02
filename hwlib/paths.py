"""Where the project keeps things; `HWLIB_HOME` moves all that is made, the repository stays where it is."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("HWLIB_HOME") or REPOSITORY).resolve()

NOTEBOOKS = REPOSITORY / "notebooks"
CACHE = HOME / "data" / "cache"
RUNS = HOME / "data" / "runs"
BUILD = HOME / "build"
FIGURES = HOME / "figures"
REPORT = HOME / "report"
