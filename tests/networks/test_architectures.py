"""Architectures against the maps they stand for, in SymPy; what they refuse; laws that every size has."""

import itertools
from fractions import Fraction

import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import ModelError
from symdyn.geometry.block import Block
from symdyn.networks.programs.program import Factor, MatrixProgram, Term
from tests.laws import models

net = sd.networks


def matrices(network):
    """The blocks of a program as matrices of its symbols, by name."""
    return dict(zip([block.name for block in network.blocks], network.symbol_matrices(), strict=True))


def coefficients(expressions, variables):
    """Coefficients of the monomials in `variables`, constants left out: what a loss sees at many inputs."""
    found = []
    for expression in expressions:
        for monomial, value in sp.Poly(sp.expand(expression), *variables).terms():
            if any(monomial):
                found.append(sp.expand(value))
    return found


def same_span(left, right, coords, seed=5):
    """Whether two lists of functions have gradients of one span at a random integer point."""
    point = models.random_point(coords, seed)
    both = [models.gradients_at(functions, point) for functions in (left, right)]
    ranks = [models.rank(part) for part in both]
    return ranks[0] == ranks[1] == models.rank(sp.Matrix.vstack(*both))


def inputs(name, size):
    return sp.Matrix(sp.symbols(f"{name}1:{size + 1}"))


def logits(network, width, head_width):
    """(Q x + b_q)^T (K y + b_k) as it is computed, less its value at y = 0, which softmax forgets."""
    b = matrices(network)
    x, y = inputs("x", width), inputs("y", width)
    zero = sp.zeros(head_width, 1)
    query = b["Q"] * x + b.get("b_q", zero)
    key = b["K"] * y + b.get("b_k", zero)
    product = (query.T * key)[0]
    return [sp.expand(product - product.subs(dict.fromkeys(y, 0)))], (*x, *y)


@pytest.mark.parametrize(("width", "head_width", "bias"), [(2, 1, False), (3, 2, False), (2, 2, True), (3, 1, True)])
def test_products_listed_are_what_the_logits_show(width, head_width, bias):
    network = net.query_key(width, head_width, bias=bias)
    shown, variables = logits(network, width, head_width)
    assert same_span(network.outputs, coefficients(shown, variables), network.coords)


@pytest.mark.parametrize("planes", [1, 2])
def test_rotary_products_are_what_the_logits_show_at_all_rotations(planes):
    """Rotation number p of each plane is seen through its cosine c and sine s, as independent variables."""
    network = net.query_key(2, 2 * planes, rotary=True)
    b = matrices(network)
    x, y = inputs("x", 2), inputs("y", 2)
    total, angles = 0, []
    for p in range(planes):
        c, s = sp.symbols(f"c{p} s{p}")
        angles += [c, s]
        query, key = (sp.Matrix.vstack(b[f"{name}_{2 * p + 1}"], b[f"{name}_{2 * p + 2}"]) for name in "qk")
        total += (x.T * query.T * sp.Matrix([[c, -s], [s, c]]) * key * y)[0]
    assert same_span(network.outputs, coefficients([total], (*x, *y, *angles)), network.coords)


def test_value_path_with_biases_is_what_the_output_shows():
    """Rows of attention sum to one: with weights p and 1 - p the output is V^T-mixed tokens plus constants."""
    network = net.attention(2, 2, heads=2, bias=True)
    b = matrices(network)
    x, y, p = inputs("x", 2), inputs("y", 2), sp.symbols("p1:3")
    output = b["b_o"]
    for h in (1, 2):
        mixed = p[h - 1] * x + (1 - p[h - 1]) * y
        output = output + (b[f"V{h}"] * mixed + b[f"b_v{h}"]).T * b[f"O{h}"]
    seen = [value for entry in output for value in sp.Poly(sp.expand(entry), *x, *y, *p).coeffs()]
    listed = [entry for number in (-3, -2, -1) for entry in network.outputs_as_matrices[number]]
    assert same_span(listed, seen, network.coords)


