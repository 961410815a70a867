# Everything happens in .venv, which any target makes on the way. Python 3.11 or later is needed;
# another one beside it: make test VENV=.venv-3.13 PYTHON=python3.13
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
export KERAS_BACKEND ?= jax
# Small models on many threads wait for each other more than they compute.
test slow docs: export OMP_NUM_THREADS ?= 1
# Programs compiled once are not compiled again, in this run or the next.
test slow docs: export JAX_COMPILATION_CACHE_DIR ?= $(CURDIR)/$(VENV)/jax
test slow docs: export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS ?= 0.1

.DEFAULT_GOAL := help
.PHONY: help demo test slow check page coverage docs mutants clients torch tensorflow clean

help:  ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/ready: pyproject.toml constraints.txt
	@echo "making the environment in $(VENV) (a few minutes the first time)"
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) --constraint constraints.txt --editable '.[test,check]'
	touch $@

demo: $(VENV)/ready  ## train on the example corpus, judge it, explain a dialogue
	@echo "== learning from examples/train.jsonl"
	$(BIN)/cueline train examples/train.jsonl --valid examples/valid.jsonl --out policy
	@echo "== judging it on examples/test.jsonl"
	$(BIN)/cueline evaluate policy examples/test.jsonl
	@echo "== which earlier turns its decisions rest on"
	$(BIN)/cueline explain policy examples/test.jsonl
	@echo "== done: $(BIN)/cueline chat policy"

test: $(VENV)/ready  ## the default tests, on all cores
	$(BIN)/python -m pytest -n auto --dist worksteal

slow: $(VENV)/ready  ## the tests that take longer, those of a file one after the other
	$(BIN)/python -m pytest -m slow -n auto --dist loadfile

check: $(VENV)/ready  ## style, types, the walls between rooms, and the vocabulary
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m tools.vocabulary

page: node_modules/ready  ## types and style of the page's code; needs npm
	npm run --silent check

node_modules/ready: package.json package-lock.json
	npm ci --no-audit --no-fund --silent
	touch $@

docs: $(VENV)/ready node_modules/ready  ## the documentation as a site, its notebooks run; needs npm
	$(PIP) --constraint constraints.txt --editable '.[docs]'
	$(BIN)/python -m tools.site

mutants: $(VENV)/ready  ## mutation tests of one room: make mutants ROOM=calibration
	$(PIP) --constraint constraints.txt --editable '.[mutants]'
	$(BIN)/python -m tools.mutants $(ROOM)

coverage: $(VENV)/ready  ## what measured tests ran of each room; PYTEST_ADDOPTS="--cov --cov-append" measures
	$(BIN)/coverage json -q
	$(BIN)/python -m tools.room_coverage coverage.json

clients: $(VENV)/ready  ## add clients of agents that are too heavy for every test run
	$(PIP) --constraint constraints.txt --editable '.[clients]'

torch: $(VENV)/ready  ## add PyTorch, the faster backend on a CPU
	$(PIP) --constraint constraints.txt torch

tensorflow: $(VENV)/ready  ## add TensorFlow, which the layers also run on
	$(PIP) --constraint constraints.txt tensorflow-cpu

clean:  ## remove the environment and what the demo made
	rm -rf .venv .venv-* node_modules policy .site
