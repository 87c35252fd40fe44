"""What is known of the equilibria of a flow or map, as a sentence that stands by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.equilibrium import Equilibria, Family, Stability
from symdyn.dynamics.iterate import nouns_of
from symdyn.report.blocks import Formula, Reference, Rich
from symdyn.report.formats.wrapping import width
from symdyn.report.words.dynamics_words import after_display, capital, stated
from symdyn.report.words.equilibria_words import conclusion_text
from symdyn.report.words.exact_points import certified_values
from symdyn.report.words.notation import expression_latex, in_words
from symdyn.report.words.point_formulas import point_formula

#: So many points stand in the sentence itself, of so many letters in all; so many families.
_MOST, _LETTERS, _MOST_FAMILIES = 4, 160, 3


def sentence_of(found: Equilibria, points: Sequence[Formula], label: str) -> Rich:
    """The flow, how many equilibria it has, and which; a number that is not proved is that of a search.

    Parameters
    ----------
    points
        Those of the list.
    label
        Of the table.
    """
    dynamics = stated(found.model)
    # the angles are named with the flow
    merged = [name for name in found.modulo if not name.startswith("2 pi in ")]
    modulo = f" modulo {', '.join(merged)}" if merged else ""
    is_all = found.completeness.verdict is Verdict.PROVED
    table: Rich = (" (", Reference("the table below", label), ")") if found else ()
    number = _number(found, exactly=is_all)
    families = _families(found, is_all)
    what: Rich = (f"{number}{modulo}", *table, *_listed(found, points)) if found or not families else ()
    joined: Rich = (*what, *((" and " if len(what) == 1 else "; and ",) if what and families else ()), *families)
    if is_all:
        rest = (", and no others",) if families else ()
        return after_display((*capital(dynamics), *_box(found), " has ", *joined, *rest, "."))
    unknown = _unknown(found)
    return after_display(("For ", *dynamics, " a search found ", *joined, unknown, "."))


def _number(found: Equilibria, exactly: bool) -> str:
    """How many, in words; of how many, where an exact count is larger."""
    one, many = nouns_of(found.model)
    isolated = "isolated " if found.families else ""
    if not found:
        return f"no {isolated}{one}"
    words = f"{in_words(len(found))} {isolated}{one if len(found) == 1 else many}"
    if exactly:
        return words if found.families else f"exactly {words}"
    if found.expected is not None and len(found) < found.expected:
        return f"{in_words(len(found))} of exactly {in_words(found.expected)} {isolated}{many}"
    return words


def _unknown(found: Equilibria) -> str:
    if found.expected is not None and len(found) < found.expected:
        return ""
    return "; that there are no others is not proved"


def _box(found: Equilibria) -> Rich:
    """The box in which all were found, in the words of the certificate."""
    inside = re.search(r"these are all [a-z ]+? in the box (.*?): there ", found.completeness.claim)
    if inside is None:
        return ()
    sides = re.findall(r"(\S+) in \[([^\]]*)\]", inside[1])
    symbols = {str(symbol): symbol for symbol in getattr(found.model, "coords", ())}
    if not sides or any(name not in symbols for name, _ in sides):
        return (f", in the box {inside[1]},",)
    latex = r", \allowbreak ".join(rf"{expression_latex(symbols[name])} \in [{ends}]" for name, ends in sides)
    return (", in the box ", Formula(inside[1], latex), ",")


def _listed(found: Equilibria, points: Sequence[Formula]) -> Rich:
    """Each with its stability where they are few, else how many are stable."""
    if not found:
        return ()
    if len(found) <= _MOST and sum(width(point.latex) for point in points) <= _LETTERS:
        out: Rich = (": ",)
        for place, (item, point) in enumerate(zip(found, points, strict=True)):
            mark = "" if not place else "; and " if place == len(found) - 1 else "; "
            out += (*((mark,) if mark else ()), point, f", {stability_words(item.stability)}")
        return out
    stable = [item.stability for item in found if item.stability.conclusion.startswith("stable")]
    seen = sum(one.verdict is not Verdict.PROVED for one in stable)
    number = "none is" if not stable else f"{in_words(len(stable))} {'is' if len(stable) == 1 else 'are'}"
    how = f" ({in_words(seen)} of them as observed, not proved)" if seen else ""
    return (f", of which {number} stable{how}",)


def stability_words(stability: Stability) -> str:
    """The conclusion as an adjective or a noun, and how it is known where that is not proved."""
    known = "" if stability.verdict is Verdict.PROVED else f" ({stability.verdict.value})"
    said = conclusion_text(stability)
    if said == "inconclusive":
        return "whose stability is not decided"
    if said == "stable":
        return f"asymptotically stable{known}"
    is_saddle = said == "unstable" and stability.stable and stability.unstable and not stability.neutral
    return f"{'a saddle' if is_saddle else said}{known}"


def _families(found: Equilibria, is_all: bool) -> Rich:
    """Each continuum with a point on it where they are few, else their number."""
    if not found.families:
        return ()
    many = nouns_of(found.model)[1]
    if len(found.families) > _MOST_FAMILIES:
        least = "" if is_all else "at least "
        return (f"{least}{in_words(len(found.families))} families of {many}",)
    out: Rich = ()
    for place, family in enumerate(found.families):
        mark = "" if not place else " and " if place == len(found.families) - 1 else ", "
        words = f"{mark}a family of {many} of dimension {in_words(family.dimension)} through "
        out += (words, family_point(found, family))
    return out


def family_point(found: Equilibria, family: Family) -> Formula:
    """The witness of a family, exact where it is."""
    values = None if family.certificate is None else certified_values(found.model, family.witness, family.certificate)
    return point_formula(family.witness, values)
