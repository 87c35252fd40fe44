"""Systems of the catalog and the claims made about them."""

from __future__ import annotations

import dataclasses
import inspect
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import numpy as np

from symdyn.certificate.brief import counted
from symdyn.certificate.shown import Shown
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.agreement import Agreement, Comparison, already_compared, checked_expectation, identical
from symdyn.dynamics.exhibit import Exhibit
from symdyn.dynamics.marked_text import checked_text
from symdyn.dynamics.outcome import Outcome
from symdyn.errors import ModelError


@dataclass(frozen=True)
class Claim(Shown):
    """A sentence with its hypotheses, made executable: it decides by comparing what was measured with what is expected.

    The constructors of `symdyn.dynamics.claims` make the usual ones.

    Parameters
    ----------
    id
        Short name, unique within the system.
    statement
        The sentence, with mathematics between dollars.
    measure
        Function that measures it: of no arguments, or of the keyword `seed` if it draws at random. Its Outcome says
        what was measured and how that is known; the claim holds only if that is also what is expected.
    expected
        What the measurement should give.
    source
        Where it comes from; "derived" in it if the source does not state it.
    agrees
        The comparison; exact equality unless given.
    hypotheses
        What the sentence assumes, beyond what it says itself; with mathematics between dollars.

    Raises
    ------
    ModelError
        If a text is empty or its mathematics is not closed, or what is expected cannot be compared with anything.

    Examples
    --------
    >>> claim = Claim("count", "There are 7 laws.", lambda: Outcome(True, Verdict.PROVED, 6, "counted"), 7, "derived")
    >>> claim.measured().holds, claim.measured().verdict
    (False, Verdict.REFUTED)
    """

    id: str
    statement: str
    measure: Callable[..., Outcome] = field(repr=False, compare=False)
    expected: Any
    source: str
    _: KW_ONLY
    agrees: Comparison = field(default=identical, repr=False, compare=False)
    hypotheses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("id", "statement", "source"):
            checked_text(getattr(self, name), f"the {name} of a claim")
        object.__setattr__(self, "hypotheses", tuple(self.hypotheses))
        for text in self.hypotheses:
            checked_text(text, f"a hypothesis of the claim {self.id}")
        if not callable(self.measure):
            raise ModelError(f"the claim {self.id} has {self.measure!r} as measure: give a function")
        try:
            checked_expectation(self.expected)
        except ModelError as fault:
            raise ModelError(f"the claim {self.id}: {fault}") from None

    def measured(self, *, seed: int = 0) -> Outcome:
        """Measure it with this seed, if it draws at random, and compare.

        Floating point that overflows gives what is not finite, which never holds; what NumPy warns of is in the reason.

        Raises
        ------
        TypeError
            If the measurement returns no Outcome.
        """
        return _measured(self, self.agrees, seed)

    def judged(self, *, seed: int = 0) -> Outcome:
        """Measure it without comparing: its own `holds` decides."""
        return _measured(self, already_compared, seed)

    def _in_short(self) -> str:
        return f"{self.id}: {self.statement}"


def _measured(claim: Claim, agrees: Comparison, seed: int) -> Outcome:
    with warnings.catch_warnings(record=True) as heard, np.errstate(over="warn", divide="warn", invalid="warn"):
        warnings.filterwarnings("always", category=RuntimeWarning)
        found: Any = claim.measure(seed=seed) if _draws(claim.measure) else claim.measure()
        if not isinstance(found, Outcome):
            raise TypeError(f"the measurement is a {type(found).__name__}: a claim must return an Outcome")
        agreement = agrees(found.measured, claim.expected) if found.holds else Agreement(found.holds)
    return _with_warnings(_settled(found, agreement), heard)


def _draws(measure: Callable[..., Outcome]) -> bool:
    try:
        return "seed" in inspect.signature(measure).parameters
    except ValueError:  # some compiled functions have no signature
        return False


def _settled(found: Outcome, agreement: Agreement) -> Outcome:
    """The outcome after the comparison: a verdict may become weaker, or turn round; it never becomes stronger."""
    reasons = [part.rstrip(".") for part in (found.reason, agreement.reason) if part]
    if not found.holds or agreement.holds:
        return dataclasses.replace(found, reason="; ".join(reasons))
    if agreement.holds is None:
        why = "; ".join([*reasons, "whether this is what is expected was not decided"])
        return dataclasses.replace(found, holds=None, verdict=Verdict.UNDECIDED, reason=why, certificate=None)
    verdict = Verdict.REFUTED if found.verdict is Verdict.PROVED else found.verdict
    why = "; ".join([*reasons, "this is not what is expected"])
    counterexample = found.counterexample if found.counterexample is not None else agreement.counterexample
    return dataclasses.replace(
        found, holds=False, verdict=verdict, reason=why, certificate=None, counterexample=counterexample
    )


def _with_warnings(found: Outcome, heard: list[warnings.WarningMessage]) -> Outcome:
    """Arithmetic warnings in the reason; any other kind goes to whoever listens."""
    arithmetic = [one for one in heard if issubclass(one.category, RuntimeWarning)]
    said = dict.fromkeys(" ".join(str(one.message).split()) for one in arithmetic)
    for one in heard:
        if not issubclass(one.category, RuntimeWarning):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    if not said or found.holds:
        return found
    return dataclasses.replace(found, reason="; ".join([*filter(None, [found.reason]), *said]))


@dataclass(frozen=True)
class System(Shown):
    """A model of a paper: its equations, what is claimed of it, and what the paper shows of it.

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
    model
        The model itself, as the functions of its module take it.
    equations
        Sentences that state the model, with mathematics between dollars; one that is mathematics from its beginning is
        displayed, and the words after it are its remark.
    exhibits
        Tables and figures.
    names
        What a state is, in the words of the system: called with a mapping of coordinates or with numbers in order.

    Raises
    ------
    ModelError
        If something among the claims or exhibits is none, two have one id, or mathematics is not closed.
    """

    name: str
    parameters: Mapping[str, Any]
    claims: tuple[Claim, ...]
    source: str
    _: KW_ONLY
    flow: Any = None
    iteration: Any = None
    parametrization: Any = None
    model: Any = field(default=None, repr=False, compare=False)
    equations: tuple[str, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    names: Callable[[Any], str] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._check("claims", "claim", Claim)
        self._check("exhibits", "exhibit", Exhibit)
        object.__setattr__(self, "equations", tuple(self.equations))
        for text in self.equations:
            checked_text(text, f"an equation of {self.name}")

    def _check(self, field_name: str, word: str, kind: type) -> None:
        """That all are of the kind, no two with one id."""
        object.__setattr__(self, field_name, tuple(getattr(self, field_name)))
        listed = getattr(self, field_name)
        for one in listed:
            if not isinstance(one, kind):
                raise ModelError(f"{type(one).__name__} among the {word}s of {self.name} is none: give {kind.__name__}")
        twice = [name for name, times in Counter(one.id for one in listed).items() if times > 1]
        if twice:
            raise ModelError(f"two {word}s of {self.name} have the id {twice[0]}: give each its own")

    def _in_short(self) -> str:
        return f"{self.name}, {counted(len(self.claims), 'claim')}, {counted(len(self.exhibits), 'exhibit')}"
