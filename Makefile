# Two commands: `make run` serves the suite with demo data, `make test` runs every test. Both set up
# what is missing first. Everything they make is in .local/ (see scripts/).
SHELL := /bin/bash
VENV := $(or $(SUITE_HOME),.local)/venv
.DEFAULT_GOAL := help
.PHONY: help run test lint format bench drill audit shell screenshots readme setup stop clean clean-demo i18n

help: ## This list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: ## Set up and serve on http://localhost:8069 (HTTP_PORT=…, DB_NAME=…)
	@scripts/run.sh

test: ## Set up and run all tests (PART=unit|addons|flow|browser|contract, K=expression)
	@scripts/setup.sh test
	@$(VENV)/bin/python scripts/test.py $(if $(PART),--part $(PART)) $(if $(K),-k "$(K)")

lint: ## Check style, Odoo's rules, XML and JavaScript
	@scripts/setup.sh test
	@scripts/lint.sh

format: ## Write Python, XML, JavaScript and YAML as `make lint` wants them
	@scripts/setup.sh test
	@$(VENV)/bin/ruff check --fix-only -q . ; $(VENV)/bin/ruff format -q .
	@scripts/lint.sh prettier-write --hook-stage manual || true

bench: ## Measure speed and quality (prints figures, asserts nothing about time)
	@scripts/setup.sh test
	@$(VENV)/bin/python scripts/bench.py $(ARGS)

drill: ## Back the demo database up, restore it beside and check the copy (DB_NAME=…)
	@scripts/setup.sh run
	@$(VENV)/bin/python scripts/drill.py $(or $(DB_NAME),order_suite)

audit: ## Ask PyPI's advisories about every installed package (needs the Internet)
	@scripts/setup.sh run
	@scripts/audit.sh

shell: ## Odoo's shell on the demo database
	@scripts/setup.sh run
	@$(VENV)/bin/python scripts/suite.py ensure $(or $(DB_NAME),order_suite)
	@eval "$$(scripts/postgres.sh env run)" && $(VENV)/bin/python -m odoo shell -c $(or $(SUITE_HOME),.local)/run.conf -d $(or $(DB_NAME),order_suite) --no-http

screenshots: ## Take the pictures of README.md again, from a real browser
	@scripts/setup.sh test
	@PYTHONPATH=tests/plugins:tests/browser $(VENV)/bin/python scripts/screenshots.py

i18n: ## Write the translation templates (.pot) again
	@scripts/setup.sh test
	@$(VENV)/bin/python scripts/i18n.py

readme: ## Write the addons' pages again from their readme fragments
	@scripts/setup.sh test
	@$(VENV)/bin/python scripts/readme.py

setup: ## Only set up
	@scripts/setup.sh run

stop: ## Stop the private PostgreSQL servers
	@scripts/postgres.sh stop run
	@scripts/postgres.sh stop test

clean-demo: ## Throw the demo database away; the next make run makes a new one
	@scripts/setup.sh run
	@$(VENV)/bin/python scripts/suite.py reset $(or $(DB_NAME),order_suite)

clean: ## Throw away everything that was set up (asks first, since demo data goes too)
	@scripts/clean.sh
