"""The law engine on random small models, held against a slow route that shares no code with it.

    python benchmarks/adversarial.py --models 100000 --seed 0
    python benchmarks/adversarial.py --models 100000 --fraction 0.1 --classes primes,points
    python benchmarks/adversarial.py --only primes:17

Each model depends on seed, class and number alone. The exit status is 1 if anything is false: a proof of another
number, bounds that exclude it, a law that is not conserved, a refuted certificate, a crash.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field

from adversarial.cases import Case
from adversarial.classes import CLASSES, drawn, outcome, sizes
from adversarial.compare import Outcome

_SHOWN_FAULTS = 5
_COLUMNS = (
    "class", "models", "PROVED right", "open", "refused", "false PROVED", "bounds exclude N", "laws wrong",
    "certificates refuted", "crashes", "N proved by the route", "route / engine",
)  # fmt: skip


@dataclass
class Tally:
    """Counts of one class."""

    kinds: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    proved: int = 0
    engine: float = 0.0
    route: float = 0.0

    def add(self, found: Outcome) -> None:
        """Count one outcome; a model that is false in two ways is counted in each column."""
        self.kinds[found.kind] += 1
        self.faults.update({fault.split(":")[0] for fault in found.faults})
        self.proved += found.is_proved
        self.engine += found.engine
        self.route += found.route

    def merge(self, other: Tally) -> None:
        """Add the counts of another class."""
        self.kinds += other.kinds
        self.faults += other.faults
        self.proved += other.proved
        self.engine += other.engine
        self.route += other.route

    def row(self, name: str) -> tuple[str, ...]:
        """A line of the table."""
        laws = self.faults["law not conserved"] + self.faults["laws dependent"]
        certificates = self.faults["certificate refuted"] + self.faults["certificate of a proof not proved again"]
        counts = (
            sum(self.kinds.values()), self.kinds["proved right"], self.kinds["open"] + self.kinds["undecided"],
            self.kinds["refused"], self.faults["false proof"], self.faults["bounds exclude N"], laws, certificates,
            self.faults["crash"], self.proved,
        )  # fmt: skip
        return (name, *(f"{count:,}" for count in counts), f"{self.route / max(self.engine, 1e-9):.2f}")


def table(rows: list[tuple[str, ...]], markdown: bool) -> str:
    """The rows under their heads, as text or Markdown."""
    if markdown:
        body = ["| " + " | ".join(row) + " |" for row in (_COLUMNS, *rows)]
        return "\n".join([body[0], "|" + " --- |" + " ---: |" * (len(_COLUMNS) - 1), *body[1:]])
    widths = [max(len(row[k]) for row in (_COLUMNS, *rows)) for k in range(len(_COLUMNS))]
    return "\n".join("  ".join(x.rjust(w) for x, w in zip(row, widths)) for row in (_COLUMNS, *rows))


def show_one(place: str, seed: int) -> int:
    """Print one model and what comes of it."""
    name, _, number = place.rpartition(":")
    case: Case = drawn(name, int(number), seed)
    found = outcome(name, int(number), seed)
    print(case.text)
    for one in case.fields:
        print("  field", one)
    print(found)
    return int(bool(found.faults))


def run(models: int, names: list[str], seed: int, markdown: bool) -> int:
    """Compare all models, print faults as they come and the table at the end."""
    rows, whole = [], Tally()
    for name, number in sizes(models, names).items():
        tally, shown = Tally(), 0
        for index in range(number):
            found = outcome(name, index, seed)
            tally.add(found)
            if found.faults and shown < _SHOWN_FAULTS:
                shown += 1
                print(f"{name}:{index}", *found.faults, drawn(name, index, seed).text, sep="\n  ", file=sys.stderr)
        rows.append(tally.row(name))
        print(f"{name}: {number:,} models", file=sys.stderr, flush=True)
        whole.merge(tally)
    rows.append(whole.row("all"))
    print(table(rows, markdown))
    return int(bool(whole.faults))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=1000, help="models of all classes together")
    parser.add_argument("--fraction", type=float, default=1.0, help="compare this part of them")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--classes", default=",".join(CLASSES), help="names with commas")
    parser.add_argument("--only", help="one model, as in primes:17")
    parser.add_argument("--markdown", action="store_true", help="print the table for docs/trust.md")
    given = parser.parse_args()
    if given.only:
        return show_one(given.only, given.seed)
    names = [name.strip() for name in given.classes.split(",")]
    unknown = [name for name in names if name not in CLASSES]
    if unknown:
        parser.error(f"{unknown[0]!r} is no class: classes are {', '.join(CLASSES)}")
    return run(round(given.models * given.fraction), names, given.seed, given.markdown)


if __name__ == "__main__":
    sys.exit(main())
