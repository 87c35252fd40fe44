"""Which boxes of uniqueness of a cover hold images of the same equilibrium, and that the others hold different ones."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.covers.boxes import Unique
from symdyn.certificate.recheck.covers.jets import on_circles, run
from symdyn.certificate.recheck.covers.model import CoverModel
from symdyn.certificate.recheck.covers.outward import Interval, Jet, less, outward, rational, times
from symdyn.certificate.recheck.covers.turning import check_turned_labels
from symdyn.certificate.refutation import need
from symdyn.certificate.witness.covers.cover import Matrix
from symdyn.certificate.witness.program import Program

_MOST_CIRCLES = 7


def check_orbits(model: CoverModel, zeros: Unique) -> int:
    """The number of equilibria modulo the symmetries; refutes unless boxes with equal labels hold images of each other.

    The first box with a label stands for it: there the flow is shown to rest, by its factors, and its image under some
    map and permutation lies in each other box of that label. No image of it may meet the first box of another label.
    """
    check_rest(model, zeros)
    return check_labels(model, zeros)


def check_labels(model: CoverModel, zeros: Unique) -> int:
    """The number of labels; refutes unless boxes with equal ones hold images of each other, and others do not."""
    need(model.size <= _MOST_CIRCLES, "witness.circles", f"are more than {_MOST_CIRCLES}")
    if model.is_turning:
        return check_turned_labels(zeros)
    state = on_circles(model.circles, *zeros.tight, slopes=False)
    first: dict[int, int] = {}
    for number, label in enumerate(zeros.of):
        first.setdefault(label, number)
    images = {label: [_image(matrix, state, number) for matrix in model.group] for label, number in first.items()}
    for number, label in enumerate(zeros.of):
        inside = _lies_in(model, zeros, number)
        place = f"witness.zeros[{number}].of"
        need(any(_matched(model, image, inside) for image in images[label]), place, "is no image of the first of these")
    for (one, _), (other, number) in itertools.combinations(first.items(), 2):
        meets = _may_be(model, state, number)
        apart = not any(_matched(model, image, meets) for image in images[one])
        need(apart, f"witness.zeros[{number}].of", f"the equilibria {one} and {other} are not told apart")
    return len(first)


def check_rest(model: CoverModel, zeros: Unique) -> None:
    """The field has a value near each zero, and no factor D vanishes there: so the speeds do where N does."""
    if not zeros.number:
        return
    state = on_circles(model.circles, *zeros.tight, slopes=False)
    values = [jet.value() for jet in run(model.field, state, list(range(len(model.field.outputs))))]
    defined = bool(np.isfinite(values).all()) and has_values(model.field, state)
    need(defined, "witness.zeros", "lie where the field may have no value")
    factors = [jet.value() for jet in run(model.speeds, state, list(range(model.size, 2 * model.size)))]
    apart = all(bool(((low > 0) | (high < 0)).all()) for low, high in factors)
    need(apart, "witness.zeros", "may be zeros of a factor and not of a speed")


def has_values(program: Program, state: list[Jet]) -> bool:
    """Whether every root, logarithm and inverse sine of a program certainly has a value near all states."""
    bounded = {"sqrt": (0.0, np.inf), "root": (0.0, np.inf), "log": (1e-300, np.inf), "asin": (-1, 1), "acos": (-1, 1)}
    partial = [step for step in program.steps if step[0] in bounded]
    arguments = Program(program.inputs, program.steps, tuple(step[1] for step in partial))
    values = [jet.value() for jet in run(arguments, state, list(range(len(partial))))]
    ends = [bounded[step[0]] for step in partial]
    return all(
        bool(((low >= least) & (high <= most)).all()) for (low, high), (least, most) in zip(values, ends, strict=True)
    )


def _image(matrix: Matrix, state: list[Jet], number: int) -> list[Interval]:
    """Enclosures of the coordinates of the image of one zero."""
    found = []
    for row in matrix:
        total: Interval = np.zeros(1), np.zeros(1)
        for weight, jet in zip(row, state, strict=True):
            if weight:
                entry = jet.low[0, [number]], jet.high[0, [number]]
                part = times(rational(weight.numerator, weight.denominator), entry)
                total = outward(total[0] + part[0], total[1] + part[1])
        found.append(total)
    return found


def _lies_in(model: CoverModel, zeros: Unique, number: int) -> Callable[[Interval, Interval, int], bool]:
    """Whether a point of a circle lies within the angles of a box: nearer to their middle than their ends."""
    middle = (zeros.low[:, [number]] + zeros.high[:, [number]]) / 2
    center = on_circles(model.circles, middle, middle, slopes=False)
    reach = np.minimum(
        less((middle, middle), (zeros.low[:, [number]],) * 2)[0],
        less((zeros.high[:, [number]],) * 2, (middle, middle))[0],
    )
    # on one circle for each angle: the cosines of the half widths
    edge = on_circles([[2 * k, 2 * k + 1] for k in range(model.size)], reach, reach, slopes=False)

    def inside(x: Interval, y: Interval, circle: int) -> bool:
        i, j = model.circles[circle]
        nearness = times(x, center[i].value())[0] + times(y, center[j].value())[0]
        return bool(np.nextafter(nearness, -np.inf) > edge[2 * circle].value()[1])

    return inside


def _may_be(model: CoverModel, state: list[Jet], number: int) -> Callable[[Interval, Interval, int], bool]:
    """Whether a point of a circle is not told from a coordinate of one zero."""

    def meets(x: Interval, y: Interval, circle: int) -> bool:
        spots = zip((x, y), model.circles[circle], strict=True)
        return all(bool(a[0] <= state[k].high[0, number]) and bool(state[k].low[0, number] <= a[1]) for a, k in spots)

    return meets


def _matched(model: CoverModel, image: list[Interval], fits: Callable[[Interval, Interval, int], bool]) -> bool:
    """Whether the circles fit one by one, in their order or, where they may be permuted, in any."""
    tick()
    size = model.size
    table = [[fits(image[i], image[j], circle) for circle in range(size)] for i, j in model.circles]
    if not all(any(row) for row in table):
        return False
    orders: Any = itertools.permutations(range(size)) if model.is_exchangeable else [range(size)]
    return any(all(table[k][place] for k, place in enumerate(order)) for order in orders)
