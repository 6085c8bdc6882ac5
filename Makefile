# Two commands do everything on a bare machine with Python 3.11+, pip and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
WORKERS ?= auto

.PHONY: help install demo test lint bench clean

help:
	@echo "make demo     install, reproduce the first system's figures at demo size, show where they are"
	@echo "make test     install the test extras and run everything CI runs"
	@echo "make install  install sagin into $(VENV)"
	@echo "make bench    speed and optimality-gap benchmarks (minutes)"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e ".[test]"
	@touch $@ $(VENV)/.core

install: $(VENV)/.core

demo: $(VENV)/.core
	$(BIN)/sagin reproduce dm_mimo_vec --drops 20 --out results/demo --force

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright

test: lint
	$(BIN)/pytest

bench: $(VENV)/.test
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/gap.py

clean:
	rm -rf results .pytest_cache .ruff_cache .hypothesis
