# Everything a person does here: `make` lists it. Works with GNU make 3.81 and later.
# Nothing but Python 3.10 or later has to be there before; all else goes into .venv.

VENV := .venv
RUN := $(VENV)/bin/python -m
# What the type checker reads in one go; the packages' own tests follow one by one, since their
# modules have equal names.
TYPED := hub meta-graph/meta_graph meta-sandbox/meta_sandbox tap-meta-ads/tap_meta_ads target-meta-ads/target_meta_ads demo docgen report conftest.py tests benchmarks
PACKAGES := meta-graph meta-sandbox tap-meta-ads target-meta-ads
EDITABLE := $(foreach package,$(PACKAGES),-e ./$(package))
DEFINITIONS := pyproject.toml constraints.txt $(foreach package,$(PACKAGES),$(package)/pyproject.toml)
# Asked for by name, or the first good one: PYTHON=python3.12 make test
PYTHON ?=
# For pytest: make test ARGS="-k postgres". Order and examples are always the same, but with SEED=1
# or another number tests are shuffled, and property tests try other examples.
ARGS ?=
SEED ?=
ORDER = $(if $(SEED),--randomly-seed=$(SEED) --hypothesis-seed=$(SEED) --hypothesis-profile=others,-p no:randomly)
# One more than the processors of a small machine: a sixth of the time tests wait, for an answer or a lock.
WORKERS ?= 3

# An environment holds the path that it was made at: after a move it is made anew.
MOVED := $(shell [ ! -f $(VENV)/.place ] || [ "$$(cat $(VENV)/.place)" = "$$(pwd -P)" ] || echo yes)

.DEFAULT_GOAL := help
.PHONY: help install demo report test lint format docs site bench pin clean

help: ## this list
	@echo "usage: make TARGET"
	@echo
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r target text; do \
	  printf '  %-8s %s\n' "$$target" "$$text"; done

install: $(VENV)/.demo-installed ## Meltano and the packages into .venv, for a run with your own account

demo: $(VENV)/.demo-installed ## Meta -> Postgres -> star schema -> Meta, made up, and a page of it
	@$(RUN) demo

report: $(VENV)/.demo-installed ## report.html from your own warehouse, by .env (ARGS="--days 90")
	@$(RUN) report $(ARGS)

test: lint ## the linters, then every test of every package (ARGS="-k name" SEED=1 WORKERS=3)
	@$(RUN) pytest -n $(WORKERS) --dist worksteal $(ORDER) $(ARGS)

lint: $(VENV)/.test-installed ## style, format and types
	@$(RUN) ruff check .
	@$(RUN) ruff format --check --quiet .
	@$(RUN) mypy $(TYPED)
	@for package in $(PACKAGES); do \
	  if [ -d $$package/tests ]; then $(RUN) mypy $$package/tests || exit 1; fi; done

format: $(VENV)/.test-installed ## put the code in order
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

docs: $(VENV)/.test-installed ## what is generated: parts of READMEs and docs/, settings in meltano.yml, hub/
	@$(RUN) hub
	@$(RUN) docgen

site: $(VENV)/.test-installed ## the documentation as a web site in site/, to be read from the disk
	@NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict --quiet
	@echo site/index.html

bench: $(VENV)/.test-installed ## all benchmarks, beside peers, into benchmarks/RESULTS.md (ARGS="--quick")
	@$(RUN) benchmarks $(ARGS)

pin: $(VENV)/.test-installed ## write constraints.txt anew
	@sh .ci/pin $(PACKAGES)

clean: ## remove the demo's data, the environments and what tools left
	rm -rf .demo .meltano .bench site $(VENV) transform/target transform/logs
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Two steps, so that a first demo does not wait for the tools of development.
$(VENV)/.demo-installed: $(DEFINITIONS) .ci/install
	@PYTHON="$(PYTHON)" sh .ci/install $(EDITABLE) --group demo
	@touch $@

ifeq ($(MOVED),yes)
.PHONY: $(VENV)/.demo-installed
endif

$(VENV)/.test-installed: $(VENV)/.demo-installed
	@PYTHON="$(PYTHON)" sh .ci/install $(EDITABLE) --group demo --group dev --group dbt
	@touch $@
