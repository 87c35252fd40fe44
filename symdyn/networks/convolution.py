"""Convolutions: chains of filters without activation, and the block of two ReLU convolutions."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import sympy as sp

from symdyn.networks.programs.formula_network import FormulaNetwork, matrix_of_symbols, refuse_many_terms
from symdyn.networks.programs.sizes import checked_widths
from symdyn.networks.programs.words import checked_sizes
from symdyn.networks.relu import ReluNetwork, relu


def convolution(*lengths: int) -> FormulaNetwork:
    """Linear 1-D convolution of filters u1 * u2 * ... of full output: the coefficients of a product of polynomials.

    One law |u_k|^2 - |u_{k+1}|^2 for each neighbouring pair (derived; the published case of one channel is
    layerwise).

    Parameters
    ----------
    *lengths
        Lengths of the filters, at least two.

    Raises
    ------
    ModelError
        If there are fewer than two lengths or one is not a positive integer, or there are too many terms.

    Examples
    --------
    >>> convolution(2, 3).outputs
    (u1_1*u2_1, u1_1*u2_2 + u1_2*u2_1, u1_1*u2_3 + u1_2*u2_2, u1_2*u2_3)
    """
    lengths = checked_widths(lengths, "convolution")
    return _chain(lengths, None, "1-D convolution", "lengths " + "-".join(map(str, lengths)))


def circular_convolution(period: int, *, layers: int = 2) -> FormulaNetwork:
    """Circular convolution of full-length filters.

    Laws: the differences R_k(l) - R_{k+1}(l) of the autocorrelations for l = 0, ..., floor(period/2), one for each
    Fourier frequency (derived). Shorter filters keep only l = 0.

    Parameters
    ----------
    period
        Length of the signal and of every filter.
    layers
        Number of filters.

    Raises
    ------
    ModelError
        If one is not a positive integer, or there are too many terms.
    """
    period, layers = checked_sizes("circular_convolution", period=period, layers=layers)
    return _chain((period,) * layers, period, "circular convolution", f"period {period}, {layers} layers")


def _chain(lengths: tuple[int, ...], period: int | None, name: str, description: str) -> FormulaNetwork:
    refuse_many_terms(f"{name} of {description}", math.prod(lengths), ("lengths",))
    filters = [matrix_of_symbols(f"u{k}", 1, length)[0] for k, length in enumerate(lengths, start=1)]
    size = period or sum(lengths) - len(lengths) + 1
    terms: list[list[sp.Expr]] = [[] for _ in range(size)]
    for places in itertools.product(*map(range, lengths)):
        terms[sum(places) % size].append(sp.Mul(*(u[place] for u, place in zip(filters, places, strict=True))))
    coords = tuple(itertools.chain.from_iterable(filters))
    outputs = tuple(sp.Add(*products) for products in terms)
    return FormulaNetwork(coords, outputs, (), name, description)


@dataclass(frozen=True)
class ReluConvolution(ReluNetwork):
    """A ReLU convolution block: the path lifting of a two-layer ReLU network on filter entries.

    Parameters
    ----------
    widths
        c0 n_v, c1, c2 n_u: entries of the filters into and out of each hidden channel.
    bias
        Whether hidden channels have biases.
    channels
        c0, c1, c2.
    kernels
        n_v, n_u: entries of a filter of each layer.
    """

    channels: tuple[int, int, int] = (1, 1, 1)
    kernels: tuple[int, int] = (1, 1)

    name = "ReLU convolution block"

    @property
    def description(self) -> str:
        """Channels, kernel sizes, and whether there are biases."""
        channels, kernels = "-".join(map(str, self.channels)), " and ".join(map(str, self.kernels))
        return f"channels {channels}, filters of {kernels} entries" + (", hidden biases" if self.bias else "")


def relu_convolution(
    inputs: int, hidden: int, outputs: int, *, kernel: int = 3, second_kernel: int | None = None, bias: bool = False
) -> ReluConvolution:
    """Block of two convolutions with a ReLU between: exactly one law for each hidden channel.

    Through hidden channel j the model sees the products of the filters into and out of it, phi_j = u_j (x) v_j, so
    the laws are sum_k |u_kj|^2 - sum_i |v_ji|^2 (Marcotte, Gribonval, Peyre, arXiv 2506.06194, theorem 3.6).

    Parameters
    ----------
    inputs, hidden, outputs
        Numbers of channels.
    kernel, second_kernel
        Number of entries of a filter of the first and of the second convolution: 9 for 3 x 3. The second is as the
        first by default.
    bias
        Whether hidden channels have biases.

    Raises
    ------
    ModelError
        If one is not a positive integer.

    Examples
    --------
    >>> relu_convolution(64, 64, 64, kernel=9).hidden
    64
    """
    second_kernel = kernel if second_kernel is None else second_kernel
    inputs, hidden, outputs, kernel, second_kernel = checked_sizes(
        "relu_convolution", inputs=inputs, hidden=hidden, outputs=outputs, kernel=kernel, second_kernel=second_kernel
    )
    checked = relu(inputs * kernel, hidden, outputs * second_kernel, bias=bias)
    return ReluConvolution(checked.widths, checked.bias, (inputs, hidden, outputs), (kernel, second_kernel))
