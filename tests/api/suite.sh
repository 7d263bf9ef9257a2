#!/usr/bin/env bash
# Builds the programs, sets up what compares the API with its description, and runs all parts of the suite, or those named.
set -euo pipefail
cd "$(dirname "$0")/../.."

# As the tests build them: a package by itself would have its dependencies compiled once more.
cargo build --quiet --workspace --bins --tests

version=4.32.5
tools=target/tools/schemathesis-$version
set_up() {
    if ! python3 -c 'import ensurepip' 2>/dev/null; then
        [[ -e /etc/debian_version && $(id -u) == 0 ]] || return
        DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq install -y --no-install-recommends python3-venv
    fi
    python3 -m venv "$tools" && "$tools/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version"
}
if [[ -x $tools/bin/schemathesis ]] || set_up; then
    export SCHEMATHESIS=$PWD/$tools/bin/schemathesis
else
    rm -rf "$tools"
    echo "schemathesis cannot be set up here: it needs python3-venv and the registry of Python packages" >&2
fi
exec tests/api/run.py "$@"
