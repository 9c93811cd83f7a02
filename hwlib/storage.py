"""Files that are there as a whole or not at all."""

import json
import os


def write_atomically(path, write):
    """Call `write(temporary path)`, then put the file in place in one step: a kill leaves the old file or the new."""
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        write(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path, content):
    """Write `content` as indented JSON, in one step."""
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def read_json_lines(path):
    """The lines of a file as dicts, none where there is no file; a last line cut short by a kill is left out."""
    lines = path.read_text().splitlines() if path.exists() else []
    rows = []
    for line in lines:
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return rows
