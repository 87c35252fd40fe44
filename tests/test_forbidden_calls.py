"""Nothing in symdyn executes text: no evaluator is named, and SymPy receives no strings but names.

On SymPy 1.14 each of sympify, parse_expr, lambdify and srepr runs code that its text contains, also through
`sp.Matrix(["..."])` or `expression.subs("...", 1)`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "symdyn"

#: Modules that execute code which they generate themselves, from expressions with internal names.
ALLOWED = {"numerics/backends/generated.py"}

BUILTINS = {"eval", "exec", "compile", "__import__"}
EVALUATORS = {"sympify", "parse_expr", "parse_latex", "parse_mathematica", "srepr", "lambdify", "autowrap", "ufuncify"}
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "yaml", "code", "codeop"}
#: Calls whose strings are names or printing options, and are never evaluated.
TAKES_NAMES = {"Symbol", "symbols", "Dummy", "Wild", "Function", "MatrixSymbol", "IndexedBase"}
SUBSTITUTIONS = {"subs", "xreplace", "replace_symbols"}


def violations(source: str) -> list[str]:
    """What a module names or calls although it must not, each with its line."""
    tree = ast.parse(source)
    aliases = set(sympy_aliases(tree))
    return sorted(f"line {line}: {what}" for node in ast.walk(tree) for line, what in faults(node, aliases))


def sympy_aliases(tree: ast.AST) -> Iterator[str]:
    """The names under which a module knows SymPy."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.asname or "sympy" for name in node.names if name.name.split(".")[0] == "sympy")


def faults(node: ast.AST, aliases: set[str]) -> Iterator[tuple[int, str]]:
    match node:
        case ast.Name(id=name) if name in BUILTINS | EVALUATORS:
            yield node.lineno, name
        case ast.Attribute(attr=name) if name in EVALUATORS or name == "__import__":
            yield node.lineno, name
        case ast.Attribute(value=ast.Name(id="builtins"), attr=name) if name in BUILTINS:
            yield node.lineno, name
        case ast.Import(names=names):
            yield from ((node.lineno, name.name) for name in names if name.name.split(".")[0] in MODULES)
        case ast.ImportFrom(module=module, names=names):
            if (module or "").split(".")[0] in MODULES:
                yield node.lineno, str(module)
            yield from ((node.lineno, name.name) for name in names if name.name in EVALUATORS | BUILTINS)
        case ast.Call(func=function, args=arguments):
            name = called(function, aliases)
            if name == "S":
                yield node.lineno, "S(...)"
            elif name and name not in TAKES_NAMES and any(map(holds_text, arguments)):
                yield node.lineno, f"{name} with text"


def called(function: ast.expr, aliases: set[str]) -> str | None:
    """The name of a function of SymPy, or of a method that substitutes."""
    if isinstance(function, ast.Attribute):
        root: ast.expr = function
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name) and root.id in aliases:
            return function.attr
        return function.attr if function.attr in SUBSTITUTIONS else None
    return None


def holds_text(argument: ast.expr) -> bool:
    """Whether an argument is a string, or a tuple, list or mapping of such."""
    match argument:
        case ast.Constant(value=value):
            return isinstance(value, str)
        case ast.JoinedStr():
            return True
        case ast.Tuple(elts=entries) | ast.List(elts=entries) | ast.Set(elts=entries):
            return any(map(holds_text, entries))
        case ast.Dict(keys=keys, values=values):
            return any(holds_text(entry) for entry in [*keys, *values] if entry is not None)
        case ast.Starred(value=value):
            return holds_text(value)
    return False


MODULE_FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("module", [name for name in MODULE_FILES if name not in ALLOWED])
def test_no_module_executes_text(module):
    assert violations((PACKAGE / module).read_text(encoding="utf-8")) == []


def test_there_are_modules_to_look_at():
    assert "algebra/formulas/read.py" in MODULE_FILES
    assert len(ALLOWED) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import sympy as sp\nsp.sympify(text)",
        "import sympy\nsympy.parsing.sympy_parser.parse_expr(text)",
        "from sympy import sympify",
        "from sympy.parsing.sympy_parser import parse_expr as p",
        "eval(text)",
        "run = exec",
        "compile(text, '', 'eval')",
        "import builtins\nbuiltins.eval(text)",
        "__import__(name)",
        "import pickle",
        "from pickle import loads",
        "import yaml",
        "import dill as d",
        "import cloudpickle",
        "import sympy as sp\nsp.S(text)",
        "import sympy as sp\nsp.Matrix(['u', 'v'])",
        "import sympy as sp\nsp.Matrix([[1, 'u']])",
        "import sympy as sp\nsp.Eq('u', 1)",
        "import sympy as sp\nsp.Integer(1).subs('u', 2)",
        "import sympy as sp\nsp.sin(f'{name}')",
        "e.subs({'u': 1})",
        "import sympy as sp\nsp.srepr(e)",
        "import sympy as sp\nsp.lambdify(x, e)",
    ],
)
def test_the_check_finds(source):
    assert violations(source) != []


@pytest.mark.parametrize(
    "source",
    [
        "import re\nre.compile('u')",
        "import sympy as sp\nsp.Symbol('u') + sp.symbols('u v') + sp.Dummy('t')",
        "import sympy as sp\nsp.latex(e, mode='inline')",
        "import sympy as sp\nsp.S.One + sp.Matrix([[1, 2]])",
        "model.eval()",
        "e.subs({u: 1})",
        "'sympify(text)'",
    ],
)
def test_the_check_leaves_alone(source):
    assert violations(source) == []
