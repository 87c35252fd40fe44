"""Times of the law engine: reference grids, large networks, typed formulas, re-checks, and a plain SymPy route.

Run as `python benchmarks/law_counts.py`, or with the names of some sections: grids, search, scale, formulas, recheck,
rival, momentum. Times are in seconds, wall clock; the best one is that of three runs in one process. Published times
are those of the notebook of arXiv 2307.00144 (github.com/sibyllema/Conservation_laws, acd6094), on 64 processes.
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import sympy as sp
from sympy.polys.matrices import DomainMatrix

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import symdyn as sd  # noqa: E402
from symdyn.laws.search.polynomial import polynomial_laws  # noqa: E402

TABLES = ROOT / "tests" / "data"
PUBLISHED = {"linear grid": 34 * 60 + 23, "ReLU grid": 3600 + 53 * 60 + 11, "linear laws": 91, "ReLU laws": 44}


@dataclass(frozen=True)
class Row:
    """One line of the output; None where a column says nothing."""

    task: str
    seconds: float
    first: float | None = None
    aim: float | None = None
    other: float | None = None  # a published or rival time
    megabytes: float | None = None
    recheck: float | None = None


# Reading the tables; widths run from output to input there, from input to output in the package.


def table(name: str) -> list[list[str]]:
    """Lines of a table of architectures that are no comments, as columns of text."""
    lines = (TABLES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line.split() for line in lines if not line.startswith("#")]


def inward(widths: str) -> tuple[int, ...]:
    """5,3,2 as (2, 3, 5)."""
    return tuple(int(width) for width in reversed(widths.split(",")))


# Formulas as a user types them.


def matrices(widths: Sequence[int]) -> list[sp.Matrix]:
    """U1, ..., Uq of a network, the output matrix first."""
    shapes = itertools.pairwise(reversed(widths))
    return [
        sp.Matrix(rows, columns, lambda i, j, k=k: sp.Symbol(f"U{k}_{i + 1}_{j + 1}"))
        for k, (rows, columns) in enumerate(shapes, start=1)
    ]


def typed_linear(widths: Sequence[int]) -> tuple[tuple[sp.Symbol, ...], list[sp.Expr]]:
    """Coordinates, and the expanded entries of U1 U2 ... Uq."""
    factors = matrices(widths)
    product = factors[0]
    for factor in factors[1:]:
        product = (product * factor).applyfunc(sp.expand)
    return tuple(symbol for factor in factors for symbol in factor), list(product)


def typed_relu(widths: Sequence[int], bias: bool) -> tuple[tuple[sp.Symbol, ...], list[sp.Expr]]:
    """Coordinates, and one monomial for each path from an input, or from a hidden bias, to an output."""
    factors = matrices(widths)
    biases = [
        sp.Matrix(width, 1, lambda i, _, k=k: sp.Symbol(f"b{k}_{i + 1}"))
        for k, width in enumerate(reversed(widths[1:-1]), start=1)
    ]
    outputs = list(paths(factors))
    if bias:
        for depth, vector in enumerate(biases, start=1):
            outputs += paths([*factors[:depth], vector])
    return tuple(symbol for block in [*factors, *(biases if bias else ())] for symbol in block), outputs


def paths(factors: Sequence[sp.Matrix]) -> Iterator[sp.Expr]:
    """Products of entries along all chains of indices."""
    widths = [factors[0].rows, *(factor.cols for factor in factors)]
    for nodes in itertools.product(*map(range, widths)):
        yield sp.Mul(*(factor[edge] for factor, edge in zip(factors, itertools.pairwise(nodes), strict=True)))


def typed_random(parameters: int, outputs: int, terms: int, seed: int) -> tuple[tuple[sp.Symbol, ...], list[sp.Expr]]:
    """Sums of random monomials of degree 2 to 4 with small coefficients."""
    draw = random.Random(seed)
    coords = sp.symbols(f"x1:{parameters + 1}")
    return coords, [
        sp.Add(*(draw.randint(1, 9) * sp.Mul(*draw.sample(coords, draw.randint(2, 4))) for _ in range(terms)))
        for _ in range(outputs)
    ]


@cache
def skipping_network(nodes: int, edges: int, seed: int) -> nx.DiGraph:
    """A random acyclic graph in which every node lies on a path from one of 20 inputs to one of 10 outputs."""
    draw = random.Random(seed)
    inputs, outputs = 20, 10
    chosen = {(draw.randrange(head), head) for head in range(inputs, nodes)}
    chosen |= {(tail, draw.randrange(max(tail + 1, inputs), nodes)) for tail in range(nodes - outputs)}
    while len(chosen) < edges:
        tail, head = sorted(draw.sample(range(nodes), 2))
        if tail < nodes - outputs and head >= inputs:
            chosen.add((tail, head))
    allowed = {(tail, head) for tail, head in chosen if tail < nodes - outputs and head >= inputs}
    return nx.DiGraph(sorted(allowed))


# Measuring.


def timed(task: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Seconds, and what the task returned."""
    started = time.perf_counter()
    result = task(*arguments)
    return time.perf_counter() - started, result


