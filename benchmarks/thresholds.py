"""Conditions of stability of textbook models as a person writes them, beside what SymPy's eigenvalues give.

    python benchmarks/thresholds.py [--only TEXT] [--alone] [--limit SECONDS] [--trials NUMBER]

Each line is one run from a fresh model: symdyn's seconds for `verify_equilibrium`, and its conditions; whether they are
true exactly where the condition of the textbook is, at random values of the parameters. Then what SymPy gives for the
same question, from `Matrix.eigenvals` of the Jacobian and "the real part is below 0" (a modulus below 1 for maps),
simplified: its seconds, and how many operations stand in it (`-` where it is not done in the limit, ten seconds by
default); its time over ours; and our conditions. `--alone` leaves SymPy out.
Exit status 1 if a condition is wrong or takes longer than two seconds.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import time
from typing import Any

import sympy as sp
from zoo.thresholds import ThresholdModel, thresholds

import symdyn as sd
from symdyn.algebra.budgets.time_budget import TimeSpentError, time_budget
from symdyn.algebra.formulas.plain_text import terminal_text

_AIM = 2.0


def agrees(conditions: Any, model: ThresholdModel, number: int) -> bool:
    """Whether the conditions are those of the textbook, at values of the parameters."""
    return all(
        all(bool(sp.simplify(one.subs(values))) for one in conditions) is bool(model.known.subs(values))
        for values in model.trials(number, seed=0)
    )


def by_sympy(model: ThresholdModel, limit: float) -> int | None:
    """Operations in the conditions that eigenvalues give; None if it is not done in the limit, or on a constraint."""
    if model.on:
        return None
    try:
        with time_budget(limit):
            jacobian = sp.Matrix(list(model.next_)).jacobian(model.coords).subs(model.point)
            conditions = []
            for value in sp.simplify(jacobian).eigenvals():
                conditions.append(sp.simplify(sp.Abs(value) < 1 if model.discrete else sp.re(value) < 0))
            return int(sum(sp.count_ops(one) for one in conditions))
    except TimeSpentError:
        return None
    except Exception:  # SymPy cannot compare what it found; whatever it raises is its answer
        return None


def one(model: ThresholdModel, arguments: argparse.Namespace) -> tuple[bool, float, float, int | None]:
    """Whether it is right and in time, both times, and the operations of SymPy's conditions."""
    fresh = model.model()
    began = time.perf_counter()
    found = sd.verify_equilibrium(fresh, model.point)
    spent = time.perf_counter() - began
    right = found.conditions is not None and agrees(found.conditions, model, arguments.trials)
    shown = ", ".join(map(terminal_text, found.conditions or ())) or ("always" if found.conditions == () else "?")
    line = f"{model.name[:40]:40} {spent:6.2f} {'right' if right else 'WRONG'}"
    other, operations = 0.0, None
    if not arguments.alone:
        began = time.perf_counter()
        operations = by_sympy(model, arguments.limit)
        other = time.perf_counter() - began
        line += f" {other:6.2f} {'-' if operations is None else operations:>6} {other / spent:7.1f}"
    print(f"{line}  {shown}", flush=True)
    return right and spent < _AIM, spent, other, operations


def main() -> int:
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="TEXT")
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--limit", type=float, default=10.0, metavar="SECONDS")
    parser.add_argument("--trials", type=int, default=40, metavar="NUMBER")
    arguments = parser.parse_args()
    print(f"Python {platform.python_version()}, symdyn {sd.__version__}, SymPy {sp.__version__}")
    others = "" if arguments.alone else f" {'SymPy':>6} {'ops':>6} {'ratio':>7}"
    print(f"{'model':40} {'s':>6} {'':5}{others}  conditions")
    chosen = [model for model in thresholds() if arguments.only.lower() in model.name.lower()]
    if not chosen:
        print("no model has this text in its name")
        return 1
    rows = [one(model, arguments) for model in chosen]
    times = [spent for _, spent, _, _ in rows]
    print(
        f"\n{len(rows)} models: {sum(good for good, *_ in rows)} right within {_AIM:g} s; "
        f"median {statistics.median(times):.2f} s, longest {max(times):.2f} s"
    )
    if not arguments.alone:
        answers = [operations for *_, operations in rows if operations is not None]
        ratios = [other / spent for _, spent, other, _ in rows]
        print(
            f"SymPy: {len(answers)} answers in {arguments.limit:g} s each, "
            f"median {statistics.median(answers or [0]):g} operations; "
            f"its time over ours: median {statistics.median(ratios):.1f}"
        )
    return 0 if all(good for good, *_ in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
