#!/usr/bin/env bash
# bench lsp: what an author waits for in an editor: 1,000 rules (and 20,000 with the argument `large`), typed at 60 ms a key
set -euo pipefail
tests/lsp/run --prepare
WEFT_BINARY=$PWD/build/release/bin/weft exec node bench/lsp/main.js "$@"