def first_and_best(task: Callable[..., Any], *arguments: Any) -> tuple[float, float]:
    """Seconds of the first of three runs and of the fastest one."""
    times = [timed(task, *arguments)[0] for _ in range(3)]
    return times[0], min(times)


def peak_megabytes() -> float:
    """Largest resident memory of this process so far, imports included."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def in_fresh_process(job: str) -> dict[str, Any]:
    """Run one job, a model of `SCALE` or `FORMULAS`, in its own interpreter."""
    command = [sys.executable, __file__, "--job", job]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the job {job} failed:\n{done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def checked(answer: sd.LawCount, laws: int | None = None) -> sd.LawCount:
    """The answer, if it is proved and counts as many laws as the table says."""
    if answer.verdict is not sd.Verdict.PROVED or laws not in (None, answer.count):
        raise RuntimeError(f"{answer.model}: {answer.lower} to {answer.upper} laws, {answer.verdict}; expected {laws}")
    return answer


def certified(model: Any, laws: int | None = None) -> sd.LawCount:
    """The proved answer, its certificate written as text."""
    answer = checked(sd.conservation_laws(model), laws)
    answer.certificate.to_json()
    return answer


def all_certified(models: Sequence[tuple[Any, int]]) -> list[sd.LawCount]:
    """One proved answer for each model and its number of laws."""
    return [certified(model, laws) for model, laws in models]


def typed_count(coords: Sequence[sp.Symbol], outputs: Sequence[sp.Expr]) -> sd.LawCount:
    """From SymPy expressions to the proved answer."""
    return checked(sd.conservation_laws(sd.Parametrization(tuple(coords), list(outputs))))


def recheck(answers: Sequence[sd.LawCount]) -> None:
    """Verify every certificate."""
    for answer in answers:
        if answer.certificate.verify().verdict is not sd.Verdict.PROVED:
            raise RuntimeError(f"the certificate of {answer.model} does not hold")


# The sections.


def grids() -> list[Row]:
    """50 linear and 50 ReLU architectures, counted with certificates, then re-checked."""
    linear = [(sd.networks.linear(*inward(row[1])), int(row[-1])) for row in table("linear_networks")]
    relu = [(sd.networks.relu(*inward(row[1]), bias=row[2] == "yes"), int(row[-1])) for row in table("relu_networks")]
    rows = []
    for name, models, aim in (("linear", linear, 1.2), ("ReLU", relu, 0.5)):
        first, best = first_and_best(all_certified, models)
        rows.append(Row(f"50 {name} networks proved", best, first, aim, PUBLISHED[f"{name} grid"]))
        first, best = first_and_best(recheck, all_certified(models))
        rows.append(Row(f"50 {name} certificates re-checked", best, first))
    return rows


def search() -> list[Row]:
    """Quadratic laws of 10 linear and 10 ReLU networks, from formulas."""
    rows = []
    for name, file, typed in (
        ("linear", "linear_quadratic_laws", typed_linear),
        ("ReLU", "relu_quadratic_laws", partial(typed_relu, bias=False)),
    ):
        columns = table(file)
        expansion, formulas = timed(lambda typed, lines: [typed(inward(line[1])) for line in lines], typed, columns)
        first, best = first_and_best(find_quadratic_laws, formulas, [int(line[-1]) for line in columns])
        rows.append(Row(f"quadratic laws of 10 {name} networks", best, first, None, PUBLISHED[f"{name} laws"]))
        rows.append(Row(f"  (SymPy expands their {name} outputs)", expansion))
    together = rows[0].seconds + rows[2].seconds
    return [*rows, Row("both law searches together", together, None, 0.2, 91 + 44)]


def find_quadratic_laws(formulas: Sequence[Any], known: Sequence[int]) -> None:
    """Search each parametrization and compare the number of laws with the table's."""
    for (coords, outputs), laws in zip(formulas, known, strict=True):
        found = polynomial_laws(sd.Parametrization(coords, outputs).polynomial_fields, 1, 2)
        if found.laws.number != laws or not found.complete:
            raise RuntimeError(f"{len(coords)} parameters: {found.laws.number} quadratic laws, expected {laws}")


