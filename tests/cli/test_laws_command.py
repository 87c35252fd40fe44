"""symdyn laws: models in, answers out, in every format and into files."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path

import pytest

from symdyn.certificate.verify import verify_data
from tests.report.markup import latex_faults, numbers_named, read_page

DOCS = Path(__file__).resolve().parents[2] / "docs"
CHAIN = ("u*v", "v*w", "--wrt", "u,v,w")
FORMATS = ("text", "json", "latex", "markdown", "html")
PROMISED = {
    "schema": str,
    "lower": int,
    "upper": int,
    "count": int,
    "exhibited": int,
    "verdict": str,
    "laws": list,
    "hypotheses": list,
    "certificate": dict,
    "provenance": dict,
}
TIMED = [
    (("--network", "linear:24,24,24"), 300),
    (("a*d - b*c", "--wrt", "a,b,c,d"), 3),
    (("x*y + z**2", "x*z", "--wrt", "x,y,z"), 0),
    (("--network", "relu-bias:30,20,10"), 20),
]


@pytest.fixture
def answer(symdyn):
    """The JSON of a call that must succeed."""

    def answered(*arguments: object) -> dict:
        status, out, err = symdyn("laws", *arguments, "--format", "json")
        assert (status, err) == (0, "")
        return json.loads(out)

    return answered


@pytest.fixture
def model_file(tmp_path):
    """A model file with the given text."""

    def written(text: str, name: str = "model.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def fingerprint(data: dict) -> str:
    """Of the certificate: equal models, seeds and laws have equal ones."""
    return data["certificate"]["sha256"]


def timeless(data: object) -> object:
    """The data without the seconds that it took."""
    if isinstance(data, dict):
        return {key: timeless(value) for key, value in data.items() if key != "seconds"}
    return [timeless(value) for value in data] if isinstance(data, list) else data


# Models


def test_formulas_give_the_count_the_law_and_the_verdict(symdyn):
    status, out, err = symdyn("laws", *CHAIN)
    assert (status, err) == (0, "")
    assert re.search(r"\b1 conservation law\b.*PROVED", out)
    assert "u^2 - v^2 + w^2" in out


@pytest.mark.parametrize(
    ("preset", "laws", "exhibited"),
    [
        ("linear:5,3,2", 6, 6),
        ("linear:2,3,4,2", 16, 16),
        ("linear:1,2,2,1", 7, 6),
        ("relu:9,7,2", 7, 7),
        ("relu-bias:9,7,2", 7, 7),
        ("relu-bias:784,512,512,10", 1024, 1024),
        ("linear:4,4", 0, 0),
    ],
)
def test_preset_has_its_laws(answer, preset, laws, exhibited):
    data = answer("--network", preset)
    assert (data["lower"], data["upper"], data["count"], data["exhibited"]) == (laws, laws, laws, exhibited)
    assert data["verdict"] == "proved"


def test_preset_and_its_formulas_have_the_same_count(answer):
    """The product of a 2 x 2 matrix a and a column b."""
    typed = answer("a11*b1 + a12*b2", "a21*b1 + a22*b2", "--wrt", "a11,a12,a21,a22,b1,b2")
    assert typed["count"] == answer("--network", "linear:1,2,2")["count"] == 3


@pytest.mark.parametrize("name", ["E", "I", "N", "O", "Q", "S", "beta", "gamma", "zeta", "lambda", "time", "x_1"])
def test_every_letter_is_a_symbol_of_the_user(answer, name):
    data = answer(f"{name}*w", "--wrt", f"{name},w")
    assert data["count"] == 1
    assert name in data["laws"][0]["text"]


def test_constant_is_generic_and_named_among_the_hypotheses(answer):
    data = answer("alpha*u*v", "--wrt", "u,v", "--constants", "alpha")
    assert data["count"] == 1
    assert any("alpha" in line for line in data["hypotheses"])
    assert not any("alpha" in law["text"] for law in data["laws"])


def test_spaces_around_names_do_not_matter(answer):
    spaced = answer("u*v", "v*w", "--wrt", " u, v ,w ")
    assert fingerprint(spaced) == fingerprint(answer(*CHAIN))


# Model files


@pytest.mark.parametrize(
    "text",
    [
        'coordinates = ["u", "v", "w"]\noutputs = ["u*v", "v*w"]',
        'coordinates = ["u", "v", "w"]\noutputs = [["u*v"], ["v*w"]]',
        'coordinates = ["u", "v", "w"]\noutputs = ["[u*v, v*w]"]',
        'title = "a chain"\ncoordinates = ["u", "v", "w"]\nconstants = []\noutputs = [["u*v", "v*w"]]',
    ],
)
def test_outputs_of_a_file_are_the_formulas_of_a_call(answer, model_file, text):
    assert fingerprint(answer(model_file(text))) == fingerprint(answer(*CHAIN))


def test_network_of_a_file_is_the_preset(answer, model_file):
    path = model_file('network = "linear:5,3,2"')
    assert fingerprint(answer(path)) == fingerprint(answer("--network", "linear:5,3,2"))


def test_constants_of_a_file_are_those_of_a_call(answer, model_file):
    path = model_file('coordinates = ["u", "v"]\nconstants = ["a"]\noutputs = ["a*u*v"]')
    assert fingerprint(answer(path)) == fingerprint(answer("a*u*v", "--wrt", "u,v", "--constants", "a"))


def test_fields_of_a_file_have_the_laws_of_the_rigid_body(answer, model_file):
    """Energy and angular momentum: two laws, both quadratic."""
    data = answer(model_file('coordinates = ["x", "y", "z"]\nfields = [["y*z", "-2*x*z", "x*y"]]'))
    assert (data["count"], data["exhibited"]) == (2, 2)


def test_whole_numbers_are_outputs_too(answer, model_file):
    assert answer(model_file('coordinates = ["u", "v"]\noutputs = ["u*v", 1]'))["count"] == 1


def test_degree_of_a_file_bounds_the_search_and_the_call_overrules_it(answer, model_file):
    """The second law of a b + c^2 is cubic."""
    path = model_file('coordinates = ["a", "b", "c"]\ndegree = 2\noutputs = ["a*b + c**2"]')
    assert (answer(path)["count"], answer(path)["ladder"][-1]["lower"]) == (2, 1)
    assert answer(path, "--degree", 3)["ladder"][-1]["lower"] == 2


EXAMPLE = re.compile(r"```toml\n(.*?)```\s+```console\n\$ symdyn laws \S+\n(.*?)```", re.DOTALL)
DOCUMENTED = EXAMPLE.findall((DOCS / "model_file.md").read_text("utf-8"))


def test_five_model_files_are_documented():
    assert len(DOCUMENTED) == 5


@pytest.mark.parametrize(("text", "documented"), DOCUMENTED)
def test_documented_model_file_answers_as_documented(symdyn, model_file, text, documented):
    status, out, _ = symdyn("laws", model_file(text))
    assert status == 0
    for line in documented.splitlines():
        assert " ".join(line.split()) in " ".join(out.split())


# Options


@pytest.mark.parametrize(("degree", "polynomials"), [(1, 0), (2, 1), (3, 2)])
def test_degree_changes_the_polynomials_in_hand_but_not_the_count(answer, degree, polynomials):
    data = answer("a*b + c**2", "--wrt", "a,b,c", "--degree", degree)
    assert (data["count"], data["ladder"][-1]["lower"]) == (2, polynomials)


@pytest.mark.parametrize(
    ("point", "rank"), [("u=1,v=2/3,w=-5", 2), ("u=1,v=0,w=0.5", 2), ("u=0,v=0,w=0", 0), ("u = 1000, v = 7, w = 0", 2)]
)
def test_rank_at_a_point_is_reported_and_the_count_stays_generic(symdyn, answer, point, rank):
    data = answer(*CHAIN, "--at", point)
    assert data["count"] == 1
    assert data["at"]["rank"] == rank
    _, out, _ = symdyn("laws", *CHAIN, "--at", point)
    assert re.search(rf"closure has dimension exactly {rank}\b", out)  # u v and v w are bilinear


def test_point_of_a_network_names_entries_of_its_matrices(answer):
    zero = ",".join(f"W{k}_{i}_{j}=0" for k, i, j in [(1, 1, 1), (1, 1, 2), (2, 1, 1), (2, 2, 1)])
    assert answer("--network", "linear:2,1,2", "--at", zero)["at"]["rank"] == 0


def test_denominator_of_a_point_may_be_the_prime_of_the_computation(answer):
    """2147483647 is the largest prime of 31 bits."""
    assert answer("u*v", "--wrt", "u,v", "--at", "u=1,v=1/2147483647")["at"]["rank"] == 1


@pytest.mark.parametrize("arguments", [CHAIN, ("--network", "linear:3,4,2"), ("a*d - b*c", "--wrt", "a,b,c,d")])
@pytest.mark.parametrize("seed", [0, 5, 10**30])
def test_same_seed_gives_the_same_answer(answer, arguments, seed):
    first, second = (answer(*arguments, "--seed", seed) for _ in range(2))
    assert timeless(first) == timeless(second)
    assert first["provenance"]["seed"] == seed


@pytest.mark.parametrize("arguments", [CHAIN, ("--network", "linear:3,4,2"), ("--network", "linear:1,2,2,1")])
def test_another_seed_gives_the_same_bounds(answer, arguments):
    answers = [answer(*arguments, "--seed", seed) for seed in range(3)]
    assert len({(data["lower"], data["upper"], data["exhibited"]) for data in answers}) == 1


@pytest.mark.parametrize(("arguments", "laws"), TIMED)
def test_time_limit_gives_bounds_that_are_true(answer, arguments, laws):
    """A nanosecond is over at the first look at the clock, on every machine."""
    data = answer(*arguments, "--time-limit", "1e-9")
    assert data["exhibited"] <= data["lower"] <= laws <= data["upper"]
    assert data["count"] == (laws if data["lower"] == data["upper"] else None)
    assert (data["verdict"] == "proved") == (data["lower"] == data["upper"])
    assert verify_data(data["certificate"]).verdict == "proved"


def test_open_interval_is_an_answer_that_is_called_undecided(symdyn):
    status, out, err = symdyn("laws", "--network", "linear:24,24,24", "--time-limit", "1e-9")
    assert (status, err) == (0, "")
    assert "UNDECIDED" in out
    assert "exactly" not in out


def test_formulas_that_ran_out_of_time_are_not_told_about_matrices(symdyn):
    _, out, _ = symdyn("laws", "a*d - b*c", "a*c + b*d", "--wrt", "a,b,c,d", "--time-limit", "1e-9")
    assert "UNDECIDED" in out
    assert "matrix" not in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("u*v", "v*z", "--wrt", "u,v"),
        ("u*v", "v*z", "--wrt", "u,v", "--constants", "a"),
        ("u*v*z", "u^2", "--wrt", "u,v"),
    ],
)
def test_unknown_symbol_is_misuse_and_both_ways_to_mend_it_are_named(symdyn, arguments):
    status, out, err = symdyn("laws", *arguments)
    assert (status, out) == (2, "")
    assert "`z`" in err
    assert re.search(r"--wrt\b.*--constants z\b", err)


# Formats


@pytest.mark.parametrize("arguments", [CHAIN, ("--network", "linear:5,3,2"), ("--network", "linear:1,2,2,1")])
def test_json_holds_the_promised_fields_at_the_top_level(answer, arguments):
    data = answer(*arguments)
    assert PROMISED.keys() <= data.keys()
    assert {name: type(data[name]) for name in PROMISED} == PROMISED
    assert all(law["text"] and law["latex"] for law in data["laws"])
    assert all(isinstance(line, str) and line for line in data["hypotheses"])


def test_json_begins_with_its_schema(symdyn):
    _, out, _ = symdyn("laws", *CHAIN, "--format", "json")
    assert next(iter(json.loads(out))) == "schema"


def test_json_of_an_open_interval_has_no_count(answer):
    data = answer("--network", "linear:24,24,24", "--time-limit", "1e-9")
    assert data["count"] is None
    assert data["verdict"] == "undecided"


def test_text_fits_a_terminal(symdyn):
    _, out, _ = symdyn("laws", *CHAIN)
    assert max(map(len, out.splitlines())) <= 80
    assert out.endswith("\n")


def test_latex_is_a_fragment_with_statement_and_proof(symdyn):
    _, out, _ = symdyn("laws", *CHAIN, "--format", "latex")
    assert latex_faults(out) == []
    assert r"\documentclass" not in out
    for mark in (r"\begin{proposition}", r"\begin{proof}", r"\label{"):
        assert mark in out


def test_standalone_latex_is_a_document(symdyn):
    _, out, _ = symdyn("laws", *CHAIN, "--format", "latex", "--standalone")
    assert latex_faults(out) == []
    assert out.startswith(r"\documentclass")
    assert out.rstrip().endswith(r"\end{document}")


def test_markdown_has_its_formulas_between_dollars(symdyn):
    _, out, _ = symdyn("laws", *CHAIN, "--format", "markdown")
    assert out.count("$") % 2 == 0
    assert "u^{2} - v^{2} + w^{2}" in out
    assert 1 in numbers_named(out)


def test_html_is_a_whole_page_with_mathematics(symdyn):
    _, out, _ = symdyn("laws", *CHAIN, "--format", "html")
    page = read_page(out)
    assert page.faults == []
    assert out.startswith("<!DOCTYPE html>")
    assert "<math" in out
    assert "PROVED" in page.text


# Files


@pytest.mark.parametrize("form", FORMATS)
def test_file_holds_what_would_have_been_printed(symdyn, tmp_path, form):
    arguments = ("laws", *CHAIN, "--format", form)
    _, printed, _ = symdyn(*arguments)
    assert symdyn(*arguments, "-o", tmp_path / "answer") == (0, "", "")
    seconds = r'[\d.]+ s\b|"seconds": [\d.]+'
    assert re.sub(seconds, "", (tmp_path / "answer").read_text("utf-8")) == re.sub(seconds, "", printed)


def test_existing_file_is_replaced_whole(symdyn, tmp_path):
    file = tmp_path / "laws.txt"
    file.write_text("old " * 10_000)
    assert symdyn("laws", *CHAIN, "-o", file).status == 0
    assert "old" not in file.read_text("utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["laws.txt"]


def test_new_file_has_the_permissions_that_the_mask_leaves(symdyn, tmp_path):
    mask = os.umask(0o027)
    try:
        symdyn("laws", *CHAIN, "-o", tmp_path / "laws.txt")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "laws.txt").stat().st_mode) == 0o640


def test_private_file_stays_private(symdyn, tmp_path):
    file = tmp_path / "laws.txt"
    file.touch(mode=0o600)
    symdyn("laws", *CHAIN, "-o", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_link_stays_a_link_to_the_answer(symdyn, tmp_path):
    (tmp_path / "paper").mkdir()
    target, link = tmp_path / "paper" / "laws.tex", tmp_path / "laws.tex"
    target.write_text("old")
    link.symlink_to(target)
    symdyn("laws", *CHAIN, "--format", "latex", "-o", link)
    assert link.is_symlink()
    assert r"\begin{proposition}" in target.read_text("utf-8")


def test_what_is_no_regular_file_is_never_replaced_by_one(symdyn, tmp_path):
    """For a superuser, -o /dev/null would otherwise destroy the device."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        symdyn("laws", *CHAIN, "-o", pipe)
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("place", ["no/such/folder/laws.txt", "file/laws.txt"])
def test_file_that_cannot_be_written_is_misuse_in_a_sentence(symdyn, tmp_path, place):
    (tmp_path / "file").write_text("this is no folder")
    status, out, err = symdyn("laws", *CHAIN, "-o", tmp_path / place)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert str(tmp_path / place) in err


