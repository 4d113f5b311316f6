# Every command we use. Needs Python 3.11 or newer and make, nothing else.
PYTHON ?= python3.11
BIN := .venv/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*\#\# .*/\1/p' Makefile)

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.installed ## make .venv with the source, the local Clio and dbt

setup-dev: .venv/.installed-dev ## the same with what tests and checks need

demo: setup ## load an invented law firm from the local Clio into warehouse.duckdb, and build the marts
	$(BIN)/python pipelines/clio_to_duckdb.py --sandbox --marts --deletions $(ARGS)

# Of what is loaded. CLIO_DATABASE names another file; ARGS="--select fct_bills+" builds a part, --full-refresh all
# from nothing. Unit tests are of the models' text, so `make test` runs them.
marts: setup ## build what changed of the dbt marts in warehouse.duckdb, and run their tests
	CLIO_DATABASE=$(abspath $(or $(CLIO_DATABASE),warehouse.duckdb)) \
		$(BIN)/dbt build --exclude-resource-type unit_test --project-dir dbt --profiles-dir dbt $(ARGS)

# After `make marts`, for instance: make metric ARGS="--metrics receivables,wip --group-by metric_time__month,currency"
metric: setup ## ask the semantic layer with MetricFlow
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[metrics]'
	cd dbt && CLIO_DATABASE=$(abspath $(or $(CLIO_DATABASE),warehouse.duckdb)) DBT_PROFILES_DIR=. ../$(BIN)/mf query $(ARGS)

# Of the proofs a round each of those that no other load disturbs; the rest takes its time or real seconds.
PROOFS_AT_LENGTH := $(patsubst %,--ignore tests/guarantees/test_%.py,deletions full_disk rate secrets thirty_firms)

# Each builds marts of its own, several times: minutes. MARTS_SEEDS="1 2 3" names the firms that are reckoned twice.
MARTS_AT_LENGTH := $(patsubst %,tests/marts/test_%.py,\
	custom_fields docs empty_firm incremental integrity ledgers ledgers_of_odd_firms marts past_days reports \
	semantic_layer staging) tests/marts/independent tests/accounts/test_account_marts.py \
	tests/pipelines/test_marts_of_a_part.py

test: setup-dev ## run all tests but those that take long, side by side on all cores
	$(BIN)/python -m pytest -n auto --dist loadgroup --ignore tests/airflow $(PROOFS_AT_LENGTH) \
		$(addprefix --ignore ,$(MARTS_AT_LENGTH)) $(ARGS)

test-marts: setup-dev ## hold the marts against the firm's books and a second reckoning (a quarter of an hour)
	$(BIN)/python -m pytest -n auto --dist loadgroup $(MARTS_AT_LENGTH) $(ARGS)

test-marts-large: setup-dev ## hold a firm of 300,000 entries against its books, twice (ten minutes)
	MARTS_SIZES=large $(BIN)/python -m pytest tests/marts/test_integrity.py $(ARGS)

check: setup-dev ## what CI runs: lint, format, types, declarations and docs, secrets, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar dbt
	$(MAKE) --no-print-directory check-docs check-secrets test

SOURCES := dbt/models/staging/clio/_clio__sources.yml

check-docs: setup-dev ## fail if what is written from the declarations is not what they say
	$(BIN)/python -m clio_source.catalog | diff -u docs/collections.md - \
		|| { echo "docs/collections.md is stale: run make docs"; exit 1; }
	$(BIN)/python -m clio_source.dbt_sources | diff -u $(SOURCES) - \
		|| { echo "$(SOURCES) is stale: run make docs"; exit 1; }

# Declarations say in words that a field is a secret; sandbox-… and the like are invented; unit tests of
# models are figures.
check-secrets: setup-dev ## look for secrets in every file that git knows
	git ls-files -z | grep -zEv '^clio_sandbox/catalog.json$$|_unit_tests.yml$$' | xargs -0 $(BIN)/detect-secrets-hook --no-verify \
		--exclude-lines ': .?a (secret|password)' --exclude-secrets '^(sandbox-.*|guess|wrong-password)$$'

