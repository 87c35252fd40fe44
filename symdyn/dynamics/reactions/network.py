"""Reaction networks as a noun: species and reactions, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import networkx as nx
import sympy as sp

from symdyn.algebra.formulas.symbols import check_names, checked_expression
from symdyn.algebra.linear.exact import nullspace
from symdyn.algebra.linear.nonnegative_kernel import nonnegative_kernel
from symdyn.certificate.brief import counted
from symdyn.certificate.shown import Shown
from symdyn.dynamics.flow import Flow
from symdyn.errors import ModelError, came
from symdyn.geometry.constraint import Constraint
from symdyn.geometry.distribution import Distribution
from symdyn.geometry.vector_field import VectorField

Complex = tuple[tuple[sp.Symbol, int], ...]


@dataclass(frozen=True)
class Reaction:
    """One reaction, from one complex to another.

    Parameters
    ----------
    consumed, produced
        Species with how many of them take part, each once, in the order of their first appearance.
    rate
        The rate constant of mass action, in 1 / time and concentrations as the complex has them; or the whole rate.
    whole
        Whether `rate` is the whole rate, which the concentrations do not multiply.
    """

    consumed: Complex
    produced: Complex
    rate: sp.Expr
    whole: bool = False

    @property
    def velocity(self) -> sp.Expr:
        """How often it happens: the rate constant times the concentrations consumed, or the whole rate."""
        if self.whole:
            return self.rate
        return sp.Mul(self.rate, *(species**number for species, number in self.consumed))

    def change(self, species: sp.Symbol) -> int:
        """How many of a species it adds; negative where it takes away."""
        return dict(self.produced).get(species, 0) - dict(self.consumed).get(species, 0)

    def __str__(self) -> str:
        sides = (
            " + ".join(f"{number if number > 1 else ''} {name}".strip() for name, number in side) or "0"
            for side in (self.consumed, self.produced)
        )
        return " -> ".join(sides)


@dataclass(frozen=True)
class ReactionNetwork(Shown):
    """Species and reactions, each with its rate.

    Parameters
    ----------
    species
        Symbols of the concentrations, which are not negative.
    reactions
        At least one.

    Raises
    ------
    ModelError
        If a reaction has a species that is not among the species, or there is no reaction.

    Examples
    --------
    >>> A, B, k = sp.symbols("A B k")
    >>> network = ReactionNetwork((A, B), (Reaction(((A, 2),), ((B, 1),), k),))
    >>> network.flow.field.components.T, network.moieties
    (Matrix([[-2*A**2*k, A**2*k]]), (A + 2*B,))
    """

    species: tuple[sp.Symbol, ...]
    reactions: tuple[Reaction, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "species", tuple(self.species))
        object.__setattr__(self, "reactions", tuple(self.reactions))
        if not self.reactions:
            raise ModelError('there is no reaction: write at least one, as in "A + B -> C, k"')
        used = {name for one in self.reactions for side in (one.consumed, one.produced) for name, _ in side}
        unknown = used - set(self.species)
        if unknown:
            raise ModelError(f"`{min(unknown, key=str)}` stands in a reaction and is no species: add it to the species")
        check_names(self.species + self.rates)

    @cached_property
    def rates(self) -> tuple[sp.Symbol, ...]:
        """Symbols in the rates that are no species, by name."""
        found = frozenset[sp.Basic]().union(*(one.rate.free_symbols for one in self.reactions))
        return tuple(sorted((s for s in found - set(self.species) if isinstance(s, sp.Symbol)), key=str))

    @cached_property
    def stoichiometry(self) -> sp.ImmutableMatrix:
        """N, shape (species, reactions): how many of a species a reaction adds."""
        return sp.ImmutableMatrix([[one.change(name) for one in self.reactions] for name in self.species])

    @cached_property
    def distribution(self) -> Distribution:
        """One field for each reaction: laws of it are laws whatever the positive rate constants are.

        The field is the monomial of mass action times the change, or the change alone where the whole rate is given,
        which multiplies it by a function that is not 0.
        """
        fields = [self._field_of(one) for one in self.reactions if any(one.change(name) for name in self.species)]
        if not fields:
            raise ModelError("no reaction changes anything: every function is conserved")
        return Distribution(tuple(dict.fromkeys(fields)))

    def _field_of(self, one: Reaction) -> VectorField:
        speed = sp.S.One if one.whole else sp.Mul(*(name**number for name, number in one.consumed))
        return VectorField(self.species, [one.change(name) * speed for name in self.species])

    @cached_property
    def field(self) -> VectorField:
        """x' = N v(x), the rates as they are."""
        speeds = sp.ImmutableMatrix([one.velocity for one in self.reactions])
        return VectorField(self.species, list(self.stoichiometry * speeds))

    @cached_property
    def flow(self) -> Flow:
        """x' = N v(x) on concentrations that are not negative."""
        return Flow(self.field, Constraint(self.species, (), inequalities=self.species, name="concentrations"))

    @cached_property
    def moieties(self) -> tuple[sp.Expr, ...]:
        """Linear functions with coprime non-negative whole coefficients that every reaction keeps, smallest sets first.

        Every other one with non-negative coefficients is a sum of multiples of these. Where there are more than a few
        thousand, those of a basis that have no negative coefficient.
        """
        rows = [[int(entry) for entry in self.stoichiometry.row(k)] for k in range(len(self.species))]
        found = nonnegative_kernel(rows)
        if found is None:
            found = tuple(tuple(row) for row in self._kernel() if min(row) >= 0)
        return tuple(self._linear(row) for row in found)

    @cached_property
    def totals(self) -> tuple[sp.Expr, ...]:
        """As many independent linear laws as there are: moieties first, then others with whole coefficients."""
        chosen: list[sp.Expr] = []
        for law in (*self.moieties, *(self._linear(row) for row in self._kernel())):
            rows = sp.Matrix([[entry.coeff(name) for name in self.species] for entry in (*chosen, law)])
            if rows.rank() == len(chosen) + 1:
                chosen.append(law)
            if len(chosen) == len(self.species) - self.rank:
                break
        return tuple(chosen)

    def on_leaf(self, totals: Mapping[sp.Expr, sp.Expr] | None = None) -> Flow:
        """The flow where the linear laws have given values: symbols T1, T2, ... for `totals` unless they are given.

        Parameters
        ----------
        totals
            From each of `self.totals` to its value.

        Raises
        ------
        ModelError
            If a law is missing, or another came.
        """
        if not self.totals:
            return self.flow
        if totals is None:
            taken = {str(s) for s in self.species + self.rates}
            names = [f"T{k}" if f"T{k}" not in taken else f"T_{k}_total" for k in range(1, len(self.totals) + 1)]
            totals = {law: sp.Symbol(name, positive=True) for law, name in zip(self.totals, names, strict=True)}
        if not isinstance(totals, Mapping):
            raise ModelError(
                f"totals are {came(totals)}: give a value for each law, as in "
                f"{{{', '.join(f'{law}: 1' for law in self.totals)}}}"
            )
        if set(totals) != set(self.totals):
            raise ModelError(
                f"totals are {', '.join(map(str, totals)) or 'none'}: give a value for each of "
                f"{', '.join(map(str, self.totals))}"
            )
        equations = tuple(law - checked_expression(totals[law], f"the total of {law}") for law in self.totals)
        return Flow(self.field, Constraint(self.species, equations, inequalities=self.species, name="leaf of totals"))

    @cached_property
    def rank(self) -> int:
        """Of the stoichiometry."""
        return int(self.stoichiometry.rank())

    @cached_property
    def complexes(self) -> nx.DiGraph:
        """Complexes as nodes, reactions as arrows."""
        graph = nx.DiGraph()
        graph.add_edges_from((_sorted(one.consumed), _sorted(one.produced)) for one in self.reactions)
        return graph

    @property
    def deficiency(self) -> int:
        """Complexes minus linkage classes minus the rank (Feinberg)."""
        return len(self.complexes) - nx.number_weakly_connected_components(self.complexes) - self.rank

    @property
    def is_weakly_reversible(self) -> bool:
        """Whether every reaction lies on a cycle of reactions."""
        return bool(
            nx.number_weakly_connected_components(self.complexes)
            == nx.number_strongly_connected_components(self.complexes)
        )

    def _kernel(self) -> list[list[int]]:
        return nullspace([[int(entry) for entry in self.stoichiometry.col(j)] for j in range(len(self.reactions))])

    def _linear(self, row: tuple[int, ...] | list[int]) -> sp.Expr:
        return sp.Add(*(a * name for a, name in zip(row, self.species, strict=True)))

    def _in_short(self) -> str:
        shown = "; ".join(map(str, self.reactions[:4])) + ("; ..." if len(self.reactions) > 4 else "")
        numbers = counted(len(self.species), "species", "species"), counted(len(self.reactions), "reaction")
        return f"{', '.join(numbers)}: {shown}"


def _sorted(side: Complex) -> Complex:
    return tuple(sorted(side, key=lambda pair: str(pair[0])))
