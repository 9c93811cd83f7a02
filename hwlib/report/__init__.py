"""Notebooks to figures, numbers and one report, PDF and HTML, with neither LaTeX nor a browser.

A notebook begins with a `section.Section` and draws with `plots`; `chain` executes and publishes it. `exporter` makes
Markdown (nbconvert), then a document tree (pandoc) with numbered figures, then a PDF (typst) or a page of it; `book`
does so for all notebooks together. `play` makes the page in which a reader draws faces with the trained generators.
"""
