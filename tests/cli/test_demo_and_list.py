"""symdyn demo, symdyn list, and what every command says about itself."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import io
import json
import pkgutil
import re
import shlex

import click
import pytest

from symdyn import cli
from symdyn.cli.app import application, run
from symdyn.systems.catalog import catalog, parameters_of
from tests.report.markup import latex_faults, read_page

COMMANDS = application.list_commands(click.Context(application))


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    """One run of the demo: exit status, stdout, stderr and its folder."""
    folder, out, err = tmp_path_factory.mktemp("tour") / "new" / "demo", io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(["demo", "--folder", str(folder)])
    return status, out.getvalue(), err.getvalue(), folder


# The demo


def test_demo_makes_its_files_and_names_them(tour):
    status, out, err, folder = tour
    assert (status, err) == (0, "")
    assert sorted(path.name for path in folder.iterdir()) == ["laws.html", "laws.json", "laws.tex", "report.html"]
    assert all(str(path) in out for path in folder.iterdir())


def test_files_of_the_demo_are_what_their_names_say(tour, symdyn):
    folder = tour[3]
    tex = (folder / "laws.tex").read_text("utf-8")
    assert tex.startswith(r"\documentclass")
    assert latex_faults(tex) == []
    page = read_page((folder / "laws.html").read_text("utf-8"))
    assert page.faults == []
    assert page.count("math") > 0
    assert json.loads((folder / "laws.json").read_text("utf-8"))["verdict"] == "proved"
    assert symdyn("verify", folder / "laws.json").status == 0


def test_demo_tells_of_every_promise(tour):
    """Formulas, networks, the anomaly, a network of real size, a re-check of each, and a forgery found."""
    out = tour[1]
    for promise in ("u^2 - v^2 + w^2", "exactly 7 conservation laws, 6 in hand", "669,696", "exactly 1,024"):
        assert promise in out
    assert out.count("re-checked: PROVED") == 4
    assert out.count("REFUTED") == 1


def test_commands_that_the_demo_shows_give_what_it_shows(tour, symdyn):
    shown = re.findall(r"symdyn (laws .*)", tour[1])[:3]
    assert len(shown) == 3
    for line in shown:
        status, out, _ = symdyn(*shlex.split(line))
        assert status == 0
        answer = re.search(r"exactly .*PROVED", out)[0]
        assert answer in tour[1]


def test_demo_fits_a_terminal(tour):
    assert max(map(len, tour[1].replace(str(tour[3]), "demo").splitlines())) <= 80


def test_demo_into_a_place_that_cannot_be_written_is_misuse(symdyn, tmp_path):
    (tmp_path / "file").touch()
    status, _, err = symdyn("demo", "--folder", tmp_path / "file" / "demo")
    assert status == 2
    assert err.count("\n") == 1
    assert "--folder" in err


# The catalog


def test_list_names_every_system_or_says_that_there_is_none(symdyn):
    status, out, err = symdyn("list")
    assert (status, err) == (0, "")
    assert all(name in out for name in catalog())
    assert catalog() or "empty" in out


def test_list_as_json_holds_the_catalog(symdyn):
    data = json.loads(symdyn("list", "--format", "json").out)
    assert data["schema"]
    assert [entry["name"] for entry in data["systems"]] == list(catalog())


def test_list_as_html_is_a_page(symdyn):
    _, out, _ = symdyn("list", "--format", "html")
    assert out.startswith("<!DOCTYPE html>")
    assert read_page(out).faults == []


def test_list_can_be_written_to_a_file(symdyn, tmp_path):
    assert symdyn("list", "-o", tmp_path / "list.txt") == (0, "", "")
    assert (tmp_path / "list.txt").read_text("utf-8") == symdyn("list").out


# Help and version


def test_version_is_that_of_the_distribution(symdyn):
    status, out, err = symdyn("--version")
    assert (status, err) == (0, "")
    assert importlib.metadata.version("symdyn-toolkit") in out


def test_every_module_that_defines_a_command_is_reached():
    names = [module.name for module in pkgutil.iter_modules(cli.__path__)]
    modules = [importlib.import_module(f"symdyn.cli.{name}") for name in names]
    defined = {module.command.name for module in modules if isinstance(getattr(module, "command", None), click.Command)}
    assert defined == set(COMMANDS)


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=lambda names: " ".join(names) or "symdyn")
def test_help_of_every_command_fits_a_terminal(symdyn, command, flag):
    status, out, err = symdyn(*command, flag)
    assert (status, err) == (0, "")
    assert "Usage: symdyn" in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("command", COMMANDS)
def test_help_lists_every_command_with_a_line(symdyn, command):
    _, out, _ = symdyn("--help")
    (line,) = [line for line in out.splitlines() if line.split()[:1] == [command]]
    assert len(line.split()) > 2


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_the_options_of_the_contract(symdyn, command):
    _, out, _ = symdyn(command, "--help")
    assert [option for option in ("--format", "-o ", "--seed", "--time-limit") if option not in out] == []


@pytest.mark.parametrize("name", catalog())
def test_list_of_a_system_names_every_parameter_with_a_sentence(symdyn, name):
    status, out, err = symdyn("list", name, "--format", "json")
    assert (status, err) == (0, "")
    listed = json.loads(out)["parameters"]
    assert [entry["name"] for entry in listed] == list(parameters_of(name))
    assert all(entry["line"].endswith(".") for entry in listed)
    assert all(entry["name"] in symdyn("list", name).out for entry in listed)


def test_list_of_an_unknown_system_suggests_the_nearest(symdyn):
    status, _, err = symdyn("list", "deep_linear_networks")
    assert status == 2
    assert "did you mean deep_linear_network?" in err
