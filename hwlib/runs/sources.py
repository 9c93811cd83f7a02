"""Which code a result depends on: the modules of this project that a module imports, and a digest of their code.

A digest is of the syntax tree, written out the same by Python 3.11, 3.12 and 3.13 (`ast.unparse` and `ast.dump` are
not): fields that a newer Python adds are left out where they are empty.
"""

import ast
import hashlib
import importlib.util
import inspect
import textwrap
from functools import cache
from pathlib import Path

PACKAGE = "hwlib"
PACKAGE_FOLDER = Path(__file__).resolve().parent.parent

AT_START = {path: path.stat().st_mtime_ns for path in PACKAGE_FOLDER.rglob("*.py")}
"""When each file of the package had been edited last as this process began, nanoseconds."""


def depends_on(modules, without=()):
    """`modules` and all modules of the package that they import, directly or not, but for `without`; sorted names."""
    found, open_ = set(), set(modules)
    while open_:
        name = open_.pop()
        if name not in found and name not in without:
            found.add(name)
            open_ |= _imported(_read(name))
    return sorted(found)


def files(modules):
    """Source files of modules, as paths."""
    return [file_of(name) for name in modules]


def edited(modules):
    """Files of modules that were edited since this process began, which may still hold what they were.

    A module beside a notebook counts from when it is first asked for.
    """
    now = {path: path.stat().st_mtime_ns for path in files(modules)}
    return [path for path, when in now.items() if AT_START.setdefault(path, when) != when]


def refuse_edited(modules, label):
    """ValueError, after a `label`, if one of the modules was `edited`: a key is of files, what runs is in memory."""
    if found := edited(modules):
        told = f"{found[0].name} was edited after this process began, which may hold what it was before"
        raise ValueError(f"{label}: {told}. Restart the kernel, or run the command again.")


def digest(modules):
    """Short hex digest of the modules' code; comments, docstrings and layout do not count."""
    return _short("".join(f"{name}\n{_code(_read(name))}\n" for name in sorted(modules)))


def digest_of(*functions):
    """The same of single functions, of modules that do not count as a whole."""
    return _short("\n".join(_code(textwrap.dedent(inspect.getsource(function))) for function in functions))


def imported_by(cells):
    """Modules of the package that code (strings) imports, with all that those import."""
    return depends_on(set().union(*map(_imported, cells)))


@cache
def file_of(name):
    """File of a module; ValueError for one that cannot be found. Nothing of the package is imported for it."""
    if name.split(".")[0] == PACKAGE:
        stem = PACKAGE_FOLDER.joinpath(*name.split(".")[1:])
        candidates = [stem.with_suffix(".py"), stem / "__init__.py"]
        path = next((path for path in candidates if path.exists()), None)
    else:
        spec = importlib.util.find_spec(name)
        path = spec and spec.origin and Path(spec.origin)
    if path is None:
        raise ValueError(f"There is no module {name}.")
    return path


def _read(name):
    return file_of(name).read_text(encoding="utf-8")


def _short(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _imported(code):
    """Modules of the package that code imports itself."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            found = {name for name in submodules if name.startswith(f"{PACKAGE}.") and is_module(name)}
            names |= found if found == submodules else found | {node.module}
    return {name for name in names if name.split(".")[0] == PACKAGE and name != PACKAGE}


def is_module(name):
    try:
        return bool(file_of(name))
    except ValueError:
        return False


@cache
def _code(text):
    """What code does, as text: its syntax tree without docstrings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = [statement for statement in node.body if not _is_text(statement)] or [ast.Pass()]
        elif isinstance(node, ast.JoinedStr):  # Python 3.12 may end one with an empty string
            node.values = [part for part in node.values if getattr(part, "value", None) != ""]
    return _written(tree)


def _written(node):
    if isinstance(node, ast.AST):
        fields = {name: getattr(node, name, None) for name in sorted(node._fields)}
        kept = [f"{name}={_written(value)}" for name, value in fields.items() if value is not None and value != []]
        return f"{type(node).__name__}({', '.join(kept)})"
    return f"[{', '.join(map(_written, node))}]" if isinstance(node, list) else ascii(node)


def _is_text(statement):
    value = getattr(statement, "value", None)
    return isinstance(statement, ast.Expr) and isinstance(value, ast.Constant) and isinstance(value.value, str)
