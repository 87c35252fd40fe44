# Everything runs in .venv, made on first use; nothing is installed elsewhere.
# PYTHON: the interpreter that makes .venv (3.11 or later). JOBS: test processes. ARGS: more arguments for pytest,
# the last -m wins: ARGS='-m slow'.

PYTHON ?= python3
JOBS ?= 2
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --durations=25
# Stamps: a second run installs nothing, a changed requirement installs again.
MADE := $(VENV)/.made
INSTALLED := $(VENV)/.installed
TESTABLE := $(VENV)/.testable

.PHONY: help demo test more-tests lint bench clean

help:
	@echo "make demo         a short tour on real input"
	@echo "make test         ruff, mypy and the test suite but for the slow tests; ARGS='-k laws' for less"
	@echo "make more-tests   the slow tests, and those that need other programs or packages"
	@echo "make lint         ruff and mypy alone"
	@echo "make bench        the benchmarks, each a table of ratios"
	@echo "make clean        remove .venv and everything else that was made here"

demo: $(INSTALLED)
	@$(BIN)/symdyn demo

test: lint
	$(PYTEST) -m 'not slow' $(ARGS)

more-tests: $(TESTABLE)
	$(PYTEST) -m 'slow or needs_tool or needs_package' $(ARGS)

lint: $(TESTABLE)
	$(BIN)/ruff check
	$(BIN)/mypy

bench: $(INSTALLED)
	@set -e; for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script; done

clean:
	rm -rf $(VENV) symdyn-demo appendix-of-a-paper build dist *.egg-info .benchmarks .hypothesis .mypy_cache .pytest_cache .ruff_cache
	rm -rf .coverage .coverage.* htmlcov docs/_build
	find . -name .git -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

# --clear, because a venv whose making failed half-way (no python3-venv) leaves an interpreter without pip.
$(MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=/path/to/python3 ...")'
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(INSTALLED): setup.cfg pyproject.toml $(MADE)
	$(PIP) install --quiet --editable .
	@touch $@

$(TESTABLE): setup.cfg pyproject.toml $(MADE)
	$(PIP) install --quiet --editable '.[test]'
	@touch $(INSTALLED) $@
