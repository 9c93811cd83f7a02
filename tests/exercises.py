"""The exercises of `docs/exercises.md`; run as a script, it writes them into the notebooks and their golden copies."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
DOCUMENT = REPOSITORY / "docs" / "exercises.md"
EXERCISE = re.compile(r"^\*\*\d\. (.+?)\*\* \((.+?)\)\n\n```\n(.+?)\n```(?:\n\n```text\n(.+?)\n```)?", re.M | re.S)


@dataclass(frozen=True)
class Exercise:
    """A question of a notebook, the command that answers it, how long that takes, what it prints ("" if unknown)."""

    notebook: str
    question: str
    time: str
    command: str
    printed: str


def read():
    """All exercises, in the order of the document."""
    _, *parts = re.split(r"^## (.+)$", DOCUMENT.read_text(encoding="utf-8"), flags=re.M)
    return [
        Exercise(notebook, " ".join(question.split()), time, command, printed)
        for notebook, text in zip(parts[::2], parts[1::2], strict=True)
        for question, time, command, printed in EXERCISE.findall(text)
    ]


def cell(notebook):
    """The text of a notebook's last cell."""
    lines = ["## Exercises", "In a terminal, in the repository's folder:"]
    for number, one in enumerate((one for one in read() if one.notebook == notebook), 1):
        command = "\n".join(f"   {line}" for line in ["```", *one.command.splitlines(), "```"])
        lines += [f"{number}. {one.question} ({one.time})", command]
    return "\n\n".join([*lines, f"The answers are in [docs/exercises.md](../docs/exercises.md#{notebook})."])


def write():
    """Put the exercises of each notebook into its last cell, and into that of its golden copy."""
    for path in sorted(REPOSITORY.glob("notebooks/*.ipynb")):
        for file in (path, REPOSITORY / "tests" / "golden" / path.name):
            content = json.loads(file.read_text(encoding="utf-8"))
            content["cells"] = [one for one in content["cells"] if one["id"] != "exercises"]
            text = cell(path.stem).splitlines(keepends=True)
            content["cells"].append({"cell_type": "markdown", "id": "exercises", "metadata": {}, "source": text})
            file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
