"""Text from outside runs nothing, costs little, and is refused in one sentence that says where and what."""

import os
import re
import unicodedata

import pytest
import sympy as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from symdyn.algebra.formulas.read import expansion_size, free_names, parse_array, parse_formula, parse_name
from symdyn.errors import FormulaError

CANARY = "SYMDYN_CANARY"
SING = f"__import__('os').environ.__setitem__('{CANARY}', '1')"

RUNS_CODE = [
    SING,
    f"().__class__.__base__.__subclasses__()[0]({SING})",
    "S.__class__.__mro__",
    f"(lambda: {SING})()",
    f"[{SING} for u in (1,)]",
    f"{{u: {SING}}}",
    f"f'{{{SING}}}'",
    f"(u := {SING})",
    f"sin(u, evaluate={SING})",
    f"sin(*{SING})",
    f"u if {SING} else v",
    f"u and {SING}",
    f"u[{SING}]",
    f"u; {SING}",
    f"u\n{SING}",
    f"'{SING}'",
    f"eval({SING!r})",
    f"exec({SING!r})",
    f"Symbol({SING!r})",
    f"Function('f')({SING!r})",
    "getattr(u, 'x')",
    f"sympify({SING!r})",
    "import os",
    "u.func",
    "u.__reduce__()",
    "breakpoint()",
    "open('/etc/passwd')",
]

# text, offset of what is at fault, what the message says
REFUSED = [
    ("'u'", 0, "quoted string"),
    ('u*"v"', 2, "quoted string"),
    ("b'u'", 1, "quoted string"),
    ("f'{u}'", 1, "quoted string"),
    ("u.real", 1, "attribute"),
    ("().u", 2, "attribute"),
    ("u[0]", 0, "subscript, and formulas have none: write a name such as u_1"),
    ("[u, v][0]", 0, "subscript"),
    ("lambda u: u", 8, "a slice, a lambda"),
    ("[u for u in v]", 3, "comprehension"),
    ("{u}", 0, "opens a set"),
    ("sin(u=1)", 5, "write the right-hand side alone"),
    ("sin(*u)", 4, "`\\*` .* has nothing before it"),
    ("*u", 0, "has nothing before it"),
    ("(u := 2)", 3, "an assignment"),
    ("u == v", 2, "a comparison"),
    ("u < v", 2, "a comparison"),
    ("u <= v", 2, "a comparison"),
    ("u != v", 2, "a comparison"),
    ("u in v", 2, "a comparison"),
    ("u is v", 2, "a comparison"),
    ("u and v", 2, "a boolean operator"),
    ("not u", 0, "a boolean operator"),
    ("u if v else w", 2, "a conditional expression"),
    ("...", 0, "an ellipsis"),
    ("True", 0, "a truth value"),
    ("None", 0, "the empty value"),
    ("1j", 0, "imaginary"),
    ("2.5J", 0, "imaginary"),
    ("nan", 0, "not a finite number"),
    ("u + NaN", 4, "not a finite number"),
    ("-inf", 1, "not a finite number"),
    ("u^2", 1, "write \\*\\*"),
    ("2u", 0, "write 2\\*u"),
    ("2 u", 0, "write 2\\*u"),
    ("u v", 0, "write u\\*v"),
    ("2(u)", 0, "write 2\\*\\("),
    ("(u)(v)", 0, "write \\(u\\)\\*\\("),
    ("3 4", 0, "write 3\\*4"),
    ("2sin(u)", 0, "write 2\\*sin"),
    ("u(v)", 0, "write u\\*\\( for a product, or one of abs, acos"),
    ("floor(u)", 0, "calls what is no function"),
    ("sin", 0, "is a function: write sin\\(u\\)"),
    ("sin*u", 0, "is a function: write sin\\(u\\)"),
    ("sin()", 3, "is empty"),
    ("sin(u, v)", 0, "with 2 arguments"),
    ("u // v", 2, "write / for the exact quotient"),
    ("u % v", 2, "remainder"),
    ("u @ v", 2, "no product here"),
    ("~u", 0, "works on bits"),
    ("u & v", 2, "works on bits"),
    ("u!", 1, "no factorial here"),
    ("u # v", 2, "a comment"),
    ("u; v", 1, "separates statements"),
    ("u \\\n + v", 2, "break the line without it"),
    ("u\x00", 1, "`.x00` .* is no part of a formula"),
    ("\x1b[31mu", 0, "`.x1b` .* is no part of a formula"),
    ("u\x0cv", 1, "is no part of a formula"),
    ("$u", 0, "is no part of a formula"),
    ("", 0, "is empty: write an expression"),
    (" \n ", 0, "is empty: write an expression"),
    ("()", 0, "is empty"),
    ("u + []", 4, "is empty"),
    ("(u", 0, "is never closed: write \\)"),
    ("[u)", 2, "closes no bracket"),
    ("u)", 1, "closes no bracket"),
    ("u +", 2, "comes too early"),
    ("u * (v -)", 8, "has nothing before it"),
    ("u,,v", 2, "has nothing before it"),
    (",", 0, "has nothing before it"),
    ("u ** / v", 5, "has nothing before it"),
    ("__class__", 0, "two underscores"),
    ("u__v", 0, "two underscores"),
    ("class", 0, "a keyword of Python"),
    ("1_000", 0, "is no number"),
    ("1.2.3", 0, "is no number"),
    ("0x10", 0, "not in base ten"),
    ("0b1", 0, "not in base ten"),
    ("1/0", 0, "divides by zero"),
    ("v + u/(1 - 1)", 4, "divides by zero"),
    ("1/(u - u)", 0, "divides by zero"),
    ("0**-1", 0, "divides by zero"),
    ("0**u", 0, "divides by zero"),
    ("0/0", 0, "divides by zero"),
    ("1/sin(0)", 0, "divides by zero"),
    ("1/((1+sqrt(2))**2-3-2*sqrt(2))", 0, "cannot be told from zero"),
    ("tan(pi/2)", 0, "not finite"),
    ("log(0)", 0, "not finite"),
    ("log(-2)", 0, "not a real number"),
    ("asin(2)", 0, "not a real number"),
    ("sqrt(-1)*u", 0, "not a real number"),
    ("(-8)**(1/3)", 0, "a root of a negative number"),
    ("(u, v)*2", 0, "calculates with a list"),
    ("sin([u])", 0, "calculates with a list"),
]


