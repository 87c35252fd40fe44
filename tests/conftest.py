"""How the suite runs: the markers `case` and `needs_tool`, and one fixed hypothesis profile."""

from __future__ import annotations

import os
import re
import shutil

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
    """Skip a test whose tool this machine lacks; with SYMDYN_CI set, fail it instead."""
    for marker in item.iter_markers("needs_tool"):
        for tool in marker.args:
            if shutil.which(tool) is not None:
                continue
            if os.environ.get("SYMDYN_CI"):
                pytest.fail(f"{tool} is not on this machine: .ci/run must install it", pytrace=False)
            pytest.skip(f"{tool} is not on this machine")
