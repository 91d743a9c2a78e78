# Everything here is also a plain command; see the README.

# The whole loop in a throw-away sandbox.
demo:
    python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/reconciler demo

# All tests, real OpenClaw releases included.
test:
    python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && .venv/bin/python -m pytest -n 2

quick_tests := "-m 'not openclaw' --ignore tests/laws --ignore tests/fuzz"

# In three minutes: what needs no OpenClaw, without the laws at every system call and the fuzzers.
quick: _dev
    .venv/bin/python -m pytest -n 2 {{quick_tests}}

# The same on the oldest libraries that pyproject.toml allows; every other recipe has the newest.
lowest:
    python3 -m venv .venv-lowest
    .venv-lowest/bin/pip install -q -e '.[test]' $(python3 -c 'import tomllib; print(*(one.replace(">=", "==") for one in tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"]))')
    .venv-lowest/bin/python -m pytest -n 2 {{quick_tests}}

# Hostile input of every kind, new each time, for so many seconds; stops at the first that does harm.
fuzz seconds="600": _dev
    .venv/bin/python -m tests.fuzz {{seconds}}

# Every stable OpenClaw release since 2026.3, or those named, one by one; prints the table of docs/releases.md. Takes hours.
releases *versions: _dev
    .venv/bin/python -m tests.releases {{versions}}

# What a command costs, as ratios within one run.
bench:
    python3 -m venv .venv && .venv/bin/pip install -q '.[test]' && .venv/bin/python -m tests.bench

# Lint, format, types, and which room may import which.
lint: _dev
    .venv/bin/ruff check
    .venv/bin/ruff format --check
    .venv/bin/mypy
    .venv/bin/lint-imports

_dev:
    python3 -m venv .venv && .venv/bin/pip install -q -e '.[test,dev]'