def test_folder_without_permission_is_misuse_in_a_sentence(symdyn, tmp_path, monkeypatch):
    """The permission is denied by hand, since nobody can deny it to a superuser."""

    def denied(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", denied)
    status, out, err = symdyn("laws", *CHAIN, "-o", tmp_path / "laws.txt")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "laws.txt" in err
    assert "Permission denied" in err


@pytest.mark.parametrize(
    ("failure", "expected"),
    [(KeyboardInterrupt(), 130), (OSError(28, "No space left on device"), 2)],
    ids=["Ctrl-C", "full disk"],
)
def test_old_file_is_kept_when_the_write_ends_early(symdyn, tmp_path, monkeypatch, failure, expected):
    file = tmp_path / "laws.txt"
    file.write_text("old")

    def stopped(*_arguments):
        raise failure

    monkeypatch.setattr(os, "replace", stopped)
    status, out, err = symdyn("laws", *CHAIN, "-o", file)
    assert (status, out, err.strip().count("\n")) == (expected, "", 0)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("laws.txt", "old")]


def test_old_file_is_kept_when_the_answer_cannot_be_shown(symdyn, tmp_path, monkeypatch):
    file = tmp_path / "laws.txt"
    file.write_text("old")

    def broken(*_arguments):
        raise RuntimeError("no formula is known for this")

    monkeypatch.setattr("symdyn.report.render.render", broken)
    status, out, err = symdyn("laws", *CHAIN, "-o", file)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("laws.txt", "old")]


