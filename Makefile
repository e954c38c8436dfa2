# Greenroom. `make` lists what can be asked; the first call installs everything into .venv.

PYTHON ?= python3
VENV := .venv
BENCH := .venv-bench
BIN := $(VENV)/bin
PIP := -m pip install --disable-pip-version-check --no-input --quiet

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo demo-service test soak check fix bench

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s  %s\n", $$1, $$2 }' Makefile

setup: $(VENV)/browser  ## install into .venv, and find or install a Chromium

demo: setup  ## sign in to the practice site, read its lists, prove and export them
	$(BIN)/greenroom demo

demo-service: setup  ## run the service for two minutes, times compressed, and print what ran
	$(BIN)/greenroom demo --service

# What fails beside another worker's browsers runs once more, alone; failing twice is failing.
test: check $(VENV)/browser  ## everything that must be true: make check, then all tests
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder || $(BIN)/pytest --last-failed --last-failed-no-failures none

soak: setup  ## write and read one SQLite file for three minutes; let mishaps befall 200 runs
	SOAK_SECONDS=180 SOAK_RUNS=200 $(BIN)/pytest -s tests/models/test_soak.py tests/jobs/test_mishaps.py

check: $(VENV)/installed  ## lint, format, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(VENV)/installed  ## repair what ruff can repair, and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(BENCH)/installed $(VENV)/browser  ## measure against peers and floors, in an environment of its own
	$(BENCH)/bin/python -m bench

# Without ensurepip there is no pip in a new environment: Debian keeps it in a package of its own.
define has_python
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "make: Greenroom needs Python 3.11 or newer; name one: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "make: $(PYTHON) cannot make environments; on Debian and Ubuntu: apt install python3-venv" >&2; exit 2; }
endef

$(BIN)/python:
	$(has_python)
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python $(PIP) -r requirements.lock
	$(BIN)/python $(PIP) --no-deps -e .
	@touch $@

$(VENV)/browser: $(VENV)/installed
	$(BIN)/python -m jobs.browser_setup
	@touch $@

$(BENCH)/installed: requirements.lock bench/requirements.lock pyproject.toml
	$(has_python)
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python $(PIP) -r requirements.lock -r bench/requirements.lock
	$(BENCH)/bin/python $(PIP) --no-deps -e .
	@touch $@
