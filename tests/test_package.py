"""The package as it is installed: metadata, names, files; and how the suite treats missing tools."""

from __future__ import annotations

import ast
import configparser
import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import symdyn

ROOT = Path(__file__).resolve().parent.parent
DISTRIBUTION = importlib.metadata.distribution("symdyn-toolkit")
TEST_THAT_NEEDS_A_TOOL = """
import pytest

@pytest.mark.needs_tool("{tool}")
def test_tool():
    pass
"""


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
    optional = {"heyoka", "ot", "dask", "distributed", "torch"}
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


@pytest.mark.parametrize(
    ("tool", "continuous_integration", "outcome"),
    [
        ("no-such-tool", "", "1 skipped"),
        ("no-such-tool", "1", "1 error"),
        (Path(sys.executable).name, "", "1 passed"),
        (Path(sys.executable).name, "1", "1 passed"),
    ],
)
def test_missing_tool_skips_here_and_fails_where_it_must_be(tmp_path, tool, continuous_integration, outcome):
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_tool.py").write_text(TEST_THAT_NEEDS_A_TOOL.format(tool=tool), encoding="utf-8")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", ROOT / "setup.cfg", tmp_path],
        cwd=tmp_path,
        env={**os.environ, "SYMDYN_CI": continuous_integration, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in run.stdout.splitlines()[-1]
