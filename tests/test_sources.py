"""What a result depends on: code, not its comments."""

import importlib
import os

import pytest

from hwlib.runs import sources


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module `made_up` and get its digest."""
    monkeypatch.syspath_prepend(tmp_path)

    def digest(text):
        (tmp_path / "made_up.py").write_text(text)
        sources.file_of.cache_clear()
        return sources.digest(["made_up"])

    return digest


def test_comments_docstrings_and_layout_do_not_count(module):
    plain = module("def f(x):\n    return x + 1\n")
    assert module('"""About."""\n\n\ndef f(x):  # adds\n    """Add one."""\n    return (x\n        + 1)\n') == plain


def test_a_changed_number_counts(module):
    assert module("def f(x):\n    return x + 1\n") != module("def f(x):\n    return x + 2\n")


WRITTEN_APART = r'''
import os as o, sys

@property
def f(x, /, a, *args, k=None, **more) -> "int":
    """Docstring."""
    y = f"a{x!r:>{k}}b{{c}}" 'd' "e\u00fc" f'{x=}' f"{x:.3f}"
    z = f"{', '.join(str(i) for i in args)}" "'" u"u"
    match x:
        case {"a": 1, **rest} | [1, *_] if y:
            return lambda q, *, r=1: (q := r)
        case None:
            raise ValueError(f"{x!s:{k}}") from None
    with (open(a) as b, open(z) as c):
        x[1:2, ..., ::3] **= -1e400 + 3j
    return {"a": 1, **{}} if a is not b else (a < b <= c, b"\x00\xff", 0x10, 1_000, *args)

class C(dict, metaclass=type):
    a: int = 3
    """About a."""
'''
"""What Python 3.11, 3.12 and 3.13 write differently from the same tree."""


def test_a_digest_is_the_same_on_every_python(module):
    assert module(WRITTEN_APART) == "3f089a1bfc8a0872"  # of Python 3.11.7, 3.12.1 and 3.13.0


def test_a_function_has_a_digest_of_its_own(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    digests = []
    for name, text in {
        "one": "def f(x):\n    return x + 1\n",
        "two": "def g():\n    return 3\n\n\ndef f(x):  # adds\n    return x + 1\n",
        "three": "def f(x):\n    return x + 2\n",
    }.items():
        (tmp_path / f"made_up_{name}.py").write_text(text)
        digests.append(sources.digest_of(importlib.import_module(f"made_up_{name}").f))
    assert digests[0] == digests[1] != digests[2]


def test_imports_are_followed_in_every_form(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "PACKAGE_FOLDER", tmp_path)
    sources.file_of.cache_clear()
    (tmp_path / "models").mkdir()
    for name, text in {
        "a.py": "import hwlib.b\nimport numpy\n",
        "b.py": "from hwlib import c\n",
        "c.py": "from hwlib.models.d import f\n",
        "models/__init__.py": "",
        "models/d.py": "def f():\n    from hwlib.e import g\n",
        "e.py": "",
        "f.py": "",
    }.items():
        (tmp_path / name).write_text(text)
    assert sources.depends_on(["hwlib.a"]) == ["hwlib.a", "hwlib.b", "hwlib.c", "hwlib.e", "hwlib.models.d"]
    assert sources.depends_on(["hwlib.a"], without={"hwlib.c"}) == ["hwlib.a", "hwlib.b"]
    sources.file_of.cache_clear()


def test_a_module_that_was_edited_under_a_running_process_is_named(module, tmp_path):
    module("def f(x):\n    return x + 1\n")
    names = ["made_up", "hwlib.paths"]
    assert sources.edited(names) == []
    os.utime(tmp_path / "made_up.py", ns=(1, 1))
    assert sources.edited(names) == [tmp_path / "made_up.py"]


def test_a_notebook_depends_on_what_its_cells_import():
    modules = sources.imported_by(["from hwlib.report import plots\n", "x = 1"])
    assert {"hwlib.report.plots", "hwlib.data.tags"} <= set(modules)
    assert "hwlib.training.adversarial" not in modules


def test_a_module_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="no module hwlib"):
        sources.file_of("hwlib.nothing")
