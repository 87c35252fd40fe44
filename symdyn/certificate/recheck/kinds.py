"""Which record and which check belong to each kind of witness."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from symdyn.certificate.recheck.cones.linear_program import check_linear_program
from symdyn.certificate.recheck.cones.relu_range import check_relu_range
from symdyn.certificate.recheck.covers.box_cover import check_box_cover
from symdyn.certificate.recheck.covers.cover import check_cover
from symdyn.certificate.recheck.covers.orbit_cover import check_orbit_cover
from symdyn.certificate.recheck.covers.spheres.check import check_sphere_cover
from symdyn.certificate.recheck.equilibria.algebraic_point import check_algebraic_point
from symdyn.certificate.recheck.equilibria.case_count import check_case_count
from symdyn.certificate.recheck.equilibria.equilibrium import check_equilibrium
from symdyn.certificate.recheck.equilibria.inertia import check_inertia
from symdyn.certificate.recheck.equilibria.orbit_count import check_orbit_count
from symdyn.certificate.recheck.equilibria.solution_count import check_solution_count
from symdyn.certificate.recheck.identities.gaussian_layer import check_gaussian_layer
from symdyn.certificate.recheck.identities.identity import check_identity
from symdyn.certificate.recheck.identities.noncommutative import check_noncommutative
from symdyn.certificate.recheck.identities.residual import check_residual
from symdyn.certificate.recheck.identities.vanishing import check_vanishing
from symdyn.certificate.recheck.laws.conservation import (
    check_closure,
    check_conserved,
    check_gradient_rank,
    check_not_conserved,
    check_unseen_forms,
)
from symdyn.certificate.recheck.laws.count_formula import check_count_formula
from symdyn.certificate.recheck.laws.law_count import check_law_count
from symdyn.certificate.recheck.laws.lie_algebra import check_lie_algebra
from symdyn.certificate.recheck.laws.symmetries import check_symmetries
from symdyn.certificate.recheck.matrices.iteration_change import check_iteration_change
from symdyn.certificate.recheck.matrices.singular_values import check_singular_values
from symdyn.certificate.recheck.measures.direction_cover import check_direction_cover
from symdyn.certificate.recheck.measures.product_network import check_product_network
from symdyn.certificate.recheck.measures.tilted_means import check_tilted_means
from symdyn.certificate.recheck.measures.transport_plan import check_transport_plan
from symdyn.certificate.recheck.norms.attention_supremum import check_attention_supremum
from symdyn.certificate.recheck.norms.enclosed_norm import check_enclosed_norm
from symdyn.certificate.recheck.stability.convergent_training import check_convergent_training
from symdyn.certificate.recheck.stability.definite_law import check_definite_law
from symdyn.certificate.recheck.stability.lyapunov import check_lyapunov, check_no_lyapunov
from symdyn.certificate.recheck.stability.root_moduli import check_root_moduli
from symdyn.certificate.refutation import Recheck
from symdyn.certificate.witness.cones.linear_program import LinearProgramWitness
from symdyn.certificate.witness.cones.relu_range import ReluRangeWitness
from symdyn.certificate.witness.covers.box_cover import BoxCoverWitness
from symdyn.certificate.witness.covers.cover import CoverWitness
from symdyn.certificate.witness.covers.orbit_cover import OrbitCoverWitness
from symdyn.certificate.witness.covers.sphere_cover import SphereCoverWitness
from symdyn.certificate.witness.equilibria.algebraic_point import AlgebraicPointWitness
from symdyn.certificate.witness.equilibria.case_count import CaseCountWitness
from symdyn.certificate.witness.equilibria.equilibrium import EquilibriumWitness
from symdyn.certificate.witness.equilibria.orbit_count import OrbitCountWitness
from symdyn.certificate.witness.equilibria.residual import ResidualWitness
from symdyn.certificate.witness.equilibria.solution_count import SolutionCountWitness
from symdyn.certificate.witness.gaussian_layer import GaussianLayerWitness
from symdyn.certificate.witness.identity import IdentityWitness
from symdyn.certificate.witness.iteration_change import IterationChangeWitness
from symdyn.certificate.witness.laws.closure import ClosureWitness, GradientRankWitness, UnseenFormsWitness
from symdyn.certificate.witness.laws.conserved import ConservedWitness, NotConservedWitness
from symdyn.certificate.witness.laws.count_formula import CountFormulaWitness
from symdyn.certificate.witness.laws.law_count import LawCountWitness
from symdyn.certificate.witness.laws.lie_algebra import LieAlgebraWitness
from symdyn.certificate.witness.laws.symmetries import SymmetriesWitness
from symdyn.certificate.witness.measures.direction_cover import DirectionCoverWitness
from symdyn.certificate.witness.measures.product_network import ProductNetworkWitness
from symdyn.certificate.witness.measures.tilted_means import TiltedMeansWitness
from symdyn.certificate.witness.measures.transport_plan import TransportPlanWitness
from symdyn.certificate.witness.noncommutative import NoncommutativeWitness
from symdyn.certificate.witness.norms.attention_supremum import AttentionSupremumWitness
from symdyn.certificate.witness.norms.enclosed_norm import EnclosedNormWitness
from symdyn.certificate.witness.singular_values import SingularValuesWitness
from symdyn.certificate.witness.stability.convergent_training import ConvergentTrainingWitness
from symdyn.certificate.witness.stability.definite_law import DefiniteLawWitness
from symdyn.certificate.witness.stability.inertia import InertiaWitness
from symdyn.certificate.witness.stability.lyapunov import LyapunovWitness, NoLyapunovWitness
from symdyn.certificate.witness.stability.root_moduli import RootModuliWitness
from symdyn.certificate.witness.vanishing import VanishingWitness

#: For each kind its record, and the check of a record and a verdict.
KINDS: Mapping[str, tuple[Any, Callable[[Any, str], Recheck]]] = {
    record.kind: (record, check)
    for record, check in (
        (LawCountWitness, check_law_count),
        (ClosureWitness, check_closure),
        (GradientRankWitness, check_gradient_rank),
        (UnseenFormsWitness, check_unseen_forms),
        (ConservedWitness, check_conserved),
        (NotConservedWitness, check_not_conserved),
        (SymmetriesWitness, check_symmetries),
        (LieAlgebraWitness, check_lie_algebra),
        (CountFormulaWitness, check_count_formula),
        (SolutionCountWitness, check_solution_count),
        (CaseCountWitness, check_case_count),
        (OrbitCountWitness, check_orbit_count),
        (OrbitCoverWitness, check_orbit_cover),
        (SphereCoverWitness, check_sphere_cover),
        (CoverWitness, check_cover),
        (BoxCoverWitness, check_box_cover),
        (EquilibriumWitness, check_equilibrium),
        (ResidualWitness, check_residual),
        (AlgebraicPointWitness, check_algebraic_point),
        (IdentityWitness, check_identity),
        (VanishingWitness, check_vanishing),
        (NoncommutativeWitness, check_noncommutative),
        (GaussianLayerWitness, check_gaussian_layer),
        (InertiaWitness, check_inertia),
        (EnclosedNormWitness, check_enclosed_norm),
        (AttentionSupremumWitness, check_attention_supremum),
        (SingularValuesWitness, check_singular_values),
        (RootModuliWitness, check_root_moduli),
        (DefiniteLawWitness, check_definite_law),
        (ConvergentTrainingWitness, check_convergent_training),
        (LyapunovWitness, check_lyapunov),
        (NoLyapunovWitness, check_no_lyapunov),
        (ReluRangeWitness, check_relu_range),
        (LinearProgramWitness, check_linear_program),
        (TransportPlanWitness, check_transport_plan),
        (DirectionCoverWitness, check_direction_cover),
        (TiltedMeansWitness, check_tilted_means),
        (ProductNetworkWitness, check_product_network),
        (IterationChangeWitness, check_iteration_change),
    )
}
