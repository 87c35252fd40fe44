"""Progress goes to stderr, late, and says what is being done and how long the rest may take."""

from __future__ import annotations

import io
import re
import sys
import threading

from symdyn.cli.options.progress import shown_progress


def test_work_that_ends_before_the_delay_shows_nothing(capsys):
    with shown_progress(delay=60) as progress:
        for done in range(5):
            progress(done, 5, "measuring a claim")
    assert capsys.readouterr() == ("", "")


class Awaited(io.StringIO):
    """A stream on which one can wait until something is written."""

    def __init__(self):
        super().__init__()
        self.written = threading.Event()

    def write(self, text):
        super().write(text)
        self.written.set()


def test_a_single_long_piece_is_announced_while_it_runs(capsys, monkeypatch):
    """The piece reports before it begins only: the line comes from the clock."""
    monkeypatch.setattr(sys, "stderr", stream := Awaited())
    with shown_progress(delay=0.01) as progress:
        progress(1, 4, "measuring the cone")
        stream.written.wait()
    assert re.fullmatch(r"1 of 4, about \d+ s left: measuring the cone\n", stream.getvalue())
    assert capsys.readouterr().out == ""


def test_before_the_first_piece_is_done_no_estimate_is_made_up(capsys):
    with shown_progress(delay=0) as progress:
        progress(0, 3, "lowering")
        progress.close()
    assert re.match(r"0 of 3, \d+ s so far: lowering\n", capsys.readouterr().err)


def test_quiet_shows_nothing(capsys):
    with shown_progress(quiet=True, delay=0) as progress:
        progress(1, 2, "text")
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_the_bar_shows_the_text_and_is_removed(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with shown_progress(delay=0) as progress:
        progress(1, 3, "measuring [unit] norms")
    written = capsys.readouterr()
    assert "measuring [unit] norms" in written.err
    assert written.err.rstrip().endswith("\x1b[2K")
    assert written.out == ""
