# `make` alone lists the targets. Needs: Python 3.11 or newer with venv, make, bash.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
REQUIREMENTS := requirements/base.txt requirements/embedded.txt requirements/dev.txt
# The static checks need some key to import the settings; it signs nothing.
CHECK_ENV := SECRET_KEY=only-for-static-checks-0123456789-abcdefghijklmnopqrstuvwxyz ALLOWED_HOSTS=shop.example

.PHONY: help install demo test simulate mutants lint types imports docs django-checks check setup-browser clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## Make .venv and install the pinned dependencies (skipped when nothing changed)
	@echo "$(VENV) is up to date" >&2

$(STAMP): $(REQUIREMENTS)
	@command -v $(PYTHON) >/dev/null || { \
	  echo "No $(PYTHON) here. Orderyard needs Python 3.11 or newer; name yours: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$$($(PYTHON) --version) is too old. Orderyard needs 3.11 or newer: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv module. On Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	  python=$(if $(filter file,$(origin PYTHON)),"$$($(PYTHON) requirements/quickest_python.py)","$(PYTHON)"); \
	  echo "Making $(VENV) with $$python, $$("$$python" --version)" >&2; "$$python" -m venv --clear $(VENV); }
	@echo "Installing requirements/dev.txt (log: $(VENV)/install.log)" >&2
	@$(BIN)/python -m pip install --disable-pip-version-check --no-input --progress-bar off -r requirements/dev.txt 2>&1 \
	  | tee $(VENV)/install.log \
	  | { count=0; while IFS= read -r line; do case "$$line" in \
	        Collecting*|Requirement\ already*) count=$$((count + 1)); \
	          if [ -t 2 ]; then printf '\r  %d packages found' $$count; \
	          elif [ $$((count % 25)) = 0 ]; then echo "  $$count packages found"; fi ;; \
	        Installing\ collected*) [ ! -t 2 ] || echo; echo "  installing $$count packages" ;; \
	      esac; done; [ ! -t 2 ] || echo; } >&2 \
	  || { tail -n 20 $(VENV)/install.log >&2; echo "Installing failed; see above." >&2; exit 1; }
	@touch $@

demo: $(STAMP) ## Run the whole product with a seeded shop until Ctrl-C (CHECK=1: check it and print one JSON line)
	@exec $(BIN)/python -m orchestrator.embedded.demo $(if $(filter-out 0,$(CHECK)),--check)

test: $(STAMP) ## Run the whole suite on servers of its own (ARGS= goes to pytest)
	@exec $(BIN)/python -m orchestrator.embedded run --throwaway -- \
	  $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

simulate: $(STAMP) ## Crash, lose and delay everything by seeds, and see whether all is right afterwards (SEEDS=1000; SEED=17: that one, shown; POSITIONS=1)
	@exec $(BIN)/python -m orchestrator.embedded run --throwaway -- \
	  $(BIN)/python -m simulation --seeds $(or $(SEEDS),100) $(if $(SEED),--seed $(SEED)) $(if $(POSITIONS),--positions)

mutants: $(STAMP) ## Plant faults one by one and see which the tests do not notice (ONLY="totals queue" SAMPLE=60; hours, by hand)
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet -r requirements/mutants.txt
	@exec nice -n 19 $(BIN)/python -m orchestrator.embedded run --throwaway -- \
	  $(BIN)/python -m tests.mutants $(ONLY) $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED))

lint: $(STAMP) ## Style, and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(STAMP) ## Types of the apps, strict
	@$(CHECK_ENV) $(BIN)/mypy apps

imports: $(STAMP) ## Layers: who may import whom
	@$(CHECK_ENV) $(BIN)/lint-imports

docs: $(STAMP) ## Generated parts of the docs, and the schemas of webhooks, are what the code says
	@$(CHECK_ENV) $(BIN)/python docs/generate.py --check

django-checks: $(STAMP) ## Migrations complete, deployment settings safe, API schema without a warning
	@exec $(BIN)/python -m orchestrator.embedded run --throwaway -- env -u ORDERYARD_EMBEDDED $(CHECK_ENV) bash -euc '\
	  $(BIN)/python manage.py makemigrations --check --dry-run; \
	  $(BIN)/python manage.py check --deploy --fail-level WARNING; \
	  $(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null'

check: lint types imports docs django-checks ## All static checks

setup-browser: ## Install Debian's Chromium for the browser tests (prints the command where that needs another user)
	@if command -v chromium || command -v chromium-browser || command -v google-chrome; then echo "is here already"; \
	elif ! command -v apt-get >/dev/null; then \
	  echo "No apt-get here: install Chromium your system's way, so that \`chromium\` is in the PATH." >&2; exit 1; \
	elif [ "$$(id -u)" = 0 ]; then apt-get update -q && apt-get install -qy --no-install-recommends chromium; \
	else echo "Run: sudo apt-get update && sudo apt-get install -y chromium" >&2; exit 1; fi

clean: ## Delete the demo's data, caches and collected files (keeps .venv); refused while the demo runs
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m orchestrator.embedded clean; fi
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .mutants staticfiles
	@find . -path ./$(VENV) -prune -o -type d -name __pycache__ -exec rm -rf {} +