@pytest.mark.parametrize("text", RUNS_CODE)
@pytest.mark.parametrize("read", [parse_formula, parse_array, parse_name, free_names])
def test_no_text_runs(text, read, monkeypatch):
    monkeypatch.delenv(CANARY, raising=False)
    with pytest.raises(FormulaError, match="column|unknown"):
        read(text)
    assert CANARY not in os.environ


@pytest.mark.parametrize(("text", "position", "sentence"), REFUSED)
def test_a_refusal_says_where_and_what(text, position, sentence):
    with pytest.raises(FormulaError, match=sentence) as refusal:
        parse_array(text)
    assert refusal.value.position == position
    assert refusal.value.text == text
    assert str(refusal.value).endswith(".")
    assert str(refusal.value).isprintable()


DUNDERS = ["__class__", "__import__", "__builtins__", "__subclasses__", "__globals__", "__reduce__", "__init__"]
PLACES = "{0}|({0})|[{0}]|(u, {0})|-{0}|u + {0}|{0}*u|u**{0}|{0}**2|u/{0}|sin({0})|sin(u, {0})|{0}(u)|{0}()|u.{0}"


@pytest.mark.parametrize("name", DUNDERS)
@pytest.mark.parametrize("place", PLACES.split("|"))
def test_no_dunder_is_reachable_from_any_place_of_the_grammar(place, name):
    with pytest.raises(FormulaError, match="two underscores|attribute"):
        parse_array(place.format(name))