#: Name of a job: the model, the aim in seconds, and whether its certificate is re-checked here.
SCALE: dict[str, tuple[Callable[[], Any], float, bool]] = {
    "linear 20,20,20": (lambda: sd.networks.linear(20, 20, 20), 0.6, True),
    "linear 24,24,24": (lambda: sd.networks.linear(24, 24, 24), 1, True),
    "linear 12,12,12,12": (lambda: sd.networks.linear(12, 12, 12, 12), 0.3, True),
    "attention, width 4, head width 4": (lambda: sd.networks.attention(4, 4), 1, True),
    "attention, width 40, 5 heads of 8": (lambda: sd.networks.attention(40, 8, heads=5), 5, True),
    "ReLU 784,512,512,10 with biases": (lambda: sd.networks.relu(784, 512, 512, 10, bias=True), 1, True),
    "ReLU graph, 24,000 edges": (lambda: sd.networks.relu_graph(skipping_network(700, 24_000, 0)), 1, True),
    "linear 50,50,50": (lambda: sd.networks.linear(50, 50, 50), 20, False),
    "linear 35,35,35,35,35": (lambda: sd.networks.linear(35, 35, 35, 35, 35), 20, False),
    "linear 20,60,40,30": (lambda: sd.networks.linear(20, 60, 40, 30), 20, False),
}


def scale() -> list[Row]:
    """Large models, each in its own process."""
    rows = []
    for name, (_, aim, _) in SCALE.items():
        result = in_fresh_process(name)
        task = f"{name} (D = {result['dimension']:,})"
        rows.append(
            Row(
                task,
                result["best"],
                result["first"],
                aim,
                megabytes=result["megabytes"],
                recheck=result["recheck"],
            )
        )
    return rows


def scale_job(name: str) -> dict[str, Any]:
    """Make the model and count, note the memory, and repeat."""
    build, _, is_checked = SCALE[name]
    build()  # what the model is made from, such as a networkx graph, is kept
    building, model = timed(build)
    first, answer = timed(certified, model)
    megabytes = peak_megabytes()
    times = [first, *(timed(lambda: certified(build()))[0] for _ in range(2))]
    seconds = timed(recheck, [answer])[0] if is_checked else None
    return {
        "dimension": answer.dimension,
        "first": building + first,
        "best": min(times),
        "megabytes": megabytes,
        "recheck": seconds,
    }


FORMULAS: dict[str, Callable[[], tuple[tuple[sp.Symbol, ...], list[sp.Expr]]]] = {
    "typed product, 50 parameters, 200 monomials": lambda: typed_linear((5, 2, 20)),
    "typed random sums, 50 parameters, 200 monomials": lambda: typed_random(50, 25, 8, seed=0),
}


def formulas() -> list[Row]:
    """Formulas of a user, at the first call in a fresh process and later."""
    rows = []
    for name in FORMULAS:
        result = in_fresh_process(name)
        rows.append(Row(name, result["best"], result["first"], 0.3))
    return rows


def formulas_job(name: str) -> dict[str, Any]:
    """Time from expressions to the proved answer; the modules of the package are imported before."""
    coords, outputs = FORMULAS[name]()
    assert sd.conservation_laws is not sd.Parametrization  # the modules are imported at the first mention
    first, best = first_and_best(typed_count, coords, outputs)
    return {"first": first, "best": best}


