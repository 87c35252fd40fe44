"""Figures: numbers that obey their defining identities, and drawings that are vectors, inert and reproducible."""

from __future__ import annotations

import io
import itertools
import json
import math
import re
import xml.etree.ElementTree as ElementTree

import networkx as nx
import numpy as np
import pytest
import sympy as sp
from PIL import Image

import symdyn as sd
from symdyn.dynamics.figures import (
    band,
    basin_map,
    bifurcation_diagram,
    bound_scaling,
    cloud,
    configurations,
    curves,
    eigenvalue_plane,
    flow_basins,
    heat_map,
    heat_maps,
    histogram,
    intervals,
    loss_landscape,
    phase_portrait,
    real_spectra,
    scatter,
    sectors,
    training_curve,
)
from symdyn.dynamics.figures.level_map import level_map
from symdyn.dynamics.figures.numbers import spoken
from symdyn.errors import ModelError, SymdynError
from symdyn.report.figures import kinds, pdf_of, png_of, svg_of
from symdyn.report.figures.saved import drawn_as
from symdyn.report.figures.style import PALETTE
from symdyn.report.figures.words import worded

x, y = sp.symbols("x y")
WELLS = sd.Flow(sd.VectorField((x, y), [x - x**3, -y]))
SPACE = sd.Flow(sd.VectorField(sp.symbols("x y z"), sp.symbols("x y z")))
STEPS = list(range(5))
HOSTILE = ["<script>alert(1)</script>", r"\input{/etc/passwd} $x", r"a & b \frac{1}{", "name_with_underscores \u202e"]


def landscape(name=str):
    graph = nx.DiGraph()
    graph.add_node("0", value=sp.Rational(5, 2), rank=0, index=2, kind="strict saddle")
    graph.add_node("1", value=sp.Rational(1, 2), rank=1, index=1, kind="strict saddle")
    graph.add_node("2", value=0, rank=2, index=0, kind="global minimum")
    graph.add_edges_from([("0", "1"), ("1", "2")])
    return loss_landscape(graph, name=name)


def examples(word="branch"):
    """One figure of each kind, with a word where a user writes one."""
    return {
        "band": band([1, 2, 3], {word: [(1, 0.5, 2), (2, 1, 3), (3, 2, 5)]}, guides={"limit": [1, 2, 4]}),
        "basin map": basin_map(lambda s: (s[0] > 0).astype(int), np.linspace(-1, 1, 8), [-1, 0, 1], [word, "right"]),
        "bifurcation diagram": bifurcation_diagram({word: ([0, 1, 2], [0, 1, 0], [True, False, None])}),
        "bound scaling": bound_scaling([1, 10, 100], [1, 2, 3], {word: [2, 4, 8]}),
        "cloud": cloud({word: ([1, 2, 3], [1, 0.5, 4])}, curves={"bound": ([1, 3], [2, 6])}, logarithmic=True),
        "configurations": configurations({word: ([[1, 0], [1, 0], [0, -1]], -1)}, lines=[[1, 1]]),
        "curves": curves([0, 1, 2], {word: [0, 1, 4]}, levels={"random": 0.5}),
        "heat maps": heat_maps({word: [[1, 0], [-2, 0.5]], "right": [[0, 0, 3]]}),
        "eigenvalue plane": eigenvalue_plane({word: [-1, sp.I, -sp.I, 2]}),
        "heat map": heat_map({word: [[1, -0.5], [0, math.nan]], "C": [[2]]}),
        "histogram": histogram({word: [0, 1, 1, 2, 3, 3, 3]}, density=lambda t: 0 * t + 0.3),
        "intervals": intervals({word: ([1, 2], [(1, 0.5, 2), (2, 1, 3)])}, marks={word: 1.5}, logarithmic="x"),
        "level map": level_map(lambda p: p[0] * p[1], [-1, 0, 1], [0, 1], lines=[0], points={word: (0, 0.5)}),
        "loss landscape": landscape(lambda _: word),
        "scatter": scatter({word: ([0, 1, 2], [1, 0, 3])}, circles={"disc": (0, 0, 1)}, polygons={"hull": [0, 1, 1j]}),
        "phase portrait": phase_portrait(WELLS, window=((-2, 2), (-1, 1)), labels={"x": word}, grid=9),
        "real spectra": real_spectra({word: [-1, (0, 3), 2.5], "other": [1]}),
        "sectors": sectors([(0, 1), (1, 4), (4, 0)], [0, 2, 1], labels={"value": word}),
        "training curve": training_curve(STEPS, [1, 0.5, 0.2, 0.1, 0], {word: [0, 1e-6, 1e-5, 2e-5, 3e-5]}),
    }


