"""Pictures of a notebook made lighter for a report."""

import base64
import io
import re
import zlib
from copy import deepcopy

from PIL import Image, ImageOps

from hwlib.storage import encoded

HEAVY = 60_000
"""Bytes of a PNG picture, from which on it becomes a JPEG where that is smaller."""

FACES, PHOTOGRAPHS = 525, 1400
"""Pixels: pictures up to the first width consist of small faces whose pixels are seen; others get about the second."""

EMBEDDED = r"data:image/png;base64,([^\"]+)"


def pictures(notebook, printed):
    """Return a copy of a notebook whose pictures are lighter, for a PDF (`printed`) or a screen.

    Of an output that is both, the drawing (SVG) stays and the PNG goes: the drawing has each pixel once.
    """
    notebook = deepcopy(notebook)
    for data in (output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])):
        if drawn := data.get("image/svg+xml"):
            data.pop("image/png", None)
            data["image/svg+xml"] = re.sub(EMBEDDED, lambda png: _embedded(png[1], printed), drawn)
        png = base64.b64decode(data.get("image/png", ""))
        if len(png) > HEAVY:
            picture = _opened(png)
            light = _jpeg(picture, 85)
            if len(light) < (len(zlib.compress(picture.tobytes())) if printed else len(png)):  # as typst keeps it
                del data["image/png"]
                data["image/jpeg"] = base64.b64encode(light).decode()
    return notebook


def _embedded(png, printed):
    """The picture within a drawing, base64 of a PNG, as a data address."""
    png = base64.b64decode(png)
    picture = _opened(png)
    if picture.width > FACES:
        factor = max(1, round(PHOTOGRAPHS / picture.width)) if printed else 1
        light = _jpeg(ImageOps.scale(picture, factor, Image.Resampling.NEAREST), 85)
    elif printed:
        # Eight times as large, each pixel is one block of the JPEG: it stays one colour, a few levels off at most, and
        # its edges are sharp in every viewer.
        light = _jpeg(ImageOps.scale(picture, 8, Image.Resampling.NEAREST), 20)
    else:
        return f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return f"data:image/jpeg;base64,{base64.b64encode(light).decode()}"


def _opened(png):
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def _jpeg(picture, quality):
    return encoded(picture, "JPEG", quality=quality, subsampling=0, optimize=True, progressive=True)