sandbox: setup ## run the local Clio until Ctrl-C; it prints its address and token
	$(BIN)/python -m clio_sandbox --firm demo $(ARGS)

load: setup ## load your firm into warehouse.duckdb (README: Connect a firm)
	$(BIN)/python pipelines/clio_to_duckdb.py $(ARGS)

spec: setup ## hold the declarations against Clio's specification: make spec ARGS=openapi.json
	$(BIN)/python -m clio_source.spec $(ARGS)

docs: setup ## write docs/collections.md and the dbt sources anew from the declarations
	$(BIN)/python -m clio_source.catalog > docs/collections.md.new
	mv docs/collections.md.new docs/collections.md
	$(BIN)/python -m clio_source.dbt_sources > $(SOURCES).new
	mv $(SOURCES).new $(SOURCES)

guarantees: setup-dev ## try at full length to lose, double or leak something (one to two hours)
	GUARANTEE_ROUNDS=$${GUARANTEE_ROUNDS:-200} $(BIN)/python -m pytest tests/guarantees $(ARGS)

test-warehouses: setup-dev ## load a real Postgres, and run what BigQuery and Snowflake are sent (minutes)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[bigquery,snowflake,delta]' 'snowflake-connector-python<5'
	$(BIN)/python -m pytest tests/warehouses $(ARGS)

test-airflow: ## run the DAGs in a real Airflow, in an environment of its own (minutes)
	$(PYTHON) -m venv .venv-airflow
	.venv-airflow/bin/python -m pip install --quiet "apache-airflow>=3.3" pytest -e '.[sandbox,dbt]'
	.venv-airflow/bin/python -m pytest tests/airflow --noconftest -p no:cacheprovider $(ARGS)

thirty-firms: setup-dev ## load thirty invented firms with one command, and see that none mix (minutes)
	$(BIN)/python -m pytest -s tests/guarantees/test_thirty_firms.py $(ARGS)

bench: setup-dev ## measure rows per second and memory against other ways to load (minutes)
	$(BIN)/python -m benchmarks.first_load $(ARGS)

bench-marts: setup-dev ## measure the marts of a firm with 1,200,000 entries: built, and built again a day later (minutes)
	$(BIN)/python -m benchmarks.marts $(ARGS)

# Without a warehouse: what dbt compiles for each is turned into DuckDB's SQL and run there.
test-warehouse-sql: setup-dev .venv-warehouses/.installed ## hold the marts' SQL for BigQuery and Snowflake against DuckDB's
	DBT_WAREHOUSES=$(abspath .venv-warehouses/bin/dbt) $(BIN)/python -m pytest tests/marts/test_warehouse_sql.py $(ARGS)

test-lowest: ## run all tests on the lowest versions that pyproject.toml allows
	$(PYTHON) -m venv --clear .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet uv
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python \
		--resolution lowest-direct -e '.[sandbox,dbt,dev]'
	.venv-lowest/bin/python -m pytest --ignore tests/airflow $(ARGS)

clean: ## remove environments and caches; warehouses and secrets stay
	rm -rf .venv .venv-lowest .venv-airflow .venv-warehouses build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv-warehouses/.installed: pyproject.toml
	$(PYTHON) -m venv --clear .venv-warehouses
	.venv-warehouses/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv-warehouses/bin/uv pip install --quiet --python .venv-warehouses/bin/python '.[dbt-warehouses]'
	@touch $@

.venv/bin/python:
	$(PYTHON) -m venv .venv

# The stamps make a second `make setup` immediate; a change of a dependency installs again.
.venv/.installed: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[sandbox,dbt]'
	@touch $@

.venv/.installed-dev: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[sandbox,dbt,dev]'
	@touch $@
