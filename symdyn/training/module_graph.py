"""A PyTorch module as a graph of known layers, and the laws of its parameters under gradient flow.

Between two layers with parameters, a path through positively 1-homogeneous maps that act on each channel alone (ReLU,
pooling, dropout, flattening) carries one scaling symmetry for each channel, hence the law |outgoing|^2 - |incoming|^2 -
|bias|^2; a path with nothing on it carries GL(channels), hence a matrix law (Marcotte, Gribonval, Peyre, arXiv
2307.00144; the graph version is derived here). PyTorch is imported at the first use only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from symdyn.errors import ModelError
from symdyn.networks.linear import linear
from symdyn.networks.programs.program import MatrixProgram
from symdyn.networks.relu import ReluNetwork, relu
from symdyn.training.array_laws import ArrayLaw, ArrayTerm
from symdyn.training.layer_kinds import (
    OPAQUE,
    State,
    attention_laws,
    invariant_groups,
    is_dense,
    is_norm,
    is_read,
    is_slope,
    is_table,
    passed,
    table_fault,
    written_axis,
)
from symdyn.training.module_checks import check_layer, check_parameters, check_read_once, checked_by_hand, unwrapped


@dataclass(frozen=True)
class ModuleLaws:
    """What is known of a module's parameters.

    Parameters
    ----------
    laws
        Quadratic laws, each a family for the channels of one hidden tensor, on arrays named as the parameters are.
    network
        The same model as a network of symdyn, where it is a plain linear or ReLU network: `conservation_laws(network)`
        proves how many laws there are. None otherwise: then the laws are in hand and no count is claimed.
    notes
        Hidden tensors without a law, and why.
    """

    laws: tuple[ArrayLaw, ...]
    network: MatrixProgram | ReluNetwork | None
    notes: tuple[str, ...]


def laws_of_module(module: Any, laws: Mapping[str, Sequence[ArrayLaw]] | None = None) -> ModuleLaws:
    """The laws of an `nn.Module` that is made of known layers.

    Known are Linear, Conv1d to Conv3d, BatchNorm, LayerNorm, GroupNorm, MultiheadAttention, Embedding, activations,
    pooling, dropout and shape changes, in a Sequential or in any `forward` that `torch.fx` can trace.

    Parameters
    ----------
    module
        The module, in training mode.
    laws
        For layers that are not known: the laws of their parameters by the layer's name, possibly none.

    Raises
    ------
    ModelError
        If a layer with parameters is not known, two parameters are one tensor, a layer is used twice, or the forward
        pass cannot be traced.
    """
    import torch

    module = unwrapped(module)
    given = checked_by_hand(module, laws)
    if type(module).__module__.startswith("torch.nn") and not isinstance(module, torch.nn.Sequential):
        return _of_one_layer(laws_of_module(torch.nn.Sequential(module)))
    graph = _Graph(module, given)
    found: list[ArrayLaw] = []
    notes: list[str] = []
    for node in graph.parametric:
        layer = graph.layers[node]
        heads, reason = ([], None) if node.target in graph.given else attention_laws(node.target, layer)
        found += heads
        law, note = graph.channel_law(node)
        found += [] if law is None else [law]
        notes += [f"{node.target}: {text}" for text in (note, reason) if text is not None]
    for by_hand in graph.given.values():
        found += by_hand
    frozen = {name for name, parameter in graph.parameters.items() if not parameter.requires_grad}
    kept = [law for law in found if not frozen & set(law.arrays)]
    notes += [f"{law.name}: {_first(frozen, law)} is frozen" for law in found if law not in kept]
    notes += graph.outside()
    return ModuleLaws(tuple(kept), None if frozen else _network(graph), tuple(notes))


def _of_one_layer(found: ModuleLaws) -> ModuleLaws:
    """Laws of a layer that came alone, on its own names of parameters: those in a Sequential begin with 0."""

    def renamed(law: ArrayLaw) -> ArrayLaw:
        terms = tuple(replace(term, name=term.name.removeprefix("0.")) for term in law.terms)
        return replace(law, name=law.name.replace(", 0 head", ", head"), terms=terms)

    notes = tuple(note.removeprefix("0: ") for note in found.notes)
    return ModuleLaws(tuple(map(renamed, found.laws)), found.network, notes)


def _first(frozen: set[str], law: ArrayLaw) -> str:
    return next(name for name in law.arrays if name in frozen)


class _Graph:
    """The traced module, with its layers by node."""

    def __init__(self, module: Any, given: Mapping[str, Sequence[ArrayLaw]]) -> None:
        self.given = given
        check_parameters(module)
        self.parameters = dict(module.named_parameters())
        self.nodes = list(_traced(module, tuple(given)).nodes)
        self.layers = {node: module.get_submodule(node.target) for node in self.nodes if node.op == "call_module"}
        self.parametric = [node for node, layer in self.layers.items() if any(True for _ in layer.parameters())]
        check_read_once(self.nodes, [node.target for node in self.parametric if node.target not in given])
        for node in self.parametric:
            layer = self.layers[node]
            if node.target in given:
                continue
            if not (is_dense(layer) or is_norm(layer) or type(layer).__name__ in OPAQUE):
                raise ModelError(
                    f"the layer {node.target} of type {type(layer).__name__} is not known: say which laws its "
                    f"parameters have, laws={{{node.target!r}: [ArrayLaw(...)]}}, or that it has none, "
                    f"laws={{{node.target!r}: []}}"
                )
            if is_dense(layer):
                check_layer(node.target, layer)

    def outside(self) -> list[str]:
        """What is said of parameters that no layer of the graph has."""
        owned = [f"{node.target}." for node in self.parametric]
        used = {str(node.target) for node in self.nodes if node.op == "get_attr"}
        return [
            f"{name}: it is used outside of a layer, and its laws are not known"
            if name in used
            else f"{name}: the forward pass does not use it, so it stays where it is"
            for name in self.parameters
            if not any(name.startswith(prefix) for prefix in owned)
        ]

    def channel_law(self, node: Any) -> tuple[ArrayLaw | None, str | None]:
        """The law of the hidden tensor that a layer writes, or why there is none."""
        layer = self.layers[node]
        if not (is_dense(layer) or is_norm(layer) or is_table(layer)) or node.target in self.given:
            return None, None
        if is_table(layer) and table_fault(layer) is not None:
            return None, table_fault(layer)
        side, axis = ("columns", 1) if is_table(layer) else ("rows", 0)
        size = layer.weight.shape[axis]
        if layer.weight.ndim == 1 and is_dense(layer):
            return None, None
        ends = list(self._ends(node, (is_norm(layer), written_axis(layer))))
        broken = [end for end, _ in ends if isinstance(end, str)]
        if broken or not ends:
            return None, broken[0] if broken else "nothing reads it"
        incoming = [ArrayTerm(-1, f"{node.target}.weight", axis)]
        if getattr(layer, "bias", None) is not None:
            incoming.append(ArrayTerm(-1, f"{node.target}.bias"))
        readers = [(self.layers[end], state) for end, state in ends]
        if len(readers) == 1 and is_dense(layer) and is_norm(readers[0][0]):
            return self._invariance(node, size, incoming, *readers[0])
        for end, state in ends:
            if not is_dense(self.layers[end]) or not is_read(self.layers[end], size, state):
                return None, f"{end.target} reads it together with other axes or normalises it"
        outgoing = [ArrayTerm(1, f"{end.target}.weight", 1) for end, _ in ends]
        scalings = any(only for _, (only, _) in ends)
        biased = len(incoming) > 1
        if scalings:
            out = " + ".join(f"|columns of {end.target}|^2" for end, _ in ends)
            name = f"{out} - |{side} of {node.target}|^2" + (" - bias^2" if biased else "")
        else:
            out = " + ".join(f"{end.target}^T {end.target}" for end, _ in ends)
            gram = f"{node.target} {node.target}^T" if side == "rows" else f"{node.target}^T {node.target}"
            name = f"{out} - {gram}" + (" - bias bias^T" if biased else "")
        source = "scaling of each channel" if scalings else "linear maps of the hidden space"
        part = "diagonal" if scalings else "symmetric"
        return ArrayLaw(name=name, size=size, terms=(*outgoing, *incoming), part=part, source=source), None

    def _invariance(
        self, node: Any, size: int, incoming: list[ArrayTerm], reader: Any, state: State
    ) -> tuple[ArrayLaw | None, str | None]:
        """|weights|^2 of the channels whose scale a normalisation forgets."""
        if type(reader).__name__.startswith("BatchNorm") and not reader.training:
            return None, "a BatchNorm in evaluation mode reads it with stored statistics: call train() on the module"
        groups = invariant_groups(reader, size, state)
        if groups is None:
            return None, "a normalisation reads it along another axis"
        # the mean over the batch takes a bias away that nothing nonlinear has met
        forgets_bias = type(reader).__name__.startswith("BatchNorm") and not state[0]
        terms = incoming[:1] if forgets_bias else incoming
        squares = tuple(ArrayTerm(1, term.name) for term in terms)
        source = f"scale invariance before {type(reader).__name__} (in training mode, up to its eps)"
        name = f"|rows of {node.target}|^2" if groups == size else f"|{node.target}|^2"
        return ArrayLaw(
            name=name,
            size=groups,
            terms=squares,
            part="diagonal",
            source=source,
            inexact=f"the eps of {type(reader).__name__}",
        ), None

    def ends(self, node: Any) -> list[tuple[Any, State]]:
        """Layers that read what a layer writes."""
        return list(self._ends(node, (False, written_axis(self.layers[node]))))

    def _ends(self, node: Any, state: State) -> Iterator[tuple[Any, State]]:
        """Layers that read what `node` writes, and the state of the path; what ends the symmetry comes as a text."""
        for user in node.users:
            if user.op == "output":
                yield "it is an output of the model", state
            elif user in self.layers and self._ends_at(user):
                by_hand = user.target in self.given
                yield (f"{user.target} reads it, whose laws were given by hand" if by_hand else user), state
            elif not _is_shape_only(user):
                after = self._passed(user, state)
                if after is None:
                    yield f"it passes through {_called(user, self.layers)}, which breaks the symmetry", state
                else:
                    yield from self._ends(user, after)

    def _ends_at(self, node: Any) -> bool:
        layer = self.layers[node]
        return is_norm(layer) or (node in self.parametric and not is_slope(layer))

    def _passed(self, node: Any, state: State) -> State | None:
        if node in self.layers:
            layer = self.layers[node]
            options = {"start_dim": layer.start_dim} if hasattr(layer, "start_dim") else {}
            return passed(type(layer).__name__, (), options, state)
        return passed(_called(node, self.layers), tuple(node.args[1:]), dict(node.kwargs), state)


def _is_shape_only(node: Any) -> bool:
    """x.size(0), x.dim() or x.shape: the numbers in the tensor do not go there."""
    return node.target in ("size", "dim") or (_called(node, {}) == "getattr" and node.args[1:] == ("shape",))


def _called(node: Any, layers: Mapping[Any, Any]) -> str:
    """Name of the class, function or method that a node applies."""
    if node in layers:
        return type(layers[node]).__name__
    return str(getattr(node.target, "__name__", node.target))


def _traced(module: Any, leaves: tuple[str, ...]) -> Any:
    import torch.fx

    class Tracer(torch.fx.Tracer):
        def is_leaf_module(self, m: Any, qualified_name: str) -> bool:
            return qualified_name in leaves or super().is_leaf_module(m, qualified_name)

    try:
        return Tracer().trace(module)
    except (torch.fx.proxy.TraceError, TypeError, RuntimeError, NameError) as failure:
        reason = str(failure).splitlines()[0]
        raise ModelError(
            f"the forward pass cannot be traced ({reason}): name the layers with control flow in `laws`, or follow "
            "laws of your own with monitored(module, optimizer, laws=[ArrayLaw(...)])"
        ) from None


def _network(graph: _Graph) -> MatrixProgram | ReluNetwork | None:
    """The network of symdyn with the same laws, if the module is a chain of Linear layers."""
    layers = [graph.layers[node] for node in graph.parametric]
    names = [type(layer).__name__ for layer in layers]
    if not names or set(names) != {"Linear"}:
        return None
    kinds = set()
    for node, after in zip(graph.parametric, graph.parametric[1:], strict=False):
        ends = list(graph.ends(node))
        if len(ends) != 1 or ends[0][0] is not after:
            return None
        if graph.layers[after].in_features != graph.layers[node].out_features:  # several positions, flattened
            return None
        kinds.add(ends[0][1][0])
    widths = (layers[0].in_features, *(layer.out_features for layer in layers))
    biases = {layer.bias is not None for layer in layers[:-1]}
    if kinds == {True} and len(biases) == 1:
        return relu(*widths, bias=biases.pop())
    if kinds == {False} and not any(biases):  # a bias of the last layer has no law
        return linear(*widths)
    every = all(layer.bias is not None for layer in layers)
    return linear(*widths, bias=True) if kinds == {False} and every else None