EXAMPLES = examples()


def test_every_kind_that_can_be_drawn_has_an_example_here():
    assert sorted(EXAMPLES) == sorted(kinds())


# Numbers


def test_real_spectra_count_signs_exactly_and_gather_equal_values():
    near = sp.sqrt(2) - sp.Rational(141421356, 10**8)  # 2e-9, and not zero
    figure = real_spectra({r"S = \{1\}": [-2, near, 0, 0, (3, 2)], "floats": [1e-12, 1.0, 1.0 + 1e-9]})
    assert figure.data["sign"] == ((-1, 0, 1, 1), (0, 1))
    assert figure.data["multiplicity"] == ((1, 2, 1, 2), (1, 2))
    assert "S = {1}: 1 negative, 2 zero, 3 positive" in figure.alt


def test_a_brace_in_a_label_is_mathematics():
    assert worded(r"S = \{1,2\}") == r"$S = \{1,2\}$"
    assert spoken(r"S = \{1,2\}") == "S = {1,2}"


def test_a_heat_map_keeps_entries_and_gaps():
    figure = heat_map({"C": np.array([[1, -2], [0, np.nan]]), "exact": sp.Matrix([[sp.Rational(1, 2)]])})
    assert figure.data["values"] == (((1.0, -2.0), (0.0, None)), ((0.5,),))
    assert "C (2 x 2, from -2 to 1)" in figure.alt


def test_a_transpose_in_a_label_is_mathematics():
    assert worded(r"A A^\top - B B^\top") == r"$A A^\mathsf{T} - B B^\mathsf{T}$"


def test_phase_portrait_marks_equilibria_by_the_sign_of_their_growth():
    found = sd.equilibria(WELLS, seed=0)
    figure = phase_portrait(WELLS, tuple(found), window=((-2, 2), (-1, 1)))
    places = [tuple(round(v, 9) for v in point) for point in figure.data["equilibria"]]
    marks = dict(zip(places, figure.data["sign"]))
    assert marks == {(0.0, 0.0): 1, (1.0, 0.0): -1, (-1.0, 0.0): -1}


def test_eigenvalues_keep_their_multiplicity_and_exact_sign():
    figure = eigenvalue_plane([-1, -1, sp.I, -sp.I, sp.sqrt(2) - sp.Rational(7, 5)])
    (real,), (imaginary,), (multiplicity,), (sign,) = (
        figure.data[k] for k in ("real", "imaginary", "multiplicity", "sign")
    )
    rows = {(round(a, 6), round(b, 6)): (m, s) for a, b, m, s in zip(real, imaginary, multiplicity, sign)}
    assert rows == {
        (-1.0, 0.0): (2, -1),
        (0.0, 1.0): (1, 0),
        (0.0, -1.0): (1, 0),
        (round(math.sqrt(2) - 1.4, 6), 0.0): (1, 1),
    }


def test_basins_of_two_wells_are_the_half_planes():
    figure = flow_basins(WELLS, {"left": [(-1, 0)], "right": [(1, 0)]}, window=((-2, 2), (-1, 1)), grid=10)
    for row in figure.data["destination"]:
        assert [int(place > 0) for place in figure.data["x"]] == list(row)
    assert figure.data["share"] == pytest.approx((0.5, 0.5))


def test_ratios_of_a_bound_are_bound_over_truth():
    data = EXAMPLES["bound scaling"].data
    assert data["ratio"] == (tuple(b / t for b, t in zip(data["bounds"][0], data["truth"])),)


def test_landscape_keeps_exact_values_and_edges_go_down():
    data = landscape().data
    assert data["exact"][0] == r"\frac{5}{2}"
    assert all(data["value"][a] > data["value"][b] for a, b in data["edges"])


def test_gaps_are_gaps_and_said_so():
    figure = curves([0, 1, 2], {"loss": [1.0, math.nan, math.inf]})
    assert figure.data["values"][0][1:] == (None, None)
    assert "2 of 3 values are not finite" in figure.alt
    assert "NaN" not in figure.json()


