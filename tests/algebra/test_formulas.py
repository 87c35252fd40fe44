"""Formulas are read as Python reads arithmetic, over the reals, exactly; hypothesis against Python's own `ast`."""

import ast
import operator
from decimal import Decimal
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from symdyn.algebra.formulas.functions import FUNCTIONS
from symdyn.algebra.formulas.read import expansion_size, free_names, parse_array, parse_formula, parse_name
from symdyn.errors import FormulaError, SymdynError

u, v, w = sp.symbols("u v w")
POINT = {"u": Fraction(2, 3), "v": Fraction(-5, 7), "w": Fraction(3)}
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def value_by_python(node: ast.expr) -> Fraction:
    """The value of a parsed expression at POINT; exponents must be small integers."""
    match node:
        case ast.Constant(value=int(value)):
            return Fraction(value)
        case ast.Name(id=name):
            return POINT[name]
        case ast.UnaryOp(op=op, operand=operand):
            return OPERATORS[type(op)](value_by_python(operand))
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            exponent = value_by_python(right)
            assume(exponent.denominator == 1 and abs(exponent) <= 6)
            return value_by_python(left) ** int(exponent)
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)](value_by_python(left), value_by_python(right))
    raise AssertionError(ast.dump(node))


def value_at_point(expression: sp.Expr) -> Fraction:
    value = expression.subs({sp.Symbol(name): sp.Rational(x.numerator, x.denominator) for name, x in POINT.items()})
    return Fraction(int(value.p), int(value.q))


@settings(max_examples=400)
@given(st.data())
def test_arithmetic_has_the_value_that_python_gives_it(data):
    """Operators and signs in any order, without brackets: precedence and associativity are Python's."""
    text = ""
    for _ in range(data.draw(st.integers(0, 6))):
        text += data.draw(st.sampled_from(["", "", "-", "+", "- "])) + data.draw(st.sampled_from("uvw123"))
        text += data.draw(st.sampled_from(["+", "-", "*", "/", "**", " * ", "**-", "**+", "--"]))
    text += data.draw(st.sampled_from("uvw12"))
    try:
        expected = value_by_python(ast.parse(text, mode="eval").body)
    except ZeroDivisionError:
        assume(False)
    assert value_at_point(parse_formula(text)) == expected


def trees(leaves):
    """Texts with brackets everywhere, and the expression that SymPy builds for them directly."""

    def grow(children):
        pairs = st.tuples(children, children)
        return st.one_of(
            pairs.map(lambda p: (f"({p[0][0]}+{p[1][0]})", p[0][1] + p[1][1])),
            pairs.map(lambda p: (f"({p[0][0]} - {p[1][0]})", p[0][1] - p[1][1])),
            pairs.map(lambda p: (f"({p[0][0]}\n*{p[1][0]})", p[0][1] * p[1][1])),
            children.map(lambda c: (f"(-{c[0]})", -c[1])),
            st.tuples(children, st.integers(0, 4)).map(lambda p: (f"({p[0][0]}**{p[1]})", p[0][1] ** p[1])),
            children.map(lambda c: (f"(\t{c[0]}/3)", c[1] / 3)),
        )

    return st.recursive(leaves, grow, max_leaves=12)


LEAVES = st.one_of(
    st.sampled_from([("u", u), ("v", v), ("pi", sp.pi)]),
    st.integers(0, 10**30).map(lambda n: (str(n), sp.Integer(n))),
)


@settings(max_examples=150)
@given(trees(LEAVES))
def test_a_polynomial_equals_the_one_built_directly(tree):
    text, expected = tree
    assert sp.expand(parse_formula(text) - expected) == 0


