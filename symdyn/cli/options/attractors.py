"""symdyn equilibria --basins, --cycles and --rotating: where trajectories go."""

from __future__ import annotations

from typing import Any

from symdyn.cli.options.output import deliver_noun
from symdyn.errors import FormulaError, ModelError


def attractors(
    what: str,
    studied: Any,
    given: dict[str, Any],
    duration: str | None,
    backward: bool,
    form: str,
    output: str | None,
) -> int:
    """Deliver basins, limit cycles or rotating states; an interrupt ends the search as a time limit does."""
    from symdyn.algebra.budgets.deadline import interruptible

    options = {name: value for name, value in given.items() if value is not None}
    if duration is not None:
        options["duration"] = _duration(duration)
    with interruptible() as was_interrupted:
        found = _found(what, studied, options, backward=backward)
    deliver_noun(found, form, output)
    return 130 if was_interrupted() else 0


def _found(what: str, studied: Any, options: dict[str, Any], *, backward: bool) -> Any:
    if what == "basins":
        from symdyn.equilibrium.basins import basins

        return basins(studied, **options)
    if what == "cycles":
        from symdyn.equilibrium.cycles import limit_cycles

        return limit_cycles(studied, backward=backward, **options)
    from symdyn.equilibrium.rotating import rotating_states

    if "box" in options:
        raise ModelError("--box came with --rotating, whose starts lie on the constraint: leave it out")
    return rotating_states(studied, **options)


def _duration(text: str) -> float:
    """A positive number, which may be written as a formula."""
    from symdyn.algebra.formulas.read import parse_formula

    try:
        value = float(parse_formula(text.strip(), {}, exact=False, where="--duration"))
    except (FormulaError, TypeError, ValueError, OverflowError):
        raise ModelError(f"--duration {text} is no number: write how long, as in --duration 300") from None
    if not 0 < value < float("inf"):
        raise ModelError(f"--duration {text} is not above 0: write how long, as in --duration 300")
    return value
