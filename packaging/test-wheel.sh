#!/bin/bash
# Tries a wheel in fresh environments outside of the checkout: with pip, pipx and uvx, and the example of
# docs/python.md.
#
# usage: packaging/test-wheel.sh WHEEL
set -euo pipefail
wheel=$(realpath "$1")
project=$(realpath "$(dirname "$0")/..")
place=$(mktemp -d)
trap 'rm -r "$place"' EXIT
cd "$place"

python3 -m venv tools
tools/bin/pip install --quiet --disable-pip-version-check -r "$project/packaging/wheel-requirements.txt"
export PIPX_HOME=$place/pipx PIPX_BIN_DIR=$place/pipx/bin UV_CACHE_DIR=$place/uv UV_PYTHON_DOWNLOADS=never
tools/bin/pipx run --spec "$wheel" dcm2fhir --version
tools/bin/uvx --from "$wheel" dcm2fhir --version

python3 -m venv fresh
fresh/bin/pip install --quiet --disable-pip-version-check "$wheel" pandas
fresh/bin/dcm2fhir synth -o archive --studies 3 --quiet
# shellcheck disable=SC2016 # They are backticks of Markdown.
sed -n '/^```python$/,/^```$/{/^```/d;p}' "$project/docs/python.md" > example.py
PATH="$place/fresh/bin:$PATH" fresh/bin/python example.py