def with_functions(children):
    partial = {"acos", "acosh", "asin", "atanh", "sigmoid", "sqrt", "log", "ln", "cot", "coth", "csc", "csch", "sec"}
    names = sorted(set(FUNCTIONS) - partial - {"max", "min"})
    calls = st.tuples(st.sampled_from(names), children).map(
        lambda p: (f"{p[0]}({p[1][0]})", FUNCTIONS[p[0]].build(p[1][1]))
    )
    sums = st.tuples(children, children).map(lambda p: (f"({p[0][0]}-{p[1][0]}/2)", p[0][1] - p[1][1] / 2))
    products = st.tuples(children, children).map(lambda p: (f"{p[0][0]}*({p[1][0]})", p[0][1] * p[1][1]))
    return st.one_of(calls, sums, products)


@settings(max_examples=100)
@given(st.recursive(st.sampled_from([("u", u), ("v", v), ("w", w)]), with_functions, max_leaves=4))
def test_a_formula_with_functions_has_the_value_of_the_one_built_directly(tree):
    text, expected = tree
    point = {u: sp.Rational(1, 3), v: sp.Rational(-2, 5), w: sp.Rational(1, 7)}
    assert abs((parse_formula(text).subs(point) - expected.subs(point)).evalf(30, chop=True)) < 1e-20


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"sigmoid", "ln", "abs", "relu", "max", "min", "heaviside"}))
def test_a_function_is_the_one_of_that_name_in_sympy(name):
    assert parse_formula(f"{name}(u/2)") == getattr(sp, name)(u / 2)


def test_ln_is_log_and_abs_is_the_absolute_value():
    assert parse_formula("ln(u) + abs(v)") == sp.log(u) + sp.Abs(v)


def test_functions_that_switch_are_those_of_sympy():
    found = parse_formula("relu(u) + max(u, v, 2) - min(u, v) + heaviside(v)")
    assert found == sp.Max(0, u) + sp.Max(u, v, 2) - sp.Min(u, v) + sp.Heaviside(v)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max(u)", r"`max` with 1 argument .* write max\(u, v\) with two arguments or more"),
        ("relu(u, v)", r"`relu` with 2 arguments .* write relu\(u\) with one argument"),
        ("max + 1", r"`max` in .* is a function: write max\(u, v\)"),
    ],
)
def test_a_call_with_another_number_of_arguments_is_refused(text, message):
    with pytest.raises(FormulaError, match=message):
        parse_formula(text)


def test_the_sigmoid_solves_the_logistic_equation():
    sigmoid = parse_formula("sigmoid(u)")
    assert sp.simplify(sigmoid.diff(u) - sigmoid * (1 - sigmoid)) == 0
    assert sigmoid.subs(u, 0) == sp.Rational(1, 2)


@pytest.mark.parametrize("name", ["S", "N", "E", "I", "O", "Q", "beta", "gamma", "zeta", "lambda", "C", "re", "Sum"])
def test_names_of_sympy_objects_are_symbols_of_the_user(name):
    assert parse_formula(f"{name}**2*u") == sp.Symbol(name) ** 2 * u
    assert parse_name(f" {name} ") == sp.Symbol(name)
    assert free_names(f"2*{name} + u") == (name, "u")


def test_pi_is_the_number():
    assert parse_formula("sin(pi/6) + pi") == sp.Rational(1, 2) + sp.pi
    assert free_names("pi*u") == ("u",)


def test_names_stand_for_the_symbols_that_are_given():
    angle = sp.Symbol("theta", real=True)
    assert parse_formula("cos(u)**2", {"u": angle}) == sp.cos(angle) ** 2


def test_an_unknown_name_is_refused_where_it_stands():
    with pytest.raises(FormulaError, match='`w` in "v\\*w" is an unknown name: the names here are u, v') as refusal:
        parse_formula("v*w", {"u": u, "v": v})
    assert (refusal.value.text, refusal.value.position) == ("v*w", 2)


def test_where_no_names_are_known_none_are_listed():
    with pytest.raises(FormulaError, match='`w` in "w" is an unknown name: no names are known here'):
        parse_formula("w", {})