@pytest.mark.parametrize(
    ("network", "formula"),
    [
        pytest.param(net.factorization(3, 2, 4), lambda b: [b["U"] * b["V"].T], id="factorization"),
        pytest.param(net.low_rank_adaptation(3, 2, 4), lambda b: [b["B"] * b["A"]], id="LoRA"),
        pytest.param(net.tied(2, 3), lambda b: [b["U"] * b["U"].T], id="tied"),
        pytest.param(net.autoencoder(3, 2), lambda b: [b["W2"] * b["W1"]], id="autoencoder"),
        pytest.param(
            net.autoencoder(3, 2, 1, tied_weights=True),
            lambda b: [b["W1"].T * b["W2"].T * b["W2"] * b["W1"]],
            id="tied autoencoder",
        ),
        pytest.param(net.learned_skip(3, 1, 2), lambda b: [b["S"] + b["U"] * b["V"].T], id="learned skip"),
        pytest.param(
            net.linear(2, 3, 2, 1, bias=True),
            lambda b: [
                b["W3"] * b["W2"] * b["W1"],
                b["W3"] * b["W2"] * b["b1"] + b["W3"] * b["b2"] + b["b3"],
            ],
            id="linear with biases",
        ),
        pytest.param(
            net.residual(2, 1, blocks=3),
            lambda b: [
                sp.prod((sp.eye(2) + b[f"U{k}"] * b[f"V{k}"].T for k in (3, 2, 1)), start=sp.eye(2)) - sp.eye(2)
            ],
            id="residual",
        ),
        pytest.param(
            net.residual(2), lambda b: [(sp.eye(2) + b["A2"]) * (sp.eye(2) + b["A1"]) - sp.eye(2)], id="full residual"
        ),
        pytest.param(
            net.linear_recurrence(2, 2, 1),
            lambda b: [b["C"] * b["A"] ** power * b["B"] for power in range(4)],
            id="recurrence",
        ),
    ],
)
def test_outputs_are_those_of_the_formula(network, formula):
    expected = [sp.expand(entry) for matrix in formula(matrices(network)) for entry in matrix]
    assert [sp.expand(entry) for entry in network.outputs] == expected


@pytest.mark.parametrize("lengths", [(2, 3), (2, 2, 3), (1, 4)])
def test_convolution_is_the_product_of_polynomials(lengths):
    network = net.convolution(*lengths)
    t = sp.Symbol("t")
    coords, product = list(network.coords), sp.Integer(1)
    for length in lengths:
        product *= sum(coords.pop(0) * t**k for k in range(length))
    assert list(network.outputs) == sp.Poly(product, t).all_coeffs()[::-1]


@pytest.mark.parametrize(("period", "layers"), [(3, 2), (4, 2), (3, 3)])
def test_circular_convolution_is_the_product_of_circulant_matrices(period, layers):
    network = net.circular_convolution(period, layers=layers)
    filters = [network.coords[k * period : (k + 1) * period] for k in range(layers)]
    product = sp.eye(period)
    for u in filters:
        product = product * sp.Matrix(period, period, lambda i, j, u=u: u[(i - j) % period])
    assert [sp.expand(entry) for entry in network.outputs] == [sp.expand(entry) for entry in product[:, 0]]


def test_laws_of_circular_convolution_are_differences_of_autocorrelations():
    """One for each Fourier frequency: |u^(f)|^2 - |v^(f)|^2 in the basis of cosines."""
    network = net.circular_convolution(5)
    u, v = network.coords[:5], network.coords[5:]
    for lag in range(3):
        law = sum(u[i] * u[(i + lag) % 5] - v[i] * v[(i + lag) % 5] for i in range(5))
        assert sd.is_conserved(law, network).verdict is sd.Verdict.PROVED