# Families of networks.


def test_ranges_of_sizes_give_a_conjectured_formula(symdyn):
    status, out, err = symdyn("formula", "--network", "softmax:1-4,2-4")
    assert (status, err) == (0, "")
    assert "conjecture: a polynomial" in out
    assert "OBSERVED" in out
    assert "first case that was not counted is (1, 5)" in " ".join(out.split())


def test_formula_in_json_is_rechecked(symdyn):
    status, out, _ = symdyn("formula", "--network", "relu:1-3,1-3,2", "--format", "json")
    data = json.loads(out)
    assert (status, data["schema"], data["formula"]) == (0, "symdyn/count-formula/1", "r1")
    assert verify_data(data["certificate"]).verdict == "observed"


@pytest.mark.parametrize("options", [(), ("--at", "W1=1"), ("--loss", "logistic")])
def test_ranges_of_sizes_are_refused_by_naming_the_command(symdyn, options):
    status, out, err = symdyn("laws", "--network", "relu:1-3,1-3,2", *options)
    assert (status, out) == (2, "")
    assert "write symdyn formula --network relu:1-3,1-3,2" in err


@pytest.mark.parametrize("command", ["symmetries", "richness"])
def test_ranges_of_sizes_are_refused_where_one_model_is_needed(symdyn, command):
    status, out, err = symdyn(command, "--network", "relu:1-3,1-3,2")
    assert (status, out) == (2, "")
    assert "one model is needed" in err


