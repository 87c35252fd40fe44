"""Laws read off PyTorch modules: automatic differentiation is the second route to each of them."""

from __future__ import annotations

import numpy as np
import pytest

from symdyn import conservation_laws
from symdyn.errors import ModelError
from symdyn.training.array_laws import ArrayLaw, ArrayTerm, norms
from symdyn.training.module_graph import laws_of_module
from symdyn.training.monitor import Monitor
from symdyn.training.steps import monitored

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'symdyn-toolkit[torch]'")
nn = torch.nn
pytestmark = pytest.mark.needs_package("torch")


class ResidualBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.up, self.down, self.head = nn.Linear(4, 6), nn.Linear(6, 4), nn.Linear(4, 3)

    def forward(self, x):
        x = x + self.attention(x, x, x, need_weights=False)[0]
        x = x + self.down(torch.relu(self.up(x)))
        return self.head(x.mean(1))


class Viewed(nn.Module):
    def __init__(self):
        super().__init__()
        self.filters, self.head = nn.Conv1d(2, 6, 3), nn.Linear(6 * 8, 4)

    def forward(self, x):
        x = nn.functional.relu(self.filters(x))
        return self.head(x.view(x.size(0), -1))


class Fork(nn.Module):
    """One hidden tensor read by two layers: their outgoing weights add up."""

    def __init__(self):
        super().__init__()
        self.trunk, self.left, self.right = nn.Linear(3, 5), nn.Linear(5, 2), nn.Linear(5, 2)

    def forward(self, x):
        x = torch.relu(self.trunk(x))
        return self.left(x) * self.right(x)


class Words(nn.Module):
    """An embedding is a linear layer on unit vectors."""

    def __init__(self, between):
        super().__init__()
        self.table, self.between, self.head = nn.Embedding(9, 4), between, nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.between(self.table(x)))


class Attending(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True, **options)

    def forward(self, x):
        torch.manual_seed(5)  # dropout drops the same weights each time
        return self.attention(x, x, x, need_weights=False)[0]


class Listed(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return x


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = multilayer(4, 6, 4), nn.Linear(4, 2)

    def forward(self, x):
        return self.head(torch.relu(x + self.body(x)))


def multilayer(*widths, activation=nn.ReLU, bias=True):
    layers = []
    for before, after in zip(widths, widths[1:], strict=False):
        layers += [nn.Linear(before, after, bias=bias), activation()]
    return nn.Sequential(*layers[:-1])


IMAGE, TOKENS, WORDS = (7, 1, 14, 14), (7, 5, 4), "words"
MODELS = {
    "relu": (lambda: multilayer(4, 6, 5, 2), (7, 4), 2),
    "leaky relu, dropout": (
        lambda: nn.Sequential(nn.Linear(4, 6), nn.LeakyReLU(), nn.Dropout(0.5), nn.Linear(6, 2)), (7, 4), 1,
    ),
    "linear": (lambda: multilayer(4, 6, 5, 2, activation=nn.Identity, bias=False), (7, 4), 2),
    "linear with biases": (lambda: multilayer(4, 6, 5, 2, activation=nn.Identity), (7, 4), 2),
    "convolutions": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 4, 3), nn.AvgPool2d(2), nn.ReLU(),
            nn.Flatten(), nn.Linear(16, 5), nn.GELU(), nn.Linear(5, 2),
        ), IMAGE, 2,
    ),
    "linear convolutions": (
        lambda: nn.Sequential(nn.Conv1d(2, 3, 2, bias=False), nn.Conv1d(3, 4, 2), nn.Flatten(), nn.Linear(24, 2)),
        (7, 2, 8), 2,
    ),
    "residual attention": (ResidualBlock, TOKENS, 5),
    "view": (Viewed, (7, 2, 10), 1),
    "fork": (Fork, (7, 3), 1),
    "gain and shift of LayerNorm": (lambda: nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 2)), (7, 4), 1),
    "embedding, then linear": (lambda: Words(nn.Identity()), WORDS, 1),
    "embedding, then ReLU": (lambda: Words(nn.ReLU()), WORDS, 1),
    "PReLU": (lambda: multilayer(4, 6, 2, activation=lambda: nn.PReLU(6)), (7, 4), 1),
    "attention with dropout": (lambda: Attending(dropout=0.3), TOKENS, 4),
    "attention with keys and values of other widths": (lambda: Attending(kdim=4, vdim=4), TOKENS, 4),
    "BatchNorm between linear layers": (
        lambda: nn.Sequential(
            nn.BatchNorm1d(4), nn.Linear(4, 5), nn.Tanh(), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 2),
        ),
        (7, 4), 2,
    ),
    "list of layers": (Listed, (7, 4), 2),
    "residual": (Residual, (7, 4), 1),
    "gain and shift of GroupNorm": (
        lambda: nn.Sequential(nn.GroupNorm(2, 4), nn.ReLU(), nn.Conv1d(4, 2, 3)), (7, 4, 6), 1,
    ),
}  # fmt: skip


