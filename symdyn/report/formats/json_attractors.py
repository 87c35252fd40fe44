"""Limit cycles, rotating states, basins, branches and drifts as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symdyn.dynamics.answers.attractor import Basins, RotatingStates
from symdyn.dynamics.answers.branch import Continuation
from symdyn.dynamics.answers.drift import Drift
from symdyn.dynamics.answers.periodic_orbits import LimitCycles
from symdyn.report.formats.json import json_data


@json_data.register
def _continuation_data(found: Continuation) -> dict[str, Any]:
    return {
        "schema": "symdyn/continuation/1",
        "parameter": str(found.parameter),
        "interval": list(found.interval),
        "coords": [str(symbol) for symbol in found.coords],
        "branches": [
            {
                "values": list(b.values),
                "points": [list(point) for point in b.points],
                "unstable": list(b.unstable),
                "ends": list(b.ends),
                "period": b.period,
                "images": [[list(point) for point in row] for row in b.images],
                "crossings": [
                    {
                        "kind": c.kind,
                        "criticality": c.criticality,
                        "value": c.value,
                        "point": list(c.point),
                        "eigenvalue": [c.eigenvalue.real, c.eigenvalue.imag],
                        "multiplicity": c.multiplicity,
                    }
                    for c in b.crossings
                ],
            }
            for b in found
        ],
        "verdict": found.verdict.value,
        "provenance": dict(found.certificate.provenance),
    }


@json_data.register
def _cycles_data(found: LimitCycles) -> dict[str, Any]:
    return {
        "schema": "symdyn/limit-cycles/1",
        "cycles": [
            {
                "period": cycle.period,
                "point": _values(cycle.point),
                "multipliers": [[m.real, m.imag] for m in cycle.multipliers],
                "residual": cycle.residual,
                "found": cycle.found,
                "kind": cycle.kind,
                "speeds": list(cycle.speeds),
            }
            for cycle in found
        ],
        "families": [
            {
                "dimension": family.dimension,
                "period": family.period,
                "point": _values(family.point),
                "multipliers": [[m.real, m.imag] for m in family.multipliers],
                "residual": family.residual,
                "neighbours": [{"point": _values(point), "period": period} for point, period in family.neighbours],
                "reason": family.reason,
                "shortest": family.shortest,
                "longest": family.longest,
                "found": family.found,
            }
            for family in found.families
        ],
        "verdict": found.certificate.verdict.value,
        "starts": dict(found.starts),
        "provenance": dict(found.certificate.provenance),
    }


@json_data.register
def _rotating_data(found: RotatingStates) -> dict[str, Any]:
    return {
        "schema": "symdyn/rotating-states/1",
        "states": [
            {
                "speeds": list(state.speeds),
                "point": _values(state.point),
                "stability": json_data(state.stability),
                "verdict": state.certificate.verdict.value,
                "certificate": state.certificate.to_data(),
            }
            for state in found
        ],
        "starts": dict(found.starts),
        "provenance": dict(found.certificate.provenance),
    }


@json_data.register
def _basins_data(found: Basins) -> dict[str, Any]:
    return {
        "schema": "symdyn/basins/1",
        "basins": [
            {
                "destination": row.destination,
                "description": row.description,
                "count": row.count,
                "fraction": row.fraction,
                "lower": row.lower,
                "upper": row.upper,
                "confidence": row.confidence,
                "point": None if row.point is None else _values(row.point),
            }
            for row in found
        ],
        "starts": found.starts,
        "distribution": found.distribution,
        "interval": found.interval,
        "duration": found.duration,
        "verdict": found.verdict.value,
        "provenance": dict(found.certificate.provenance),
    }


@json_data.register
def _drift_data(drift: Drift) -> dict[str, Any]:
    return {
        "schema": "symdyn/drift/1",
        "laws": [
            {
                "name": row.name,
                "count": row.count,
                "initial": row.initial,
                "drift": list(row.drift),
                "predicted": list(row.predicted),
                "conclusion": row.conclusion,
            }
            for row in drift.laws
        ],
        "steps": list(drift.steps),
        "every": drift.every,
        "optimizer": drift.optimizer,
        "verdict": drift.verdict.value,
    }


def _values(point: Mapping[Any, Any]) -> dict[str, float]:
    return {str(symbol): float(value) for symbol, value in point.items()}
