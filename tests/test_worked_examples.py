"""The worked examples run as they stand, and say what their text claims."""

from __future__ import annotations

import runpy
from pathlib import Path

import nbclient
import nbformat
import pytest

EXAMPLES = Path(__file__).parent.parent / "worked_examples"

#: What must appear in the output: mathematics that is checked elsewhere by an independent route.
EXPECTED = {
    "laws_of_your_own_model": [
        "exactly 3 conservation laws",
        "U^T U - V^T V - b b^T: PROVED",
        "U^T U - V^T V:         REFUTED",
    ],
    "laws_of_networks": [
        "linear (1, 2, 2, 1): 7 laws, 6 in hand",
        "1024 laws among 669,696 parameters",
        "ReLU with skips: 2 laws",
    ],
    "laws_in_training": [
        "exactly 48 laws: PROVED",
        "conserved up to discretisation",
        "broken by momentum",
        "broken by weight decay",
        "broken by the rescaled steps of Adam",
    ],
    "verify_an_equilibrium": [
        "is an equilibrium         PROVED",
        "-tanh(2 beta)",
        "beta = 1: stable, 2 stable directions, proved",
        "certificate: proved, re-checked: proved",
        "tokens along both axes: refuted",
        "pitchfork at beta = 0.274653; atanh(1/2)/2 = 0.274653",
    ],
    "appendix_of_a_paper": [
        "laws: 3, proved; equilibria: 3, proved",
        "pitchfork at lambda = 1.000000",
        "equal after JSON: True",
        "3 figures; compile appendix.tex with pdflatex",
    ],
    "smoothness_of_attention": [
        "different ones",
        "English text:       exponent 0.0",
        "two-valued tokens:  exponent 0.5",
        "16 words from heads.npz",
    ],
    "rank_collapse": [
        "T/d = 2.34, above 1 and so outside of the proof",
        "one singular value leads",
        "proved: s_1/s_2 >= 1",
        "as it is: [3.388 1.003 1.    1.    1.   ]",
        "outlier removed: [3.388 1.5",
        r"\frac{3 \sigma^{4}}{T}",
    ],
    "conditional_transport_resnet": [
        "gradients are 600 times the partial derivatives",
        "convergence of twenty flowers is UNDECIDED",
        "PROVED\nfalls at least like exp(-0.10",
        "verified again: PROVED",
        "laws that each neuron keeps for all data: 0",
    ],
    "causal_kernel_descent": [
        "layers until each token is exact: [1, 1, 2, 3, 4, 5, 6]",
        "exponential  0.0034",
        "factor 0.487902 in a period, PROVED",
        "errors remain: [2.0845, 0.9277, 1.6716]",
        "tends to 6.820425, 7.384195, 2.993368",
    ],
    "implicit_deep_learning": [
        "8 groups of 42 to 69 patients, 24 states, 3 shared parameters",
        "eight tasks, from 5 to 6 steps: REFUTED",
        "re-checked: PROVED",
        "training reaches 3 of 24 dimensions",
        "no change gains, for any loss: PROVED",
    ],
    "generative_compressed_sensing": [
        "cones, at most 4034 by Cover's count",
        "r(B) = 5\n  what the generator draws: recovered exactly",
        "r(B) = 40\n  what the generator draws: recovered exactly",
        "measurements: 1; all drawings of two atoms are told apart: refuted, re-checked: proved",
        "measurements: 4; all drawings of two atoms are told apart: proved, re-checked: proved",
    ],
    "in_context_regression": [
        "s = 0.1: 0.5864564 by two heads, 0.5864501 by least squares",
        "s = 0.01: 0.5864502 by two heads, 0.5864501 by least squares",
        "two features: 0.4170, 0.3798 by four heads, 0.4170, 0.3798 by least squares",
        "2 layers on 4 numbers for each token",
        "proved to be at most 7/12288",
        "certificate: PROVED, re-checked: PROVED",
    ],
    "sequences_in_context": [
        "1797 sequences of 8 tokens in dimension 8",
        "the order helps: True",
        "least loss 0, PROVED; 2 heads: 2",
        "c = 0.637983266 predicted, 0.637983266 reached; loss below 1e-12: True",
    ],
    "hypergradients_of_regression": [
        "newton        exact",
        "newton         2.00",
        "gradient [-0.025618 -0.004837 -0.001147], within 1e-18: PROVED",
        "error below its proved bound: True",
        "newton for every outer loss: PROVED",
    ],
    "pseudo_iid_network": [
        "sigma_w^2 = 1.760955, proved",
        "kept at the edge: True",
        "the limit lies within a tenth: True",
    ],
    "structured_transport": [
        "unstable below epsilon = 0.344, for POT 1.377",
        "energies fall: True",
        "least energy 44273/72, PROVED",
        "re-checked: PROVED",
    ],
    "recheck_a_certificate": ["proved - 6 <= laws <= 6", "refuted - sha256", "refuted - parts[0].laws[0]"],
}


#: Packages outside the extra [test] that an example imports.
NEEDS = {"laws_in_training": [pytest.mark.needs_package("torch")]}
SCRIPTS = [pytest.param(path, marks=NEEDS.get(path.stem, ()), id=path.stem) for path in sorted(EXAMPLES.glob("*.py"))]


@pytest.mark.parametrize("script", SCRIPTS)
def test_worked_example_runs_and_says_what_it_should(
    script: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [script.name])
    runpy.run_path(str(script), run_name="__main__")
    output = capsys.readouterr().out
    assert EXPECTED[script.stem], "every worked example has an expectation here"
    for line in EXPECTED[script.stem]:
        assert line in output


@pytest.mark.parametrize("notebook", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebook_runs_and_shows_mathematics(notebook: Path, tmp_path: Path) -> None:
    """Every cell runs in a kernel of its own; nouns show themselves as HTML."""
    book = nbformat.read(notebook, as_version=4)
    assert not any(cell.get("outputs") for cell in book.cells), "stored without outputs, so that none is stale"
    where = {"metadata": {"path": tmp_path}}
    nbclient.NotebookClient(
        book, timeout=None, startup_timeout=600, kernel_name="python3", resources=where
    ).execute()
    shown = [
        output["data"]["text/html"]
        for cell in book.cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]
    assert sum("<math" in page for page in shown) >= 2
    assert any("<svg" in page for page in shown)
    assert any("PROVED" in page.upper() for page in shown)
