"""The worked examples run as they stand, and say what their text claims."""

from __future__ import annotations

import runpy
from pathlib import Path

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
    "recheck_a_certificate": ["proved - 6 <= laws <= 6", "refuted - sha256", "refuted - parts[0].laws[0]"],
}


#: Optional packages that an example imports.
NEEDS = {"laws_in_training": ("torch", "sklearn")}


@pytest.mark.parametrize("script", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_worked_example_runs_and_says_what_it_should(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for package in NEEDS.get(script.stem, ()):
        pytest.importorskip(package, reason=f"{package} is not installed")
    runpy.run_path(str(script), run_name="__main__")
    output = capsys.readouterr().out
    assert EXPECTED[script.stem], "every worked example has an expectation here"
    for line in EXPECTED[script.stem]:
        assert line in output
