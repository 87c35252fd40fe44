"""Documents as they were written are proved; every change of a field that is compared is refuted."""

import copy
import itertools
import json
import random
import re
from fractions import Fraction

import pytest
import sympy as sp

from symdyn.certificate.verify import verify_text
from tests.certificate.changing import other_values, spots
from tests.certificate.documents import EQUILIBRIA, EVERY, LAWS, document
from tests.certificate.witnesses import replaced

#: What a re-check of a certificate finds, by what the certificate itself says.
FOUND = {"proved": {"proved"}, "refuted": {"proved"}, "probable": {"probable", "proved"}, "observed": {"observed"}}
#: What stands in documents and is compared with nothing; every other line is a fault.
OPEN = re.compile(
    r"method: .*|degree|levels|provenance|starts|expected|notes and sources of laws"
    r"|families\[\d+\]\.(dimension|stability|reason|verdict|others|potential|certificate)"
    r"|families\[\d+\]\.witness: it is in other coordinates than the count|modulo"
    r"|families\[\d+\]: there is no certificate of it|families: that finite symmetries carry .* is not computed again"
    r"|ladder\[\d\]\.bounds: what was searched"
    r"|equilibria\[\d+\]\.stability: the certificate says nothing of directions"
    r"|equilibria\[\d+\]\.stability\.explained|explained"  # the reasons of neutral directions
    r"|equilibria\[\d+\]\.multiplicity: the certificate says nothing of it"
    r"|the counts that a formula was fitted to: .*|formula|unproved"  # of a count formula
    r"|gradient flow laws|momentum laws|laws|independent|without symmetry"  # of symmetries
    r"|statement|missing|unseen"  # of richness; how many are missing is compared
    r"|conditions|conclusion|eigenvalues|thresholds|residual"  # of a candidate; the residual of a refuted one
)
#: Fields that are compared elsewhere, or that no certificate holds.
APART = {"certificate", "completeness", "provenance", "schema", "note", "source"}
MOST = 200  # changes of one document
WORDS = ("u", "proved", "refuted", "stable", "unstable", "equilibrium", "fixed point", "elementary", "complete")


def outcomes(data):
    return [found for _, found in verify_text(json.dumps(data))]


def certificates_in(data):
    """All certificates of a document, in the order in which they are re-checked."""
    if "equilibria" in data:
        every = [*data["equilibria"], *data["families"]]
        return [*(one for item in every for one in _of_item(item)), data["completeness"]]
    return _of_item(data) or [data]


def _of_item(item):
    """The certificate of its stability, if it has one, and its own."""
    stability = item.get("stability") or {}
    return [one["certificate"] for one in (stability, item) if isinstance(one, dict) and one.get("certificate")]


@pytest.mark.parametrize("name", EVERY)
def test_a_document_as_it_was_written_is_proved_and_says_what_was_not_compared(name):
    data = document(name)
    found, stored = outcomes(data), certificates_in(data)
    assert len(found) == len(stored)
    for one, result in zip(stored, found, strict=True):
        assert result.verdict in FOUND.get(one["verdict"], {"undecided", "proved"}), result.reason
    lines = [line for result in found for line in result.unchecked]
    assert [line for line in lines if not OPEN.fullmatch(line)] == []


def is_refuted(data, *, strictly=True):
    """Whether something is refuted, or at least undecided."""
    try:
        return any(found.verdict in ("refuted", "refuted" if strictly else "undecided") for found in outcomes(data))
    except ValueError:  # no document that holds a certificate
        return True


def is_open(data, path):
    """Whether what stands there is listed as not compared."""
    where = re.sub(r"\.(\d+)", r"[\1]", ".".join(map(str, path)))
    lines = [line.split(":")[0] for found in outcomes(data) for line in found.unchecked]
    return any(where.startswith(line) or line.startswith(where) for line in lines)


