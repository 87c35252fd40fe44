"""All equilibria of named systems of the literature, against SciPy, SymPy, and msolve and phc where they are installed.

    python benchmarks/equilibria_zoo.py [--only TEXT] [--alone] [--limit SECONDS] [--fuzz NUMBER]

Each line is one run from a fresh flow: how many equilibria are known, how many symdyn lists, whether that these are all
is proved, and its seconds; then what SciPy meets from 100 random starts (any more than are known are not certified),
the real solutions of `sympy.solve` (`-` where it is not done in its limit, two seconds by default), and those of msolve
and phc, each with its seconds. `--alone` leaves the others out. `--fuzz 500` takes random systems in two and three
unknowns instead, and compares with msolve, or with Sturm's count by SymPy where it is not installed.
Exit status 1 if something is missing, wrong or not proved.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import time
from typing import Any

from zoo.flows import flows
from zoo.others import by_msolve, by_phc, by_sympy, multistart, timed
from zoo.polynomials import polynomials
from zoo.random_systems import answered, counted_by_msolve, counted_by_sturm, random_system
from zoo.record import ZooSystem

import symdyn as sd
from symdyn.algebra.zeros.msolve import program

_PHC_LIMIT = 60.0


def one(system: ZooSystem, others: bool, limit: float) -> tuple[bool, float, list[Any]]:
    """Whether all is right, symdyn's seconds, and what the others found with theirs."""
    flow = system.flow()
    seconds, found = timed(lambda: sd.equilibria(flow, seed=0))
    proved = found.completeness.verdict is sd.Verdict.PROVED
    right = proved and len(found) == system.known and not found.families
    cells = []
    if others:
        for work in (
            lambda: multistart(system),
            lambda: by_sympy(system, limit),
            lambda: by_msolve(system),
            lambda: by_phc(system, _PHC_LIMIT),
        ):
            cells.append(timed(work))
    shown = f"{system.name[:42]:42} {system.known:4} {len(found):4} {'all' if proved else '...':>4} {seconds:7.3f}"
    print(shown + "".join(map(_cell, cells)) + ("" if right else "  WRONG"), flush=True)
    return right, seconds, cells


def _cell(cell: tuple[float, Any]) -> str:
    seconds, number = cell
    return f" {'-' if number is None else number:>6} {seconds:7.3f}"


def zoo(only: str, others: bool, limit: float) -> bool:
    """The table."""
    titles = ("SciPy", "SymPy", "msolve", "phc") if others else ()
    print(f"{'system':42} {'know':>4} {'list':>4} {'':>4} {'s':>7}" + "".join(f" {t:>6} {'s':>7}" for t in titles))
    systems = [s for s in (*flows(), *polynomials()) if only.lower() in s.name.lower()]
    rows = [one(system, others, limit) for system in systems]
    if not rows:
        print("no system has this text in its name")
        return False
    times = [seconds for _, seconds, _ in rows]
    print(
        f"\n{len(rows)} systems: {sum(right for right, *_ in rows)} with all equilibria, proved; "
        f"{sum(times):.1f} s, median {statistics.median(times):.4f} s, longest {max(times):.2f} s"
    )
    for k, title in enumerate(titles):
        cells = [row[2][k] for row in rows]
        same = sum(cell[1] == system.known for cell, system in zip(cells, systems, strict=True))
        answers = sum(cell[1] is not None for cell in cells)
        median = statistics.median(cell[0] for cell in cells)
        print(f"{title}: {same} with the known number, {answers} answers; median {median:.4f} s")
    return all(right for right, *_ in rows)


def fuzz(number: int) -> bool:
    """Random systems against another count."""
    route = "msolve" if program() is not None else "Sturm's count by SymPy"
    wrong, times = [], []
    for seed in range(number):
        coords, equations = random_system(seed)
        began = time.perf_counter()
        listed, proved = answered(seed)
        times.append(time.perf_counter() - began)
        other = counted_by_msolve(coords, equations)
        known = counted_by_sturm(coords, equations) if other is None else other
        if not proved or listed != known:
            wrong.append(seed)
            print(f"seed {seed}: {listed} listed, {known} by {route}, {'proved' if proved else 'not proved'}")
    median = statistics.median(times)
    good = f"{number - len(wrong)} of {number} random systems complete"
    print(f"{good}, and as many as {route} says; median {median:.4f} s, longest {max(times):.2f} s")
    return not wrong


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="TEXT")
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--limit", type=float, default=2.0, metavar="SECONDS")
    parser.add_argument("--fuzz", type=int, default=0, metavar="NUMBER")
    asked = parser.parse_args()
    print(f"Python {platform.python_version()}, symdyn {sd.__version__}, msolve: {program() or 'not installed'}")
    good = fuzz(asked.fuzz) if asked.fuzz > 0 else zoo(asked.only, not asked.alone, asked.limit)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