def arrays(model, shape, seed):
    """Parameters and gradients in double precision, of a loss without symmetries of its own."""
    generator = torch.Generator().manual_seed(seed)
    model = model.double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / 2)
    if shape == WORDS:
        data = torch.randint(0, 9, (7, 5), generator=generator)
    else:
        data = torch.randn(shape, generator=generator, dtype=torch.float64)
    output = model(data)
    weights = torch.randn(output.shape, generator=generator, dtype=torch.float64)
    (weights * output.sin() + output**2).sum().backward()
    parameters = dict(model.named_parameters())
    return (
        {name: p.detach().numpy() for name, p in parameters.items()},
        {name: np.zeros(p.shape) if p.grad is None else p.grad.numpy() for name, p in parameters.items()},
    )


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", MODELS)
def test_gradients_of_the_module_are_orthogonal_to_its_laws(name, seed):
    build, shape, families = MODELS[name]
    torch.manual_seed(seed)
    model = build()
    found = laws_of_module(model)
    theta, g = arrays(model, shape, seed)
    assert len(found.laws) == families
    for law in found.laws:
        sizes = norms(theta, law.arrays), norms(g, law.arrays)
        assert np.abs(law.bilinear(theta, g)).max() < 1e-13 * law.scale(*sizes)  # rounding of double precision
        assert law.scale(*sizes) > 1e-3  # so the test can fail


@pytest.mark.parametrize("name", ["BatchNorm", "LayerNorm"])
def test_a_normalisation_frees_the_scale_before_it_up_to_its_eps(name):
    layer = {"BatchNorm": nn.BatchNorm1d(6, eps=1e-13), "LayerNorm": nn.LayerNorm(6, eps=1e-13)}[name]
    model = nn.Sequential(nn.Linear(4, 6), layer, nn.Linear(6, 2))
    first = laws_of_module(model).laws[0]
    theta, g = arrays(model, (9, 4), 0)
    assert (first.size, "eps" in first.source) == ({"BatchNorm": 6, "LayerNorm": 1}[name], True)
    assert np.abs(first.bilinear(theta, g)).max() < 1e-9  # eps relative to variances above 1e-3


@pytest.mark.parametrize(
    ("model", "shape", "broken"),
    [
        (multilayer(4, 6, 2, activation=nn.Tanh), (7, 4), "Tanh"),
        (multilayer(4, 6, 2, activation=nn.GELU), (7, 4), "GELU"),
        (nn.Sequential(nn.Linear(4, 6), nn.Softmax(-1), nn.Linear(6, 2)), (7, 4), "Softmax"),
    ],
)
def test_activations_that_are_not_homogeneous_leave_no_law_and_say_so(model, shape, broken):
    found = laws_of_module(model)
    assert found.laws == ()
    assert broken in found.notes[0]


def test_axes_that_are_no_channels_carry_no_law():
    """Linear after a convolution acts on positions; pooling after Linear mixes its features."""
    assert laws_of_module(nn.Sequential(nn.Conv1d(2, 3, 2), nn.ReLU(), nn.Linear(3, 2))).laws == ()
    assert laws_of_module(nn.Sequential(nn.Linear(4, 6), nn.MaxPool1d(2), nn.Linear(3, 2))).laws == ()
    assert laws_of_module(nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Flatten(), nn.Linear(30, 2))).laws == ()


@pytest.mark.parametrize("bias", [False, True])
def test_a_plain_relu_network_is_counted_by_the_engine(bias):
    found = laws_of_module(multilayer(4, 6, 5, 2, bias=bias))
    answer = conservation_laws(found.network)
    assert answer.count == 11 == sum(law.size for law in found.laws)


def test_a_linear_chain_becomes_a_linear_network():
    found = laws_of_module(multilayer(4, 3, 2, activation=nn.Identity, bias=False))
    assert found.network.description == "widths 4-3-2"


def test_a_linear_chain_with_biases_has_the_laws_of_the_engine():
    found = laws_of_module(multilayer(4, 3, 2, activation=nn.Identity, bias=True))
    answer = conservation_laws(found.network)
    assert answer.count == 3 * 4 // 2
    (law,) = found.laws
    assert law.name == "2^T 2 - 0 0^T - bias bias^T"
    assert [repr(known) for known in answer.laws] == ["Law(W1*W1.T - W2.T*W2 + b1*b1.T)"]


