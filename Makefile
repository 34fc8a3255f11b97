# Everything a developer or a stranger needs. `make demo` and `make test` set up their own environment.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEBIAN := golang-go golang-golang-x-mod-dev chromium fonts-noto-cjk
SEED ?= 1
SEEDS ?= 20
EXAMPLES ?= 100
DOCUMENTS ?= 20000
GOODS ?= 10000

.DEFAULT_GOAL := help
.PHONY: help setup setup-run debian demo run test check fix format lint layers types docs sim sim-many stories lighthouse fuzz-api bench lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/run.stamp: requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "missing: python3 (Debian package python3)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "missing: Python 3.11 or newer"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "missing: the venv module (Debian package python3-venv)"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

setup-run: $(VENV)/run.stamp ## install what running needs
setup: $(VENV)/dev.stamp debian ## install what developing and testing need

debian: ## Debian packages with which code that nobody here wrote checks ours
	@missing=""; for package in $(DEBIAN); do dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	  else echo "missing Debian packages:$$missing (install them as root)"; exit 1; fi; fi

demo: setup-run ## four merchants trade for a month, in about a minute: make demo KEEP=1 leaves them running
	$(BIN)/hanse demo $(if $(KEEP),--keep)

run: setup-run ## start a node of your own in ./hanse-home; a browser opens its console
	$(BIN)/hanse --home hanse-home run

test: setup ## the tests, on all cores
	$(BIN)/python -m pytest --numprocesses auto --dist loadgroup

check: setup format lint layers types docs test ## everything: format, lint, layers, types, documentation, tests

format:
	$(BIN)/ruff format --check .
lint:
	$(BIN)/ruff check .
layers:
	$(BIN)/lint-imports
types:
	$(BIN)/mypy
docs:
	$(BIN)/python -m pytest tests/documentation

fix: setup ## format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

sim: setup ## one simulated network: make sim SEED=7
	$(BIN)/python -m tests.sim --seed $(SEED)
sim-many: setup ## many seeds: make sim-many SEEDS=200
	$(BIN)/python -m tests.sim --seeds $(SEEDS)

stories: setup ## the stories in a real browser: in both languages, each at desktop and telephone width
	HANSE_GUISES=all $(BIN)/python -m pytest tests/browser

lighthouse: setup ## what Lighthouse says of the console's pages
	cd tests/browser/lighthouse && npm ci --silent
	$(BIN)/python -m tests.browser.lighthouse
fuzz-api: setup ## look longer for faults of the JSON API: make fuzz-api EXAMPLES=200
	HANSE_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest tests/node/console/test_programs.py

bench: setup-run ## documents per second between two real nodes, milliseconds a page: make bench DOCUMENTS=100000
	$(BIN)/hanse bench --documents $(DOCUMENTS) --goods $(GOODS)

lock: setup ## pin every dependency with its hashes
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile -q pyproject.toml requirements-build.in --generate-hashes --no-header --no-annotate --universal -o requirements.txt
	$(BIN)/uv pip compile -q pyproject.toml requirements-build.in requirements-dev.in --generate-hashes --no-header --no-annotate --universal -o requirements-dev.txt

clean: ## remove what was built, keep homes and data
	rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache build dist *.egg-info
