#!/bin/sh
# Makes the virtual environment that the Python oracles run in.
# usage: setup.sh FOLDER      (the tests look in $S2SCERT_ORACLES, or else in target/oracles)
set -eu
[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
mark=$1/requirements.installed
if cmp -s "$here/requirements.txt" "$mark"; then
    exit 0
fi
python3 -m venv "$1"
"$1/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
cp "$here/requirements.txt" "$mark"