def test_a_formula_of_one_size_is_misuse(symdyn):
    status, out, err = symdyn("formula", "--network", "relu:1,3,2")
    assert (status, out) == (2, "")
    assert "has no range of sizes" in err


def test_symmetries_are_a_command(symdyn):
    status, out, err = symdyn("symmetries", "(1 + u*v)*(1 + s*t)", "--wrt", "u,v,s,t", "--format", "json")
    assert (status, err) == (0, "")
    assert len(json.loads(out)["symmetric"]) == 2


@pytest.mark.parametrize("command", ["symmetries", "richness"])
def test_flags_that_are_commands_now_are_refused_by_name(symdyn, command):
    status, out, err = symdyn("laws", "u*v", "--wrt", "u,v", f"--{command}")
    assert (status, out) == (2, "")
    assert f"write symdyn {command} with the same model" in err


def test_list_shows_how_to_write_each_architecture(symdyn):
    _, out, _ = symdyn("list")
    for example in ("linear:5,3,2", "attention:8,4,heads=2,key_heads=1", "relu-conv:64,64,64,kernel=9", "lora:8,2,8"):
        assert example in out


# Models of inputs


def test_inputs_make_a_model_for_all_data(answer):
    assert answer("u*tanh(v*x)", "--wrt", "u,v", "--inputs", "x")["count"] == 0
    assert answer("u*v*x*sigmoid(w*y)", "--wrt", "u,v,w", "--inputs", "x,y")["count"] == 1


