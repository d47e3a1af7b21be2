# Trace: one command to run it, one command to test it. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PY := .venv/bin/python
PYTHON ?=
DEMO ?= 1
ARGS ?=

.PHONY: help up reset reorg install build test drills check bench fmt reference lock

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile
	@echo "  Variables: DEMO=0 (no demo), PYTHON=/path/to/python3.11, TRACE_… (docs/reference/configuration.md)"

up: ## Install what is missing and run Trace on this machine (Ctrl-C stops it, the data stays)
	@PYTHON="$(PYTHON)" sh infra/bootstrap/install.sh laptop
	@TRACE_DEMO=$(if $(filter command,$(origin DEMO)),$(DEMO),$${TRACE_DEMO:-$(DEMO)}) exec $(PY) -m workers.supervisor up

reset: ## Forget all data of the one-machine stack
	@PYTHON="$(PYTHON)" sh infra/bootstrap/install.sh laptop
	@$(PY) -m workers.supervisor reset

reorg: ## Make the last blocks of the demo's chain others (DEPTH=12), to see who notices
	@$(PY) -m workers.demo_chain reorg $(or $(DEPTH),12) $(or $(TRACE_DATA_DIR),.trace)

install: ## Install everything for development, without starting anything
	@PYTHON="$(PYTHON)" sh infra/bootstrap/install.sh dev

build: install ## Build the front end
	@$(PY) infra/bootstrap/frontend.py --force

test: install ## Install everything and run every test (ARGS="-k name" narrows it)
	@$(PY) infra/bootstrap/browser.py
	@$(PY) -m pytest $(ARGS)

drills: install ## Break the running stack in every way (ARGS="-k worker" narrows it; SEED, DRILL_SECONDS for the random one)
	@$(PY) -m pytest -n 0 --timeout 900 -o python_files="drill_*.py" tests/drills $(ARGS)

check: install ## Format, lint, types, import floors, migrations, templates, front end
	@$(PY) infra/bootstrap/check.py

bench: install ## Measure; prints a table and writes bench-results.json (ARGS="outbox" narrows it)
	@$(PY) -m tests.bench $(ARGS)

fmt: install ## Format everything
	@$(PY) -m ruff format . && $(PY) -m ruff check --fix --exit-zero . && $(PY) infra/bootstrap/frontend.py --format

reference: install ## Write docs/reference/ anew from the code
	@$(PY) -m infra.bootstrap.reference

lock: ## Compile the requirements*.lock files anew from pyproject.toml
	@sh infra/bootstrap/lock.sh
