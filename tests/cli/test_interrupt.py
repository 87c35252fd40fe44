"""Ctrl-C: the bounds so far, exit status 130, and no file half written."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys

import pytest

from symdyn.cli.app import run
from tests.report.markup import numbers_named

#: The command line, which says on stderr when the first bounds are reported and then computes on, but not to the end.
#: A job in the background of a shell is started with the signal ignored.
TALKATIVE = """
import signal
import sys
import time
from symdyn.cli.app import main
from symdyn.cli.options.output import Bounds

silent = Bounds.__call__
signal.signal(signal.SIGINT, signal.default_int_handler)

def spoken(bounds, stage, lower, upper):
    first = bounds.upper is None
    silent(bounds, stage, lower, upper)
    if first:
        print("reported", lower, upper, file=sys.stderr, flush=True)
    while stage == "brackets of depth 1":
        time.sleep(0.01)

Bounds.__call__ = spoken
main(sys.argv[1:])
"""
CHAIN = ("laws", "u*v", "v*w", "--wrt", "u,v,w")


@pytest.fixture
def interrupted_engine(monkeypatch):
    """An engine that reports 3 <= laws <= 41 and is interrupted then; `reports` may be emptied."""
    reports = [("laws of degree 2", 2, 44), ("brackets of depth 1", 3, 41)]

    def engine(*_arguments, progress=None, **_options):
        for report in reports:
            progress(*report)
        raise KeyboardInterrupt

    monkeypatch.setattr("symdyn.laws.count.conservation_laws", engine)
    return reports


def test_signal_to_a_long_computation_prints_true_bounds_and_exits_130():
    """linear(60, 60, 60, 60): D = 10,800, and two symmetric 60 x 60 matrices hold all 3,660 laws."""
    call = [sys.executable, "-c", TALKATIVE, "laws", "--network", "linear:60,60,60,60"]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr.readline().startswith("reported")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130
    lower, upper = map(int, re.search(r"between (\d+) and (\d+)", out.replace(",", "")).groups())
    assert lower <= 3660 <= upper <= 10_800
    assert lower > 0
    assert "Traceback" not in out + err


#: The command line, interrupted as soon as the search looks at its clock for the first time.
SEARCHING = """
import signal
import sys
from symdyn.cli.app import main
from symdyn.equilibrium.asked.options import Clock

signal.signal(signal.SIGINT, signal.default_int_handler)
look = Clock.is_over

def first_look(clock):
    if not clock.spent:
        signal.raise_signal(signal.SIGINT)
    return look(clock)

Clock.is_over = first_look
main(sys.argv[1:])
"""


def test_signal_to_a_search_prints_what_was_found_and_claims_no_completeness(tmp_path):
    """x_i' = -x_i + tanh(2 x_i + x_(i+1)) on a ring of fourteen rests at 0 and at +-(c, ..., c), and elsewhere."""
    names = [f"x{index}" for index in range(14)]
    field = [f"-{one} + tanh(2*{one} + {other})" for one, other in zip(names, names[1:] + names[:1], strict=True)]
    (tmp_path / "ring.toml").write_text(f"coordinates = {json.dumps(names)}\nfield = {json.dumps(field)}\n")
    call = [sys.executable, "-c", SEARCHING, "equilibria", str(tmp_path / "ring.toml"), "--format", "json"]
    ended = subprocess.run(call, capture_output=True, text=True, check=False)
    assert ended.returncode == 130
    assert "Traceback" not in ended.stderr
    assert json.loads(ended.stdout)["completeness"] != "PROVED"


def test_last_bounds_are_printed(symdyn, interrupted_engine):
    status, out, _ = symdyn(*CHAIN)
    assert status == 130
    assert {3, 41} <= numbers_named(out)
    assert not {2, 44} & numbers_named(out)
    assert "exactly" not in out


def test_interrupt_before_any_bounds_says_so(symdyn, interrupted_engine):
    interrupted_engine.clear()
    status, out, err = symdyn(*CHAIN)
    assert status == 130
    assert (out + err).strip()


def test_interrupted_json_is_json_or_nothing(symdyn, interrupted_engine):
    """symdyn laws ... --format json > laws.json must leave no file that is neither."""
    status, out, _ = symdyn(*CHAIN, "--format", "json")
    assert status == 130
    if out:
        data = json.loads(out)
        assert (data["lower"], data["upper"], data["count"]) == (3, 41, None)


def test_file_is_left_alone(symdyn, interrupted_engine, tmp_path):
    file = tmp_path / "laws.txt"
    file.write_text("old")
    assert symdyn(*CHAIN, "-o", file).status == 130
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("laws.txt", "old")]


@pytest.mark.parametrize(
    ("place", "arguments"),
    [
        ("symdyn.reading.model_file.model_from_formulas", CHAIN),
        ("symdyn.reading.presets.preset", ("laws", "--network", "linear:3,2")),
        ("symdyn.reading.files.read_model", ("laws", "model.toml")),
        ("symdyn.report.render.render", CHAIN),
        ("symdyn.cli.verify.verify_text", ("verify", "file.json")),
        ("symdyn.systems.catalog.catalog", ("list",)),
    ],
)
def test_interrupt_anywhere_else_is_said_in_a_line(symdyn, monkeypatch, tmp_path, place, arguments):
    def interrupted(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.json").write_text("{}")
    monkeypatch.setattr(place, interrupted)
    status, out, err = symdyn(*arguments)
    assert (status, out) == (130, "")
    assert re.fullmatch(r"symdyn \w+: interrupted", err.strip())


def test_interrupted_demo_leaves_whole_files_only(monkeypatch, tmp_path, capsys):
    """Interrupted at its second file, it has written the first, and no piece of the second."""
    replace, replaced = os.replace, []

    def second_time(source, target):
        if replaced:
            raise KeyboardInterrupt
        replaced.append(target)
        replace(source, target)

    monkeypatch.setattr(os, "replace", second_time)
    assert run(["demo", "--folder", str(tmp_path / "demo")]) == 130
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["laws.tex"]
    assert (tmp_path / "demo" / "laws.tex").read_text("utf-8").rstrip().endswith(r"\end{document}")
    assert "Traceback" not in capsys.readouterr().err
