"""Versions of what computed an answer."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
from typing import Any

_PACKAGES = ("symdyn-toolkit", "sympy", "symengine", "python-flint", "numpy")


@functools.cache
def versions() -> dict[str, str]:
    """Versions of Python and of the packages that take part in a proof; "not installed" where one is missing."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def provenance(**facts: Any) -> dict[str, Any]:
    """Versions and whatever else should be recorded (seed, seconds)."""
    return {**facts, "versions": dict(versions())}
