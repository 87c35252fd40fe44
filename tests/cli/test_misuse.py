"""Misuse of the command line: one sentence on stderr that says what to write, exit status 2, and never a traceback."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symdyn.cli.app import run
from symdyn.reading import model_file

WRT = ("--wrt", "u,v")
COMMANDS = ("laws", "verify", "list", "demo")
#: A sentence, not a page: no more characters than five lines of a terminal.
SENTENCE = 400


def refused(outcome, *needed: str) -> None:
    """Exit status 2, nothing on stdout, one sentence on stderr that contains what is needed."""
    status, out, err = outcome
    assert (status, out) == (2, "")
    assert err.startswith("symdyn")
    assert err.endswith("\n")
    assert err.count("\n") == 1, "one line"
    assert len(err) <= SENTENCE
    assert "Traceback" not in err
    assert "internal error" not in err
    for text in needed:
        assert text in err


# (what came, what the refusal must say): the symbol, place or value at fault, and what to write.
FORMULAS = [
    pytest.param(["u*v*w"], ["`w`", "--wrt", "--constants w"], id="unknown symbol"),
    pytest.param(["0.1*u*v"], ["0.1", "1/10"], id="decimal"),
    pytest.param(["1e-3*u*v"], ["1e-3", "1/1000"], id="decimal with exponent"),
    pytest.param(["abs(u)*v"], ["Abs(u)", "output 1", "rule of derivation"], id="no rule"),
    pytest.param(["u*v", "abs(u)"], ["Abs(u)", "output 2", "rule of derivation"], id="no rule, second output"),
    pytest.param(["exp(u+1)"], ["exp(u + 1)", "output 1", "constants"], id="number in an exponent"),
    pytest.param(["sqrt(-2)*u"], ["sqrt(-2)", "column 1", "real"], id="root of a negative number"),
    pytest.param(["sqrt(sin(u))"], ["sqrt(sin(u))", "output 1", "coordinate of its own"], id="root of a sine"),
    pytest.param(["pi*u*v"], ["pi", "output 1", "constants"], id="irrational number"),
    pytest.param(["u**1001"], ["u**1001", "1000"], id="exponent too large"),
    pytest.param(["9**9**9"], ["9**9**9", "digits", "1000"], id="power tower"),
    pytest.param(["u/0"], ["zero"], id="division by zero"),
    pytest.param(["u^2"], ["`^`", "**"], id="caret"),
    pytest.param(["2u"], ["2*u"], id="no operator"),
    pytest.param(["u v"], ["u*v"], id="no operator between names"),
    pytest.param(["u*v = w"], ["`=`", "right-hand side"], id="equation"),
    pytest.param(["u*(v"], ["`(`", "never closed"], id="open bracket"),
    pytest.param(["u*v)"], ["`)`"], id="closed bracket"),
    pytest.param(["u*"], ["u*"], id="nothing behind the operator"),
    pytest.param([""], ["empty", "u*v"], id="empty formula"),
    pytest.param(["u*v", "  "], ["empty", "u*v"], id="blank formula"),
    pytest.param(["u*v, v"], ["list", "one expression"], id="list in one formula"),
    pytest.param(["u*v;v"], ["`;`"], id="statements"),
    pytest.param(["nan*u"], ["nan"], id="not a number"),
    pytest.param(["u + inf"], ["inf"], id="infinity"),
    pytest.param(["1j*u"], ["1j", "real"], id="imaginary"),
]

# ANCHORS 6.4: each of these executes code, reaches classes, or never ends in SymPy's own readers.
HOSTILE = [
    pytest.param("__import__('os').getpid()", ["__import__"], id="import"),
    pytest.param("().__class__.__base__.__subclasses__()", ["`.`"], id="classes of a tuple"),
    pytest.param("Symbol('x').__class__.__mro__", ["Symbol"], id="classes of a symbol"),
    pytest.param("u.__class__", ["`.`"], id="attribute"),
    pytest.param("eval('1')", ["eval"], id="eval"),
    pytest.param("exec('import os')", ["exec"], id="exec"),
    pytest.param("open('/etc/passwd')", ["open"], id="open"),
    pytest.param("lambda: u", ["`:`"], id="lambda"),
    pytest.param("[u for u in v]", ["for"], id="comprehension"),
    pytest.param("u if v else u", ["if"], id="conditional"),
    pytest.param("(u := 1)", [":="], id="walrus"),
    pytest.param("f'{u}'", ["'"], id="f-string"),
    pytest.param("u[0]", ["["], id="subscript"),
    pytest.param("{u: v}", ["{"], id="set"),
    pytest.param("factorial(10**8)", ["factorial"], id="factorial"),
    pytest.param("u**9**9**9", ["1000"], id="tower of exponents"),
    pytest.param("2**100000*u", ["2**100000"], id="long integer"),
    pytest.param("9" * 5000, ["digits", "1000"], id="number of 5000 digits"),
    pytest.param("(" * 3000 + "u" + ")" * 3000, ["nested", "200"], id="3000 brackets"),
    pytest.param("-" * 50_000 + "u", [], id="50,000 signs"),
    pytest.param("u*v + " * 20_000 + "u", ["characters"], id="120,000 characters"),
    pytest.param("u*\u0445", ["CYRILLIC SMALL LETTER HA", "ASCII"], id="Cyrillic look-alike"),
    pytest.param("\uff55*v", ["ASCII", "write u"], id="full-width letter"),
    pytest.param("\u03b1*v", ["ASCII", "write alpha"], id="Greek letter"),
    pytest.param("u\u00d7v", ["ASCII", "write *"], id="multiplication sign"),
    pytest.param("u\u00b2", ["ASCII", "**"], id="superscript"),
    pytest.param("u\u200bv", ["ASCII"], id="zero-width space"),
    pytest.param("u*\x1b[31mv", ["\\x1b"], id="terminal control"),
    pytest.param("u\x00v", ["\\x00"], id="null character"),
    pytest.param("u\\input{x}", ["\\"], id="LaTeX command"),
]

WIDTHS = [
    pytest.param("5,0,2", ["0", "from 1"], id="zero"),
    pytest.param("5,-3,2", ["-3", "from 1"], id="negative"),
    pytest.param("5,1e9,2", ["1e9", "whole numbers"], id="exponent"),
    pytest.param("5,1000000000,2", ["smaller"], id="huge"),
    pytest.param("99999999999,2", ["smaller"], id="larger still"),
    pytest.param("1" + 4000 * "0" + ",2", ["whole numbers"], id="4001 digits"),
    pytest.param("5,wide,2", ["wide", "whole numbers"], id="text"),
    pytest.param("5,3.5,2", ["3.5", "whole numbers"], id="decimal"),
    pytest.param("5,,2", ["whole numbers"], id="empty"),
    pytest.param("5,\u0663,2", ["whole numbers"], id="Arabic digit"),
    pytest.param("5", ["input and output"], id="one width"),
    pytest.param("", ["whole numbers"], id="none"),
]

OPTIONS = [
    pytest.param([*WRT, "--degree", "0"], ["--degree", "1"], id="degree 0"),
    pytest.param([*WRT, "--degree", "-2"], ["--degree"], id="negative degree"),
    pytest.param([*WRT, "--degree", "10000000000000000000"], ["--degree", "40"], id="huge degree"),
    pytest.param([*WRT, "--degree", "two"], ["--degree", "two"], id="degree in words"),
    pytest.param([*WRT, "--degree", "2.5"], ["--degree", "2.5"], id="degree with a point"),
    pytest.param([*WRT, "--time-limit", "0"], ["--time-limit", "above 0"], id="no time"),
    pytest.param([*WRT, "--time-limit", "-1"], ["--time-limit", "above 0"], id="negative time"),
    pytest.param([*WRT, "--time-limit", "nan"], ["--time-limit", "above 0"], id="time nan"),
    pytest.param([*WRT, "--time-limit", "inf"], ["--time-limit", "above 0"], id="time without end"),
    pytest.param([*WRT, "--time-limit", "soon"], ["--time-limit", "60"], id="time in words"),
    pytest.param([*WRT, "--seed", "-1"], ["--seed", "0"], id="negative seed"),
    pytest.param([*WRT, "--seed", "1e9"], ["--seed", "1e9"], id="seed with exponent"),
    pytest.param([*WRT, "--format", "pdf"], ["--format", "latex", "markdown"], id="unknown format"),
    pytest.param([*WRT, "--standalone"], ["--standalone", "--format latex"], id="standalone text"),
    pytest.param([*WRT, "--format"], ["--format"], id="option without value"),
    pytest.param([*WRT, "--degre", "2"], ["--degree"], id="misspelt option"),
    pytest.param([*WRT, "--at", ""], ["--at", "u=1"], id="empty point"),
    pytest.param([*WRT, "--at", "u"], ["--at", "u=1"], id="point without value"),
    pytest.param([*WRT, "--at", "u=1"], ["`v`", "u, v"], id="point with a value missing"),
    pytest.param([*WRT, "--at", "u=1,v=1,z=2"], ["z=2", "u, v"], id="point with an unknown name"),
    pytest.param([*WRT, "--at", "u=1,v=1,v=2"], ["--at", "v"], id="point with a name twice"),
    pytest.param([*WRT, "--at", "u=1,v=nan"], ["nan", "2/3"], id="point at nan"),
    pytest.param([*WRT, "--at", "u=1,v=1/0"], ["1/0", "2/3"], id="point at 1/0"),
    pytest.param([*WRT, "--at", "u=1,v=sqrt(2)"], ["sqrt(2)", "2/3"], id="irrational point"),
    pytest.param([*WRT, "--at", "u=1,v=" + "9" * 5000], ["v=2/3"], id="point of 5000 digits"),
    pytest.param([*WRT, "--at", "u=1,v=1e2000000"], ["1e2000000"], id="point of two million digits"),
    pytest.param([], ["--wrt", "u,v,w"], id="no coordinates"),
    pytest.param(["--wrt", ""], ["--wrt", "u,v,w"], id="empty coordinates"),
    pytest.param(["--wrt", "u,,v"], ["--wrt"], id="coordinate left out"),
    pytest.param(["--wrt", "u,v,"], ["--wrt"], id="comma at the end"),
    pytest.param(["--wrt", "u,v,u"], ["`u`", "twice", "once"], id="coordinate twice"),
    pytest.param(["--wrt", "u v"], ["u v", "name"], id="coordinates without comma"),
    pytest.param(["--wrt", "u,v,sin"], ["`sin`", "another name"], id="function as coordinate"),
    pytest.param(["--wrt", "u,v,pi"], ["`pi`", "another name"], id="number as coordinate"),
    pytest.param(["--wrt", "u,v,1"], ["`1`", "name"], id="figure as coordinate"),
    pytest.param(["--wrt", "u,v,__import__('os')"], ["__import__"], id="hostile coordinate"),
    pytest.param(["--wrt", "__import__('os')"], ["__import__"], id="hostile coordinate alone"),
    pytest.param(["--wrt", "u,v,\u0445"], ["ASCII"], id="Cyrillic coordinate"),
    pytest.param([*WRT, "--constants", ""], ["--constants"], id="empty constants"),
    pytest.param([*WRT, "--constants", "a,a"], ["`a`", "twice", "once"], id="constant twice"),
    pytest.param([*WRT, "--constants", "v"], ["`v`", "coordinate", "constant"], id="coordinate as constant"),
    pytest.param([*WRT, "--network", "linear:3,2"], ["--network", "one model"], id="two models"),
    pytest.param([*WRT, "-o", ""], ["-o"], id="file without name"),
    pytest.param([*WRT, "-o", "."], ["-o"], id="folder as file"),
]

CALLS = [
    pytest.param([], ["symdyn"], id="nothing"),
    pytest.param(["law"], ["law", "did you mean laws"], id="misspelt command"),
    pytest.param(["verfy"], ["did you mean verify"], id="another misspelt command"),
    pytest.param(["frobnicate"], ["frobnicate", *COMMANDS], id="unknown command"),
    pytest.param(["--frobnicate"], ["--frobnicate"], id="unknown option"),
    pytest.param(["laws"], ["--wrt", "--network"], id="no model"),
    pytest.param(["laws", "--network"], ["--network"], id="no preset"),
    pytest.param(["laws", "--network", ""], ["linear", "relu"], id="empty preset"),
    pytest.param(["laws", "--network", "lineer:3,2"], ["did you mean linear"], id="misspelt preset"),
    pytest.param(["laws", "--network", "frobnet:3"], ["frobnet", "linear", "relu-bias"], id="unknown preset"),
    pytest.param(["laws", "--network", "linear 3,2"], ["linear:5,3,2"], id="preset without colon"),
    pytest.param(["laws", "a.toml", "b.toml", *WRT], ["one", "file"], id="two model files"),
    pytest.param(["verify"], ["FILES"], id="nothing to verify"),
    pytest.param(["verify", "missing.json"], ["missing.json", "--format json"], id="file to verify is missing"),
    pytest.param(["verify", "empty"], ["empty", "--format json"], id="folder without certificates"),
    pytest.param(["verify", "file.json", "--format", "pdf"], ["--format"], id="verify in an unknown format"),
    pytest.param(["verify", "file.json", "--time-limit", "0"], ["--time-limit"], id="verify in no time"),
    pytest.param(["verify", "file.json", "--time-limit", "nan"], ["--time-limit"], id="verify in nan seconds"),
    pytest.param(["list", "more"], ["more"], id="list with an argument"),
    pytest.param(["demo", "--folder", "file.json"], ["--folder"], id="demo into a file"),
]

# (text of model.toml, what the refusal must say); it always names the file.
MODELS = [
    pytest.param('coordinates = ["u"', ["TOML"], id="unclosed list"),
    pytest.param("outputs", ["TOML"], id="no value"),
    pytest.param("", ["outputs", "fields", "network"], id="empty file"),
    pytest.param('coordinates = ["u"]\noutput = ["u"]', ["output", "did you mean outputs"], id="misspelt key"),
    pytest.param('coordinates = ["u"]\nfrob = 1', ["frob", "coordinates", "outputs"], id="unknown key"),
    pytest.param('outputs = ["u*v"]', ["coordinates"], id="no coordinates"),
    pytest.param('coordinates = []\noutputs = ["u*v"]', ["coordinates"], id="empty coordinates"),
    pytest.param('coordinates = "u,v"\noutputs = ["u*v"]', ["coordinates", "list"], id="coordinates as text"),
    pytest.param('coordinates = ["u", 2]\noutputs = ["u"]', ["2", "quotes"], id="number as coordinate"),
    pytest.param('coordinates = ["u", "u"]\noutputs = ["u"]', ["`u`", "twice"], id="coordinate twice"),
    pytest.param('coordinates = ["u"]\nconstants = ["u"]\noutputs = ["u"]', ["`u`", "constant"], id="both"),
    pytest.param('coordinates = ["u", "v"]\noutputs = []', ["outputs"], id="no outputs"),
    pytest.param('coordinates = ["u", "v"]\noutputs = [[]]', ["outputs"], id="empty row"),
    pytest.param('coordinates = ["u", "v"]\noutputs = "u*v"', ["outputs", "list"], id="outputs as text"),
    pytest.param('coordinates = ["u", "v"]\noutputs = ["u*v", 0.5]', ["0.5", "1/2"], id="float"),
    pytest.param('coordinates = ["u", "v"]\noutputs = ["0.5*u*v"]', ["0.5", "1/2"], id="decimal in a formula"),
    pytest.param('coordinates = ["u", "v"]\noutputs = [true]', ["True"], id="truth value"),
    pytest.param('coordinates = ["u", "v"]\noutputs = ["u*v", "w"]', ["output 2", "`w`"], id="unknown symbol"),
    pytest.param('coordinates = ["u", "v"]\nfields = []', ["field"], id="no fields"),
    pytest.param('coordinates = ["u", "v"]\nfields = ["v", "u"]', ["field 1", "list"], id="field as text"),
    pytest.param('coordinates = ["u", "v"]\nfields = [["v"]]', ["field 1", "2 coordinates"], id="short field"),
    pytest.param('network = "linear:3,2"\noutputs = ["u"]', ["network", "outputs", "one"], id="two models"),
    pytest.param('network = "lineer:3,2"', ["did you mean linear"], id="misspelt preset"),
    pytest.param("network = 3", ["network", "linear:5,3,2"], id="preset as number"),
    pytest.param('coordinates = ["u", "v"]\ndegree = 0\noutputs = ["u*v"]', ["degree", "from 1"], id="degree 0"),
    pytest.param('coordinates = ["u", "v"]\ndegree = 2.5\noutputs = ["u*v"]', ["degree", "2.5"], id="degree 2.5"),
    pytest.param('coordinates = ["u", "v"]\ndegree = "2"\noutputs = ["u*v"]', ["degree"], id="degree as text"),
    pytest.param(
        'coordinates = ["u"]\noutputs = ["__import__(\'os\').getpid()"]', ["__import__"], id="hostile formula"
    ),
    pytest.param('coordinates = ["__import__(\'os\')"]\noutputs = ["1"]', ["__import__"], id="hostile name"),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with an empty folder and a file in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize(("formulas", "needed"), FORMULAS)
def test_formula_is_refused(symdyn, formulas, needed):
    refused(symdyn("laws", *WRT, "--", *formulas), *needed)


@pytest.mark.parametrize(("text", "needed"), HOSTILE)
def test_hostile_formula_is_refused(symdyn, text, needed):
    refused(symdyn("laws", *WRT, "--", text), *needed)


def test_expansion_too_large_to_be_written_down_is_refused_before_it_begins(symdyn):
    """70,058,751 terms, which a metric multiplies."""
    arguments = ["laws", "(a+b+c+d+e)**200", "--wrt", "a,b,c,d,e"]
    refused(symdyn(*arguments, "--metric", "entropic"), "output 1", "terms", "network")


def test_one_output_too_large_to_be_written_down_has_its_count(symdyn):
    status, out, err = symdyn("laws", "(a+b+c+d+e)**200", "--wrt", "a,b,c,d,e")
    assert (status, err) == (0, "")
    assert "exactly four" in out or "4 conservation laws" in out


@pytest.mark.parametrize(("widths", "needed"), WIDTHS)
@pytest.mark.parametrize("preset", ["linear", "relu", "relu-bias"])
def test_widths_are_refused(symdyn, preset, widths, needed):
    refused(symdyn("laws", "--network", f"{preset}:{widths}"), *needed)


@pytest.mark.parametrize(("options", "needed"), OPTIONS)
def test_option_is_refused(symdyn, folder, options, needed):
    refused(symdyn("laws", "u*v", *options), *needed)


@pytest.mark.parametrize(("arguments", "needed"), CALLS)
def test_call_is_refused(symdyn, folder, arguments, needed):
    refused(symdyn(*arguments), *needed)


@pytest.mark.parametrize(("text", "needed"), MODELS)
def test_model_file_is_refused_by_name(symdyn, folder, text, needed):
    (folder / "model.toml").write_text(text, encoding="utf-8")
    refused(symdyn("laws", "model.toml"), "model.toml", *needed)


@pytest.mark.parametrize(
    ("line", "entry"), [('outputs = ["u*v", "abs(u)"]', "output 2"), ('fields = [["v", "sign(u)"]]', "field 1")]
)
def test_entry_of_a_model_file_that_has_no_rule_of_derivation_is_named(symdyn, folder, line, entry):
    (folder / "model.toml").write_text(f'coordinates = ["u", "v"]\n{line}')
    refused(symdyn("laws", "model.toml"), entry, "rule of derivation")


@pytest.mark.parametrize("option", ["--wrt", "--constants"])
def test_names_beside_a_model_file_are_refused(symdyn, folder, option):
    (folder / "model.toml").write_text('network = "linear:2,2"')
    refused(symdyn("laws", "model.toml", option, "u"), option, "in the file")


def test_missing_model_file_is_named(symdyn, folder):
    refused(symdyn("laws", "model.toml"), "no file model.toml")


def test_folder_is_no_model_file(symdyn, folder):
    (folder / "model.toml").mkdir()
    refused(symdyn("laws", "model.toml"), "model.toml", "TOML file")


@pytest.mark.parametrize("content", [bytes(range(256)), "u = \u00e9".encode("utf-16"), b"\x00" * 100])
def test_binary_file_is_no_model_file(symdyn, folder, content):
    (folder / "model.toml").write_bytes(content)
    refused(symdyn("laws", "model.toml"), "model.toml", "TOML")


def test_huge_file_is_refused_without_reading_it(symdyn, folder):
    (folder / "model.toml").touch()
    os.truncate(folder / "model.toml", 100 * model_file.MAX_FILE_BYTES)
    refused(symdyn("laws", "model.toml"), "model.toml", "bytes")


def test_deeply_nested_lists_are_refused(symdyn, folder):
    (folder / "model.toml").write_text(f'coordinates = ["u"]\noutputs = {"[" * 500}"u"{"]" * 500}')
    refused(symdyn("laws", "model.toml"), "model.toml")


def test_all_widths_at_fault_are_named_at_once(symdyn):
    refused(symdyn("laws", "--network", "linear:0,3,-7"), "0", "-7")


def test_internal_error_is_one_line_and_asks_for_a_report(symdyn, monkeypatch):
    """No case is known, so one is made."""

    def broken(*_arguments, **_options):
        raise ZeroDivisionError("by hand")

    monkeypatch.setattr("symdyn.laws.count.conservation_laws", broken)
    status, out, err = symdyn("laws", "u*v", *WRT)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "report" in err
    assert "Traceback" not in err


# Whatever is typed, but for what writes files (-o, --folder) and paths that leave the working folder.

_SIGNS = ["u", "v", "w", "2", "1/3", "0.5", "+", "-", "*", "**", "/", "(", ")", ",", "sin(", "pi", " ", "."]
_OPTIONS = shlex.split("""
    --wrt u,v --wrt=u,v,w --constants a --network linear:2,3 relu:1,2,1 linear:0 --network=relu-bias:2,2,1
    --degree 2 --at u=1,v=2 --at=u=0,v=0 --format json latex html --seed 3 --standalone --time-limit 1e-9
    --quiet --help --version -- - -h --frob x.toml file.json empty u*v u*v**2+w
