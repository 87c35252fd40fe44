"""A changed certificate is refuted, and the place is named; signed anew, it passes only if it is true again."""

import copy
import fnmatch
import json
import re

import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.verify import verify_data, verify_text
from tests.certificate.witnesses import (
    CERTIFICATES,
    at,
    certificate,
    changes,
    places,
    replaced,
    signed,
    statement_holds,
)

every_certificate = pytest.mark.parametrize("name", CERTIFICATES)
VERDICTS = {"closure that is probable": "probable"}


def outcome(data):
    return verify_data(data).verdict


def written(path):
    return ".".join(map(str, path))


@every_certificate
def test_original_is_proved(name):
    data = certificate(name)
    assert outcome(data) == VERDICTS.get(name, "proved")
    assert outcome(signed(data)) == outcome(data)
    assert outcome(json.loads(json.dumps(data))) == outcome(data)


@every_certificate
def test_every_change_is_seen_by_the_hash(name):
    """All leaves: numbers, names, texts and flags, of claim, method, assumptions and witness."""
    data = certificate(name)
    content = {key: data[key] for key in ("claim", "verdict", "method", "witness", "assumptions")}
    leaves = [(path, value) for path, value in places(content) if not isinstance(value, list)]
    changed = [replaced(data, path, f"{value}." if isinstance(value, str) else 7919) for path, value in leaves]
    results = [verify_data(one) for one in changed]
    assert len(results) >= 10
    assert {(result.verdict, result.place) for result in results} == {("refuted", "sha256")}


@every_certificate
@pytest.mark.parametrize("sha256", ["", "0" * 64, None, 7])
def test_another_hash_is_refuted(name, sha256):
    result = verify_data({**certificate(name), "sha256": sha256})
    assert (result.verdict, result.place) == ("refuted", "sha256")


@every_certificate
def test_provenance_is_not_part_of_the_statement(name):
    data = {**certificate(name), "provenance": {"seed": 1}}
    assert outcome(data) == VERDICTS.get(name, "proved")


@pytest.mark.parametrize("name", ["polynomials by brackets", "closure", "law"])
def test_a_certificate_read_back_still_sees_a_change(name):
    """`from_data` takes no fingerprint on trust, and so may not make a new one for what it has read."""
    data = certificate(name)
    assert sd.Certificate.from_data(data).verify().verdict.value == outcome(data)
    changed = sd.Certificate.from_data({**data, "claim": "there are exactly 1000 laws"}).verify()
    assert (changed.verdict, changed.witness["place"]) == (sd.Verdict.REFUTED, "sha256")


# Single fields, signed anew: the place names what does not fit.