@pytest.mark.parametrize("gain", [False, True])
@pytest.mark.parametrize("size", [2, 3, 4])
def test_fields_of_normalised_weights_span_the_gradients_of_the_normalised_weight(size, gain):
    """Gradients of g w_i/|w| times |w|^3, by SymPy, at an integer point."""
    network = net.weight_normalisation(size, gain=gain)
    w = network.coords[:size]
    norm = sp.sqrt(sum(entry**2 for entry in w))
    scale = network.coords[-1] if gain else sp.Integer(1)
    point = models.random_point(network.coords, seed=size)
    exact = [
        [sp.simplify((norm**3 * sp.diff(scale * entry / norm, symbol)).subs(point)) for symbol in network.coords]
        for entry in w
    ]
    fields = sp.Matrix([list(field.components.xreplace(point)) for field in network.fields])
    gradients = sp.Matrix(exact)
    assert models.rank(fields) == models.rank(gradients) == models.rank(fields.col_join(gradients))


def test_batch_normalised_rows_keep_their_norms_and_nothing_else():
    answer = sd.conservation_laws(net.batch_normalisation(3, 2))
    rows = [sum(symbol**2 for symbol in answer.model.coords[3 * k : 3 * k + 3]) for k in range(2)]
    assert (answer.count, answer.exhibited) == (2, 2)
    assert {law.expression for law in answer.laws} == set(rows)


@pytest.mark.parametrize(("power", "bias"), [(1, False), (2, False), (2, True), (3, True)])
def test_homogeneous_activation_weighs_the_outgoing_norm_with_its_degree(power, bias):
    network = net.homogeneous(2, 2, 2, power=power, bias=bias)
    u, v, b = network.coords[:4], network.coords[4:8], network.coords[8:]
    answer = sd.conservation_laws(network)
    laws = [
        power * sum(x**2 for x in u[2 * j : 2 * j + 2])
        - sum(x**2 for x in v[2 * j : 2 * j + 2])
        - sum(x**2 for x in b[j : j + 1])
        for j in range(2)
    ]
    assert (answer.count, answer.exhibited) == (2, 2)
    assert {sd.is_conserved(law, network).verdict for law in laws} == {sd.Verdict.PROVED}


def test_homogeneous_activation_shows_the_powers_of_each_neuron():
    network = net.homogeneous(2, 2, 1, power=3)
    u, v = network.coords[:2], network.coords[2:]
    x = inputs("x", 2)
    neurons = [u[j] * (v[2 * j] * x[0] + v[2 * j + 1] * x[1]) ** 3 for j in range(2)]
    assert same_span(network.outputs, coefficients(neurons, x), network.coords)


@pytest.mark.parametrize("gate", [(1, 1, 3), (0, 2), (1,), (Fraction(1, 2), 0, 1)])
def test_gated_unit_is_the_polynomial_of_its_gate(gate):
    network = net.gated(2, 2, 1, gate=gate)
    a, b, c = network.coords[:4], network.coords[4:8], network.coords[8:]
    x = inputs("x", 2)
    output = 0
    for k in range(2):
        line, t = (entry[2 * k] * x[0] + entry[2 * k + 1] * x[1] for entry in (a, b))
        output += c[k] * line * sum(sp.Rational(scale) * t**power for power, scale in enumerate(gate, start=1))
    assert {sp.expand(o) for o in network.outputs} - {0} == set(coefficients([output], x))


def test_relu_residual_blocks_have_the_laws_of_their_neurons():
    """As monomials of the blocks, typed."""
    answer = sd.conservation_laws(net.relu_residual(3, 2, blocks=2, bias=True))
    typed = models.relu_monomials((3, 2, 3), True)
    alone = sd.conservation_laws(typed)
    assert answer.count == answer.exhibited == 2 * alone.count == 4
    assert answer.dimension == 2 * alone.dimension


# The statements of the source about two residual blocks.


