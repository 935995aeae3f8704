"""The budget of the house: prints what breaks a rule and ends with 1 if anything does.

    python tools/house.py [ROOT]

Rules: arrows between rooms, length of files and functions, number of arguments, no drawers, every module name once,
tests mirror the source.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

FILE_LINES, FUNCTION_LINES, ARGUMENTS = 400, 60, 7
DRAWERS = {"utils", "util", "common", "helpers", "misc"}

BELOW: dict[str, set[str]] = {
    "checks": set(),
    "archives": set(),
    "seeds": {"checks"},
    "circuit": {"checks"},
    "operators": {"checks", "archives", "circuit"},
    "noise": {"checks", "circuit", "operators"},
    "engine": {"checks", "seeds", "circuit", "operators", "noise"},
    "backends": {"checks", "seeds", "circuit", "operators", "noise", "engine"},
    "optimize": {"checks", "seeds"},
    "solve": {"checks", "seeds", "circuit", "operators", "noise", "engine", "backends", "optimize", "models"},
    "models": {"checks", "seeds", "circuit", "operators", "noise", "engine", "backends", "optimize"},
    "mitigate": {"checks", "seeds", "circuit", "operators", "noise", "engine", "backends", "optimize"},
    "search": {
        *("checks", "seeds", "circuit", "operators", "noise", "engine", "backends", "optimize", "models", "solve"),
        "mitigate",
    },
    "experiments": {
        *("checks", "archives", "seeds", "circuit", "operators", "noise", "engine", "backends", "optimize", "models"),
        *("mitigate", "solve", "search"),
    },
    "report": {"checks", "circuit", "noise", "operators", "models", "solve", "search", "experiments"},
    "atlas": {
        *("checks", "seeds", "circuit", "operators", "noise", "engine", "backends", "optimize", "models", "mitigate"),
        *("archives", "solve", "search", "experiments", "report"),
    },
    "cli": {"checks", "experiments", "report", "engine", "atlas", "noise"},
}
"""What each room may import, besides itself."""

LONG_CALLS = {"engine": 16, "solve": 12, "search": 12, "experiments": 14, "cli": 20}
"""Rooms whose functions may take more arguments: kernels cannot take objects, solvers and commands have an argument an
option."""


def modules(root: Path) -> Iterator[Path]:
    yield from sorted((root / "src" / "ketwork").rglob("*.py"))


def room(path: Path, root: Path) -> str:
    """The room a module belongs to: its folder, or itself at the top."""
    parts = path.relative_to(root / "src" / "ketwork").with_suffix("").parts
    return parts[0]


def imported(tree: ast.Module) -> Iterator[str]:
    """The rooms of this package that a module imports, anywhere in it."""
    for node in ast.walk(tree):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom) and node.module == "ketwork":
            names = [f"ketwork.{alias.name}" for alias in node.names]
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.startswith("ketwork."):
                yield name.split(".")[1]


def arrows(root: Path) -> Iterator[str]:
    for path in modules(root):
        here = room(path, root)
        if here == "__init__":
            continue
        if here not in BELOW:
            yield f"{path}: room {here!r} has no place in tools/house.py"
            continue
        for there in imported(ast.parse(path.read_text())):
            if there != here and there in BELOW and there not in BELOW[here]:
                yield f"{path}: {here} must not import {there}"


def lengths(root: Path) -> Iterator[str]:
    for path in modules(root):
        text = path.read_text()
        count = len(text.splitlines())
        if count > FILE_LINES:
            yield f"{path}: {count} lines, at most {FILE_LINES}"
        allowed = LONG_CALLS.get(room(path, root), ARGUMENTS)
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.FunctionDef):
                continue
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            if size > FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name} has {size} lines, at most {FUNCTION_LINES}"
            names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            number = len([name for name in names if name not in ("self", "cls")])
            if node.name != "__init__" and number > allowed:
                yield f"{path}:{node.lineno}: {node.name} takes {number} arguments, at most {allowed}"


def names(root: Path) -> Iterator[str]:
    stems = Counter(path.stem for path in modules(root) if path.stem != "__init__")
    for stem, count in stems.items():
        if count > 1:
            yield f"module name {stem!r} occurs {count} times"
        if stem in DRAWERS:
            yield f"module {stem!r} is a drawer: name the noun that is missing"


def mirror(root: Path) -> Iterator[str]:
    for path in modules(root):
        inside = path.relative_to(root / "src" / "ketwork")
        if path.stem.startswith("_"):
            continue
        test = root / "tests" / inside.parent / f"test_{path.stem}.py"
        if not test.exists():
            yield f"{path}: no {test.relative_to(root)}"
    for test in sorted((root / "tests").rglob("test_*.py")):
        inside = test.relative_to(root / "tests")
        if inside.parts[0] in ("peers", "tools"):
            continue
        source = root / "src" / "ketwork" / inside.parent / f"{test.stem.removeprefix('test_')}.py"
        if not source.exists() and test.name != "test_init.py":
            yield f"{test}: no {source.relative_to(root)}"


def complaints(root: Path) -> list[str]:
    return [line for rule in (arrows, lengths, names, mirror) for line in rule(root)]


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1]
    found = complaints(root)
    files = list(modules(root))
    lines = sum(len(path.read_text().splitlines()) for path in files)
    print(f"{len(files)} modules, {lines} lines")
    print("\n".join(found) or "the house is in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
