"""The report: numbering, references and links, what is shown, what is refused, and files that need nothing else."""

import base64
import io
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from hwlib import storage
from hwlib.report import book, exporter, lighter
from hwlib.report.exporter import ReportError, ReportExporter

FRONT = Path(__file__).parent.parent / "report" / "front.md"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><circle cx="45" cy="15" r="9"/></svg>'
TABLE = "| colour | share |\n|:--|--:|\n| aqua | 0.25 |\n| brown | 0.5 |"
FAILURE = new_output("error", ename="ValueError", evalue="no", traceback=[])
CONDITIONS = {
    "profile": "quick",
    "data": {"name": "avatars", "images": 400, "size": 32, "fingerprint": "3f2a"},
    "seed": 0,
    "seeds": 2,
    "commit": "0c1d2e3 + uncommitted changes",
    "versions": {"python": "3.11", "keras": "3.15"},
    "training_seconds": 75.4,
}


def encoded(picture):
    return base64.b64encode(storage.encoded(picture, "PNG")).decode()


def png():
    return encoded(Image.linear_gradient("L"))


def shown(name=None, caption=None, **data):
    """An output with data by mime type ("image_png" for "image/png"), named if it has a name."""
    about = {"hwlib": {"name": name, "caption": caption, "width": 0.5}} if name else {}
    data = {kind.replace("_", "/", 1): value for kind, value in data.items()}
    return new_output("display_data", data=data, metadata=about)


def code(source, *outputs, tags=(), count=1):
    return new_code_cell(source, outputs=list(outputs), execution_count=count, metadata={"tags": list(tags)})


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def model():
    """A notebook with everything that a section may hold."""
    text = (
        "# The model\n\nSee [Figure 01-faces](#fig-01-faces) ([Figure 01-curve](#fig-01-curve), "
        "[Table 01-colours](#tbl-01-colours)) and ([Gulrajani et al. 2017](../report/references.bib#gulrajani2017)), "
        "[the tips](02-tips.ipynb), [below](#Training-it), [nowhere](#gone) and [a page](https://example.org/).[^1]\n\n"
        "[^1]: A note on $\\lambda$.\n"
    )
    formulas = (
        "## Training it\n\n\\begin{align}\nL_D &= \\mathbb{E}[D(x)] \\\\\nL_G &= -L_D\n\\end{align}\n\nand "
        "$$\\lVert\\nabla D\\rVert_2 = 1$$\n\n> 報告寫道：\n> 人臉的輪廓學得比較快。\n\n- a\n- b <b>bold</b>\n"
    )
    cells = [
        code("profile = 'smoke'", tags=["parameters"]),
        new_markdown_cell(text),
        code("draw()", shown("01-faces", "Faces ] for $z \\in [0,1)$.", image_png=png(), text_plain="<Figure>")),
        new_markdown_cell(formulas),
        code("curve()", shown("01-curve", "A *curve*.", **{"image/svg+xml": SVG}), shown(image_png=png())),
        code("table()", shown("01-colours", "Colours, see [Figure 01-faces](#fig-01-faces).", text_markdown=TABLE)),
        code("log()", stream("quiet line\n"), shown(text_html="<table><td>html cell</td></table>", text_plain="plain")),
        code("say()", stream("\x1b[31mloud\x1b[0m line\n"), stream("a warning\n", "stderr"), tags=["show"]),
        code("secret()", shown("01-secret", "Secret.", image_png=png()), tags=["hide"]),
    ]
    parameters = {"profile": "quick", "data": "avatars", "seed": 0}
    return new_notebook(cells=cells, metadata={"papermill": {"parameters": parameters}})


FAR = "[Figure 01-faces](01-model.ipynb#fig-01-faces)"
NEAR = "[Figure 02-tips](#fig-02-tips)"


def tips(text=f"Compare {FAR} with {NEAR} and [the model](01-model.ipynb#Training-it).", wide=""):
    caption = new_output("display_data", {"text/markdown": "**Twice.**"}, metadata={"hwlib": {"caption_of": "02-tips"}})
    figure = code("draw()", shown("02-tips", "Tips.", image_png=png()), caption)
    return new_notebook(cells=[new_markdown_cell(f"# Tips\n\n{text}{wide}\n\n## Training it"), figure])


def saved(folder, **notebooks):
    paths = [folder / f"{name}.ipynb" for name in notebooks]
    for path, notebook in zip(paths, notebooks.values(), strict=True):
        nbformat.write(notebook, path)
    return paths


def source(*notebooks, whole=False, **options):
    """The typst source of notebooks, as the PDF is made of it."""
    sections = [ReportExporter(**options).section(nb, f"0{n}-{name}", ".") for n, name, nb in notebooks]
    exporter.link(sections, whole=whole)
    return exporter.write(sections, "typst")


def build(folder, **notebooks):
    return book.build(saved(folder, **notebooks), folder / "report.pdf", CONDITIONS, FRONT)


def test_a_heavy_picture_becomes_a_jpeg_of_the_same_size_and_a_light_one_stays():
    heavy, light = shown(image_png=encoded(Image.effect_noise((700, 500), 80))), shown(image_png=png())
    notebook = new_notebook(cells=[code("draw()", heavy, light)])
    for printed in (True, False):
        first, second = lighter.pictures(notebook, printed).cells[0].outputs
        assert Image.open(io.BytesIO(base64.b64decode(first.data["image/jpeg"]))).size == (700, 500)
        assert len(first.data["image/jpeg"]) < len(heavy.data["image/png"])
        assert list(second.data) == ["image/png"] and list(notebook.cells[0].outputs[0].data) == ["image/png"]


def test_a_figure_as_high_as_a_page_has_the_page_to_itself():
    def drawn(height):
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 {height}"></svg>'
        figure = code("draw()", shown("01-tall", "Tall.", **{"image/svg+xml": svg}))
        return source((1, "model", new_notebook(cells=[figure])))

    assert "placement: top" not in drawn(20)
    assert "placement: top" in drawn(100) and "clearance" not in drawn(100)
    assert "clearance" in drawn(260), "a line or two, or a table's head, would be left alone below it"


def embedded(picture, printed):
    """The picture that a drawing holds in the report, as RGB."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><image href="data:image/png;base64,{encoded(picture)}"/></svg>'
    both = shown(image_png=png(), **{"image/svg+xml": svg})
    (output,) = lighter.pictures(new_notebook(cells=[code("draw()", both)]), printed).cells[0].outputs
    assert "image/png" not in output.data, "the drawing has all that the PNG has"
    address = re.search(r'href="data:image/\w+;base64,([^"]+)"', output.data["image/svg+xml"])[1]
    return Image.open(io.BytesIO(base64.b64decode(address))).convert("RGB")


def test_faces_keep_their_pixels_and_their_edges():
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    faces = Image.fromarray(pixels)
    assert np.array_equal(embedded(faces, printed=False), pixels)
    printed = np.asarray(embedded(faces, printed=True), int).reshape(60, 8, 80, 8, 3)
    assert abs(printed - pixels[:, None, :, None]).max() <= 14
    assert np.ptp(printed, axis=(1, 3)).max() == 0, "each pixel is one colour: nothing is blurred"


def test_a_photograph_is_enlarged_for_print_alone():
    photograph = Image.linear_gradient("L").resize((700, 300)).convert("RGB")
    assert embedded(photograph, printed=True).size == (1400, 600)
    assert embedded(photograph, printed=False).size == (700, 300)


def test_figures_and_tables_are_numbered_across_notebooks():
    text = source((1, "model", model()), (2, "tips", tips()), whole=True)
    captions = re.findall(r"#strong\[((?:Figure|Table)[^\]]*)\]", text)
    assert [caption.replace("~", " ").replace("\u00a0", " ") for caption in captions] == [
        "Figure 1.1.",
        "Figure 1.2.",
        "Table 1.1.",
        "Figure 2.1.",
    ]
    assert re.search(r"Compare #link\(<fig-01-faces>\)\[Figure.1\.1\] with #link\(<fig-02-tips>\)\[Figure.2\.1\]", text)
    assert re.search(r"#link\(<fig-01-curve>\)\[Figure.1\.2\], #link\(<tbl-01-colours>\)\[Table.1\.1\]", text)
    assert all(f"<{label}>" in text for label in ("fig-01-faces", "fig-01-curve", "tbl-01-colours", "fig-02-tips"))
    assert "width: 50.0%" in text and "Faces \\] for $z in" in text


def test_headings_have_the_numbers_of_their_notebooks():
    text = source((1, "model", model()), (2, "tips", tips()), whole=True)
    headings = re.findall(r"^=+ (\d.*)", text, re.MULTILINE)
    assert [words.replace("\u2002", " ") for words in headings] == [
        "1 The model",
        "1.1 Training it",
        "2 Tips",
        "2.1 Training it",
    ]


def test_a_page_has_the_reports_numbers(tmp_path):
    """The page of a notebook alone, the report's PDF and nbconvert's, also of a copy under another name."""
    executed = saved(tmp_path, **{"01-model": model(), "02-tips": tips()})
    numbers = book.numbers(executed)
    assert numbers == {
        "fig-01-faces": "Figure\u00a01.1",
        "fig-01-curve": "Figure\u00a01.2",
        "tbl-01-colours": "Table\u00a01.1",
        "fig-02-tips": "Figure\u00a02.1",
    }
    page = book.html(executed[1], tmp_path / "02-tips.html", elsewhere=numbers).read_text(encoding="utf-8")
    assert "<strong>Figure\u00a02.1.</strong>" in page
    assert re.search(r'<a href="01-model.html#fig-01-faces">Figure.1\.1</a>', page)
    copy = ReportExporter().section(tips(), "out", ".")
    assert exporter.link([copy]) == {"fig-02-tips": "Figure\u00a02.1"}


def test_links_between_notebooks():
    text = source((1, "model", model()), (2, "tips", tips()))
    assert "#link(<02-tips>)[the tips]" in text and "#link(<01-model:training-it>)[below]" in text
    assert "#link(<01-model:training-it>)[the model]" in text and "<02-tips:training-it>" in text
    assert '#link("https://example.org/")[a page]' in text
    assert "nowhere" in text and "[nowhere]" not in text


def test_alone_a_notebook_has_plain_text_for_what_is_elsewhere():
    text = source((2, "tips", tips()))
    assert re.search(r"Compare Figure.01-faces with #link\(<fig-02-tips>\)\[Figure.2\.1\] and the model\.", text)


def test_a_table_without_a_name_is_no_target_of_links_without_a_fragment():
    text = "See [the data](00-data.ipynb).\n\n| a |\n|:--|\n| 1 |\n\n: A table that nothing refers to."
    typst = source((2, "tips", new_notebook(cells=[new_markdown_cell("# Tips\n\n" + text)])))
    assert "See the data." in typst and "#link()" not in typst


def test_hidden_is_what_should_be():
    text = source((1, "model", model()), (2, "tips", tips()))
    hidden = ("draw()", "smoke", "quiet line", "a warning", "html cell", "plain", "Secret", "Twice", "<b>", "<Figure")
    assert "\x1b" not in text
    assert [words for words in hidden if words in text] == []
    assert "loud line" in text and "bold" in text
    assert "draw()" in source((1, "model", model()), show_code=True)


def test_formulas_and_references():
    text = source((1, "model", model()))
    assert re.search(r"\$ L_D & = .*\\\nL_G & = - L_D", text)
    assert re.search(r"\(#link\(<ref-gulrajani2017>\)\[Gulrajani et al..2017\]\)", text) and "[References]" in text
    assert text.count("<ref-") == 2, "one entry, cited once"


def test_equal_input_gives_equal_bytes_with_the_chinese_font(tmp_path):
    first = build(tmp_path, **{"01-model": model(), "02-tips": tips()}).read_bytes()
    assert first == build(tmp_path, **{"01-model": model(), "02-tips": tips()}).read_bytes()
    assert b"NotoSerifTC" in first


def test_a_failed_build_leaves_the_old_report(tmp_path):
    (tmp_path / "report.pdf").write_bytes(b"old")
    bad = model()
    bad.cells[2].outputs[0].data["image/png"] = base64.b64encode(b"no picture").decode()
    with pytest.raises(ReportError, match="01-model: typst"):
        build(tmp_path, **{"01-model": bad})
    assert (tmp_path / "report.pdf").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["01-model.ipynb", "report.pdf"]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (code("f()", FAILURE), "cell 2 ended in ValueError: no"),
        (code("f()", count=None), "cell 2 was never executed"),
        (new_markdown_cell("See [Figure 99-gone](#fig-99-gone)."), "#fig-99-gone refers to nothing"),
        (new_markdown_cell("See [Nobody 1999](../report/references.bib#nobody1999)."), "nobody1999"),
        (new_markdown_cell("$$\\frac{1$$"), "Could not convert TeX math"),
        (new_markdown_cell("16$\\times$16"), "\\times stands outside a formula"),
        (new_markdown_cell("![gone](gone.png)"), "no image gone.png"),
        (new_markdown_cell('<img src="x.png">'), "HTML image"),
        (code("f()", shown("02-tips", "Twice.", image_png=png())), "a second figure or table is named 02-tips"),
    ],
)
def test_refused(tmp_path, cell, message):
    bad = tips("Text.")
    bad.cells.insert(1, cell)
    with pytest.raises(ReportError, match=f"^02-tips: .*{re.escape(message)}") as error:
        build(tmp_path, **{"01-model": model(), "02-tips": bad})
    assert "\n" not in str(error.value)


def test_missing_notebook_and_font(tmp_path, monkeypatch):
    with pytest.raises(ReportError, match="07-gone: no executed notebook"):
        book.html(tmp_path / "07-gone.ipynb", tmp_path / "x.html")
    monkeypatch.setattr(exporter, "find_spec", lambda name: None)
    with pytest.raises(ReportError, match="pylopdf-fonts-zh-tw"):
        build(tmp_path, **{"02-tips": tips("Text.")})


def test_conditions():
    assert dict(book.condition_rows(CONDITIONS)) == {
        "Profile": "quick",
        "Data": "avatars, images\u00a0400, size\u00a032, fingerprint\u00a03f2a",
        "Seed": "0",
        "Seeds": "up to 2 a run",
        "Commit": "0c1d2e3 + uncommitted changes",
        "Versions": "python\u00a03.11, keras\u00a03.15",
        "Training time": "0:01:15 (h:min:s)",
    }
    notice = "Scaled-down profile on drawn faces: these are not the reports’ results."
    assert exporter.run_settings(CONDITIONS)["notice"] == notice
    assert exporter.run_settings({"profile": "paper", "data": "course"})["notice"] is None


def test_a_page_needs_no_other_file(tmp_path):
    (path,) = saved(tmp_path, **{"01-model": model()})
    text = book.html(path, tmp_path / "01-model.html").read_text(encoding="utf-8")
    sources = re.findall(r'<(\w+)[^>]*?\s(?:src|href)="([^"]*)"', text)
    assert not [(tag, url) for tag, url in sources if tag != "a" and not url.startswith("data:")]
    assert "<script" not in text and "@import" not in text and not re.search(r"url\((?!.?data:)", text)
    assert text.count("<details>") == 5 and "draw()" in text and "smoke" not in text and "Secret" not in text
    assert "<math" in text and "人臉的輪廓" in text and "data:image/png" in text and "data:image/svg+xml" in text
    assert 'href="02-tips.html"' in text and 'href="#fig-01-faces"' in text and 'id="fig-01-faces"' in text
    assert "not the reports’ results" in text
