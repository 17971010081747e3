# Two commands for a newcomer: `make run` and `make test`. Everything else is below, with its purpose beside it.
# Needs Python 3.11 or newer with pip and venv, and make. uv is fetched through pip where it is missing.

PYTHON ?= python3
UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
# Inexact: what another target has installed (the notebook, the bench) stays.
SYNC := $(UV) sync --frozen --inexact --quiet --compile-bytecode
RUN := $(UV) run --frozen --no-sync

.PHONY: setup run test ui check coverage mutants faults hour bench notebook format clean help

run: setup  ## the main job: publishers' tables -> forecasts -> gaps -> documents in data/runs/latest
	$(RUN) ossu run

test: setup  ## every test that this machine can run
	$(RUN) pytest -n 2 --dist loadgroup
	@other=$$($(UV) python find --no-python-downloads 3.13 2>/dev/null || true); \
	if [ -n "$$other" ]; then echo "Python 3.13: $$other"; \
	  UV_PROJECT_ENVIRONMENT=.venv-3.13 $(UV) sync --frozen --quiet --python "$$other" && \
	  UV_PROJECT_ENVIRONMENT=.venv-3.13 $(UV) run --frozen --no-sync pytest -n 2 --dist loadgroup -m "not slow and not browser and not libreoffice"; fi

ui: setup  ## the Dagster UI on 127.0.0.1:3000
	$(RUN) ossu ui

check: setup  ## format, lint, types
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy

format: setup  ## put the code into its standard form
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

coverage: setup  ## branches of population, demand, gap, proposal and trace that the tests of these rooms reach
	$(RUN) pytest -n 2 tests/unit tests/property tests/golden tests/data --cov --cov-report=term

mutants: setup  ## small changes of the code that some test must notice: the named ones, then a seeded sample
	$(SYNC) --group mutants
	$(RUN) python -m tests.mutants --named
	$(RUN) python -m tests.mutants --each 16 --seed 1

faults: setup  ## kills, readers, full and read-only disks, damaged files: what is lost (some rows need root)
	$(RUN) python -m tests.faults

hour:  ## the first hour of a newcomer: a fresh clone without uv, README's commands in order (--short by hand)
	$(PYTHON) tests/first_hour.py

bench:  ## time and memory beside named peers; prints a table and says what is absent
	@$(MAKE) --no-print-directory $(UV)
	$(SYNC) --group bench
	$(RUN) python -m benchmarks

notebook:  ## JupyterLab on the notebooks, over the latest finished run
	@$(MAKE) --no-print-directory $(UV)
	$(SYNC) --group notebook
	$(RUN) jupyter lab notebooks

setup: $(UV)  ## the environment alone; afterwards ./ossu works
	@$(SYNC)

.uv/bin/uv:
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

uv:
	@true

clean:  ## remove what can be made again; finished runs and returns stay
	rm -rf data/tables data/catalogue.duckdb .dagster_home .pytest_cache .mypy_cache .ruff_cache .hypothesis

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12
