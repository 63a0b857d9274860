#!/bin/bash
# Makes the home of an earlier build: make-home.sh CHECKOUT OUT.tar.gz, where CHECKOUT is that commit after `npm ci` and `npm run build`.
set -eu
checkout=$1 out=$(realpath -m "$2")
karo=("$checkout/node_modules/node/bin/node" "$checkout/dist/karo.js")
run() { "${karo[@]}" "$@"; }
work=$(mktemp -d)
export KARO_DISCOVERY_MDNS=false KARO_MESH_LISTEN=127.0.0.1 KARO_HTTP_PORT=0
home=$work/home other=$work/other
run --home "$home" init --name ash >/dev/null
run --home "$other" init --name birch >/dev/null

KARO_MESH_PORT=19338 "${karo[@]}" --home "$home" up 2>"$work/ash.log" & ash=$!
KARO_MESH_PORT=19339 KARO_DISCOVERY_PEERS=127.0.0.1:19338 "${karo[@]}" --home "$other" up 2>"$work/birch.log" & birch=$!
trap 'kill $ash $birch 2>/dev/null || true; rm -rf "$work"' EXIT
wait_for() { until "$@" >/dev/null 2>&1; do read -rt 0.2 <> <(:) || true; done; }
wait_for run --home "$home" status
wait_for run --home "$other" status

# A shell that ended, an hour ago: three commands that succeed, two that fail.
t=$(( ($(date +%s) - 3600) * 1000000 ))
record() { printf '\0\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0.\0' 1 0-1-2 "$1" $((t + $1 * 1000000)) $((t + $1 * 1000000 + 5000)) bash /srv "$2" "$(printf -- '-\t %s' "$3")
"; }
{
  record 1 0 'git status'; record 2 0 'git push origin main'; record 3 1 'make test'
  record 4 0 'docker ps'; record 5 127 'sl'
} > "$work/records"
cp "$work/records" "$home/spool/$(id -u)-4294967295-$t.spool"
events() { run --home "$home" history --json | grep -q "\"$1"; }
wait_for events docker
# Imported lines have times and no exit codes.
printf '#%s\nkubectl get pods\n#%s\nkubectl logs web\n#%s\nls -la\n' $((t / 1000000 - 86400)) $((t / 1000000 - 86390)) $((t / 1000000 - 80000)) > "$work/typed"
run --home "$home" import bash "$work/typed" >/dev/null
print() { run --home "$1" identity show --json | grep -o '[0-9a-f]\{16\}"' | tr -d '"'; }
pending() { run --home "$home" peers | grep -q birch; }
wait_for pending
trust() { run --home "$1" peers trust "$(print "$2")" --yes || run --home "$1" peers trust "$(print "$2")"; }
trust "$home" "$other" >/dev/null 2>&1; trust "$other" "$home" >/dev/null 2>&1
run --home "$home" share allow birch >/dev/null
run --home "$home" token create --name script --ttl 366d >/dev/null 2>&1 || run --home "$home" token create --name script >/dev/null
kill -TERM $ash $birch; wait $ash $birch || true
rm -f "$home/karo.lock" "$home/karo.sock" "$home"/judge-*
tar -C "$home" --owner=0 --group=0 --mtime=@$((t / 1000000)) --sort=name -cf - . | gzip -9n > "$out"
