"""One page to play with trained generators: no server, no network, opened as a file.

Weights and samples of finished runs go into `play.html`, with its style and scripts; a Worker computes the
networks (`portable`, `play-network.js`).
"""

import base64
import html
import json
import os
import re
from pathlib import Path

import numpy as np
from PIL import Image

from hwlib import paths
from hwlib.data import DRAWN, EYES, HAIR, avatars
from hwlib.report.portable import portable
from hwlib.runs.store import Run, variant
from hwlib.storage import encoded, write_bytes

FACES = {"report-a": "Dense start", "report-a-conv": "Conv start"}
TRANSLATION = "cyclegan"
LARGEST = 10_000_000
"""Bytes of a page that is kept in a notebook; at full width it has fifty million."""
PARTS = tuple(
    Path(__file__).with_name(name) for name in ("play.html", "play.css", "play-core.js", "play.js", "play-network.js")
)

MOMENTS = 8
"""Of a training that are shown, at most."""


def runs(profile, data, seed):
    """The runs that the page can show."""
    return [Run(name, profile, data, seed) for name in (*FACES, TRANSLATION)]


def place(profile, data, seed):
    """Where the page is written: beside the report if all its weights come of drawn faces, else in `build`."""
    name = variant(profile, data, seed)
    drawn = {one for run in runs(profile, data, seed) for one in run.sets} <= DRAWN.keys()
    return (paths.REPORT if drawn else paths.BUILD) / ("play.html" if name == "quick" else f"play-{name}.html")


def linked(profile, data, seed):
    """The page beside the report, None where there is none: nothing is trained, or not published."""
    path = place(profile, data, seed)
    return path if path.parent == paths.REPORT and path.exists() else None


def write(profile, data, seed):
    """Write the page from the runs that are finished, in one step; returns its path.

    Raises ValueError, one line, where none is finished or a network has a layer that the page cannot compute.
    """
    asked = runs(profile, data, seed)
    finished = [run for run in asked if run.finished]
    if not finished:
        names = ", ".join(run.name for run in asked)
        raise ValueError(f"nothing to play with: train one of {names} first, as in: {asked[0].command}")
    parts = {path.name: path.read_text(encoding="utf-8").strip() for path in PARTS}
    content = json.dumps(_content(finished, [run for run in asked if run not in finished]), ensure_ascii=False)
    parts["data"] = content.replace("<", "\\u003c")
    page = re.sub(r"\{\{([\w.-]+)\}\}", lambda found: parts[found[1]], parts["play.html"])
    return write_bytes(place(profile, data, seed), page.encode())


def frame(path):
    """A page that is written, in a frame: HTML."""
    style = "width: 100%; height: 85vh; border: 1px solid #ccc"
    page = html.escape(path.read_text(encoding="utf-8"))
    return f'<iframe title="Draw faces yourself" loading="lazy" style="{style}" srcdoc="{page}"></iframe>'


def in_notebook(run):
    """Write the page of a run's profile, data and seed, and show it below a cell, or where it is if it is large.

    None where nobody is there to use it (papermill).
    """
    if "JPY_SESSION_NAME" not in os.environ:  # set by Jupyter for a notebook that a person has open
        return None
    from IPython.display import HTML

    page = write(run.profile, run.data, run.seed)
    return HTML(f"<div>{frame(page) if page.stat().st_size < LARGEST else f'Open {page} in a browser.'}</div>")


def _content(finished, missing):
    """All that the page shows, as `play.js` reads it."""
    first, networks, faces, translation = finished[0], {}, [], None
    for run in finished:
        if run.name == TRANSLATION:
            translation = _translation(run, networks)
        else:
            faces.append(_face(run, networks))
    sets = {asked: one for run in finished for asked, one in zip(run.sets, run.record["data"], strict=True)}
    return {
        "hair": {name: ", ".join(map(str, avatars.HAIR_RGB[name])) for name in HAIR},
        "eyes": {name: ", ".join(map(str, avatars.EYES_RGB[name])) for name in EYES},
        "size": next(iter(sets.values()))["image_size"],
        "faces": faces,
        "translation": translation,
        "networks": networks,
        "missing": [{"what": run.label, "command": _command("train", run)} for run in missing],
        "command": _command("play", first),
        "notice": _notice(first, sets),
        "made": f"Profile {first.profile}, data {Path(first.data).name}, seed {first.seed}; "
        + ", ".join(f"{run.name} is run {run.key}" for run in finished)
        + ". Weights are rounded to float16, samples over training are compressed.",
        "licences": sorted({f"{one['data']}: {one['licence']}." for one in sets.values()}),
    }


def _face(run, networks):
    """A generator of faces: its two networks go into `networks`, the rest is returned."""
    from hwlib.training.gan import Settings

    settings, kept = Settings(**run.settings), run.samples()
    for kind in ("averaged", "raw"):
        networks[f"{run.name}/{kind}"] = portable(run.model(raw=kind == "raw")) | {"range": settings.value_range}
    steps = [list(kept)[i] for i in np.unique(np.linspace(0, len(kept) - 1, MOMENTS).round().astype(int))]
    return {
        "name": run.name,
        "label": FACES[run.name],
        "steps": run.record["result"]["steps"],
        "latent": {"dim": settings.latent_dim, "kind": settings.latent},
        "moments": [{"step": step, "image": _picture(kept[step], len(HAIR), "WEBP", quality=50)} for step in steps],
    }


def _translation(run, networks):
    """A translation: as `_face`, with the held-out pictures of both domains that its samples begin with."""
    from hwlib.training.cyclegan import COLUMNS, Settings

    value_range = Settings(**run.settings).value_range
    for name in ("a_to_b", "b_to_a"):
        networks[name] = portable(run.model(name)) | {"range": value_range}
    samples = run.samples()
    return {
        "styles": [one["data"] for one in run.record["data"]],
        "columns": COLUMNS,
        "range": value_range,
        "sheet": _picture(samples[max(samples)][: 2 * COLUMNS], COLUMNS, "PNG", optimize=True),
    }


def _picture(images, columns, form, **options):
    """Images uint8 [n, h, w, 3] side by side in one picture, as the address of its data."""
    n, height, width, channels = images.shape
    rows = images.reshape(n // columns, columns, height, width, channels).swapaxes(1, 2)
    picture = encoded(Image.fromarray(rows.reshape(-1, columns * width, channels)), form, **options)
    return f"data:image/{form.lower()};base64,{base64.b64encode(picture).decode()}"


def _notice(run, sets):
    """What stands above all: that the weights are not to be published, or how far they are from the reports'; or None.

    run: any of those shown; sets: what all data that they were trained on were asked for by -> what is kept of them.
    """
    from hwlib.report.exporter import run_settings

    if others := sorted(one["data"] for asked, one in sets.items() if asked not in DRAWN):
        return f"These weights were trained on {' and '.join(others)}, not on drawn faces: do not publish this file."
    return run_settings({"profile": run.profile, "data": run.data})["notice"]


def _command(command, run):
    """The command line that trains a run, or writes the page of its profile, data and seed; no user's folder in it."""
    words = [".venv/bin/hwlib", command, *[run.name] * (command == "train"), f"--profile {run.profile}"]
    words += [f'--data "{run.data if run.data in DRAWN else f"…/{Path(run.data).name}"}"'] * (run.data != "avatars")
    return " ".join([*words, *[f"--seed {run.seed}"] * bool(run.seed)])
