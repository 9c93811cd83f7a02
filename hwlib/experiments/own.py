"""The experiments of a report of one's own, from the `experiments.toml` in its folder, and modules beside notebooks."""

import re
import sys
import tomllib

from hwlib import paths
from hwlib.experiments.profiles import PROFILES


def load(known, folder=paths.OWN):
    """The experiments of a folder, {name: experiment}; none for None.

    `known` are those that there are; a base is one of them or stands above in the file. A table `[name]` has a base,
    what it is about, and what differs from the base; a table `[name.profiles.quick]` what differs at a profile, as in
    `hwlib.experiments.profiles`.

    Raises ValueError, in one line, for a folder or an experiment that cannot be.
    """
    if not folder:
        return {}
    if not (path := folder / "experiments.toml").exists():
        raise ValueError(f"There is no report {folder.name}: {path} is missing (.venv/bin/hwlib new makes a report).")
    known = dict(known)
    try:
        own = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{folder.name}/{path.name}: {error}") from None
    for name, experiment in own.items():
        told = f"{folder.name}/{path.name}: {name}:"
        if name in known:
            raise ValueError(f"{told} there is an experiment of this name; choose another one.")
        if not isinstance(experiment, dict) or not {"base", "about"} <= experiment.keys():
            raise ValueError(f'{told} an experiment is a table [{name}] with base = "..." and about = "...".')
        if not re.fullmatch(r"[\w.-]+", name):
            raise ValueError(f"{told} a name has letters, digits, dots, _ and - alone.")
        if wrong := sorted({*experiment.get("profiles", {})} - {*PROFILES}):
            raise ValueError(f'{told} there is no profile "{wrong[0]}".')
        if experiment["base"] not in [*known]:  # a list, since it may be anything
            raise ValueError(f'{told} there is no experiment "{experiment["base"]}" to be its base.')
        known[name] = experiment
    return own


sys.path.append(str(paths.NOTEBOOKS))  # measures, networks and objectives of one's own: "module:name"
