"""Every field of certificates of every kind, changed to plausible values and signed anew: nothing false is proved.

What is accepted after a change must be true by an oracle that shares nothing with the re-checker, and must say just
what its record says.
"""

import pytest

from symdyn.certificate.recheck.kinds import KINDS
from symdyn.certificate.verify import verify_data
from tests.certificate.changing import changes, mended, plain, sentences
from tests.certificate.every_kind import EVERY, FAMILIES, certificates_of, kinds
from tests.certificate.oracles import ORACLES, is_true
from tests.certificate.witnesses import at

#: So many changes of witnesses are drawn for a kind, and at least so many changes are tried: short and long.
FEW, LEAST_OF_FEW = 700, 500
MANY, LEAST_OF_MANY = 3000, 2000
#: Verdicts of a re-check that say that something was shown.
SHOWN = ("proved", "probable", "observed")


def changed(kind, drawn):
    """(certificate, place, changed certificate), equally many of each certificate of a kind."""
    family = certificates_of(kind)
    for seed, (name, data) in enumerate(family.items()):
        for place, other in changes(data, list(family.values()), seed, 1 + drawn // len(family)):
            other = plain(other)
            yield name, place, other
            better = mended(other, verify_data)
            if better is not other:
                yield name, "mended", better


def fault(kind, place, data):
    """What is wrong with the answer to a changed certificate; empty if nothing is."""
    result = verify_data(data)
    if result.verdict not in SHOWN:
        return "" if result.verdict in ("refuted", "undecided") else f"is answered by {result.verdict}"
    if place in ("claim", "assumptions"):
        return f"is {result.verdict} for another sentence"
    witness, verdict = data["witness"], data["verdict"]
    if witness["kind"] == "undecided":
        return ""  # it claims no proof, and gets none
    said = sentences(witness, verdict)
    if said is None or said["claim"] != data["claim"] or said["assumptions"] != data["assumptions"]:
        return f"is {result.verdict} for a sentence that is not that of its record"
    if result.verdict == "proved" and witness["kind"] not in ORACLES:
        return f"is of kind {witness['kind']}, for which there is no oracle"
    return "" if is_true(witness, verdict) else f"is {result.verdict}, and false: {data['claim'][:200]}"


def test_there_are_certificates_and_an_oracle_for_every_kind():
    """A new kind needs both."""
    assert set(KINDS) == kinds() - {"undecided"} == set(ORACLES)


def test_no_two_certificates_have_one_name():
    """The second would take the place of the first, and nobody would see it."""
    assert len(EVERY) == sum(map(len, FAMILIES))


@pytest.mark.parametrize("kind", KINDS)
def test_certificates_of_the_kind_are_accepted_and_true_as_they_stand(kind):
    for data in certificates_of(kind).values():
        assert verify_data(data).verdict in SHOWN
        assert is_true(data["witness"], data["verdict"])


def other(witness, path, value):
    """Put another value in one place."""
    at(witness, path[:-1])[path[-1]] = value


#: For each kind a certificate and a change that makes its statement false.
FALSE = {
    "law count": ("single field", lambda w: w.update(lower=w["lower"] + 1, upper=w["upper"] + 1)),
    "closure": ("closure by relations", lambda w: w["rank"]["words"].pop()),
    "rank of gradients": ("rich", lambda w: other(w, ["model", "coefficient", 0], 0)),
    "unseen forms": ("unseen", lambda w: other(w, ["forms", 0, 0, 0], 7)),
    "conserved": ("law", lambda w: other(w, ["laws", 0, "terms", 0, 0], 7)),
    "not conserved": ("no law", lambda w: other(w, ["model", "coefficient"], [0, 0])),
    "linear symmetries": ("u v", lambda w: other(w, ["symmetric", 0, 0, 2], 7)),
    "lie algebra": ("rotations", lambda w: w["words"].pop()),
    "count formula": ("formula of recurrences", lambda w: other(w, ["fitted", 0, -1], 99)),
    "count of real solutions": ("one unknown", lambda w: w.update(real=4)),
    "count on each side of switches": ("two neurons", lambda w: w.update(real=2)),
    "orbit count": ("two points", lambda w: w["slices"][0]["solutions"].update(real=0)),
    "orbit cover": ("all turn", lambda w: other(w, ["zeros", 0, "of"], 0)),
    "sphere cover": ("two points at two angles", lambda w: other(w, ["zeros", 1, "of"], w["zeros"][0]["of"])),
    "interval cover": ("reflected", lambda w: other(w, ["zeros", 0, "of"], 9)),
    "box cover": ("outside of the box", lambda w: other(w, ["box", 0, 1], [1, 1])),
    "equilibrium": ("saddle point", lambda w: w.update(signs=[2, 0, 0])),
    "symbolic residual": ("angle", lambda w: w["candidate"]["outputs"].reverse()),
    "algebraic point": ("square root of two", lambda w: other(w, ["coordinates", 0, 1, 0], 3)),
    "identity": ("cube", lambda w: other(w, ["pairs", 0], [0, 1])),
    "exact inertia": ("a saddle and its minima", lambda w: other(w, ["points", 0, "curve", 0, 2], -1)),
    "enclosed norm": ("golden ratio", lambda w: w.update(low=[17, 10], high=[2, 1])),
    "supremum of attention": ("two tokens", lambda w: w.update(high=[8, 5])),
    "noncommutative identity": ("product of factors", lambda w: other(w, ["sequences", 0, "first"], [[2, 1]])),
    "singular values": ("a gap", lambda w: other(w, ["bounds", 0, 1], 10**9)),
    "vanishing": ("on a line", lambda w: w["program"]["outputs"].reverse()),
    "convergent training": ("training: one neuron", lambda w: w.update(constant=[9, 1], reach=[1, 10_000])),
    "root moduli": ("one root", lambda w: w.update(low=[501, 1000], high=[502, 1000])),
    "gaussian layer": ("edge of tanh", lambda w: other(w, ["edges", 0, "bias"], [1, 10])),
    "definite law": ("a top", lambda w: w.update(weight=[0, 1])),
    "lyapunov function": ("in part", lambda w: w["setting"].update(box=[[[-2, 1], [2, 1]], [[-1, 1], [1, 1]]])),
    "iteration change": ("a fall", lambda w: w["theta"].update(entries=[5])),
    "linear program": ("a vertex", lambda w: other(w, ["plan", "entries", 0], 7)),
    "relu range": ("cones of one layer", lambda w: w["cones"].pop()),
    "no lyapunov function": ("growing", lambda w: w.update(wrong="positive")),
    "transport plan": ("an assignment", lambda w: other(w, ["costs", 2, 2], 9)),
    "cover of directions": ("couplings of a plane and a line", lambda w: other(w, ["bound", 0], 1)),
    "tilted means": ("a variance apart", lambda w: w.update(apart=[1, 1])),
    "product network": ("a product", lambda w: w.update(bound=[1, 1000])),
}


@pytest.mark.parametrize("kind", KINDS)
def test_oracles_see_what_is_false(kind):
    name, change = FALSE[kind]
    data = certificates_of(kind)[name]
    assert is_true(data["witness"], data["verdict"])
    change(data["witness"])
    assert not is_true(data["witness"], data["verdict"])


def no_false_proof(kind, drawn, least):
    tried, faults = 0, []
    for name, place, data in changed(kind, drawn):
        tried += 1
        found = fault(kind, place, data)
        if found:
            faults.append(f"{name}, {place}: {found}")
    assert tried >= least
    assert faults == []


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_false_is_proved_by_changing_any_field(kind):
    no_false_proof(kind, FEW, LEAST_OF_FEW)


@pytest.mark.slow("thousands of changes of every kind")
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_false_is_proved_by_thousands_of_changes(kind):
    no_false_proof(kind, MANY, LEAST_OF_MANY)
