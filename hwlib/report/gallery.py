"""All that a setting has published on one page, figures and tables with their captions: `figures/<setting>/README.md`.

Notebooks are stored without outputs, so this is where they are seen on a code host.
"""

import json
import re

from hwlib import paths
from hwlib.report import cards, notebooks

HEAD = """# {title}

{about}.

What the notebooks showed when they were executed in this [setting](../README.md), with the captions that they have
there. Figures and tables show the seeds that were on one machine then; verdicts rest on all that are published, and the
claims are told [one by one](../../docs/claims.md). This page is made by
`.venv/bin/python -m hwlib.report.board`."""


def folders(figures=paths.FIGURES):
    """The settings' folders that have a notebook's figures or tables, sorted."""
    return sorted({path.parent for path in figures.glob("*/[0-9]*.json")})


def page(folder):
    """A setting's page, Markdown: a section for each notebook, with its figures and tables in the order of its code."""
    found = [section for name in notebooks.names() if (section := _section(folder, name))]
    return "\n\n".join([HEAD.format(title=folder.name, about=_about(folder)), *found]) + "\n"


def _about(folder):
    """What a setting is, as the table in `figures/README.md` has it."""
    listed = folder.parent / "README.md"
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
    told = [line.split(" | ")[1].rstrip(" |") for line in lines if line.startswith(f"| [{folder.name}](")]
    return told[0][0].upper() + told[0][1:] if told else "Profile, data and seeds are as the folder's name says"


def _section(folder, notebook):
    """A notebook's section; "" where nothing of it is published."""
    about = _read(folder / f"{notebook}.json")
    parts = {}
    for path in sorted(folder.glob(f"{notebook[:2]}-*.*")):
        if path.suffix != ".json":
            caption = _read(path.with_suffix(".json")).get("caption", "")
            parts["figure", path.stem] = f"![{path.stem}]({path.name})\n\n*Figure {path.stem}. {caption}*"
    for name, table in about.get("tables", {}).items():
        parts["table", name] = f"*Table {name}. {table['caption']}*\n\n{_markdown(table)}"
    if not parts:
        return ""
    drawn = _shown(notebook)
    order = [*(name for name in drawn if name in parts), *(name for name in parts if name not in drawn)]
    heading = f"## {notebook}\n\nFrom [the notebook](../../notebooks/{notebook}.ipynb)."
    return "\n\n".join([heading, *(parts[name] for name in order)])


def _shown(notebook):
    """("figure", "03-samples"), ("table", "03-measures"), in the order in which the notebook's code makes them."""
    kinds = {"savefig": "figure", "save_gif": "figure", "table": "table"}
    calls = [call for code in notebooks.code_of(notebook) for call in cards.called(code)]
    return [(kinds[method], f"{notebook[:2]}-{texts[0]}") for method, *texts in calls if method in kinds and texts]


def _markdown(table):
    lines = [table["header"], [":---"] * len(table["header"]), *table["rows"]]
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    text = text.replace("](../report/", "](../../report/").replace("](08-claims.ipynb#", "](#")
    return re.sub(r"\]\(#([AB]\d+)\)", lambda found: f"](../../docs/claims.md#{found[1].lower()})", text)


def _read(path):
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found if isinstance(found, dict) else {}