@pytest.mark.case("LAW-094")
def test_two_residual_blocks_have_the_laws_of_each_and_none_across_the_skip():
    network = net.residual(2, 1)
    b = matrices(network)
    within = [b[f"U{k}"].T * b[f"U{k}"] - b[f"V{k}"].T * b[f"V{k}"] for k in (1, 2)]
    across = b["U1"].T * b["U1"] - b["V2"].T * b["V2"]
    assert {sd.is_conserved(law, network).verdict for law in within} == {sd.Verdict.PROVED}
    assert sd.is_conserved(across, network).verdict is sd.Verdict.REFUTED


@pytest.mark.case("LAW-210")
def test_scalar_residual_blocks_have_a_third_law_that_no_polynomial_is():
    network = net.residual(1, 1)
    answer = sd.conservation_laws(network, degree=6)
    assert (answer.count, answer.ladder[-1].lower) == (3, 2)
    u, v, s, t = network.coords
    third = sp.log(u + v) + (u**2 + v**2) / 4 - sp.log(s + t) - (s**2 + t**2) / 4
    assert sd.is_conserved(third, network).verdict is sd.Verdict.PROVED
    gradients = models.gradients_at([u**2 - v**2, s**2 - t**2, third], models.random_point(network.coords, seed=4))
    assert models.rank(gradients) == 3


@pytest.mark.case("LAW-208")
@pytest.mark.parametrize(("outputs", "hidden"), [(1, 3), (2, 3), (2, 4)])
def test_wide_tied_weights_keep_their_row_space(outputs, hidden):
    """U = [A B]: the entries of A^-1 B are all the laws, and no polynomial is one."""
    network = net.tied(outputs, hidden)
    (u,) = network.symbol_matrices()
    laws = list((u[:, :outputs].inv() * u[:, outputs:]).applyfunc(sp.cancel))
    answer = sd.conservation_laws(network, degree=3)
    assert (answer.count, answer.ladder[-1].lower) == (outputs * (hidden - outputs), 0)
    assert {sd.is_conserved(law, network).verdict for law in laws} == {sd.Verdict.PROVED}
    assert models.rank(models.gradients_at(laws, models.random_point(network.coords, seed=6))) == answer.count


@pytest.mark.case("LAW-306")
def test_column_sums_of_a_head_are_laws_under_a_softmax_only():
    head, linear = net.softmax_head(2, 3), net.linear(2, 3)
    law, same = (sum(network.coords[k] for k in (0, 2, 4)) for network in (head, linear))
    assert sd.is_conserved(law, head).verdict is sd.Verdict.PROVED
    assert sd.is_conserved(same, linear).verdict is sd.Verdict.REFUTED


# Two routes and relabellings.


@pytest.mark.parametrize("heads", [1, 2, 3])
def test_heads_count_apart(heads):
    one = sd.conservation_laws(net.attention(3, 2)).count
    assert sd.conservation_laws(net.attention(3, 2, heads=heads)).count == heads * one


@pytest.mark.parametrize(("heads", "key_heads"), [(4, 4), (4, 2), (4, 1)])
def test_shared_keys_leave_the_laws_of_the_shared_factors(heads, key_heads):
    """sum_h Q_h Q_h^T - K K^T: one symmetric matrix for each shared key and each shared value."""
    answer = sd.conservation_laws(net.attention(3, 2, heads=heads, key_heads=key_heads))
    assert answer.count == answer.exhibited == key_heads * 2 * 3
    assert len(answer.laws) == 2 * key_heads
    assert answer.certificate.verify().verdict is sd.Verdict.PROVED


def test_rotary_encoding_leaves_one_law_for_each_plane():
    """d1 (d1 + 1) / 2 laws of the logits become d1 / 2."""
    plain, rotary = (sd.conservation_laws(net.query_key(4, 4, rotary=on)).count for on in (False, True))
    assert (plain, rotary) == (10, 2)


def test_many_parameters_need_no_expansion():
    answer = sd.conservation_laws(net.attention(40, 8, heads=5))
    assert answer.count == answer.exhibited == 5 * 2 * 36
    assert answer.certificate.verify().verdict is sd.Verdict.PROVED


