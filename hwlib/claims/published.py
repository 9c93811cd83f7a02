"""What a notebook left under `figures/`: effects of seeds that may have been trained elsewhere (`measured.sought`)."""

import json
import sys

from hwlib import paths
from hwlib.runs.store import variant


def left(notebook, profile, data):
    """A notebook's published JSON, a dict with `effects` and `runs`, both empty where none can be read."""
    path = paths.FIGURES / variant(profile, data) / f"{notebook}.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        found = {}
    except ValueError as error:
        print(f"{path} is no JSON ({error}): what was published there does not count.", file=sys.stderr)
        found = {}
    return {"effects": {}, "runs": {}} | found
