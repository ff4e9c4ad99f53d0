# Every way of working with this repository. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Ansible refuses to run, and PostgreSQL makes clusters without an encoding, where no locale is set.
export LC_ALL := C.UTF-8
# Ansible starts a Python for each task: without compiled modules at hand each of them compiles its own.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/.venv/bin:$(PATH):/usr/sbin:/sbin

# Tests need a PostgreSQL of their own; pg_virtualenv makes one and removes it.
WITH_POSTGRES := pg_virtualenv -t -o fsync=off -o max_connections=200

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

.PHONY: demo demo-spot demo-stop demo-clean
demo: deps deps-hosts ## a whole station with a simulated DX node, on a test host of 1 GB
	tools/demo

SPOT ?= F5AAA 29600.0 K1ABC FM big signal
demo-spot: deps ## let the simulated node send a spot: SPOT="F5AAA 29600.0 K1ABC FM big signal"
	python -m simulator tell --control 10.89.41.2:7399 spot "$(SPOT)"

demo-stop: ## stop the demo; `make demo` starts it again with all it had
	tools/host stop station station-node

demo-clean: ## remove the demo and everything in it
	tools/host down station station-node
	rm -rf inventory/local/credentials

.PHONY: dev
dev: deps deps-tests ## the dashboard with reload on this machine: throw-away database, simulator, no containers
	$(WITH_POSTGRES) python tools/dev

.PHONY: test test-quick test-faults test-lighthouse
test: lint test-app test-faults-short test-rules test-policy test-browser test-demo test-molecule ## everything; 40 minutes at most on 2 cores
test-quick: SELECT := -m "not slow"
test-quick: lint-python test-app test-rules test-policy ## the part that takes some minutes

.PHONY: lint lint-python lint-ansible
lint: lint-python lint-ansible ## ruff, mypy, yamllint, ansible-lint
lint-python: deps
	ruff check
	ruff format --check
	mypy
lint-ansible: deps
	yamllint --strict .
	ansible-lint --offline --profile production

.PHONY: format
format: deps ## format the Python code and mend what ruff can mend
	ruff check --fix
	ruff format

.PHONY: test-app test-faults-short test-rules test-policy test-browser test-demo test-molecule
test-app: deps deps-tests ## unit and database tests
	$(WITH_POSTGRES) pytest -q -n 4 --dist loadgroup $(SELECT) tests/app tests/frontend tests/simulator tests/grafana

test-faults-short: deps deps-tests ## the faults of docs/reliability.md, shortened to seconds
	pytest -q -n 3 tests/faults

test-rules: deps deps-tests ## the alert rules, by promtool
	pytest -q tests/rules

test-policy: deps ## the rules of the repository itself
	pytest -q tests/policy

test-browser: deps deps-tests tests/e2e/node_modules ## the dashboard in Chromium; screenshots in build/screenshots
	$(WITH_POSTGRES) pytest -m "not timed" tests/e2e

test-demo: deps deps-hosts ## what this file says of `make demo`, and what site.yml says to wrong settings
	pytest tests/demo

test-molecule: deps deps-hosts ## site.yml on Debian 13 and 12: check, converge, idempotence, verify, reboot, verify
	molecule test

test-lighthouse: deps deps-tests tests/e2e/node_modules ## Lighthouse's marks for performance, on a machine that is idle
	$(WITH_POSTGRES) pytest -m timed -rP tests/e2e/test_lighthouse.py

test-faults: deps deps-tests ## the faults at full length, an hour and a half; writes docs/reliability.md
	pytest -q -n 3 tests/faults --full --write-table

.PHONY: fuzz
fuzz: deps ## throw rubbish at the parser for 5 minutes, led by what it has not run through yet
	mkdir -p build/fuzz
	python tests/fuzz/fuzz_parse.py build/fuzz -dict=tests/fuzz/words.dict -max_total_time=300 -max_len=400 -timeout=5 \
	  -artifact_prefix=build/fuzz/ -print_final_stats=1

.PHONY: bench
bench: deps deps-tests ## the benchmarks of bench/README.md, in a PostgreSQL that waits for the disk
	pg_virtualenv -t -o fsync=on python -m bench

.PHONY: frontend
frontend: .venv/installed ## bundle the scripts and styles anew; `make deps` does it when they changed
	python app/frontend/bundle.py

.PHONY: deps deps-hosts deps-tests
deps: .venv/installed app/spotkeeper/web/static ## the Python tools, in .venv, and what browsers get
deps-hosts: ## what test hosts need from Debian
	@tools/bootstrap hosts
deps-tests: ## what tests need from Debian
	@tools/bootstrap tests

.venv/installed: tools/requirements.lock app/pyproject.toml
	@tools/bootstrap python
	python3 -m venv .venv
	awk '/^[a-z]/ { uv = /^uv==/ } uv' tools/requirements.lock | .venv/bin/pip install --quiet --require-hashes -r /dev/stdin
	.venv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes tools/requirements.lock
	.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --editable app
	@touch $@

FRONTEND := $(filter-out app/frontend/node_modules/%,$(wildcard $(addprefix app/frontend/,*.* .npmrc */*)))
app/spotkeeper/web/static: .venv/installed $(FRONTEND)
	python app/frontend/bundle.py
	@touch $@

tests/e2e/node_modules: .venv/installed tests/e2e/package-lock.json tests/e2e/.npmrc
	python app/frontend/bundle.py tests/e2e
	@touch $@

.PHONY: lock
lock: deps ## compile the lock files anew
	uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock" \
	  app/pyproject.toml --output-file app/requirements.lock
	uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock" \
	  app/pyproject.toml tools/requirements.in --output-file tools/requirements.lock
