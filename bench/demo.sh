#!/usr/bin/env bash
# bench demo: ./dev demo in a fresh clone (everything built), and again (packages are installed beforehand)
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
git clone -q . "$scratch/weft"
cd "$scratch/weft"
measure() {
  local start end
  start=$(date +%s.%N)
  ./dev demo >"$scratch/out" 2>&1 || { cat "$scratch/out"; exit 1; }
  end=$(date +%s.%N)
  grep "did what the policy says" "$scratch/out"
  printf '%s: %.0f s on %s processors\n' "$1" "$(echo "$end $start" | awk '{print $1 - $2}')" "$(nproc)"
}
measure "./dev demo, fresh clone"
measure "./dev demo, second run"
