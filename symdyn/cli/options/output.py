"""Options that every command takes, and how results leave: stdout, or a file that is replaced whole."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from symdyn.errors import ModelError

FORMATS = ("text", "json", "latex", "markdown", "html")
_Function = TypeVar("_Function", bound=Callable[..., Any])


class PositiveSeconds(click.ParamType[float]):
    """A number of seconds above 0."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            seconds = float(value)
        except ValueError:
            seconds = float("nan")
        if not 0 < seconds < float("inf"):
            self.fail(f"{value} is no number of seconds above 0: write for example 60", param, ctx)
        return seconds


def common_options(function: _Function) -> _Function:
    """--format, -o, --seed, --time-limit, --quiet."""
    for option in (
        click.option("--quiet", is_flag=True, help="No progress on stderr."),
        click.option(
            "--time-limit", type=PositiveSeconds(), metavar="SECONDS", help="Stop with the bounds found by then."
        ),
        click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of random points."),
        click.option(
            "-o", "output", type=click.Path(dir_okay=False), metavar="FILE", help="Write here, not to stdout."
        ),
        click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True),
    ):
        function = option(function)
    return function


def standalone_option(function: _Function) -> _Function:
    """--standalone."""
    line = "With --format latex: a document that compiles by itself."
    return click.option("--standalone", is_flag=True, help=line)(function)


def written_form(form: str, standalone: bool) -> str:
    """The format that is rendered.

    Raises
    ------
    ModelError
        If --standalone came with a format that has no documents.
    """
    if standalone and form != "latex":
        raise ModelError(f"--standalone goes with --format latex, not with {form}: add --format latex")
    return "latex-document" if standalone else form


def deliver(text: str, output: str | None) -> None:
    """Print, or replace the file in one step so that an interrupted write leaves the old one."""
    if output is None:
        click.echo(text, nl=False)
        return
    if not output:
        raise click.UsageError("-o has no file name: write one, as in -o laws.json")
    from symdyn.report.files import write_atomically  # here, so that printing loads no room of engines

    with _refused_as_misuse(output):
        write_atomically(Path(output), text)


def deliver_noun(noun: Any, form: str, output: str | None) -> None:
    """Print a noun in a format, or write it; LaTeX in a file gets symdyn.sty and its figures beside it."""
    from symdyn.report.render import render

    if form not in ("latex", "latex-document") or not output:
        deliver(render(noun, form), output)
        return
    from symdyn.report.files import write_latex

    with _refused_as_misuse(output):
        write_latex(noun, output, document=form == "latex-document")


@contextlib.contextmanager
def _refused_as_misuse(output: str) -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        raise click.UsageError(
            f"{output} cannot be written ({failure.strerror or type(failure).__name__}): choose another file"
        ) from None


class Bounds:
    """The last bounds that were reported, shown as a bar on stderr once the work takes over two seconds."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self.stage, self.lower, self.upper = "", 0, None  # type: str, int, int | None
        self._width: int | None = None
        self._bar: Any = None
        self._task: Any = None
        self._started: float | None = None

    def __call__(self, stage: str, lower: int, upper: int) -> None:
        import time

        self.stage, self.lower, self.upper = stage, lower, upper
        self._started = self._started or time.monotonic()
        self._width = max(self._width or 0, upper - lower)
        if not self.quiet and time.monotonic() - self._started > 2.0:
            self._show()

    def _show(self) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task("", total=self._width)
        closed = (self._width or 0) - ((self.upper or 0) - self.lower)
        text = f"{self.stage}: {self.lower:,} <= laws <= {self.upper:,}"
        self._bar.update(self._task, description=text, completed=closed, total=self._width)

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()


@contextlib.contextmanager
def shown_bounds(*, quiet: bool) -> Iterator[Bounds]:
    """A progress callback that is removed from the screen at the end."""
    bounds = Bounds(quiet=quiet)
    try:
        yield bounds
    finally:
        bounds.close()
