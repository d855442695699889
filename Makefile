# Bezel's set-up and tests: `make run` serves the chat, `make test` checks everything. `make help` lists the rest.

PYTHON ?= python3
VENV = .venv
# Another package index for torch alone, for instance one with CPU builds: make run TORCH_INDEX=URL
TORCH_INDEX ?=

# How many processes the tests run in; each file of them stays in one.
WORKERS ?= 2

TORCH := $(shell grep -o '^torch==[0-9.]*' requirements.txt)
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --no-input
# A stamp lies inside the environment it speaks of and is written last, so a broken-off install is taken up again.
MADE := $(VENV)/.made
READY := $(VENV)/.ready
READY_FOR_TESTS := $(VENV)/.ready-for-tests

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint format audit browser screenshots clean FORCE

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run: $(READY) ## set up what is missing, then serve the chat at http://127.0.0.1:7860
	@exec $(VENV)/bin/python app.py

test: $(READY_FOR_TESTS) lint browser ## set up what is missing, then check format, lint, types and run all tests
	BEZEL_TEST_BROWSER="$$(cat .make/browser)" $(VENV)/bin/python -m pytest -n $(WORKERS) --dist loadfile --durations=10

lint: $(READY_FOR_TESTS) ## check format, lint and types
	$(VENV)/bin/python -m ruff format --check .
	$(VENV)/bin/python -m ruff check .
	$(VENV)/bin/python -m mypy
	$(VENV)/bin/python -m mypy app.py

format: $(READY_FOR_TESTS) ## rewrite the code in the project's format
	$(VENV)/bin/python -m ruff check --fix .
	$(VENV)/bin/python -m ruff format .

audit: $(READY_FOR_TESTS) ## ask an index of advisories about every installed package
	@$(VENV)/bin/python setup/audit.py

browser: $(READY_FOR_TESTS) ## find or get the Chromium that the tests drive
	@mkdir -p .make
	@$(VENV)/bin/python setup/browser.py --wanted "$(BEZEL_TEST_BROWSER)" --found .make/browser

screenshots: browser ## take the README's pictures anew
	BEZEL_TEST_BROWSER="$$(cat .make/browser)" $(VENV)/bin/python -m pytest tests/e2e -k "says_who_it_is or reported_reply"
	mkdir -p docs/screenshots
	cp build/screenshots/conversation.png docs/screenshots/chat-light.png
	cp build/screenshots/desk.png docs/screenshots/desk-light.png

clean: ## remove the environment and caches; never the data folder
	rm -rf $(VENV) .make .mypy_cache .ruff_cache .pytest_cache .hypothesis .gradio build
	find . -path ./data -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

# An environment whose Python is gone, after an upgrade of the system for instance, is made anew.
ifneq ($(shell test -x $(VENV)/bin/python && echo usable),usable)
$(MADE): FORCE
endif

$(MADE):
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) on this machine; install Python 3.11 or newer, or name one: make run PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) setup/check_python.py
	@echo "Making a virtual environment in $(VENV)."
	@test -x $(VENV)/bin/python || rm -f $(VENV)/bin/python*
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(READY): $(MADE) requirements.txt
	@echo "Installing $(TORCH) and then the other packages; the first time this takes some minutes."
	@$(PIP) install $(TORCH) $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX))
	@$(PIP) install --quiet -r requirements.txt
	@touch $@

$(READY_FOR_TESTS): $(READY) requirements-dev.txt
	@echo "Installing the packages that the tests need."
	@$(PIP) install --quiet -r requirements-dev.txt
	@touch $@

FORCE:
