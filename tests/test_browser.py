"""The report as one HTML document, opened in a real browser, as on a phone and as on a desk."""

import re

import pytest
from test_report import CONDITIONS, FRONT, model, saved, tips

from hwlib.claims import rule
from hwlib.report import board, book

PHONE, DESK = (390, 844), (1440, 900)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    wide = f"\n\n$${'x + ' * 90}1$$\n\n| {' | '.join('abcdefghijkl')} |\n|{':--|' * 12}\n|{' wide cell |' * 12}\n"
    long = tips(wide=wide)
    notebooks = saved(folder, **{"01-model": model(), "02-tips": long})
    findings = board.page({"drawn 32": {"A1": rule.Judged(rule.load()[0], "open", ())}, "course 64": {}})
    return book.document(notebooks, folder / "report.html", CONDITIONS, FRONT, findings)


@pytest.fixture(params=["phone", "desk"])
def page(request, browser, report):
    browser.errors.clear()
    browser.open(report.as_uri(), PHONE if request.param == "phone" else DESK, mobile=request.param == "phone")
    return browser


def test_the_document_has_all_that_the_report_has(report):
    text = report.read_text(encoding="utf-8")
    for words in ("About this report", "Tips", "References", "up to 2 a run", "not the reports’ results", "人臉的輪廓"):
        assert words in text
    assert "Figure\u00a02.1." in text and "typst" not in text and not re.search(r"<script[^>]+src|@import", text)
    assert text.index("Findings</h1>") < text.index('id="TOC"') < text.index("About this report</h1>")


def test_nothing_fails_to_load(page):
    assert page.errors == []
    missing = "[...document.images].filter(i => !i.complete || !i.naturalWidth).map(i => i.src.slice(0, 80))"
    assert page.run(missing) == []
    assert page.run("document.images.length") >= 3
    assert page.run("performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).length") == 0


def test_chinese_is_drawn_with_the_font_that_is_in_the_document(page):
    page.run("document.fonts.ready.then(() => 0)")
    assert page.run("[...document.fonts].map(f => [f.family.replace(/\\W+/g, ' ').trim(), f.status])") == [
        ["Noto Serif TC", "loaded"]
    ]


def test_every_link_within_the_document_leads_somewhere(page):
    lost = "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => decodeURIComponent(a.hash.slice(1)))"
    assert page.run(f"{lost}.filter(id => !document.getElementById(id))") == []
    assert page.run("document.querySelectorAll('#TOC a').length") >= 5


def test_it_is_readable_at_its_width(page):
    assert page.run("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    sizes = page.run("[...document.querySelectorAll('p, li')].map(e => parseFloat(getComputedStyle(e).fontSize))")
    assert min(sizes) >= 11 and sorted(sizes)[len(sizes) // 2] >= 15
    assert page.run("Math.max(...[...document.images].map(i => i.getBoundingClientRect().right)) <= innerWidth")
    column = page.run("document.querySelector('p').getBoundingClientRect().width")
    assert 300 < column < 800


def test_a_figure_opens_at_a_click_and_closes_at_another(page):
    width = "document.querySelector('figure img').getBoundingClientRect().width"
    before = page.run(width)
    page.run("document.querySelector('figure img').click()")
    assert page.run(width) > 1.2 * before
    assert page.run("getComputedStyle(document.querySelector('.zoom')).position") == "fixed"
    page.run("document.querySelector('figure img').click()")
    assert page.run(width) == before


def test_the_claims_can_be_searched(page):
    rows = "[...document.querySelectorAll('#board tbody tr')].filter(row => row.checkVisibility()).length"
    field = "(f => {f.value = WORDS; f.dispatchEvent(new Event('input'))})(document.querySelector('#board input'))"
    found = {}
    for words in ("", "style weight", "LSGAN", "no such claim"):
        page.run(field.replace("WORDS", repr(words)))
        found[words] = page.run(rows)
    assert found == {"": 24, "style weight": 1, "LSGAN": 1, "no such claim": 0}
    assert page.run("document.querySelector('[role=status]').textContent") == "0 of 24 claims"


def test_the_contents_are_beside_the_text_or_one_tap_away(page):
    """On a desk they stay in view and mark the section that one reads; on a phone a button leads to them."""
    page.run("document.getElementById('02-tips:training-it').scrollIntoView()")
    page.run("new Promise(done => setTimeout(done, 500))")
    box = page.run(
        "(({left, right, top}) => [left, right, top])(document.getElementById('TOC').getBoundingClientRect())"
    )
    text = page.run("document.querySelector('h1[id=\"02-tips\"]').getBoundingClientRect().left")
    button = page.run("document.querySelector('.to-contents').checkVisibility()")
    if page.run("innerWidth") > 1000:
        assert box[0] == 0 and box[2] == 0 and box[1] < text and not button
        assert page.run("document.querySelector('#TOC .now').textContent").startswith("2.1")
    else:
        assert button


def test_code_is_one_click_away(page):
    height = "document.querySelector('details pre').checkVisibility()"
    assert page.run(height) is False
    page.run("document.querySelector('summary').click()")
    assert page.run(height) is True


def test_the_browser_would_notice(browser, tmp_path):
    """What the tests above look for is found on a page that is bad in all these ways."""
    bad = tmp_path / "bad.html"
    bad.write_text('<p style="width: 2000px">wide</p><img src="gone.png"><script>throw new Error("no")</script>')
    browser.errors.clear()
    browser.open(bad.as_uri(), PHONE, mobile=True)
    assert browser.errors
    assert browser.run("[...document.images].filter(i => !i.complete || !i.naturalWidth).length") == 1
    assert browser.run("document.documentElement.scrollWidth <= 390") is False