LINEAR, MONOMIAL, PARTS = "polynomials by brackets", "monomials by exponents", "several parts"
PROGRAM, FIELD, OPEN = "matrix program", "single field", "open interval"
BOUNDS = ("lower", "upper", "exhibited")
RANK, INDEPENDENCE = ("parts", 0, "rank"), ("parts", 0, "independence")
PLACES = [
    # the model
    (LINEAR, ("model", "coefficient", 0), 2, "parts[0].*"),
    (LINEAR, ("model", "variable", 0), 1, "parts[0].*"),
    (LINEAR, ("model", "row", 0), 3, "parts[0].*"),
    (LINEAR, ("model", "row", 0), 99, "witness.model.row"),
    (LINEAR, ("model", "variable", 0), 8, "witness.model.variable"),
    (LINEAR, ("model", "variable", 0), -1, "witness.model.variable"),
    (LINEAR, ("model", "size", 0), 3, "witness.model.variable"),
    (LINEAR, ("model", "dimension"), 9, "witness.model.names"),
    (LINEAR, ("model", "kind"), "something", "witness.model.kind"),
    (MONOMIAL, ("model", "variable", 4), 1, "parts[0].*"),
    (MONOMIAL, ("model", "coefficient", 0), 0, "*"),
    (PROGRAM, ("model", "blocks", 0, 1), 4, "*"),
    (PROGRAM, ("model", "outputs", 0, 0, 0), 2, "parts[0].*"),
    ("relu layers", ("model", "widths", 1), 4, "witness.dimension"),
    ("relu layers", ("model", "widths", 0), 3, "witness.dimension"),
    ("relu layers", ("model", "bias"), False, "witness.dimension"),
    ("relu graph", ("model", "tails", 0), 2, "model.*"),
    ("relu graph", ("model", "heads", 4), 1, "model.*"),
    ("relu graph", ("model", "biased", 0), 0, "model.biased"),
    # the upper bound
    (LINEAR, ("parts", 0, "prime"), 2147483645, "parts[0].prime"),
    (LINEAR, ("parts", 0, "prime"), 2147483629, "parts[0].*"),
    (LINEAR, (*RANK, "prime"), 2147483629, "parts[0].rank*"),
    (LINEAR, ("parts", 0, "point", 0), 5, "parts[0].*"),
    (LINEAR, ("parts", 0, "point", 0), -5, "parts[0].point"),
    (LINEAR, (*RANK, "words", 4), 2, "parts[0].rank.*"),
    (LINEAR, (*RANK, "words", 0), 77, "parts[0].rank.words[0]"),
    (LINEAR, (*RANK, "words", 0), "x", "parts[0].rank.words[0]"),
    (LINEAR, (*RANK, "words", 4), [[1, 0], 2], "parts[0].rank.words[4]"),
    (LINEAR, (*RANK, "columns", 0), 7, "parts[0].rank.*"),
    (LINEAR, (*RANK, "columns", 0), 99, "parts[0].rank.columns"),
    (LINEAR, (*RANK, "determinant"), 1, "parts[0].rank.determinant"),
    (OPEN, (*RANK, "seed"), 1, "parts[0].*"),
    (MONOMIAL, (*RANK, "rows", 0), 1, "parts[0].rank.*"),
    (MONOMIAL, (*RANK, "columns", 0), 2, "parts[0].rank.*"),
    (MONOMIAL, (*RANK, "determinant"), 3, "parts[0].rank.determinant"),
    # the lower bound
    (LINEAR, ("parts", 0, "laws", 0, "terms", 0, 0), 2, "parts[0].laws[0]"),
    (LINEAR, ("parts", 0, "laws", 1, "terms", 0, 1, 1), 2, "parts[0].laws[1]"),
    (LINEAR, (*INDEPENDENCE, "rows", 0), 1, "parts[0].independence*"),
    (LINEAR, (*INDEPENDENCE, "columns", 0), 3, "parts[0].independence*"),
    (LINEAR, (*INDEPENDENCE, "determinant"), 1, "parts[0].independence.determinant"),
    (MONOMIAL, ("parts", 0, "laws", 0, "terms", 0, 0), 2, "parts[0].laws[0]"),
    (PROGRAM, ("parts", 0, "laws", 0, "terms", 0, 0), 2, "parts[0].laws[0]"),
    (PROGRAM, ("parts", 0, "laws", 0, "terms", 0, 2), "columns", "parts[0].laws[0]"),
    (PROGRAM, ("parts", 0, "laws", 0, "part"), "diagonal", "parts[0].laws[0].part"),
    (PROGRAM, (*INDEPENDENCE, "rows", 0, 1), 3, "parts[0].independence*"),
    (FIELD, ("parts", 0, "existence", "by"), "full rank", "parts[0].existence"),
    (FIELD, ("parts", 0, "existence"), None, "parts[0].existence"),
    ("closed algebra", ("parts", 0, "existence", "by"), "single field", "parts[0].existence"),
    ("relations", ("parts", 0, "existence", "by"), "closed algebra", "parts[0].existence"),
    # the bounds themselves
    *(
        (name, (bound,), 1000, place)
        for name in (LINEAR, PARTS)
        for bound, place in (("lower", "claim"), ("upper", "claim"), ("exhibited", "witness.exhibited"))
    ),
    *((LINEAR, ("parts", 0, bound), 2, "*") for bound in ("lower", "upper", "exhibited")),
    *(("relu graph", ("parts", 0, bound), 1, "*") for bound in ("lower", "upper", "exhibited")),
    *((name, ("dimension",), 9, "witness.dimension") for name in (LINEAR, MONOMIAL, PROGRAM, "relu layers", FIELD)),
    # how the model falls into parts
    (PARTS, ("parts", 0, "coordinates", 0), 1, "witness.parts"),
    (PARTS, ("parts", 0, "outputs", 0), 1, "*"),
    (PARTS, ("parts", 2, "coordinates"), [], "witness.parts"),
    # closures and single laws
    ("closure", ("dimension",), 5, "witness.dimension"),
    ("closure", ("rank", "determinant"), 1, "witness.rank.determinant"),
    ("closure", ("rank", "point"), [1, 2], "witness*"),
    ("closure", ("existence", "by"), "full rank", "witness.existence"),
    ("law", ("laws", 0, "terms", 0, 0), 3, "claim"),
    ("law", ("model", "variable", 1), 2, "witness.laws[0]"),
    ("matrix law", ("laws", 0, "terms", 0, 0), 3, "claim"),
    ("neuron laws", ("laws", 0, "count"), 2, "claim"),
    ("rational law", ("laws", 0, "numerator", 0, 0), 5, "claim"),
    ("law by its differential", ("laws", 0, "numerators", 0, 0, 0), 5, "claim"),
    ("no law", ("rate",), 1, "witness.rate"),
    ("no law", ("generator",), 2, "witness.generator"),
    ("no law", ("point", 0), 0, "witness.*"),
    ("no law", ("point",), [1, 1], "witness.point"),
    ("no law", ("prime",), 4, "witness.prime"),
    ("no rational law", ("law", "numerator", 0, 0), 5, "claim"),
    ("no law by its differential", ("law", "numerators", 0, 0, 0), 5, "claim"),
]


