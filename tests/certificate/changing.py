"""Every field of a certificate changed in turn, as a forger would: other numbers, texts, lists, records of others."""

import copy
import itertools
import json
import random
import re

from symdyn.certificate.canonical import canonical_text
from symdyn.certificate.recheck.kinds import KINDS
from symdyn.certificate.refutation import RefutedError
from symdyn.certificate.statement import claim_of, hypotheses_of
from tests.certificate.witnesses import at, places, replaced, signed

LARGE = (2**61, 2**63, 2**64 + 1, -(2**63) - 1)
PRIME = 2**31 - 1
WORDS = ("0", "", "1", "x", "m1", "m2")


def other_values(value, others, words):
    """Plausible values in the place of one; `others` are those of other certificates in this place."""
    if value is None or type(value) is bool:
        found = [not value, 0, 1, None, "0", [], {}]
    elif type(value) is int:
        near = [value + 1, value - 1, -value, 0, 2 * value, value + PRIME, *LARGE]
        found = [*near, float(value), value - 0.1, value == 1, str(value), None, [value]]
    elif isinstance(value, float):
        found = [0.0, 1.0, 1 - value, 2.0, -value, 1, True, None, str(value)]
    elif isinstance(value, str):
        found = [*WORDS, *words, f"{value}1", f"{value} ", value[1:], None, 0]
    elif isinstance(value, list):
        found = other_lists(value)
    else:
        found = other_records(value)
    return different([*found, *others], value)


def other_lists(value):
    """An entry dropped, repeated, or swapped with another; all of them turned around, or none at all."""
    without = [value[:k] + value[k + 1 :] for k in range(len(value))]
    twice = [value[: k + 1] + value[k:] for k in range(len(value))]
    swapped = []
    for i, j in itertools.islice(itertools.combinations(range(len(value)), 2), 12):
        entries = list(value)
        entries[i], entries[j] = entries[j], entries[i]
        swapped.append(entries)
    return [*without, *twice, *swapped, value[::-1], [], [value], None, 0, {}]


def other_records(value):
    """A field dropped, two fields exchanged, a field more."""
    without = [{name: entry for name, entry in value.items() if name != left} for left in value]
    exchanged = []
    for one, other in itertools.combinations(value, 2):
        exchanged.append({**value, one: value[other], other: value[one]})
    return [*without, *exchanged, {**value, "extra": 1}, {}, [], None]


def different(values, original):
    """Those that are not the original, each once."""
    found = {canonical_text(value): value for value in values}
    found.pop(canonical_text(original), None)
    return list(found.values())


def spots(data, path=()):
    """The way to every field of every record and list, the record itself included."""
    yield path, data
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in children:
        yield from spots(value, (*path, key))


def there(data, path):
    """What another certificate has in a place; nothing if it has no such place."""
    try:
        return [at(data, path)]
    except (KeyError, IndexError, TypeError):
        return []


def changed_witnesses(data, family, rng, most):
    """Changed witnesses: so many of all that there are, drawn."""
    words = sorted({value for one in family for _, value in places(one["witness"]) if isinstance(value, str)})
    ways = []
    for path, value in spots(data["witness"]):
        others = [found for one in family for found in there(one["witness"], path)]
        ways += [(path, new) for new in other_values(value, others, rng.sample(words, min(4, len(words))))]
    for path, new in rng.sample(ways, min(most, len(ways))):
        witness = replaced({"witness": data["witness"]}, ("witness", *path), copy.deepcopy(new))["witness"]
        yield ".".join(map(str, path)), witness


def sentences(witness, verdict):
    """Claim and hypotheses that fit a changed record, or None if it is none."""
    try:
        record = KINDS[witness["kind"]][0].read(witness)
        return {"claim": claim_of(record, verdict), "assumptions": list(hypotheses_of(record))}
    except (RefutedError, KeyError, TypeError):
        return None


def changed_words(data, family):
    """Certificates with another claim or other hypotheses and the same witness, which carries none of them."""
    claims = {one["claim"] for one in family} | {"", "the Riemann hypothesis holds", data["claim"] + ".", "0"}
    claims |= {data["claim"][:k] + str(9 - int(c)) + data["claim"][k + 1 :]
               for k, c in enumerate(data["claim"]) if c.isdigit()}  # fmt: skip
    claims |= {data["claim"].replace(old, new) for old, new in (("exactly", "at least"), ("is", "is not"), ("no ", ""))}
    for claim in sorted(claims - {data["claim"]}):
        yield "claim", {**data, "claim": claim}
    lines = data["assumptions"]
    lists = [*other_lists(lines), *(one["assumptions"] for one in family), [*lines, "for every optimizer, Adam too"]]
    lists += [[*lines[:k], line + ", or not", *lines[k + 1 :]] for k, line in enumerate(lines)]
    for other in different([one for one in lists if isinstance(one, list)], lines):
        yield "assumptions", {**data, "assumptions": other}


def changes(data, family, seed, most):
    """(place, certificate) for every change of one certificate, signed anew.

    A changed witness comes twice: under the sentence that stood there, and under the one that fits it.
    """
    rng = random.Random(seed)
    for place, other in changed_words(data, family):
        yield place, signed(other)
    for verdict in ("proved", "refuted", "probable", "observed", "undecided", "certain", "PROVED", ""):
        if verdict != data["verdict"]:
            said = sentences(data["witness"], verdict) or {}
            yield "verdict", signed({**data, "verdict": verdict})
            yield "verdict", signed({**data, **said, "verdict": verdict})
    for method in ("", "by magic", *(one["method"] for one in family)):
        yield "method", signed({**data, "method": method})
    for place, witness in changed_witnesses(data, family, rng, most):
        yield place, signed({**data, "witness": witness})
        said = sentences(witness, data["verdict"])
        if said is not None and (said["claim"], said["assumptions"]) != (data["claim"], data["assumptions"]):
            yield place, signed({**data, **said, "witness": witness})


#: How a re-checker says what would be right, and where in the witness that stands.
_RIGHT = (
    re.compile(
        r"but (?:the minor is|the rate is|the rank shown is|the parts add up to|the model has|there are) (?P<value>\d+)"
    ),
    re.compile(r"is not (?P<value>\d+)(?: - (?P<less>\d+))?"),
    re.compile(r"the re-check, (?P<list>\[[\d, ]*\])"),
    re.compile(r"the re-check counts \((?P<real>\d+), (?P<complex>\d+)\)"),
)


def mended(data, answer, rounds=6):
    """The certificate with every number that the re-checker corrects put right, until it is accepted or is beyond that.

    A forger can do the same, so a changed field does not only meet a determinant that no longer fits.
    """
    for _ in range(rounds):
        result = answer(data)
        found = next(filter(None, (one.search(result.reason) for one in _RIGHT)), None)
        if result.verdict != "refuted" or found is None:
            return data
        witness = corrected(data["witness"], result.place, found.groupdict())
        said = None if witness is None else sentences(witness, data["verdict"])
        if said is None or witness == data["witness"]:
            return data
        data = plain(signed({**data, **said, "witness": witness}))
    return data


def corrected(witness, place, right):
    """A copy of a witness with another value in one place; None if the place is none of it."""
    path = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", place)]
    path = path[1:] if path[:1] == ["witness"] else path
    if "real" in right:
        return {**witness, "real": int(right["real"]), "complex": int(right["complex"])}
    value = json.loads(right["list"]) if "list" in right else int(right["value"]) - int(right.get("less") or 0)
    return replaced(witness, path, value) if path and there(witness, path) else None


def plain(data):
    """JSON data as it is read from a file."""
    return json.loads(json.dumps(data))