def test_model_file_with_inputs(answer, model_file):
    path = model_file('coordinates = ["u", "v"]\ninputs = ["x"]\noutputs = ["u*v*x"]')
    assert answer(path)["count"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("u*x", "--wrt", "u", "--inputs", "x", "--constants", "a"), "inputs came with constants"),
        (("u*exp(u)*x", "--wrt", "u", "--inputs", "x"), "depends on no input"),
        (("--network", "linear:2,2,2", "--inputs", "x"), "give one model"),
        (("u*x", "--wrt", "u,x", "--inputs", "x"), "both a coordinate and an input"),
    ],
)
def test_misuse_of_inputs_is_told_in_one_sentence(symdyn, arguments, message):
    status, _, err = symdyn("laws", *arguments)
    assert status == 2
    assert message in err
    assert len(err.strip().splitlines()) == 1


# Dynamics


def test_momentum_metric_and_loss_on_the_command_line(answer):
    network = ("--network", "linear:1,2,2")
    momentum = answer(*network, "--dynamics", "momentum", "--friction", "3/t")
    assert momentum["count"] == 1
    assert "t**3" in momentum["laws"][0]["text"] or "t^3" in momentum["laws"][0]["text"]
    assert answer(*network, "--metric", "entropic")["count"] == 2
    assert answer("u*v", "--wrt", "u,v", "--metric", "u,v**2")["count"] == 1
    assert answer("--network", "linear:2,2,3", "--loss", "cross-entropy")["count"] == 5
    assert answer(*network, "--dynamics", "weight decay", "--decay", "lambda0")["count"] == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--metric", "entropic", "--dynamics", "momentum", "--friction", "1"), "accelerated mirror"),
        (("--dynamics", "momentum"), "needs its friction"),
        (("--metric", "entropc"), "did you mean entropic"),
        (("--loss", "hinge"), "is not known"),
        (("--metric", "u,z"), "z"),
    ],
)
def test_wrong_dynamics_are_misuse_in_one_sentence(symdyn, options, message):
    status, out, err = symdyn("laws", "u*v", "--wrt", "u,v", *options)
    assert (status, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


PLANE = ("laws", "--network", "linear:3,2,2", "--data", "1,0,0; 0,1,0")


def test_richness_says_what_the_data_do_not_see(symdyn):
    status, out, _ = symdyn("richness", *PLANE[1:])
    assert status == 0
    assert "not rich: rank 4 of 6" in out
    assert "phi_1_3, phi_2_3 complete the span" in out


def test_data_that_are_not_rich_are_counted_apart(symdyn):
    status, out, _ = symdyn(*PLANE)
    assert status == 0
    assert "exactly 5 conservation laws" in out
    assert "the count is that of" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--data", "1,0,0;0,1"), "different lengths"),
        (("--data", "1,x,0"), "--data holds the name x"),
        (("--data", "1,0.5,0"), "write 1/2"),
    ],
)
def test_data_that_cannot_be_read_are_misuse(symdyn, arguments, message):
    status, _, err = symdyn("laws", "--network", "linear:3,2,2", *arguments)
    assert status == 2
    assert message in err