def says_the_same(data, path, value, new):
    """Whether another value leaves what is said as it was, or says less."""
    if {"point", "witness"} & set(path) and isinstance(value, int | float | str):
        return _number(value) is not None and _number(value) == _number(new)
    if isinstance(value, str) and path[-1] in ("text", "latex"):
        return isinstance(new, str) and new.strip() in (value, rf"{value}1" if "aligned" in value else value)
    if isinstance(value, dict) and isinstance(new, dict):
        less = all(new[key] == value[key] for key in new if key in value and key not in APART)
        swapped = {**value, "text": value.get("latex"), "latex": value.get("text")}
        return bool(new) and set(new) <= set(value) and (less or new == swapped)
    if isinstance(value, list) and isinstance(new, list) and path[-1] in ("laws", "equilibria", "families"):
        as_text = sorted(map(json.dumps, new))
        every = sorted(map(json.dumps, value))
        unproved = "completeness" in data and data["completeness"]["verdict"] != "proved"
        return as_text == every or (unproved and set(as_text) <= set(every) and len(as_text) == len(set(as_text)))
    rung = data["ladder"][path[1]] if path[0] == "ladder" and len(path) == 3 else {}
    return new == "complete" and rung.get("lower") == rung.get("upper")


def _number(value):
    try:
        return None if isinstance(value, bool) else Fraction(str(value).strip())
    except ValueError:
        return None


@pytest.mark.parametrize("name", EVERY)
def test_every_change_of_what_is_compared_is_refuted(name):
    data, passed = document(name), []
    places = [(path, value) for path, value in spots(data) if path and not APART & set(path)]
    ways = [(path, value, new) for path, value in places for new in other_values(value, [], WORDS)]
    tried = random.Random(0).sample(ways, min(MOST, len(ways)))
    for path, value, new in tried:
        other = replaced(data, path, copy.deepcopy(new))
        if not (is_refuted(other) or is_open(other, path) or says_the_same(data, path, value, new)):
            passed.append(f"{'.'.join(map(str, path))}: {str(value)[:60]} -> {str(new)[:60]}")
    assert len(tried) >= (60 if "certificate" in data or "completeness" in data else 0)
    assert passed == []


# Laws: other functions in the same words.

SCALAR = sorted(
    name for name in LAWS if name not in ("relu layers", "a relu graph") and document(name)["laws"] != []
)


def rewritten(row):
    """Lines that say something else: a sign, a number, a name changed, or another function altogether."""
    text, latex = row["text"], row["latex"]
    for sign, other in ((" - ", " + "), (" + ", " - ")):
        if sign in text:
            yield {**row, "text": text.replace(sign, other, 1)}
            yield {**row, "latex": latex.replace(sign, other, 1)}
    for found in re.finditer(r"(?<![\w^])\d+", text):
        yield {**row, "text": text[: found.start()] + str(int(found[0]) + 1) + text[found.end() :]}
    for found in re.finditer(r"\^\{?(\d)", latex):
        yield {**row, "latex": latex[: found.start(1)] + str(int(found[1]) + 1) + latex[found.end(1) :]}
    for function in ("0", "1", "u + v", "hello", "", "x_9", f"({text})^2 + 1", f"{text} + 1", "exp(u", "1/0"):
        yield {**row, "text": function, "latex": function}
        yield {**row, "text": function}
        yield {**row, "latex": function}


@pytest.mark.parametrize("name", SCALAR)
def test_a_law_that_says_something_else_is_refuted(name):
    """In text, in LaTeX, or in both."""
    data, tried, passed = document(name), 0, []
    for number, row in enumerate(data["laws"]):
        for other in rewritten(row):
            if (other["text"], other["latex"]) == (row["text"], row["latex"]):
                continue
            tried += 1
            if not is_refuted(replaced(data, ("laws", number), other), strictly="time" not in name):
                passed.append(f"{number}: {other['text'][:60]}, {other['latex'][:60]}")
    assert tried >= 20
    assert passed == []


@pytest.mark.parametrize("name", SCALAR)
def test_a_law_that_is_dropped_or_listed_twice_is_missed(name):
    """A line that only defines a matrix goes with its law."""
    data = document(name)
    for number, row in enumerate(data["laws"]):
        assert is_refuted(replaced(data, ("laws", number), None))
        assert is_refuted({**data, "laws": data["laws"][:number] + data["laws"][number + 1 :]})
        if not row["text"].startswith("with "):
            assert is_refuted({**data, "laws": [*data["laws"], row]})


