# Two commands for a newcomer: `make demo` and `make test`. Each does all the set-up that it needs.

PYTHON ?= python3
PORT ?= 8000
PYTEST_ARGS ?=
WORKERS ?= 4
SEEDS ?= 50
ROWS ?= 100000
STEPS ?=
# The one without windows takes a third less time.
CHROMIUM ?= $(firstword $(shell command -v chromium-headless-shell || command -v chromium) chromium-headless-shell)

VENV := .venv
BIN := $(VENV)/bin
# A file's tests stay together, as some share what is dear to make; the longest files come first.
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
INSTALLED := $(VENV)/.installed

export CHROMIUM
# Else each process would compile all modules again, and pytest rewrite all tests.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test coverage torture lint format venv es es-in-memory es-stop postgres postgres-stop mariadb mariadb-stop redis redis-stop schemathesis screenshots browser clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  Settings: PORT=8001 (demo), PYTEST_ARGS='-k search' WORKERS=4 (test), PYTHON=python3.12, CHROMIUM=/path/to/it,"
	@echo "  SEEDS=50 ROWS=100000 (torture), and in the environment ES_URL, POSTGRES_URL, REDIS_URL (servers to use instead of ours),"
	@echo "  DATABASE_URL (demo, test)."

demo: venv es ## Set everything up and serve the example shop on 127.0.0.1:8000
	@dev/demo.sh $(PORT)

test: venv es-in-memory postgres browser ## Set everything up and run the tests, except the slow ones
	@$(PYTEST) -m "not slow" $(PYTEST_ARGS)

coverage: venv es-in-memory postgres browser ## Run the same tests and show which branches they do not reach
	@$(PYTEST) -m "not slow" --cov --cov-report=term $(PYTEST_ARGS)

torture: venv es-in-memory postgres browser ## Run the slow tests: changes under faults, SEEDS times per database, rebuilds of ROWS products (see docs/torture.md)
	@TORTURE_SEEDS=$(SEEDS) TORTURE_ROWS=$(ROWS) TORTURE_STEPS="$(STEPS)" $(BIN)/python -m pytest -m slow -p no:randomly --durations=5 $(PYTEST_ARGS)

lint: venv ## Check format, code, types and migrations
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	PYTHONPATH=example_project $(BIN)/mypy
	$(BIN)/python example_project/manage.py makemigrations --check --dry-run

format: venv ## Format the code
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

venv: $(INSTALLED) ## Install everything into .venv (again, if setup.cfg has changed)

$(INSTALLED): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: try make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@echo "Installing into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo,dev]'
	@# Else the processes that run the tests compile each of them at the same time.
	@$(BIN)/python -m pytest --collect-only --quiet >/dev/null || true
	@touch $@

es: ## Start an Elasticsearch, unless one answers already
	@$(PYTHON) dev/elasticsearch/server.py start

es-in-memory: ## The same for tests: its data is in memory, and lost when it stops
	@$(PYTHON) dev/elasticsearch/server.py start --in-memory

es-stop: ## Stop the Elasticsearch that `make es` started
	@$(PYTHON) dev/elasticsearch/server.py stop

postgres: ## Start a PostgreSQL of this checkout, unless POSTGRES_URL names one
	@[ -n "$$POSTGRES_URL" ] || dev/need.sh initdb=postgresql
	@$(PYTHON) dev/postgresql/server.py start

postgres-stop: ## Stop the PostgreSQL that `make postgres` started
	@$(PYTHON) dev/postgresql/server.py stop

mariadb: ## Start a MariaDB of this checkout, unless MARIADB_URL names one; `pip install -e .[mariadb]` has the driver
	@[ -n "$$MARIADB_URL" ] || dev/need.sh mariadbd=mariadb-server mariadb_config=libmariadb-dev pkg-config=pkg-config cc=gcc
	@$(PYTHON) dev/mariadb/server.py start

mariadb-stop: ## Stop the MariaDB that `make mariadb` started
	@$(PYTHON) dev/mariadb/server.py stop

redis: ## Start a Redis of this checkout, unless REDIS_URL names one: a broker of background tasks
	@[ -n "$$REDIS_URL" ] || dev/need.sh redis-server=redis-server
	@$(PYTHON) dev/redis/server.py start

redis-stop: ## Stop the Redis that `make redis` started
	@$(PYTHON) dev/redis/server.py stop

schemathesis: venv es ## Test the API of the example against its OpenAPI description, with 12,000 requests
	@SCHEMA_EXAMPLES=2000 $(BIN)/python -m pytest tests/integration/example/test_site_rest.py -k as_described $(PYTEST_ARGS)

screenshots: venv es browser ## Take the screenshots of the documentation again
	@$(BIN)/python dev/screenshots.py

browser: ## Install a Chromium for the browser tests, unless there is one
	@dev/need.sh "$(CHROMIUM)=chromium-headless-shell"

clean: ## Remove what the tools leave behind; keeps .venv, the server and the demo's database
	rm -rf build dist *.egg-info htmlcov .coverage .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
