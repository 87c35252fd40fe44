"""Witness that no outer loss falls, or that one does, when an affine iteration takes another number of steps.

z <- S z + T theta + r from Z theta + z_0; after N steps z_N = G_N theta + g_N, and so for N + M. What is stored:

* coefficients C with G_N C = [G_{N+M} - G_N, g_{N+M} - g_N]: no outer loss falls;
* with the change "any", C with G_N C = [S - 1, T, r, Z]: for no number of steps;
* theta and w: with |z - w|^2/2 as the loss theta is optimal after N steps, and the loss is lower after N + M.

For infinitely many steps the limit comes from a space with S Q = Q P and [(S - 1) Z + T, (S - 1) z_0 + r] = Q B, where
all eigenvalues of P are inside of the unit circle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from symdyn.certificate.canonical import digest
from symdyn.certificate.refutation import integer, need, record
from symdyn.certificate.witness.cones.matrices import ScaledMatrix

ANY, LIMIT = "any", "infinity"
MOST_STATES = 40
MOST_STEPS = 10_000


@dataclass(frozen=True, kw_only=True)
class IterationChangeWitness:
    """An affine iteration, its numbers of steps, and what settles the question.

    Parameters
    ----------
    S, T, r, Z, start
        (d, d), (d, p), (d, 1), (d, p), (d, 1).
    steps
        N.
    change
        M from -N, "infinity", or "any".
    coefficients
        (p, p + 1), or for "any" (p, d + 2 p + 1); None where a loss falls.
    theta, target
        (p, 1) and (d, 1); None where none falls.
    space
        For "infinity" Q (d, s), P (s, s) and B (s, p + 1); None else, or where nothing moves.
    """

    S: ScaledMatrix
    T: ScaledMatrix
    r: ScaledMatrix
    Z: ScaledMatrix
    start: ScaledMatrix
    steps: int
    change: int | str
    coefficients: ScaledMatrix | None = None
    theta: ScaledMatrix | None = None
    target: ScaledMatrix | None = None
    space: tuple[ScaledMatrix, ScaledMatrix, ScaledMatrix] | None = None
    kind: ClassVar[str] = "iteration change"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> IterationChangeWitness:
        """The stored record, or a refutation with the place."""
        names = ("S", "T", "r", "Z", "start")
        more = ("coefficients", "theta", "target")
        data = record(value, place, ("kind", *names, "steps", "change", *more, "space"))
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        found = {name: ScaledMatrix.read(data[name], f"{place}.{name}") for name in names}
        found |= {
            name: ScaledMatrix.read(data[name], f"{place}.{name}") for name in more if data[name] is not None
        }
        steps = integer(data["steps"], f"{place}.steps")
        change = data["change"]
        if change not in (ANY, LIMIT) or not isinstance(change, str):
            need(type(change) is int and change >= -steps, f"{place}.change", "is no change of the number of steps")
        last = steps + change if isinstance(change, int) else steps
        need(max(steps, last) <= MOST_STEPS, f"{place}.steps", f"are more than {MOST_STEPS}")
        space = None
        if data["space"] is not None:
            parts = record(data["space"], f"{place}.space", ("basis", "matrix", "coordinates"))
            space = tuple(
                ScaledMatrix.read(parts[name], f"{place}.space.{name}") for name in ("basis", "matrix", "coordinates")
            )
        witness = cls(**found, steps=steps, change=change, space=space)  # type: ignore[arg-type]
        witness._check(place)
        return witness

    def _check(self, place: str) -> None:
        d, p = self.T.shape
        need(d <= MOST_STATES and p <= MOST_STATES, f"{place}.T", f"has more than {MOST_STATES} rows or columns")
        shapes = {"S": (d, d), "r": (d, 1), "Z": (d, p), "start": (d, 1), "theta": (p, 1), "target": (d, 1)}
        shapes["coefficients"] = (p, d + 2 * p + 1) if self.change == ANY else (p, p + 1)
        for name, shape in shapes.items():
            given = getattr(self, name)
            need(given is None or given.shape == shape, f"{place}.{name}", f"has not the shape {shape}")
        falls = self.theta is not None and self.target is not None
        one = (self.theta is None) == (self.target is None) and falls != (self.coefficients is not None)
        need(one, place, "has neither coefficients nor theta and target, or both")
        need(not (falls and self.change == ANY), f"{place}.change", "is any, of which one loss says nothing")
        if self.space is not None:
            need(self.change == LIMIT, f"{place}.space", "belongs to infinitely many steps")
            s = self.space[1].shape[0]
            wanted = ((d, s), (s, s), (s, p + 1))
            good = all(one.shape == shape for one, shape in zip(self.space, wanted, strict=True))
            need(good and s <= d, f"{place}.space", "has matrices that do not fit")

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        matrices = {
            name: None if getattr(self, name) is None else getattr(self, name).to_data()
            for name in ("S", "T", "r", "Z", "start", "coefficients", "theta", "target")
        }
        names = ("basis", "matrix", "coordinates")
        space = (
            None
            if self.space is None
            else {name: one.to_data() for name, one in zip(names, self.space, strict=True)}
        )
        return {"kind": self.kind, **matrices, "steps": self.steps, "change": self.change, "space": space}

    @property
    def sha256(self) -> str:
        """SHA-256 of the iteration as it is stored."""
        return digest([getattr(self, name).to_data() for name in ("S", "T", "r", "Z", "start")])


def claim_of(witness: IterationChangeWitness, verdict: str) -> str:
    """The one sentence that may be claimed."""
    d, p = witness.T.shape
    states = "1 state" if d == 1 else f"{d} states"
    parameters = "1 parameter" if p == 1 else f"{p} parameters"
    where = f"the affine iteration with {states}, {parameters} and the SHA-256 {witness.sha256[:16]}"
    steps = "1 step" if witness.steps == 1 else f"{witness.steps} steps"
    if witness.change == ANY:
        return f"no outer loss that was minimised after {steps} of {where} is lower after any other number of steps"
    later = witness.steps + witness.change if isinstance(witness.change, int) else None
    after = "infinitely many steps" if later is None else "1 step" if later == 1 else f"{later} steps"
    some = "an" if witness.theta is not None and verdict == "proved" else "no"
    return f"{some} outer loss that was minimised after {steps} of {where} is lower after {after}"


def hypotheses_of(witness: IterationChangeWitness) -> tuple[str, ...]:
    """None: the numbers are exact."""
    return ()
