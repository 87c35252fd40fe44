"""Progress on stderr: what is being done, how much of it is done, and how long the rest may take.

Nothing is shown for work that takes less than two seconds. On a terminal it is a bar that is removed at the end;
elsewhere (a log, a pipe) a plain line from time to time.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

DELAY = 2.0  # seconds until the first sign, and between two plain lines


class Progress:
    """A callback `(done, total, text)`; the text says what is being done now.

    Parameters
    ----------
    quiet
        Show nothing.
    delay
        Seconds until the first sign.
    """

    def __init__(self, *, quiet: bool = False, delay: float = DELAY) -> None:
        self._quiet, self._delay = quiet, delay
        self._done, self._total, self._text = 0.0, 0.0, ""
        self._started: float | None = None
        self._spoken = float("-inf")
        self._bar: Any = None
        self._task: Any = None
        # one long piece of work reports only before and after it: the first sign must not wait for the end
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def __call__(self, done: float, total: float, text: str) -> None:
        if self._quiet:
            return
        with self._lock:
            self._done, self._total, self._text = done, total, text
            if self._started is None:
                self._started = time.monotonic()
                self._timer = threading.Timer(self._delay, self._late)
                self._timer.daemon = True
                self._timer.start()
            if time.monotonic() - self._started >= self._delay:
                self._show()

    def _late(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._show()

    def _show(self) -> None:
        if sys.stderr.isatty():
            self._show_bar()
        elif time.monotonic() - self._spoken >= self._delay:
            self._spoken = time.monotonic()
            print(f"{self._done:,.0f} of {self._total:,.0f}{self._left()}: {self._text}", file=sys.stderr, flush=True)

    def _left(self) -> str:
        """The time that the rest takes if it goes on as before."""
        elapsed = time.monotonic() - (self._started or 0.0)
        if not 0 < self._done < self._total:
            return f", {elapsed:.0f} s so far"
        return f", about {elapsed / self._done * (self._total - self._done):.0f} s left"

    def _show_bar(self) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task("", total=None)
        self._bar.update(self._task, description=self._text, completed=self._done, total=self._total)

    def close(self) -> None:
        """Remove the bar."""
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._timer = None
            if self._bar is not None:
                self._bar.stop()
                self._bar = None


@contextlib.contextmanager
def shown_progress(*, quiet: bool = False, delay: float = DELAY) -> Iterator[Progress]:
    """A progress callback that is removed from the screen at the end."""
    progress = Progress(quiet=quiet, delay=delay)
    try:
        yield progress
    finally:
        progress.close()