RECHECK: dict[str, tuple[Callable[[], Any], float]] = {
    "linear 10,10,10,10 (D = 300)": (lambda: sd.networks.linear(10, 10, 10, 10), 0.3),
    "typed ReLU 8,8,8,9,9 with biases (47,385 monomials)": (
        lambda: sd.Parametrization(*typed_relu((8, 8, 8, 9, 9), bias=True)),
        1,
    ),
}
VERIFIER = """
import sys
from symdyn.certificate.verify import verify_text
with open(sys.argv[1], encoding="utf-8") as file:
    ((_, result),) = verify_text(file.read())
sys.exit(result.verdict != "proved")
"""


def rechecks() -> list[Row]:
    """Re-check of a stored certificate: a whole process, from the start of the interpreter to its end."""
    rows = []
    for name, (build, aim) in RECHECK.items():
        typing, model = timed(build)
        seconds, answer = timed(certified, model)
        if isinstance(model, sd.Parametrization):
            rows.append(Row(f"count of {name}", seconds, seconds))
            rows.append(Row("  (SymPy builds the monomials)", typing))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "certificate.json"
            path.write_text(answer.certificate.to_json(), encoding="utf-8")
            command = [sys.executable, "-c", VERIFIER, str(path)]
            first, best = first_and_best(partial(subprocess.run, command, check=True, cwd=ROOT, capture_output=True))
        rows.append(Row(f"re-check of {name}, fresh process", best, first, aim))
    return rows


# A plain route with SymPy: symbolic brackets, expanded, and ranks over the rationals at a random point.


def plain_count(coords: Sequence[sp.Symbol], outputs: Sequence[sp.Expr], seed: int) -> tuple[int, int]:
    """Dimension minus the rank of the closure, and the number of quadratic laws, by SymPy alone."""
    draw = random.Random(seed)
    point = {symbol: sp.Rational(draw.randint(1, 99), draw.randint(1, 9)) for symbol in coords}
    fields = [[sp.diff(output, symbol) for symbol in coords] for output in outputs]
    basis: list[list[sp.Expr]] = []
    level = fields
    while level:
        every = [*basis, *level]
        values = sp.Matrix([[component.xreplace(point) for component in field] for field in every])
        _, independent = DomainMatrix.from_Matrix(values.T).to_field().rref()
        fresh = [every[k] for k in independent if k >= len(basis)]
        basis += fresh
        level = [bracket(first, second, coords) for first in fields for second in fresh]
    return len(coords) - len(basis), len(plain_quadratic_laws(coords, fields))


def bracket(v: Sequence[sp.Expr], w: Sequence[sp.Expr], coords: Sequence[sp.Symbol]) -> list[sp.Expr]:
    """Dw v - Dv w, expanded."""
    return [
        sp.expand(sp.Add(*(sp.diff(b, x) * vx - sp.diff(a, x) * wx for x, vx, wx in zip(coords, v, w, strict=True))))
        for a, b in zip(v, w, strict=True)
    ]


def plain_quadratic_laws(coords: Sequence[sp.Symbol], fields: Sequence[Sequence[sp.Expr]]) -> list[Any]:
    """Kernel of the linear system for the coefficients of a quadratic law."""
    monomials = [a * b for a, b in itertools.combinations_with_replacement(coords, 2)]
    equations: dict[Any, dict[int, Any]] = {}
    for number, field in enumerate(fields):
        for place, monomial in enumerate(monomials):
            derivative = sum(sp.diff(monomial, x) * vx for x, vx in zip(coords, field, strict=True))
            for exponent, value in sp.Poly(derivative, *coords).terms():
                equations.setdefault((number, exponent), {})[place] = value
    rows = [[row.get(place, 0) for place in range(len(monomials))] for row in equations.values()]
    kernel = DomainMatrix.from_Matrix(sp.Matrix(rows)).to_field().nullspace()
    return list(kernel.to_Matrix().tolist())


def rival() -> list[Row]:
    """Both routes on the same typed formulas, in this run."""
    rows = []
    for widths in ((4, 2, 3), (2, 3, 2, 2)):
        coords, outputs = typed_linear(widths)
        count = typed_count(coords, outputs).count
        first, best = first_and_best(typed_count, coords, outputs)
        seconds, (laws, quadratic) = timed(plain_count, coords, outputs, 0)
        if not count == laws == quadratic:
            raise RuntimeError(f"{widths}: {count} laws here, {laws} by SymPy, {quadratic} of them quadratic")
        rows.append(Row(f"linear {','.join(map(str, widths))} typed, against SymPy", best, first, None, seconds))
    return rows


