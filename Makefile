# Needs GNU make and Python 3.11 or newer; everything else goes into $(VENV).
SHELL := /bin/sh
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 7860
JOBS ?= 2
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev chat test test-slow gate lock dossier clean

help:
	@echo 'make chat       install, index data/documents, open the chat on http://$(HOST):$(PORT)'
	@echo 'make setup      install what Footnote needs to run, into $(VENV)'
	@echo 'make test       lint, types and the tests, as CI runs them (slow ones left out)'
	@echo 'make test-slow  the slow tests'
	@echo 'make gate       ask the evaluation set and hold the answers against data/eval/baseline.json'
	@echo 'make dossier    rebuild the PDF and Word files of data/documents'
	@echo 'make lock       renew requirements.lock'
	@echo 'make clean      delete caches and build files; $(VENV) and storage stay'
	@echo 'Variables: PYTHON, VENV, HOST, PORT, JOBS (of the tests), TORCH_INDEX (see install.sh)'

setup:
	@sh install.sh "$(VENV)"

setup-dev:
	@sh install.sh "$(VENV)" dev

# Status 1 of ingest says that some file failed; it is listed, and the rest can be asked.
chat: setup
	@echo 'chat: indexing the documents'
	@"$(BIN)/footnote" ingest || [ $$? -eq 1 ]
	@echo 'chat: serving on http://$(HOST):$(PORT) (Ctrl-C ends it)'
	@"$(BIN)/footnote" serve --host "$(HOST)" --port "$(PORT)" --open

test: setup-dev
	@echo 'test: ruff check'
	@"$(BIN)/ruff" check .
	@echo 'test: ruff format --check'
	@"$(BIN)/ruff" format --check .
	@echo 'test: mypy'
	@"$(BIN)/mypy"
	@echo 'test: pytest'
	@"$(BIN)/python" -m pytest -n $(JOBS) --dist loadscope

test-slow: setup-dev
	@echo 'test-slow: pytest -m slow'
	@"$(BIN)/python" -m pytest -m slow

# In a storage of its own, so that it measures this checkout and nothing that was indexed before.
gate: setup
	@echo 'gate: indexing the dossier into build/gate'
	@rm -rf build/gate
	@FOOTNOTE_STORAGE=build/gate "$(BIN)/footnote" ingest
	@echo 'gate: asking the evaluation set'
	@FOOTNOTE_STORAGE=build/gate "$(BIN)/footnote" eval run --out build/gate/run
	@echo 'gate: holding the run against data/eval/baseline.json'
	@FOOTNOTE_STORAGE=build/gate "$(BIN)/footnote" eval gate build/gate/run --baseline data/eval/baseline.json

dossier: setup-dev
	@echo 'dossier: building PDF and Word files in data/documents'
	@"$(BIN)/python" data/build_documents.py

# Resolves pyproject.toml afresh in a new environment and writes down what it got. Python 3.11
# does it, the oldest supported: a newer one would pick releases that 3.11 cannot install.
# Kept from the old lock: torch, whose CPU build must exist (to move it, edit its line first),
# and the lines with a marker, which other Pythons need.
# instructor comes with ragas; without the floor pip settles on a release of 2024.
lock:
	@echo 'lock: installing the newest versions that fit, into build/lock-venv'
	@rm -rf build/lock-venv && mkdir -p build
	@{ grep -e '^torch==' -e ';' requirements.lock; echo 'instructor>=1.13'; } \
	  | grep -v '^#' >build/lock.in
	@PYTHON="$${PYTHON:-python3.11}" FOOTNOTE_LOCK=build/lock.in sh install.sh build/lock-venv dev
	@build/lock-venv/bin/python -m pip check
	@{ sed -n '/^#/p' requirements.lock; \
	   { build/lock-venv/bin/python -m pip freeze --all --exclude-editable \
	       | sed -e 's/+[a-z0-9.]*$$//' \
	       | grep -v -i -e '^pip==' -e '^nvidia' -e '^cuda' -e '^triton=='; \
	     grep -e '^[^#].*;' requirements.lock; } | LC_ALL=C sort -f; } >build/lock.out
	@mv build/lock.out requirements.lock && rm -rf build/lock-venv build/lock.in
	@echo 'lock: requirements.lock is renewed; run make test before committing it'

clean:
	@echo 'clean: deleting caches and build files'
	@rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find app data eval ingest tests -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -rf __pycache__