@pytest.mark.parametrize(
    ("name", "path", "value", "place"), PLACES, ids=[f"{name}, {written(path)}" for name, path, *_ in PLACES]
)
def test_a_change_signed_anew_is_refuted_at_its_place(name, path, value, place):
    data = certificate(name)
    assert at(data["witness"], path) != value
    result = verify_data(signed(replaced(data, ("witness", *path), value)))
    assert result.verdict == "refuted"
    named = result.place.startswith(place[:-1]) if place.endswith("*") else result.place == place
    assert named, f"{result.place}: {result.reason}"


@pytest.mark.parametrize("name", [LINEAR, MONOMIAL, PROGRAM, FIELD])
def test_a_law_times_two_is_a_law_but_has_another_minor(name):
    data = certificate(name)
    law = data["witness"]["parts"][0]["laws"][0]
    law["terms"] = [[2 * term[0], *term[1:]] for term in law["terms"]]
    result = verify_data(signed(data))
    assert (result.verdict, result.place) == ("refuted", "parts[0].independence.determinant")


@pytest.mark.parametrize("name", [LINEAR, PROGRAM])
def test_another_prime_everywhere_has_another_minor(name):
    part = certificate(name)["witness"]["parts"][0]
    other = 2147483629 if part["prime"] > 2**23 else 8388587
    data = replaced(certificate(name), ("witness", "parts", 0, "prime"), other)
    result = verify_data(signed(replaced(data, ("witness", "parts", 0, "rank", "prime"), other)))
    assert (result.verdict, result.place) == ("refuted", "parts[0].rank.determinant")


def test_another_point_everywhere_has_another_minor():
    data = replaced(certificate(LINEAR), ("witness", "parts", 0, "point", 0), 5)
    result = verify_data(signed(replaced(data, ("witness", "parts", 0, "rank", "point", 0), 5)))
    assert result.verdict == "refuted"
    assert result.place in {"parts[0].rank.determinant", "parts[0].independence.determinant"}


@pytest.mark.parametrize("name", ["closure", "closure of full rank", "closure that is probable"])
def test_a_point_has_one_value_for_each_variable(name):
    data = certificate(name)
    data["witness"]["rank"]["point"].append(1)
    result = verify_data(signed(data))
    assert (result.verdict, result.place) == ("refuted", "witness.rank.point")


@pytest.mark.parametrize("name", [LINEAR, "law"])
def test_names_of_the_model_are_different(name):
    data = certificate(name)
    names = data["witness"]["model"]["names"]
    names[0] = names[1]
    result = verify_data(signed(data))
    assert (result.verdict, result.place) == ("refuted", "witness.model.names")


# All integers.

