"""Every field of certificates of every kind, changed to other plausible values and signed anew: nothing false is proved.

What is accepted after a change must be true by an oracle that shares nothing with the re-checker, and must say just
what its record says.
"""

import pytest

from symdyn.certificate.recheck.kinds import KINDS
from symdyn.certificate.verify import verify_data
from tests.certificate.changing import changes, mended, plain, sentences
from tests.certificate.every_kind import certificates_of, kinds
from tests.certificate.oracles import ORACLES, is_true

#: Changes of every kind, at least.
LEAST = 2000
#: So many changes of witnesses are drawn for a kind.
DRAWN = 3000
#: Verdicts of a re-check that say that something was shown.
SHOWN = ("proved", "probable", "observed")


def changed(kind):
    """(certificate, place, changed certificate), equally many of each certificate of a kind."""
    family = certificates_of(kind)
    for seed, (name, data) in enumerate(family.items()):
        for place, other in changes(data, list(family.values()), seed, 1 + DRAWN // len(family)):
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


@pytest.mark.parametrize("kind", KINDS)
def test_certificates_of_the_kind_are_accepted_and_true_as_they_stand(kind):
    for data in certificates_of(kind).values():
        assert verify_data(data).verdict in SHOWN
        assert is_true(data["witness"], data["verdict"])


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_false_is_proved_by_changing_any_field(kind):
    tried, faults = 0, []
    for name, place, data in changed(kind):
        tried += 1
        found = fault(kind, place, data)
        if found:
            faults.append(f"{name}, {place}: {found}")
    assert tried >= LEAST
    assert faults == []