def test_free_names_come_in_order_of_appearance_without_functions():
    assert free_names("[w*sin(v), exp(u) - w]") == ("w", "v", "u")


def test_arrays_nest_and_tuples_and_lists_mean_the_same():
    expected = ((2 * u, sp.Integer(0)), (sp.Integer(0), v))
    assert parse_array("[[2*u, 0], [0, v]]") == parse_array("((2*u, 0), (0, v),)") == expected
    assert parse_array("u*v,\n v*w") == (u * v, v * w)
    assert parse_array("(u)") == u


def test_an_array_is_no_formula():
    with pytest.raises(FormulaError, match="a list of 2 came where one formula is needed"):
        parse_formula("u, v")


@given(st.decimals(-(10**6), 10**6, allow_nan=False, allow_infinity=False))
def test_a_decimal_is_the_rational_that_its_digits_denote(decimal):
    assume(abs(decimal.as_tuple().exponent) < 900)
    assert parse_formula(str(decimal), exact=False) == sp.Rational(*decimal.as_integer_ratio())


@pytest.mark.parametrize("text", ["0.1", ".5", "5.", "1e-3", "2.50E+2", "1e300", "0.30000000000000000000000000000004"])
def test_a_decimal_is_refused_in_exact_mode_with_the_rational_to_write(text):
    written = sp.Rational(*Decimal(text).as_integer_ratio())
    advice = str(written) if len(str(written)) <= 60 else "a quotient of integers"
    with pytest.raises(FormulaError, match=f"{text.replace('+', '.')} in .* is a decimal.*: write {advice}\\.$"):
        parse_formula(f"u*{text}")
    assert parse_formula(f"u*{text}", exact=False) == u * written


def test_the_refusal_of_a_decimal_names_the_place_that_the_user_knows():
    with pytest.raises(FormulaError) as refusal:
        parse_formula("0.1*u*v", where="output 2")
    sentence = '0.1 in "0.1*u*v" is a decimal, and laws are decided exactly: write 1/10.'
    assert str(refusal.value) == f"output 2: {sentence}"
    assert isinstance(refusal.value, SymdynError)
    assert isinstance(refusal.value, ValueError)


@given(trees(st.sampled_from([("u", u), ("v", v), ("w", w), ("2", sp.Integer(2))])))
@settings(max_examples=100)
def test_the_expansion_size_bounds_the_monomials_of_the_expansion(tree):
    _, expression = tree
    size = expansion_size(expression)
    assume(size < 2_000)
    assert len(sp.Add.make_args(sp.expand(expression))) <= size


@pytest.mark.parametrize("degree", range(5))
@pytest.mark.parametrize("terms", range(1, 5))
def test_the_expansion_size_of_a_power_of_a_sum_is_attained(terms, degree):
    power = sp.Add(*sp.symbols(f"x:{terms}")) ** degree
    assert expansion_size(power) == len(sp.Add.make_args(sp.expand(power)))


@pytest.mark.parametrize("power", ["(u+v)**(5/2)", "(u+v)**(w+2)", "(u+v)**2/(u-v)", "exp((u+v)**2)*(u+v)"])
def test_the_expansion_size_bounds_powers_that_expand_in_part(power):
    expression = parse_formula(power)
    assert len(sp.Add.make_args(sp.expand(expression))) <= expansion_size(expression)


@pytest.mark.parametrize("text", ["(a+b+c+d+e)**200*(u+v+w+x+y)**200", "((a+b)**1000+(c+d)**1000+u)**1000"])
def test_the_expansion_size_saturates_and_nothing_is_expanded(text):
    assert expansion_size(parse_formula(text)) == 10**12


def test_the_expansion_size_of_a_shared_square_of_squares_is_found_at_once():
    """Fifty levels, each twice in the next: a walk without memory would visit 2**50 nodes."""
    expression = u
    for _ in range(50):
        expression = sp.Add(sp.sin(expression), sp.cos(expression))
    assert expansion_size(expression) == 10**12
