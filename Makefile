# Two commands do everything on a bare machine with Python 3.11+, pip and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
WORKERS ?= auto

.PHONY: help install demo test lint bench docs clean

help:
	@echo "make demo     install, reproduce the first system's figures at demo size, show where they are"
	@echo "make test     install the test extras and run everything CI runs"
	@echo "make install  install sagin into $(VENV)"
	@echo "make bench    speed and optimality-gap benchmarks (minutes)"
	@echo "make docs     install the docs extras and build the site; its examples are executed (minutes)"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e ".[test]"
	@touch $@ $(VENV)/.core

$(VENV)/.docs: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e ".[docs]"
	@touch $@ $(VENV)/.core

install: $(VENV)/.core

demo: $(VENV)/.core
	$(BIN)/sagin reproduce dm_mimo_vec --drops 20 --out results/demo --force

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright
	$(BIN)/mypy

test: lint
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

bench: $(VENV)/.test
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/gap.py

docs: $(VENV)/.docs
	rm -rf docs/_build
	$(BIN)/sphinx-build -W --keep-going -q -b html -d docs/_build/doctrees docs docs/_build/html
	@echo "documentation: $(CURDIR)/docs/_build/html/index.html"

clean:
	rm -rf results docs/_build docs/reference/generated .pytest_cache .ruff_cache .hypothesis