def test_portrait_on_a_line_shows_the_velocity_and_the_equilibria():
    s = sp.Symbol("s")
    flow = sd.Flow(sd.VectorField((s,), [s * (1 - s)]))
    figure = phase_portrait(flow, tuple(sd.equilibria(flow)))
    assert figure.data["geometry"] == "line"
    for place, speed in zip(figure.data["x"], figure.data["speed"]):
        assert speed == pytest.approx(place * (1 - place), abs=1e-12)
    signs = dict(zip((round(point[0], 9) for point in figure.data["equilibria"]), figure.data["sign"]))
    assert signs == {0: 1, 1: -1}
    ElementTree.fromstring(svg_of(figure))


def test_lines_of_one_name_look_alike_in_a_bifurcation_diagram():
    one = ([0, 1], [0, 1], [True, True])
    figure = bifurcation_diagram([("orbit", one), ("orbit", ([0, 1], [0, -1], [True, True])), ("rest", one)])
    assert "2 branches (orbit, rest)" in figure.alt
    colours = set(re.findall(r"stroke: (#[0-9a-f]{6})", svg_of(figure)))
    assert {PALETTE["blue"], PALETTE["vermilion"]} <= colours
    assert not {PALETTE["green"], PALETTE["purple"]} & colours


def test_a_figure_in_a_file_brings_its_colours_for_light_and_dark():
    figure = bifurcation_diagram({"rest": ([0, 1], [0, 1], [True, False])})
    text = drawn_as(figure, ".SVG").decode("utf-8")
    assert "color:#000;background:#fff" in text
    assert "prefers-color-scheme:dark" in text
    assert ElementTree.fromstring(text).get("fill") == "currentColor"
    with pytest.raises(ModelError, match=r"'\.gif' is no suffix of a format: write one of \.svg, \.pdf, \.png"):
        drawn_as(figure, ".gif")


# Drawings


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_svg_is_one_inert_element_with_a_text_alternative(kind):
    text = svg_of(EXAMPLES[kind])
    root = ElementTree.fromstring(text)
    names = {element.tag.split("}")[-1] for element in root.iter()}
    assert root.tag.endswith("svg")
    assert not names & {"script", "style", "image", "foreignObject", "a"}
    assert not re.search(r"https?://(?!www\.w3\.org)", text)
    titles = [element.text for element in root if element.tag.split("}")[-1] in ("title", "desc")]
    assert all(titles)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_pdf_is_vectors_and_the_same_every_time(kind):
    first, again = pdf_of(EXAMPLES[kind]), pdf_of(examples()[kind])
    assert first == again
    assert first.startswith(b"%PDF")
    assert b"/Subtype /Image" not in first
    assert svg_of(EXAMPLES[kind]) == svg_of(examples()[kind])


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
@pytest.mark.parametrize("columns", [1, 2])
def test_picture_has_ink_and_fits_its_column(kind, columns):
    picture = Image.open(io.BytesIO(png_of(EXAMPLES[kind], columns=columns, dpi=100))).convert("L")
    assert picture.width == pytest.approx({1: 315, 2: 661}[columns], abs=1)
    dark = float((np.asarray(picture) < 200).mean())
    assert 0.002 < dark < 0.9


@pytest.mark.parametrize("word", HOSTILE)
def test_words_of_a_user_are_drawn_and_do_nothing_else(word):
    for figure in examples(word).values():
        text = svg_of(figure)
        ElementTree.fromstring(text)
        assert "<script" not in text
        assert "root:" not in text


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_json_carries_the_numbers(kind):
    data = json.loads(EXAMPLES[kind].json())
    assert EXAMPLES[kind].alt in json.dumps(data, ensure_ascii=False)
    report = sd.Report.of("Figure", EXAMPLES[kind])
    assert sd.Report.from_json(report.json()) == report


