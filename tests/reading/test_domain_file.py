"""Where the state of a flow file lives: inequalities of a domain, simplices, and what is refused."""

import json

import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.verify import verify_text
from symdyn.errors import SymdynError
from symdyn.reading.files import read_flow

LOTKA = 'coordinates = ["x", "y"]\nfield = ["x*(3 - x - 2*y)", "y*(2 - x - y)"]\n'


def read(tmp_path, text):
    path = tmp_path / "flow.toml"
    path.write_text(text)
    return read_flow(path)


def test_a_domain_bounds_where_equilibria_are_listed(tmp_path):
    found = sd.equilibria(read(tmp_path, LOTKA + 'domain = ["x >= 0", "1/2 <= y"]\n'))
    # of (0, 0), (3, 0), (0, 2) and (1, 1) two have y at least 1/2
    assert sorted(tuple(map(float, one.point.values())) for one in found) == [(0.0, 2.0), (1.0, 1.0)]
    assert found.completeness.claim == "there are exactly 2 equilibria where x >= 0, 2*y - 1 >= 0"
    assert "domain x >= 0, 2*y - 1 >= 0" in " ".join(str(found).split())


def test_the_domain_in_json_is_compared_with_the_count(tmp_path):
    text = sd.equilibria(read(tmp_path, LOTKA + 'domain = ["x >= 0", "y >= 0"]\n')).json()
    assert json.loads(text)["domain"] == ["x >= 0", "y >= 0"]
    assert {one.verdict for _, one in verify_text(text)} == {"proved"}
    other = json.loads(text) | {"domain": ["x >= 0", "y + 1 >= 0"]}
    assert "refuted" in {one.verdict for _, one in verify_text(json.dumps(other))}


def test_a_chain_of_inequalities_holds_for_each_pair(tmp_path):
    flow = read(tmp_path, LOTKA + 'domain = "0 <= x <= 4 - y"\n')
    x, y = flow.coords
    assert flow.constraint.inequalities == (x, 4 - x - y)


def test_a_potential_in_a_domain_has_its_plain_gradient(tmp_path):
    flow = read(tmp_path, 'coordinates = ["x"]\npotential = "(x**2 - 1)**2"\ndomain = ["x >= 0"]\n')
    (x,) = flow.coords
    assert sp.expand(flow.field.components[0] + 4 * x * (x**2 - 1)) == 0
    assert [float(one.point[x]) for one in sd.equilibria(flow)] == [1.0, 0.0]


def test_a_simplex_is_probabilities_that_sum_to_one(tmp_path):
    game = 'coordinates = ["x", "y", "z"]\nfield = ["x*(y - z)", "y*(z - x)", "z*(x - y)"]\nsimplex = ["x", "y", "z"]\n'
    flow = read(tmp_path, game)
    x, y, z = flow.coords
    assert (flow.constraint.equations, flow.constraint.inequalities) == ((x + y + z - 1,), (x, y, z))
    found = sd.equilibria(flow)
    assert (len(found), found.completeness.verdict) == (4, Verdict.PROVED)
    third = [one.point for one in found if float(one.point[x]) not in (0.0, 1.0)]
    assert [float(value) for value in third[0].values()] == pytest.approx([1 / 3] * 3)


def test_two_simplices_make_a_product(tmp_path):
    game = (
        'coordinates = ["p", "q", "r", "s"]\nfield = ["p*q*(r - s)", "-p*q*(r - s)", "r*s*(q - p)", "-r*s*(q - p)"]\n'
        'simplex = [["p", "q"], ["r", "s"]]\n'
    )
    flow = read(tmp_path, game)
    p, q, r, s = flow.coords
    assert flow.constraint.equations == (p + q - 1, r + s - 1)
    # four corners, and the mixed one of matching pennies
    assert len(sd.equilibria(flow)) == 5


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('domain = ["x > 0"]', r'has the sign >: domains are closed, so write "x >= 0"'),
        ('domain = ["x = 0"]', "has the sign =: write <= or >="),
        ('domain = ["x"]', r'is no inequality: write two sides, as in "x >= 0"'),
        ("domain = []", "domain is empty"),
        ("domain = [3]", "3 in domain is no text"),
        ('domain = ["1 >= 0"]', "has no coordinate"),
        ('domain = ["x >= w"]', "`w` .* is an unknown name"),
        ('domain = ["__import__(1) >= 0"]', "two underscores"),
        ('constraint = ["x >= 0"]', r'two sides, and what vanishes there has one: write inequalities as domain = \["x'),
        ('constraint = ["x = 1"]', r'two sides, .* write "x - \(1\)"'),
        ('field = ["x >= 0", "y"]', "is a comparison, and formulas have none: write one side, or the key domain"),
        ('simplex = "x"', "write names of coordinates, as in simplex"),
        ('simplex = ["x", "w"]', "'w' in simplex is no coordinate"),
        ('simplex = ["x", "x"]', "names a coordinate twice"),
        ('simplex = ["x", "y"]\nconstraint = ["x - y"]', "simplex came together with constraint: keep one"),
    ],
)
def test_a_domain_that_is_written_otherwise_is_refused(tmp_path, line, message):
    plain = LOTKA if not line.startswith("field") else 'coordinates = ["x", "y"]\n'
    with pytest.raises(SymdynError, match=message):
        read(tmp_path, f"{plain}{line}\n")


def test_functions_that_switch_are_read_in_files(tmp_path):
    field = 'field = ["max(0, x) - relu(x - 1) - heaviside(x - 2) - x/2 + sign(x)"]\n'
    flow = read(tmp_path, f'coordinates = ["x"]\n{field}')
    (x,) = flow.coords
    step = sp.Heaviside(x - 2)
    assert flow.field.components[0] == sp.Max(0, x) - sp.Max(0, x - 1) - step - x / 2 + sp.sign(x)
