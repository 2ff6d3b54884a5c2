#!/usr/bin/env bash
# All style checks, through pre-commit when this is a git checkout, so that a commit hook and CI run
# the same ones: `.local/venv/bin/pre-commit install` makes git run them before each commit.
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
export PATH=$VENV/bin:$PATH
# Tools that pre-commit builds for itself are kept with the rest.
export PRE_COMMIT_HOME=$LOCAL/pre-commit
say "Lint"
exec pre-commit run --all-files --color=auto "$@"