def test_losses_of_transcendental_models_on_the_command_line(answer):
    model = ("u*tanh(w*x)", "v*tanh(w*x)", "--wrt", "u,v,w", "--inputs", "x")
    assert answer(*model)["count"] == 0
    found = answer(*model, "--loss", "cross-entropy")
    assert (found["count"], found["laws"][0]["text"]) == (1, "u + v")
    assert any("cross-entropy class" in line for line in found["hypotheses"])
    found = answer(*model, "--loss", "[[1], [2]]")
    assert (found["count"], found["laws"][0]["text"]) == (1, "2 u - v")
    assert any("the span of (1, 2)" in line for line in found["hypotheses"])
    one = ("u*tanh(w*x)", "--wrt", "u,w", "--inputs", "x")
    found = answer(*one, "--loss", "logistic")
    assert found["count"] == 0
    assert any("binary logistic class" in line for line in found["hypotheses"])


def test_a_metric_by_blocks_and_as_a_matrix_on_the_command_line(answer):
    assert answer("--network", "linear:1,2,2", "--metric", "W1=entropic")["count"] == 2
    assert answer("u*v", "--wrt", "u,v", "--metric", "u=entropic,v=burg")["laws"][0]["text"] == "-u + log(v)"
    assert answer("u*v", "--wrt", "u,v", "--metric", "[[2, 1], [1, 2]]")["count"] == 1


@pytest.mark.parametrize(
    ("lines", "count", "hypothesis"),
    [
        ('outputs = ["u*v"]\ndynamics = "nesterov"', 0, "tau = 3/t"),
        ('outputs = ["u**2 + v**2"]\ndynamics = "momentum"\nfriction = "3/t"', 1, "tau = 3/t"),
        ('outputs = ["u**2 + v**2"]\ndynamics = "heavy ball"\nfriction = 2', 1, "tau = 2"),
        ('outputs = ["u*v"]\ndynamics = "weight decay"\ndecay = "k"', 1, "lambda = k"),
        ('outputs = ["u*v"]\nmetric = "entropic"', 1, "entropic mirror"),
        ('outputs = ["u*v"]\nmetric = ["u", 1]', 1, "diag(u, 1)"),
        ('outputs = ["u*v"]\nmetric = ["entropic", "burg"]', 1, "diag(u, v**2)"),
        ('outputs = ["u*v"]\nmetric = [[2, "1/2"], ["1/2", 2]]', 1, "symmetric matrix"),
        ('outputs = ["u*v"]\nmetric = {u = "entropic"}', 1, "diag(u, 1)"),
        ('outputs = [["u"], ["v"]]\nloss = "cross-entropy"', 1, "cross-entropy class"),
        ('outputs = [["u"], ["v"]]\nloss = [[1], [2]]', 1, "(1, 2)"),
        ('outputs = [["u", "v"]]\ndata = [[1, 2], [-2, -4]]', 1, "the count is that of the 2 inputs given"),
        ('outputs = [["u", "v"]]\ndata = [[1, 2], ["1/2", 2]]', 0, "span all inputs"),
    ],
)
def test_a_model_file_may_hold_dynamics_metric_and_loss(answer, tmp_path, lines, count, hypothesis):
    file = tmp_path / "model.toml"
    file.write_text(f'coordinates = ["u", "v"]\n{lines}\n')
    found = answer(str(file))
    assert found["count"] == count
    assert any(hypothesis in line for line in found["hypotheses"])


