"""Whatever JSON may hold, the re-checker answers; it never raises."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symdyn as sd
from symdyn.certificate.canonical import digest
from symdyn.certificate.recheck.kinds import KINDS
from symdyn.certificate.schema import SCHEMA
from symdyn.certificate.verify import verify_data, verify_text
from tests.certificate.witnesses import CERTIFICATES, SIGNED, at, certificate, places, replaced, signed

NAMES = sorted(CERTIFICATES)
OUTCOMES = {"proved", "refuted", "probable", "undecided"}


def nested(depth):
    """A list in a list in a list ..."""
    out = []
    for _ in range(depth):
        out = [out]
    return out


#: Sizes that no machine can hold are far beyond those it merely cannot spare, so that a failure here is quick.
HUGE = st.sampled_from([10**18, 2**62, 2**63 - 1, 2**63, 2**64, 10**30, 10**400, -(2**63), -(10**18), -(10**400)])
SMALL = st.integers(-3, 12)
LEAVES = (
    st.none() | st.booleans() | SMALL | HUGE | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4)
)
JUNK = st.recursive(
    LEAVES,
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(max_size=3), parts, max_size=3),
    max_leaves=6,
)


def steps(data, path=()):
    """The way to every field of every record and list."""
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in children:
        yield (*path, key)
        yield from steps(value, (*path, key))


def checked(data):
    """The outcome, with a hash that fits if the data can be hashed at all."""
    result = verify_data(signed(data))
    assert result.verdict in OUTCOMES
    assert isinstance(result.reason, str)
    assert isinstance(result.place, str)
    return result


@settings(max_examples=400)
@given(st.data())
def test_junk_in_any_place_is_answered(data):
    original = certificate(data.draw(st.sampled_from(NAMES)))
    path = data.draw(st.sampled_from(list(steps({name: original[name] for name in SIGNED}))))
    checked(replaced(original, path, data.draw(JUNK)))


@settings(max_examples=200)
@given(st.data())
def test_a_missing_field_is_answered(data):
    changed = certificate(data.draw(st.sampled_from(NAMES)))
    path = data.draw(st.sampled_from(list(steps(changed["witness"]))))
    del at(changed["witness"], path[:-1])[path[-1]]
    checked(changed)


@settings(max_examples=200)
@given(st.data())
def test_a_part_of_one_certificate_in_another_is_answered(data):
    first, second = (certificate(data.draw(st.sampled_from(NAMES))) for _ in range(2))
    into = data.draw(st.sampled_from(list(steps({"witness": first["witness"]}))))
    out = data.draw(st.sampled_from(list(steps({"witness": second["witness"]}))))
    checked(replaced(first, into, copy.deepcopy(at(second, out))))


@given(JUNK)
def test_any_json_is_answered(junk):
    assert verify_data(junk).verdict == "refuted"
    content = dict.fromkeys(SIGNED, junk)
    assert verify_data({**content, "sha256": digest(content)}).verdict == "refuted"


@given(JUNK, st.sampled_from(["law count", "closure", "conserved", "not conserved", "undecided", "re-check"]), JUNK)
def test_any_witness_of_any_kind_is_answered(junk, kind, parts):
    content = {"schema": SCHEMA, "claim": "", "verdict": "proved", "method": "", "assumptions": []}
    witness = {"kind": kind, "model": junk, "parts": parts, "laws": junk, "law": parts, "rank": junk, "dimension": 1}
    expected = "refuted" if kind in KINDS or kind == "undecided" else "undecided"  # what is not known is not judged
    assert verify_data(signed({**content, "witness": witness})).verdict == expected


@pytest.mark.parametrize("field", [*SIGNED, "sha256"])
def test_a_certificate_without_a_field_is_refuted(field):
    data = certificate("law")
    del data[field]
    assert verify_data(data).verdict == "refuted"


@pytest.mark.parametrize(
    "data", [None, [], {}, "text", 3, 2.5, True, {"schema": None}, {"schema": ["symdyn/certificate/2"]}]
)
def test_what_is_no_certificate_is_refuted_at_its_schema(data):
    result = verify_data(data)
    assert (result.verdict, result.place) == ("refuted", "schema")


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -float("inf"), {1: 2}, {"a", "b"}, object(), b"bytes", 1j]
)
def test_what_json_cannot_hold_is_refuted(value):
    assert verify_data({**certificate("law"), "claim": value}).verdict == "refuted"


@pytest.mark.parametrize("depth", [50, 5000, 100_000])
def test_lists_nested_without_end_are_refuted(depth):
    data = certificate("polynomials by brackets")
    assert verify_data(replaced(data, ("witness", "parts", 0, "rank", "words", 0), nested(depth))).verdict == "refuted"
    assert verify_data(replaced(data, ("witness", "model"), nested(depth))).verdict == "refuted"
    assert verify_data(nested(depth)).verdict == "refuted"


@pytest.mark.parametrize("depth", [13, 200])
def test_a_bracket_that_is_too_deep_is_refuted(depth):
    word = 0
    for _ in range(depth):
        word = [1, word]
    data = replaced(certificate("polynomials by brackets"), ("witness", "parts", 0, "rank", "words", 0), word)
    assert verify_data(signed(data)).verdict == "refuted"


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("polynomials by brackets", "model.number"),
        ("polynomials by brackets", "model.dimension"),
        ("polynomials by brackets", "model.size.0"),
        ("polynomials by brackets", "parts.0.laws.0.terms.0.1.1"),
        ("matrix program", "model.blocks.0.1"),
        ("matrix program", "model.blocks.1.1"),
        ("relu layers", "model.widths.0"),
        ("relu layers", "model.widths.1"),
        ("relu graph", "model.nodes"),
        ("open interval", "parts.0.rank.words.0"),
    ],
)
@pytest.mark.parametrize("size", [10**15, 10**18, 10**30])
def test_sizes_beyond_every_memory_are_refuted(name, place, size):
    value = f"m{size}" if "words" in place else size
    path = [int(step) if step.isdigit() else step for step in place.split(".")]
    assert verify_data(signed(replaced(certificate(name), ("witness", *path), value))).verdict == "refuted"


@pytest.mark.parametrize("by", ["brackets", "exponents", "paths", "magic", None, 3, []])
@pytest.mark.parametrize(
    "name", ["polynomials by brackets", "monomials by exponents", "matrix program", "relu layers", "flow"]
)
def test_another_kind_of_proof_is_answered(name, by):
    data = certificate(name)
    original = data["witness"]["parts"][0]["by"]
    data["witness"]["parts"][0]["by"] = by
    assert verify_data(signed(data)).verdict == ("proved" if by == original else "refuted")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000, "1" * 5000])
def test_texts_nested_without_end_are_no_certificates(text):
    with pytest.raises(ValueError, match=r"."):
        verify_text(text)


WRONG = {"witness": 5, "assumptions": 7, "verdict": "certain", "provenance": 3}


@pytest.mark.parametrize(("field", "value"), WRONG.items())
def test_certificates_of_wrong_types_are_not_read(field, value):
    with pytest.raises(ValueError, match=r"."):
        sd.Certificate.from_data({**certificate("law"), field: value})


@pytest.mark.parametrize("field", ["claim", "verdict", "method", "witness", "assumptions"])
def test_certificates_without_a_field_are_not_read(field):
    data = certificate("law")
    del data[field]
    with pytest.raises(ValueError, match=f"the certificate lacks the field '{field}'"):
        sd.Certificate.from_data(data)


@pytest.mark.parametrize("data", [{}, {"schema": "symdyn/certificate/0"}, [], None, "text"])
def test_another_schema_is_not_read(data):
    with pytest.raises(ValueError, match="the field schema must read symdyn/certificate/2"):
        sd.Certificate.from_data(data)


@pytest.mark.parametrize("name", NAMES)
def test_reading_back_gives_the_same_certificate(name):
    data = certificate(name)
    read = sd.Certificate.from_json(sd.Certificate.from_data(data).to_json())
    assert read.to_data() == data
    assert len(list(places(data))) > 10
