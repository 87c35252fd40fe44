"""The domain of equilibria, in the words of the certificate that counts in it."""

from __future__ import annotations

from symdyn.certificate.statement.domain import domain_in
from symdyn.dynamics.answers.equilibrium import Equilibria
from symdyn.report.blocks import Formula, Rich
from symdyn.report.words.notation import expression_latex, expression_text


def domain_texts(found: Equilibria) -> tuple[str, ...]:
    """The inequalities that bound the domain, as the certificate of completeness has them where it counts in it."""
    constraint = getattr(found.model, "constraint", None)
    if constraint is None or not constraint.inequalities:
        return ()
    counted = domain_in(found.completeness.witness)
    return counted or tuple(f"{expression_text(one)} >= 0" for one in constraint.inequalities)


def domain_formulas(found: Equilibria) -> Rich:
    """The same with the inequalities as mathematics where the constraint has them."""
    texts = domain_texts(found)
    constraint = getattr(found.model, "constraint", None)
    if not texts or constraint is None:
        return texts[:1]
    latex = r", \allowbreak ".join(rf"{expression_latex(one)} \geq 0" for one in constraint.inequalities)
    return (Formula(", ".join(texts), latex),)