@pytest.mark.parametrize(
    ("optimizer", "conclusion"),
    [
        (lambda p: torch.optim.SGD(p, lr=0.05), "conserved up to discretisation"),
        (lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9), "broken by momentum"),
        (lambda p: torch.optim.SGD(p, lr=0.05, weight_decay=0.01), "broken by weight decay"),
        (lambda p: torch.optim.Adam(p, lr=1e-3), "broken by the rescaled steps of Adam"),
        (lambda p: torch.optim.AdamW(p, lr=1e-3, weight_decay=0.5), "weight decay"),
    ],
)
@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
def test_training_is_followed_and_the_optimizer_named(optimizer, conclusion, precision):
    torch.manual_seed(0)
    model = multilayer(5, 8, 6, 3).to(precision)
    mover = optimizer(model.parameters())
    x, labels = torch.randn(16, 5, dtype=precision), torch.arange(16) % 3
    with monitored(model, mover, every=3) as record:
        for _ in range(20):
            mover.zero_grad()
            loss = nn.functional.cross_entropy(model(x), labels)
            loss.backward()
            record.loss(loss.item())
            mover.step()
    drift = record.drift()
    assert all(conclusion in row.conclusion for row in drift.laws)
    assert drift.steps[-1] == 19
    assert np.isfinite(drift.losses[1:]).all()
    mover.step()
    assert record.drift().steps == drift.steps  # the hooks are gone


def test_predicted_drift_of_plain_descent_is_what_is_measured():
    torch.manual_seed(1)
    model = multilayer(5, 8, 6, 3).double()
    mover = torch.optim.SGD(model.parameters(), lr=0.05)
    x, labels = torch.randn(16, 5, dtype=torch.float64), torch.arange(16) % 3
    with monitored(model, mover, every=1) as record:
        for _ in range(30):
            mover.zero_grad()
            nn.functional.cross_entropy(model(x), labels).backward()
            mover.step()
    for row in record.drift().laws:
        assert row.drift[-1] > 1e-6
        np.testing.assert_allclose(row.drift, row.predicted, rtol=1e-9, atol=1e-15)  # double precision


def tied():
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    return nn.Sequential(first, second)


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def forward(self, x):
        return self.layer(x) if x.sum() > 0 else x


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x):
        return self.layer(torch.relu(self.layer(x)))


class TiedCall(nn.Module):
    """The weight of a layer read once more, past the layer: a tied autoencoder as people write it."""

    def __init__(self):
        super().__init__()
        self.start, self.code = nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x):
        return nn.functional.linear(torch.relu(self.code(torch.relu(self.start(x)))), self.code.weight.T)


def scripted():
    import warnings

    with warnings.catch_warnings():  # PyTorch advises against what this test is about
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.jit.script(multilayer(2, 3, 2))


def hooked():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return nn.Sequential(nn.utils.weight_norm(nn.Linear(2, 3)), nn.ReLU(), nn.Linear(3, 2))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.Sequential(nn.Linear(2, 2), nn.LSTM(2, 2)), r"the layer 1 of type LSTM is not known: say which laws"),
        (nn.Sequential(nn.Conv1d(2, 2, 1), nn.InstanceNorm1d(2, affine=True)), "the layer 1 of type InstanceNorm1d"),
        (nn.Sequential(nn.TransformerEncoderLayer(8, 2, 16)), "the layer 0 of type TransformerEncoderLayer is not"),
        (
            nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))),
            r"the layer 0 of type ParametrizedLinear is not known: .* laws=\{'0': \[ArrayLaw",
        ),
        (hooked(), "the layer 0 computes its weight from bias, weight_g, weight_v: say which laws these have"),
        (scripted(), "the module is compiled to TorchScript"),
        (nn.Sequential(nn.LazyLinear(3)), "0.weight has no shape before the module has seen data"),
        (nn.Sequential(nn.Linear(2, 2, dtype=torch.complex64)), "0.weight is complex"),
        (TiedCall(), r"code.weight is used outside of its layer too: .* laws=\{'code': \[ArrayLaw"),
        (nn.Linear, "the class Linear came: give a torch.nn.Module"),
        (None, "a NoneType came: give a torch.nn.Module"),
        (tied(), "0.weight and 1.weight are one tensor"),
        (Twice(), "the layer layer is used twice"),
        (Branching(), "the forward pass cannot be traced"),
        ("a model", "a str came: give a torch.nn.Module"),
    ],
)
def test_modules_that_cannot_be_read_are_refused_in_one_sentence(model, message):
    with pytest.raises(ModelError, match=message) as caught:
        laws_of_module(model)
    assert "\n" not in str(caught.value)


