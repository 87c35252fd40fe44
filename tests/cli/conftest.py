"""The command line as tests call it: in this process, with what it printed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import pytest

from symdyn.cli.app import run
from symdyn.cli.options import progress


class Outcome(NamedTuple):
    """Exit status, and what went to stdout and to stderr."""

    status: int
    out: str
    err: str


@pytest.fixture
def symdyn(capsys, monkeypatch) -> Callable[..., Outcome]:
    """Run `symdyn ARGUMENTS...`, with no line of progress on stderr however slow the machine is."""
    monkeypatch.setattr(progress, "shown_progress", partial(progress.shown_progress, delay=1e6))

    def called(*arguments: object) -> Outcome:
        capsys.readouterr()
        status = run([str(argument) for argument in arguments])
        return Outcome(status, *capsys.readouterr())

    return called
