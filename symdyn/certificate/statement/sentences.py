"""Claims and hypotheses, one pair of functions for each kind of witness."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from symdyn.certificate.statement.domain import conditions_text, solution_count_claim
from symdyn.certificate.statement.notation import law_text, laws_text
from symdyn.certificate.statement.setting import default_setting, functions_lines, hypotheses
from symdyn.certificate.witness import (
    gaussian_layer,
    identity,
    iteration_change,
    noncommutative,
    singular_values,
    vanishing,
)
from symdyn.certificate.witness.cones import linear_program, relu_range
from symdyn.certificate.witness.covers import box_cover, orbit_cover, sphere_cover
from symdyn.certificate.witness.covers.cover import CoverWitness
from symdyn.certificate.witness.equilibria import algebraic_point, equilibrium, orbit_count, residual
from symdyn.certificate.witness.equilibria.case_count import CaseCountWitness
from symdyn.certificate.witness.equilibria.iterates import fixed_points_of
from symdyn.certificate.witness.equilibria.solution_count import SolutionCountWitness
from symdyn.certificate.witness.laws.closure import ClosureWitness, GradientRankWitness, UnseenFormsWitness
from symdyn.certificate.witness.laws.conserved import ConservedWitness, NotConservedWitness
from symdyn.certificate.witness.laws.count_formula import CountFormulaWitness
from symdyn.certificate.witness.laws.law import DifferentialLaw, Law
from symdyn.certificate.witness.laws.law_count import LawCountWitness
from symdyn.certificate.witness.laws.lie_algebra import LieAlgebraWitness
from symdyn.certificate.witness.laws.models import Model
from symdyn.certificate.witness.laws.setting import Setting
from symdyn.certificate.witness.laws.symmetries import SymmetriesWitness
from symdyn.certificate.witness.measures import direction_cover, product_network, tilted_means, transport_plan
from symdyn.certificate.witness.norms import attention_supremum, enclosed_norm
from symdyn.certificate.witness.program import shown_name
from symdyn.certificate.witness.stability import convergent_training, definite_law, inertia, lyapunov, root_moduli

_LONGEST_NAME = 60
ALONG_FIELDS = "along every field"
_FROM_FIELDS = "a re-check starts from the fields, and does not derive them from the losses again"
_THROUGH_PHI = (
    "the forms are combinations of the outputs of phi, and the directions are the gradients of these: a re-check "
    "starts from the functions that they are of the parameters"
)
_JUMPS = (
    "states at which a divisor of the formulas vanishes are left out: where a sign, a step or a derivative of an "
    "absolute value jumps, the field has no value, and of sliding there nothing is said"
)
GRADIENT_FLOW = "gradient flow in the Euclidean metric, of every loss and data set"


@singledispatch
def claim_of(witness: Any, verdict: str) -> str:
    """The one sentence that a certificate with this witness and verdict may claim."""
    raise TypeError(f"{type(witness).__name__} has no sentence: register one in symdyn/certificate/statement")


@singledispatch
def hypotheses_of(witness: Any) -> tuple[str, ...]:
    """The hypotheses of that sentence, and what a re-check takes as stated."""
    raise TypeError(f"{type(witness).__name__} has no hypotheses: register them in symdyn/certificate/statement")


# --- counts ---


@claim_of.register
def _(witness: LawCountWitness, verdict: str) -> str:
    return law_count_claim(witness.lower, witness.upper)


@hypotheses_of.register
def _(witness: LawCountWitness) -> tuple[str, ...]:
    return hypotheses(witness.setting or default_setting(witness.model), witness.model)


def law_count_claim(lower: int, upper: int) -> str:
    """How many laws there are, as far as it is proved."""
    if lower == upper:
        number = "is exactly 1 functionally independent conservation law"
        many = f"are exactly {upper} functionally independent conservation laws"
        return f"near generic points there {number if upper == 1 else many}"
    return f"near generic points there are between {lower} and {upper} functionally independent conservation laws"


@claim_of.register
def _(witness: CountFormulaWitness, verdict: str) -> str:
    family, sizes = witness.family or "the family", ", ".join(witness.variables)
    return f"the number of conservation laws of {family} is a piecewise polynomial N({sizes}), that of the witness"


@hypotheses_of.register
def _(witness: CountFormulaWitness) -> tuple[str, ...]:
    return ("a formula fitted to finitely many proved counts, not proved for others",)


# --- closures and ranks ---


@claim_of.register
def _(witness: ClosureWitness, verdict: str) -> str:
    least = "" if verdict == "proved" else "at least "
    return f"the involutive closure has generic rank {least}{witness.rank.rank}"


@hypotheses_of.register
def _(witness: ClosureWitness) -> tuple[str, ...]:
    constants = witness.model.constants
    generic = (f"generic values of the constants {', '.join(constants)}",) if constants else ()
    return ("near generic points", *functions_lines(witness.model), *generic)


@claim_of.register
def _(witness: GradientRankWitness, verdict: str) -> str:
    return f"the loss gradients span all {witness.needed} directions" + (
        "" if verdict == "proved" else " that the gradients of phi were seen to span"
    )


@hypotheses_of.register
def _(witness: GradientRankWitness) -> tuple[str, ...]:
    return (witness.loss, witness.data, witness.where, _FROM_FIELDS)


@claim_of.register
def _(witness: UnseenFormsWitness, verdict: str) -> str:
    found, most = len(witness.forms), witness.needed - len(witness.forms)
    unseen = "one linear form vanishes" if found == 1 else f"{found} linear forms vanish"
    return f"the loss gradients span at most {most} of {witness.needed} directions: {unseen} on all of them"


@hypotheses_of.register
def _(witness: UnseenFormsWitness) -> tuple[str, ...]:
    linear = all(len(monomial) == 1 for terms in witness.forms for _, monomial in terms)
    through = () if linear and witness.needed == witness.model.dimension else (_THROUGH_PHI,)
    return (witness.loss, witness.data, witness.where, _FROM_FIELDS, *through)


# --- single laws ---


def _of_model(model: Model, setting: Setting | None) -> tuple[str, ...]:
    """What a single law is a law of."""
    if setting is None or setting == default_setting(model):
        lines = [ALONG_FIELDS if default_setting(model).base == "fields" else GRADIENT_FLOW]
        lines += functions_lines(model)
        lines += [f"generic values of the constants {', '.join(model.constants)}"] if model.constants else []
        return tuple(lines)
    return hypotheses(setting, model)[1:]  # a single law holds everywhere, not near generic points only


def _domain(laws: tuple[Law, ...]) -> tuple[str, ...]:
    found = [law for law in laws if isinstance(law, DifferentialLaw)]
    functions = [law.function for law in found if law.function]
    stated = (f"the differential is that of {one}, which a re-check does not derive again" for one in functions)
    return ("where the function is defined and analytic", *stated) if found else ()


@claim_of.register
def _(witness: ConservedWitness, verdict: str) -> str:
    are = "are" if len(witness.laws) > 1 else "is"
    return f"{laws_text(witness.laws, witness.model)} {are} conserved"


@hypotheses_of.register
def _(witness: ConservedWitness) -> tuple[str, ...]:
    return (*_of_model(witness.model, witness.setting), *_domain(witness.laws))


@claim_of.register
def _(witness: NotConservedWitness, verdict: str) -> str:
    return f"{law_text(witness.law, witness.model)} is conserved"


@hypotheses_of.register
def _(witness: NotConservedWitness) -> tuple[str, ...]:
    return (*_of_model(witness.model, witness.setting), *_domain((witness.law,)))


@claim_of.register
def _(witness: SymmetriesWitness, verdict: str) -> str:
    return (
        f"the linear symmetries of the parametrization include {len(witness.symmetric)} independent symmetric and "
        f"{len(witness.antisymmetric)} independent antisymmetric ones"
    )


@hypotheses_of.register
def _(witness: SymmetriesWitness) -> tuple[str, ...]:
    return ("that there are no other linear symmetries is not repeated by the re-check",)


@claim_of.register
def _(witness: LieAlgebraWitness, verdict: str) -> str:
    what = {"fields": "the fields", "matrices": "the matrices", "pauli words": "i times the sums of Pauli words"}
    size = "the dimension" if witness.is_whole else "at least the dimension"
    said = f"the Lie algebra over the real numbers that {what[witness.of]} of the witness generate has {size} "
    said += str(len(witness.words))
    if witness.point is None:
        return said
    at = ", ".join(f"{name} = {_written(p, q)}" for name, (p, q) in zip(witness.names, witness.point, strict=True))
    return f"{said}, and its fields span the dimension {witness.rank} at {at}"


@hypotheses_of.register
def _(witness: LieAlgebraWitness) -> tuple[str, ...]:
    return tuple(
        f"generator {number} is {_generator(witness, entries)}"
        for number, entries in enumerate(witness.generators, start=1)
    )


def _generator(witness: LieAlgebraWitness, entries: Any) -> str:
    """Terms of fields and Pauli words, entries of matrices; all of them."""
    if witness.of == "matrices":
        part = ("", " i")
        terms = [f"{_written(p, q)}{part[s]} in row {a + 1}, column {b + 1}" for (a, b, s), p, q in entries]
        return ", ".join(terms) or "0"
    if witness.of == "fields":
        terms = [
            _times(p, q, _monomial(witness.names, powers), f"d/d{witness.names[a]}") for (a, powers), p, q in entries
        ]
    else:
        terms = [_times(p, q, _pauli_word(x, z)) for (x, z), p, q in entries]
    return " + ".join(terms).replace("+ -", "- ") or "0"


def _monomial(names: tuple[str, ...], powers: tuple[int, ...]) -> str:
    return " ".join(f"{name}^{k}" if k > 1 else name for name, k in zip(names, powers, strict=True) if k)


def _times(numerator: int, denominator: int, *factors: str) -> str:
    """The number is left out where it is 1."""
    number = {(1, 1): "", (-1, 1): "-"}.get((numerator, denominator), f"{_written(numerator, denominator)} ")
    return number + " ".join(factor for factor in factors if factor)


def _pauli_word(x: int, z: int) -> str:
    bits = range(max(x.bit_length(), z.bit_length()))
    return " ".join(f"{'IXZY'[(x >> k & 1) + 2 * (z >> k & 1)]}{k}" for k in bits if (x | z) >> k & 1) or "I0"


def _written(numerator: int, denominator: int) -> str:
    return str(numerator) if denominator == 1 else f"{numerator}/{denominator}"


# --- completeness of lists of equilibria ---


@claim_of.register
def _(witness: SolutionCountWitness, verdict: str) -> str:
    turning = ", ".join(shown_name(one.name) for one in witness.angles)
    modulo = f", {turning} modulo 2 pi" if turning else ""
    return solution_count_claim(witness.real, conditions_text(witness), witness.dynamics, witness.order) + modulo


@hypotheses_of.register
def _(witness: SolutionCountWitness) -> tuple[str, ...]:
    poles = ("the denominators are those of the field, which has no value where one vanishes",)
    turning = ("two unknowns are the cosine and the sine of each angle",)
    which = "equilibria" if witness.dynamics != "iteration" else fixed_points_of(witness.order)
    return (
        f"the equations are those of the {which}, which a re-check does not derive from the model again",
        *(poles if witness.denominators else ()),
        *(turning if witness.angles else ()),
    )


@claim_of.register
def _(witness: CaseCountWitness, verdict: str) -> str:
    return solution_count_claim(witness.real, conditions_text(witness), witness.dynamics, witness.order)


@hypotheses_of.register
def _(witness: CaseCountWitness) -> tuple[str, ...]:
    which = "equilibria" if witness.dynamics != "iteration" else fixed_points_of(witness.order)
    equations = f"the formulas are those of the {which}, which a re-check does not derive from the model again"
    return (equations, _JUMPS) if witness.divides else (equations,)


@claim_of.register
def _(witness: CoverWitness, verdict: str) -> str:
    number = "is exactly 1" if witness.count == 1 else f"are exactly {witness.count}"
    called = ", ".join(map(_called, witness.modulo))
    modulo = f" modulo the symmetries of the witness ({called})" if witness.modulo else ""
    return f"these are all equilibria: there {number}{modulo}"


def _called(name: str) -> str:
    """The name of a symmetry, in quotes where it could be read as more than that."""
    plain = all(letter.isalnum() or letter in " -_" for letter in name) and 0 < len(name) <= _LONGEST_NAME
    return name if plain else ascii(name[:_LONGEST_NAME])


@hypotheses_of.register
def _(witness: CoverWitness) -> tuple[str, ...]:
    return ("the program is that of the flow, on unit circles",)


claim_of.register(box_cover.BoxCoverWitness, box_cover.claim_of)
hypotheses_of.register(box_cover.BoxCoverWitness, box_cover.hypotheses_of)
claim_of.register(orbit_count.OrbitCountWitness, orbit_count.claim_of)
hypotheses_of.register(orbit_count.OrbitCountWitness, orbit_count.hypotheses_of)
claim_of.register(orbit_cover.OrbitCoverWitness, orbit_cover.claim_of)
hypotheses_of.register(orbit_cover.OrbitCoverWitness, orbit_cover.hypotheses_of)
claim_of.register(sphere_cover.SphereCoverWitness, sphere_cover.claim_of)
hypotheses_of.register(sphere_cover.SphereCoverWitness, sphere_cover.hypotheses_of)


# --- equilibria ---

claim_of.register(equilibrium.EquilibriumWitness, equilibrium.claim_of)
hypotheses_of.register(equilibrium.EquilibriumWitness, equilibrium.hypotheses_of)
claim_of.register(algebraic_point.AlgebraicPointWitness, algebraic_point.claim_of)
hypotheses_of.register(algebraic_point.AlgebraicPointWitness, algebraic_point.hypotheses_of)
claim_of.register(residual.ResidualWitness, residual.claim_of)
hypotheses_of.register(residual.ResidualWitness, residual.hypotheses_of)
claim_of.register(identity.IdentityWitness, identity.claim_of)
hypotheses_of.register(identity.IdentityWitness, identity.hypotheses_of)
claim_of.register(vanishing.VanishingWitness, vanishing.claim_of)
hypotheses_of.register(vanishing.VanishingWitness, vanishing.hypotheses_of)
claim_of.register(noncommutative.NoncommutativeWitness, noncommutative.claim_of)
hypotheses_of.register(noncommutative.NoncommutativeWitness, noncommutative.hypotheses_of)
claim_of.register(singular_values.SingularValuesWitness, singular_values.claim_of)
hypotheses_of.register(singular_values.SingularValuesWitness, singular_values.hypotheses_of)
claim_of.register(iteration_change.IterationChangeWitness, iteration_change.claim_of)
hypotheses_of.register(iteration_change.IterationChangeWitness, iteration_change.hypotheses_of)
claim_of.register(gaussian_layer.GaussianLayerWitness, gaussian_layer.claim_of)
hypotheses_of.register(gaussian_layer.GaussianLayerWitness, gaussian_layer.hypotheses_of)
claim_of.register(inertia.InertiaWitness, inertia.claim_of)
hypotheses_of.register(inertia.InertiaWitness, inertia.hypotheses_of)
claim_of.register(root_moduli.RootModuliWitness, root_moduli.claim_of)
hypotheses_of.register(root_moduli.RootModuliWitness, root_moduli.hypotheses_of)


# --- norms ---

claim_of.register(enclosed_norm.EnclosedNormWitness, enclosed_norm.claim_of)
hypotheses_of.register(enclosed_norm.EnclosedNormWitness, enclosed_norm.hypotheses_of)
claim_of.register(attention_supremum.AttentionSupremumWitness, attention_supremum.claim_of)
hypotheses_of.register(attention_supremum.AttentionSupremumWitness, attention_supremum.hypotheses_of)


# --- stability ---

claim_of.register(definite_law.DefiniteLawWitness, definite_law.claim_of)
hypotheses_of.register(definite_law.DefiniteLawWitness, definite_law.hypotheses_of)
claim_of.register(convergent_training.ConvergentTrainingWitness, convergent_training.claim_of)
hypotheses_of.register(convergent_training.ConvergentTrainingWitness, convergent_training.hypotheses_of)
for _one in (lyapunov.LyapunovWitness, lyapunov.NoLyapunovWitness):
    claim_of.register(_one, lyapunov.claim_of)
    hypotheses_of.register(_one, lyapunov.hypotheses_of)


# --- cones ---

claim_of.register(relu_range.ReluRangeWitness, relu_range.claim_of)
hypotheses_of.register(relu_range.ReluRangeWitness, relu_range.hypotheses_of)
claim_of.register(linear_program.LinearProgramWitness, linear_program.claim_of)
hypotheses_of.register(linear_program.LinearProgramWitness, linear_program.hypotheses_of)
# --- measures ---

claim_of.register(transport_plan.TransportPlanWitness, transport_plan.claim_of)
hypotheses_of.register(transport_plan.TransportPlanWitness, transport_plan.hypotheses_of)
claim_of.register(tilted_means.TiltedMeansWitness, tilted_means.claim_of)
hypotheses_of.register(tilted_means.TiltedMeansWitness, tilted_means.hypotheses_of)
claim_of.register(product_network.ProductNetworkWitness, product_network.claim_of)
hypotheses_of.register(product_network.ProductNetworkWitness, product_network.hypotheses_of)
claim_of.register(direction_cover.DirectionCoverWitness, direction_cover.claim_of)
hypotheses_of.register(direction_cover.DirectionCoverWitness, direction_cover.hypotheses_of)
