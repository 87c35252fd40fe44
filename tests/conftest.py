"""How the suite runs: the markers `case`, `needs_tool` and `needs_package`, and one fixed hypothesis profile."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

CASE_ID = re.compile(r"[A-Z]{3}-\d+[a-z]?")

# The same examples on every machine, and no verdict that depends on how fast it is.
settings.register_profile("fixed", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fixed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A row of a parametrized table that names an acceptance case carries that case as a marker."""
    for item in items:
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        for value in parameters:
            if isinstance(value, str) and CASE_ID.fullmatch(value):
                item.add_marker(pytest.mark.case(value))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose program or package this machine lacks."""
    tools = [tool for marker in item.iter_markers("needs_tool") for tool in marker.args]
    packages = [package for marker in item.iter_markers("needs_package") for package in marker.args]
    missing = [tool for tool in tools if not _is_there(tool)]
    missing += [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not on this machine")


@functools.cache
def _is_there(tool: str) -> bool:
    """Whether a program is installed, or a class or package of LaTeX."""
    if not tool.endswith((".cls", ".sty")):
        return shutil.which(tool) is not None
    finder = shutil.which("kpsewhich")
    return finder is not None and bool(subprocess.run([finder, tool], capture_output=True, check=False).stdout.strip())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    return _no_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    """A module that cannot be imported for want of a package is skipped while tests are collected."""
    return _no_skip((yield))


def _no_skip(report: pytest.TestReport | pytest.CollectReport) -> pytest.TestReport | pytest.CollectReport:
    """With SYMDYN_CI set, where .ci/run has installed everything, a skip is a failure."""
    if os.environ.get("SYMDYN_CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"skipped, where nothing may be missing: {report.longrepr[2]}"
    return report
