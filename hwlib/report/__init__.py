"""The report: executed notebooks become one PDF, and one HTML page each, with neither LaTeX nor a browser.

A notebook becomes Markdown (nbconvert), then a document tree (pandoc) in which figures are numbered and references
resolved, then a PDF (typst) or a page that needs no other file (pandoc). `exporter` does this for one notebook,
`book` for several.
"""
