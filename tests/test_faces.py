"""The course's face count: its grid, its detector's settings, and the means measured on real images."""

import io
import sys
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from conftest import REAL, real
from PIL import Image

import hwlib.data
from hwlib.metrics import faces

NOISE = np.random.default_rng(0).integers(0, 256, (50, 16, 16, 3), dtype=np.uint8)


def picture(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_the_grid_is_the_course_s_whatever_style_is_in_use():
    colours = np.repeat(NOISE[:25, :1, :1], 16, 1).repeat(16, 2)
    png = faces.grid_png(colours)
    grid = picture(png)
    assert grid.shape == (480, 640, 3)
    assert (grid[:40] == 255).all()
    centres = [grid[int(480 * (0.12 + 0.77 * (r + 0.5) / 5)), int(640 * (0.125 + 0.775 * (c + 0.5) / 5))]
               for r in range(5) for c in range(5)]  # fmt: skip
    np.testing.assert_array_equal(centres, colours[:, 0, 0])
    with matplotlib.rc_context({"figure.figsize": (3, 3), "savefig.dpi": 50, "figure.facecolor": "black"}):
        assert faces.grid_png(colours) == png


def test_a_grid_holds_25_images():
    for wrong in (24, 26):
        with pytest.raises(ValueError, match=f"25 images, not {wrong}"):
            faces.faces(NOISE[:wrong])


def test_the_detector_gets_the_gray_equalised_grid_and_the_course_s_settings(monkeypatch, tmp_path):
    cv2 = pytest.importorskip("cv2")
    seen = {}

    class Detector:
        def __init__(self, path):
            seen["path"] = path

        def detectMultiScale(self, image, **settings):
            seen.update(settings, image=image)
            return np.zeros((21, 4))

    cascade = tmp_path / "cascade.xml"
    cascade.touch()
    monkeypatch.setattr(cv2, "CascadeClassifier", Detector)
    monkeypatch.setenv("HWLIB_CASCADE", str(cascade))
    png = faces.grid_png(NOISE[:25])
    assert faces.count_faces(png) == 21
    assert seen.pop("path") == str(cascade)
    gray = np.rint(picture(png) @ (0.299, 0.587, 0.114)).astype(np.uint8)
    order = np.lexsort((gray.ravel(), seen["image"].ravel()))
    assert (np.diff(gray.ravel()[order].astype(int)) >= -2).all()  # brighter stays brighter, but for rounding
    dark = gray < 250  # equalised, a pixel is as bright as the share of pixels that are darker
    assert seen["image"][dark].max() <= 255 * dark.mean() + 2 < 100
    assert seen.pop("image").max() == 255
    assert seen == {"scaleFactor": 1.1, "minNeighbors": 5, "minSize": (24, 24)}
    assert faces.faces(NOISE) == {"value": 21.0, "error": 0.0, "passed": 1.0, "grids": 2}
    assert np.isnan(faces.faces(NOISE[:25])["error"])


def test_faces_counts_each_grid_and_passes_at_20_of_25(monkeypatch):
    counts = iter([19, 20, 24])
    monkeypatch.setattr(faces, "grid_png", lambda images: images)
    monkeypatch.setattr(faces, "count_faces", lambda png, cascade: next(counts))
    result = faces.faces(np.repeat(NOISE[:25], 3, 0))
    assert result["value"] == 21
    assert result["passed"] == pytest.approx(2 / 3)
    assert result["error"] == pytest.approx(np.sqrt(7 / 3))
    assert result["grids"] == 3


def test_the_table_tells_how_many_grids_pass(monkeypatch, tmp_path):
    found = {"value": 21.0, "error": 1.5, "passed": 2 / 3, "grids": 3}
    assert faces.as_table({"real": found})[2] == [("real", "21.0", "2 of 3")]
    monkeypatch.setenv("HWLIB_CASCADE", str(tmp_path / "none.xml"))
    assert not faces.ready()


def test_without_cascade_or_opencv_4_it_says_what_is_needed(monkeypatch, tmp_path):
    monkeypatch.delenv("HWLIB_CASCADE", raising=False)
    with pytest.raises(FileNotFoundError, match=r"lbpcascade_animeface\.xml: set HWLIB_CASCADE"):
        faces.count_faces(b"")
    with pytest.raises(FileNotFoundError, match=r"there is no file nowhere\.xml"):
        faces.count_faces(b"", "nowhere.xml")
    cascade = tmp_path / "cascade.xml"
    cascade.touch()
    for opencv in (None, SimpleNamespace(__version__="5.0.0")):
        monkeypatch.setitem(sys.modules, "cv2", opencv)
        with pytest.raises(ImportError, match="OpenCV 4: pip install 'opencv-python-headless<5'"):
            faces.count_faces(b"", cascade)


@real
def test_nearly_all_of_25_real_anime_faces_are_found_and_few_of_25_photographs(home):
    pytest.importorskip("cv2")
    cascade = REAL / "lbpcascade_animeface.xml"
    anime = hwlib.data.load(REAL / "extra_data.zip", 64, 250).images
    photographs = hwlib.data.load(REAL / "img_align_celeba_10k.zip", 64, 100).images
    found = faces.faces(anime, cascade)
    assert found["value"] > 24
    assert found["passed"] == 1
    assert faces.faces(photographs, cascade)["value"] < 10
