#!/usr/bin/env bash
# Reads our workbooks with the programs that people have: openpyxl and LibreOffice (Debian's), SheetJS (npm's, as locked here). Installs what is missing.
set -euo pipefail
cd "$(dirname "$0")"
missing=()
/usr/bin/python3 -c 'import openpyxl' 2>/dev/null || missing+=(python3-openpyxl)
command -v soffice >/dev/null 2>&1 || missing+=(libreoffice-calc-nogui)
command -v npm >/dev/null 2>&1 || missing+=(npm)
if [ ${#missing[@]} -gt 0 ]; then
  sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
[ -d node_modules/xlsx ] || npm ci --ignore-scripts --no-audit --no-fund
cd ../../../..
go vet -tags readers ./internal/sheet
go test -count=1 -tags readers -run '^TestReaders' ./internal/sheet