def luminance(colour):
    """Relative luminance of sRGB (WCAG 2)."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_stand_out_on_light_and_dark_pages():
    for colour in PALETTE.values():
        assert contrast(colour, "#ffffff") >= 3
        assert contrast(colour, "#121212") >= 3


#: Linear sRGB as seen without the long-wave and the medium-wave cones (Machado, Oliveira, Fernandes 2009, severity 1).
DEFICIENT = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


@pytest.mark.parametrize("name", sorted(DEFICIENT))
def test_colours_differ_for_the_colour_blind(name):
    seen = []
    for colour in PALETTE.values():
        parts = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]) ** 2.2
        seen.append(np.clip(np.array(DEFICIENT[name]) @ parts, 0, 1) ** (1 / 2.2))
    just_seen = 0.02  # of at most sqrt 3
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 5 * just_seen


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: svg_of(sd.Figure("phase portrai", {}, alt="x")), "did you mean 'phase portrait'"),
        (lambda: svg_of(sd.Figure("curves", {}, alt="x")), "sd.figures"),
        (lambda: svg_of(EXAMPLES["curves"], columns=3), "give 1 or 2"),
        (lambda: sd.Figure("curves", {}), "no text alternative"),
        (lambda: curves([0, 1], {"a": [1]}), "a"),
        (lambda: curves([0, 1], {}), "no series"),
        (lambda: bound_scaling([0, 1], [1, 1], {"b": [1, 1]}), "logarithmic axes need positive numbers"),
        (lambda: bifurcation_diagram({}), "no branches"),
        (lambda: phase_portrait(SPACE), "3 coordinates without constraint has no phase portrait"),
        (lambda: eigenvalue_plane([]), "eigenvalues"),
        (lambda: flow_basins(WELLS, {}), "no attractors"),
        (lambda: loss_landscape(nx.DiGraph()), "0 critical points"),
        (lambda: heat_map({}), "0 matrices came"),
        (lambda: heat_map({"C": [1, 2]}), r"the shape \(2,\)"),
        (lambda: heat_map({"C": [["a"]]}), "entries that are no numbers"),
        (lambda: real_spectra({}), "0 spectra"),
        (lambda: real_spectra({"turn": [sp.I, -sp.I]}), "turn has the eigenvalue .* not real"),
    ],
)
def test_misuse_is_one_sentence(call, message):
    with pytest.raises(SymdynError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, SymdynError | ModelError)


def test_points_that_coincide_are_counted_at_their_place():
    figure = configurations({"a": ([[1, 0], [0, 1], [1, 0]], 1)})
    assert figure.data["points"] == (((1.0, 0.0), (0.0, 1.0)),)
    assert figure.data["counts"] == ((2, 1),)
    assert "a: 2 + 1" in figure.alt


def test_points_on_the_sphere_behind_it_are_drawn_too():
    figure = configurations({f"{k}": (np.eye(3) * (-1) ** k, k % 3 - 1) for k in range(6)})
    assert svg_of(figure).startswith("<svg")


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ({}, "0 states"),
        ({"a": ([[1, 0]], 2)}, "give -1 stable"),
        ({"a": ([[1, 1]], 0)}, "off the unit sphere"),
        ({"a": ([[1, 0]], 0), "b": ([[1, 0, 0]], 0)}, "in two, or all in three"),
        ({"a": ([1, 0], 0)}, "in two, or all in three"),
    ],
)
def test_configurations_that_cannot_be_drawn_are_refused(states, message):
    with pytest.raises(SymdynError, match=message):
        configurations(states)


def test_a_portrait_of_tokens_marks_every_image_of_an_equilibrium_where_groups_stay_together():
    flow = sd.system("multistable_self_attention", tokens=3).flow
    split = [1, 0, 1, 0, -1, 0]
    figure = phase_portrait(flow, [(split, -1)], groups=((0, 1), (2,)))
    together = {tuple(round(abs(a) / math.pi) for a in point) for point in figure.data["equilibria"]}
    assert together == {(0, 1), (1, 0)}
    apart = phase_portrait(flow, [([1, 0, 0, 1, -1, 0], -1)], groups=((0, 1), (2,)))
    assert apart.data["equilibria"] == ()


def test_a_level_map_takes_a_function_or_its_table_and_leaves_gaps():
    places = [0.0, 1.0, 2.0]
    one = level_map(lambda p: p[0] + 10 * p[1], places, places)
    table = [[0, 1, 2], [10, 11, 12], [20, 21, 22]]
    assert one.data["values"] == level_map(table, places, places).data["values"]
    assert "from 0 to 22" in one.alt
    holes = level_map([[0, float("nan")], [1, 2]], [0, 1], [0, 1])
    assert holes.data["values"][0][1] is None
    assert svg_of(holes).startswith("<svg")
    with pytest.raises(ModelError, match="give from 2 x 2"):
        level_map(table, [0], places)
    with pytest.raises(SymdynError, match="rows go with y"):
        level_map(table, places, [0, 1])
    with pytest.raises(SymdynError, match="give one for each of 9"):
        level_map(lambda p: p[0][:2], places, places)
