#!/usr/bin/env bash
# Runs the convolutional part of a suite of Keras 2 (or keras-preprocessing) against Prunelle and prints the pass rate.
#   run.sh keras-2.3.1 CHECKOUT [PYTHON]      CHECKOUT: Keras's sources at that version; outcomes go to CHECKOUT/outcomes.jsonl
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); suite=$1; checkout=$(cd "$2" && pwd); python=${3:-python}
rm -f "$checkout/outcomes.jsonl"
mapfile -t files < <(cut -d: -f1 "$here/$suite.subset.txt" | sort -u)
printf '[pytest]\n' >"$checkout/suite.ini"
(cd "$checkout" && SUITES_CHECKOUT=$checkout SUITES_LOG=$checkout/outcomes.jsonl PYTHONPATH=$here${PYTHONPATH:+:$PYTHONPATH} OMP_NUM_THREADS=1 PYTHONSAFEPATH=1 \
  "$python" -m pytest -c suite.ini --rootdir="$checkout" --noconftest --import-mode=importlib -p plugin -p no:cacheprovider \
  --timeout 600 --continue-on-collection-errors -q --tb=short "${files[@]}" >"$checkout/outcomes.txt" 2>&1) || true
"$python" "$here/rate.py" "$here/$suite.subset.txt" "$checkout/outcomes.jsonl"
