#!/usr/bin/env bash
# bench tests: the full test run, built beforehand
set -euo pipefail
./dev build release
start=$(date +%s.%N)
./dev test | tail -n 12
end=$(date +%s.%N)
echo "$end $start" | awk '{printf "./dev test: %.0f s", $1 - $2}'
echo " on $(nproc) processors"
