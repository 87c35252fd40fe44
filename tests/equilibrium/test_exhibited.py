"""Tables and figures of equilibria in the words of a system: counts, classes, and whether the list is complete."""

from __future__ import annotations

import pytest
import sympy as sp

import symdyn as sd
from symdyn.equilibrium.exhibited import basins_table, branches_figure, equilibria_table, in_order, shapes_figure
from symdyn.systems import multistable_self_attention as msa

TWO_WELLS = msa.build(V=[[1, 0], [0, -2]], B=[[1, 0], [0, -2]], tokens=2)
ALIKE = msa.build(V=[[1, 0], [0, 1]], tokens=2)
CLASSES = ("consensus", "bipartite consensus", "clustering", "polygonal")


def words(system):
    return {
        "describe": lambda point: msa.describe(system.model, point),
        "classes": CLASSES,
        "class_of": lambda point: msa.class_of(system.model, point),
    }


@pytest.fixture(scope="module")
def found():
    return sd.equilibria(TWO_WELLS.flow, seed=0)


@pytest.mark.case("MSA-11")
def test_seven_planar_equilibria_of_which_three_are_stable_stand_for_their_states(found):
    table = equilibria_table(found, **words(TWO_WELLS))
    listed = [row for row in table.rows if row[0] is not None]
    assert [row[0] for row in listed] == list(range(1, 8))
    assert sum(row[6] == "stable" for row in listed) == 3
    kinds = [msa.class_of(TWO_WELLS.model, one.point) for one in in_order(found, CLASSES, words(TWO_WELLS)["class_of"])]
    assert [kinds.count(word) for word in CLASSES] == [2, 3, 2, 0]
    # consensus and bipartite on an axis: two states each; off the axes reflections make four
    assert [row[2] for row in listed if "at eigenvalue" in row[1]] == [2, 2, 2, 2]
    assert [row[2] for row in listed if "zero output" in row[1]] == [4]
    assert all(row[3] + row[4] + row[5] == 2 for row in listed)


def test_a_class_without_equilibria_has_a_row_and_the_last_row_says_how_complete_the_list_is(found):
    *_, missing, last = equilibria_table(found, **words(TWO_WELLS)).rows
    assert missing[1:3] == ("polygonal: none found", 0)
    assert missing[-1] is last[-1] is sd.Verdict.PROVED
    assert last[2] == sum(row[2] for row in equilibria_table(found, **words(TWO_WELLS)).rows[:-1])
    assert "exactly 7" in last[1]


def test_families_have_rows_and_panels_of_their_own_and_no_count_of_states():
    found = sd.equilibria(ALIKE.flow, seed=0)
    rows = equilibria_table(found, **words(ALIKE)).rows
    assert any("family of dimension 1" in row[1] and row[2] is None for row in rows)
    assert rows[-1][2] is None
    figure = shapes_figure(found, ALIKE.model.unit_tokens, **words(ALIKE))
    assert len(figure.data["names"]) == len(found) + len(found.families)


def test_where_there_is_nothing_to_draw_a_sentence_says_so():
    turning = msa.build(V=[[1, -1], [1, 1]], tokens=2)
    found = sd.equilibria(turning.flow, seed=0)
    assert shapes_figure(found, turning.model.unit_tokens, **words(turning)).rows == (("no equilibrium was found",),)
    beta = sp.Symbol("beta", real=True)
    free = msa.build(V=[[1, -1], [1, 1]], tokens=2, beta=beta)
    followed = sd.continuation(free.flow, beta, (1, 2), starts=50)
    drawn = branches_figure(followed, lambda value, point: value, lambda value, point: "", "")
    assert drawn.rows == (("no isolated equilibrium was found to follow",),)


def test_basins_are_named_and_their_shares_lie_in_their_intervals():
    table = basins_table(sd.basins(TWO_WELLS.flow, starts=300, seed=1), words(TWO_WELLS)["describe"])
    assert {row[0] for row in table.rows} == {
        "consensus at eigenvalue 1",
        "bipartite consensus 1+1 at eigenvalue 1",
        "bipartite consensus 1+1 at eigenvalue -2",
    }
    assert sum(row[1] for row in table.rows) == 300
    for row in table.rows:
        low, high = map(float, row[3].strip("$[]").split(","))
        assert low <= float(row[2]) <= high
