"""The option --figure: an answer drawn into a file, as its suffix says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from symdyn.errors import ModelError


def check_figure(path: str | None, model: Any, asked: str) -> None:
    """Refuse before anything is computed: a suffix of no format, no folder, a dimension that has no such picture.

    Parameters
    ----------
    path
        Of the option; None where it was not given.
    model
        What is asked about.
    asked
        "equilibria", "branches", or another search, which has no picture.

    Raises
    ------
    ModelError
        Then.
    """
    if path is None:
        return
    from symdyn.report.figures.saved import SUFFIXES, check_portrait

    if Path(path).suffix.lower() not in SUFFIXES:
        raise ModelError(f"--figure {path} has no suffix of a format: write one of {', '.join(SUFFIXES)}")
    if not Path(path).resolve().parent.is_dir():
        raise ModelError(f"--figure {path} lies in no folder: make {Path(path).parent}, or choose another one")
    if asked not in ("equilibria", "branches"):
        raise ModelError(f"--figure came with --{asked}, of which there is no picture: leave one of them out")
    if asked == "equilibria":
        check_portrait(model)


def save_figure(path: str | None, noun: Any, *, quiet: bool) -> None:
    """Draw an answer into the file, which is replaced whole."""
    if path is None:
        return
    from symdyn.report.figures.saved import drawn_as, figure_of
    from symdyn.report.files import write_atomically

    figure = figure_of(noun)
    try:
        write_atomically(Path(path), drawn_as(figure, Path(path).suffix))
    except OSError as failure:
        reason = failure.strerror or type(failure).__name__
        raise click.UsageError(f"{path} cannot be written ({reason}): choose another file") from None
    if not quiet:
        click.echo(f"figure written to {path}", err=True)