def test_a_true_law_that_is_not_in_hand_does_not_stand_for_one_that_is():
    """Twice the law, and its square, are laws; the document is not that of the certificate."""
    data = document("formulas")
    for text, latex in (
        ("2 u^2 - 2 v^2 + 2 w^2", "2 u^{2} - 2 v^{2} + 2 w^{2}"),
        ("(u^2 - v^2 + w^2)^2", r"\left(u^{2} - v^{2} + w^{2}\right)^{2}"),
    ):
        assert is_refuted(replaced(data, ("laws", 0), {"text": text, "latex": latex}))


def test_coordinates_may_not_change_names_in_one_place_only():
    data = document("formulas")
    renamed = json.loads(json.dumps(data["laws"]).replace("u", "q"))
    assert is_refuted({**data, "laws": renamed})


@pytest.mark.parametrize("name", ["formulas", "a linear network", "time and decay", "relu layers"])
def test_the_certificate_of_another_answer_is_refuted(name):
    data = document(name)
    others = [other for other in LAWS if other != name and document(other)["laws"] != data["laws"]]
    assert len(others) >= 20
    for other in others:
        assert is_refuted({**data, "certificate": document(other)["certificate"]})


# Equilibria.

LISTS = [name for name in EQUILIBRIA if len(document(name)["equilibria"]) > 1]


def with_items(data, items):
    return {**data, "equilibria": items}


@pytest.mark.parametrize("name", LISTS)
def test_certificates_of_equilibria_belong_to_their_points(name):
    data = document(name)
    first, second, *rest = data["equilibria"]
    exchanged = {**first, "certificate": second["certificate"]}, {**second, "certificate": first["certificate"]}
    assert is_refuted(with_items(data, [*exchanged, *rest]))


@pytest.mark.parametrize("name", EQUILIBRIA)
def test_an_equilibrium_is_listed_once(name):
    data = document(name)
    for item in data["equilibria"]:
        assert is_refuted(with_items(data, [*data["equilibria"], item]))


@pytest.mark.parametrize("name", LISTS)
def test_no_equilibrium_is_dropped_or_put_in_place_of_another_beside_a_proof_that_these_are_all(name):
    data = document(name)
    items, proved = data["equilibria"], data["completeness"]["verdict"] == "proved"
    for number in range(len(items)):
        assert is_refuted(with_items(data, items[:number] + items[number + 1 :])) is proved
        other = items[(number + 1) % len(items)]
        assert is_refuted(with_items(data, [*items[:number], other, *items[number + 1 :]]))


def test_the_proof_that_these_are_all_is_that_of_their_flow():
    """Three equilibria of one flow and a count of four of another; two on a circle and two of another circle."""
    for one, other in (("one", "several"), ("counted on a circle", "one"), ("on a circle", "modulo a reflection")):
        assert is_refuted({**document(one), "completeness": document(other)["completeness"]})


@pytest.mark.parametrize("scale", [1 + 1e-8, 1.001, 1.5, -1])
@pytest.mark.parametrize("name", [*LISTS, "an equilibrium"])
def test_a_point_that_is_moved_a_little_or_far_is_refuted(name, scale):
    data = document(name)
    items = data.get("equilibria", [data])
    for item in items:
        for coordinate, value in item["point"].items():
            number = float(sp.sympify(value))
            for moved in (number * scale if number else scale - 1, str(number * scale if number else scale - 1)):
                other = copy.deepcopy(data)
                place = (other["equilibria"] if "equilibria" in data else [other])[items.index(item)]
                place["point"][coordinate] = moved
                assert is_refuted(other)


ORBITS = {"orbits of rotations": 6, "orbits in space": 2, "orbits in a slice": 4}