@pytest.mark.parametrize(
    ("letter", "advice"),
    [
        ("\N{CYRILLIC SMALL LETTER HA}", "letters a-z"),
        ("\N{CYRILLIC SMALL LETTER A}", "letters a-z"),
        ("\N{GREEK SMALL LETTER BETA}", "write beta"),
        ("\N{GREEK SMALL LETTER LAMDA}", "write lambda"),
        ("\N{GREEK CAPITAL LETTER SIGMA}", "write Sigma"),
        ("\N{FULLWIDTH LATIN SMALL LETTER X}", "write x"),
        ("\N{MATHEMATICAL ITALIC SMALL X}", "write x"),
        ("\N{SUPERSCRIPT TWO}", "write \\*\\* for powers"),
        ("\N{ARABIC-INDIC DIGIT FOUR}", "letters a-z"),
        ("\N{MINUS SIGN}", "write -"),
        ("\N{MIDDLE DOT}", "write \\*"),
        ("\N{ZERO WIDTH SPACE}", "letters a-z"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}", "letters a-z"),
        ("\N{NO-BREAK SPACE}", "letters a-z"),
        ("\ud800", "letters a-z"),
    ],
)
def test_look_alike_letters_are_refused_by_name(letter, advice):
    name = unicodedata.name(letter, "an unnamed character")
    with pytest.raises(FormulaError, match=f"^{name} .U.{ord(letter):04X}.*column 3.*: .*{advice}") as refusal:
        parse_formula(f"x*{letter} + u")
    assert refusal.value.position == 2
    assert str(refusal.value).isascii()


@pytest.mark.parametrize("name", ["sin", "ln", "pi", "2", "u+v", "", "u v", "a__b", "if", "x\N{PRIME}", "u,"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(FormulaError, match="name|empty|underscores|conditional|ASCII"):
        parse_name(name)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("9**9**9", "^9\\*\\*9\\*\\*9 has more than 10\\^6 digits: exponents up to 1000 are allowed.$"),
        ("2**5000", "has an exponent above 1000"),
        ("u**1001", "has an exponent above 1000"),
        ("u**-1001", "has an exponent above 1000"),
        ("u**(v + 1001)", "has an exponent above 1000"),
        ("u**(5000*v)", "has an exponent above 1000"),
        ("u**(1000*sqrt(2))", "has an exponent above 1000"),
        ("(u**1000)**1000", "a power above 1000"),
        ("*".join(["u"] * 1001), "a power above 1000"),
        ("99999**999", "has about 4995 digits: up to 4000"),
        ("(12345678901*u)**999", "has about 10081 digits"),
        ("*".join(["9**999"] * 9), "numbers of about 8580 digits"),
        ("+".join(f"u/{n}**999" for n in range(2, 9)), "numbers of about 5503 digits"),
        ("exp(1001)", "an argument above 1000"),
        ("exp(10**9*log(2) + u)", "an argument above 1000"),
        ("exp(exp(exp(10)))", "an argument above 1000"),
        ("sqrt(" + "7" * 60 + ")", "a root of a long number"),
        ("1" * 1001, "a number of 1001 digits"),
        ("0." + "1" * 1001, "a number of 1002 digits"),
        ("1e1001", "more than 1000 digits when it is written out"),
        ("1e999999999999999999", "more than 1000 digits when it is written out"),
        ("u" * 101, "has 101 characters: names of up to 100"),
        ("u+" * 50_000 + "u", "has 100001 characters: up to 100000"),
        ("-" * 50_001 + "u", "more than 50000 names, numbers and signs"),
        ("(" * 201 + "u" + ")" * 201, "nested 201 deep: up to 200"),
        ("(" * 99_000, "nested 201 deep: up to 200"),
        ("sin(" * 150 + "u" + ")" * 150, "nested 202 levels deep"),
        ("**".join("u" * 10_000), "nested 202 levels deep"),
        ("1/(" * 150 + "u" + ")" * 150, "levels deep"),
        ("tanh(" * 40 + "u" + ")" * 40, "takes too long, .* symbols that are real"),
    ],
)
def test_what_would_cost_too_much_is_refused_before_it_is_built(text, sentence):
    with pytest.raises(FormulaError, match=sentence):
        parse_array(text, exact=False)


def test_a_sum_of_five_thousand_monomials_is_read():
    x = sp.symbols("x:100")
    monomials = [(n + 1, x[n % 100], x[n * n % 97]) for n in range(5_000)]
    parsed = parse_formula("+".join(f"{n}*{a}*{b}**2" for n, a, b in monomials))
    assert parsed == sp.Add(*(n * a * b**2 for n, a, b in monomials))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+".join(["a"] * 20_000), 20_000 * sp.Symbol("a")),
        ("-".join(["a"] * 20_000), -19_998 * sp.Symbol("a")),
        ("-" * 49_998 + "a", sp.Symbol("a")),
        ("+" * 49_998 + "a", sp.Symbol("a")),
        ("*".join(f"x{n}" for n in range(3_000)), sp.Mul(*sp.symbols("x:3000"))),
        ("/".join(f"x{n}" for n in range(3_000)), sp.Symbol("x0") / sp.Mul(*sp.symbols("x1:3000"))),
        ("(" * 200 + "a" + ")" * 200, sp.Symbol("a")),
        ("a+(" * 200 + "a" + ")" * 200, 201 * sp.Symbol("a")),
    ],
    ids=["sum", "difference", "minus signs", "plus signs", "product", "quotient", "brackets", "nested sums"],
)
def test_long_chains_and_deep_brackets_are_read(text, expected):
    assert parse_formula(text) == expected