#: Integers that may be one larger without making the certificate false, and why.
HARMLESS = {
    "parts.?.seed": "the engine's own; words are re-derived from the seed beside them",
    "*rank.seed": "no word of this witness is a random combination",
    "model.number": "a further output, or field, without terms is zero",
    f"{MONOMIAL}: model.coefficient.*": "a multiple of a monomial has the same exponents",
    f"{PARTS}: model.coefficient.[03]": "a multiple of a monomial has the same exponents",
    "open interval: model.*": "an upper bound, which needs one column of one field",
    f"{MONOMIAL}: parts.0.point.*": "the gradient of sum v_k theta_k^2 is read in another column",
    f"{PARTS}: parts.[02].*point.*": "the minor is read in other columns, or the part has no fields",
    f"{PARTS}: parts.0.rank.columns.?": "u v has the exponent 1 in either column",
    "weighted logarithms: parts.0.rank.columns.0": "u and v move alike",
    "relu graph: model.*": "another graph with as many edges and hidden nodes",
    "closure*: rank.point.*": "the minor does not see this coordinate",
    "law: model.coefficient.*": "u v and a multiple of it have the same laws",
    "law: model.row.0": "the sum of both outputs has their laws too",
    "matrix law: model.*": "the balance holds for every width and multiple of the product",
    "law by its differential: laws.0.denominator.?.0": "over any form of degree two it is that of a function of y/x",
    "law by its differential: model.*.2": "the function does not depend on z",
    "neuron laws: model.widths.*": "the balances hold for every number of inputs and outputs",
    "no law: *": "another function, point or model, with the same rate at the point",
    "no rational law: *": "another function, point or model, with the same rate at the point",
    "no law by its differential: *": "another function, point or model, with the same rate at the point",
}


def is_harmless(name, path):
    return any(
        fnmatch.fnmatchcase(text, key) for key in HARMLESS for text in (written(path), f"{name}: {written(path)}")
    )


@every_certificate
def test_no_integer_may_be_one_larger_but_for_a_reason(name):
    data = certificate(name)
    integers = [(path, value) for path, value in places(data["witness"]) if type(value) is int]
    accepted = [
        path for path, value in integers if outcome(signed(replaced(data, ("witness", *path), value + 1))) != "refuted"
    ]
    assert len(integers) >= 4
    assert [written(path) for path in accepted if not is_harmless(name, path)] == []


@every_certificate
def test_what_is_accepted_after_a_change_is_true(name):
    """Numbers raised, lowered, negated, doubled or put to zero; list entries dropped, swapped or repeated.

    Whatever passes is read back into formulas and decided by another route.
    """
    data, tried, wrong = certificate(name), 0, []
    for path, value in places(data["witness"]):
        if path[:2] == ("model", "names"):
            continue
        for new in changes(value):
            tried += 1
            changed = signed(replaced(data, ("witness", *path), new))
            if outcome(changed) != "refuted" and not statement_holds(changed["witness"]):
                wrong.append(f"{written(path)}: {value} -> {new}")
    assert tried > 20
    assert wrong == []


# The sentence, the verdict, and the answer around the certificate.


@pytest.mark.parametrize("name", [LINEAR, "relu layers", FIELD, OPEN, "closure", "closure that is probable"])
def test_the_claim_says_the_numbers_that_are_proved(name):
    """Every digit of the sentence replaced: a reader sees the sentence, not the witness."""
    data = certificate(name)
    digits = [place for place, letter in enumerate(data["claim"]) if letter.isdigit()]
    claims = [data["claim"][:k] + str(9 - int(data["claim"][k])) + data["claim"][k + 1 :] for k in digits]
    results = [verify_data(signed({**data, "claim": claim})) for claim in claims]
    assert [(result.verdict, result.place) for result in results] == [("refuted", "claim")] * len(digits) != []


@every_certificate
def test_no_other_verdict_passes_for_a_stronger_one(name):
    """What is weaker may pass for what it says; what is stronger, or no verdict at all, is refuted."""
    data = certificate(name)
    others = {"proved", "refuted", "probable", "observed", "undecided", "certain", "", None, 1} - {data["verdict"]}
    outcomes = {verdict: outcome(signed({**data, "verdict": verdict})) for verdict in others}
    weaker = {"proved": {"probable", "undecided"}, "probable": {"undecided"}, "refuted": set()}[data["verdict"]]
    assert {verdict: found for verdict, found in outcomes.items() if found != "refuted" and verdict not in weaker} == {}


