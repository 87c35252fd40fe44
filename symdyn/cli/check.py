"""symdyn check: re-verify every claim that a LaTeX paper marks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from symdyn.cli.options.output import common_options, deliver, standalone_option, written_form
from symdyn.errors import ModelError
from symdyn.report.files import write_atomically

if TYPE_CHECKING:
    from symdyn.report.paper.claim import Readers


@click.command("check")
@click.argument("paper", metavar="PAPER.tex", type=click.Path())
@click.option("--claims", type=click.Path(), metavar="FILE", help="claims.toml by default; a Python module is run.")
@click.option("--update", is_flag=True, help="Write symdyn-values.tex beside the paper, and nothing else.")
@click.option("--allow-undecided", is_flag=True, help="Let claims pass that could not be decided.")
@click.option("--init", is_flag=True, help="Write what is missing beside the paper: claims.toml, symdyn.sty.")
@standalone_option
@common_options
def command(
    paper: str,
    claims: str | None,
    update: bool,
    allow_undecided: bool,
    init: bool,
    standalone: bool,
    form: str,
    output: str | None,
    seed: int,
    time_limit: float | None,
    quiet: bool,
) -> int:
    """Re-verify the statements of a paper: laws, counts, equilibria, identities, bounds, numbers.

    A statement is marked in the paper, and claims.toml beside it says what it means:

    \b
    \\usepackage{symdyn}
    \\symdynclaim{thm:count}{The flow has exactly six conservation laws.}
    ... of \\symdynvalue{thm:count} dimensions ...

    \b
    [[claim]]
    id = "thm:count"
    kind = "count"
    model = "two_layers"
    count = 6

    \b
    symdyn check --init paper.tex       # claims.toml to begin with, symdyn.sty
    symdyn check paper.tex
    symdyn check paper.tex --update     # writes symdyn-values.tex
    """
    form = written_form(form, standalone)
    if init:
        return _start(paper, update=update or claims is not None, output=output)
    from symdyn.cli.options.progress import shown_progress
    from symdyn.report.paper.check import check_paper
    from symdyn.report.paper.show import check_text
    from symdyn.report.paper.tex import VALUES_FILE
    from symdyn.report.paper.values import values_text
    from symdyn.report.render import render

    with shown_progress(quiet=quiet) as progress:
        result = check_paper(
            Path(paper),
            _readers(),
            claims=None if claims is None else Path(claims),
            update=update,
            allow_undecided=allow_undecided,
            seed=seed,
            time_limit=time_limit,
            progress=progress,
        )
    deliver(check_text(result) if form == "text" else render(result, form), output)
    if result.interrupted:
        raise click.Abort
    if update:
        target = Path(paper).resolve().parent / VALUES_FILE
        try:
            write_atomically(target, values_text(result.values, result.claims_file))
        except OSError as failure:
            raise click.UsageError(
                f"{target} cannot be written ({failure.strerror}): make its folder writable, or leave out --update"
            ) from None
    return 0 if result.holds else 1


def _start(paper: str, *, update: bool, output: str | None) -> int:
    """Write the files that are missing, and say which were there."""
    from symdyn.report.paper.starter import write_starter

    if update:
        raise ModelError("--init came together with --update or --claims: it writes the files that these need, so run "
                         "it first")  # fmt: skip
    try:
        made = write_starter(Path(paper))
    except OSError as failure:
        raise click.UsageError(
            f"the folder of {paper} cannot be written ({failure.strerror}): make it writable"
        ) from None
    deliver(made.text(), output)
    return 0


def _readers() -> Readers:
    """What the room of reports may not import."""
    from symdyn.cli.equilibria import parameters_of
    from symdyn.reading.files import flow_from_data, model_with_options
    from symdyn.reading.model_file import read_toml
    from symdyn.reading.presets import preset
    from symdyn.report.paper.claim import Readers
    from symdyn.systems.catalog import system

    return Readers(
        model=model_with_options,
        flow=flow_from_data,
        preset=preset,
        system=system,
        parameters=parameters_of,
        toml=read_toml,
    )
