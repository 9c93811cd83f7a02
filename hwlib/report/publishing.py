"""What a notebook made, put under `figures/` once all of it has run."""

import json
import re

from PIL import Image

from hwlib import paths
from hwlib.claims import ledger, published
from hwlib.storage import encoded, write_bytes, write_json

LARGEST = 290_000
"""Bytes of a published figure."""


def clear(notebook, variant_name):
    """Remove what earlier executions of a notebook left in `build/figures/<variant>`; what is published stays."""
    for path in (paths.BUILD / "figures" / variant_name).glob(f"{notebook.split('-')[0]}-*"):
        path.unlink()


def stand_in(notebook, profile, data, variant_name):
    """Put what a notebook has published where one that judges finds it, with its figures if it was not executed here by
    `hwlib execute`: what JupyterLab left then gives way, but for effects that count.

    So effects count where the notebook was not executed, and those that `settle` left (`hwlib.claims.ledger`), as far
    as they are of the present code, settings and versions. What was measured here beside them still counts, too, as far
    as it is.
    """
    made, shown = paths.BUILD / "figures" / variant_name, paths.FIGURES / variant_name
    path, here = (folder / f"{notebook}.json" for folder in (shown, made))
    executed = paths.BUILD / "notebooks" / variant_name / path.with_suffix(".ipynb").name
    if not path.exists() or "notebook" not in published.left(notebook, profile, data):  # it cannot be read
        return
    made_here = json.loads(here.read_text(encoding="utf-8")) if here.exists() else None
    counting = ledger.counting(notebook, profile, data, made_here)
    if made_here and executed.exists():  # the report has its figures, and none that it did not make
        counting = made_here | {"effects": counting["effects"]}
    else:
        for figure in shown.glob(f"{notebook.split('-')[0]}-*"):
            if figure != path:  # it comes last, and never with what does not count
                write_bytes(made / figure.name, figure.read_bytes())
    write_json(here, published.shortly(counting))


def publish(notebook, variant_name):
    """Put a notebook's finished figures and numbers under `figures/<variant>`, each file in one step.

    A PNG file that is too large for a repository becomes a JPEG, and an SVG file that is, is written more
    shortly. Files that the notebook makes no more are removed, and none is put there that shows pictures which may not
    be passed on (`Section.savefig`).
    """
    number = notebook.split("-")[0]
    made, shown = paths.BUILD / "figures" / variant_name, paths.FIGURES / variant_name
    new = {}
    local = {path.stem for path in made.glob(f"{number}-*.json") if "local" in json.loads(path.read_text("utf-8"))}
    for path in (path for path in made.glob(f"{number}-*") if path.stem not in local):
        name, content = path.name, path.read_bytes()
        if path.suffix == ".png" and len(content) > LARGEST:
            name, content = f"{path.stem}.jpg", _jpeg(path)
        elif path.suffix == ".svg" and len(content) > LARGEST:
            content = _shorter(content)
        new[name] = content
    with published.lock(variant_name):
        for name, content in new.items():
            write_bytes(shown / name, content)
        half_written = shown.glob(f".[0-9]*.{number}-*")  # by a process that was killed
        for path in [*half_written, *(path for path in shown.glob(f"{number}-*") if path.name not in new)]:
            path.unlink()


def _shorter(svg):
    """A drawing, bytes, in fewer of them, as SVG 2: no indentation; letters placed by their `x`, with short names."""
    svg = re.sub(rb"\n +", b"\n", svg)
    svg = re.sub(rb'(<use [^>]*)transform="translate\(([\d.]+) 0\)"', rb'\1x="\2"', svg)
    return svg.replace(b"DejaVuSans-", b"g").replace(b"<use xlink:href", b"<use href")


def _jpeg(path):
    """A picture as JPEG of the best quality that is small enough, 1,000 pixels wide if it is not at its own width."""
    picture = Image.open(path).convert("RGB")
    narrow = picture.resize((1000, round(1000 * picture.height / picture.width)), Image.Resampling.LANCZOS)
    sharp = [(picture, quality) for quality in (90, 80, 75)]
    for one, quality in [*sharp, *((narrow, quality) for quality in (90, 85, 80, 75, 70, 60, 50))]:
        small = encoded(one, "JPEG", quality=quality)
        if len(small) <= LARGEST:
            break
    return small
