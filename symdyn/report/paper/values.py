r"""The generated file of values: lines \symdyndefine{key}{text}, sorted, which a paper reads with \input."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from symdyn.certificate.provenance import versions
from symdyn.errors import ModelError
from symdyn.report.paper.numerals import numeral

_DEFINE = re.compile(r"\\symdyndefine\{([^{}]*)\}\{(.*)\}\s*\Z")


def values_text(values: Mapping[str, str], claims_file: str) -> str:
    """The file for these values; equal values give equal files."""
    made = ", ".join(f"{name} {version}" for name, version in versions().items() if name in ("symdyn-toolkit", "sympy"))
    lines = [
        f"% Written by symdyn check --update from {claims_file}; changes by hand are found by symdyn check.",
        f"% Made with {made}.",
        *(f"\\symdyndefine{{{key}}}{{{text}}}" for key, text in sorted(values.items())),
    ]
    return "\n".join(lines) + "\n"


def read_values(path: Path) -> dict[str, tuple[str, int]]:
    """Text and line of each key of a values file; none if there is no file.

    Raises
    ------
    ModelError
        With file and line, if a line is neither a comment nor a definition.
    """
    if not path.is_file():
        return {}
    found: dict[str, tuple[str, int]] = {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ModelError(f"{path.name} cannot be read: remove it, and write it again with --update") from None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("%"):
            continue
        define = _DEFINE.match(line.strip())
        if define is None:
            raise ModelError(f"{path.name}, line {number}: is no \\symdyndefine{{key}}{{text}}: write it with --update")
        found[define[1]] = define[2], number
    return found


def prints_differently(literal: str, value: str) -> str | None:
    """Why a number printed in the paper is not the value of a claim, or None if it is.

    Fewer digits are allowed if they are the value rounded; more are not.

    Examples
    --------
    >>> prints_differently("0.0143", "0.01437")
    'the value is 0.01437'
    >>> prints_differently("0.0144", "0.01437") is None
    True
    """
    printed, right = numeral(literal), numeral(value)
    if printed is None or right is None:
        same = re.sub(r"[\s{}$~]", "", literal) == re.sub(r"[\s{}$~]", "", value)
        return None if same else f"the value is {value}"
    if printed.value == right.value and (printed.unit >= right.unit or not right.unit):
        return None
    if printed.unit > right.unit and abs(printed.value - right.value) <= printed.tolerance:
        return None
    if right.unit and printed.unit < right.unit and abs(printed.value - right.value) <= right.tolerance:
        return f"more digits are printed than are known: the value is {value}"
    return f"the value is {value}"
