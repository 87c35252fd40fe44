"""symdyn equilibria on files: found, certified, verified at a point, refused."""

from __future__ import annotations

import json

import pytest

FLOW = """
coordinates = ["x", "y"]
parameters = {a = "1", b = 0.5}
field = ["a*x - x**3", "-b*y"]
"""
OPEN = """
coordinates = ["x", "y"]
parameters = {a = "symbol"}
field = ["a*x - y", "-y"]
"""
CIRCLE = """
title = "Oja's flow on the circle"
coordinates = ["x", "y"]
spheres = [["x", "y"]]
field = ["2*x - (2*x**2 + y**2)*x", "y - (2*x**2 + y**2)*y"]
"""
MAP = """
coordinates = ["x"]
update = ["x/2 + x**2"]
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "model.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_three_equilibria_and_these_are_all(symdyn, written):
    status, out, err = symdyn("equilibria", written(FLOW))
    assert (status, err) == (0, "")
    assert "3 equilibria found, 2 stable" in out
    assert "there are exactly 3 equilibria: PROVED" in " ".join(out.split())


def test_a_parameter_can_be_set(symdyn, written):
    _, out, _ = symdyn("equilibria", written(FLOW), "--set", "a=-1")
    assert "1 equilibrium found, 1 stable" in out


def test_json_has_the_fields_of_the_contract_and_certificates_that_hold(symdyn, written, tmp_path):
    target = tmp_path / "found.json"
    symdyn("equilibria", written(FLOW), "--format", "json", "-o", target)
    data = json.loads(target.read_text(encoding="utf-8"))
    assert {"schema", "equilibria", "completeness", "starts"} <= data.keys()
    assert all({"point", "kind", "stability", "verdict"} <= item.keys() for item in data["equilibria"])
    status, out, _ = symdyn("verify", target)
    assert status == 0
    assert out.count("PROVED") == 4  # three equilibria, and that these are all


ISOMERS = """
coordinates = ["A", "B"]
field = ["B - A", "A - B"]
"""


@pytest.mark.parametrize("options", [("--totals", "A + B=50"), ("--through", "A=1,B=49")])
def test_a_leaf_is_given_by_totals_or_by_a_state(symdyn, written, options):
    status, out, _ = symdyn("equilibria", written(ISOMERS), *options, "--format", "json")
    data = json.loads(out)
    assert status == 0
    assert [[float(value) for value in item["point"].values()] for item in data["equilibria"]] == [[25, 25]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--totals", "A"), "gives no function a value"),
        (("--totals", "A=1"), "is not conserved"),
        (("--totals", "A+B=1", "--totals", "B+A=2"), "came twice"),
        (("--through", "A=1"), "give a value of each of A, B"),
        (("--through", "C=1"), "in --through gives no coordinate a value"),
        (("--through", "A=1,B=1", "--basins"), "belong to the search for equilibria alone"),
    ],
)
def test_a_leaf_that_is_none_is_refused(symdyn, written, options, words):
    status, _, err = symdyn("equilibria", written(ISOMERS), *options)
    assert status == 2
    assert words in " ".join(err.split())


def test_equilibria_on_a_circle_are_the_eigenvectors(symdyn, written):
    status, out, _ = symdyn("equilibria", written(CIRCLE), "--format", "json")
    points = {tuple(round(abs(v), 6) for v in item["point"].values()) for item in json.loads(out)["equilibria"]}
    assert status == 0
    assert points == {(1.0, 0.0), (0.0, 1.0)}


def test_a_candidate_with_symbols_gets_its_condition(symdyn, written):
    status, out, _ = symdyn("equilibria", written(OPEN), "--at", "x=0,y=0")
    assert status == 0
    assert "a < 0" in out


def test_a_point_that_is_no_equilibrium_is_refuted(symdyn, written):
    status, out, _ = symdyn("equilibria", written(FLOW), "--at", "x=2,y=0")
    assert status == 1
    assert "REFUTED" in out


def test_an_iteration_has_fixed_points(symdyn, written):
    _, out, _ = symdyn("equilibria", written(MAP))
    assert "2 fixed points found, 1 stable" in out


def test_a_fixed_point_of_a_map_is_shown_with_its_multiplier(symdyn, written):
    status, out, _ = symdyn("equilibria", written(MAP), "--at", "x=1/2")
    assert status == 0
    assert "3/2        (multiplier)" in out
    assert "eigenvalue" not in out


def test_an_equilibrium_far_from_all_starts_is_found(symdyn, written):
    far = 'coordinates = ["x", "y"]\nfield = ["x*(100000 - x)", "-y"]\n'
    status, out, _ = symdyn("equilibria", written(far), "--starts", "5")
    assert status == 0
    assert "2 equilibria found" in out
    assert "there are exactly 2 equilibria: PROVED" in out


LORENZ = """
coordinates = ["x", "y", "z"]
parameters = {sigma = "10", rho = "28", beta = "8/3"}
field = ["sigma*(y - x)", "x*(rho - z) - y", "x*y - beta*z"]
"""


def test_a_parameter_that_stays_a_symbol_gives_formulas_and_thresholds(symdyn, written):
    status, out, _ = symdyn("equilibria", written(LORENZ), "--symbol", "rho")
    assert status == 0
    assert "3 equilibria found as formulas in rho" in out
    assert "rho > 1        (where it exists)" in out
    assert "rho = 470/19        (threshold)" in out


def test_a_name_in_the_formulas_that_is_said_to_be_a_symbol_needs_no_declaration(symdyn, written):
    fold = written('coordinates = ["x"]\nfield = ["rho - x**2"]\n')
    assert "2 equilibria found as formulas in rho" in symdyn("equilibria", fold, "--symbol", "rho")[1]
    for other in ("rh", "x"):
        status, _, err = symdyn("equilibria", fold, "--symbol", other)
        assert (status, f"'{other}' is no parameter of this model" in err) == (2, True)


def test_a_positive_symbol_in_a_file_is_heeded(symdyn, written):
    square = 'coordinates = ["x"]\nparameters = {a = "positive"}\nfield = ["a - x**2"]\n'
    status, out, _ = symdyn("equilibria", written(square))
    assert (status, "where it exists" in out) == (0, False)


def test_a_total_of_a_constraint_may_be_a_symbol(symdyn, written):
    pair = 'coordinates = ["x", "y"]\nparameters = {N = "symbol"}\nfield = ["y - x", "x - y"]\n'
    status, out, _ = symdyn("equilibria", written(pair + 'constraint = ["x + y - N"]\n'))
    assert status == 0
    assert "x = N/2, y = N/2" in out


def test_a_value_and_a_symbol_for_one_parameter_are_refused(symdyn, written):
    status, _, err = symdyn("equilibria", written(LORENZ), "--symbol", "rho", "--set", "rho=2")
    assert (status, "keep one" in err) == (2, True)


@pytest.mark.parametrize("form", ["latex", "markdown", "html"])
def test_every_format_says_how_many(symdyn, written, form):
    status, out, _ = symdyn("equilibria", written(FLOW), "--format", form)
    assert status == 0
    assert "3 equilibria" in out


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        (FLOW, ("--set", "c=1"), "parameters are a, b"),
        (FLOW, ("--set", "a"), "gives no parameter a value"),
        (FLOW, ("--at", "x=1"), "`y` has no value"),
        (FLOW, ("--at", "z=1"), "write name=value"),
        (OPEN.replace('"-y"', '"-sin(y)"'), (), "a has no value"),
        (FLOW.replace("field", "feild"), (), "did you mean field?"),
        (FLOW.replace("coordinates", "#"), (), "no coordinates"),
        (FLOW + 'update = ["x", "y"]\n', (), "keep one"),
        (FLOW.replace('"-b*y"', '"-b*q"'), (), "q"),
        (FLOW.replace('"-b*y"', "true"), (), "no formula"),
        (CIRCLE.replace('[["x", "y"]]', '[["x", "z"]]'), (), "is no coordinate"),
        (FLOW.replace('"a*x - x**3"', '"1e999*x"'), (), "out of the range of floating point"),
        (FLOW.replace('"a*x - x**3"', '"log(x)*(x + 2)"'), ("--at", "x=-2,y=0"), "no real value"),
        (FLOW + 'laws = ["y"]\n', (), "is not conserved"),
        (FLOW, ("--at", "x=sqrt(-1),y=0"), "not a real number"),
    ],
)
def test_misuse_gets_one_sentence(symdyn, written, text, arguments, words):
    status, out, err = symdyn("equilibria", written(text), *arguments)
    assert (status, out) == (2, "")
    assert words in err
    assert err.startswith("symdyn equilibria: ")
    assert len(err.splitlines()) == 1


def test_an_unknown_system_is_refused(symdyn):
    status, _, err = symdyn("equilibria", "no_such_system")
    assert status == 2
    assert "is no system of the catalog" in err


@pytest.mark.case("MSA-11")
def test_a_system_names_its_equilibria_in_its_own_words(symdyn, tmp_path):
    """V = B = diag(1, -2), two tokens: 2 consensus, 2 bipartite, 2 clustering, 1 zero output; and these are all."""
    call = (
        "equilibria",
        "multistable_self_attention",
        "--set",
        "V=[[1,0],[0,-2]]",
        "--set",
        "B=V",
        "--set",
        "tokens=2",
    )
    target = tmp_path / "found.json"
    status, _, _ = symdyn(*call, "--format", "json", "-o", target)
    data = json.loads(target.read_text(encoding="utf-8"))
    kinds = [item["kind"] for item in data["equilibria"]]
    assert status == 0
    assert sum(kind.startswith("consensus") for kind in kinds) == 2
    assert sum("zero output" in kind for kind in kinds) == 1
    assert sum(kind.startswith("bipartite") and "zero output" not in kind for kind in kinds) == 2
    assert sum(kind.startswith("clustering") for kind in kinds) == 2
    assert data["completeness"]["verdict"] == "proved"
    status, out, _ = symdyn("verify", target)
    assert status == 0
    assert out.count("PROVED") == 8
    assert "boxes were closed again" in out


PENDULUM = """
coordinates = ["a", "v"]
angles = ["a"]
field = ["v", "-sin(a) - v/10"]
"""
WAVE = """
coordinates = ["x", "y"]
field = ["sin(x) - y", "y"]
"""


def test_a_box_is_heeded_in_a_plain_search_and_verified(symdyn, written, tmp_path):
    """sin x = 0 in [-10, 10] and in [1/2, 10], seven times and three times."""
    target = tmp_path / "found.json"
    for box, number in ((["--box", "-10..10"], 7), (["--box", "x=0.5..10", "--box", "y=-1..1"], 3)):
        status, _, _ = symdyn("equilibria", written(WAVE), *box, "--format", "json", "-o", target)
        data = json.loads(target.read_text(encoding="utf-8"))
        assert status == 0
        assert len(data["equilibria"]) == number
        assert data["completeness"]["verdict"] == "proved"
        status, out, _ = symdyn("verify", target)
        assert status == 0
        assert "parts of the box were closed again" in out


def test_angles_of_a_file_count_modulo_2_pi(symdyn, written):
    status, out, _ = symdyn("equilibria", written(PENDULUM), "--box", "v=-3..3")
    assert status == 0
    assert "2 equilibria found, modulo 2 pi in a, 1 stable" in out


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--box", "x=0..1"], "no ends for `y`"),
        (["--box", "x=1..0", "--box", "y=0..1"], "hold nothing between them"),
        (["--box", "nan..1"], "no two numbers"),
        (["--box", "0..1..2"], "no interval"),
        (["--box", "q=0..1", "--box", "x=0..1"], "`q` in the box is no coordinate"),
        (["--box", "0..1", "--box", "x=0..1"], "with a coordinate and without one"),
        (["--box", "0..1", "--box", "0..2"], "2 times without a coordinate"),
        (["--box", "x=0..1", "--box", "x=0..2"], "twice for x"),
        (["--box", "x=0..1", "--basins"], "no ends for `y`"),
        (["--box", "0..1", "--at", "x=0,y=0"], "--box came with --at"),
    ],
)
def test_what_is_no_box_is_refused_in_one_sentence(symdyn, written, options, what):
    status, out, err = symdyn("equilibria", written(WAVE), *options)
    assert (status, out) == (2, "")
    assert what in err


@pytest.mark.parametrize("angles", ['["q"]', '["x"]', '["y", "y"]', '"y"', "[3]"])
def test_what_are_no_angles_is_refused_in_one_sentence(symdyn, written, angles):
    """Both coordinates enter the field by themselves."""
    text = WAVE.replace("field", f"angles = {angles}\nfield").replace('"sin(x) - y"', '"sin(x) - x - y"')
    status, _, err = symdyn("equilibria", written(text))
    assert status == 2
    assert "angle" in err
