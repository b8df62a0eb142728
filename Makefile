# `make check` is what CI runs; `make check-all` runs everything and is due before an issue is closed.
.PHONY: check check-all lint types layers style test test-all docs format

check: lint types layers style test

check-all: lint types layers style test-all

lint:
	ruff check .
	ruff format --check .

types:
	mypy

layers:
	lint-imports

# The figures of the house's style table; it fails where one of the hard rules is broken.
style:
	python -m benchmarks.style

test:
	python -m pytest

test-all:
	python -m pytest -m ""

# The handbook: build/docs/index.html. A broken link or anchor is an error. Needs the extra [docs].
docs:
	python -m sphinx -n -W --keep-going -q -c docs -d build/doctrees . build/docs

format:
	ruff check --fix .
	ruff format .
