"""Systems of the catalog against what a user would do instead, side by side in one run.

    python benchmarks/systems.py [SYSTEM ...] [--full]

Each module of `system_rows` is a system: its `rows(full)` gives lines (what, seconds, rival, seconds of the rival), the
last None where the rival is not installed or does not end. A ratio above 1 says how many times faster symdyn is. `best`
takes the fastest of several runs.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: What was measured, its seconds, what a user would do instead, the seconds of that.
Row = tuple[str, float, str, float | None]

FOLDER = Path(__file__).parent / "system_rows"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")


def best(function: Callable[[], Any], repeats: int = 3) -> float:
    """Seconds of the fastest run."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return min(times)


def rows_of(name: str, full: bool) -> list[Row]:
    """The lines of one system."""
    return importlib.import_module(f"benchmarks.system_rows.{name}").rows(full)


def shown(name: str, row: Row) -> str:
    """One line of the table."""
    what, seconds, rival, other = row
    beside, ratio = ("-", "-") if other is None else (f"{other:.3g} s", f"{other / seconds:.3g}")
    return f"{name:<28} {what:<66} {seconds:>9.3g} s  {rival:<52} {beside:>10} {ratio:>8}"


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("systems", nargs="*", metavar="SYSTEM", choices=[[], *NAMES], default=[])
    reader.add_argument("--full", action="store_true", help="at the sizes of the papers")
    asked = reader.parse_args(arguments)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{'system':<28} {'what':<66} {'symdyn':>11}  {'instead':<52} {'seconds':>10} {'ratio':>8}")
    for name in asked.systems or NAMES:
        for row in rows_of(name, asked.full):
            print(shown(name, row), flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    main()
