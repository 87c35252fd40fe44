"""Hypotheses of a count as prose: the sentences of a certificate, their formulas as mathematics."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symdyn.certificate.statement.names import latex_name
from symdyn.report.blocks import Rich
from symdyn.report.formats.mathematics import sentence

_MOTIONS = {
    "theta' = -M(theta) grad L - lambda theta": r"\dot\theta = -M(\theta) \nabla L - \lambda \theta",
    "theta' = -grad L - lambda theta": r"\dot\theta = -\nabla L - \lambda \theta",
    "theta'' + tau theta' = -M(theta) grad L": r"\ddot\theta + \tau \dot\theta = -M(\theta) \nabla L",
    "theta'' + tau theta' = -M grad L": r"\ddot\theta + \tau \dot\theta = -M \nabla L",
    "theta'' + tau theta' = -grad L": r"\ddot\theta + \tau \dot\theta = -\nabla L",
    "theta' = M(theta) p, p' = -tau p - grad L": r"\dot\theta = M(\theta) p, \; \dot p = -\tau p - \nabla L",
    "theta' = p, p' = -tau p - grad L": r"\dot\theta = p, \; \dot p = -\tau p - \nabla L",
    "theta' = -sign(grad L)": r"\dot\theta = -\operatorname{sign}(\nabla L)",
    "theta' = -M(theta) grad L": r"\dot\theta = -M(\theta) \nabla L",
    "theta' = -M grad L": r"\dot\theta = -M \nabla L",
    "theta' = -grad L": r"\dot\theta = -\nabla L",
    "X' = (k/t) (W - X), W' = -(t/k) M(W) grad L(X)": (
        r"\dot X = \tfrac{k}{t} (W - X), \; \dot W = -\tfrac{t}{k} M(W) \nabla L(X)"
    ),
    "X' = (k/t) (W - X), W' = -(t/k) grad L(X)": (
        r"\dot X = \tfrac{k}{t} (W - X), \; \dot W = -\tfrac{t}{k} \nabla L(X)"
    ),
    "tau = (k+1)/t": r"\tau = (k + 1)/t",
    "the metric tensor M^-1": r"the metric tensor $M^{-1}$",
    "M = diag(theta^2)": r"M = \operatorname{diag}(\theta^2)",
    "M = diag(theta)": r"M = \operatorname{diag}(\theta)",
    "dphi^T H dphi": r"\partial\phi^\top H \, \partial\phi",
    "f' = tau f - 1": r"\dot f = \tau f - 1",
    "phi x": r"\phi x",
}
#: Sentences that read better otherwise.
_SENTENCES = {
    "gradient flow in the Euclidean metric, for every loss of the outputs and every data set (squared error class)": (
        "it is that of gradient flow in the Euclidean metric, for every loss of the outputs and every data set "
        "(squared error class)"
    ),
    "the parametrization stands for the model, where the data are rich (symdyn.richness checks it)": (
        "it is the count of the model where the data are rich, so that the losses see all of the parametrization"
    ),
}


def prose(lines: Sequence[str]) -> Rich:
    """The hypotheses as sentences, one after the other."""
    return sentence(" ".join(f"{text[:1].upper()}{text[1:]}." for text in map(_marked, lines) if text))


def _marked(line: str) -> str:
    r"""A hypothesis with its formulas between dollars.

    Examples
    --------
    >>> print(_marked("momentum: theta'' + tau theta' = -grad L, tau = 3/t, on intervals of time where t is not zero"))
    momentum: $\ddot\theta + \tau \dot\theta = -\nabla L$, $\tau = 3/t$, on intervals of time where $t$ is not zero
    >>> print(_marked("generic values of the constants a, b"))
    the constants $a$, $b$ have generic values
    """
    text = _SENTENCES.get(line, line).replace("$", r"\$")
    constants = re.fullmatch(r"generic values of the constants (.*)", text)
    if constants:
        names = constants[1].split(", ")
        have = "constant {} has a generic value" if len(names) == 1 else "constants {} have generic values"
        return "the " + have.format(", ".join(f"${latex_name(name)}$" for name in names))
    for plain, latex in _MOTIONS.items():
        shown = latex if "$" in latex else f"${latex}$"
        text = re.sub(rf"(?<![\w$\\]){re.escape(plain)}(?![\w$])", lambda _found, shown=shown: shown, text)  # type: ignore[misc]
    text = re.sub(r", (lambda|tau) = \1(?=,|$)", "", text)
    text = re.sub(r", (lambda|tau) = ([^,;$]+)", lambda found: rf", $\{found[1]} = {_formula(found[2])}$", text)
    text = re.sub(r"where (\S[^,;$]*) is not zero", lambda found: f"where ${_formula(found[1])}$ is not zero", text)
    text = re.sub(r"\bM = diag\(([^$]*?)\)", lambda found: rf"$M = \operatorname{{diag}}({_formula(found[1])})$", text)
    words = text.split("$")
    words[::2] = [re.sub(r"\b(phi|theta|tau)\b", r"$\\\1$", part) for part in words[::2]]
    return "$".join(words)


def _formula(text: str) -> str:
    """A short formula in names, numbers and signs as LaTeX."""
    shown = re.sub(r"[A-Za-z_]\w*", lambda found: latex_name(found[0]), text)
    shown = re.sub(r"\*\*\s*(\w+)", r"^{\1}", shown).replace("*", r" \, ")
    return " ".join(shown.split())