@pytest.mark.parametrize("text", ["1+u*(" * 95 + "v" + ")" * 95, "sin(" * 95 + "u" + ")" * 95])
def test_what_is_read_can_be_printed_and_read_again(text):
    expression = parse_formula(text)
    assert parse_formula(str(expression)) == expression
    assert sp.latex(expression)


def test_nested_networks_of_real_symbols_are_read():
    """Twelve layers of tanh: exponential for symbols without assumptions, quick for real ones."""
    u = sp.Symbol("u", real=True)
    text, expected = "u", u
    for _ in range(12):
        text, expected = f"tanh(1-{text})", sp.tanh(1 - expected)
    assert parse_formula(text, {"u": u}) == expected


@pytest.mark.parametrize("text", [None, 3, b"u", ["u"]])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(FormulaError, match="a formula is text, and this is"):
        parse_formula(text)


ALLOWED = (sp.Add, sp.Mul, sp.Pow, sp.Symbol, sp.Rational, sp.Function, type(sp.pi), type(sp.E))
TOKENS = re.findall(
    r"\S+",
    """
    u v w S E 0 1 2 3 10 1/2 0.5 .1 2e3 1e-2 pi lambda x_1 1000 9**9
    + - * / ** ( ) [ ] , - + ( ) * ^ . : = // == % ! # ; ' { } @ 1j 0x1
    sin( exp( log( sqrt( abs( tanh( sigmoid( erf( acos( sin cos if for in not None nan __class__ __import__('os')
    """,
)
PIECES = [*TOKENS, " ", "\t", "\n", "\x00", "\N{GREEK SMALL LETTER BETA}"]


def reads_or_refuses(text):
    """Every function of the module returns or raises FormulaError, and a result consists of what is allowed."""
    for read in (free_names, parse_name):
        try:
            read(text)
        except FormulaError as refusal:
            assert str(refusal).isprintable()  # noqa: PT017
    try:
        result = parse_array(text, exact=False)
    except FormulaError as refusal:
        assert str(refusal).isprintable()  # noqa: PT017
        return
    pending = [result]
    while pending:
        node = pending.pop()
        if not isinstance(node, tuple):
            assert isinstance(node, ALLOWED)
            assert not node.has(sp.nan, sp.zoo, sp.oo, sp.I, sp.Float)
            assert {symbol.name for symbol in node.free_symbols} <= set(free_names(text))
            assert expansion_size(node) >= 1
        pending.extend(node if isinstance(node, tuple) else node.args)


@settings(max_examples=300)
@given(st.text(max_size=40))
@example("\ud800")
def test_any_text_is_read_or_refused(text):
    reads_or_refuses(text)


@settings(max_examples=600)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_soup_of_tokens_is_read_or_refused(text):
    reads_or_refuses(text)


def bracketed(children):
    """Texts that obey the grammar, whatever their value is."""
    operators = st.sampled_from(["+", "-", "*", "/", "**"])
    functions = st.sampled_from(["sin", "exp", "log", "sqrt", "abs", "tan", "sinh", "acos", "sigmoid", "erf", "-"])
    return st.one_of(
        st.tuples(children, operators, children).map(lambda p: f"({p[0]}){p[1]}({p[2]})"),
        st.tuples(functions, children).map(lambda p: f"{p[0]}({p[1]})"),
    )


ATOMS = st.sampled_from(["u", "v", "0", "1", "2", "pi", "1/3", "10**40", "(-1)", "999", "0.5"])


@settings(max_examples=300)
@given(st.recursive(ATOMS, bracketed, max_leaves=5))
def test_any_grammatical_text_is_read_or_refused(text):
    reads_or_refuses(text)