def test_laws_of_an_unknown_layer_can_be_given_by_hand():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2), nn.LSTM(2, 2))
    mine = ArrayLaw(name="mine", size=1, terms=(ArrayTerm(1, "3.weight_ih_l0"),), part="diagonal", source="given")
    found = laws_of_module(model, {"3": [mine]})
    assert [law.name for law in found.laws] == ["|columns of 2|^2 - |rows of 0|^2 - bias^2", "mine"]
    assert "whose laws were given by hand" in found.notes[0]


def test_an_optimizer_of_other_parameters_is_refused():
    model, other = multilayer(3, 4, 2), multilayer(3, 4, 2)
    with (
        pytest.raises(ModelError, match=r"the optimizer does not train 2\.weight"),
        monitored(model, torch.optim.SGD(other.parameters(), lr=0.1)),
    ):
        pass


def test_mixed_precisions_are_refused():
    model = multilayer(3, 4, 2)
    model[2].double()
    theta = {name: p.detach().numpy() for name, p in model.named_parameters()}
    with pytest.raises(ModelError, match=r"precisions are mixed \(.* in float32 and .* in float64\)"):
        Monitor(laws_of_module(model).laws).step(theta, theta)


@pytest.mark.parametrize("wrapped", [torch.nn.DataParallel, lambda model: torch.compile(model, backend="eager")])
def test_wrappers_are_looked_through(wrapped):
    plain, inside = multilayer(3, 4, 2), multilayer(3, 4, 2)
    model = wrapped(inside)
    assert [law.terms for law in laws_of_module(model).laws] == [law.terms for law in laws_of_module(plain).laws]
    mover = torch.optim.SGD(model.parameters(), lr=0.1)
    with monitored(model, mover, every=1) as record:
        inside(torch.ones(2, 3)).sum().backward()
        mover.step()
    assert record.drift().steps == (0, 1)


def test_a_layer_alone_keeps_its_names():
    layer = nn.MultiheadAttention(4, 2)
    found = laws_of_module(layer)
    assert {name for law in found.laws for name in law.arrays} == {"in_proj_weight", "in_proj_bias", "out_proj.weight"}
    assert found.laws[0].name == "Q Q^T - K K^T, head 0"


def test_frozen_parameters_leave_no_law_and_say_so():
    model = multilayer(3, 4, 5, 2)
    model[0].bias.requires_grad_(False)
    found = laws_of_module(model)
    assert [law.name for law in found.laws] == ["|columns of 4|^2 - |rows of 2|^2 - bias^2"]
    assert any("0.bias is frozen" in note for note in found.notes)
    assert found.network is None


def test_parameters_outside_of_layers_are_named():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale, self.layer, self.idle = nn.Parameter(torch.ones(3)), nn.Linear(3, 2), nn.Linear(2, 2)

        def forward(self, x):
            return self.layer(self.scale * x)

    notes = laws_of_module(Scaled()).notes
    assert "scale: it is used outside of a layer, and its laws are not known" in notes
    assert "idle.weight: the forward pass does not use it, so it stays where it is" in notes


def test_batch_normalisation_frees_a_scale_in_training_mode_only():
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    assert len(laws_of_module(model).laws) == 2
    found = laws_of_module(model.eval())
    assert len(found.laws) == 1
    assert any("call train() on the module" in note for note in found.notes)


@pytest.mark.parametrize(
    ("laws", "message"),
    [
        ({"nowhere": []}, "laws speaks of 'nowhere', and the layers of the module are 0, 1, 2"),
        ({"0": "none"}, r"the laws of 0 are 'none': give a list of ArrayLaw, \[\] for none"),
        ({"0": ["a law"]}, "'a law' among the laws of 0 is no ArrayLaw"),
        ([], "laws is a list: give a mapping from layers to laws"),
    ],
)
def test_laws_by_hand_are_checked(laws, message):
    with pytest.raises(ModelError, match=message):
        laws_of_module(multilayer(2, 3, 2), laws)


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (nn.Embedding(5, 3, max_norm=1.0), "max_norm or scale_grad_by_freq changes its gradient"),
        (nn.Embedding(5, 3, padding_idx=2, _weight=torch.ones(5, 3)), "its padding row is not trained, and not zero"),
    ],
)
def test_embeddings_whose_gradient_is_changed_have_no_law_and_say_why(table, reason):
    found = laws_of_module(nn.Sequential(table, nn.Linear(3, 2)))
    assert found.laws == ()
    assert any(reason in note for note in found.notes)
    assert len(laws_of_module(nn.Sequential(nn.Embedding(5, 3, padding_idx=2), nn.Linear(3, 2))).laws) == 1


