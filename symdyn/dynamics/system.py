"""Systems of the catalog and the claims made about them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.shown import Shown
from symdyn.certificate.verdict import Verdict


@dataclass(frozen=True)
class Measurement(Shown):
    """What measuring a claim gave.

    Parameters
    ----------
    verdict
        How it is known.
    measured
        The value, or a sentence.
    reason
        Residual, method or counterexample in one sentence.
    certificate
        If there is one.
    counterexample
        Of a refuted claim: the smallest one found.
    seconds
        How long it took.
    """

    verdict: Verdict
    measured: Any
    reason: str = ""
    certificate: Certificate | None = None
    counterexample: Any = None
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Claim(Shown):
    """A sentence with its hypotheses, made executable.

    Parameters
    ----------
    id
        Short name, unique within the system.
    statement
        The sentence, hypotheses included.
    measure
        Function that measures it: of no arguments, or of the keyword `seed` if it draws at random.
    expected
        What the measurement should give.
    source
        Where it comes from; "derived" in it if the source does not state it.
    """

    id: str
    statement: str
    measure: Callable[..., Measurement] = field(repr=False, compare=False)
    expected: Any
    source: str

    def measured(self, *, seed: int = 0) -> Measurement:
        """The measurement, with this seed if the claim draws at random."""
        draws = "seed" in inspect.signature(self.measure).parameters
        return self.measure(seed=seed) if draws else self.measure()


@dataclass(frozen=True)
class System(Shown):
    """A model of a paper with its claims.

    Parameters
    ----------
    name
        Name in the catalog.
    parameters
        The values that it was built with.
    claims
        What is claimed.
    source
        The paper.
    flow, iteration, parametrization
        The dynamics; what does not apply is None.
    details
        What else the system offers (functions and closed forms), by name.
    """

    name: str
    parameters: Mapping[str, Any]
    claims: tuple[Claim, ...]
    source: str
    flow: Any = None
    iteration: Any = None
    parametrization: Any = None
    details: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