def test_an_option_goes_before_the_key_of_the_file(answer, tmp_path):
    file = tmp_path / "model.toml"
    file.write_text('coordinates = ["u", "v"]\ninputs = ["x"]\noutputs = ["u*x", "v*x"]\nmetric = "entropic"\n')
    assert answer(str(file))["count"] == 0
    assert answer(str(file), "--loss", "cross-entropy", "--metric", "euclidean")["laws"][0]["text"] == "u + v"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('metric = "entropc"', "did you mean entropic"),
        ("metric = 3", "metric is 3: write a name"),
        ('metric = ["u", 0.5]', "0.5 in metric is a decimal"),
        ('metric = ["u", "z"]', "`z` in \"z\" is an unknown name"),
        ('metric = ["u", true]', "True in metric is no formula"),
        ('metric = [[1, "u"], ["v", 1]]', "the metric is not symmetric"),
        ("metric = [[1, 1], [1, 1]]", "the metric is singular"),
        ('dynamics = "momentum"', "momentum needs its friction"),
        ('dynamics = "momentum"\nfriction = 0.9', "friction is the decimal 0.9"),
        ('dynamics = "momentum"\nfriction = "3/u"', "depends on the parameter `u`"),
        ('dynamics = "momentum"\nfriction = "exp(t)"', "no rational function of time"),
        ('dynamics = "momentum"\nfriction = 1\nmetric = "entropic"', "accelerated mirror"),
        ("dynamics = 3", "the dynamics 3 are not known"),
        ('decay = "k"', "decay came with gradient flow"),
        ('loss = "hinge"', "the loss 'hinge' is not known"),
        ("loss = 7", "loss is 7: write a name, or rows of directions"),
        ("loss = [[1], [1]]", "the outputs have 1 row"),
        ('los = "logistic"', "did you mean loss"),
    ],
)
def test_wrong_dynamics_in_a_model_file_are_misuse_that_names_the_file(symdyn, tmp_path, lines, message):
    file = tmp_path / "model.toml"
    file.write_text(f'coordinates = ["u", "v"]\noutputs = [["u*v"]]\n{lines}\n')
    status, out, err = symdyn("laws", str(file))
    assert (status, out) == (2, "")
    assert message in err
    assert "model.toml" in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--dynamics", "nesterov", "--at", "u=1,v=1,u_dot=0,v_dot=0,t=0"), "the friction 3/t has a pole at t = 0"),
        (("--dynamics", "nesterov", "--at", "u=1,v=1"), "`u_dot` has no value"),
        (("--metric", "u,1", "--at", "u=0,v=1"), "the metric is singular at the point"),
        (("--metric", "[[2,u],[u,3]]", "--at", "u=10,v=0"), "the metric is not positive definite at the point"),
        (("--metric", "[[2,u],[v,3]]"), "the metric is not symmetric"),
        (("--metric", "1/u,1", "--at", "u=0,v=1"), "infinite at the point"),
        (("--loss", "[[1],[2]]"), "matrix of loss directions is 2 x 1, and the outputs have 1 row"),
        (("--loss", "[[x]]"), "x in the matrix of loss directions is no rational number"),
        (("--loss", "[[1.5]]"), "1.5"),
        (("--at", "t=1,u=1,v=1"), "t=1"),
    ],
)
def test_points_and_losses_that_do_not_fit_are_misuse_in_one_sentence(symdyn, options, message):
    status, out, err = symdyn("laws", "u*v", "--wrt", "u,v", *options)
    assert (status, out) == (2, "")
    assert message in err
    assert len(err.strip().splitlines()) == 1