def test_the_law_of_a_layer_that_is_used_twice_can_be_given_by_hand():
    found = laws_of_module(
        Twice(),
        {"layer": [ArrayLaw(name="mine", size=3, terms=(ArrayTerm(1, "layer.weight"),), part="diagonal", source="")]},
    )
    assert [law.name for law in found.laws] == ["mine"]


def trained(model, data, mover, steps=4, scale=1.0):
    with monitored(model, mover, every=1) as record:
        for _ in range(steps):
            mover.zero_grad()
            (scale * model(data) ** 2).mean().backward()
            mover.step()
    return record.drift()


@pytest.mark.parametrize("value", [float("nan"), 1e18], ids=["nan", "overflow"])
def test_a_run_that_diverges_is_no_run_that_conserves(value):
    torch.manual_seed(0)
    model = multilayer(3, 4, 2)
    drift = trained(model, torch.full((5, 3), value), torch.optim.SGD(model.parameters(), lr=0.1))
    assert {row.conclusion for row in drift.laws} == {"lost: numbers that are not finite came, so the run has diverged"}
    assert not drift.laws[0].is_conserved


def test_tiny_steps_are_not_blamed_for_the_rounding_of_single_precision():
    """Steps of 1e-7 of the parameters are rounded to a few digits; no optimizer but SGD is at work."""
    torch.manual_seed(0)
    model = multilayer(3, 4, 2)
    drift = trained(model, torch.randn(5, 3), torch.optim.SGD(model.parameters(), lr=1e-6), steps=3)
    assert drift.laws[0].conclusion == "conserved up to discretisation"


def test_the_eps_of_a_normalisation_is_blamed_for_what_it_breaks():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4, eps=1e-2), nn.Linear(4, 2))
    drift = trained(model, torch.randn(6, 3), torch.optim.SGD(model.parameters(), lr=0.1))
    assert drift.laws[0].conclusion == "broken by the eps of BatchNorm1d"


def test_gradients_in_half_precision_are_told_from_a_function_that_is_no_law():
    torch.manual_seed(0)
    model = multilayer(8, 16, 8)
    mover, data = torch.optim.SGD(model.parameters(), lr=0.1), torch.randn(6, 8)
    with monitored(model, mover, every=1) as record:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = (model(data) ** 2).mean()
        loss.backward()
        mover.step()
    assert record.drift().laws[0].conclusion.startswith("broken by gradients of low precision")


def test_steps_that_evaluate_several_gradients_are_named():
    torch.manual_seed(0)
    model = multilayer(3, 4, 2)
    mover, data = torch.optim.LBFGS(model.parameters()), torch.randn(5, 3)

    def closure():
        mover.zero_grad()
        loss = (model(data) ** 2).mean()
        loss.backward()
        return loss

    with monitored(model, mover, every=1) as record:
        mover.step(closure)
    assert record.drift().laws[0].conclusion == "broken by the rescaled steps of LBFGS"


def test_sparse_gradients_of_an_embedding_are_followed():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Embedding(6, 3, sparse=True), nn.Linear(3, 2))
    drift = trained(model, torch.tensor([0, 2, 5]), torch.optim.SGD(model.parameters(), lr=0.1))
    assert drift.laws[0].conclusion == "conserved up to discretisation"


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16])
def test_parameters_in_half_precision_are_refused(precision):
    model = multilayer(3, 4, 2).to(precision)
    with (
        pytest.raises(ModelError, match=f"is in {str(precision)[6:]}, whose rounding is as large"),
        monitored(model, torch.optim.SGD(model.parameters(), lr=0.1)),
    ):
        pass


def test_what_is_no_optimizer_is_refused():
    with pytest.raises(ModelError, match="a str came as the optimizer"), monitored(multilayer(3, 4, 2), "SGD"):
        pass


def test_checkpoints_may_be_state_dicts():
    from symdyn.training.monitor import drift_of_checkpoints

    model = multilayer(3, 4, 2)
    drift = drift_of_checkpoints(laws_of_module(model).laws, [model.state_dict(), model.state_dict()])
    assert drift.laws[0].drift == (0.0, 0.0)
    half = {name: value.half() for name, value in model.state_dict().items()}
    with pytest.raises(ModelError, match="is in float16: give float32 or float64"):
        drift_of_checkpoints(laws_of_module(model).laws, [half, half])
