"""Re-check of linear programs: the plan solves the equations, the duals bound every plan, and the two values meet."""

from __future__ import annotations

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import Recheck, need
from symdyn.certificate.witness.cones.linear_program import LinearProgramWitness


def check_linear_program(witness: LinearProgramWitness, verdict: str) -> Recheck:
    """Feasibility of both sides and equal values, in whole numbers."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness settles the program")
    n = witness.cost.shape[1]
    duals = [row[0] for row in witness.duals.rows]
    along = [0] * n
    for i, j, value in witness.entries:
        along[j] += value * duals[i]
    tick()
    # A^T u over the scales of A and of u, against c over its own
    below = witness.scale * witness.duals.scale
    prices = [0] * n if witness.plan is None else list(witness.cost.rows[0])
    good = all(x * witness.cost.scale <= c * below for x, c in zip(along, prices, strict=True))
    need(good, "witness.duals", "exceed a price of the program")
    bound = sum(b[0] * u for b, u in zip(witness.right.rows, duals, strict=True))
    if witness.plan is None:
        need(bound > 0, "witness.duals", "do not separate the right side from what the equations can give")
        return Recheck("proved", f"a combination of {len(duals)} equations has no solution from 0")
    plan = [row[0] for row in witness.plan.rows]
    need(min(plan) >= 0, "witness.plan", "holds a negative number")
    made = [0] * len(duals)
    for i, j, value in witness.entries:
        made[i] += value * plan[j]
    side = witness.scale * witness.plan.scale
    solves = all(x * witness.right.scale == b[0] * side for x, b in zip(made, witness.right.rows, strict=True))
    need(solves, "witness.plan", "does not solve the equations")
    value = sum(c * x for c, x in zip(witness.cost.rows[0], plan, strict=True))
    left = value * witness.right.scale * witness.duals.scale
    meets = left == bound * witness.cost.scale * witness.plan.scale
    need(meets, "witness.duals", "do not attain the value of the plan")
    return Recheck("proved", f"plan and duals of {n} variables are feasible, and their values are equal")
