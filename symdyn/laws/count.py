"""The sandwich: how many conservation laws there are, between laws verified and brackets evaluated."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from symdyn.algebra.budgets.deadline import OutOfTimeError, until
from symdyn.dynamics.answers.law_count import LawCount
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.motions.phase_space import PhaseSpace
from symdyn.errors import ModelError
from symdyn.geometry.closure import fields_of, normalised
from symdyn.geometry.distribution import Distribution
from symdyn.geometry.lifted import LiftedFieldsModel
from symdyn.geometry.model import LawModel
from symdyn.geometry.parametrization import Parametrization
from symdyn.geometry.predictor import Predictor
from symdyn.geometry.unexpanded import expanded_if_small
from symdyn.geometry.vector_field import VectorField
from symdyn.laws.phase import phase_space
from symdyn.laws.sandwich import formulas, lifted, program_parts, relu, unexpanded
from symdyn.laws.sandwich.assembly import assembled
from symdyn.laws.sandwich.engines import pieces_of
from symdyn.laws.sandwich.evidence import Budget, check_seed
from symdyn.laws.sandwich.local_rank import rank_at
from symdyn.networks.programs.program import MatrixProgram
from symdyn.networks.relu import ReluNetwork
from symdyn.networks.relu_graph import ReluGraph

Model = Parametrization | Predictor | Distribution | Flow | VectorField | MatrixProgram | ReluNetwork | ReluGraph
#: Imported so that they register; that of phase spaces comes with `phase_space`.
ENGINES = (formulas, lifted, program_parts, relu, unexpanded)
MAX_DEGREE = 40
#: Seconds after a time limit in which a step that was begun may be brought to an end.
GRACE = 0.5


def conservation_laws(
    model: Model,
    *,
    degree: int | None = None,
    at: Mapping[sp.Symbol, Any] | None = None,
    metric: Any = None,
    dynamics: str | None = None,
    friction: Any = None,
    decay: Any = None,
    loss: Any = None,
    data: Any = None,
    seed: int = 0,
    time_limit: float | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> LawCount:
    """Proved bounds for the number of conservation laws of a model, and the laws.

    For a parametrization phi the laws are the functions h(theta) that stay constant under the gradient flow of every
    loss l(phi(theta)), for all data: grad h is orthogonal to every gradient of an output. For a distribution or a
    flow they are the functions that its fields annihilate. Counts are local, near generic points, and of functionally
    independent laws.

    What is proved: `lower` and `upper` always. `lower` counts laws verified as polynomial identities with independent
    gradients, or laws that exist by Frobenius where the closure is involutive by an exact argument; `upper` is D minus
    the rank, at one point modulo one prime, of the fields and their brackets, which never exceeds the generic rank.
    What is only likely: nothing that `lower` or `upper` says; a closure that merely stagnated leaves lower < upper
    and the verdict PROBABLE, with its bound.

    Parameters
    ----------
    model
        A Parametrization, a network of `symdyn.networks`, a Predictor (a model of parameters and inputs, with
        transcendental functions), a Distribution, a Flow or a VectorField.
    degree
        Search polynomial laws up to this degree; 1 searches linear laws and nothing else. By default 2, and up to 4
        while a gap remains and D is small.
    at
        A point (symbol to rational number) at which a rank is reported as well: the closure has at least this dimension
        there, exactly this one where the fields are linear. The count uses points of its own.
    metric
        M in theta' = -M grad L: "entropic", "burg", "natural", the list of its diagonal, a symmetric matrix (D, D), or
        a mapping from blocks or coordinates to names or entries (others are Euclidean).
    dynamics
        "gradient flow" (default), "weight decay", "sign flow", "momentum" ("heavy ball", "nesterov"), or a formulation
        of momentum in a metric: "naive momentum", "preconditioned momentum", "geodesic momentum", "accelerated mirror".
    friction, decay
        tau of momentum and lambda of weight decay, in 1 / time: rational functions of `symdyn.time`. Laws may then
        depend on time, and are written in theta, theta' (named <coord>_dot) and t.
    loss
        "squared-error" (default), "cross-entropy" (labels in the simplex), "logistic", or a matrix whose columns span
        the directions in which the loss pushes the rows of phi.
    data
        Inputs of one data set, shape (N, m), for a model x -> phi x: where they do not span R^m the laws are those of
        phi and possibly more, and they are counted for these inputs. By default all inputs; `richness` tells what they
        see.
    seed
        Of the random point and of the random combinations; any non-negative integer.
    time_limit
        In seconds; on reaching it the bounds found so far are returned.
    progress
        Called as progress(stage, lower, upper) with bounds that are true at that moment.

    Returns
    -------
    LawCount
        Bounds, laws, certificate.

    Raises
    ------
    ModelError
        If the model is none of these, a formula has a function without a rule or a number that is not rational, or an
        option is out of range.

    References
    ----------
    Marcotte, Gribonval, Peyre, arXiv 2307.00144 (counting by Lie algebras); the two-sided proof is derived here.

    Examples
    --------
    >>> u, v, w = sp.symbols("u v w")
    >>> answer = conservation_laws(Parametrization((u, v, w), [u*v, v*w]))
    >>> answer.count, answer.laws, answer.verdict
    (1, (Law(u**2 - v**2 + w**2),), Verdict.PROVED)
    """
    started = time.monotonic()
    _check_options(degree, seed, time_limit)
    budget = Budget(time_limit, progress)
    options = {"metric": metric, "dynamics": dynamics, "friction": friction, "decay": decay, "loss": loss, "data": data}
    studied = _written_out(checked_model(model), options, started, time_limit)
    if at is not None and isinstance(studied, LiftedFieldsModel):
        raise ModelError("at= is known of polynomial and rational fields, and functions came: leave it out")
    if isinstance(studied, PhaseSpace) and at is not None:
        at = studied.check_at(at)
    try:
        with until(None if time_limit is None else started + time_limit + GRACE):
            pieces = pieces_of(studied, seed=seed, degree=degree, budget=budget)
            if isinstance(studied, LiftedFieldsModel):
                studied, pieces = lifted.enriched(studied, pieces, seed=seed, degree=degree, budget=budget)
    except OutOfTimeError:
        return unexpanded.out_of_time(studied, seed, started)
    local = None
    if at is not None:
        fields = studied.polynomial_fields if isinstance(studied, PhaseSpace) else fields_of(studied)
        local = rank_at(fields, studied.symbols, at, seed, budget.deadline)
    return assembled(studied, pieces, seed, local, time.monotonic() - started, spanning=data is not None)


def _written_out(model: Any, options: dict[str, Any], started: float, time_limit: float | None) -> Any:
    """The model with its dynamics, expanded in half of the time; formulas that are too large for that stay as they are.

    Raises
    ------
    ModelError
        If it is too large for its dynamics, which need its polynomials.
    """
    try:
        with until(None if time_limit is None else started + max(time_limit / 2, GRACE)):
            return expanded_if_small(phase_space(model, **options))
    except OutOfTimeError:
        raise ModelError(
            "the outputs were not expanded within the time limit, and under a metric, momentum, decay or another loss "
            "they have to be: give more time"
        ) from None


def checked_model(model: Any) -> Any:
    """The model, with a flow or a single field as a distribution.

    Raises
    ------
    ModelError
        If laws are not defined for it.
    """
    studied = normalised(model)
    if not isinstance(studied, LawModel):
        raise ModelError(
            f"laws of a {type(model).__name__} are not defined: give a Parametrization, a network, a Distribution "
            "or a Flow"
        )
    return studied


def _check_options(degree: Any, seed: Any, time_limit: Any) -> None:
    if degree is not None and (
        isinstance(degree, bool) or not isinstance(degree, int) or not 1 <= degree <= MAX_DEGREE
    ):
        raise ModelError(f"degree is {degree!r}: give a whole number from 1 to {MAX_DEGREE}")
    check_seed(seed)
    if time_limit is not None and not (
        not isinstance(time_limit, bool) and isinstance(time_limit, (int, float)) and time_limit > 0
    ):
        raise ModelError(f"time_limit is {time_limit!r}: give a number of seconds above 0")
