#!/usr/bin/env bash
set -euo pipefail
python -m pip install -c "$KMTALK_HOME/constraints.txt" -e "$KMTALK_HOME[render]"
