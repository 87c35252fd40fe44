"""Reaction networks as blocks: reactions with their rates, what every reaction keeps, and the flow."""

from __future__ import annotations

from symdyn.certificate.brief import counted
from symdyn.dynamics.reactions.network import Complex, Reaction, ReactionNetwork
from symdyn.report.blocks import Block, Equations, Formula, Heading, Rich, Table, Title
from symdyn.report.describe.nouns import describe
from symdyn.report.words.notation import expression_formula, expression_latex, expression_text

_SHOWN = 200


@describe.register
def _network(network: ReactionNetwork) -> tuple[Block, ...]:
    weakly = "weakly reversible" if network.is_weakly_reversible else "not weakly reversible"
    notes = (
        counted(len(network.species), "species", "species"),
        counted(len(network.reactions), "reaction"),
        f"rank {network.rank}, deficiency {network.deficiency}, {weakly}",
    )
    rows = tuple(
        (str(number), _arrow(one), expression_formula(one.velocity))
        for number, one in enumerate(network.reactions[:_SHOWN], start=1)
    )
    more = len(network.reactions) - _SHOWN
    kept = tuple((expression_formula(law), "") for law in network.moieties[:_SHOWN])
    return (
        Title(("reaction network",), notes),
        Table(("number", "reaction", "rate"), rows, f"{more:,} more are not shown" if more > 0 else ""),
        Heading(("Moieties",)),
        Equations(kept, "" if kept else "no linear function with non-negative coefficients is kept by every reaction"),
    )


def _arrow(one: Reaction) -> Rich:
    return (
        Formula(
            f"{_text(one.consumed)} -> {_text(one.produced)}",
            rf"{_latex(one.consumed)} \to {_latex(one.produced)}",
        ),
    )


def _text(side: Complex) -> str:
    terms = (f"{number} {expression_text(s)}" if number > 1 else expression_text(s) for s, number in side)
    return " + ".join(terms) or "0"


def _latex(side: Complex) -> str:
    terms = (f"{number} {expression_latex(s)}" if number > 1 else expression_latex(s) for s, number in side)
    return " + ".join(terms) or r"\varnothing"
