"""The suite itself: what it may skip, and that no test is decided by the speed of a machine."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
SETTINGS = TESTS.parent / "setup.cfg"
TEXTS = {str(file.relative_to(TESTS)): file.read_text(encoding="utf-8") for file in sorted(TESTS.rglob("*.py"))}
STOPWATCHES = {"perf_counter", "perf_counter_ns", "process_time", "process_time_ns", "timeit"}
#: Seconds after which a program hangs on any machine.
HANGS = 600
MARKED = """
import pytest

@pytest.mark.{marker}
def test_marked():
    pass
"""
MODULE_THAT_NEEDS_A_PACKAGE = """
import pytest

pytest.importorskip('no_such_package')

def test_after_the_import():
    pass
"""


@pytest.mark.parametrize(
    ("content", "continuous_integration", "outcome"),
    [
        (MARKED.format(marker='needs_tool("no-such-tool")'), "", "1 skipped"),
        (MARKED.format(marker='needs_tool("no-such-tool")'), "1", "1 error"),
        (MARKED.format(marker=f'needs_tool("{Path(sys.executable).name}")'), "1", "1 passed"),
        (MARKED.format(marker='needs_package("no_such_package")'), "", "1 skipped"),
        (MARKED.format(marker='needs_package("pytest", "no_such_package")'), "1", "1 error"),
        (MARKED.format(marker='needs_package("pytest")'), "1", "1 passed"),
        (MARKED.format(marker='skip("whatever the reason")'), "1", "1 error"),
        (MODULE_THAT_NEEDS_A_PACKAGE, "", "1 skipped"),
        (MODULE_THAT_NEEDS_A_PACKAGE, "1", "1 error"),
    ],
)
def test_what_is_missing_skips_here_and_fails_where_it_must_be(tmp_path, content, continuous_integration, outcome):
    shutil.copy(TESTS / "conftest.py", tmp_path)
    (tmp_path / "test_marked.py").write_text(content, encoding="utf-8")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", SETTINGS, tmp_path],
        cwd=tmp_path,
        env={**os.environ, "SYMDYN_CI": continuous_integration, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in run.stdout.splitlines()[-1]


def test_modules_that_need_a_package_to_be_imported_carry_its_marker():
    """`make more-tests` selects by markers; a module without one would be run nowhere."""
    assert [
        (file, package)
        for file, text in TEXTS.items()
        for package in re.findall(r'^\w.*importorskip\("(\w+)"', text, re.MULTILINE)
        if f'needs_package("{package}")' not in text
    ] == []


def test_no_test_holds_a_stopwatch():
    """Benchmarks time; a limit on a program is there for one that hangs."""
    named, short = [], []
    for file, text in TEXTS.items():
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Attribute(attr=name) | ast.alias(name=name) if name in STOPWATCHES:
                    named.append((file, node.lineno))
                case ast.keyword(arg="timeout", value=ast.Constant(value=int(seconds))) if seconds < HANGS:
                    short.append((file, node.value.lineno))
    assert (named, short) == ([], [])
