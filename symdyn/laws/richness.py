"""Whether phi may stand for a model: the loss gradients must span all that the gradients of phi span.

With g(theta, x) = f(phi(theta), x) a loss moves theta along dphi^T (df^T w), x an input and w a gradient of the loss
in the outputs. Where these df^T w span R^d the laws of g are those of phi; where they do not, the laws of phi are laws
of g, and g may have more of them: a count by phi is a lower bound, and an upper bound of phi says nothing.
"""

from __future__ import annotations

import time
from typing import Any

from symdyn.algebra.budgets.deadline import OutOfTimeError, until
from symdyn.dynamics.answers.richness import Richness
from symdyn.errors import ModelError
from symdyn.geometry.predictor import Predictor
from symdyn.laws.losses.rank import certificate, measured
from symdyn.laws.losses.spans import loss_spans
from symdyn.laws.sandwich.evidence import check_seed


def richness(
    phi: Any,
    model: Predictor | None = None,
    *,
    data: Any = None,
    loss: Any = None,
    seed: int = 0,
    time_limit: float | None = None,
) -> Richness:
    """Check that the loss gradients of a model span what the gradients of phi span.

    What is proved: that the span is all, where its rank at one point modulo one prime reaches d (a rank there never
    exceeds the generic one); that it is not, where linear forms vanish on every loss gradient, identically, and their
    number and the rank add up to d. What is only likely: PROBABLE where the gradients of phi are dependent, so that
    their generic rank is known at points alone. OBSERVED, with `is_rich` None: the span fell short at a few points.

    Parameters
    ----------
    phi
        A Parametrization or a network whose outputs are one matrix (n, m): the model is x -> phi x unless `model` is
        given. A ReLU network: the model is itself, near parameters drawn with the seed. A Predictor f(z, x): its
        coordinates are what is to be spanned.
    model
        A Predictor g(theta, x) in the coordinates of phi, of which phi is to hold all that data see.
    data
        Inputs of a data set, shape (N, m), rational; by default all inputs (for a ReLU network a draw of them).
    loss
        As in `conservation_laws`; a Predictor has its own.
    seed
        Of the point.
    time_limit
        In seconds.

    Returns
    -------
    Richness
        Rank, rank needed, missing generators, forms that are not seen, certificate.

    Raises
    ------
    ModelError, ShapeError
        If it is not known how data enter the model, the model is no function of phi, an option does not fit, or the
        gradients were not written out within the time limit.

    References
    ----------
    Marcotte, Gribonval, Peyre, arXiv 2307.00144 and 2506.06194, for the condition; the two-sided check is derived.

    Examples
    --------
    >>> from symdyn import networks
    >>> richness(networks.linear(3, 2, 2)).is_rich
    True
    >>> found = richness(networks.linear(3, 2, 2), data=[[1, 0, 0], [0, 1, 0]])
    >>> found.rank, found.needed, found.missing, found.verdict
    (4, 6, ('phi_1_3', 'phi_2_3'), Verdict.PROVED)
    """
    started = time.monotonic()
    check_seed(seed)
    try:
        with until(None if time_limit is None else started + time_limit):
            spans = loss_spans(phi, model, data, loss, seed)
            found = measured(spans, seed)
    except OutOfTimeError:
        raise ModelError(
            "the loss gradients were not written out within the time limit: give more time, or a smaller model"
        ) from None
    return Richness(
        rank=found.rank,
        needed=found.needed,
        verdict=found.verdict,
        missing=tuple(spans.names[k] for k in found.missing) if spans.names else (),
        unseen=found.unseen,
        loss=spans.loss,
        data=spans.data,
        certificate=certificate(spans, found, seed, time.monotonic() - started),
    )