@pytest.mark.parametrize("name", ORBITS)
def test_as_many_orbits_are_listed_as_are_counted(name):
    """None dropped, none twice, none in the place of another, none that is no solution."""
    data = document(name)
    families = data["families"]
    assert len(families) == ORBITS[name]
    for number, family in enumerate(families):
        others = families[:number] + families[number + 1 :]
        assert is_refuted({**data, "families": others})
        assert is_refuted({**data, "families": [*families, family]})
        assert is_refuted({**data, "families": [*others, others[0]]})
        for coordinate, value in family["witness"].items():
            for scale in (1.001, 1 + 1e-8):
                moved = float(value) * scale if float(value) else scale - 1
                assert is_refuted(replaced(data, ("families", number, "witness", coordinate), moved))


def test_orbits_in_a_slice_have_the_dimension_of_the_rotations():
    data = document("orbits in a slice")
    for dimension in (0, 2, "1", True):
        assert is_refuted(replaced(data, ("families", 0, "dimension"), dimension))


def test_orbits_on_spheres_are_those_that_are_counted():
    """None dropped, none twice, none that is no solution; any state of an orbit stands for it."""
    data = document("orbits on spheres")
    families = data["families"]
    for number, family in enumerate(families):
        others = families[:number] + families[number + 1 :]
        assert is_refuted({**data, "families": others})
        assert is_refuted({**data, "families": [*families, family]})
        assert is_refuted({**data, "families": [*others, others[0]]})
        for coordinate, value in family["witness"].items():
            if float(value):
                for moved in (float(value) * 1.001, float(value) * (1 + 1e-8), "no number", None):
                    assert is_refuted(replaced(data, ("families", number, "witness", coordinate), moved))


def test_orbits_on_spheres_have_their_dimension():
    data = document("orbits on spheres")
    assert [family["dimension"] for family in data["families"]] == [2, 2, 3]
    for number, dimension in itertools.product(range(3), (0, 1, 4, "2", True)):
        assert is_refuted(replaced(data, ("families", number, "dimension"), dimension))


def test_orbits_that_finite_symmetries_carry_to_each_other_are_fewer_only_beside_such_symmetries():
    for name, every in (
        ("orbits that may be exchanged", "orbits of rotations"),
        ("orbits in a slice that may be exchanged", "orbits in a slice"),
    ):
        data = document(name)
        assert len(data["families"]) == 3
        assert is_refuted({**data, "modulo": []})
        assert is_refuted({**data, "families": []})
        assert is_refuted({**data, "families": document(every)["families"][:2] * 2})


@pytest.mark.parametrize("name", ["a family", "two families"])
def test_the_certificate_of_a_family_is_that_of_its_witness(name):
    data = document(name)
    for number, family in enumerate(data["families"]):
        place = ("families", number)
        assert is_refuted({**data, "families": [*data["families"], family]})
        for coordinate, value in family["witness"].items():
            for moved in (float(sp.sympify(value)) + 1e-3, str(float(sp.sympify(value)) + 1)):
                assert is_refuted(replaced(data, (*place, "witness", coordinate), moved))
        forged = {**family["certificate"], "claim": "all points are equilibria"}
        assert is_refuted(replaced(data, (*place, "certificate"), forged))
        assert is_refuted(replaced(data, (*place, "certificate"), document("several")["equilibria"][0]["certificate"]))


def test_an_isolated_equilibrium_is_no_family():
    data = document("a family")
    item = data["equilibria"][0]
    family = {**data["families"][0], "witness": item["point"], "certificate": item["certificate"]}
    assert is_refuted({**data, "families": [*data["families"], family]})


def test_a_field_that_no_form_has_is_listed():
    data = {**document("formulas"), "stable": "for every optimizer", "point": {}, "stability": {}}
    lines = [line for found in outcomes(data) for line in found.unchecked]
    assert {"stable", "point", "stability"} <= set(lines)


def test_what_stands_beside_certificates_in_a_record_of_no_known_form_is_listed():
    data = {"title": "all is stable", "answers": [document("formulas"), 3], "more": {"text": "hello"}}
    lines = [line for found in outcomes(data) for line in found.unchecked]
    assert {"title", "more", "[1]"} <= set(lines)
