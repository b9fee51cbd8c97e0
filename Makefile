SHELL := /bin/bash
PYTHON ?= python3.13
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONPATH := $(CURDIR)/functions:$(CURDIR)/layers/realtime-sms:$(CURDIR)/cli:$(CURDIR)
export SAM_CLI_TELEMETRY := 0
unexport PYTHONDONTWRITEBYTECODE # hundreds of processes are started: each would compile all that it imports
WORKERS ?= 3
ARCHITECTURE := # by command line only: a variable of the shell would not reach `sam deploy`
COMPILE := uv pip compile --quiet --python-version 3.13 --no-emit-index-url --generate-hashes --no-header $(if $(UPGRADE),--upgrade)

.DEFAULT_GOAL := help
.PHONY: help setup build demo local test acceptance acceptance-clean sam-local check fix bench simulate redrive generated requirements iam-reference release clean

help: ## list all commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(VENV)/ready ## make .venv from the pinned requirements (the other targets do it by themselves)

# --no-compile: most modules are never imported, and Python compiles the others then
$(VENV)/ready: local/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps --no-compile -r local/requirements.txt
	touch $@

demo: $(VENV)/ready ## deploy to an embedded AWS, send the messages in events/send, show the outcomes
	python -m local.demo

build: $(VENV)/ready ## sam build, with compiled files, so that functions start faster; for arm64: ARCHITECTURE=arm64
	sam build $(if $(ARCHITECTURE),--parameter-overrides Architecture=$(ARCHITECTURE))
	python -m local.compiled .aws-sam/build

local: $(VENV)/ready ## keep the embedded AWS, the RealTime simulator and the console running, and print how to reach them
	python -m local.up

test: $(VENV)/ready ## run all tests; ROOM=send for one folder of tests/, ARGS="-k token" for pytest, WORKERS=3
	python -m pytest -n $(WORKERS) $(if $(ROOM),tests/$(ROOM)) $(ARGS)

acceptance: $(VENV)/ready ## test as a black box: STACK=embedded, or STACK=name REGION=region in an account; it removes everything at the end
	python -m tests.acceptance --stack "$(STACK)" --region "$(REGION)"

acceptance-clean: $(VENV)/ready ## remove what acceptance left in an account: REGION=region, HOURS=6 for old runs only
	python -m tests.acceptance --clean --region "$(REGION)" --hours "$(or $(HOURS),0)"

sam-local: $(VENV)/ready ## run every event under SAM local, in Docker (about ten seconds each)
	python -m pytest -m docker -n $(WORKERS) tests/local/sam_local

check: $(VENV)/ready ## check format, lint, types, template, policies, workflows and generated files
	ruff format --check --quiet .
	ruff check --quiet .
	mypy
	python -m local.generated --check
	sam validate --lint --region us-east-1 --template template.yaml
	python -m local.transformed_template | cfn-lint
	cfn-lint --regions us-east-1 -- docs/examples/*.yaml docs/examples/*/*.yaml
	python -m pytest -q tests/template/iam
	python -m local.workflows

fix: $(VENV)/ready ## format, and fix what the linter can fix
	ruff format --quiet .
	ruff check --fix --quiet .

bench: .bench-venv/ready ## measure every goal of docs/performance.md (ONLY=cpu,codec: some; AGAINST=path: compare with another checkout)
	.bench-venv/bin/python -m bench --only "$(ONLY)" $(if $(AGAINST),--against "$(AGAINST)")

.bench-venv/ready: bench/requirements.txt bench/icu.txt
	$(PYTHON) -m venv .bench-venv
	.bench-venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r bench/requirements.txt
	.bench-venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r bench/icu.txt \
		|| echo "PyICU was not built; the benchmark goes on without it"
	touch $@

simulate: $(VENV)/ready ## try more crashes, duplicates and faults than `make test` does
	python -m local.model_checker

redrive: $(VENV)/ready ## send dead letters back: make redrive STACK=name REASON=dead_lettered
	python -m rtsms redrive --stack $(STACK) --reason $(REASON)

generated: $(VENV)/ready ## write the generated files again
	python -m local.generated

requirements: $(VENV)/ready ## resolve the pinned lists again; UPGRADE=yes for newer versions (maintainers)
	$(COMPILE) --universal \
		pyproject.toml --group local layers/realtime-sms/requirements.in -o local/requirements.txt
	$(COMPILE) layers/realtime-sms/requirements.in -c local/requirements.txt -o layers/realtime-sms/requirements.txt
	$(COMPILE) bench/requirements.in -c local/requirements.txt -o bench/requirements.txt
	$(COMPILE) bench/icu.in -o bench/icu.txt
	$(COMPILE) tests/template/iam/requirements.in -o tests/template/iam/requirements.txt

iam-reference: $(VENV)/ready ## extract AWS's list of IAM actions again (maintainers)
	uv venv --quiet --clear .local/iam
	uv pip install --quiet --python .local/iam --require-hashes --no-deps -r tests/template/iam/requirements.txt
	.local/iam/bin/python -m tests.template.iam.refresh

release: $(VENV)/ready ## build the files of a release into .local/release: make release TAG=v1.2.3 (maintainers)
	python -m local.release "$(TAG)"

clean: ## remove what was built (not the .venv)
	rm -rf .aws-sam .bench-venv .local .pytest_cache .mypy_cache .ruff_cache .hypothesis
