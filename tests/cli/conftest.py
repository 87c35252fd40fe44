"""The command line as tests call it: in this process, with what it printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from symdyn.cli.app import run


class Outcome(NamedTuple):
    """Exit status, and what went to stdout and to stderr."""

    status: int
    out: str
    err: str


@pytest.fixture
def symdyn(capsys) -> Callable[..., Outcome]:
    """Run `symdyn ARGUMENTS...`."""

    def called(*arguments: object) -> Outcome:
        capsys.readouterr()
        status = run([str(argument) for argument in arguments])
        return Outcome(status, *capsys.readouterr())

    return called