@pytest.mark.parametrize("kind", ["count", "closure"])
def test_what_ran_out_of_budget_does_not_become_probable(kind):
    network = sd.networks.linear(8, 8, 8)
    answer = (sd.conservation_laws if kind == "count" else sd.involutive_closure)(network, time_limit=1e-12)
    data = answer.certificate.to_data()
    assert data["verdict"] == "undecided"
    assert outcome(data) in {"proved", "undecided"}
    assert verify_data(signed({**data, "verdict": "probable"})).verdict == "refuted"


OUTER = {"lower": 2, "upper": 4, "exhibited": 2, "count": 4, "verdict": "probable", "hypotheses": []}


def answer():
    """The JSON form of an answer: its numbers beside the certificate."""
    found = certificate(LINEAR)
    numbers = {name: found["witness"][name] for name in ("lower", "upper", "exhibited")}
    texts = {"verdict": found["verdict"], "hypotheses": found["assumptions"]}
    return {"schema": "symdyn/laws/1", **numbers, "count": 3, **texts, "certificate": found}


def test_an_answer_agrees_with_its_certificate():
    ((fingerprint, result),) = verify_text(json.dumps(answer()))
    assert result.verdict == "proved"
    assert certificate(LINEAR)["sha256"].startswith(fingerprint)


@pytest.mark.parametrize(("field", "value"), OUTER.items())
def test_an_answer_that_says_something_else_is_refuted(field, value):
    ((_, result),) = verify_text(json.dumps({**answer(), field: value}))
    assert (result.verdict, result.place) == ("refuted", field)


def test_every_certificate_of_a_document_is_checked():
    good, bad = certificate(LINEAR), replaced(certificate(PROGRAM), ("witness", "lower"), 5)
    results = verify_text(json.dumps({"answers": [answer(), {"more": [good, bad]}]}))
    assert [result.verdict for _, result in results] == ["proved", "proved", "refuted"]


@pytest.mark.parametrize("text", ["{}", "[]", "3", '{"schema": "other", "witness": {}}'])
def test_a_document_without_certificates_is_refused(text):
    with pytest.raises(ValueError, match="holds no certificate"):
        verify_text(text)


@pytest.mark.parametrize("text", ["", "{", "nonsense", '{"a": 1,}'])
def test_a_text_that_is_no_json_is_refused(text):
    with pytest.raises(ValueError, match="line 1 column"):
        verify_text(text)


def test_a_record_that_says_two_things_under_one_name_is_refused():
    text = sd.conservation_laws(sd.networks.linear(2, 2, 2)).json()
    with pytest.raises(ValueError, match="has the field 'lower' twice in one record"):
        verify_text(text.replace('"lower": 3', '"lower": 4, "lower": 3', 1))


def test_a_number_too_long_to_be_read_is_named_as_such():
    with pytest.raises(ValueError, match="holds a number of more digits than are read"):
        verify_text('{"lower": ' + "9" * 5000 + "}")


x, y, z = sp.symbols("x y z")
LARGE = {
    "a power of a coordinate": [x * y, x * y, (2**31 - 1) * x * z],
    "a power of a sum": [x + y, x + y, (2**40 + 1) * z],
    "a power of two digits of a long sum": [x, y, 41 * z],
    "two powers": [3 * x, (2**31 - 1) * y, -(2**61) * z],
}


@pytest.mark.parametrize("name", LARGE)
def test_laws_with_large_powers_are_proved_and_others_are_not(name):
    field = sd.VectorField((x, y, z), LARGE[name])
    data = json.loads(sd.conservation_laws(sd.Distribution((field,))).json())
    assert data["exhibited"] == 2
    assert [found.verdict for _, found in verify_text(json.dumps(data))] == ["proved"]
    for number, law in enumerate(data["laws"]):
        for place in [match.start() for match in re.finditer(r"\d", law["text"])]:
            changed = copy.deepcopy(data)
            other = str((int(law["text"][place]) + 1) % 10)
            changed["laws"][number]["text"] = law["text"][:place] + other + law["text"][place + 1 :]
            assert [found.verdict for _, found in verify_text(json.dumps(changed))] == ["refuted"]


def test_an_identity_between_matrices_is_listed_once():
    data = json.loads(sd.conservation_laws(sd.networks.linear(2, 2, 2, bias=True)).json())
    assert [found.verdict for _, found in verify_text(json.dumps(data))] == ["proved"]
    data["laws"].append(data["laws"][0])
    ((_, found),) = verify_text(json.dumps(data))
    assert (found.verdict, found.place) == ("refuted", "laws[1]")