@pytest.mark.parametrize("options", [{"heads": 2}, {"heads": 2, "bias": True}, {"heads": 4, "key_heads": 2}])
def test_parts_that_share_no_block_count_as_the_whole(options):
    """The engine solves the parts apart; brackets of the whole program bound the same number from above."""
    network = net.attention(3, 2, **options)
    answer = sd.conservation_laws(network)
    assert answer.dimension - sd.involutive_closure(network).rank == answer.upper == answer.exhibited
    assert len(answer.certificate.witness["parts"]) > 1


def test_parts_of_a_program_keep_polynomial_laws_in_their_own_symbols():
    """Two scalar residual blocks beside a product: the search on one part must not speak of the other."""
    u, v, s, t = (Block(name, 1, 1) for name in "uvst")
    terms = (Term(1, (Factor(0),)), Term(1, (Factor(0), Factor(0), Factor(1))))
    others = (Term(1, (Factor(2), Factor(3))),)
    answer = sd.conservation_laws(MatrixProgram("two parts", (u, v, s, t), (terms, others)))
    x, y, z, w = answer.model.coords
    assert answer.certificate.verify().verdict is sd.Verdict.PROVED
    assert {symbol for law in answer.laws for symbol in law.expression.free_symbols} <= {x, y, z, w}
    assert {sd.is_conserved(law, answer.model).verdict for law in answer.laws} == {sd.Verdict.PROVED}
    assert answer.count == 2


def test_an_unused_block_is_a_law_entry_by_entry():
    answer = sd.conservation_laws(net.query_key(2, 3, bias=True))
    frozen = next(law for law in answer.laws if law.form.part == "full")
    assert frozen.expression.shape == (3, 1)
    assert set(frozen.expression) == set(matrices(answer.model)["b_k"])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: net.attention(0, 2), "attention got 0 for width: give a whole number from 1"),
        (lambda: net.attention(4, 2, heads=4, key_heads=3), "4 heads and 3 key heads: give a number that divides 4"),
        (lambda: net.attention(4, 3, rotary=True), "the head width is 3: give an even one"),
        (lambda: net.attention(4, 2, rotary=True, bias=True), "bias and rotary together"),
        (lambda: net.query_key(4, 2, rotary=True, bias=True), "bias and rotary together"),
        (lambda: net.query_key(4, True), "query_key got True for head width"),
        (lambda: net.factorization(3, 2.0, 2), "factorization got 2.0 for rank: give a whole number from 1"),
        (lambda: net.factorization(10**9, 1, 1), "rows 1000000000 has more than 100,000,000 parameters"),
        (lambda: net.factorization(10**8, 2, 1), "has more than 100,000,000 parameters: give smaller sizes"),
        (lambda: net.tied(2, "3"), "tied got '3' for hidden"),
        (lambda: net.autoencoder(3), "give at least input and output, as in autoencoder"),
        (lambda: net.residual(2, 1, blocks=11), "11 blocks: their product has 2\\^11 terms, give at most 10"),
        (lambda: net.relu_residual(2, -1), "relu_residual got -1 for hidden"),
        (lambda: net.linear_recurrence(1, 2, 1, steps=201), "201 steps: give at most 200"),
        (lambda: net.softmax_head(2, 1), "one class: its probability is always 1"),
        (lambda: net.linear_softmax(2, 2, 1), "one class: its probability is always 1"),
        (lambda: net.weight_normalisation(1), "one input: its direction is a sign and never moves"),
        (lambda: net.batch_normalisation(1, 3), "one input: its direction is a sign and never moves"),
        (lambda: net.batch_normalisation(100, 100), "has 4,950,000,000 terms, more than 50,000"),
        (lambda: net.convolution(3), "give at least input and output"),
        (lambda: net.convolution(300, 300), "has 90,000 terms, more than 50,000: give smaller lengths"),
        (lambda: net.circular_convolution(3, layers=0), "circular_convolution got 0 for layers"),
        (lambda: net.relu_convolution(1, 1, 1, kernel=0), "relu_convolution got 0 for kernel"),
        (lambda: net.homogeneous(2, 2, 2, power=0), "homogeneous got 0 for power"),
        (lambda: net.homogeneous(60, 30, 30, power=3), "terms, more than 50,000"),
        (lambda: net.gated(2, 1, 1, gate=()), "give the coefficients of t, t\\^2"),
        (lambda: net.gated(2, 1, 1, gate=(0, 0)), "give the coefficients of t, t\\^2"),
        (lambda: net.gated(2, 1, 1, gate=(0.5,)), "the coefficient 0.5: give integers or Fractions"),
    ],
)
def test_misuse_is_refused_in_one_sentence(build, message):
    with pytest.raises(ModelError, match=message) as refusal:
        build()
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("form", ["text", "latex", "markdown", "json", "html"])
def test_affine_and_plain_laws_are_written_in_every_format(form):
    for network in (net.residual(2), net.query_key(2, 2, bias=True), net.weight_normalisation(3)):
        answer = sd.conservation_laws(network)
        text = {"latex": answer.latex, "html": answer.html, "markdown": answer.markdown, "json": answer.json}.get(
            form, lambda answer=answer: str(answer)
        )()
        assert text
    assert {repr(law) for law in sd.conservation_laws(net.residual(2)).laws} == {
        "Law(A1*A1.T + A1 + A1.T - A2.T*A2 - A2 - A2.T)"
    }


