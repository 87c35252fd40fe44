"""The house: rooms on floors, and what no module may do.

A module imports from lower floors and from its own room: never upwards, never in a circle, and two rooms
on one floor do not see each other. Imports are read with `ast`, also those that stand inside functions, for
type checkers alone, or by name.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOOR = {
    "certificate": 0,
    "algebra": 1,
    "geometry": 2,
    "numerics": 2,
    "networks": 3,
    "dynamics": 3,
    "laws": 4,
    "equilibrium": 4,
    "training": 5,
    "reading": 6,
    "systems": 7,
    "report": 7,
    "sweep": 8,
    "cli": 9,
}  # `errors` and `symdyn/__init__` stand outside the rule
MOST_LINES = 400
MOST_FILES = 15  # of a room without inner rooms
PAGE = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
BUILTINS_THAT_EXECUTE = {"eval", "exec", "compile"}  # as bare names: re.compile is another matter
SYMPY_THAT_EXECUTES = {"sympify", "parse_expr", "srepr", "lambdify"}
READS_OR_WRITES = {
    "open", "read_text", "write_text", "read_bytes", "write_bytes", "mkdir", "unlink", "savetxt", "loadtxt",
    "savez", "tofile", "fromfile",
}  # fmt: skip
KEEPS_FILES = {"pickle", "shutil", "sqlite3", "tempfile"}
#: Programs read what they are asked from a file.
RUNS_A_PROGRAM = {"symdyn.algebra.zeros.msolve"}


#: What the page writes as code.
NAME = re.compile(r"`([\w/.]+)`")


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(file): file for file in sorted((ROOT / "symdyn").rglob("*.py"))}
TREES = {module: ast.parse(file.read_text(encoding="utf-8")) for module, file in FILES.items()}


def room(module: str) -> str:
    """The part below symdyn; `__main__` is the door of the command line. Empty for symdyn/__init__ itself."""
    below = module.split(".")[1:2]
    return {"__main__": "cli"}.get(below[0], below[0]) if below else ""


def named_modules(tree: ast.Module, package: str) -> Iterator[str]:
    """Dotted name of everything that a module in `package` imports, wherever the import stands in it."""
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom():
                parents = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
                origin = ".".join([*parents, *([node.module] if node.module else [])])
                yield from (f"{origin}.{alias.name}" for alias in node.names)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(str(name)) | ast.JoinedStr([ast.Constant(str(name)), *_]), *_],
            ):
                yield name.rstrip(".")


def imports(module: str) -> set[str]:
    """What the module imports: modules of the house by their own name, all others by their dotted name."""
    package = module if FILES[module].name == "__init__.py" else module.rpartition(".")[0]
    found = set()
    for name in named_modules(TREES[module], package):
        while name.startswith("symdyn.") and name not in FILES:
            name = name.rpartition(".")[0]
        found.add(name)
    return found


EDGES = sorted(
    (importer, imported)
    for importer in FILES
    if importer != "symdyn"
    for imported in imports(importer)
    if imported.split(".")[0] == "symdyn"
)


def calls(module: str, names: set[str], *, attributes: bool = True) -> list[str]:
    """Where the module calls one of the names, bare or (with `attributes`) after a dot."""
    found = []
    for node in ast.walk(TREES[module]):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in names:
                found.append(f"{module}:{node.lineno} calls {name}")
            case ast.Call(func=ast.Attribute(attr=name)) if attributes and name in names:
                found.append(f"{module}:{node.lineno} calls .{name}")
    return found


def run_python(code: str) -> str:
    """Standard output of a fresh interpreter."""
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_every_module_stands_in_a_room():
    assert {room(module) for module in FILES} <= {*FLOOR, "errors", ""}


def test_imports_never_climb_and_rooms_on_one_floor_do_not_see_each_other():
    assert [
        f"{importer} imports {imported}"
        for importer, imported in EDGES
        if room(imported) not in ("errors", "")
        and room(imported) != room(importer)
        and not FLOOR.get(room(imported), len(FLOOR)) < FLOOR.get(room(importer), 0)
    ] == []


def test_imports_have_no_circle():
    graph = nx.DiGraph(EDGES)
    assert [circle for circle in nx.strongly_connected_components(graph) if len(circle) > 1] == []
    assert list(nx.selfloop_edges(graph)) == []


def test_only_the_command_line_imports_the_package_itself():
    """`import symdyn` inside symdyn/ would make every room depend on all of them."""
    assert [importer for importer, imported in EDGES if imported == "symdyn" and room(importer) != "cli"] == []


@pytest.mark.parametrize(
    ("source", "package", "named"),
    [
        ("import symdyn.laws.search.polynomial", "symdyn.geometry", {"symdyn.laws.search.polynomial"}),
        ("from symdyn.laws import a, b", "symdyn.geometry", {"symdyn.laws.a", "symdyn.laws.b"}),
        ("from . import closure", "symdyn.geometry", {"symdyn.geometry.closure"}),
        ("from ..laws.search import quadratic", "symdyn.geometry", {"symdyn.laws.search.quadratic"}),
        ("from .. import laws", "symdyn.geometry", {"symdyn.laws"}),
        ("def late():\n    from symdyn import laws", "symdyn.geometry", {"symdyn.laws"}),
        ("importlib.import_module('symdyn.laws')", "symdyn.geometry", {"symdyn.laws"}),
        ("import_module(f'symdyn.laws.{name}')", "symdyn.geometry", {"symdyn.laws"}),
        ("import numpy.typing as npt", "symdyn.geometry", {"numpy.typing"}),
    ],
)
def test_imports_are_read_in_every_form(source, package, named):
    assert set(named_modules(ast.parse(source), package)) == named


@pytest.mark.parametrize("module", FILES)
def test_module_says_what_it_is_and_stays_short(module):
    assert ast.get_docstring(TREES[module]), f"{FILES[module]} has no docstring"
    assert len(FILES[module].read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def folders(room_: str) -> list[Path]:
    """The inner rooms of a room, at any depth."""
    return [path for path in (ROOT / "symdyn" / room_).rglob("*") if (path / "__init__.py").exists()]


@pytest.mark.parametrize("name", sorted(room for room in FLOOR if (ROOT / "symdyn" / room).exists()))
def test_a_room_of_many_files_has_inner_rooms(name):
    """Those of `systems` are papers, a file or a folder each."""
    modules = [module for module in FILES if room(module) == name]
    assert len(modules) <= MOST_FILES or folders(name)


def test_inner_rooms_of_algebra_have_no_circle():
    """Its ideas build on each other in one direction."""
    inner = {module: ".".join(module.split(".")[:3]) for module in FILES if room(module) == "algebra"}
    arrows = {(inner[a], inner[b]) for a, b in EDGES if a in inner and b in inner and inner[a] != inner[b]}
    assert nx.is_directed_acyclic_graph(nx.DiGraph(sorted(arrows)))


def test_the_page_of_the_house_has_every_room_on_its_floor():
    """Rooms of the table of floors, and a line for each room and inner room."""
    rows = re.findall(r"^\| (\d) \| (.+) \|$", PAGE, re.M)
    floors = {name: int(floor) for floor, names in rows for name in NAME.findall(names)}
    assert {name.rstrip("/"): floor for name, floor in floors.items() if name.endswith("/")} == FLOOR
    listed = set(re.findall(r"^\| `([a-z_/]+)/` \|", PAGE, re.M))
    papers = {path.relative_to(ROOT / "symdyn").as_posix() for path in folders("systems")}
    rooms = {path.parent.relative_to(ROOT / "symdyn").as_posix() for path in FILES.values()} - {"."}
    assert listed == rooms - papers


def test_the_page_of_the_house_names_files_that_exist():
    """Where a name is written in capitals the folder does."""
    for name in NAME.findall(PAGE.partition("## One file each")[2].partition("## Sizes")[0]):
        if "/" in name:
            path = Path(re.split(r"[A-Z]", name)[0])
            assert (ROOT / path).exists() or (ROOT / "symdyn" / path).exists(), name


def test_only_the_command_line_and_the_reports_print():
    quiet = [module for module in FILES if room(module) not in ("cli", "report")]
    assert [place for module in quiet for place in calls(module, {"print"}, attributes=False)] == []


def test_no_input_or_output_below_the_fifth_floor():
    low = [
        module
        for module in FILES
        if FLOOR.get(room(module), 0) < 5 and room(module) != "certificate" and module not in RUNS_A_PROGRAM
    ]
    assert [place for module in low for place in calls(module, READS_OR_WRITES)] == []
    assert [
        f"{module} imports {name}" for module in low for name in imports(module) if name.split(".")[0] in KEEPS_FILES
    ] == []


def test_text_is_never_executed():
    """One module of `numerics` may: it lowers expressions to code that it wrote itself, on internal names."""
    executing = {
        module: places
        for module in FILES
        if (
            places := calls(module, BUILTINS_THAT_EXECUTE, attributes=False)
            + calls(module, SYMPY_THAT_EXECUTES)
            + [f"{module} imports {name}" for name in imports(module) if name.split(".")[0] == "pickle"]
        )
    }
    lowering = [module for module in executing if room(module) == "numerics"]
    assert len(lowering) <= 1
    assert [place for module in executing if module not in lowering for place in executing[module]] == []


def test_importing_the_package_is_light():
    heavy = ("sympy", "numpy", "scipy", "matplotlib", "flint", "symengine", "networkx", "rich", "click")
    loaded = run_python(f"import sys, symdyn; print([name for name in {heavy} if name in sys.modules])")
    assert loaded == "[]\n"


def test_re_checker_shares_no_code_with_the_engines():
    """It imports NumPy, FLINT, the standard library and its own room; no SymPy, however indirectly."""
    reached, waiting = set(), {module for module in FILES if module.startswith("symdyn.certificate.verify")}
    assert waiting
    while waiting:
        module = waiting.pop()
        reached.add(module)
        ours = {name for name in imports(module) if name in FILES}
        others = {name.split(".")[0] for name in imports(module) - ours}
        assert {room(name) for name in ours} <= {"certificate", "errors"}, f"{module} imports {ours}"
        assert others <= {"numpy", "flint", *sys.stdlib_module_names}, f"{module} imports {others}"
        waiting |= ours - reached
    loaded = run_python("import sys, symdyn.certificate.verify; print(*sys.modules)").split()
    assert {"sympy", "symengine"}.isdisjoint(loaded)
    assert {room(name) for name in loaded if name.split(".")[0] == "symdyn"} <= {"", "certificate", "errors"}
