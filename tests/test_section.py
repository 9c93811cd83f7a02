"""A figure never stands without what it was made from, and only a finished notebook publishes."""

import json
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import resvg_py
from conftest import Pictures
from PIL import Image

from hwlib.report import plots, publishing, section
from hwlib.report.section import Section


@pytest.fixture
def shown(home, monkeypatch):
    """A section on made-up data, and the outputs that it displays."""
    monkeypatch.setattr(section, "load_images", lambda profile, data: Pictures())
    outputs = []
    monkeypatch.setattr(section, "display", lambda data, **more: outputs.append((data, more["metadata"]["hwlib"])))
    return Section("07-things", "smoke", seed=5), outputs


def test_a_picture_is_png_and_a_drawing_svg_and_each_has_its_conditions(shown):
    part, outputs = shown
    plots.image_grid(np.zeros((4, 8, 8, 3), np.uint8), columns=2)
    part.savefig("grid", "Four.")
    plots.bars([("things", ["a", "b"], [1, 2])], "n")
    part.savefig("bars", "Two.")
    assert {path.name for path in part.out.iterdir()} == {"07-grid.png", "07-grid.json", "07-bars.svg", "07-bars.json"}
    written = json.loads((part.out / "07-grid.json").read_text())
    assert (written["profile"], written["seed"], written["data"]["fingerprint"]) == ("smoke", 5, "made up")
    assert "keras" in written["versions"]
    (data, described), (caption, about), (drawing, _), _ = outputs
    assert described["name"] == "07-grid" and described["caption"].startswith("Four. Profile smoke: 16×16")
    text = caption["text/markdown"]
    assert text.startswith('<a id="fig-07-grid" ') and text.endswith(f"</a>**Figure 07-grid.** {described['caption']}")
    assert about == {"caption_of": "07-grid"}
    assert data["image/png"] == (part.out / "07-grid.png").read_bytes()
    assert drawing["image/svg+xml"].count("<svg") == 1
    assert not plt.get_fignums(), "a figure stayed open"


def test_the_same_figure_has_the_same_bytes(shown):
    part, _ = shown
    drawn = []
    for _ in range(2):
        plots.bars([("things", ["a", "b"], [1, 2])], "n")
        part.savefig("bars", "Two.")
        drawn.append((part.out / "07-bars.svg").read_bytes())
    assert drawn[0] == drawn[1]


def test_an_animation_is_small_enough_and_ends_with_its_last_frame(shown):
    part, outputs = shown
    frames = np.random.default_rng(0).integers(0, 256, (20, 120, 200, 3), dtype=np.uint8)
    frames[-1] = 255
    part.save_gif("training", frames, "Noise.")
    path = part.out / "07-training.gif"
    assert path.stat().st_size <= publishing.LARGEST and path.with_suffix(".json").exists()
    assert "**Figure 07-training.** Noise. Profile" in outputs[1][0]["text/markdown"]
    animation = Image.open(path)
    assert 1 < animation.n_frames < 20
    animation.seek(animation.n_frames - 1)
    assert (np.asarray(animation.convert("RGB")) > 250).all()


def test_a_table_sets_numbers_to_the_right_and_escapes_bars(shown):
    part, outputs = shown
    part.table("counts", "Counts.", ["what", "n"], [("a|b", 1234), ("c", 0.123456)])
    (caption, _), (table, _) = outputs
    assert "**Table 07-counts.** Counts. Profile" in caption["text/markdown"]
    assert table["text/markdown"].splitlines() == [
        "| what | n |",
        "| :--- | ---: |",
        "| a\\|b | 1234 |",
        "| c | 0.123 |",
    ]


def test_a_table_is_kept_as_it_is_shown(shown):
    part, _ = shown
    part.table("counts", "Counts.", ["what", "n"], [("a", 1234), ("b", 0.123456)], scaled=False)
    part.table("again", "Made from what is kept.", ["n"], [(1,)], scaled=False, kept=False)
    kept = json.loads((part.out / "07-things.json").read_text())["tables"]
    assert kept == {
        "07-counts": {"caption": "Counts.", "header": ["what", "n"], "rows": [["a", "1234"], ["b", "0.123"]]}
    }


def test_numbers_are_kept_in_one_file(shown):
    part, _ = shown
    part.number("first", np.float32(0.5), "a half", n=10)
    part.number("second", 2, "two")
    numbers = json.loads((part.out / "07-things.json").read_text())["numbers"]
    assert numbers["first"] == {"value": 0.5, "meaning": "a half", "n": 10} and numbers["second"]["value"] == 2


def test_a_figure_states_the_versions_that_its_runs_were_trained_with(shown):
    part, _ = shown
    record = {"settings": {}, "result": {"steps": 2}, "data": [{"n": 48}], "versions": {"keras": "3.0.1"}, "seed": 5}
    part.runs["report-a"] = SimpleNamespace(key="0a", record=record)
    part.number("one", 1, "one")
    kept = json.loads((part.out / "07-things.json").read_text())
    assert kept["runs"]["report-a"]["versions"] == {"keras": "3.0.1"} and kept["versions"]["keras"] != "3.0.1"
    assert kept["runs"]["report-a"]["data"] == [{"n": 48}] and kept["runs"]["report-a"]["key"] == "0a"


