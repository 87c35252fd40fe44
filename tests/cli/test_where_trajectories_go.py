"""symdyn equilibria --cycles, --basins and --rotating on files."""

from __future__ import annotations

import json
import math

import pytest

HOPF = """
coordinates = ["x", "y"]
field = ["x*(1 - x**2 - y**2) - 2*y", "y*(1 - x**2 - y**2) + 2*x"]
"""
CENTRE = """
coordinates = ["x", "y"]
field = ["x*(1 - y)", "y*(x - 1)"]
"""
WELLS = """
coordinates = ["x", "y"]
field = ["y", "x - x**3 - y/10"]
"""
MAP = """
coordinates = ["x"]
update = ["383/100*x*(1 - x)"]
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "model.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_circle_of_the_hopf_normal_form_is_a_limit_cycle(symdyn, written):
    options = ("--cycles", "--box", "-2..2", "--starts", "20", "--format", "json")
    status, out, _ = symdyn("equilibria", written(HOPF), *options)
    data = json.loads(out)
    assert status == 0
    (cycle,) = data["cycles"]
    assert cycle["period"] == pytest.approx(math.pi, rel=1e-8)
    assert abs(cycle["speeds"][0]) == pytest.approx(2, rel=1e-8)
    assert data["families"] == []


def test_a_centre_is_said_to_be_a_family(symdyn, written):
    options = ("--cycles", "--box", "0.1..2", "--starts", "5", "--duration", "60")
    status, out, _ = symdyn("equilibria", written(CENTRE), *options)
    assert status == 0
    assert "no limit cycle, 1 family of periodic orbits found" in out
    assert "these are all" not in out


def test_a_duration_is_heeded(symdyn, written):
    options = ("--basins", "--box", "-2..2", "--starts", "20", "--format", "json")
    destinations = {}
    for duration in ("50", "1000/2"):
        status, out, _ = symdyn("equilibria", written(WELLS), *options, "--duration", duration)
        assert status == 0
        destinations[duration] = {row["destination"] for row in json.loads(out)["basins"]}
    assert destinations == {"50": {"undecided"}, "1000/2": {"equilibrium"}}


def test_a_repelling_circle_is_found_backwards(symdyn, written):
    text = HOPF.replace("(1 - x**2 - y**2)", "(x**2 + y**2 - 1)")
    options = ("--cycles", "--box", "-2..2", "--starts", "20", "--backward")
    status, out, _ = symdyn("equilibria", written(text), *options)
    assert status == 0
    assert "1 limit cycle found" in out
    assert "repelling" in out


@pytest.mark.parametrize(
    ("model", "options", "what"),
    [
        (MAP, ("--cycles", "--box", "0..1"), "--period 2"),
        (HOPF, ("--cycles",), "give a box"),
        (HOPF, ("--cycles", "--box", "x=0..1"), "no ends for `y`"),
        (HOPF, ("--basins", "--box", "0..1", "--duration", "-3"), "--duration -3 is not above 0"),
        (HOPF, ("--basins", "--box", "0..1", "--duration", "long"), "--duration long is no number"),
        (HOPF, ("--duration", "3"), "--duration came without --basins or --cycles"),
        (HOPF, ("--backward", "--basins"), "--backward came without --cycles"),
        (HOPF, ("--cycles", "--basins"), "came together"),
    ],
)
def test_misuse_is_one_sentence(symdyn, written, model, options, what):
    status, out, err = symdyn("equilibria", written(model), *options)
    assert (status, out) == (2, "")
    assert what in err
    assert len(err.strip().splitlines()) == 1
