.DEFAULT_GOAL := help
PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.installed

help:  ## say what there is to make
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## make .venv with everything, at the exact versions of constraints.txt

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --requirement constraints.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup  ## make a dataset from examples/manuals, tune a tiny model on it, evaluate it
	rm -rf runs/demo
	$(BIN)/officina run examples/manuals --brief examples/brief.yaml --model offline --out runs/demo

test: setup  ## run every test that can run here
	$(BIN)/pytest

check: setup  ## lint, types, and the rules of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/pytest -q tests/test_house.py

.PHONY: help setup demo test check
