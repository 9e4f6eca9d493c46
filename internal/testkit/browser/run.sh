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
    # Two files at a time, the longest first: a browser's page and the program keep about one core busy. What a file says is printed when it ends.
    said=$(mktemp -d); trap 'rm -rf "$MUNTIJA_DEMO" "$said"' EXIT
    run() {
      SECONDS=0
      node --test --test-reporter=spec "$1" >"$said/${1##*/}.out" 2>&1 && : >"$said/${1##*/}.passed"
      cat "$said/${1##*/}.out" && echo "== $1: $SECONDS s"
    }
    files=(./pages.test.mjs ./allocation-season.test.mjs ./exhibition.test.mjs ./dashboard.test.mjs ./walk.test.mjs)
    for file in ./*.test.mjs; do [[ " ${files[*]} " == *" $file "* ]] || files+=("$file"); done
    for file in "${files[@]}"; do
      while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n || true; done
      run "$file" &
    done
    wait
    again=()
    for file in "${files[@]}"; do [ -e "$said/${file##*/}.passed" ] || again+=("$file"); done
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