def test_every_architecture_names_itself_and_its_sizes():
    shown = [
        net.attention(4, 2, heads=2, key_heads=1),
        net.relu_convolution(2, 3, 2, bias=True),
        net.linear_recurrence(1, 2, 1),
        net.gated(2, 1, 1),
    ]
    assert [network.name for network in shown] == [
        "multi-query attention",
        "ReLU convolution block",
        "linear recurrence",
        "gated linear unit",
    ]
    assert len(set(map(str, itertools.chain(network.description for network in shown)))) == 4


@pytest.mark.case("LAW-211")
def test_neurons_with_one_input_share_a_clock_that_no_polynomial_tells():
    """sum_k u_k v_k^2 is one field: 2 u_k^2 - v_k^2 = c_k, and the times int du_k / (2 u_k^2 - c_k) go on together."""
    u, v = sp.symbols("u1:4"), sp.symbols("v1:4")
    model = sd.Parametrization((*u, *v), [sum(x * y**2 for x, y in zip(u, v, strict=True))])
    answer = sd.conservation_laws(model, degree=4)
    assert (answer.count, answer.exhibited) == (5, 3)
    t, c = sp.symbols("t c", positive=True)
    clock = sp.log((sp.sqrt(2) * t - sp.sqrt(c)) / (sp.sqrt(2) * t + sp.sqrt(c))) / (2 * sp.sqrt(2 * c))
    assert sp.simplify(sp.diff(clock, t) - 1 / (2 * t**2 - c)) == 0
    energies = [2 * x**2 - y**2 for x, y in zip(u, v, strict=True)]
    assert {sd.is_conserved(energy, model).verdict for energy in energies} == {sd.Verdict.PROVED}
    times = [clock.subs({t: x, c: energy}) for x, energy in zip(u, energies, strict=True)]
    point = dict(zip((*u, *v), (3, 5, 7, 1, 2, 3), strict=True))
    gradients = sp.Matrix(
        [[sp.diff(law, s) for s in model.coords] for law in (*energies, times[0] - times[1], times[1] - times[2])]
    )
    value = gradients.subs(point).evalf(40)
    field = sp.Matrix([sp.diff(model.outputs[0], s) for s in model.coords]).subs(point)
    assert max(abs(rate) for rate in value * field) < sp.Float("1e-30")  # 40 digits were carried
    assert abs((value * value.T).det()) > 1
