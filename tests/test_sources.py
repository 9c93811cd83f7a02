"""What a result depends on: code, not its comments."""

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


def test_a_notebook_depends_on_what_its_cells_import():
    modules = sources.imported_by(["from hwlib.report import plots\n", "x = 1"])
    assert {"hwlib.report.plots", "hwlib.data.tags"} <= set(modules)
    assert "hwlib.training.adversarial" not in modules


def test_a_module_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="no module hwlib"):
        sources.file_of("hwlib.nothing")
