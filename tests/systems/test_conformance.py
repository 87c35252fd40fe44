"""What holds of every system of the catalog: its claims hold, whatever the seed, and what it proves is proved again."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from functools import cache

import pytest

import symdyn as sd
from symdyn.certificate.verify import verify_data
from symdyn.dynamics.figure import Figure
from symdyn.errors import SymdynError
from symdyn.report.figures import svg_of
from symdyn.systems.catalog import line, parameters_of, system


@cache
def studied(name, seed=0):
    return sd.study(system(name), seed=seed)


@pytest.mark.parametrize("name", sd.catalog())
def test_every_claim_of_the_default_study_holds(name):
    report = studied(name)
    assert report.is_clean
    assert [finding.id for finding in report.findings if finding.holds is not True] == []


@pytest.mark.parametrize("name", sd.catalog())
def test_a_study_with_exhibits_has_two_that_can_be_made_and_one_is_a_figure(name):
    exhibits = system(name).exhibits
    if not exhibits:
        return
    made = {exhibit.id: exhibit.made() for exhibit in exhibits}
    assert len(made) >= 2
    figures = [one for one in made.values() if isinstance(one, sd.Figure)]
    assert figures
    for figure in figures:
        assert svg_of(figure).startswith("<svg")


@pytest.mark.parametrize("name", sd.catalog())
def test_the_docstring_of_a_system_with_exhibits_has_shapes_and_source(name):
    if not system(name).exhibits:
        return
    text = importlib.import_module(f"symdyn.systems.{name}").__doc__
    assert "Source:" in text
    assert re.search(r"shape|\(\w+, \w+\)", text)


@pytest.mark.parametrize("name", sd.catalog())
def test_another_seed_agrees(name):
    one, other = studied(name), studied(name, seed=7)
    assert [(f.id, f.holds, f.verdict) for f in one.findings] == [(f.id, f.holds, f.verdict) for f in other.findings]


@pytest.mark.parametrize("name", sd.catalog())
def test_what_is_proved_carries_a_certificate_that_is_proved_again(name):
    report = studied(name)
    stored = {one.fingerprint: json.loads(one.to_json()) for one in report.certificates}
    for finding in report.findings:
        if finding.verdict is not sd.Verdict.PROVED:
            continue
        data = stored[finding.certificate]
        assert data["verdict"] == "proved"
        assert verify_data(data).verdict == "proved"


@pytest.mark.parametrize("name", [name for name in sd.catalog() if system(name).exhibits])
def test_a_study_shows_at_least_two_exhibits_one_of_them_a_figure_and_all_of_them_are_made(name):
    made = [exhibit.made() for exhibit in system(name).exhibits]
    assert len(made) >= 2
    assert any(isinstance(one, Figure) for one in made)
    assert system(name).equations


@pytest.mark.parametrize("name", sd.catalog())
def test_a_source_says_derived_or_names_a_place(name):
    for claim in system(name).claims:
        assert "derived" in claim.source or "arXiv" in claim.source


@pytest.mark.parametrize("name", sd.catalog())
def test_a_misspelt_parameter_is_refused_with_the_nearest_name(name):
    first = next(iter(parameters_of(name)))
    with pytest.raises(SymdynError, match=f"'{first}x' is no parameter of {name}: did you mean {first}"):
        system(name, **{f"{first}x": 1})


def below_range(default):
    """The default with a number below zero in place of a size; None if it has none."""
    if isinstance(default, int) and not isinstance(default, bool):
        return -1
    if isinstance(default, tuple) and default and all(type(entry) is int for entry in default):
        return (-1, *default[1:])
    return None


def refusal(name, given):
    """What the system says to these parameters; empty if it takes them."""
    try:
        system(name, **given)
    except SymdynError as sentence:
        return str(sentence)
    return ""


@pytest.mark.parametrize("name", sd.catalog())
def test_a_size_below_zero_is_refused_in_one_sentence(name):
    """Every size among the parameters; other numbers may be negative."""
    values = {key: below_range(default) for key, default in parameters_of(name).items()}
    refusals = [refusal(name, {key: value}) for key, value in values.items() if value is not None]
    sentences = [sentence for sentence in refusals if sentence]
    assert sentences
    assert not any("\n" in sentence for sentence in sentences)


@pytest.mark.parametrize("name", [one for one in sd.catalog() if {"sigma", "V", "F"} & set(parameters_of(one))])
def test_a_number_beyond_the_range_of_floats_is_refused(name):
    first = next(key for key in ("sigma", "V", "F") if key in parameters_of(name))
    value = (10**400, 1) if first == "sigma" else [[10**400, 0], [0, 1]]
    with pytest.raises(SymdynError, match="beyond the range of floats"):
        system(name, **{first: value})


@pytest.mark.parametrize("name", sd.catalog())
def test_the_catalog_has_a_line_and_parameters_with_defaults(name):
    assert line(name).endswith(".")
    assert all(value is not inspect.Parameter.empty for value in parameters_of(name).values())


def test_an_unknown_system_is_refused_with_the_nearest_name():
    with pytest.raises(SymdynError, match="did you mean deep_linear_network"):
        system("deep_linear_networks")
