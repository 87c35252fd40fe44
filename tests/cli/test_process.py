"""The command line as a process: exit status, the two streams, colour, readers that go away."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHAIN = ("laws", "u*v", "v*w", "--wrt", "u,v,w")
COLOUR = re.compile(rb"\x1b\[[\d;]*m")
#: The progress bar of a computation that has been going on for long.
PROGRESS = """
import time
from symdyn.cli.options.output import shown_bounds

with shown_bounds(quiet={quiet}) as bounds:
    bounds._started = time.monotonic() - 10
    bounds("brackets of depth 1", 2, 9)
    bounds("brackets of depth 2", 2, 7)
"""
LOADED = """
import sys
from symdyn.cli.app import run
status = run(sys.argv[1:])
assert status == 0, status
print(*sorted(name.partition(".")[0] for name in sys.modules), file=sys.stderr)
"""


def process(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-m", "symdyn", *arguments]
    defaults = {"capture_output": True, "text": True, "check": False}
    return subprocess.run(call, **{**defaults, **options})


def on_terminal(code: str, **environment: str) -> bytes:
    """What a program writes to a terminal that is its stderr."""
    terminal, end = pty.openpty()
    settings = {**os.environ, "TERM": "xterm-256color", **environment}
    for name in {"NO_COLOR", "FORCE_COLOR"} - environment.keys():
        settings.pop(name, None)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=end, env=settings) as program:
        os.close(end)
        written = b""
        while True:
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # Linux: the other end was closed
                break
            if not piece:
                break
            written += piece
        assert program.wait() == 0
        assert program.stdout.read() == b""
    os.close(terminal)
    return written


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (CHAIN, 0),
        (("laws", "--network", "linear:24,24,24", "--time-limit", "1e-9"), 0),
        (("laws", "u*z", "--wrt", "u"), 2),
        (("verify", "refuted.json"), 1),
    ],
)
def test_exit_status_and_the_stream_of_each_outcome(tmp_path, arguments, status):
    """Answers, refutations among them, are on stdout; misuse is on stderr."""
    (tmp_path / "refuted.json").write_text('{"schema": "symdyn/certificate/1"}')
    ended = process(*arguments, cwd=tmp_path)
    assert ended.returncode == status
    answered = status != 2
    assert (bool(ended.stdout), bool(ended.stderr)) == (answered, not answered)


def test_answer_to_a_pipe_has_no_colour():
    ended = process(*CHAIN, env={**os.environ, "FORCE_COLOR": "1"}, text=False)
    assert ended.returncode == 0
    assert not COLOUR.search(ended.stdout)


def test_progress_is_coloured_on_a_terminal_unless_no_color_is_set():
    assert COLOUR.search(on_terminal(PROGRESS.format(quiet=False)))
    plain = on_terminal(PROGRESS.format(quiet=False), NO_COLOR="1")
    assert b"laws <= 7" in plain
    assert not COLOUR.search(plain)


def test_quiet_shows_no_progress():
    assert on_terminal(PROGRESS.format(quiet=True)) == b""


@pytest.mark.parametrize("arguments", [CHAIN, ("--help",), ("list",), ("demo", "--folder", "demo")])
def test_reader_that_went_away_is_no_error(tmp_path, arguments):
    """symdyn ... | head -1, with a reader that closes its end before anything is written."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = process(*arguments, cwd=tmp_path, capture_output=False, stdout=writer, stderr=subprocess.PIPE)
    finally:
        os.close(writer)
    assert ended.stderr == ""
    assert ended.returncode in (0, 1)


def test_head_takes_the_first_line():
    call = f"{sys.executable} -m symdyn laws --network linear:1,2,2,1 | head -1"
    ended = subprocess.run(["sh", "-c", call], capture_output=True, text=True, check=True)
    assert ended.stderr == ""
    assert ended.stdout.count("\n") == 1
    assert "phi" in ended.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
@pytest.mark.parametrize("arguments", [CHAIN, ("list",)])
def test_full_disk_is_no_internal_error(arguments):
    with open("/dev/full", "w") as full:
        ended = process(*arguments, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert ended.returncode in (1, 2)
    assert "No space left" in ended.stderr
    assert "internal error" not in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [("--help",), ("laws", "--help"), ("--version",), ("list",)])
def test_help_version_and_list_do_not_wait_for_sympy(arguments):
    ended = subprocess.run([sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, check=True)
    assert not {"sympy", "symengine", "flint", "numpy", "scipy", "rich"} & set(ended.stderr.split())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion_script_without_arguments(shell):
    asked = process(env={**os.environ, "_SYMDYN_COMPLETE": f"{shell}_source"})
    assert asked.returncode == 0
    assert "_SYMDYN_COMPLETE" in asked.stdout
    assert asked.stderr == ""


@pytest.mark.parametrize(
    ("words", "number", "completed"),
    [("symdyn la", 1, "laws"), ("symdyn laws --net", 2, "--network"), ("symdyn equilibria --sy", 2, "--symbol")],
)
def test_a_shell_completes_commands_and_options(words, number, completed):
    asked = {"_SYMDYN_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(number)}
    assert process(env={**os.environ, **asked}).stdout.split() == [f"plain,{completed}"]


def test_a_model_file_may_come_from_standard_input():
    laws = process("laws", "-", input='coordinates = ["u", "v"]\noutputs = ["u*v"]\n')
    assert "exactly 1 conservation law" in laws.stdout
    rests = process("equilibria", "-", input='coordinates = ["x"]\nfield = ["x - x**3"]\n')
    assert "3 equilibria found" in rests.stdout


@pytest.mark.parametrize("command", ["laws", "equilibria"])
def test_standard_input_that_is_no_model_file_is_one_sentence(command):
    asked = process(command, "-", input="coordinates = [")
    assert asked.returncode == 2
    assert asked.stderr.startswith(f"symdyn {command}: - is no TOML")
    assert asked.stderr.count("\n") == 1
