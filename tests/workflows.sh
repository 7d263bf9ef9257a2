#!/usr/bin/env bash
# The workflows are well-formed, and give nobody more than they need. They run elsewhere; here they are only read.
set -euo pipefail
cd "$(dirname "$0")/.."

version=1.32.0
tools=target/tools/zizmor-$version
if [[ ! -x $tools/bin/zizmor ]]; then
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check "zizmor==$version"
fi
"$tools/bin/zizmor" --offline --no-progress --config .github/zizmor.yml --min-severity medium .github/workflows
