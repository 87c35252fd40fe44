"""How a model introduces itself: a formula for phi, its size, and the hypotheses of a statement about it."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from symdyn.certificate.statement.names import latex_name
from symdyn.dynamics.motions.phase_space import PhaseSpace
from symdyn.geometry.distribution import Distribution
from symdyn.geometry.lifted import LiftedFieldsModel
from symdyn.geometry.parametrization import Parametrization
from symdyn.geometry.predictor import Predictor
from symdyn.networks.convolution import ReluConvolution
from symdyn.networks.programs.formula_network import FormulaNetwork, GradientSpan, PredictorNetwork
from symdyn.networks.programs.program import MatrixProgram
from symdyn.networks.relu import ReluNetwork
from symdyn.networks.relu_graph import ReluGraph
from symdyn.report.blocks import Formula, Rich
from symdyn.report.formats.wrapping import WIDTH, lines_of, width
from symdyn.report.words.notation import block_shape, expression_latex, expression_text, in_words

_SHOWN = 6
_WIDTH = 60
#: Coordinates that are listed by name.
_MOST_NAMES = 40
#: Lines of a display; a longer map is given by its certificate.
_MOST_LINES = 200


@dataclass(frozen=True, kw_only=True)
class Introduction:
    """How to introduce a model.

    Parameters
    ----------
    subject
        For a terminal: "phi = W2 W1".
    notes
        Size and kind of dynamics.
    hypotheses
        "Let phi(...) = ...", for a statement.
    flow
        What has the laws: "the gradient flow of every loss ...".
    label
        For cross references.
    """

    subject: Rich
    notes: tuple[str, ...]
    hypotheses: Rich
    flow: Rich
    label: str


_LOSS: Rich = ("the gradient flow of every loss ", Formula("l(phi(theta))", r"\ell(\phi(\theta))"))


@singledispatch
def introduce(model: Any) -> Introduction:
    """The introduction of a model; one registration for each kind.

    Raises
    ------
    TypeError
        For a model that this module does not know.
    """
    raise TypeError(f"{type(model).__name__} has no introduction: register one in symdyn/report/words/models.py")


@introduce.register
def _predictor(model: Predictor) -> Introduction:
    text, latex = _listed(model.outputs)
    arguments = f"theta, {', '.join(map(str, model.inputs[:3]))}{', ...' if len(model.inputs) > 3 else ''}"
    letters = r"\theta, " + _coordinates(model.inputs).strip("()")
    whole = Formula(f"g({arguments}) = ({text})", _title_latex("g", letters, latex, len(model.outputs)))
    space = Formula(
        f"theta in R^{model.dimension}",
        rf"\theta = {_coordinates(model.coords)} \in \mathbb{{R}}^{{{model.dimension}}}",
    )
    number = f"{model.dimension} parameter{'s' if model.dimension > 1 else ''}"
    flow: Rich = (f"the gradient flow, for all data, of every loss of the class {model.loss.name}",)
    shown = _map("g", letters, model.outputs, (), whole)
    hypotheses: Rich = ("Let ", *shown, " with ", space, ".")
    notes = (number, "gradient flow", model.loss.name.replace("squared-error", "squared error"), "all data")
    return Introduction(
        subject=(whole,), notes=notes, hypotheses=hypotheses, flow=flow, label=f"law:model-{model.dimension}-parameters"
    )


def _listed(outputs: tuple[Any, ...]) -> tuple[str, str]:
    """As many outputs as a line of a title holds, as text and as LaTeX."""
    shown = outputs[:_SHOWN]
    texts = [expression_text(output) for output in shown]
    while len(texts) > 1 and sum(map(len, texts)) > _WIDTH:
        texts.pop()
    latex = [expression_latex(output) for output in shown[: len(texts)]]
    if len(texts[0]) > _WIDTH:
        texts[0] = texts[0][: _WIDTH - 4] + " ..."
        latex = [r"\dots"]
    if len(outputs) > len(texts):
        texts.append("...")
        latex.append(r"\dots")
    return ", ".join(texts), r", \allowbreak ".join(latex)


def _title_latex(letter: str, arguments: str, outputs: str, number: int) -> str:
    """The map where all of its outputs are listed, else where it goes."""
    if r"\dots" in outputs:
        return rf"{letter}({arguments}) \in \mathbb{{R}}^{{{number}}}"
    return rf"{letter}({arguments}) = \bigl({outputs}\bigr)"


def _map(letter: str, arguments: str, outputs: tuple[Any, ...], shape: tuple[int, ...], title: Formula) -> Rich:
    """The whole map: in a line where that holds it, else displayed output by output."""
    latex = r", \allowbreak ".join(map(expression_latex, outputs)) if len(outputs) <= _SHOWN else ""
    if latex and width(latex) <= WIDTH:
        return (Formula(title.text, rf"{letter}({arguments}) = \bigl({latex}\bigr)"),)
    lines: list[str] = []
    for place, output in enumerate(outputs):
        index = "" if len(outputs) == 1 else f"_{{{_place(place, shape)}}}"
        first, *rest = lines_of(output, expression_latex, WIDTH - 10)
        lines += [f"{letter}{index} = {first}", *(rf"\qquad {line}" for line in rest)]
    if len(lines) > _MOST_LINES:
        name = Formula(letter.removeprefix("\\"), letter)
        return (name, f" be the map of {len(outputs):,} outputs that the certificate lists in {len(lines):,} lines")
    whole = Formula(title.text, r"\begin{aligned} & " + r" \\ & ".join(lines) + r" \end{aligned}", tuple(lines))
    return (Formula(letter.removeprefix("\\"), f"{letter}({arguments})"), " be", whole)


def _place(place: int, shape: tuple[int, ...]) -> str:
    """The index of an output in the shape in which outputs were given, from 1."""
    if len(shape) < 2:
        return str(place + 1)
    index = []
    for size in reversed(shape):
        index.append(str(place % size + 1))
        place //= size
    return ",".join(reversed(index))


@introduce.register
def _parametrization(model: Parametrization) -> Introduction:
    text, latex = _listed(model.outputs)
    whole = Formula(f"phi = ({text})", _title_latex(r"\phi", r"\theta", latex, len(model.outputs)))
    parameters = f"{model.dimension} parameter{'s' if model.dimension > 1 else ''}"
    outputs = f", {len(model.outputs)} outputs" if text.endswith(", ...") else ""
    space = Formula(
        f"theta in R^{model.dimension}",
        rf"\theta = {_coordinates(model.coords)} \in \mathbb{{R}}^{{{model.dimension}}}",
    )
    hypotheses: Rich = ("Let ", *_map(r"\phi", r"\theta", model.outputs, model.shape, whole), " with ", space, ".")
    if model.constants:
        names = ", ".join(map(str, model.constants))
        hypotheses += (
            " Let ",
            Formula(names, r", \allowbreak ".join(map(expression_latex, model.constants))),
            " be a generic constant." if len(model.constants) == 1 else " be generic constants.",
        )
    return Introduction(
        subject=(whole,),
        notes=(parameters + outputs, "gradient flow", "squared error"),
        hypotheses=hypotheses,
        flow=_LOSS,
        label=f"law:{model.dimension}-parameters",
    )


@introduce.register
def _lifted(model: LiftedFieldsModel) -> Introduction:
    return introduce(model.given)


def _coordinates(coords: tuple[Any, ...]) -> str:
    names = [expression_latex(symbol) for symbol in coords]
    if len(names) > _MOST_NAMES:
        names = [*names[:3], r"\dots", names[-1]]
    return "(" + r", \allowbreak ".join(names) + ")"


@introduce.register
def _distribution(model: Distribution) -> Introduction:
    n, d = len(model.coords), len(model.fields)
    shown = [expression_text(entry) for entry in model.fields[0].components]
    text = f"({', '.join(shown)})"
    if len(text) > _WIDTH:
        text = text[: _WIDTH - 4] + " ..."
    names = [r"v" if d == 1 else f"v_{{{number}}}" for number in range(1, d + 1)]
    fields = [_field(name, field.components) for name, field in zip(names, model.fields, strict=True)]
    short = names[0] if fields[0].lines else fields[0].latex
    subject = Formula(f"v1 = {text}" if d > 1 else f"v = {text}", short)
    hypotheses: Rich = (
        f"Let {'one field' if d == 1 else f'{in_words(d)} fields'} be given on ",
        Formula(f"R^{n}", rf"\mathbb{{R}}^{{{n}}}"),
        " with coordinates ",
        Formula(", ".join(map(str, model.coords)), _coordinates(model.coords)),
        ": ",
    )
    for number, field in enumerate(fields):
        hypotheses += (*((", " if number < d - 1 else " and ",) if number else ()), field)
    flow: Rich = (f"{'the flow of this field' if d == 1 else 'the family of these fields'}",)
    notes = (f"{n} coordinates", f"{d} field{'' if d == 1 else 's'}")
    return Introduction(
        subject=(subject,), notes=notes, hypotheses=(*hypotheses, "."), flow=flow, label=f"law:{d}-fields"
    )


def _field(name: str, components: Any) -> Formula:
    """A field: in a line where that holds it, else component by component."""
    latex = r", \allowbreak ".join(map(expression_latex, components))
    text = ", ".join(map(expression_text, components))
    if width(latex) <= WIDTH:
        return Formula(text, rf"{name} = \bigl({latex}\bigr)")
    lines: list[str] = []
    for place, entry in enumerate(components, start=1):
        first, *rest = lines_of(entry, expression_latex, WIDTH - 10)
        index = f"{name}^{{({place})}}"
        lines += [f"{index} = {first}", *(rf"\qquad {line}" for line in rest)]
    return Formula(text, r"\begin{aligned} & " + r" \\ & ".join(lines) + r" \end{aligned}", tuple(lines))


@introduce.register
def _program(model: MatrixProgram) -> Introduction:
    names = [block.name for block in model.blocks]
    texts, latexes = [], []
    for output in model.sums:
        text, latex = "", ""
        for term in output:
            words = [model.blocks[f.block].name + ("^T" if f.transposed else "") for f in term.factors]
            tex = [latex_name(model.blocks[f.block].name) + (r"^\top" if f.transposed else "") for f in term.factors]
            sign = " - " if term.coefficient < 0 else " + "
            size = "" if abs(term.coefficient) == 1 else f"{abs(term.coefficient)} "
            lead = sign if text else ("-" if term.coefficient < 0 else "")
            text += lead + size + " ".join(words)
            latex += lead + size + (r" \allowbreak " if len(tex) > 6 else " ").join(tex)
        texts.append(text)
        latexes.append(latex)
    body = texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
    tex_body = latexes[0] if len(latexes) == 1 else r"\bigl(" + r", \allowbreak ".join(latexes) + r"\bigr)"
    arguments = ", ".join(map(latex_name, names)) if len(names) <= 8 else r"\theta"
    phi = Formula(f"phi = {body}", rf"\phi({arguments}) = {tex_body}")
    shapes: Rich = ()
    for place, block in enumerate(model.blocks[:12]):
        shapes += ((", " if place else " with "), block_shape(block))
    named = () if model.name == "linear network" else (model.name,)
    notes = (*named, f"{model.dimension:,} parameters", model.description, "gradient flow", "squared error")
    return Introduction(
        subject=(phi,), notes=notes, hypotheses=("Let ", phi, *shapes, "."), flow=_LOSS, label=_network_label(model)
    )


def _network_label(model: Any) -> str:
    """law:linear-5-3-2: letters, digits and hyphens."""
    words = f"{model.name} {model.description}".replace("widths ", "").replace(" network", "")
    return "law:" + re.sub(r"[^A-Za-z0-9]+", "-", words).strip("-")


@introduce.register
def _relu(model: ReluNetwork) -> Introduction:
    kind = "ReLU network with hidden biases" if model.bias else "ReLU network"
    widths = "-".join(map(str, model.widths))
    subject = f"{kind}, widths {widths}"
    hypotheses: Rich = (
        "Let ",
        Formula("phi", r"\phi"),
        f" be the path lifting of a {kind} of widths {widths}",
    )
    for place, block in enumerate(model.blocks[:12]):
        hypotheses += ((", " if place else " with "), block_shape(block))
    notes = (f"{model.dimension:,} parameters", f"{model.number:,} paths", "gradient flow")
    label = f"law:relu-{'bias-' if model.bias else ''}{widths}"
    return Introduction(
        subject=(subject,),
        notes=notes,
        hypotheses=(*hypotheses, ", on a region of fixed activations."),
        flow=_LOSS,
        label=label,
    )


@introduce.register
def _convolution_block(model: ReluConvolution) -> Introduction:
    plain = _relu(model)
    hypotheses: Rich = (
        "Let ",
        Formula("phi", r"\phi"),
        f" be the products of the filters into and out of each hidden channel of a {model.name} with "
        f"{model.description}, on a region of fixed activations; the filters into a hidden channel are a row of ",
        block_shape(model.blocks[0]),
        ", those out of it a column of ",
        block_shape(model.blocks[1]),
        ".",
    )
    return dataclasses.replace(
        plain, subject=(f"{model.name}, {model.description}",), hypotheses=hypotheses, label=_network_label(model)
    )


@introduce.register
def _formulas(model: FormulaNetwork) -> Introduction:
    plain = _parametrization(model)
    return dataclasses.replace(plain, notes=(f"{model.name}, {model.description}", *plain.notes))


@introduce.register
def _predictor_network(model: PredictorNetwork) -> Introduction:
    plain = _predictor(model)
    return dataclasses.replace(
        plain, notes=(f"{model.name}, {model.description}", *plain.notes), label=_network_label(model)
    )


@introduce.register
def _gradient_span(model: GradientSpan) -> Introduction:
    count = len(model.fields)
    hypotheses: Rich = (
        f"Let a model have the form of {model.name} with {model.description}, whose gradients span those of "
        f"{count} polynomial fields.",
    )
    notes = (f"{model.dimension:,} parameters", f"gradients spanned by {count} polynomial fields", "gradient flow")
    subject = (f"{model.name}, {model.description}",)
    return Introduction(
        subject=subject,
        notes=notes,
        hypotheses=hypotheses,
        flow=("the gradient flow of every loss of the model",),
        label="law:normalised",
    )


@introduce.register
def _graph(model: ReluGraph) -> Introduction:
    subject = f"ReLU network on a graph: {model.description}"
    hypotheses: Rich = (
        "Let ",
        Formula("phi", r"\phi"),
        f" be the path lifting of a ReLU network on an acyclic graph with {model.description}, on a region of fixed "
        "activations.",
    )
    return Introduction(
        subject=(subject,),
        notes=(f"{model.dimension:,} parameters", "gradient flow"),
        hypotheses=hypotheses,
        flow=_LOSS,
        label="law:relu-graph",
    )


@introduce.register
def _phase_space(model: PhaseSpace) -> Introduction:
    inner = introduce(model.base)
    name = model.motion.formulation
    shown = tuple(note for note in inner.notes if note not in ("gradient flow", "squared error"))
    metric = () if model.metric is None else (f"{model.metric.name} metric",)
    has_rate = model.motion.has_momentum or name == "weight decay"
    rate = f"rate {model.motion.rate}"
    flow: Rich = (name,)
    if has_rate:
        flow += (" with the rate ", Formula(str(model.motion.rate), expression_latex(model.motion.rate)))
    if model.metric is not None:
        flow += (f" in the {model.metric.name} metric",)
    flow += (f", for every loss of the class {model.loss.name},",)
    notes = (*shown, name, *((rate,) if has_rate else ()), *metric, model.loss.name)
    return Introduction(
        subject=inner.subject,
        notes=notes,
        hypotheses=inner.hypotheses,
        flow=flow,
        label=f"{inner.label}-{name.replace(' ', '-')}",
    )