def momentum() -> list[Row]:
    """Momentum, against the closure of the same dynamics on the phase space, which gives the upper bound alone."""
    rows = []
    for n, m, r in ((2, 2, 2), (3, 3, 4)):
        coords, outputs = typed_linear((n, r, m))
        model = sd.Parametrization(coords, outputs)
        velocity = sp.symbols(f"v1:{len(coords) + 1}")
        drift = [*velocity, *(-3 * speed for speed in velocity), 1]
        still = [0] * len(coords)
        forces = [[*still, *(sp.diff(output, x) for x in coords), 0] for output in outputs]
        symbols = (*coords, *velocity, sd.time)
        fields = sd.Distribution(tuple(sd.VectorField(symbols, field) for field in (drift, *forces)))
        first, best = first_and_best(partial(sd.conservation_laws, model, dynamics="momentum", friction=3))
        seconds, closure = timed(sd.involutive_closure, fields)
        laws = sd.conservation_laws(model, dynamics="momentum", friction=3).count
        if laws != len(symbols) - closure.rank:
            raise RuntimeError(f"{n, m, r}: {laws} laws, but the closure on the phase space has rank {closure.rank}")
        rows.append(Row(f"momentum, linear {m},{r},{n} typed, against the phase space", best, first, 1, seconds))
    return rows


# Output.

SECTIONS: dict[str, tuple[str, Callable[[], list[Row]]]] = {
    "grids": ("Reference grids: the count, its proof and its certificate", grids),
    "search": ("Law search on expanded formulas", search),
    "scale": ("Large models, each in its own process", scale),
    "formulas": ("Formulas of a user", formulas),
    "recheck": ("Re-check of stored certificates", rechecks),
    "rival": ("A plain SymPy route on the same formulas", rival),
    "momentum": ("Momentum", momentum),
}


def shown(value: float | None) -> str:
    """A number with about three digits."""
    if value is None:
        return ""
    if value < 0.01:
        return f"{value:.2g}"
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3}f}"


def show(title: str, rows: Sequence[Row], other: str) -> None:
    """Print a section as a Markdown table, without the columns that are empty; `other` names the time to beat."""
    columns: dict[str, Callable[[Row], str]] = {
        "task": lambda row: row.task,
        "first run, s": lambda row: shown(row.first),
        "best, s": lambda row: shown(row.seconds),
        "aim, s": lambda row: "" if row.aim is None else f"{row.aim:g}",
        "missed": lambda row: "missed" if row.aim is not None and (row.first or row.seconds) > row.aim else "",
        "peak, MB": lambda row: shown(row.megabytes),
        "re-check, s": lambda row: shown(row.recheck),
        f"{other}, s": lambda row: shown(row.other),
        "ratio": lambda row: "" if row.other is None else f"{row.other / row.seconds:,.0f}",
    }
    cells = {name: [column(row) for row in rows] for name, column in columns.items()}
    cells = {name: values for name, values in cells.items() if any(values)}
    widths = {name: max(len(name), *map(len, values)) for name, values in cells.items()}
    print(f"\n{title}\n")
    print("| " + " | ".join(name.ljust(widths[name]) for name in cells) + " |")
    print("| " + " | ".join("-" * widths[name] for name in cells) + " |")
    for line in zip(*cells.values(), strict=True):
        print("| " + " | ".join(text.ljust(width) for text, width in zip(line, widths.values(), strict=True)) + " |")


def main(arguments: Sequence[str]) -> int:
    """All sections, the sections named, or one job of a section."""
    if arguments[:1] == ["--job"]:
        job = scale_job if arguments[1] in SCALE else formulas_job
        print(json.dumps(job(arguments[1])))
        return 0
    unknown = [name for name in arguments if name not in SECTIONS]
    if unknown:
        print(f"{unknown[0]} is no section: give some of {', '.join(SECTIONS)}", file=sys.stderr)
        return 2
    load, _, _ = os.getloadavg()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}; ", end="")
    print(f"Python {platform.python_version()}, SymPy {sp.__version__}, NumPy {np.__version__}")
    for name in arguments or SECTIONS:
        title, section = SECTIONS[name]
        show(title, section(), {"rival": "SymPy", "momentum": "phase space"}.get(name, "published"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
