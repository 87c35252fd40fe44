"""Figures drawn: numbers in, SVG, PDF or PNG out. A new kind is a new module in `kinds`, and nothing else."""

from __future__ import annotations

from symdyn.report.figures.drawing import kinds
from symdyn.report.figures.output import pdf_of, png_of, svg_of

__all__ = ["kinds", "pdf_of", "png_of", "svg_of"]