def test_publishing_replaces_a_notebooks_figures_and_no_others(home):
    made, published = home / "build/figures/quick", home / "figures/quick"
    for folder in (made, published):
        folder.mkdir(parents=True)
    (made / "07-new.png").write_text("new")
    (made / "08-other.png").write_text("of another notebook")
    (published / "07-old.png").write_text("not made any more")
    (published / "06-kept.png").write_text("kept")
    (published / ".4711.07-new.png").write_text("half of it, when the process was killed")
    publishing.publish("07-things", "quick")
    assert {path.name for path in published.iterdir()} == {"07-new.png", "06-kept.png"}


def test_images_of_a_users_data_stay_on_the_machine_and_what_was_made_of_them_is_published(shown, home):
    part, _ = shown
    for data in ("avatars", "faces.zip"):
        part.data = data
        plots.image_grid(np.zeros((4, 8, 8, 3), np.uint8), columns=2)
        part.savefig("rows", "Faces and their translations.", originals=True)
        part.save_gif("moving", np.zeros((2, 8, 8, 3), np.uint8), "The same.", originals=True)
        plots.image_grid(np.zeros((4, 8, 8, 3), np.uint8), columns=2)
        part.savefig("translated", "Translations.")
        publishing.publish("07-things", part.out.name)
        pictures = {path.name for path in (home / "figures" / part.out.name).iterdir()} - {"07-things.json"}
        if data == "avatars":
            assert {"07-rows.png", "07-moving.gif", "07-translated.png"} <= pictures
    assert pictures == {"07-translated.png", "07-translated.json"}
    assert (part.out / "07-rows.png").exists()


def test_a_large_drawing_is_published_in_fewer_bytes_and_looks_the_same(home):
    made, shown = home / "build/figures/quick", home / "figures/quick"
    made.mkdir(parents=True)
    for name, lines in (("small", 2), ("large", 80)):
        figure, axes = plt.subplots(figsize=(6, 8))
        for line in range(lines):
            axes.text(0, line / 80, "Letters, each placed: 0.88 (0.81 to 0.96) of them")
        figure.savefig(made / f"07-{name}.svg")
        plt.close(figure)
    publishing.publish("07-things", "quick")
    assert (shown / "07-small.svg").read_bytes() == (made / "07-small.svg").read_bytes()
    before, after = ((folder / "07-large.svg").read_text() for folder in (made, shown))
    assert len(after) < 0.8 * len(before) and len(before) > publishing.LARGEST
    drawn = [bytes(resvg_py.svg_to_bytes(svg_string=one, dpi=72)) for one in (before, after)]
    assert drawn[0] == drawn[1] and len(drawn[0]) > 10_000


def test_a_large_picture_is_published_as_a_small_jpeg(home):
    made = home / "build/figures/quick"
    made.mkdir(parents=True)
    rng = np.random.default_rng(0)
    smooth = np.kron(rng.integers(0, 200, (60, 120, 3)), np.ones((10, 10, 1))) + rng.integers(0, 20, (600, 1200, 3))
    for name, picture in (("noise", rng.integers(0, 256, (600, 1200, 3))), ("smooth", smooth)):
        Image.fromarray(picture.astype(np.uint8)).save(made / f"07-{name}.png")
    publishing.publish("07-things", "quick")
    paths = sorted((home / "figures/quick").iterdir())
    assert [path.name for path in paths] == ["07-noise.jpg", "07-smooth.jpg"]
    assert all(path.stat().st_size < 300_000 < (made / f"{path.stem}.png").stat().st_size for path in paths)
    assert [Image.open(path).size for path in paths] == [(1000, 500), (1200, 600)], "narrower only where it must be"


def test_tiles_keep_their_pixels_and_their_order():
    images = np.arange(6, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8)
    sheet = plots.tiled(images, columns=3)
    assert sheet.shape == (9, 14, 3)
    assert sheet[0, 0, 0] == 0 and sheet[0, 5, 0] == 1 and sheet[5, 0, 0] == 3 and (sheet[4] == 255).all()


def test_the_drawing_of_a_network_names_every_layer_with_weights():
    from hwlib.models import report_a

    critic = report_a.critic()
    rows = list(plots.layer_rows(critic))
    assert [row[0] for row in rows] == ["Conv2D"] * 5 + ["Dense"]
    assert [row[2] for row in rows] == ["5×5", "5×5", "3×3", "3×3", "4×4", ""]
    assert {row[5] for row in rows} == {"lecun_normal"}
    figure = plots.networks(critic)
    texts = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert "16×16×128" in texts and "3,389,825" in figure.axes[0].get_title()
    plt.close(figure)


def test_a_drawing_keeps_hundredths_of_its_coordinates_and_small_scales_whole():
    svg = '<path d="M 12.345678 3.1415L-7.999999 0.123456"/><g transform="translate(100.5 2) scale(0.015625 -0.01)"/>'
    assert section._hundredths(svg) == svg.replace("12.345678", "12.34").replace("7.999999", "7.99")
