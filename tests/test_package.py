"""The package as it is installed: metadata, names, files; what is kept, and what the documents name."""

from __future__ import annotations

import ast
import configparser
import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import symdyn

ROOT = Path(__file__).resolve().parent.parent
DISTRIBUTION = importlib.metadata.distribution("symdyn-toolkit")
IS_CLONE = (ROOT / ".git").exists()  # from an archive of the sources, nothing is kept
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split())


def imported_names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import():
            yield from (alias.name for alias in node.names)
        case ast.ImportFrom(level=0, module=str(name)):
            yield name


def test_distribution_is_the_toolkit_and_states_licence_and_python():
    """The name `symdyn` alone belongs to an unrelated package on the index."""
    assert DISTRIBUTION.metadata["Name"] == "symdyn-toolkit"
    assert DISTRIBUTION.metadata["License-Expression"] == "BSD-3-Clause"
    assert DISTRIBUTION.metadata["Requires-Python"] == ">=3.11"


def test_every_package_that_is_imported_is_required():
    required = {line.split(">")[0] for line in DISTRIBUTION.requires if "extra ==" not in line}
    modules = {"python-flint": "flint"}
    imported = {
        name.split(".")[0]
        for file in (ROOT / "symdyn").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        for name in imported_names(node)
    }
    optional = {"heyoka", "ot", "dask", "distributed", "sklearn", "torch"}
    assert imported - set(sys.stdlib_module_names) - optional - {"symdyn"} <= {
        modules.get(name, name) for name in required
    }


def test_extras_are_those_of_the_design():
    extras = set(DISTRIBUTION.metadata.get_all("Provides-Extra"))
    assert extras == {"taylor", "transport", "cluster", "torch", "docs", "test"}


def test_command_is_installed():
    (command,) = (entry for entry in DISTRIBUTION.entry_points if entry.group == "console_scripts")
    assert (command.name, command.value) == ("symdyn", "symdyn.cli:main")
    assert callable(command.load())


def test_every_public_name_resolves_and_is_listed():
    assert len(set(symdyn.__all__)) == len(symdyn.__all__)
    for name in symdyn.__all__:
        assert getattr(symdyn, name) is not None
    assert set(symdyn.__all__) <= set(dir(symdyn))


def test_a_type_checker_sees_every_public_name_at_its_home():
    """The imports under TYPE_CHECKING say what the lazy table says."""
    tree = ast.parse(Path(symdyn.__file__).read_text(encoding="utf-8"))
    (block,) = (n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")
    seen = {alias.name: node.module for node in block.body for alias in node.names}
    lazy = {name: f"symdyn.{home}" for name, home in symdyn._HOMES.items()}
    modules = {name: f"symdyn.{home}".rpartition(".")[0] for name, home in symdyn._MODULES.items()}
    assert seen == lazy | modules
    assert sorted(symdyn.__all__) == sorted(seen)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        symdyn.no_such_name  # noqa: B018


def test_every_file_that_is_not_python_is_packaged():
    """A template outside `options.package_data` works in a clone and is missing once installed."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    patterns = settings["options.package_data"]["*"].split()
    packages = {file.parent for file in (ROOT / "symdyn").rglob("__init__.py")}
    packaged = {file for package in packages for pattern in patterns for file in package.glob(pattern)}
    present = {
        file
        for file in (ROOT / "symdyn").rglob("*")
        if file.is_file() and file.suffix not in (".py", ".pyc") and not file.name.startswith(".")
    }
    assert ROOT / "symdyn" / "py.typed" in present
    assert present <= packaged


def test_every_folder_of_modules_is_a_package():
    """A folder without `__init__.py` is not found when the package is built."""
    folders = {file.parent for file in (ROOT / "symdyn").rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


# What is kept in the repository


@pytest.mark.needs_tool("git")
def test_nothing_that_a_command_makes_is_kept():
    """Neither the folder of the demo nor a cache: what .gitignore names is in no commit."""
    listed = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--ignored", "--exclude-standard"]
    kept = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout if IS_CLONE else ""
    assert kept == ""


@pytest.mark.parametrize("folder", ["symdyn-demo", "appendix-of-a-paper"])
def test_folder_that_a_command_of_the_readme_makes_is_ignored_and_removed(folder):
    recipe = re.search(r"^clean:\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)[1]
    assert folder in recipe.split()
    assert f"{folder}/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


# What the documents name


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", ".ci/run", "docs/benchmarks.md"])
def test_every_make_command_that_is_named_exists(document):
    named = re.findall(r"(?:^|[`$=(] ?)make ([a-z][a-z-]*)", (ROOT / document).read_text("utf-8"), re.MULTILINE)
    assert set(named) <= TARGETS


def test_every_make_command_is_explained_by_make_help():
    assert {*re.findall(r'echo "make ([a-z-]+) ', MAKEFILE), "help"} == TARGETS


def test_every_file_that_the_readme_names_exists():
    named = re.findall(r"`((?:docs|worked_examples)/[\w/.]*|[A-Z]+\.md)`", (ROOT / "README.md").read_text("utf-8"))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
