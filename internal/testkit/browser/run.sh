#!/usr/bin/env bash
# Runs the browser tests (run.sh test) or takes the pictures of the README (run.sh screenshots). Installs Debian's chromium and the npm packages
# that package-lock.json names when they are missing.
set -euo pipefail
cd "$(dirname "$0")"
if ! command -v chromium >/dev/null 2>&1; then
  sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq chromium fonts-noto-core >/dev/null
fi
[ -d node_modules/playwright-core ] || npm ci --ignore-scripts --no-audit --no-fund
case "${1:-test}" in
  test)
    # The demo is made once; each file starts from a copy of it.
    MUNTIJA_DEMO=$(mktemp -d); export MUNTIJA_DEMO; trap 'rm -rf "$MUNTIJA_DEMO"' EXIT
    node demo.mjs "$MUNTIJA_DEMO"
    again=()
    for file in ./*.test.mjs; do
      SECONDS=0
      node --test --test-reporter=spec "$file" || again+=("$file")
      echo "== $file: $SECONDS s"
    done
    # A machine that stood still for a minute fails a wait. What fails runs once more, from the demo anew, and is named; what fails twice is broken.
    broken=()
    for file in "${again[@]}"; do
      echo "== $file failed and runs once more"
      if node --test --test-reporter=spec "$file"; then echo "== UNSTEADY: $file passed the second time only"; else broken+=("$file"); fi
    done
    [ ${#broken[@]} = 0 ] || { echo "== broken: ${broken[*]}"; exit 1; } ;;
  screenshots) node screenshots.mjs ;;
  *) echo "run.sh test|screenshots" >&2; exit 2 ;;
esac
