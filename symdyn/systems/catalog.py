"""The catalog: every module of this room that defines `build` is a system, found by looking, not by a list."""

from __future__ import annotations

import ast
import difflib
import importlib
import pkgutil
from pathlib import Path
from typing import Any

from symdyn.errors import ModelError

_NOT_SYSTEMS = {"catalog", "dynamics_options", "model_file", "flow_extras", "flow_file", "presets"}


def catalog() -> tuple[str, ...]:
    """Names of the systems, sorted.

    Examples
    --------
    >>> isinstance(catalog(), tuple)
    True
    """
    return tuple(
        sorted(m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]) if m.name not in _NOT_SYSTEMS)
    )


def line(name: str) -> str:
    """The one-line description of a system: the first line of its docstring, read without importing it."""
    here = Path(__file__).parent
    source = here / name / "__init__.py" if (here / name).is_dir() else here / f"{name}.py"
    document = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return document.splitlines()[0] if document else ""


def system(name: str, **parameters: Any) -> Any:
    """A system of the catalog with the given parameters.

    Raises
    ------
    ModelError
        If there is no such system; the nearest name is suggested.
    """
    names = catalog()
    if name not in names:
        near = difflib.get_close_matches(str(name), names, n=1)
        hint = (
            f"did you mean {near[0]}?"
            if near
            else (f"there are {', '.join(names)}" if names else "the catalog is empty")
        )
        raise ModelError(f"{name!r} is no system of the catalog: {hint}")
    return importlib.import_module(f"symdyn.systems.{name}").build(**parameters)
