"""symdyn equilibria --continue and --figure: rational ends, refusals, drawings, what an interrupt leaves."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PIL import Image

PITCHFORK = 'coordinates = ["x"]\nparameters = {p="symbol"}\nfield = ["-x**3-p*x"]\n'
PLANE = 'coordinates = ["x", "y"]\nparameters = {p="1"}\nfield = ["p*x - x**3", "-y"]\n'
SPACE = 'coordinates = ["x", "y", "z"]\nfield = ["x - x**3", "-y", "-z"]\n'
MAP = 'coordinates = ["x"]\nparameters = {r="symbol"}\nupdate = ["r*x*(1 - x)"]\n'


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text):
        (tmp_path / "m.toml").write_text(text, encoding="utf-8")
        return "m.toml"

    return write


@pytest.mark.parametrize(
    ("ends", "interval"), [("-1..1/2", [-1, 0.5]), ("-1/3..0.25", [-1 / 3, 0.25]), ("-1 .. 1", [-1, 1])]
)
def test_ends_may_be_rational(symdyn, written, ends, interval):
    status, out, _ = symdyn("equilibria", written(PITCHFORK), "--continue", f"p={ends}", "--quiet", "--format", "json")
    assert status == 0
    data = json.loads(out)
    assert data["interval"] == interval
    assert len(data["branches"]) == 3
    assert [c["kind"] for branch in data["branches"] for c in branch["crossings"]] == ["pitchfork"]


def test_a_start_gives_the_parameter_as_a_fraction(symdyn, written):
    call = ("equilibria", written(PITCHFORK), "--continue", "p=-1..1", "--from", "x=1/2,p=-1/4", "--quiet")
    status, out, _ = symdyn(*call)
    assert status == 0
    assert "pitchfork" in out
    assert "followed from the given start at p = -0.25" in " ".join(out.split())


def test_what_is_said_of_others_denies_that_these_are_all(symdyn, written):
    _, out, _ = symdyn("equilibria", written(PITCHFORK), "--continue", "p=-1..1", "--quiet")
    words = " ".join(out.split())
    assert "others there may be other branches and crossings" in words
    assert "these are all" not in words


def test_period_two_is_said_and_in_the_data(symdyn, written):
    call = ("equilibria", written(MAP), "--continue", "r=2..7/2", "--quiet")
    _, out, _ = symdyn(*call)
    assert "period 2" in " ".join(out.split())
    _, out, _ = symdyn(*call, "--format", "json")
    branches = json.loads(out)["branches"]
    assert [branch["period"] for branch in branches].count(2) == 1
    (two,) = [branch for branch in branches if branch["period"] == 2]
    assert len(two["images"][0]) == len(two["points"])


def test_a_box_says_where_the_searches_look(symdyn, written):
    model = written('coordinates = ["x"]\nparameters = {p="symbol"}\nfield = ["sin(x) - p"]\n')
    call = ("equilibria", model, "--continue", "p=0..1/2", "--box", "-1..4", "--quiet", "--format", "json")
    status, out, _ = symdyn(*call)
    assert status == 0
    starts = sorted(branch["points"][branch["values"].index(0.0)][0] for branch in json.loads(out)["branches"])
    assert starts == pytest.approx([0, np.pi], abs=1e-9)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("--continue", "p=1..0"), "the interval 1 to 0 is empty or infinite"),
        (("--continue", "p=1..1"), "the interval 1 to 1 is empty or infinite"),
        (("--continue", "p=0..inf"), "'inf' in --continue p=0..inf is no number: write both ends"),
        (("--continue", "p=a..b"), "'a' in --continue p=a..b is no number"),
        (("--continue", "p=0..1/0"), "'1/0' in --continue p=0..1/0 is no number"),
        (("--continue", "p=0..1..2"), "names no interval: write for example --continue beta=0.1..1"),
        (("--continue", "p"), "names no interval"),
        (("--continue", "=0..1"), "names no interval"),
        (("--continue", "q=0..1"), "'q' is no parameter of this model: parameters are p"),
        (("--continue", "x=0..1"), "'x' is no parameter of this model: parameters are p"),
        (("--continue", "p=0..1", "--from", "p=0"), "gives no coordinate a value"),
        (("--continue", "p=0..1", "--from", "x=0,p=0,p=1"), "two values of p"),
        (("--continue", "p=0..1", "--set", "p=1"), "p came with --set and with --continue"),
        (("--continue", "p=0..1", "--figure", "a.jpg"), "has no suffix of a format: write one of .svg, .pdf, .png"),
        (("--continue", "p=0..1", "--figure", "no/a.svg"), "lies in no folder: make no, or choose another one"),
        (("--continue", "p=2..3", "--figure", "a.svg", "--box", "5..6"), "no branch was followed"),
        (("--symbol", "p", "--figure", "a.svg"), "p has no value, and a phase portrait is one of numbers"),
        (("--set", "p=1", "--at", "x=0", "--figure", "a.svg"), "--figure came with --at, of which there is no picture"),
        (("--set", "p=1", "--cycles", "--figure", "a.svg"), "--figure came with --cycles, of which there is no"),
    ],
)
def test_misuse_is_one_sentence(symdyn, written, tmp_path, asked, message):
    status, _, err = symdyn("equilibria", written(PITCHFORK), *asked, "--quiet")
    assert status == 2
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert not list(tmp_path.glob("a.*"))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (SPACE, "a flow of 3 coordinates without constraint has no phase portrait"),
        (MAP, "an iteration has no phase portrait"),
    ],
)
def test_a_figure_that_the_dimension_does_not_allow_is_refused(symdyn, written, model, message):
    given = ("--set", "r=2") if model is MAP else ()
    status, out, err = symdyn("equilibria", written(model), *given, "--figure", "a.png", "--quiet")
    assert (status, out) == (2, "")
    assert message in err


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png", "PNG"])
@pytest.mark.parametrize(
    ("model", "asked"),
    [
        (PITCHFORK, ("--continue", "p=-1..1")),
        (PITCHFORK, ("--set", "p=-1")),
        (PLANE, ()),
        (MAP, ("--continue", "r=2..7/2")),
    ],
    ids=["diagram", "line", "plane", "map"],
)
def test_figures_are_written_beside_the_answer(symdyn, written, tmp_path, suffix, model, asked):
    status, out, err = symdyn("equilibria", written(model), *asked, "--figure", f"a.{suffix}")
    assert status == 0
    assert "OBSERVED" in out or "PROVED" in out
    assert f"figure written to a.{suffix}" in err
    data = (tmp_path / f"a.{suffix}").read_bytes()
    if suffix == "pdf":
        assert data.startswith(b"%PDF")
    elif suffix == "svg":
        assert ElementTree.fromstring(data).tag.endswith("svg")
        assert b"prefers-color-scheme:dark" in data
    else:
        dark = np.asarray(Image.open(io.BytesIO(data)).convert("L")) < 200
        assert 0.002 < dark.mean() < 0.5


def test_an_interrupt_prints_what_was_followed(symdyn, written, monkeypatch):
    from symdyn.equilibrium.follow import following

    events, calls = following.events, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 120:
            raise KeyboardInterrupt
        return events(*arguments)

    monkeypatch.setattr(following, "events", interrupted)
    status, out, err = symdyn("equilibria", written(PITCHFORK), "--continue", "p=-1..1", "--from", "x=0,p=1", "--quiet")
    assert status == 130
    assert "pitchfork" in out
    assert "it was interrupted" in " ".join(out.split())
    assert "Traceback" not in out + err


def test_a_time_limit_prints_what_was_followed(symdyn, written, monkeypatch):
    now = [1000.0]

    def clock():
        now[0] += 0.02
        return now[0]

    monkeypatch.setattr("time.monotonic", clock)
    call = ("equilibria", written(PITCHFORK), "--continue", "p=-1..1", "--from", "x=0,p=1", "--quiet")
    status, out, _ = symdyn(*call, "--time-limit", "1")
    assert status == 0
    assert "the time limit" in " ".join(out.split())
