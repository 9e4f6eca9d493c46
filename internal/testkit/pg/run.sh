#!/usr/bin/env bash
# Runs a command with MUNTIJA_TEST_PG set to a throw-away PostgreSQL cluster on a Unix socket and a free loopback port, then removes it.
set -euo pipefail

find_bin() { find /usr/lib/postgresql -maxdepth 3 -name initdb -path '*/bin/*' 2>/dev/null | sort -V | tail -n 1 | xargs -r dirname; }
bin=$(find_bin)
if [ -z "$bin" ]; then
  sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq postgresql >/dev/null
  bin=$(find_bin)
fi

dir=$(mktemp -d /tmp/muntija-pg.XXXXXX)
as=()
if [ "$(id -u)" = 0 ]; then # the server refuses to run as root
  chown postgres "$dir"
  as=(runuser -u postgres --)
fi
stop() {
  "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$dir"
}
trap stop EXIT

port=$(( 20000 + RANDOM % 20000 ))
"${as[@]}" "$bin/initdb" -D "$dir/data" -U muntija -A trust --no-sync --encoding=UTF8 --locale=C.UTF-8 >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log"; exit 1; }
# A test cluster is thrown away, so it need not survive a power cut.
"${as[@]}" "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/log" -o "-p $port -k $dir -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200" start >/dev/null ||
  { cat "$dir/log"; exit 1; }
"${as[@]}" "$bin/createdb" -h "$dir" -p "$port" -U muntija muntija_test
export MUNTIJA_TEST_PG="postgres://muntija@127.0.0.1:$port/muntija_test?sslmode=disable"
"$@"
