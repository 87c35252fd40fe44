"""The picture of an answer as the bytes of a file: bifurcation diagrams of branches, phase portraits of equilibria."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from symdyn.dynamics.answers.branch import Continuation
from symdyn.dynamics.answers.equilibrium import Equilibria
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures.angles import geometry_of
from symdyn.dynamics.figures.phase_portrait import phase_portrait
from symdyn.dynamics.flow import Flow
from symdyn.errors import ModelError
from symdyn.report.figures.output import pdf_of, png_of, svg_of

SUFFIXES = (".svg", ".pdf", ".png")
_XML = '<?xml version="1.0" encoding="utf-8"?>\n'
# a file has no page around it whose colours it could take: it brings both of its own
_STYLE = (
    "<style>:root{color-scheme:light dark;color:#000;background:#fff}"
    "@media (prefers-color-scheme:dark){:root{color:#fff;background:#111}}</style>"
)


@singledispatch
def figure_of(noun: Any) -> Figure:
    """The figure that shows an answer.

    Raises
    ------
    ModelError
        If there is none, or the answer is empty.
    """
    raise ModelError(f"of a {type(noun).__name__} there is no picture: ask for branches or for equilibria")


@figure_of.register
def _given(noun: Figure) -> Figure:
    return noun


@figure_of.register
def _branches(noun: Continuation) -> Figure:
    if not len(noun):
        raise ModelError("no branch was followed, so that there is nothing to draw: give a start with --from")
    return noun.figure()


@figure_of.register
def _portrait(noun: Equilibria) -> Figure:
    check_portrait(noun.model)
    return phase_portrait(noun.model, noun)


def check_portrait(model: Any) -> None:
    """Refuse a model whose states no phase portrait shows.

    Raises
    ------
    ModelError
        For iterations, free parameters, and any dimension but those of a portrait.
    """
    if not isinstance(model, Flow):
        raise ModelError("an iteration has no phase portrait: draw its branches with --continue")
    geometry_of(model)
    if model.parameters:
        names = ", ".join(map(str, model.parameters))
        raise ModelError(f"{names} has no value, and a phase portrait is one of numbers: set it, or draw its branches")


def drawn_as(figure: Figure, suffix: str) -> bytes:
    """The figure as a file of that suffix, for light and dark screens where the format can tell them apart.

    Raises
    ------
    ModelError
        For another suffix, or data that cannot be drawn.
    """
    form = suffix.lower()
    if form == ".pdf":
        return pdf_of(figure)
    if form == ".png":
        return png_of(figure)
    if form == ".svg":
        inline = svg_of(figure)
        begin = inline.index(">") + 1
        return (_XML + inline[:begin] + _STYLE + inline[begin:] + "\n").encode("utf-8")
    raise ModelError(f"{suffix!r} is no suffix of a format: write one of {', '.join(SUFFIXES)}")
