#!/usr/bin/env bash
# Installs VS Code as a server (code-server) and what drives a browser, as the lock file says: about 450 MB, once.
# The install scripts of code-server want more than is needed here; the native parts that are needed are built one by one.
set -euo pipefail
cd "$(dirname "$0")"
wanted=$(sha256sum package-lock.json install.sh | sha256sum)
[ "$(cat node_modules/.installed 2>/dev/null)" = "$wanted" ] && exit 0

npm ci --ignore-scripts --no-audit --no-fund
npm rebuild argon2
code=node_modules/code-server/lib/vscode
# What VS Code itself needs is pinned by the npm-shrinkwrap.json it brings.
(
  cd "$code"
  npm install --omit=dev --ignore-scripts --no-audit --no-fund
  npm rebuild @vscode/spdlog native-watchdog
  ln -sfn node_modules node_modules.asar
)
echo "$wanted" >node_modules/.installed
