"""Re-check of an optimal transport plan: marginals, potentials and complementary slackness in integers."""

from __future__ import annotations

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import Recheck, need
from symdyn.certificate.witness.measures.transport_plan import TransportPlanWitness


def check_transport_plan(record: TransportPlanWitness, verdict: str) -> Recheck:
    """The plan has the masses as its marginals, and the potentials show that none is cheaper.

    Any plan costs at least the masses times the potentials, and this one costs just that.

    Raises
    ------
    RefutedError
        With the place where it fails.
    """
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of an optimum")
    first, second = [0] * len(record.first), [0] * len(record.second)
    for number, (i, j, mass) in enumerate(record.plan):
        first[i] += mass
        second[j] += mass
        slack = record.costs[i][j] - record.rows[i] - record.columns[j]
        need(slack == 0, f"witness.plan[{number}]", f"moves mass where the potentials leave a slack of {slack}")
    need(tuple(first) == record.first, "witness.first", "are not the sums of the rows of the plan")
    need(tuple(second) == record.second, "witness.second", "are not the sums of the columns of the plan")
    for i, row in enumerate(record.costs):
        tick()
        for j, cost in enumerate(row):
            within = record.rows[i] + record.columns[j] <= cost
            need(within, f"witness.rows[{i}]", f"and columns[{j}] add up to more than the cost")
    return Recheck("proved", f"plan and potentials of {len(first)} x {len(second)} atoms have one value, in integers")
