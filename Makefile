# Everything a person types: make demo, make test. The rest serves those two and continuous integration.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TORCH  := $(shell grep '^torch==' constraints.txt)
# A worker a core, up to four, who take tests from each other: whoever runs one file has no need of them.
WORKERS := --numprocesses auto --maxprocesses 4 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help install demo test test-fast fuzz bench tables lint types format clean

help: ## Show the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(VENV)/.installed ## Make the environment: the harness, editable, with what tests and checks need.

# On Linux plain torch is a download of gigabytes, for GPUs. Where there is none: a CPU build that the machine already
# has (pip's find-links), else one from PyTorch's own index.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	@if ! command -v nvidia-smi >/dev/null 2>&1; then \
	  $(BIN)/pip install --quiet --no-index --no-deps '$(TORCH)' 2>/dev/null \
	  || $(BIN)/pip install --quiet --index-url https://download.pytorch.org/whl/cpu '$(TORCH)'; \
	fi
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: install ## Run a small study on a real treebank, and show its table.
	@# 3: finished, and some runs failed, as trials do where SGD's range is widened to rates that diverge.
	$(BIN)/harness run studies/quickstart.toml || [ $$? -eq 3 ]

test: install ## Run every test.
	$(BIN)/pytest $(WORKERS)

test-fast: install ## Run the tests that take seconds.
	$(BIN)/pytest $(WORKERS) -m 'not slow'

fuzz: install ## Try tens of thousands of damaged inputs, for some minutes: a table of what became of them.
	$(BIN)/python tests/fuzz --inputs 5000

bench: install ## Measure the speed against plain scripts, for some minutes: tables, and every number in bench.json.
	$(BIN)/python tests/benchmarks --json bench.json

tables: install ## Write the tables of components in README.md and plugins/.
	$(BIN)/python tests/support/documented.py

lint: install ## Check style.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install ## Check types.
	$(BIN)/mypy

format: install ## Mend style.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove the environment and what the tools left behind.
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
