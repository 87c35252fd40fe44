"""Models as blocks: fields, distributions, parametrizations, constraints, flows, iterations, networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.geometry.constraint import Constraint
from symdyn.geometry.distribution import Distribution
from symdyn.geometry.parametrization import Parametrization
from symdyn.geometry.predictor import Predictor
from symdyn.geometry.vector_field import VectorField
from symdyn.networks.programs.program import MatrixProgram
from symdyn.networks.relu import ReluNetwork
from symdyn.networks.relu_graph import ReluGraph
from symdyn.report.blocks import Block, Equations, Formula, Text, Title
from symdyn.report.describe.nouns import describe
from symdyn.report.words.models import introduce
from symdyn.report.words.notation import defined_as, expression_formula, expression_latex, expression_text

#: So many formulas are written out; the rest is counted.
_SHOWN = 24


def _named(symbol: Any, mark: str = "") -> Formula:
    """A coordinate, with the mark of a derivative or of the next value."""
    latex = {"": "{}", "'": r"\dot{{{}}}", "+": "{}^+"}[mark].format(expression_latex(symbol))
    return Formula(expression_text(symbol) + mark, latex)


def _equations(names: Sequence[Formula], values: Sequence[Any]) -> Equations:
    """Names and their values, as many as are shown."""
    rows = tuple((defined_as(name, value), "") for name, value in zip(names[:_SHOWN], values, strict=False))
    return Equations(rows, _rest(len(names)))


def _rest(number: int) -> str:
    return f"{number - _SHOWN:,} more are not shown" if number > _SHOWN else ""


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


@describe.register
def _field(field: VectorField) -> tuple[Block, ...]:
    names = [_component("v", place + 1, len(field.coords)) for place in range(len(field.coords))]
    coordinates = ", ".join(map(str, field.coords[:8])) + (", ..." if len(field.coords) > 8 else "")
    title = Title(("vector field",), (f"{_counted(len(field.coords), 'coordinate')} {coordinates}",))
    return title, _equations(names, list(field.components))


def _component(name: str, place: int, number: int) -> Formula:
    return Formula(name, name) if number == 1 else Formula(f"{name}{place}", f"{name}_{{{place}}}")


@describe.register
def _distribution(model: Distribution) -> tuple[Block, ...]:
    introduction = introduce(model)
    number = len(model.fields)
    names, values = [], []
    for place, field in enumerate(model.fields, start=1):
        for symbol, entry in zip(field.coords, field.components, strict=True):
            names.append(Formula(f"v{place}({symbol})", rf"v_{{{place}}}({expression_latex(symbol)})"))
            values.append(entry)
    title = Title(("distribution",), (_counted(len(model.coords), "coordinate"), _counted(number, "field")))
    return title, Text(introduction.hypotheses), _equations(names, values)


@describe.register
def _predictor(model: Predictor) -> tuple[Block, ...]:
    introduction = introduce(model)
    names = [_component("g", place + 1, len(model.outputs)) for place in range(len(model.outputs))]
    return Title(introduction.subject, introduction.notes), _equations(names, model.outputs)


@describe.register
def _parametrization(model: Parametrization) -> tuple[Block, ...]:
    introduction = introduce(model)
    names = [_component("phi", place + 1, len(model.outputs)) for place in range(len(model.outputs))]
    names = [Formula(name.text, name.latex.replace("phi", r"\phi")) for name in names]
    notes = (_counted(model.dimension, "parameter"), _counted(len(model.outputs), "output"))
    return Title(("parametrization",), notes), Text(introduction.hypotheses), _equations(names, model.outputs)


@describe.register(MatrixProgram)
@describe.register(ReluNetwork)
@describe.register(ReluGraph)
def _network(model: Any) -> tuple[Block, ...]:
    introduction = introduce(model)
    return Title(introduction.subject, introduction.notes), Text(introduction.hypotheses)


@describe.register
def _constraint(constraint: Constraint) -> tuple[Block, ...]:
    notes = (constraint.name, f"dimension {constraint.dimension} in R^{len(constraint.coords)}")
    zero = [_right(expression_formula(entry), "=") for entry in constraint.equations[:_SHOWN]]
    signs = [_right(expression_formula(entry), ">=") for entry in constraint.inequalities[:_SHOWN]]
    total = len(constraint.equations) + len(constraint.inequalities)
    rest = total - len(zero) - len(signs)
    rows = tuple((formula, "") for formula in (*zero, *signs))
    return Title(("constraint",), notes), Equations(rows, f"{rest:,} more are not shown" if rest else "")


def _right(formula: Formula, relation: str) -> Formula:
    """formula = 0 or formula >= 0."""
    latex = {"=": "= 0", ">=": r"\geq 0"}[relation]
    lines = (*formula.lines[:-1], f"{formula.lines[-1]} {latex}") if formula.lines else ()
    return Formula(f"{formula.text} {relation} 0", f"{formula.latex} {latex}", lines)


@describe.register
def _flow(flow: Flow) -> tuple[Block, ...]:
    blocks: list[Block] = [
        Title(("flow",), _facts(flow)),
        _equations([_named(symbol, "'") for symbol in flow.coords], list(flow.field.components)),
    ]
    if flow.potential is not None:
        name = Formula("potential", r"\mathcal{L}")
        blocks += [Text(("The potential decreases along the flow.",)), _equations([name], [flow.potential])]
    return tuple(blocks + _where(flow))


@describe.register
def _iteration(model: Iteration) -> tuple[Block, ...]:
    names = [_named(symbol, "+") for symbol in model.coords]
    return (Title(("iteration",), _facts(model)), _equations(names, list(model.update)), *_where(model))


def _facts(model: Any) -> tuple[str, ...]:
    symbols = f"parameters {', '.join(map(str, model.parameters[:8]))}" if model.parameters else ""
    facts = (_counted(len(model.coords), "coordinate"), f"dimension {model.dimension}", symbols)
    return tuple(fact for fact in facts if fact)


def _where(model: Any) -> list[Block]:
    """Where the state lives, and the symmetries that were given."""
    blocks: list[Block] = []
    if model.constraint is not None:
        blocks.append(Text((f"The state stays on the constraint {model.constraint.name}:",)))
        blocks.append(describe(model.constraint)[1])
    if model.symmetries.described:
        blocks.append(Text((f"Symmetries: {', '.join(model.symmetries.described)}.",)))
    return blocks