""")
_LEAVES = re.compile(r"-[^-]*o|--o|--folder|[/.~]")

_FORMULA = st.lists(st.sampled_from(_SIGNS), max_size=12).map("".join)
_TEXT = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=20)
_WORD = (_TEXT | _FORMULA | st.sampled_from(_OPTIONS)).filter(lambda word: not _LEAVES.match(word))
_WORDS = st.lists(_WORD, max_size=6)
_ARGUMENTS = st.one_of(
    _WORDS,
    st.tuples(st.sampled_from(["laws", "verify", "list"]), _WORDS).map(lambda pair: [pair[0], *pair[1]]),
    _WORDS.map(lambda words: ["laws", "u*v", "--wrt", "u,v", *words]),
    st.lists(_FORMULA, min_size=1, max_size=3).map(lambda texts: ["laws", "--wrt", "u,v", "--", *texts]),
)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """The working folder of all examples."""
    home, place = os.getcwd(), tmp_path_factory.mktemp("fuzz")
    (place / "empty").mkdir()
    (place / "file.json").write_text("{}")
    os.chdir(place)
    yield place
    os.chdir(home)


@settings(max_examples=400)
@given(arguments=_ARGUMENTS)
def test_no_arguments_at_all_reach_a_traceback(elsewhere, arguments):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(arguments)
    assert status in (0, 1, 2)
    assert "Traceback" not in out.getvalue() + err.getvalue()
    assert "internal error" not in err.getvalue()
    if status == 2:
        assert out.getvalue() == ""
        assert err.getvalue().startswith("symdyn")
        assert err.getvalue().count("\n") == 1
