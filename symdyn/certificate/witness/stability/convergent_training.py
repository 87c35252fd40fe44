"""Witness that training converges: a residual network of hidden layers, its data, and a ball on which the risk falls.

Layers are lists of neurons (u, v[, b]), numbers are fractions [p, q]. The network is x_{r+1} = x_r + F_r(x_r)/L,
F_r(x) the mean over neurons of u sigma(v.x + b); its risk f the mean over samples of |x_L - y|^2/2; its flow
dw/dt = -L n_r df/dw. Distances are sqrt of the mean over layers and neurons of |dw|^2.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import flag, integer, listed, need, one_of, record
from symdyn.certificate.witness.measures.rationals import fraction, fractions, pair, pairs

#: Activations with bounded value, slope and second derivative.
BOUNDED = ("tanh", "sin", "atan", "sigmoid", "erf")
MOST_NUMBERS = 200_000
MOST_BITS = 2_000
_MOST_LAYERS = 1_000
_MOST_SAMPLES = 200
_MOST_DIGITS = 40

Rows = tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True, kw_only=True)
class ConvergentTrainingWitness:
    """What is needed to show again that the risk falls exponentially to zero.

    Parameters
    ----------
    activation
        One of BOUNDED.
    bias
        Whether neurons end with b.
    layers
        Of each layer its neurons (u, v[, b]).
    inputs, targets
        Samples (N, d).
    radius
        R: within so much of the weights everything is bounded.
    states
        e: so much states of such networks differ at most.
    eigenvalues
        Of each layer a lower bound of the least eigenvalue of its Gram matrix.
    constant
        kappa > 0: the squared slope is at least 2 kappa times the risk within R.
    reach
        sqrt(2 f/kappa) is at most this, which is below R.
    bits
        Working precision.
    """

    activation: str
    bias: bool
    layers: tuple[Rows, ...]
    inputs: Rows
    targets: Rows
    radius: Fraction
    states: Fraction
    eigenvalues: tuple[Fraction, ...]
    constant: Fraction
    reach: Fraction
    bits: int
    kind: ClassVar[str] = "convergent training"

    @property
    def dimension(self) -> int:
        """d."""
        return len(self.inputs[0])

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> ConvergentTrainingWitness:
        """The stored record, or a refutation with the place."""
        names = ("radius", "states", "constant", "reach")
        fields = ("kind", "activation", "bias", "layers", "inputs", "targets", *names, "eigenvalues", "bits")
        data = record(value, place, fields)
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        activation = one_of(data["activation"], f"{place}.activation", BOUNDED)
        bias = flag(data["bias"], f"{place}.bias")
        inputs, targets = (_rows(data[name], f"{place}.{name}", None) for name in ("inputs", "targets"))
        d = len(inputs[0])
        need(d >= 1 and len(inputs) <= _MOST_SAMPLES, f"{place}.inputs", "are empty or too many")
        same = len(targets) == len(inputs) and all(len(row) == d for row in targets)
        need(same, f"{place}.targets", "have not the shape of the inputs")
        given = listed(data["layers"], f"{place}.layers")
        need(1 <= len(given) <= _MOST_LAYERS, f"{place}.layers", f"are not from 1 to {_MOST_LAYERS}")
        q = 2 * d + int(bias)
        layers = tuple(_rows(one, f"{place}.layers[{r}]", q) for r, one in enumerate(given))
        size = sum(map(len, layers)) * max(q, len(inputs))
        need(size <= MOST_NUMBERS, f"{place}.layers", "are too large")
        numbers = {name: fraction(data[name], f"{place}.{name}") for name in names}
        eigenvalues = fractions(data["eigenvalues"], f"{place}.eigenvalues")
        need(len(eigenvalues) == len(layers), f"{place}.eigenvalues", "are not one for each layer")
        for name in ("radius", "states", "constant", "reach"):
            need(numbers[name] >= 0, f"{place}.{name}", "is negative")
        need(min(eigenvalues) >= 0, f"{place}.eigenvalues", "hold a negative number")
        need(numbers["constant"] > 0, f"{place}.constant", "is zero")
        bits = integer(data["bits"], f"{place}.bits", least=32)
        need(bits <= MOST_BITS, f"{place}.bits", f"are more than {MOST_BITS}")
        return cls(
            activation=activation,
            bias=bias,
            layers=layers,
            inputs=inputs,
            targets=targets,
            eigenvalues=eigenvalues,
            bits=bits,
            **numbers,
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "activation": self.activation,
            "bias": self.bias,
            "layers": [[pairs(row) for row in one] for one in self.layers],
            "inputs": [pairs(row) for row in self.inputs],
            "targets": [pairs(row) for row in self.targets],
            "radius": pair(self.radius),
            "states": pair(self.states),
            "eigenvalues": pairs(self.eigenvalues),
            "constant": pair(self.constant),
            "reach": pair(self.reach),
            "bits": self.bits,
        }


def _rows(value: Any, place: str, width: int | None) -> Rows:
    rows = tuple(fractions(row, f"{place}[{k}]") for k, row in enumerate(listed(value, place)))
    need(bool(rows), place, "is empty")
    wanted = len(rows[0]) if width is None else width
    need(all(len(row) == wanted for row in rows), place, f"has a row that is not of {wanted} numbers")
    return rows


def claim_of(record: ConvergentTrainingWitness, verdict: str) -> str:
    """The one sentence that may be claimed."""
    widths = sorted({len(one) for one in record.layers})
    wide = str(widths[0]) if len(widths) == 1 else f"{widths[0]} to {widths[-1]}"
    count, samples, kappa = len(record.layers), len(record.inputs), _decimal(record.constant)
    return (
        f"training the network of the witness ({count} residual layer{'s' if count > 1 else ''} of {wide} "
        f"{record.activation} neuron{'s' if wide != '1' else ''}{' with bias' if record.bias else ''}, {samples} "
        f"sample{'s' if samples > 1 else ''} in dimension {record.dimension}) by the gradient flow of conditional "
        f"transport takes its risk to zero, at least as fast as exp(-2*kappa*t) with kappa = {kappa}, "
        f"and moves its weights by at most {_decimal(record.reach)}"
    )


def hypotheses_of(record: ConvergentTrainingWitness) -> tuple[str, ...]:
    """The loss and the metric."""
    return (
        "the risk is the mean over samples of |x - y|^2/2 at the output",
        "time and distances are those of the metric (1/L) sum_r (1/n_r) sum_i |dw_{r,i}|^2",
    )


def _decimal(value: Fraction) -> str:
    """The fraction itself, as a decimal where it is a short one."""
    with localcontext() as context:
        context.prec = _MOST_DIGITS
        found = (Decimal(value.numerator) / Decimal(value.denominator)).normalize()
    return str(found) if Fraction(found) == value else str(value)
