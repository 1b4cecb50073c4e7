# Every chore of the project; `make` alone lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test proof lint fix unit coverage browser bench baselines messages migration sales lock clean

PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Every process of the tests would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
# npm trusts what the machine trusts, as pip does: a company's own registry, for one.
export NODE_USE_SYSTEM_CA := 1
PIP := python -m pip install --quiet --disable-pip-version-check
NPM := npm ci > /dev/null
LOCK := uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --annotation-style line

FRONT := $(shell find crm/assets crm templates \( -name node_modules -o -name static \) -prune -o -type f \
	\( -path 'crm/assets/*' -o -name '*.py' -o -name '*.html' \) ! -name '*.pyc' -print 2>/dev/null)
CATALOGS := $(wildcard translations/*/LC_MESSAGES/*.po)

help: ## List the chores
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1	\2/p' $(MAKEFILE_LIST) | while IFS='	' read -r name text; do printf '%-10s %s\n' "$$name" "$$text"; done

run: .venv/ready ## Install, build and serve on http://127.0.0.1:8080 (HOST=, PORT=; DEMO=0: no demo data)
	@if [ "$${DEMO:-1}" = 0 ]; then exec crm serve --init; else exec crm serve --demo; fi

test: lint .venv/chromium ## Everything that has to pass: lint, types, layers, both databases, a browser
	@pytest -n 2 --dist worksteal

PROOF := pytest -o python_files='proof_*.py' tests/proof

proof: .venv/chromium ## Prove what takes minutes: a crawl of every page, fuzzing, load, killed servers, a real import; LONG=1 all of it, SEED= other requests
	@$(PROOF) -n 2 -m 'not alone'
	@$(PROOF) -m alone

BIOME := node tests/browser/node_modules/@biomejs/biome/bin/biome lint --log-level=warn

lint: .venv/chromium ## Format, lint, types, layers, templates, scripts
	@ruff format --check --quiet . || { echo 'Not formatted: make fix does it.'; exit 1; }
	@ruff check --quiet .
	@mypy
	@lint-imports --no-logo
	@[ ! -d templates ] || djlint --lint --quiet templates
	@$(BIOME) --error-on-warnings

fix: .venv/tools ## Format, and mend what the linter can
	@ruff check --fix --quiet . ; ruff format --quiet .

unit: .venv/tools ## Tests without a browser and the rules about the whole; one slice in seconds, on SQLite: T=leads
	@pytest -n 2 --dist worksteal -m 'not browser and not house$(if $(T), and not postgres)' $(if $(T),tests/$(T))

coverage: .venv/chromium ## What the tests run through: statements and branches; services, moves and rights apart
	@coverage run -m pytest -q
	@coverage combine --quiet
	@coverage report --skip-covered --sort=cover
	@echo 'Services, moves and rights:'; coverage report --fail-under=95 \
		--include='crm/*/services.py,crm/*/services/*,crm/*/moves.py,crm/core/rows.py,crm/core/actor.py,crm/permissions.py,crm/companies/actors.py,crm/companies/people/*'

browser: .venv/chromium ## Tests in a real browser
	@pytest -m browser

bench: .venv/tools ## Measure what the budgets promise
	@pytest -o python_files='bench_*.py' -s tests/bench

baselines: .venv/tools ## Write down what changed on purpose: statements a page, exceptions from the table of rights
	@CRM_BASELINES=write pytest tests/house

messages: .venv/ready ## Bring the catalogs of translations/ up to the source
	@crm translations extract
	@for language in en fr; do crm translations update $$language; done

migration: .venv/ready ## Write a migration of what changed in the models: M="opportunity recurring"
	@[ "$(M)" ] || { echo 'Say what it does: make migration M="opportunity recurring"'; exit 1; }
	@flask --app app db upgrade # it is written from the difference to a database that has all before it
	@flask --app app db migrate --message "$(M)"

SALES := tests/imports/sales

sales: .venv/ready ## Load a real sales export into the database of make run: DATA=../sales
	@[ -f "$(DATA)/sales_pipeline.csv" ] || { echo 'Say where the export lies: make sales DATA=../sales'; exit 1; }
	@crm init
	@crm import companies $(SALES)/companies.csv --map $(SALES)/companies.toml --as admin
	@for step in agencies:sales_teams groups:sales_teams users:sales_teams accounts:accounts opportunities:sales_pipeline; do \
		echo "$${step%:*}:"; \
		crm import $${step%:*} "$(DATA)/$${step#*:}.csv" --map $(SALES)/$${step%:*}.toml --company SALES --as admin || exit 1; \
	done

lock: .venv/tools ## Renew the locks; UP=1 takes the newest releases
	@$(LOCK) $(if $(UP),--upgrade) --group build pyproject.toml --output-file requirements.lock
	@$(LOCK) $(if $(UP),--upgrade) --group test --constraint requirements.lock --output-file tests/requirements.lock
	@for folder in crm/assets tests/browser; do (cd $$folder && npm $(if $(UP),update,install) --package-lock-only > /dev/null); done
	@node crm/assets/lock.mjs crm/assets/package-lock.json tests/browser/package-lock.json

clean: ## Remove what was installed and built; the data in instance/ stays
	@rm -rf .venv crm/static crm/assets/node_modules tests/browser/node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find crm tests -name __pycache__ -prune -exec rm -rf {} +

# The steps of an installation, each done again only when what it stands on has changed.

.venv/python:
	@$(PYTHON) -c 'import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo 'Comptoir needs Python 3.11 or newer with its venv module: on Debian and Ubuntu `apt install python3 python3-venv`; another Python of this machine is named with `make PYTHON=python3.13 …`.'; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/packages: requirements.lock | .venv/python
	@echo 'Installing packages'
	@$(PIP) --require-hashes --requirement requirements.lock
	@touch $@

.venv/npm: crm/assets/package-lock.json | .venv/packages
	@echo 'Installing the front end'
	@cd crm/assets && $(NPM)
	@touch $@

.venv/front: .venv/npm $(FRONT)
	@echo 'Building the front end'
	@node crm/assets/build.mjs
	@touch $@

.venv/catalogs: .venv/packages $(CATALOGS)
	@$(if $(CATALOGS),pybabel --quiet compile --directory translations)
	@touch $@

.venv/ready: .venv/packages .venv/front .venv/catalogs pyproject.toml crm/assets/hatch_build.py
	@$(PIP) --no-build-isolation --no-deps --editable .
	@touch $@

.venv/tools: tests/requirements.lock .venv/ready
	@echo 'Installing the test tools'
	@$(PIP) --require-hashes --requirement tests/requirements.lock
	@touch $@

.venv/chromium: tests/browser/package-lock.json .venv/tools
	@echo 'Installing a browser for the tests'
	@cd tests/browser && $(NPM)
	@touch $@
