"""What a notebook left under `figures/`: effects of seeds that may have been trained elsewhere (`measured.sought`)."""

import json
import sys
from functools import cache

from filelock import FileLock

from hwlib import paths
from hwlib.runs.store import variant


def left(notebook, profile, data):
    """A notebook's published JSON, a dict with `effects` and `runs`, both empty where none can be read.

    Each of its runs with all that is known of it (`shortly`).
    """
    path = paths.FIGURES / variant(profile, data) / f"{notebook}.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("a list")
    except FileNotFoundError:
        found = {}
    except ValueError as error:
        _tell(f"{path} cannot be read ({error}): what was published there does not count. Restore it with git.")
        found = {}
    found = {"effects": {}, "runs": {}} | found
    return found | {"runs": {name: _own(found) | run for name, run in found["runs"].items()}}


def lock(variant_name):
    """Held while files of a setting are published: `settle` may add effects while a notebook is executed."""
    folder = paths.BUILD / "figures" / variant_name
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / ".lock")


@cache
def _tell(line):
    print(line, file=sys.stderr)  # once, however often it is looked at


def shortly(about):
    """What a notebook's or a figure's JSON says, with `data` and `versions` of a run only if not the file's own."""
    own = _own(about).items()
    runs = {name: dict(one for one in run.items() if one not in own) for name, run in about["runs"].items()}
    return about | {"runs": runs}


def _own(about):
    return {"data": [about["data"]], "versions": about["versions"]} if {"data", "versions"} <= about.keys() else {}
