"""The catalog: every module of this room that defines `build` is a system, found by looking, not by a list."""

from __future__ import annotations

import ast
import difflib
import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from symdyn.errors import ModelError


def catalog() -> tuple[str, ...]:
    """Names of the systems, sorted.

    Examples
    --------
    >>> "deep_linear_network" in catalog()
    True
    """
    return tuple(name for name, document in _documents().items() if document is not None)


def line(name: str) -> str:
    """The one-line description of a system: the first line of its docstring, read without importing it."""
    return ((_documents()[name] or "").splitlines() or [""])[0]


def system(name: str, **parameters: Any) -> Any:
    """A system of the catalog with the given parameters.

    Raises
    ------
    ModelError
        If there is no such system, or it has no such parameter; the nearest name is suggested.

    Examples
    --------
    >>> system("deep_linear_network", width=2)
    Traceback (most recent call last):
    ...
    symdyn.errors.ModelError: 'width' is no parameter of deep_linear_network: did you mean widths?
    """
    build = _build(name)
    _checked_names(name, inspect.signature(build).parameters, parameters)
    return build(**parameters)


def parameters_of(name: str) -> dict[str, Any]:
    """The parameters of a system with the values that they have unless given.

    Raises
    ------
    ModelError
        If there is no such system; the nearest name is suggested.
    """
    return {key: one.default for key, one in inspect.signature(_build(name)).parameters.items()}


def parameter_lines(name: str) -> dict[str, str]:
    """What the documentation of a system says of each parameter; two that are explained together say the same.

    Raises
    ------
    ModelError
        If there is no such system; the nearest name is suggested.
    """
    text = inspect.getdoc(_build(name)) or ""
    section = text.partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    found: dict[str, str] = {}
    named: list[str] = []
    for one in section.splitlines():
        if one.startswith(" "):
            found |= {key: f"{found.get(key, '')} {one.strip()}".strip() for key in named}
        else:
            named = [key.strip() for key in one.split(",")]
    return found


def _build(name: str) -> Callable[..., Any]:
    names = catalog()
    if name not in names:
        hint = _hint(str(name), names) if names else "the catalog is empty"
        raise ModelError(f"{name!r} is no system of the catalog: {hint}")
    found: Callable[..., Any] = importlib.import_module(f"symdyn.systems.{name}").build
    return found


def _checked_names(name: str, known: Mapping[str, inspect.Parameter], given: Mapping[str, Any]) -> None:
    for key in given:
        if key not in known:
            raise ModelError(f"{key!r} is no parameter of {name}: {_hint(key, known)}")
    missing = [key for key, one in known.items() if one.default is inspect.Parameter.empty and key not in given]
    if missing:
        raise ModelError(f"{name} needs a value of {missing[0]}: write {missing[0]}=...")


def _hint(wanted: str, known: Mapping[str, Any] | tuple[str, ...]) -> str:
    """The nearest name, letters in either case; else all of them."""
    small = {key.lower(): key for key in known}
    near = difflib.get_close_matches(wanted.lower(), small, n=1)
    return f"did you mean {small[near[0]]}?" if near else f"there are {', '.join(known)}"


@functools.cache
def _documents() -> dict[str, str | None]:
    """Docstring of each module of this room that defines `build`, and None for the others; nothing is imported."""
    here = Path(__file__).parent
    found: dict[str, str | None] = {}
    for module in sorted(pkgutil.iter_modules([str(here)]), key=lambda one: one.name):
        source = here / module.name / "__init__.py" if module.ispkg else here / f"{module.name}.py"
        tree = ast.parse(source.read_text(encoding="utf-8"))
        builds = any(isinstance(node, ast.FunctionDef) and node.name == "build" for node in tree.body)
        found[module.name] = (ast.get_docstring(tree) or "") if builds else None
    return found
