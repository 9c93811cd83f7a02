"""Which code a result depends on: the modules of this project that a module imports, and a digest of their code."""

import ast
import hashlib
import importlib.util
from functools import cache
from pathlib import Path

PACKAGE = "hwlib"
PACKAGE_FOLDER = Path(__file__).resolve().parent.parent


def depends_on(modules, without=()):
    """`modules` and all modules of the package that they import, directly or not, but for `without`; sorted names."""
    found, open_ = set(), set(modules)
    while open_:
        name = open_.pop()
        if name not in found and name not in without:
            found.add(name)
            open_ |= _imports(name)
    return sorted(found)


def files(modules):
    """Source files of modules, as paths."""
    return [file_of(name) for name in modules]


def digest(modules):
    """Short hex digest of the modules' code; comments, docstrings and layout do not count."""
    text = "".join(f"{name}\n{_code(file_of(name))}\n" for name in sorted(modules))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def imported_by(cells):
    """Modules of the package that code (strings) imports, with all that those import."""
    return depends_on(set().union(*(_imported(ast.parse(cell)) for cell in cells)))


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


def _imports(name):
    return _imported(ast.parse(file_of(name).read_text()))


def _imported(tree):
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            found = {name for name in submodules if name.startswith(f"{PACKAGE}.") and _is_module(name)}
            names |= found or {node.module}
            if len(found) < len(submodules):
                names.add(node.module)
    return {name for name in names if name.split(".")[0] == PACKAGE and name != PACKAGE}


def _is_module(name):
    try:
        return bool(file_of(name))
    except ValueError:
        return False


def _code(path):
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        node.body = [statement for statement in node.body if not _is_text(statement)] or [ast.Pass()]
    return ast.unparse(tree)


def _is_text(statement):
    value = getattr(statement, "value", None)
    return isinstance(statement, ast.Expr) and isinstance(value, ast.Constant) and isinstance(value.value, str)
