"""Proofs of counts in prose: what the witness shows, sentence by sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symdyn.dynamics.answers.law_count import LawCount
from symdyn.dynamics.motions.phase_space import PhaseSpace
from symdyn.geometry.distribution import Distribution
from symdyn.geometry.predictor import Predictor
from symdyn.report.blocks import Formula, Rich

_EXISTENCE = {
    "single field": "A single field is involutive, so by Frobenius it has exactly {laws}.",
    "closed algebra": "These fields and brackets span a Lie algebra over the rational numbers that is closed "
    "under brackets (checked exactly), so by Frobenius there are exactly {laws}.",
    "relations": "Every further bracket is a combination of these with rational functions as coefficients, by "
    "polynomial identities (checked exactly), so by Frobenius there are exactly {laws}.",
}


def proof_sentences(answer: LawCount) -> tuple[Rich, ...]:
    """The proof, for a paper; one paragraph for each part of the model."""
    parts = answer.certificate.witness["parts"]
    sentences: list[Rich] = []
    if len(parts) > 1:
        sentences.append((f"The outputs fall into {len(parts)} parts that share no parameter, so the counts add up.",))
    alike: dict[tuple[int, tuple[Rich, ...]], list[int]] = {}
    for number, part in enumerate(parts, start=1):
        dimension = len(part["coordinates"]) if "coordinates" in part else answer.dimension
        alike.setdefault((dimension, tuple(_PROOFS[part["by"]](answer, part, dimension))), []).append(number)
    for (dimension, body), numbers in alike.items():
        lead = f"{_part_names(numbers)}, with {_parameters(dimension)}: " if len(parts) > 1 else ""
        sentences += [(lead, *body[0]), *body[1:]]
    return tuple(sentences)


def _part_names(numbers: Sequence[int]) -> str:
    """Part 3, or Parts 1, 2 and 5 each."""
    if len(numbers) == 1:
        return f"Part {numbers[0]}"
    return f"Parts {', '.join(map(str, numbers[:-1]))} and {numbers[-1]} each"


def _by_paths(answer: LawCount, part: Mapping[str, Any], dimension: int) -> list[Rich]:
    rank = dimension - part["lower"]
    return [
        (
            "Every path enters a hidden neuron, by an edge or by its bias, as often as it leaves it, so the "
            "exponents of "
            "every path are orthogonal to ",
            Formula("+1", "+1"),
            " on the outgoing and ",
            Formula("-1", "-1"),
            " on the incoming parameters of that neuron: this gives the laws, which are independent.",
        ),
        (
            "Set aside one outgoing edge of each hidden neuron. Each other parameter lies on a path that "
            "continues along "
            "the edges set aside and whose other parameters come earlier in the order of the layers, so the "
            "exponents of ",
            f"these {rank:,} paths form a unitriangular minor; where no parameter is zero the gradients have the "
            f"rank of the "
            "exponents, and there are no further laws.",
        ),
    ]


def _by_exponents(answer: LawCount, part: Mapping[str, Any], dimension: int) -> list[Rich]:
    rank = dimension - part["upper"]
    return [
        (
            "The outputs are monomials. Where no parameter is zero their gradients have the rank of the matrix ",
            Formula("E", "E"),
            f" of exponents, which is at least {rank} by a minor that does not vanish modulo {part['prime']}: "
            f"there are at most ",
            Formula(f"{dimension} - {rank} = {part['upper']}", f"{dimension} - {rank} = {part['upper']}"),
            " laws.",
        ),
        (
            "Each vector ",
            Formula("v", "v"),
            " with ",
            Formula("E v = 0", "E v = 0"),
            " gives the law ",
            Formula("sum_k v_k theta_k^2", r"\sum_k v_k \theta_k^2"),
            ", and the laws above come from independent such vectors.",
        )
        if part["exhibited"]
        else ("There is no law.",),
    ]


def _by_brackets(answer: LawCount, part: Mapping[str, Any], dimension: int) -> list[Rich]:
    what = "fields" if isinstance(answer.model, Distribution | PhaseSpace | Predictor) else "gradients of the outputs"
    rank = len(part["rank"]["words"])
    depth = max((_depth(word) for word in part["rank"]["words"]), default=0)
    brackets = f" and their brackets of depth up to {depth}" if depth else ""
    sentences: list[Rich] = []
    if part["exhibited"]:
        laws = "the law above is" if part["exhibited"] == 1 else "the laws above are"
        count = (
            "its gradient does not vanish"
            if part["exhibited"] == 1
            else f"{part['exhibited']:,} of their gradients are independent"
        )
        sentences.append(
            (
                f"As identities in the parameters, {laws} annihilated by all {what}, and {count} at the point of the "
                "certificate.",
            )
        )
    further = (
        "no further laws"
        if part["lower"] == part["upper"]
        else "at most one law"
        if part["upper"] == 1
        else f"at most {part['upper']:,} laws"
    )
    sentences.append(
        (
            f"{'At the same point' if sentences else 'At the point of the certificate'}, modulo {part['prime']}, "
            f"the {what}{brackets} span a space of dimension ",
            Formula(f"{rank} = {dimension} - {part['upper']}", f"{rank} = {dimension} - {part['upper']}"),
            f", and a rank at one point modulo a prime never exceeds the generic rank: there are {further}.",
        )
    )
    existence = part.get("existence")
    if existence:
        sentences.append((_EXISTENCE[existence["by"]].format(laws=_laws(part["lower"])),))
    return sentences


def _laws(number: int) -> str:
    return "one law" if number == 1 else f"{number:,} functionally independent laws"


def _parameters(number: int) -> str:
    return "one parameter" if number == 1 else f"{number:,} parameters"


def _depth(word: Any) -> int:
    return 1 + _depth(word[1]) if isinstance(word, list | tuple) else 0


_PROOFS = {"paths": _by_paths, "exponents": _by_exponents, "brackets": _by_brackets}
